"""Logs by filter, in pages, as a tail, over time; on both engines. And the SQL that each read becomes."""

from collections.abc import Callable, Sequence

import pytest
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.base.errors import BadCursor, QueryInvalid
from spanglass_server.model.span import Log
from spanglass_server.query.cursor import Position
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.compile import log_condition
from spanglass_server.store.clickhouse.compile_fields import RAISED, Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader import ClickHouseReader
from spanglass_server.store.clickhouse.reader_logs import (
    ClickHouseLogReader,
    histogram_statement,
    page_statement,
    tail_statement,
)
from spanglass_server.store.clickhouse.schema import Topology, render
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PageRequest, TimeRange

HOUR_NS = 3600 * SECOND_NS
DURING = TimeRange(EPOCH_NS - HOUR_NS, EPOCH_NS + 200 * HOUR_NS)
TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
Finder = Callable[[str], str]


@pytest.fixture
def reader(engine: Engine) -> ClickHouseLogReader:
    return ClickHouseLogReader(engine)


def store(engine: Engine, logs: Sequence[Log]) -> None:
    ClickHouseWriter(engine).write_batch(spans=[], traces=[], logs=logs)


def scattered(factory: SpanFactory, count: int) -> list[Log]:
    """Three at each instant, seven hours apart: over several partitions."""
    return [factory.log(time_ns=EPOCH_NS + number // 3 * 7 * HOUR_NS) for number in range(count)]


@pytest.mark.parametrize("order", ["-time", "time"])
@pytest.mark.parametrize("text", ["", "service:rag-api"])
def test_pages_hold_every_record_once_in_order(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory, order: str, text: str
) -> None:
    logs = scattered(span_factory, 25)
    store(engine, logs)
    store(engine, logs[:10])
    where = parse_filter(text, "logs")
    sizes, seen, cursor = [], [], ""
    while not sizes or cursor:
        page = reader.list_logs(span_factory.project_id, DURING, where, PageRequest(4, cursor, order))
        sizes.append(len(page.items))
        seen += [(row["time_ns"], row["log_id"]) for row in page.items]
        cursor = page.next_cursor
    assert sizes == [4, 4, 4, 4, 4, 4, 1]
    assert seen == sorted(((log.time_ns, log.log_id) for log in logs), reverse=order == "-time")


def test_what_arrives_while_paging_does_not_move_the_pages(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    logs = scattered(span_factory, 9)
    store(engine, logs)
    project_id = span_factory.project_id
    first = reader.list_logs(project_id, DURING, None, PageRequest(4, "", "-time"))
    store(engine, [span_factory.log(time_ns=EPOCH_NS + 150 * HOUR_NS)])
    later = TimeRange(DURING.from_ns + 30 * HOUR_NS, DURING.to_ns + HOUR_NS)
    rest = reader.list_logs(project_id, later, None, PageRequest(9, first.next_cursor, "-time"))
    assert sorted(row["log_id"] for row in [*first.items, *rest.items]) == [log.log_id for log in logs]


def test_a_cursor_serves_its_own_list_only(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    store(engine, scattered(span_factory, 5))
    project_id = span_factory.project_id
    cursor = reader.list_logs(project_id, DURING, None, PageRequest(2, "", "-time")).next_cursor
    other = parse_filter("severity:error", "logs")
    for project, where, order in (
        (project_id, None, "time"),
        (project_id, other, "-time"),
        ("x", None, "-time"),
    ):
        with pytest.raises(BadCursor):
            reader.list_logs(project, DURING, where, PageRequest(2, cursor, order))
    with pytest.raises(BadCursor):
        reader.tail_logs(project_id, DURING, None, after=cursor, limit=5)


def test_an_order_other_than_time_is_refused(reader: ClickHouseLogReader, project_id: str) -> None:
    with pytest.raises(QueryInvalid, match="cannot be ordered by `severity`"):
        reader.list_logs(project_id, DURING, None, PageRequest(2, "", "severity"))


def test_a_tail_tells_what_was_stored_since_however_old_it_is(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    project_id = span_factory.project_id
    before, first, late, more = (
        span_factory.log(time_ns=EPOCH_NS + offset * SECOND_NS, version=version)
        for offset, version in ((0, 100), (9, 200), (3, 300), (4, 300))
    )
    store(engine, [before])
    cursor = reader.start_tail(project_id, None, stored_after_ns=150)
    nothing = reader.tail_logs(project_id, DURING, None, after=cursor, limit=10)
    assert (nothing.items, nothing.cursor) == ([], cursor)
    store(engine, [first])
    store(engine, [late, more])
    told, cursors = [], [cursor]
    for _ in range(4):
        tail = reader.tail_logs(project_id, DURING, None, after=cursors[-1], limit=1)
        told += [row["log_id"] for row in tail.items]
        cursors.append(tail.cursor)
    assert told == [first.log_id, late.log_id, more.log_id]
    assert cursors[-1] == cursors[-2]


def test_a_tail_follows_its_filter_and_its_range(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    where = parse_filter("severity:error", "logs")
    project_id = span_factory.project_id
    cursor = reader.start_tail(project_id, where, stored_after_ns=1)
    error = span_factory.log(severity_number=17, version=2)
    store(
        engine,
        [error, span_factory.log(version=2), span_factory.log(severity_number=17, time_ns=5, version=2)],
    )
    tail = reader.tail_logs(project_id, DURING, where, after=cursor, limit=10)
    assert [row["log_id"] for row in tail.items] == [error.log_id]
    with pytest.raises(BadCursor):
        reader.tail_logs(project_id, DURING, None, after=cursor, limit=10)


def test_a_record_is_found_by_its_time_and_id(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    log = span_factory.log(body="needle")
    store(engine, [log, span_factory.log()])
    found = reader.find_log(log.project_id, log.time_ns, log.log_id)
    assert found is not None
    assert found["body"] == "needle"
    assert reader.find_log(log.project_id, log.time_ns + 1, log.log_id) is None
    assert reader.find_log("another", log.time_ns, log.log_id) is None


def test_a_histogram_counts_by_severity_and_shows_empty_buckets(
    engine: Engine, reader: ClickHouseLogReader, span_factory: SpanFactory
) -> None:
    numbers = [(0, 9), (0, 9), (1, 17), (1, 20), (1, 0), (3, 24)]
    logs = [
        span_factory.log(time_ns=EPOCH_NS + hour * HOUR_NS, severity_number=number)
        for hour, number in numbers
    ]
    store(engine, logs)
    store(engine, logs)
    during = TimeRange(EPOCH_NS, EPOCH_NS + 4 * HOUR_NS)
    buckets = reader.log_histogram(span_factory.project_id, during, None, buckets=4)
    assert [bucket["start_ns"] for bucket in buckets] == [EPOCH_NS + hour * HOUR_NS for hour in range(4)]
    assert [bucket["count"] for bucket in buckets] == [2, 3, 0, 1]
    assert buckets[1]["by_severity"] == {
        "trace": 0, "debug": 0, "info": 0, "warn": 0, "error": 2, "fatal": 0, "unknown": 1,
    }  # fmt: skip
    errors = parse_filter("severity>=error", "logs")
    buckets = reader.log_histogram(span_factory.project_id, during, errors, buckets=4)
    assert [bucket["count"] for bucket in buckets] == [0, 2, 0, 1]


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, str]]:
    """By the engine's name: letters of the story's records, by their ids. Told once to each engine."""
    return {}


@pytest.fixture
def find(engine: Engine, span_factory: SpanFactory, told: dict[str, dict[str, str]]) -> Finder:
    """Letters of the records that a filter finds, oldest first."""
    if engine.name not in told:
        logs = _story(span_factory)
        store(engine, list(logs.values()))
        told[engine.name] = {log.log_id: letter for letter, log in logs.items()}
        told[f"{engine.name} project"] = {"": span_factory.project_id}
    letters, project_id = told[engine.name], told[f"{engine.name} project"][""]

    def found(text: str) -> str:
        page = ClickHouseLogReader(engine).list_logs(
            project_id, DURING, parse_filter(text, "logs"), PageRequest(50, "", "time")
        )
        return "".join(letters[row["log_id"]] for row in page.items)

    return found


def _story(factory: SpanFactory) -> dict[str, Log]:
    return {
        "a": factory.log(
            body="Connection reset by peer", severity_number=17, severity_text="ERROR", trace_id=TRACE_ID,
            span_id=SPAN_ID, scope='{"name":"app.payments","version":"","attributes":{}}',
            attribute_index={"http.response.status_code": "502", "user": "kim"},
        ),
        "b": factory.log(
            body="환불을 받으시려면 30일 이내에 신청하세요", severity_number=13, severity_text="WARNING",
            service="batch", environment="staging", trace_id=TRACE_ID,
            resource='{"service.name":"batch","host.name":"web-1"}',
        ),
        "c": factory.log(
            body='{"event":"llm_call","model":"gpt-4o","note":"connection was slow"}', severity_number=9,
            attribute_index={"model": "gpt-4o", "cost_usd": "0.5"}, event_name="",
        ),
        "d": factory.log(body='{"content":"hello"}', severity_number=0, severity_text="",
                         event_name="gen_ai.user.message"),
        "e": factory.log(
            body="", severity_number=24, severity_text="FATAL",
            attributes='{"exception.type":"ZeroDivisionError","exception.message":"정수를 0으로 나눔"}',
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", "abcde"),
        ("severity:error", "a"),
        ("severity:ERROR", "a"),
        ("severity>=warn", "abe"),
        ("severity>warn", "ae"),
        ("severity<warn", "c"),
        ("severity<=warn", "bc"),
        ("severity:warn..error", "ab"),
        ("severity:(info or fatal)", "ce"),
        ("level:critical", "e"),
        ("severity!=error", "bcde"),
        ("severity:null", "d"),
        ("has:severity", "abce"),
        ("-severity>=warn", "cd"),
        ("severity<trace", ""),
        ("connection", "ac"),
        ("CONNECTION", "ac"),
        ("connection reset", "a"),
        ("peer connection", "a"),
        ('"reset by peer"', "a"),
        ('"peer by reset"', ""),
        ("connect", ""),
        ("환불", "b"),
        ("30일", "b"),
        ("-connection", "bde"),
        ("zerodivisionerror", "e"),
        ("정수", "e"),
        ('"0으로 나눔"', "e"),
        ("gen_ai.user.message", "d"),
        ("user.message", ""),
        ('body:"connection reset"', "a"),
        ("message:slow", "c"),
        ("body:*nnect*", "ac"),
        ('body~"^Conn.*peer$"', "a"),
        ("body:null", "e"),
        ("service:batch", "b"),
        ("environment:prod", "acde"),
        ("env:stag*", "b"),
        ("event_name:gen_ai.user.message", "d"),
        ("scope:app.*", "a"),
        ("logger:app.payments", "a"),
        ("attributes.user:kim", "a"),
        ("attributes.http.response.status_code>=500", "a"),
        ("attributes.cost_usd>0.4", "c"),
        ("has:attributes.model", "c"),
        ("resource.host.name:web-1", "b"),
        ("has:trace", "ab"),
        ("-has:trace", "cde"),
        ("has:span", "a"),
        (f"trace_id:{TRACE_ID}", "ab"),
        (f"span:{SPAN_ID}", "a"),
        ("has:trace severity>=error", "a"),
        ("severity:fatal or service:batch", "be"),
        ("(connection or 환불) -severity:error", "bc"),
    ],
)
def test_a_filter_finds(find: Finder, text: str, letters: str) -> None:
    assert find(text) == letters


def test_copies_of_a_record_are_one_in_a_trace(engine: Engine, span_factory: SpanFactory) -> None:
    span = span_factory.span()
    log = span_factory.log(trace_id=span.trace_id, span_id=span.span_id)
    writer = ClickHouseWriter(engine)
    for version in (1, 2):
        writer.write_batch(
            spans=[span], traces=[span_factory.summary([span])], logs=[log._replace(version=version)]
        )
    reader = ClickHouseReader(engine)
    assert [row["log_id"] for row in reader.list_trace_logs(span.project_id, span.trace_id)] == [log.log_id]


@pytest.mark.parametrize(
    ("field", "prefix", "values"),
    [
        ("severity", "", [("info", 2), ("error", 1)]),
        ("service", "", [("rag-api", 2), ("batch", 1)]),
        ("scope", "", [("app", 1)]),
        ("attributes", "", [("user", 2), ("model", 1)]),
        ("attributes.user", "", [("kim", 1), ("lee", 1)]),
        ("attributes.user", "k", [("kim", 1)]),
        ("resource", "", [("service.name", 3)]),
    ],
)
def test_facets_count_the_values_of_logs(
    engine: Engine, span_factory: SpanFactory, field: str, prefix: str, values: list[tuple[str, int]]
) -> None:
    logs = [
        span_factory.log(attribute_index={"user": "kim", "model": "m"}),
        span_factory.log(attribute_index={"user": "lee"}, service="batch"),
        span_factory.log(severity_number=18, scope='{"name":"app"}'),
    ]
    store(engine, logs)
    store(engine, logs[:1])
    found = ClickHouseReader(engine).facets(
        span_factory.project_id, DURING, None, field=field, prefix=prefix, limit=10, target="logs"
    )
    assert list(found) == values


@pytest.mark.parametrize("field", ["metadata", "body", "trace_id", "model"])
def test_what_logs_have_no_list_of_has_no_facet(engine: Engine, project_id: str, field: str) -> None:
    with pytest.raises(QueryInvalid):
        ClickHouseReader(engine).facets(
            project_id, DURING, None, field=field, prefix="", limit=10, target="logs"
        )


GOLDEN = {
    "severity>=warn": "(severity_number BETWEEN {p0:UInt8} AND {p1:UInt8})",
    "has:severity": "NOT severity_number = 0",
    "refund": (
        "(hasAllTokens(body, {p0:String}) OR hasAllTokens("
        "if(position(attributes, 'exception.') > 0, attributes, ''), {p1:String})"
        " OR event_name = {p2:String})"
    ),
    'body:"refund policy" -service:batch': (
        "((hasAllTokens(body, {p0:String}) AND positionCaseInsensitiveUTF8(body, {p1:String}) > 0)"
        " AND NOT service = {p2:String})"
    ),
    "scope:app.*": "JSONExtractString(scope, 'name') LIKE {p0:String}",
    "has:trace or attributes.user:kim": (
        "(NOT trace_id = '' OR (mapContains(attribute_index, {p1:String})"
        " AND attribute_index[{p0:String}] = {p2:String}))"
    ),
}


def test_words_of_exceptions_are_asked_as_they_are_indexed() -> None:
    [table] = render("logs.sql", Topology())
    assert f"INDEX index_raised {RAISED} TYPE text(" in table


def test_words_are_found_in_parts_that_were_merged_too(engine: Engine, span_factory: SpanFactory) -> None:
    """A merge builds the text index; until then texts are looked through."""
    told = '{"exception.type":"ValueError"}'
    logs = [span_factory.log(body="Refund 거절"), span_factory.log(attributes=told), span_factory.log()]
    store(engine, logs)
    reader = ClickHouseLogReader(engine)
    for _ in range(2):
        for text, found in (("refund", logs[0]), ("거절", logs[0]), ("VALUEERROR", logs[1])):
            page = reader.list_logs(
                span_factory.project_id, DURING, parse_filter(text, "logs"), PageRequest(9, "", "time")
            )
            assert [row["log_id"] for row in page.items] == [found.log_id]
        engine.command("OPTIMIZE TABLE logs FINAL")


@pytest.mark.parametrize("text", GOLDEN)
def test_a_filter_becomes_this_sql(text: str) -> None:
    where = parse_filter(text, "logs")
    assert where is not None
    assert log_condition(where, Binder()) == GOLDEN[text]


RANGE_SQL = "project_id = {project:String} AND time_ns >= {from_ns:Int64} AND time_ns < {to_ns:Int64}"
COLUMNS_SQL = (
    "time_ns, trace_id, span_id, log_id, severity_number, severity_text, service, environment, event_name,"
    " substringUTF8(body, 1, 16384) AS listed_body,"
    " if(length(attributes) > 65536, '', attributes) AS listed_attributes, resource, scope,"
    " (length(body) > 16384 AND lengthUTF8(body) > 16384 OR length(attributes) > 65536) AS listed_is_cut"
)


def test_reads_become_this_sql() -> None:
    after = Position(1, 9, 5, 5, ("x",))
    page = page_statement("p", TimeRange(1, 9), None, after=after, is_descending=True, limit=3)
    assert page.sql == (
        f"SELECT {COLUMNS_SQL}\nFROM logs FINAL\nWHERE {RANGE_SQL}\n"
        "AND (time_ns, log_id) < ({p0:Int64}, {p1:String})\nORDER BY time_ns DESC, log_id DESC\nLIMIT 3"
    )
    assert page.params == {"project": "p", "from_ns": 1, "to_ns": 6, "p0": 5, "p1": "x"}
    tail = tail_statement("p", TimeRange(1, 9), None, seen=(7, 5, "x"), limit=3)
    assert tail.sql == (
        f"SELECT {COLUMNS_SQL}, version\nFROM logs FINAL\nWHERE {RANGE_SQL}\n"
        "AND version >= {p0:UInt64} AND (version, time_ns, log_id) > ({p0:UInt64}, {p1:Int64}, {p2:String})\n"
        "ORDER BY version, time_ns, log_id\nLIMIT 3"
    )
    histogram = histogram_statement("p", TimeRange(1, 9), parse_filter("env:prod", "logs"), width_ns=4)
    assert histogram.sql == (
        "SELECT intDiv(time_ns - {from_ns:Int64}, 4) AS bucket,\n"
        "intDiv(severity_number + 3, 4) AS class, count() AS number\n"
        f"FROM logs FINAL\nWHERE {RANGE_SQL} AND environment = {{p0:String}}\nGROUP BY bucket, class"
    )
