"""What Langfuse's events of recent traces told, so that the next event revises the right span.

A span is what all events of an entity say together, and a trace's own span has the extent of its observations
where nobody told its times. So the events of recent traces stay in memory, those of older ones are loaded
from the store, and each commit makes the spans anew that its events touched. Spans whose key changed with
that (their start moved to another hour, or they turned out to belong to another trace) are taken away under
their old key.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.normalize.langfuse_merge import merge_events
from spanglass_server.normalize.langfuse_spans import (
    Extent,
    observation_extent,
    observation_record,
    scope_of,
    trace_extent,
    trace_record,
)
from spanglass_server.store.ports import PlacedSpan, TraceKey
from spanglass_server.wire.langfuse import Json
from spanglass_server.wire.records import Scope, SpanRecord

LoadEvents: TypeAlias = Callable[[Sequence[TraceKey]], Mapping[TraceKey, Sequence[LangfuseEvent]]]
"""`SpanWriter.load_langfuse_events`."""

FindTraces: TypeAlias = Callable[[Sequence[tuple[str, str]]], Mapping[tuple[str, str], str]]
"""`SpanWriter.find_observations`."""

_EVENT_BYTES = 400
"""What an event takes in memory beside its text."""
_TRACE_BYTES = 1_000
_HOUR_NS = 3_600 * 1_000_000_000


class Merged(NamedTuple):
    """What a commit's events came to."""

    records: dict[str, list[SpanRecord]]
    """Spans to write, by project."""
    removed: list[PlacedSpan]
    """Stored spans that are elsewhere now."""
    events: list[LangfuseEvent]
    """Those to store: the new ones, under the trace they belong to."""
    duplicate_count: int


class _Entity:
    """A trace's own events, or an observation's."""

    __slots__ = ("events", "extent")

    def __init__(self) -> None:
        self.events: dict[str, LangfuseEvent] = {}
        self.extent: Extent | None = None
        """Of the span that was made of them last."""

    def merge(self) -> dict[str, Json]:
        return merge_events(self.events.values())

    @property
    def told_ns(self) -> int:
        return min(event.time_ns for event in self.events.values())

    @property
    def scope(self) -> Scope:
        return scope_of(max(event.sdk_version for event in self.events.values()))

    @property
    def names_trace(self) -> bool:
        return any(event.names_trace for event in self.events.values())


class _Trace:
    __slots__ = ("observations", "own", "parent_id", "size", "version")

    def __init__(self) -> None:
        self.own = _Entity()
        self.observations: dict[str, _Entity] = {}
        self.parent_id = ""
        """The root that OpenTelemetry told of the same trace."""
        self.size = 0
        """Bytes."""
        self.version = 0
        """Of the last commit that wrote something of it."""

    def entity(self, event: LangfuseEvent) -> _Entity:
        if event.entity_type == "trace":
            return self.own
        return self.observations.setdefault(event.entity_id, _Entity())


