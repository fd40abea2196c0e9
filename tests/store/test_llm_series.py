"""The llm_* metrics as users meet them: PromQL over stored spans, on both engines."""

import math
from collections.abc import Callable

import pytest
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import QueryInvalid, QueryTooLarge
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.series import Matcher, SeriesSelection
from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.admin import DAY_NS, ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.engine_server import ServerEngine
from spanglass_server.store.clickhouse.llm_curves import SeriesLimits
from spanglass_server.store.clickhouse.llm_rollups import FactRollups
from spanglass_server.store.clickhouse.llm_series import LlmSeries
from spanglass_server.store.clickhouse.reader_scores import ClickHouseScoreReader
from spanglass_server.store.clickhouse.rows import SCORES, SPANS
from spanglass_server.store.clickhouse.schema import MIGRATIONS, Topology, render
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange, TraceKey

NOW_NS = EPOCH_NS + 600 * SECOND_NS
NOW_MS = NOW_NS // 1_000_000
EVER = TimeRange(0, EPOCH_NS + DAY_NS)


def write(engine: Engine, *spans: Span) -> None:
    ClickHouseWriter(engine).write_batch(spans=spans, traces=[], logs=[])


def value_of(engine: Engine, project_id: str, expression: str, *, time_ms: int = NOW_MS) -> float | None:
    """Of an expression that has one series, or none."""
    runner = QueryRunner(LlmSeries(engine))
    result = runner.run_instant(project_id, expression, time_ms=time_ms)
    values = [sample.value for sample in result.vector]
    assert len(values) <= 1
    return values[0] if values else None


def test_the_first_call_ever_is_seen_by_increase(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call(start_time_ns=NOW_NS - 100 * SECOND_NS))

    found = value_of(engine, span_factory.project_id, "sum(increase(llm_requests_total[5m]))")

    assert found is not None
    assert 1 <= found < 1.1


def test_an_instant_query_sees_the_last_millisecond(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call(start_time_ns=NOW_NS - SECOND_NS, end_time_ns=NOW_NS))

    assert value_of(engine, span_factory.project_id, "llm_requests_total", time_ms=NOW_MS - 1) is None
    assert value_of(engine, span_factory.project_id, "llm_requests_total") == 1


def test_a_call_that_turns_out_to_have_failed_moves_to_the_errors(
    engine: Engine, span_factory: SpanFactory
) -> None:
    call = span_factory.call()
    write(engine, call)
    write(engine, call._replace(status="error", version=2))

    assert value_of(engine, span_factory.project_id, 'llm_requests_total{status="error"}') == 1
    assert value_of(engine, span_factory.project_id, 'llm_requests_total{status="success"}') is None


def test_a_price_that_comes_later_counts_from_the_beginning(
    engine: Engine, span_factory: SpanFactory
) -> None:
    call = span_factory.call(cost_usd=None, cost_source="unpriced")
    write(engine, call)
    assert value_of(engine, span_factory.project_id, "llm_unpriced_requests_total") == 1
    assert value_of(engine, span_factory.project_id, "llm_cost_usd_total") is None

    write(engine, call._replace(cost_usd=0.5, cost_source="custom", version=2))

    assert value_of(engine, span_factory.project_id, "llm_unpriced_requests_total") is None
    assert value_of(engine, span_factory.project_id, "llm_cost_usd_total") == 0.5


def test_a_deleted_trace_is_taken_away_also_from_hours_that_were_added_up(
    engine: Engine, span_factory: SpanFactory
) -> None:
    deleted, kept = span_factory.call(), span_factory.call()
    write(engine, deleted, kept)
    FactRollups(engine).roll_up(EPOCH_NS + DAY_NS, quiet_s=0)
    assert value_of(engine, span_factory.project_id, "llm_requests_total") == 2

    ClickHouseAdministration(engine).delete_traces([TraceKey(span_factory.project_id, deleted.trace_id)])

    assert value_of(engine, span_factory.project_id, "llm_requests_total") == 1


