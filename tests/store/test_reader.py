"""What reads promise, on both engines: pages, whole traces, facets, histograms, export."""

from collections.abc import Sequence

import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import BadCursor, QueryInvalid
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PAYLOAD_FIELDS, Page, PageRequest, TimeRange

HOUR_NS = 3600 * SECOND_NS
DURING = TimeRange(EPOCH_NS - HOUR_NS, EPOCH_NS + 200 * HOUR_NS)


@pytest.fixture
def reader(engine: Engine) -> ClickHouseReader:
    return ClickHouseReader(engine)


def store(
    engine: Engine, spans: Sequence[Span] = (), traces: Sequence[TraceSummary] = (), logs: Sequence[Log] = ()
) -> None:
    ClickHouseWriter(engine).write_batch(spans=spans, traces=traces, logs=logs)


def store_traces(engine: Engine, factory: SpanFactory, traces: Sequence[Sequence[Span]]) -> None:
    store(
        engine,
        [span for spans in traces for span in spans],
        [factory.summary(list(spans)) for spans in traces],
    )


def scattered(factory: SpanFactory, count: int) -> list[list[Span]]:
    """Traces of one call each over eight days: some at the same instant, of equal cost, or without one."""
    return [
        [
            factory.call(
                start_time_ns=EPOCH_NS + (number // 3) * 7 * HOUR_NS,
                cost_usd=None if number % 5 == 0 else (number % 4) / 10,
                error_type="" if number % 2 else "timeout",
                status="ok" if number % 2 else "error",
            )
        ]
        for number in range(count)
    ]


@pytest.mark.parametrize(
    "order",
    [
        "-start_time",
        "start_time",
        "-duration",
        "-cost",
        "cost",
        "-total_tokens",
        "error_count",
        "-span_count",
    ],
)
def test_pages_hold_every_trace_once_in_order(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory, order: str
) -> None:
    traces = scattered(span_factory, 25)
    store_traces(engine, span_factory, traces)
    seen: list[Page] = []
    cursor = ""
    while not seen or cursor:
        page = reader.list_traces(span_factory.project_id, DURING, None, PageRequest(4, cursor, order))
        seen.append(page)
        cursor = page.next_cursor
    rows = [row for page in seen for row in page.items]
    assert [len(page.items) for page in seen] == [4, 4, 4, 4, 4, 4, 1]
    assert sorted(row["trace_id"] for row in rows) == sorted(spans[0].trace_id for spans in traces)
    whole = reader.list_traces(span_factory.project_id, DURING, None, PageRequest(100, "", order))
    assert [row["trace_id"] for row in whole.items] == [row["trace_id"] for row in rows]
    if order == "-start_time":
        starts = [row["start_time_ns"] for row in rows]
        assert starts == sorted(starts, reverse=True)
    if order in ("cost", "-cost"):
        costs = [row["cost_usd"] for row in rows]
        known = [cost for cost in costs if cost is not None]
        assert known == sorted(known, reverse=order == "-cost")


def test_absent_values_come_last_in_both_directions(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    spans = [span_factory.call(cost_usd=cost) for cost in (0.2, None, 0.1)]
    store(engine, spans)
    for order, costs in (("cost", [0.1, 0.2, None]), ("-cost", [0.2, 0.1, None])):
        page = reader.list_spans(span_factory.project_id, DURING, None, PageRequest(9, "", order))
        assert [row["cost_usd"] for row in page.items] == costs


def test_what_arrives_while_paging_does_not_move_the_pages(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    traces = scattered(span_factory, 9)
    store_traces(engine, span_factory, traces)
    first = reader.list_traces(span_factory.project_id, DURING, None, PageRequest(4, "", "-start_time"))
    store_traces(engine, span_factory, [[span_factory.call(start_time_ns=EPOCH_NS + 150 * HOUR_NS)]])
    moved = TimeRange(DURING.from_ns + 30 * HOUR_NS, DURING.to_ns + HOUR_NS)
    rest = reader.list_traces(
        span_factory.project_id, moved, None, PageRequest(9, first.next_cursor, "-start_time")
    )
    ids = [row["trace_id"] for row in [*first.items, *rest.items]]
    assert sorted(ids) == sorted(spans[0].trace_id for spans in traces)


def test_a_cursor_serves_its_own_list_only(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    store_traces(engine, span_factory, scattered(span_factory, 5))
    project_id = span_factory.project_id
    cursor = reader.list_traces(project_id, DURING, None, PageRequest(2, "", "-cost")).next_cursor
    with pytest.raises(BadCursor):
        reader.list_traces(project_id, DURING, None, PageRequest(2, cursor, "-start_time"))
    with pytest.raises(BadCursor):
        reader.list_traces(
            project_id, DURING, parse_filter("status:ok", "traces"), PageRequest(2, cursor, "-cost")
        )
    with pytest.raises(BadCursor):
        reader.list_traces("another", DURING, None, PageRequest(2, cursor, "-cost"))


def test_an_order_that_a_list_has_not_is_refused(reader: ClickHouseReader, project_id: str) -> None:
    with pytest.raises(QueryInvalid, match="cannot be ordered by `name`"):
        reader.list_traces(project_id, DURING, None, PageRequest(2, "", "name"))


def test_time_is_half_open(engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory) -> None:
    spans = [span_factory.span(start_time_ns=EPOCH_NS + offset) for offset in (0, 5, 10)]
    store(engine, spans)
    found = reader.list_spans(
        span_factory.project_id, TimeRange(EPOCH_NS, EPOCH_NS + 10), None, PageRequest(9, "", "start_time")
    )
    assert [row["span_id"] for row in found.items] == [span.span_id for span in spans[:2]]


def test_the_newest_revision_alone_is_seen(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    span = span_factory.call(status="unset", version=1)
    store_traces(engine, span_factory, [[span]])
    store_traces(engine, span_factory, [[span._replace(status="error", kind="agent", version=2)]])
    project_id = span_factory.project_id
    for text, count in (("kind:agent", 1), ("kind:llm", 0), ("status:error", 1), ("status:unset", 0)):
        for rows in (
            reader.list_spans(
                project_id, DURING, parse_filter(text, "spans"), PageRequest(9, "", "cost")
            ).items,
            reader.list_traces(
                project_id, DURING, parse_filter(text, "traces"), PageRequest(9, "", "cost")
            ).items,
        ):
            assert len(rows) == count, text
    found = reader.open_trace(project_id, span.trace_id, payloads=True)
    assert found is not None
    assert [row["status"] for row in found.spans] == ["error"]


def test_a_trace_that_moved_to_another_hour_is_one_trace(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    late = span_factory.call(start_time_ns=EPOCH_NS + HOUR_NS)
    summary = span_factory.summary([late])
    store(engine, [late], [summary])
    early = span_factory.span(trace_id=late.trace_id, start_time_ns=EPOCH_NS)
    moved = span_factory.summary([early, late])._replace(version=2)
    store(engine, [early], [moved, summary._replace(is_deleted=True, version=2)])
    page = reader.list_traces(span_factory.project_id, DURING, None, PageRequest(9, "", "-start_time"))
    assert [row["start_time_ns"] for row in page.items] == [EPOCH_NS]
    found = reader.open_trace(span_factory.project_id, late.trace_id, payloads=False)
    assert found is not None
    assert found.trace["span_count"] == 2


def test_a_span_that_starts_hours_after_its_trace_still_finds_it(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    root = span_factory.span(start_time_ns=EPOCH_NS, end_time_ns=EPOCH_NS + 30 * HOUR_NS)
    late = span_factory.call(trace_id=root.trace_id, start_time_ns=EPOCH_NS + 29 * HOUR_NS, input="needle")
    store_traces(engine, span_factory, [[root, late]])
    during = TimeRange(EPOCH_NS - 1, EPOCH_NS + 1)
    for text in ("kind:llm", "needle"):
        page = reader.list_traces(
            span_factory.project_id, during, parse_filter(text, "traces"), PageRequest(9, "", "-start_time")
        )
        assert [row["trace_id"] for row in page.items] == [root.trace_id]


def test_a_trace_is_read_whole_in_start_order(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace(user_id="u1", tags=("rag",))
    store(engine, spans[::-1], [span_factory.summary(spans)])
    store_traces(engine, span_factory, [span_factory.rag_trace()])
    project_id, trace_id = span_factory.project_id, spans[0].trace_id
    whole = reader.open_trace(project_id, trace_id, payloads=True)
    light = reader.open_trace(project_id, trace_id, payloads=False)
    assert whole is not None
    assert light is not None
    summary = span_factory.summary(spans)._asdict()
    assert whole.trace == light.trace == {name: summary[name] for name in whole.trace}
    assert {*summary} - {*whole.trace} == {"project_id", "is_deleted", "version"}
    assert [row["name"] for row in whole.spans] == [span.name for span in spans]
    for row, span in zip(whole.spans, spans, strict=True):
        kept = {name: value for name, value in span._asdict().items() if name in row}
        assert row == kept
    assert set(whole.spans[0]) - set(light.spans[0]) == PAYLOAD_FIELDS - {"attribute_index"}
    assert reader.list_trace_shape(project_id, trace_id) == [
        (span.span_id, span.parent_span_id, span.start_time_ns, span.end_time_ns) for span in spans
    ]


def test_what_is_not_stored_is_not_found(reader: ClickHouseReader, project_id: str) -> None:
    assert reader.find_span(project_id, "f" * 32, "f" * 16) is None
    assert reader.open_trace(project_id, "f" * 32, payloads=True) is None
    assert reader.list_trace_logs(project_id, "f" * 32) == []
    assert reader.search_trace(project_id, "f" * 32, "x") == []
    assert reader.facets(project_id, DURING, None, field="name", prefix="", limit=5, target="traces") == []


def test_projects_do_not_see_each_other(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    store_traces(engine, span_factory, [spans])
    assert reader.open_trace("another", spans[0].trace_id, payloads=False) is None
    page = reader.list_traces(
        "another", DURING, parse_filter("kind:llm", "traces"), PageRequest(9, "", "cost")
    )
    assert page == Page([], "")


def test_a_trace_is_searched_in_payloads_names_and_attributes(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    store_traces(engine, span_factory, [spans])
    ids = {span.name: span.span_id for span in spans}
    project_id, trace_id = span_factory.project_id, spans[0].trace_id
    assert reader.search_trace(project_id, trace_id, "HTTP.ROUTE") == [ids["rag_pipeline"]]
    assert reader.search_trace(project_id, trace_id, "rerank") == [ids["rerank"]]
    both = [ids["rag_pipeline"], ids["chat claude-haiku-4-5"]]
    assert reader.search_trace(project_id, trace_id, "how do REFUNDS") == both
    assert reader.search_trace(project_id, trace_id, "100%") == []


def test_logs_come_with_their_trace_and_span(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    spans = span_factory.rag_trace()
    ids = {"trace_id": spans[0].trace_id, "span_id": spans[3].span_id}
    at = spans[0].start_time_ns
    late = span_factory.log(**ids, time_ns=at + 10, body="second")
    early = span_factory.log(**ids, time_ns=at + 5, body="first", attributes='{"k":1}')
    loose = span_factory.log(trace_id=spans[0].trace_id, time_ns=at + 7, body="of no span")
    other = span_factory.log(trace_id="f" * 32, time_ns=at, body="of another trace")
    store(engine, spans, [span_factory.summary(spans)], [late, early, loose, other])
    project_id = span_factory.project_id
    bodies = [row["body"] for row in reader.list_trace_logs(project_id, spans[0].trace_id)]
    assert bodies == ["first", "of no span", "second"]
    rows = reader.list_span_logs(project_id, TimeRange(at, at + 1), [(spans[0].trace_id, spans[3].span_id)])
    assert [row["body"] for row in rows] == ["first", "second"]


def facet(
    reader: ClickHouseReader, factory: SpanFactory, field: str, text: str = "", prefix: str = ""
) -> list[tuple[str, int]]:
    found = reader.facets(
        factory.project_id, DURING, parse_filter(text, "traces"), field=field,
        prefix=prefix, limit=3, target="traces",
    )  # fmt: skip
    return list(found)


def test_facets_count_the_traces_that_have_a_value(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    traces = [
        span_factory.rag_trace(user_id="u1", tags=("a", "b"), metadata='{"tenant":"acme"}'),
        span_factory.rag_trace(user_id="u1", tags=("a",)),
        span_factory.rag_trace(user_id="u2", status="error"),
        [span_factory.call(response_model="gpt-4o", cache_hit=True, user_id="Zed")],
    ]
    store_traces(engine, span_factory, traces)
    assert facet(reader, span_factory, "user_id") == [("u1", 2), ("Zed", 1), ("u2", 1)]
    assert facet(reader, span_factory, "user_id", prefix="z") == [("Zed", 1)]
    assert facet(reader, span_factory, "user", "status:error") == [("u2", 1)]
    assert facet(reader, span_factory, "tags") == [("a", 2), ("b", 1)]
    assert facet(reader, span_factory, "kind") == [("llm", 4), ("chain", 3), ("guardrail", 3)]
    assert facet(reader, span_factory, "model") == [("claude-haiku-4-5", 3), ("gpt-4o", 1)]
    assert facet(reader, span_factory, "model", "status:error") == [("claude-haiku-4-5", 1)]
    assert facet(reader, span_factory, "cache_hit") == [("true", 1)]
    assert facet(reader, span_factory, "attributes") == [("http.route", 3)]
    assert facet(reader, span_factory, "attributes.http.route") == [("/ask", 3)]
    assert facet(reader, span_factory, "metadata") == [("tenant", 1)]
    assert facet(reader, span_factory, "metadata.tenant") == [("acme", 1)]
    assert facet(reader, span_factory, "resource") == [("service.name", 4)]
    spans = reader.facets(
        span_factory.project_id, DURING, None, field="kind", prefix="", limit=1, target="spans"
    )
    assert list(spans) == [("llm", 4)]
    with pytest.raises(QueryInvalid, match="`cost` has no list of values"):
        facet(reader, span_factory, "cost")
    with pytest.raises(QueryInvalid, match="no field `usr`"):
        facet(reader, span_factory, "usr")


def test_a_histogram_has_every_bucket_and_nulls_where_nothing_was(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory
) -> None:
    at = EPOCH_NS
    traces = [
        [
            span_factory.call(
                start_time_ns=at, end_time_ns=at + length * SECOND_NS, status=status, cost_usd=cost
            )
        ]
        for length, status, cost in ((1, "ok", 0.1), (2, "error", 0.2), (3, "ok", None))
    ]
    traces.append([span_factory.span(start_time_ns=at + 25 * SECOND_NS)])
    store_traces(engine, span_factory, traces)
    during = TimeRange(at, at + 30 * SECOND_NS)
    for target in ("traces", "spans"):
        first, empty, last = reader.histogram(
            span_factory.project_id,
            during,
            None,
            buckets=3,
            target="traces" if target == "traces" else "spans",
        )
        assert [bucket["start_ns"] for bucket in (first, empty, last)] == [
            at, at + 10 * SECOND_NS, at + 20 * SECOND_NS
        ]  # fmt: skip
        assert (first["count"], first["error_count"], first["total_tokens"]) == (3, 1, 2250)
        assert first["cost_usd"] == pytest.approx(0.3)
        assert first["unpriced_count"] == 1
        assert first["duration_p50_ns"] == 2 * SECOND_NS
        assert first["duration_p99_ns"] == 3 * SECOND_NS
        assert (empty["count"], empty["duration_p50_ns"], empty["cost_usd"]) == (0, None, None)
        assert (last["count"], last["total_tokens"]) == (1, None)
    filtered = reader.histogram(
        span_factory.project_id, during, parse_filter("status:error", "traces"), buckets=3, target="traces"
    )
    assert [bucket["count"] for bucket in filtered] == [1, 0, 0]


def test_spans_are_exported_whole_and_once(
    engine: Engine, reader: ClickHouseReader, span_factory: SpanFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanglass_server.store.clickhouse.reader._ITER_BATCH_ROWS", 3)
    spans = [span for spans in scattered(span_factory, 10) for span in spans] + span_factory.rag_trace()
    store(engine, spans)
    batches = list(reader.iter_spans(span_factory.project_id, DURING, None))
    found = [span for batch in batches for span in batch]
    assert max(len(batch) for batch in batches) <= 3
    hours = [span.start_time_ns // HOUR_NS for span in found]
    assert hours == sorted(hours)
    assert sorted(found, key=lambda span: span.span_id) == sorted(spans, key=lambda span: span.span_id)
    errors = reader.iter_spans(span_factory.project_id, DURING, parse_filter("status:error", "spans"))
    assert {span.status for batch in errors for span in batch} == {"error"}