class LangfuseMemory:
    """Not safe for several threads: the pipeline calls it under its lock."""

    def __init__(
        self,
        load_events: LoadEvents,
        find_observations: FindTraces,
        *,
        bytes_max: int,
        is_only_writer: bool,
    ) -> None:
        """`is_only_writer` is false where other servers write to the same store: then nothing is kept from
        one commit to the next, since others may know more."""
        self._load_events = load_events
        self._find_observations = find_observations
        self._bytes_max = bytes_max if is_only_writer else 0
        self._traces: OrderedDict[TraceKey, _Trace] = OrderedDict()
        self._trace_of: dict[tuple[str, str], str] = {}
        """(project_id, observation id) to trace id."""
        self.byte_count = 0

    def merge(self, events: Sequence[LangfuseEvent], *, version: int) -> Merged:
        """Take a commit's events in. Raises what the store raises; then nothing was taken."""
        events = self._resolve(events)
        self._load({TraceKey(event.project_id, event.trace_id) for event in events})
        merged = Merged({}, [], [], 0)
        events = [*self._move(events, merged, version), *events]
        touched: dict[TraceKey, set[str]] = {}
        duplicate_count = 0
        for event in events:
            if self._add(event, version):
                merged.events.append(event)
                # A trace's own events touch no observation.
                of_trace = touched.setdefault(TraceKey(event.project_id, event.trace_id), set())
                of_trace.add(event.entity_id if event.entity_type == "observation" else "")
            else:
                duplicate_count += 1
        for key, entity_ids in touched.items():
            self._revise(key, entity_ids, merged)
        return merged._replace(duplicate_count=duplicate_count)

    def hang_under(self, parents: Mapping[TraceKey, str], *, version: int) -> dict[str, list[SpanRecord]]:
        """The spans of these traces, under the roots that OpenTelemetry told, by project."""
        self._load(parents)
        records: dict[str, list[SpanRecord]] = {}
        for key, parent_id in parents.items():
            trace = self._traces.get(key)
            if trace is not None and trace.own.extent is not None:
                trace.parent_id = parent_id
                trace.version = version
                records.setdefault(key.project_id, []).append(_own_record(key.trace_id, trace))
        return records

    def trim(self, *, stored_version: int) -> None:
        """Let go of the least recently active traces beyond the limit, but of none that a commit later than
        `stored_version` writes."""
        while self.byte_count > self._bytes_max:
            key, trace = next(iter(self._traces.items()))
            if trace.version > stored_version:
                return
            self._drop(key)

    def forget(self, keys: Iterable[TraceKey]) -> None:
        """These traces may not be stored as memory has them: load them when their next event arrives."""
        for key in keys:
            if key in self._traces:
                self._drop(key)

    def forget_project(self, project_id: str) -> None:
        self.forget([key for key in self._traces if key.project_id == project_id])

    def _drop(self, key: TraceKey) -> None:
        trace = self._traces.pop(key)
        self.byte_count -= trace.size
        for entity_id in trace.observations:
            if self._trace_of.get((key.project_id, entity_id)) == key.trace_id:
                del self._trace_of[key.project_id, entity_id]

    def _resolve(self, events: Sequence[LangfuseEvent]) -> list[LangfuseEvent]:
        """Give observations that name no trace the one that their other events name."""
        named = {
            (event.project_id, event.entity_id): event.trace_id
            for event in events
            if event.names_trace and event.entity_type == "observation"
        }
        unnamed = {(event.project_id, event.entity_id) for event in events if not event.names_trace}
        if not unnamed:
            return list(events)
        known = {key: trace_id for key in unnamed if (trace_id := self._trace_of.get(key))}
        unknown = sorted(unnamed - known.keys() - named.keys())
        known |= self._find_observations(unknown) if unknown else {}
        known |= named
        return [
            event
            if event.names_trace
            else event._replace(trace_id=known.get((event.project_id, event.entity_id), event.entity_id))
            for event in events
        ]

    def _load(self, keys: Iterable[TraceKey]) -> None:
        missing = []
        for key in keys:
            if key in self._traces:
                self._traces.move_to_end(key)
            else:
                missing.append(key)
        if not missing:
            return
        loaded = self._load_events(sorted(missing))
        for key in missing:
            self._traces[key] = _Trace()
            self._resize(self._traces[key], _TRACE_BYTES)
        for events in loaded.values():
            for event in events:
                self._add(event, 0)
        for key in loaded:
            self._revise(key, set(self._traces[key].observations) | {""}, None)

    def _move(self, events: Sequence[LangfuseEvent], merged: Merged, version: int) -> Iterable[LangfuseEvent]:
        """Events of observations that stood alone until now, when one of the batch names their trace."""
        for event in events:
            alone = TraceKey(event.project_id, event.entity_id)
            if event.entity_type != "observation" or event.trace_id == event.entity_id:
                continue
            trace = self._traces.get(alone)
            entity = trace.observations.get(event.entity_id) if trace is not None else None
            if trace is None or entity is None or entity.names_trace:
                continue
            del trace.observations[event.entity_id]
            trace.version = version
            self._trace_of.pop((event.project_id, event.entity_id), None)
            for old in entity.events.values():
                self._resize(trace, -_size(old))
                merged.events.append(old._replace(event_type=MOVED, body="", version=version))
                yield old._replace(trace_id=event.trace_id, version=version)
            if trace.own.events:
                # It was one span with its trace's own.
                self._revise(alone, {""}, merged)
            elif trace.own.extent is not None:
                merged.removed.append(PlacedSpan(*alone, event.entity_id, trace.own.extent.start_ns))
                trace.own.extent = None

    def _add(self, event: LangfuseEvent, version: int) -> bool:
        """Whether the event is new."""
        key = TraceKey(event.project_id, event.trace_id)
        trace = self._traces[key]
        trace.version = max(trace.version, version)
        entity = trace.entity(event)
        if event.event_id in entity.events:
            return False
        entity.events[event.event_id] = event
        self._resize(trace, _size(event))
        if event.entity_type == "observation":
            self._trace_of[event.project_id, event.entity_id] = event.trace_id
        return True

    def _resize(self, trace: _Trace, by: int) -> None:
        trace.size += by
        self.byte_count += by

    def _revise(self, key: TraceKey, entity_ids: set[str], merged: Merged | None) -> None:
        """Make the spans of these entities anew. Without `merged`, only what is stored is worked out."""
        trace = self._traces[key]
        for entity_id in sorted(entity_ids - {"", key.trace_id}):
            entity = trace.observations[entity_id]
            fields = entity.merge()
            extent = observation_extent(fields, entity.told_ns)
            record = observation_record(
                fields, trace_id=key.trace_id, span_id=entity_id, extent=extent, scope=entity.scope
            )
            _put(key, entity, record, merged)
        if trace.own.events or key.trace_id in trace.observations:
            is_told = "" in entity_ids or key.trace_id in entity_ids
            record = _own_record(key.trace_id, trace)
            if is_told or trace.own.extent != (record.start_time_ns, record.end_time_ns):
                _put(key, trace.own, record, merged)


def _put(key: TraceKey, entity: _Entity, record: SpanRecord, merged: Merged | None) -> None:
    old, entity.extent = entity.extent, Extent(record.start_time_ns, record.end_time_ns)
    if merged is None:
        return
    merged.records.setdefault(key.project_id, []).append(record)
    if old is not None and old.start_ns // _HOUR_NS != record.start_time_ns // _HOUR_NS:
        merged.removed.append(PlacedSpan(*key, record.span_id, old.start_ns))


def _own_record(trace_id: str, trace: _Trace) -> SpanRecord:
    """The trace's own span, which an observation with its id is a part of."""
    fields = trace.own.merge() if trace.own.events else None
    same = trace.observations.get(trace_id)
    own = same.merge() if same is not None else None
    entity = same if same is not None else trace.own
    if own is not None:
        extent = observation_extent(own, entity.told_ns)
    else:
        assert fields is not None
        extent = trace_extent(fields, entity.told_ns, _known_extent(trace))
    return trace_record(
        fields, own, trace_id=trace_id, parent_id=trace.parent_id, extent=extent, scope=entity.scope
    )


def _known_extent(trace: _Trace) -> Extent | None:
    extents = [entity.extent for entity in trace.observations.values() if entity.extent is not None]
    if not extents:
        return None
    return Extent(min(extent.start_ns for extent in extents), max(extent.end_ns for extent in extents))


def _size(event: LangfuseEvent) -> int:
    return len(event.body) + _EVENT_BYTES