def test_the_99th_percentile_lies_in_the_bucket_of_the_slow_call(
    engine: Engine, span_factory: SpanFactory
) -> None:
    starts = [NOW_NS - 200 * SECOND_NS + number for number in range(20)]
    quick = [span_factory.call(start_time_ns=at, end_time_ns=at + SECOND_NS // 5) for at in starts]
    slow = span_factory.call(start_time_ns=starts[0], end_time_ns=starts[0] + 7 * SECOND_NS)
    write(engine, *quick, slow)

    expression = "histogram_quantile(0.99, sum by (le) (rate(llm_latency_seconds_bucket[5m])))"
    found = value_of(engine, span_factory.project_id, expression)

    assert found is not None
    assert 5 < found <= 10


def test_labels_may_hold_quotes_line_ends_and_any_script(engine: Engine, span_factory: SpanFactory) -> None:
    odd = 'say "hi"\n\\größe 検索'
    write(engine, span_factory.call(feature=odd), span_factory.call(feature="search"))
    series = LlmSeries(engine)
    name = Matcher("__name__", "=", "llm_requests_total")

    def features(*matchers: Matcher) -> list[str]:
        selection = SeriesSelection((name, *matchers), 0, NOW_MS)
        found = series.select(span_factory.project_id, selection)
        return sorted(dict(each.labels)["feature"] for each in found)

    assert features() == [odd, "search"]
    assert features(Matcher("feature", "=", odd)) == [odd]
    assert features(Matcher("feature", "!=", odd)) == ["search"]
    assert features(Matcher("feature", "=~", 'say "hi".*検.')) == [odd]
    assert features(Matcher("feature", "!~", "say.*")) == ["search"]


@pytest.mark.parametrize(
    ("matcher", "is_found"),
    [
        (Matcher("feature", "=~", "sear"), False),
        (Matcher("feature", "=~", "sear|ch"), False),
        (Matcher("feature", "=~", "s.*|none"), True),
        (Matcher("team", "=", ""), True),
        (Matcher("team", "!=", ""), False),
        (Matcher("no_such_label", "=", ""), True),
        (Matcher("no_such_label", "=~", ".+"), False),
        (Matcher("no_such_label", "!~", "a"), True),
        (Matcher("status", "=~", "succ.*"), True),
        (Matcher("status", "!=", "success"), False),
    ],
)
def test_matchers_match_as_in_prometheus(
    engine: Engine, span_factory: SpanFactory, matcher: Matcher, *, is_found: bool
) -> None:
    write(engine, span_factory.call(feature="search"))
    selection = SeriesSelection((Matcher("__name__", "=", "llm_requests_total"), matcher), 0, NOW_MS)

    assert bool(LlmSeries(engine).select(span_factory.project_id, selection)) == is_found


@pytest.mark.parametrize("label", ["feature", "status", "__name__", "no_such_label"])
def test_a_regular_expression_that_is_none_is_refused_with_its_text(
    engine: Engine, span_factory: SpanFactory, label: str
) -> None:
    write(engine, span_factory.call())
    selection = SeriesSelection((Matcher(label, "=~", "a(b"),), 0, NOW_MS)

    with pytest.raises(QueryInvalid, match=r"a\(b"):
        LlmSeries(engine).select(span_factory.project_id, selection)


def test_too_many_series_are_refused_by_the_settings_name(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, *(span_factory.call(feature=f"f{number}") for number in range(5)))
    series = LlmSeries(engine, limits=SeriesLimits(series_per_query_max=4))
    selection = SeriesSelection((Matcher("__name__", "=", "llm_requests_total"),), 0, NOW_MS)

    with pytest.raises(QueryTooLarge, match="5 series") as caught:
        series.select(span_factory.project_id, selection)

    assert caught.value.limit == "series_per_query_max"


def test_too_many_samples_are_refused_by_the_settings_name(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call())
    series = LlmSeries(engine, limits=SeriesLimits(samples_per_query_max=10))
    selection = SeriesSelection(
        (Matcher("__name__", "=", "llm_requests_total"),), NOW_MS - 3_600_000, NOW_MS, range_ms=3_600_000
    )

    with pytest.raises(QueryTooLarge, match="samples") as caught:
        series.select(span_factory.project_id, selection)

    assert caught.value.limit == "samples_per_query_max"


def test_a_raw_range_of_ages_begins_with_the_first_span(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call())
    matchers = (Matcher("__name__", "=", "llm_requests_total"),)

    (found,) = LlmSeries(engine).select(
        span_factory.project_id, SeriesSelection(matchers, -NOW_MS, NOW_MS, range_ms=2 * NOW_MS)
    )

    assert found.values[0] == 0
    assert found.values[-1] == 1
    assert len(found.times_ms) < 50


def test_moments_beyond_what_storage_counts_in_are_answered(
    engine: Engine, span_factory: SpanFactory
) -> None:
    write(engine, span_factory.call())
    latest_ms = 2**63 // 1000 - 1

    assert value_of(engine, span_factory.project_id, "llm_requests_total", time_ms=latest_ms) == 1
    assert value_of(engine, span_factory.project_id, "llm_requests_total", time_ms=-latest_ms) is None


def test_series_labels_and_their_values_are_listed(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call(feature="search", team="growth"))
    series, project_id = LlmSeries(engine), span_factory.project_id
    cost = [[Matcher("__name__", "=", "llm_cost_usd_total")]]

    (labels,) = series.list_series(project_id, EVER, cost, limit=10)
    assert dict(labels) == {
        "__name__": "llm_cost_usd_total",
        "model": "claude-haiku-4-5",
        "provider": "anthropic",
        "feature": "search",
        "team": "growth",
        "service": "rag-api",
        "environment": "prod",
    }
    assert series.list_series(project_id, TimeRange(0, EPOCH_NS), cost, limit=10) == []
    names = series.list_label_names(project_id, EVER, cost, limit=100)
    assert names == sorted(dict(labels))
    assert series.list_label_values(project_id, EVER, [], label="type", limit=100) == ["input", "output"]
    assert series.list_label_values(project_id, EVER, [], label="type", limit=1) == ["input"]


def test_each_metric_has_its_type_and_a_sentence(engine: Engine, project_id: str) -> None:
    series = LlmSeries(engine)
    found = {each.name: each for each in series.list_metadata(project_id, metric="", limit=100)}

    assert found["llm_requests_total"].type == "counter"
    assert found["llm_latency_seconds"].type == "histogram"
    assert found["llm_latency_seconds"].unit == "seconds"
    assert all(each.help.endswith(".") for each in found.values())
    assert [each.name for each in series.list_metadata(project_id, metric="llm_ttft_seconds", limit=9)] == [
        "llm_ttft_seconds"
    ]


def test_a_slow_bucket_leads_to_the_slow_trace(engine: Engine, span_factory: SpanFactory) -> None:
    quick = span_factory.call()
    slow = span_factory.call(end_time_ns=EPOCH_NS + 9 * SECOND_NS, start_time_ns=EPOCH_NS)
    write(engine, quick, slow)
    selector = [Matcher("__name__", "=", "llm_latency_seconds_bucket"), Matcher("le", "=", "10")]

    (found,) = LlmSeries(engine).list_exemplars(span_factory.project_id, EVER, [selector], limit=100)

    assert dict(found.labels)["le"] == "10"
    (exemplar,) = found.exemplars
    assert dict(exemplar.labels) == {"trace_id": slow.trace_id, "span_id": slow.span_id}
    assert (exemplar.value, exemplar.time_ms) == (9, slow.end_time_ns // 1_000_000)


def test_scores_count_under_the_labels_of_their_trace(engine: Engine, span_factory: SpanFactory) -> None:
    spans = span_factory.rag_trace(feature="search")
    score = make_score(
        span_factory.project_id,
        "s1",
        trace_id=spans[0].trace_id,
        value=4.0,
        quality=0.75,
        author="groundedness",
    )
    of_five = make_score(span_factory.project_id, "s2", trace_id=spans[0].trace_id, value=0.5, quality=None)
    ClickHouseWriter(engine).write_batch(
        spans=spans, traces=[span_factory.summary(spans)], logs=[], scores=[score, of_five]
    )

    labels = '{score="quality",evaluator="groundedness",feature="search",service="rag-api"}'
    assert value_of(engine, span_factory.project_id, f"llm_quality_score_sum{labels}") == 0.75
    assert value_of(engine, span_factory.project_id, "sum(llm_quality_score_count)") == 1
    selector = [Matcher("__name__", "=", "llm_quality_score_bucket"), Matcher("le", "=", "0.8")]
    (found,) = LlmSeries(engine).list_exemplars(span_factory.project_id, EVER, [selector], limit=9)
    assert dict(found.exemplars[0].labels) == {"trace_id": spans[0].trace_id}
    assert found.exemplars[0].value == 0.75


def test_categories_and_any_scale_are_seen_by_their_quality_also_when_hours_are_added_up(
    engine: Engine, project_id: str
) -> None:
    fields = {"data_type": "categorical", "value": None, "string_value": "good"}
    of_ten = make_score(project_id, "s2", value=8.0, quality=0.8)
    ClickHouseWriter(engine).write_batch(
        spans=[], traces=[], logs=[], scores=[make_score(project_id, "s1", quality=1.0, **fields), of_ten]
    )

    assert value_of(engine, project_id, "sum(llm_quality_score_sum)") == pytest.approx(1.8)
    FactRollups(engine).roll_up(EPOCH_NS + DAY_NS, quiet_s=0)
    later_ms = NOW_MS + 2 * DAY_NS // 1_000_000
    assert value_of(engine, project_id, "sum(llm_quality_score_sum)", time_ms=later_ms) == pytest.approx(1.8)
    assert value_of(engine, project_id, 'sum(llm_quality_score_bucket{le="0.8"})', time_ms=later_ms) == 1


def test_scores_from_before_there_was_a_quality_count_as_they_did(engine: Engine, project_id: str) -> None:
    scores = [
        make_score(project_id, "s1", value=0.25),
        make_score(project_id, "s2", value=1.0, data_type="boolean", string_value="true"),
        make_score(project_id, "s3", value=4.0),
        make_score(project_id, "s4", value=None, data_type="categorical", string_value="good"),
    ]
    added = ["quality", "sampling_rate", "evaluator_id", "evaluator_version", "is_public"]
    engine.insert_arrow("scores", SCORES.to_batch(scores).drop_columns(added))
    engine.command(
        "INSERT INTO fact_hours"
        " (project_id, source, hour, revisions, touched_at_s, first_end_ns, last_end_ns)"
        " SELECT project_id, 'score', intDiv(time_ns, 3600000000000) AS hour, count(), 0, min(time_ns),"
        " max(time_ns) FROM scores WHERE project_id = {project:String} GROUP BY project_id, hour",
        {"project": project_id},
    )

    assert value_of(engine, project_id, "sum(llm_quality_score_sum)") == 1.25
    assert value_of(engine, project_id, "sum(llm_quality_score_count)") == 2
    found = ClickHouseScoreReader(engine).find_scores(project_id, ["s1", "s3", "s4"])
    assert [found[score_id].quality for score_id in ("s1", "s3", "s4")] == [0.25, None, None]
    assert (found["s1"].sampling_rate, found["s1"].evaluator_id, found["s1"].evaluator_version) == (1, "", 0)


def test_what_nobody_told_is_no_series(engine: Engine, span_factory: SpanFactory) -> None:
    write(engine, span_factory.call(ttft_ns=None, output_tokens=None, input_tokens=0))
    found = LlmSeries(engine).totals(span_factory.project_id, NOW_NS)

    values = {tuple(value for name, value in each.labels if name in ("__name__", "type")) for each in found}
    assert ("llm_tokens_total", "input") in values
    assert ("llm_tokens_total", "output") not in values
    assert not any(key[0].startswith("llm_ttft") for key in values)
    assert all(math.isfinite(each.values[-1]) for each in found)


def test_an_hour_that_was_just_written_to_is_not_added_up_yet(
    engine: Engine, span_factory: SpanFactory
) -> None:
    write(engine, span_factory.call())

    FactRollups(engine).roll_up(EPOCH_NS + DAY_NS)

    rolled = engine.query_arrow(
        "SELECT hour FROM fact_rollup_states WHERE project_id = {p:String}", {"p": span_factory.project_id}
    )
    assert rolled.num_rows == 0


def test_spans_of_before_there_were_metrics_count(
    clickhouse_http: ClickHouseHttp, make_factory: Callable[[], SpanFactory]
) -> None:
    engine = ServerEngine(clickhouse_http.url("of_before"))
    try:
        for migration in [each for each in MIGRATIONS if each.number < 5]:
            for file_name in migration.files:
                for sql in render(file_name, Topology()):
                    engine.command(sql)
        factory = make_factory()
        call = factory.call()
        rows = SPANS.to_batch([call, call._replace(status="error", version=2)])
        engine.insert_arrow("spans", rows.drop_columns(["ingest_key"]))

        ClickHouseAdministration(engine).migrate()

        assert value_of(engine, factory.project_id, "sum(llm_requests_total)") == 1
        assert value_of(engine, factory.project_id, 'llm_requests_total{status="error"}') == 1
    finally:
        engine.command("DROP DATABASE IF EXISTS of_before SYNC")
        engine.close()
