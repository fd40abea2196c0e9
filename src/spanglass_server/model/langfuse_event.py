"""One event of Langfuse's ingestion API, as told; a row of the table `langfuse_events`."""

from typing import Literal, NamedTuple, TypeAlias

EntityType: TypeAlias = Literal["trace", "observation"]


class LangfuseEvent(NamedTuple):
    """What one event tells of a trace or an observation. All events of one entity, merged, are its span
    (normalize/langfuse_merge.py), so they are kept: the next may come days later."""

    project_id: str
    trace_id: str
    """The observation's, else that of other events of it, else its own id: it then is a trace of its own."""
    entity_type: EntityType
    entity_id: str
    event_id: str
    """The sender's; unique among an entity's events."""
    event_type: str
    """`trace-create`, `span-create`, `generation-update` ...; MOVED for one that turned out to belong to
    another trace, under whose id it is stored as well."""
    time_ns: int
    """The event's own time, which orders the events of an entity."""
    names_trace: bool
    """The event itself named its trace."""
    body: str
    """JSON object, as sent."""
    sdk_version: str
    version: int
    """Revision: nanoseconds of the commit that wrote the row; the highest wins."""


MOVED = "moved"
