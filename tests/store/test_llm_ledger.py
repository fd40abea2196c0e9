"""What is told of facts before their rows are written, on both engines."""

from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.normalize.facts import Verdict
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.llm_ledger import FactLedger, LabelMemory
from spanglass_server.store.clickhouse.llm_series import LlmSeries
from spanglass_server.store.clickhouse.rows import SPANS
from spanglass_server.store.clickhouse.writer import ClickHouseWriter

NOW_MS = (EPOCH_NS + 600 * SECOND_NS) // 1_000_000


def requests_by_team(engine: Engine, project_id: str) -> dict[str, float]:
    runner = QueryRunner(LlmSeries(engine))
    result = runner.run_instant(project_id, "sum by (team) (llm_requests_total)", time_ms=NOW_MS)
    return {dict(sample.labels).get("team", ""): sample.value for sample in result.vector}


def revisions(engine: Engine, project_id: str) -> dict[str, int]:
    table = engine.query_arrow(
        "SELECT source, toInt64(sum(revisions)) AS n FROM fact_hours\n"
        "WHERE project_id = {p:String} GROUP BY source",
        {"p": project_id},
    )
    return {row["source"]: row["n"] for row in table.to_pylist()}


def test_a_project_that_was_deleted_and_filled_again_has_its_labels(
    engine: Engine, span_factory: SpanFactory
) -> None:
    memory = LabelMemory()
    writer = ClickHouseWriter(engine, label_memory=memory)
    administration = ClickHouseAdministration(engine, is_fsynced=False, label_memory=memory)
    writer.write_batch(spans=[span_factory.call(team="web")], traces=[], logs=[])

    administration.delete_project(span_factory.project_id)
    writer.write_batch(spans=[span_factory.call(team="web")], traces=[], logs=[])

    assert requests_by_team(engine, span_factory.project_id) == {"web": 1}


def test_a_team_that_a_verdict_gives_is_a_label(engine: Engine, span_factory: SpanFactory) -> None:
    call = span_factory.call(team="web")
    writer = ClickHouseWriter(engine)
    writer.write_batch(spans=[call], traces=[], logs=[])

    verdict = Verdict(
        **{name: getattr(call, name) for name in Verdict._fields if name != "team"}, team="inherited"
    )
    writer.revise_spans([(call.project_id, call.start_time_ns, verdict)], version=call.version + 1)

    assert requests_by_team(engine, span_factory.project_id) == {"inherited": 1}


def test_every_row_is_counted_in_its_hour(engine: Engine, span_factory: SpanFactory) -> None:
    spans = [span_factory.call(), span_factory.call()]
    score = make_score(span_factory.project_id, "s", trace_id=spans[0].trace_id)
    writer = ClickHouseWriter(engine)

    writer.write_batch(spans=spans, traces=[span_factory.summary(spans[:1])], logs=[], scores=[score])
    writer.write_batch(spans=spans[:1], traces=[], logs=[])

    assert revisions(engine, span_factory.project_id) == {"span": 3, "trace": 1, "score": 1}


def test_rows_that_took_long_to_write_are_counted_again(engine: Engine, span_factory: SpanFactory) -> None:
    now_s = 0.0
    rows = SPANS.to_batch([span_factory.call()])
    ledger = FactLedger(engine, {}, LabelMemory(), clock_s=lambda: now_s)

    def write() -> None:
        nonlocal now_s
        now_s = 61.0

    ledger.write_counted([("span", rows)], write)

    assert revisions(engine, span_factory.project_id) == {"span": 2}


def test_label_sets_are_remembered_for_ten_minutes_and_by_project() -> None:
    now_s = 0.0
    memory = LabelMemory(clock_s=lambda: now_s)
    memory.remember({("a", "x"), ("b", "x")})
    assert memory.unknown({("a", "x"), ("a", "y")}) == {("a", "y")}

    memory.forget("a")
    assert memory.unknown({("a", "x"), ("b", "x")}) == {("a", "x")}

    now_s = 601.0
    assert memory.unknown({("b", "x")}) == {("b", "x")}


def test_the_memory_of_label_sets_is_bounded() -> None:
    memory = LabelMemory()
    memory.remember({("a", number) for number in range(100_000)})

    memory.remember({("a", -1)})

    assert memory.unknown({("a", 0), ("a", -1)}) == {("a", 0)}
