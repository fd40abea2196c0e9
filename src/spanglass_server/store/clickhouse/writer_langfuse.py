"""Langfuse's events as the next commit needs them: by trace, and by observation."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import find_trace_times
from spanglass_server.store.clickhouse.rows import LANGFUSE_EVENTS
from spanglass_server.store.ports import TraceKey

_COLUMNS = ", ".join(LANGFUSE_EVENTS.columns)


def load_events(engine: Engine, keys: Sequence[TraceKey]) -> dict[TraceKey, list[LangfuseEvent]]:
    # Every trace with events has spans, and where spans are is known quickly: most traces are new.
    stored = list(find_trace_times(engine, keys, lane="settle"))
    if not stored:
        return {}
    # Without FINAL: the last version of a row is found here, where all of a trace's are at hand.
    table = engine.query_arrow(
        f"SELECT {_COLUMNS} FROM langfuse_events\n"
        "WHERE (project_id, trace_id) IN {keys:Array(Tuple(String, String))}\n"
        "ORDER BY project_id, trace_id, version",
        {"keys": [tuple(key) for key in stored]},
        lane="settle",
    )
    events = groupby(LANGFUSE_EVENTS.from_table(table), lambda e: TraceKey(e.project_id, e.trace_id))
    found = {key: _newest(list(of_trace)) for key, of_trace in events}
    return {key: of_trace for key, of_trace in found.items() if of_trace}


def _newest(events: Sequence[LangfuseEvent]) -> list[LangfuseEvent]:
    """Each event once, in its last version, without those that moved away."""
    newest = {(event.entity_type, event.entity_id, event.event_id): event for event in events}
    return [event for event in newest.values() if event.event_type != MOVED]


def find_observations(engine: Engine, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    if not keys:
        return {}
    table = engine.query_arrow(
        "SELECT project_id, entity_id, argMax(trace_id, (names_trace, version)) AS trace_id\n"
        "FROM langfuse_events\n"
        "WHERE project_id IN {projects:Array(String)} AND entity_id IN {ids:Array(String)}\n"
        "  AND entity_type = 'observation' AND event_type != {moved:String}\n"
        "  AND (project_id, entity_id) IN {keys:Array(Tuple(String, String))}\n"
        "GROUP BY project_id, entity_id",
        {
            "projects": sorted({project_id for project_id, _ in keys}),
            "ids": sorted({entity_id for _, entity_id in keys}),
            "keys": [tuple(key) for key in keys],
            "moved": MOVED,
        },
        lane="settle",
    )
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return {(project_id, entity_id): trace_id for project_id, entity_id, trace_id in rows}
