"""What is promised of sums over many scores, on both engines."""

import random
from collections.abc import Callable
from statistics import fmean, pvariance
from typing import Any

import pytest
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.model.score import Score
from spanglass_server.model.score_statistics import ScoreSums
from spanglass_server.model.span import Span
from spanglass_server.quality.statistics import estimate_mean, estimate_share
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.score_statistics import ClickHouseScoreStatistics
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import PairQuery, QuantileQuery, ScoreBreakdown, ScoreScope

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
SCOPE = ScoreScope(during=TimeRange(EPOCH_NS - DAY_NS, EPOCH_NS + DAY_NS), names=["quality"])


class Store:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self.project_id = project_id
        self.factory = SpanFactory(project_id)
        self.statistics = ClickHouseScoreStatistics(engine)
        self._writer = ClickHouseWriter(engine)

    def write(self, *scores: Score, traces: tuple[list[Span], ...] = ()) -> None:
        self._writer.write_batch(
            spans=[span for trace in traces for span in trace],
            traces=[self.factory.summary(trace) for trace in traces],
            logs=(),
            scores=scores,
        )

    def score(self, score_id: str, value: float | None, **fields: Any) -> Score:
        return make_score(
            self.project_id, score_id, **{"trace_id": score_id, "value": value, "quality": value, **fields}
        )

    def sums(self, scope: ScoreScope = SCOPE, **breakdown: Any) -> list[ScoreSums]:
        return list(self.statistics.sum_scores(self.project_id, scope, ScoreBreakdown(**breakdown)))

    def means(self, scope: ScoreScope = SCOPE, **breakdown: Any) -> dict[tuple[str, str], float | None]:
        """By group and version; exact to nine digits."""
        strata: dict[tuple[str, str], list[ScoreSums]] = {}
        for sums in self.sums(scope, **breakdown):
            strata.setdefault((sums.group.group, sums.group.version), []).append(sums)
        return {
            key: round(estimate_mean([sums.value for sums in found]).value or 0, 9)
            for key, found in strata.items()
        }


@pytest.fixture
def store(engine: Engine, project_id: str) -> Store:
    return Store(engine, project_id)


def test_a_score_counts_for_the_traces_that_it_stands_for(store: Store) -> None:
    store.write(
        store.score("a", 1.0, sampling_rate=1.0),
        store.score("b", 0.0, sampling_rate=0.25),
        store.score("c", 0.0, sampling_rate=0.25),
    )

    assert {sums.units.rate: sums.scores for sums in store.sums()} == {1.0: 1, 0.25: 2}
    assert store.means() == {("", ""): round(1 / 9, 9)}


def test_scores_of_one_trace_are_one_unit(store: Store) -> None:
    store.write(
        *(store.score(f"a{place}", 1.0, trace_id="a", span_id=f"{place}") for place in range(3)),
        store.score("b", 0.0),
    )

    (sums,) = store.sums()

    assert (sums.scores, sums.units.units, sums.value.units) == (4, 2, 2)
    assert (sums.value.n1, sums.value.n2, sums.value.n4) == (4, 10, 82)
    estimate = estimate_mean([sums.value])
    assert estimate.value == 0.75
    assert (estimate.low or 0) < 0, "two traces say little, though of four scores"


def test_a_rate_out_of_bounds_counts_as_one(store: Store) -> None:
    store.write(store.score("a", 1.0, sampling_rate=0.0), store.score("b", 0.0, sampling_rate=7.0))

    assert {sums.units.rate for sums in store.sums()} == {1.0}


def test_a_deleted_and_a_replaced_score_do_not_count(store: Store) -> None:
    store.write(store.score("a", 1.0), store.score("b", 0.0))
    store.write(store.score("a", 0.5, version=2), store.score("b", 0.0, version=2, is_deleted=True))

    assert store.means() == {("", ""): 0.5}


def test_shares_of_categories_count_those_that_have_one(store: Store) -> None:
    kinds = ["good", "good", "good", "bad"]
    store.write(
        *(
            store.score(f"{i}", None, data_type="categorical", string_value=kind)
            for i, kind in enumerate(kinds)
        )
    )

    (sums,) = store.sums(categories=["good", "bad", "odd"])

    assert [estimate_share([share]).value for share in sums.shares] == [0.75, 0.25, 0.0]
    assert sums.value.units == sums.quality.units == 0
    assert store.statistics.list_categories(store.project_id, SCOPE, limit=9) == [("good", 3), ("bad", 1)]


