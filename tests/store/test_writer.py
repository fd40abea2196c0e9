"""What a commit promises, on both engines."""

from collections.abc import Callable, Sequence

import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import StorageFull
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.normalize.facts import Verdict
from spanglass_server.normalize.settle import facts_of
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.rows import LOGS, SPANS, unpack_trace
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import TimeRange, TraceKey

HOUR_NS = 3600 * SECOND_NS
ALL_TIME = TimeRange(-(2**63), 2**63 - 1)


@pytest.fixture
def writer(engine: Engine) -> ClickHouseWriter:
    return ClickHouseWriter(engine)


def write(
    writer: ClickHouseWriter,
    spans: Sequence[Span] = (),
    traces: Sequence[TraceSummary] = (),
    logs: Sequence[Log] = (),
) -> None:
    writer.write_batch(spans=spans, traces=traces, logs=logs)


def stored_spans(engine: Engine, project_id: str) -> list[Span]:
    sql = "SELECT * FROM spans FINAL WHERE project_id = {p:String} ORDER BY start_time_ns, span_id"
    return SPANS.from_table(engine.query_arrow(sql, {"p": project_id}))


def verdict_of(span: Span, **fields: object) -> tuple[str, int, Verdict]:
    verdict = Verdict(
        trace_id=span.trace_id, span_id=span.span_id, is_call=span.is_call, is_billable=span.is_billable,
        feature=span.feature, team=span.team, user_id=span.user_id, session_id=span.session_id,
        inherited=span.inherited,
    )  # fmt: skip
    return span.project_id, span.start_time_ns, verdict._replace(**fields)  # type: ignore[arg-type]


def test_a_batch_is_stored_as_given(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace(tags=("rag", "한국어"), user_id="u\t1\\'")
    summary, log = span_factory.summary(spans), span_factory.log(trace_id=spans[0].trace_id)

    write(writer, spans, [summary], [log])

    project = {"p": span_factory.project_id}
    assert stored_spans(engine, span_factory.project_id) == spans
    (trace,) = engine.query_arrow(
        "SELECT * FROM traces FINAL WHERE project_id = {p:String}", project
    ).to_pylist()
    shown = unpack_trace(trace.pop("packed"))
    assert {**shown, "project_id": summary.project_id, "is_deleted": False, "version": 1} == summary._asdict()
    assert {name: shown.get(name, trace[name]) for name in trace} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in trace.items()
    }
    logs = engine.query_arrow("SELECT * FROM logs FINAL WHERE project_id = {p:String}", project)
    assert LOGS.from_table(logs) == [log]


def test_an_empty_batch_is_fine(writer: ClickHouseWriter) -> None:
    write(writer)


