"""What is promised of numbers over many rows, on both engines."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span
from spanglass_server.query.fields import Target
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.aggregates import AggregateQuery, AggregateResult, parse_measure
from spanglass_server.store.clickhouse.aggregates import ClickHouseAggregates
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange

MINUTE_NS = 60 * SECOND_NS
START_NS = EPOCH_NS // (60 * MINUTE_NS) * (60 * MINUTE_NS)
DURING = TimeRange(START_NS, START_NS + 60 * MINUTE_NS)
MILLISECOND_NS = 1_000_000


class Store:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self.project_id = project_id
        self.factory = SpanFactory(project_id)
        self.aggregates = ClickHouseAggregates(engine)
        self._writer = ClickHouseWriter(engine)

    def write(
        self, *traces: Sequence[Span], scores: Sequence[Score] = (), logs: Sequence[Log] = (), **summary: Any
    ) -> None:
        self._writer.write_batch(
            spans=[span for trace in traces for span in trace],
            traces=[self.factory.summary(list(trace), **summary) for trace in traces],
            logs=logs,
            scores=scores,
        )

    def call(self, minute: float = 0, *, lasts_ms: int = 10, **fields: Any) -> Span:
        start_ns = START_NS + int(minute * MINUTE_NS)
        return self.factory.call(
            start_time_ns=start_ns, end_time_ns=start_ns + lasts_ms * MILLISECOND_NS, **fields
        )

    def ask(self, target: Target, *measures: str, filter: str = "", **asked: Any) -> AggregateResult:
        query = AggregateQuery(
            target=target,
            during=asked.pop("during", DURING),
            where=parse_filter(filter, target),
            measures=[parse_measure(measure) for measure in measures],
            **asked,
        )
        return self.aggregates.aggregate(self.project_id, query)

    def rows(self, target: Target, *measures: str, **asked: Any) -> list[tuple[Any, ...]]:
        """Each row flat: groups, minute of the bucket where there are buckets, values."""
        return [
            (
                *row.groups,
                *([] if row.start_ns is None else [(row.start_ns - START_NS) // MINUTE_NS]),
                *row.values,
            )
            for row in self.ask(target, *measures, **asked).rows
        ]


@pytest.fixture
def store(engine: Engine, project_id: str) -> Store:
    return Store(engine, project_id)


def test_measures_are_over_the_rows_that_a_filter_wants(store: Store) -> None:
    store.write(*([store.call(lasts_ms=ms, request_model="m", response_model="")] for ms in (10, 20, 30, 40)))
    store.write([store.call(lasts_ms=9_000, request_model="other", response_model="")])

    assert store.rows(
        "spans", "count()", "p50(duration)", "max(duration)", "avg(duration)", filter="model:m"
    ) == [(4, 30e6, 40e6, 25e6)]


def test_of_a_call_only_the_span_that_is_billable_tells_tokens_and_cost(store: Store) -> None:
    call = store.call(input_tokens=600, output_tokens=150, cost_usd=0.5)
    wrapper = call._replace(span_id="f" * 16, is_billable=False, is_call=False)
    store.write([call, wrapper])

    assert store.rows("spans", "count()", "sum(cost)", "sum(total_tokens)", "avg(input_tokens)") == [
        (2, 0.5, 750, 600)
    ]
    assert store.rows("traces", "sum(cost)", "sum(total_tokens)") == [(0.5, 750)]


def test_what_was_never_measured_is_absent_and_not_zero(store: Store) -> None:
    store.write([store.call(cost_usd=None, ttft_ns=None)])

    assert store.rows(
        "spans", "sum(cost)", "avg(ttft)", "p95(ttft)", "min(cost)", "avg(scores.quality)", "share(cache_hit)"
    ) == [(None,) * 6]
    assert store.rows("spans", "count()", "p99(duration)", "sum(cost)", filter="model:none") == [
        (0, None, None)
    ]


def test_groups_come_by_the_first_measure_and_what_is_left_over_is_told(store: Store) -> None:
    store.write(*([store.call(service=name)] for name in ("a", "b", "b", "c", "c", "c")))

    found = store.ask("spans", "count()", group_by=["service"], limit=2)
    assert [(row.groups, row.values) for row in found.rows] == [(("c",), (3,)), (("b",), (2,))]
    assert found.is_cut
    assert not store.ask("spans", "count()", group_by=["service"], limit=3).is_cut


@pytest.mark.parametrize(
    ("order", "services"), [("max(duration)", ["a", "b"]), ("-max(duration)", ["b", "a"])]
)
def test_groups_are_ordered_by_any_measure(store: Store, order: str, services: list[str]) -> None:
    store.write([store.call(service="a", lasts_ms=5)], [store.call(service="b", lasts_ms=50)])

    rows = store.rows("spans", "count()", "max(duration)", group_by=["service"], order=order)
    assert [row[0] for row in rows] == services


def test_the_same_groups_are_followed_through_time(store: Store) -> None:
    store.write(*([store.call(minute, service="busy")] for minute in (0, 0.5, 7, 7.9)))
    store.write([store.call(7, service="calm")], [store.call(8, service="third")])

    found = store.rows("spans", "count()", group_by=["service"], interval_ns=MINUTE_NS, limit=2)
    assert found == [("busy", 0, 2), ("busy", 7, 2), ("calm", 7, 1)]
    assert store.rows("spans", "count()", interval_ns=5 * MINUTE_NS) == [(0, 2), (5, 4)]


def test_an_empty_range_has_no_buckets(store: Store) -> None:
    assert store.rows("spans", "count()", interval_ns=MINUTE_NS) == []
    assert store.rows("spans", "count()", group_by=["model"], interval_ns=MINUTE_NS) == []
    assert store.rows("spans", "count()", group_by=["model"]) == []


def test_a_row_counts_once_for_each_value_of_a_list(store: Store) -> None:
    store.write([store.call(tags=("a", "b"))], [store.call(tags=("a",))], [store.call(tags=())])

    assert store.rows("spans", "count()", group_by=["tags"]) == [("a", 2), ("", 1), ("b", 1)]
    assert store.rows("traces", "count()", "uniq(tags)", group_by=["tags"])[0] == ("a", 2, 2)


def test_traces_are_grouped_by_what_their_spans_are(store: Store) -> None:
    store.write(
        [store.call(response_model="m1", prompt_name="p"), store.call(response_model="m2", prompt_name="p")],
    )
    both = [store.call(trace_id="a" * 32, response_model=model, prompt_name="q") for model in ("m1", "m2")]
    store.write(both)

    assert sorted(store.rows("traces", "count()", group_by=["model"])) == [("m1", 2), ("m2", 2)]
    assert ("q", 1) in store.rows("traces", "count()", group_by=["prompt"])


def test_two_lists_make_each_pair(store: Store) -> None:
    store.write([store.call(tags=("a", "b"), warnings=("w",))])

    assert store.rows("spans", "count()", group_by=["tags", "warnings"]) == [("a", "w", 1), ("b", "w", 1)]


def test_yes_or_no_is_shared_among_the_rows_that_say(store: Store) -> None:
    for cache_hit, status in ((True, "ok"), (False, "error"), (None, "ok"), (True, "ok")):
        store.write([store.call(cache_hit=cache_hit, status=status)])

    assert store.rows("spans", "share(cache_hit)", "share(status)") == [(pytest.approx(2 / 3), 0.25)]
    assert sorted(store.rows("spans", "count()", group_by=["cache_hit"])) == [
        ("", 1), ("false", 1), ("true", 2),
    ]  # fmt: skip


def test_scores_are_averaged_by_the_trace_or_the_span_that_has_them(store: Store) -> None:
    first, second, third = ([store.call(service=name)] for name in ("a", "a", "b"))
    scores = [
        make_score(store.project_id, "1", trace_id=first[0].trace_id, value=1.0, time_ns=START_NS),
        make_score(store.project_id, "2", trace_id=first[0].trace_id, value=0.5, time_ns=START_NS),
        make_score(
            store.project_id, "3", trace_id=second[0].trace_id, span_id=second[0].span_id, value=0.25,
            time_ns=START_NS,
        ),
        make_score(
            store.project_id, "4", trace_id=third[0].trace_id, value=0.1, name="other",
            time_ns=START_NS,
        ),
    ]  # fmt: skip
    store.write(first, second, third, scores=scores)

    assert store.rows("traces", "avg(scores.quality)", group_by=["service"]) == [("a", 0.5), ("b", None)]
    assert store.rows("traces", "min(scores.quality)", "max(scores.other)") == [(0.25, 0.1)]
    assert store.rows("spans", "avg(scores.quality)") == [(0.25,)]


def test_numbers_are_grouped_by_steps(store: Store) -> None:
    store.write(*([store.call(lasts_ms=ms)] for ms in (12, 14, 15, 990, 1_100)))

    assert sorted(store.rows("spans", "count()", group_by=["duration"])) == [
        ("10000000", 2), ("1000000000", 1), ("15000000", 1), ("700000000", 1),
    ]  # fmt: skip


def test_attributes_are_measured_and_grouped(store: Store) -> None:
    store.write([store.call(attribute_index={"k": "4"})], [store.call(attribute_index={"k": "odd"})])
    store.write([store.call(metadata='{"size": 3}')])

    assert store.rows("spans", "sum(attributes.k)", "sum(metadata.size)") == [(4, 3)]
    assert sorted(store.rows("spans", "count()", group_by=["attributes.k"])) == [
        ("", 1),
        ("4", 1),
        ("odd", 1),
    ]


def test_logs_are_counted_by_severity(store: Store) -> None:
    logs = [store.factory.log(severity_number=number, time_ns=START_NS) for number in (9, 17, 17)]
    store.write(logs=logs)

    assert store.rows("logs", "count()", "uniq(service)", group_by=["severity"]) == [
        ("error", 2, 1), ("info", 1, 1),
    ]  # fmt: skip
    assert store.rows("logs", "count()", interval_ns=MINUTE_NS) == [(0, 3)]


def test_a_project_sees_its_own_rows_alone(store: Store, engine: Engine) -> None:
    stranger = Store(engine, store.project_id + "-other")
    stranger.write([stranger.call(service="theirs")])
    store.write([store.call(service="ours")])

    assert store.rows("spans", "count()", group_by=["service"]) == [("ours", 1)]


@pytest.mark.parametrize(
    ("target", "measure", "asked", "complaint"),
    [
        ("spans", "p95(durations)", {}, "no field `durations`"),
        ("spans", "sum(model)", {}, "no number"),
        ("spans", "sum()", {}, "of which field"),
        ("spans", "count(model)", {}, "takes no field"),
        ("spans", "share(model)", {}, "yes or no"),
        ("spans", "uniq(input)", {}, "not counted"),
        ("traces", "p95(ttft)", {}, "is of spans"),
        ("traces", "p95(span.duration)", {}, "is of spans"),
        ("logs", "sum(cost)", {}, "not of logs"),
        ("spans", "count()", {"group_by": ["input"]}, "cannot group"),
        ("spans", "count()", {"group_by": ["scores.quality"]}, "cannot group"),
        ("spans", "count()", {"order": "sum(cost)"}, "cannot be ordered"),
        ("spans", "count()", {"limit": 0}, "`limit`"),
        ("spans", "count()", {"limit": 1_001}, "`limit`"),
        ("spans", "count()", {"interval_ns": 0}, "longer than nothing"),
        ("spans", "count()", {"interval_ns": 1}, "at most 11000"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(
    store: Store, target: Target, measure: str, asked: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(QueryInvalid, match=complaint):
        store.ask(target, measure, **asked)