def labelled_traces(store: Store) -> tuple[list[Span], list[Span]]:
    first = store.factory.rag_trace(feature="search", team="growth", release="1.0", environment="prod")
    second = store.factory.rag_trace(feature="chat", team="core", release="2.0", service="chat-api")
    second[3] = second[3]._replace(
        response_model="gpt-5-mini", provider="openai", prompt_name="answer", prompt_version="7"
    )
    second.append(store.factory.call(trace_id=second[0].trace_id, start_time_ns=second[0].start_time_ns))
    return first, second


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("feature", {("search", ""): 0.25, ("chat", ""): 0.75, ("", ""): 1.0}),
        ("team", {("growth", ""): 0.25, ("core", ""): 0.75, ("", ""): 1.0}),
        ("release", {("1.0", ""): 0.25, ("2.0", ""): 0.75, ("", ""): 1.0}),
        ("service", {("rag-api", ""): 0.25, ("chat-api", ""): 0.75, ("", ""): 1.0}),
        ("environment", {("prod", ""): 0.5, ("staging", ""): 1.0}),
        ("trace_name", {("rag_pipeline", ""): 0.5, ("", ""): 1.0}),
        ("model", {("claude-haiku-4-5", ""): 0.5, ("gpt-5-mini", ""): 0.75, ("", ""): 1.0}),
        ("provider", {("anthropic", ""): 0.5, ("openai", ""): 0.75, ("", ""): 1.0}),
        ("prompt", {("answer", "7"): 0.75, ("", ""): 0.625}),
        ("evaluator", {("judge", ""): 0.5, ("api", ""): 1.0}),
        ("evaluator_version", {("judge", "1"): 0.25, ("judge", "2"): 0.75, ("api", ""): 1.0}),
        ("source", {("evaluator", ""): 0.5, ("api", ""): 1.0}),
    ],
)
def test_scores_are_grouped_by_what_their_trace_and_evaluator_are(
    store: Store, group_by: str, expected: dict[tuple[str, str], float]
) -> None:
    first, second = labelled_traces(store)
    judged = {"source": "evaluator", "author": "judge", "evaluator_id": "e"}
    store.write(
        store.score("a", 0.25, trace_id=first[0].trace_id, evaluator_version=1, **judged),
        store.score("b", 0.75, trace_id=second[0].trace_id, evaluator_version=2, **judged),
        store.score("c", 1.0, trace_id="never-arrived", environment="staging"),
        traces=(first, second),
    )

    assert store.means(group_by=group_by) == expected


def test_a_judged_span_counts_for_its_own_model_and_prompt(store: Store) -> None:
    _, trace = labelled_traces(store)
    call = trace[3]
    store.write(store.score("a", 0.5, trace_id=call.trace_id, span_id=call.span_id), traces=(trace,))

    assert store.means(group_by="model") == {("gpt-5-mini", ""): 0.5}
    assert store.means(group_by="prompt") == {("answer", "7"): 0.5}


def test_a_filter_is_over_the_traces(store: Store) -> None:
    first, second = labelled_traces(store)
    store.write(
        store.score("a", 0.25, trace_id=first[0].trace_id),
        store.score("b", 0.75, trace_id=second[0].trace_id),
        store.score("c", 1.0, trace_id="never-arrived"),
        traces=(first, second),
    )
    searched = SCOPE._replace(where=parse_filter("feature:search", "traces"))
    asked = SCOPE._replace(where=parse_filter("model:gpt-5-mini", "traces"))

    assert store.means(searched) == {("", ""): 0.25}
    assert store.means(asked, group_by="team") == {("core", ""): 0.75}
    assert [name.scores for name in store.statistics.list_names(store.project_id, searched)] == [1]
    assert store.statistics.find_extent(store.project_id, searched) == (0.25, 0.25)


def test_buckets_are_of_the_score_or_of_its_trace(store: Store) -> None:
    trace = store.factory.rag_trace(start_time_ns=EPOCH_NS - 20 * HOUR_NS)
    store.write(
        store.score("a", 0.25, trace_id=trace[0].trace_id, time_ns=EPOCH_NS + 3 * DAY_NS), traces=(trace,)
    )
    later = SCOPE._replace(during=TimeRange(EPOCH_NS + 2 * DAY_NS, EPOCH_NS + 4 * DAY_NS))
    by_trace = SCOPE._replace(at="trace")

    assert store.sums() == []
    assert [sums.group.bucket for sums in store.sums(later, bucket_ns=HOUR_NS)] == [24]
    assert [sums.group.bucket for sums in store.sums(by_trace, bucket_ns=HOUR_NS)] == [4]
    assert [sums.group.bucket for sums in store.sums(by_trace, group_by="model", bucket_ns=HOUR_NS)] == [4]


def test_quantiles_are_weighted(store: Store) -> None:
    store.write(
        *(store.score(f"a{value}", value) for value in range(50)),
        *(store.score(f"b{value}", value, sampling_rate=0.1) for value in range(100, 105)),
    )

    (found,) = store.statistics.find_quantiles(
        store.project_id, SCOPE, QuantileQuery(levels=[0.25, 0.5, 0.95])
    )

    assert found.values == (24, 49, 104)


