"""Langfuse's events as the store keeps them, on both engines."""

import pytest
from tests.support.spans import EPOCH_NS, SpanFactory

from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.store.clickhouse.admin import DAY_NS, ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.ports import LangfuseEntity, PlacedSpan, TimeRange, TraceKey

HOUR_NS = 3_600 * 10**9


@pytest.fixture
def writer(engine: Engine) -> ClickHouseWriter:
    return ClickHouseWriter(engine)


def event_of(project_id: str, trace_id: str, number: int = 1, *, is_trace: bool = False) -> LangfuseEvent:
    return LangfuseEvent(
        project_id=project_id,
        trace_id=trace_id,
        entity_type="trace" if is_trace else "observation",
        entity_id=trace_id if is_trace else f"o{number}",
        event_id=f"e{number}",
        event_type="trace-create" if is_trace else "span-create",
        time_ns=EPOCH_NS + number,
        names_trace=True,
        body='{"name":"가나다"}',
        sdk_version="2.60.10",
        version=1,
    )


def write(
    writer: ClickHouseWriter,
    factory: SpanFactory,
    *events: LangfuseEvent,
    trace_id: str = "",
    start_ns: int = EPOCH_NS,
) -> None:
    """Events with the spans that are made of them, as a commit writes both."""
    spans = [
        factory.span(trace_id=trace_id or event.trace_id, span_id=event.entity_id, start_time_ns=start_ns)
        for event in events
    ]
    traces = [factory.summary(spans)] if spans else []
    writer.write_batch(spans=spans, traces=traces, logs=())
    writer.write_langfuse_events(events)


def test_events_come_back_by_trace_as_they_were(writer: ClickHouseWriter, span_factory: SpanFactory) -> None:
    project_id = span_factory.project_id
    events = [event_of(project_id, "t/1", 1, is_trace=True), event_of(project_id, "t/1", 2)]
    write(writer, span_factory, *events)
    write(writer, span_factory, event_of(project_id, "t2", 3))
    trace = LangfuseEntity(project_id, "t/1", "trace", "t/1")
    observation = LangfuseEntity(project_id, "t/1", "observation", "o2")
    others = [trace._replace(trace_id="unknown"), LangfuseEntity("other", "t2", "observation", "o3")]
    found = writer.load_langfuse_events([trace, observation, *others])
    assert found == {trace: [events[0]], observation: [events[1]]}


def test_an_event_written_again_is_one_and_one_that_moved_is_none(
    writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    project_id = span_factory.project_id
    stays, moves = event_of(project_id, "t", 1), event_of(project_id, "t", 2)
    write(writer, span_factory, stays, moves)
    write(
        writer, span_factory, stays._replace(version=2), moves._replace(version=2, event_type=MOVED, body="")
    )
    entities = [LangfuseEntity(*event[:4]) for event in (stays, moves)]
    assert writer.load_langfuse_events(entities) == {entities[0]: [stays._replace(version=2)]}


def test_an_observation_is_found_by_its_id_alone(writer: ClickHouseWriter, span_factory: SpanFactory) -> None:
    project_id = span_factory.project_id
    alone = event_of(project_id, "o7", 7)._replace(names_trace=False)
    write(writer, span_factory, alone, trace_id="o7")
    assert writer.find_observations([(project_id, "o7"), (project_id, "o8")]) == {(project_id, "o7"): "o7"}
    write(writer, span_factory, event_of(project_id, "t", 7))
    assert writer.find_observations([(project_id, "o7"), ("other", "o7")]) == {(project_id, "o7"): "t"}


def test_a_span_under_an_old_key_is_taken_away(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    project_id = span_factory.project_id
    old = span_factory.span(trace_id="t", span_id="o", start_time_ns=EPOCH_NS)
    new = old._replace(start_time_ns=EPOCH_NS + HOUR_NS, end_time_ns=EPOCH_NS + HOUR_NS, version=2)
    other = span_factory.span(trace_id="t", span_id="p", start_time_ns=EPOCH_NS)
    writer.write_batch(spans=[old, other], traces=[], logs=[])
    writer.remove_spans([PlacedSpan(project_id, "t", "o", EPOCH_NS), PlacedSpan(project_id, "t", "q", 0)])
    writer.write_batch(spans=[new], traces=[], logs=[])
    rows = engine.query_arrow(
        "SELECT span_id, start_time_ns FROM spans FINAL WHERE project_id = {p:String} ORDER BY span_id",
        {"p": project_id},
    )
    assert rows.to_pylist() == [
        {"span_id": "o", "start_time_ns": new.start_time_ns},
        {"span_id": "p", "start_time_ns": EPOCH_NS},
    ]
    writer.remove_spans([PlacedSpan(project_id, "t", "o", new.start_time_ns)])
    writer.write_batch(spans=[old._replace(version=3)], traces=[], logs=[])
    facts = writer.load_facts([TraceKey(project_id, "t")], response_ids=[], near=TimeRange(0, 0))
    starts = {fact.span_id: fact.start_time_ns for fact in facts[TraceKey(project_id, "t")]}
    assert starts == {"o": EPOCH_NS, "p": EPOCH_NS}


def count_events(engine: Engine, project_id: str) -> int:
    rows = engine.query_arrow(
        "SELECT toInt64(count()) AS n FROM langfuse_events WHERE project_id = {p:String}", {"p": project_id}
    )
    return int(rows.column("n")[0].as_py())


def test_deleting_a_trace_deletes_its_events(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    project_id = span_factory.project_id
    write(writer, span_factory, event_of(project_id, "t", 1), event_of(project_id, "t", 2))
    write(writer, span_factory, event_of(project_id, "stays", 3))
    ClickHouseAdministration(engine, is_fsynced=False).delete_traces([TraceKey(project_id, "t")])
    assert count_events(engine, project_id) == 1
    ClickHouseAdministration(engine, is_fsynced=False).delete_project(project_id)
    assert count_events(engine, project_id) == 0


def test_events_go_with_their_projects_retention(
    engine: Engine, writer: ClickHouseWriter, span_factory: SpanFactory
) -> None:
    project_id = span_factory.project_id
    administration = ClickHouseAdministration(engine, is_fsynced=False, now_ns=lambda: EPOCH_NS)
    write(writer, span_factory, event_of(project_id, "old", 1), start_ns=EPOCH_NS)
    young = event_of(project_id, "young", 2)._replace(time_ns=EPOCH_NS + 9 * DAY_NS)
    write(writer, span_factory, young, start_ns=EPOCH_NS + 9 * DAY_NS)
    administration.set_retention(project_id, 5)
    administration.enforce_retention(EPOCH_NS + 10 * DAY_NS)
    assert count_events(engine, project_id) == 1
    administration.set_retention(project_id, None)