def test_a_span_sent_twice_is_stored_once_and_the_higher_version_wins(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    old = span_factory.span(version=1)
    new = old._replace(version=2, status="error", end_time_ns=old.end_time_ns + 1)

    write(writer, [new])
    write(writer, [old, old])

    assert stored_spans(engine, span_factory.project_id) == [new]


def test_dates_however_absurd_are_kept_and_make_few_partitions(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    times = [
        0,
        -1,
        1,
        -(2**63) + 1,
        2**63 - 10_000_001,
        *(EPOCH_NS + year * 365 * 24 * HOUR_NS for year in range(-50, 50)),
    ]
    spans = sorted((span_factory.span(start_time_ns=at) for at in times), key=lambda span: span.start_time_ns)

    write(writer, spans)

    assert stored_spans(engine, span_factory.project_id) == spans
    counted = engine.query_arrow(
        "SELECT toInt64(uniqExact(partition)) AS n FROM system.parts"
        " WHERE table = 'spans' AND database = currentDatabase()"
    )
    assert counted.column("n")[0].as_py() <= 256
    keys = [TraceKey(span.project_id, span.trace_id) for span in spans]
    loaded = writer.load_facts(keys, response_ids=(), near=ALL_TIME)
    assert loaded == {key: [facts_of(span)] for key, span in zip(keys, spans, strict=True)}


def test_words_of_fresh_spans_are_found_before_any_merge_and_whatever_their_case(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    english = span_factory.span(input="The REFUND-policy applies")
    korean = span_factory.span(input="고객님의 환불을 처리했습니다")
    write(writer, [english, korean])

    def found(word: str) -> list[str]:
        matching = "project_id = {p:String} AND hasAllTokens(input, {w:String})"
        table = engine.query_arrow(
            f"SELECT span_id FROM spans FINAL WHERE {matching}", {"p": span_factory.project_id, "w": word}
        )
        return [str(value) for value in table.column("span_id").to_pylist()]

    assert found("refund policy") == [english.span_id]
    assert found("환불") == [korean.span_id]
    engine.command("OPTIMIZE TABLE spans FINAL")
    assert found("Policy") == [english.span_id]
    assert found("환불") == [korean.span_id]
    assert found("absent") == []


def test_a_revision_replaces_the_verdict_and_nothing_else(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    write(writer, spans)
    call, root = spans[3], spans[0]

    writer.revise_spans(
        [
            verdict_of(call, is_billable=False, feature="search", user_id="u1", inherited=5),
            verdict_of(root, team="growth"),
        ],
        version=7,
    )

    expected = [
        root._replace(team="growth", version=7),
        spans[1],
        spans[2],
        call._replace(is_billable=False, feature="search", user_id="u1", inherited=5, version=7),
        spans[4],
    ]
    assert stored_spans(engine, span_factory.project_id) == expected


def test_revising_what_is_not_stored_does_nothing(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    writer.revise_spans([verdict_of(span_factory.span())], version=2)
    writer.revise_spans([], version=2)

    assert stored_spans(engine, span_factory.project_id) == []


def test_facts_of_stored_spans_equal_those_of_fresh_ones(
    writer: ClickHouseWriter, span_factory: SpanFactory, make_factory: Callable[[], SpanFactory]
) -> None:
    mine = span_factory.rag_trace(feature="search", inherited=1, metadata='{"a":1}')
    other = make_factory().rag_trace(trace_id=mine[0].trace_id)
    write(writer, [*mine, *other, *span_factory.rag_trace()])
    key = TraceKey(span_factory.project_id, mine[0].trace_id)
    absent = TraceKey(span_factory.project_id, "f" * 32)

    loaded = writer.load_facts([key, absent], response_ids=(), near=ALL_TIME)

    assert set(loaded) == {key}
    assert sorted(loaded[key]) == sorted(map(facts_of, mine))


@pytest.mark.parametrize("hours", [1, 30, 24 * 200])
def test_a_trace_is_loaded_whole_however_long_it_lasts(
    writer: ClickHouseWriter, span_factory: SpanFactory, hours: int
) -> None:
    first = span_factory.span()
    last = span_factory.span(trace_id=first.trace_id, start_time_ns=first.start_time_ns + hours * HOUR_NS)
    write(writer, [first])
    write(writer, [last])
    key = TraceKey(span_factory.project_id, first.trace_id)

    loaded = writer.load_facts([key], response_ids=(), near=ALL_TIME)

    assert sorted(loaded[key]) == sorted([facts_of(first), facts_of(last)])


def test_a_response_id_brings_the_trace_that_holds_it_if_it_started_near(
    writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    near = span_factory.rag_trace(response_id="resp-1")
    far = span_factory.rag_trace(response_id="resp-1", start_time_ns=EPOCH_NS - 50 * HOUR_NS)
    write(writer, [*near, *far, *span_factory.rag_trace(response_id="resp-2")])
    window = TimeRange(EPOCH_NS - HOUR_NS, EPOCH_NS + HOUR_NS)

    loaded = writer.load_facts(
        [], response_ids=[(span_factory.project_id, "resp-1"), ("another-project", "resp-2")], near=window
    )

    assert set(loaded) == {TraceKey(span_factory.project_id, near[0].trace_id)}


def test_nothing_asked_nothing_loaded(writer: ClickHouseWriter) -> None:
    assert writer.load_facts([], response_ids=(), near=ALL_TIME) == {}


def test_a_nearly_full_disk_takes_no_rows_but_lets_go_of_some(
    embedded_engine: EmbeddedEngine, span_factory: SpanFactory
) -> None:
    kept, refused = span_factory.rag_trace(), span_factory.rag_trace()
    write(ClickHouseWriter(embedded_engine), kept)
    cramped = ClickHouseWriter(embedded_engine, free_disk_bytes_min=1 << 60)

    with pytest.raises(StorageFull, match="no space left: less than 512 MiB"):
        write(cramped, refused)
    assert stored_spans(embedded_engine, span_factory.project_id) == kept

    administration = ClickHouseAdministration(embedded_engine, is_fsynced=False)
    key = TraceKey(span_factory.project_id, kept[0].trace_id)
    assert administration.delete_traces([key]) == len(kept)
    assert stored_spans(embedded_engine, span_factory.project_id) == []
