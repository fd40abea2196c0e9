"""Langfuse's events as the next commit needs them: by entity, and by an observation's id alone."""

from collections.abc import Mapping, Sequence

from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.rows import LANGFUSE_EVENTS
from spanglass_server.store.ports import LangfuseEntity

_COLUMNS = ", ".join(LANGFUSE_EVENTS.columns)


def load_events(engine: Engine, keys: Sequence[LangfuseEntity]) -> dict[LangfuseEntity, list[LangfuseEvent]]:
    if not keys:
        return {}
    # Without FINAL: the last version of a row is found here, where all of an entity's are at hand.
    table = engine.query_arrow(
        f"SELECT {_COLUMNS} FROM langfuse_events\n"
        "WHERE (project_id, trace_id, entity_type, entity_id)"
        " IN {keys:Array(Tuple(String, String, String, String))}\n"
        "ORDER BY version",
        {"keys": [tuple(key) for key in keys]},
        lane="settle",
    )
    newest = {event[:5]: event for event in LANGFUSE_EVENTS.from_table(table)}
    found: dict[LangfuseEntity, list[LangfuseEvent]] = {}
    for event in newest.values():
        if event.event_type != MOVED:
            found.setdefault(LangfuseEntity(*event[:4]), []).append(event)
    return found


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
