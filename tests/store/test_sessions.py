"""Sessions, users and the map of services read from both engines."""

from tests.support.scores import make_score
from tests.support.spans import EPOCH_NS, SECOND_NS, SpanFactory

from spanglass_server.query.parse import parse_filter
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.service_map import ClickHouseServiceMapReader
from spanglass_server.store.clickhouse.sessions import ClickHouseSessionReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.store.service_map import Node
from spanglass_server.store.sessions import GROUP_ORDERS

DURING = TimeRange(EPOCH_NS, EPOCH_NS + 3600 * SECOND_NS)


def store(engine: Engine, factory: SpanFactory) -> list[str]:
    """Two traces of one session and user, the second told twice; one of another project."""
    traces = [
        factory.rag_trace(session_id="s1", user_id="u1", start_time_ns=EPOCH_NS + n * SECOND_NS)
        for n in (1, 2)
    ]
    other = [span._replace(project_id=f"{factory.project_id}-other") for span in traces[0]]
    score = make_score(
        factory.project_id, f"{factory.project_id}-1", trace_id=traces[0][0].trace_id, quality=0.5
    )
    writer = ClickHouseWriter(engine)
    for rows in ([*traces[0], *traces[1], *other], [span._replace(version=2) for span in traces[1]]):
        writer.write_batch(spans=rows, traces=[], logs=[])
    summaries = [factory.summary(spans) for spans in (*traces, other)]
    writer.write_batch(spans=[], traces=summaries, logs=[], scores=[score])
    return [spans[0].trace_id for spans in traces]


def test_sessions_and_users_are_added_up(engine: Engine, span_factory: SpanFactory) -> None:
    first, last = store(engine, span_factory)
    reader, project_id = ClickHouseSessionReader(engine), span_factory.project_id
    for by, group_id in (("session_id", "s1"), ("user_id", "u1")):
        for order in GROUP_ORDERS:
            where = parse_filter("kind:llm status!=error", "traces")
            page = reader.list_groups(project_id, by, DURING, where, PageRequest(10, "", f"-{order}"))  # type: ignore[arg-type]
            (group,) = page.items
            assert (group["id"], group["trace_count"], group["session_count"]) == (group_id, 2, 1)
            assert (group["first"]["trace_id"], group["last"]["trace_id"]) == (first, last)
        assert reader.find_group(project_id, by, group_id) == group  # type: ignore[arg-type]
        scores = reader.score_groups(project_id, by, [group_id], DURING)  # type: ignore[arg-type]
        assert scores[group_id].quality == 0.5


def test_spans_to_read_are_those_of_their_traces(engine: Engine, span_factory: SpanFactory) -> None:
    trace_ids = store(engine, span_factory)
    reader = ClickHouseSessionReader(engine)
    group = reader.find_group(span_factory.project_id, "session_id", "s1")
    assert group is not None
    spans = reader.load_spans(span_factory.project_id, [group["first"], group["last"]])
    kinds = {trace_id: [row["kind"] for row in rows] for trace_id, rows in spans.items()}
    assert kinds == {trace_id: ["chain", "retriever", "llm", "guardrail"] for trace_id in trace_ids}


def test_what_is_stored_of_a_user_is_counted_and_listed(engine: Engine, span_factory: SpanFactory) -> None:
    trace_ids = store(engine, span_factory)
    reader, project_id = ClickHouseSessionReader(engine), span_factory.project_id
    assert reader.count_user(project_id, "u1") == (2, 10, 1)
    keys = reader.list_user_traces(project_id, "u1", limit=10)
    assert [key.trace_id for key in keys] == trace_ids
    assert reader.list_sessions_of(project_id, keys) == ["s1"]
    assert reader.list_empty(project_id, ["s1", "s2"]) == ["s2"]


def test_the_map_counts_each_call_once(engine: Engine, span_factory: SpanFactory) -> None:
    store(engine, span_factory)
    reader = ClickHouseServiceMapReader(engine)
    for where in (None, parse_filter("kind:llm", "traces")):
        found = reader.read_map(span_factory.project_id, DURING, where)
        counted = {(edge.source.name, edge.target): edge.traffic.call_count for edge in found.edges}
        assert counted[("rag-api", Node("provider", "anthropic"))] == 2
        assert counted[("", Node("service", "rag-api"))] == 2
        assert found.span_count == 10