def test_bins_hold_every_value(store: Store) -> None:
    store.write(*(store.score(f"{value}", value / 10, sampling_rate=0.5) for value in range(11)))

    bins = store.statistics.count_bins(store.project_id, SCOPE, first=0.0, width=0.25, bins=4)

    assert [(found.number, found.scores, found.weight) for found in bins] == [
        (0, 3, 6), (1, 2, 4), (2, 3, 6), (3, 3, 6),
    ]  # fmt: skip


def test_names_tell_what_there_is(store: Store) -> None:
    store.write(
        store.score("a", 1.0, source="evaluator", author="judge", evaluator_id="e", evaluator_version=2),
        store.score("b", 1.0, source="person", author="kim", time_ns=EPOCH_NS + 5),
        store.score("c", 1.0, name="helpful", data_type="boolean", string_value="true"),
    )

    first, second = store.statistics.list_names(store.project_id, SCOPE._replace(names=()))

    assert (first.name, first.scores, first.sources) == ("quality", 2, ("evaluator", "person"))
    assert (first.evaluators, first.authors) == ((("e", "judge", 2),), ("judge", "kim"))
    assert first.last_ns == EPOCH_NS + 5
    assert (second.name, second.data_type) == ("helpful", "boolean")


def test_pairs_are_the_newest_of_each_side_on_one_target(store: Store) -> None:
    judge = {"source": "evaluator"}
    person = {"source": "person", "comment": "no"}
    store.write(
        store.score("j1", 0.1, trace_id="t1", **judge),
        store.score("j2", 0.9, trace_id="t1", time_ns=EPOCH_NS + 1, **judge),
        store.score("p1", 0.5, trace_id="t1", **person),
        store.score("j3", 0.2, trace_id="t2", span_id="s", **judge),
        store.score("p2", 0.3, trace_id="t2", **person),
        store.score("j4", 0.2, trace_id="t3", **judge),
    )
    query = PairQuery(SCOPE._replace(sources=["evaluator"]), SCOPE._replace(sources=["person"]))

    (pair,) = store.statistics.list_pairs(store.project_id, query, limit=9)
    by_trace = store.statistics.list_pairs(store.project_id, query._replace(is_by_trace=True), limit=9)

    assert (pair.trace_id, pair.first, pair.second, pair.second_comment) == ("t1", 0.9, 0.5, "no")
    assert [(p.trace_id, p.first, p.second) for p in by_trace] == [("t1", 0.9, 0.5), ("t2", 0.2, 0.3)]


@pytest.mark.parametrize("per_trace", [1, 4])
def test_sums_are_those_of_every_score_by_hand(store: Store, per_trace: int) -> None:
    rng = random.Random(per_trace)
    by_rate: dict[float, dict[str, list[float]]] = {1.0: {}, 0.5: {}, 0.05: {}}
    scores = []
    for number in range(60):
        rate, trace_id = rng.choice(list(by_rate)), f"t{number}"
        values = [round(rng.uniform(-3, 9), 3) for _ in range(rng.randint(1, per_trace))]
        by_rate[rate][trace_id] = values
        scores += [
            store.score(f"{trace_id}-{place}", value, trace_id=trace_id, sampling_rate=rate)
            for place, value in enumerate(values)
        ]
    store.write(*scores)

    found = store.sums()

    assert {sums.units.rate for sums in found} == set(by_rate)
    for sums in found:
        of_traces = by_rate[sums.value.rate].values()
        n, s = [len(values) for values in of_traces], [sum(values) for values in of_traces]
        assert sums.scores == sum(n)
        assert sums.value.units == sums.units.units == len(n)
        assert sums.value[2:6] == tuple(sum(one**power for one in n) for power in (1, 2, 3, 4))
        assert sums.value.s_mean == pytest.approx(fmean(s))
        assert sums.value.n_var == pytest.approx(pvariance(n))
        assert sums.value.s_var == pytest.approx(pvariance(s))
        covariance = fmean(a * b for a, b in zip(n, s, strict=True)) - fmean(n) * fmean(s)
        assert sums.value.covar == pytest.approx(covariance, abs=1e-9)


def test_scores_of_another_project_and_of_another_time_do_not_count(
    store: Store, make_factory: Callable[[], SpanFactory]
) -> None:
    other = make_factory().project_id
    store.write(
        store.score("a", 0.5),
        store.score("b", 1.0, time_ns=SCOPE.during.to_ns),
        store.score("c", 1.0, time_ns=SCOPE.during.from_ns - 1),
        make_score(other, "d", value=1.0),
    )

    assert store.means() == {("", ""): 0.5}
    assert [name.scores for name in store.statistics.list_names(store.project_id, SCOPE)] == [1]
