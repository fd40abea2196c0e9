"""What Langfuse's events told of recent traces and observations: the next one revises the right span.

A span is what all events of an entity say together. So the events of recent entities stay in memory, those of
older ones are loaded from the store, and each commit makes the spans anew that its events touched; and the
trace's own span, which lasts as long as its observations where nobody told its times. Spans whose key changed
with that (their start moved to another hour, or they turned out to belong to another trace) are taken away
under their old key.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.normalize.facts import SpanFacts
from spanglass_server.normalize.langfuse_merge import merge_events
from spanglass_server.normalize.langfuse_spans import (
    Extent,
    observation_extent,
    observation_record,
    scope_of,
    trace_extent,
    trace_record,
)
from spanglass_server.store.ports import LangfuseEntity, PlacedSpan, TraceKey
from spanglass_server.wire.langfuse import Json
from spanglass_server.wire.records import Scope, SpanRecord

LoadEvents: TypeAlias = Callable[[Sequence[LangfuseEntity]], Mapping[LangfuseEntity, Sequence[LangfuseEvent]]]
"""`SpanWriter.load_langfuse_events`."""

FindTraces: TypeAlias = Callable[[Sequence[tuple[str, str]]], Mapping[tuple[str, str], str]]
"""`SpanWriter.find_observations`."""

KnownSpans: TypeAlias = Mapping[TraceKey, Mapping[str, SpanFacts]]
"""By trace and span id: what is stored, or on its way."""

_EVENT_BYTES = 400
_ENTITY_BYTES = 600
"""What they take in memory beside the events' texts."""
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
    __slots__ = ("events", "size", "version")

    def __init__(self) -> None:
        self.events: dict[str, LangfuseEvent] = {}
        self.size = _ENTITY_BYTES
        self.version = 0
        """Of the last commit that wrote something of it."""

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
        self._is_only_writer = is_only_writer
        self._bytes_max = bytes_max if is_only_writer else 0
        self._entities: OrderedDict[LangfuseEntity, _Entity] = OrderedDict()
        self._by_trace: dict[TraceKey, set[LangfuseEntity]] = {}
        self._trace_of: dict[tuple[str, str], str] = {}
        """(project_id, observation id) to trace id."""
        self.byte_count = 0

    def resolve(self, events: Sequence[LangfuseEvent]) -> list[LangfuseEvent]:
        """Give observations that name no trace the one that their other events name. Raises what the store
        raises."""
        unnamed = {(event.project_id, event.entity_id) for event in events if not event.names_trace}
        if not unnamed:
            return list(events)
        known = {key: trace_id for key in unnamed if (trace_id := self._trace_of.get(key))}
        known |= {
            (event.project_id, event.entity_id): event.trace_id
            for event in events
            if event.names_trace and event.entity_type == "observation"
        }
        unknown = sorted(unnamed - known.keys())
        known |= self._find_observations(unknown) if unknown else {}
        return [
            event
            if event.names_trace
            else event._replace(trace_id=known.get((event.project_id, event.entity_id), event.entity_id))
            for event in events
        ]

    def traces_of(self, events: Iterable[LangfuseEvent]) -> set[TraceKey]:
        """The traces that merging resolved events needs to know of."""
        keys = set()
        for event in events:
            keys.add(TraceKey(event.project_id, event.trace_id))
            if self._find_alone(event) is not None:
                keys.add(TraceKey(event.project_id, event.entity_id))
        return keys

    def merge(self, events: Sequence[LangfuseEvent], known: KnownSpans, *, version: int) -> Merged:
        """Take a commit's resolved events in. `known` has the spans of `traces_of(events)` before that.

        Raises what the store raises; then nothing was taken.
        """
        self._load(events, known)
        merged = Merged({}, [], [], 0)
        touched: dict[TraceKey, set[LangfuseEntity]] = {}
        duplicate_count = 0
        for event in [*self._move(events, merged, touched, version), *events]:
            entity = _entity_of(event)
            if self._add(event, version):
                merged.events.append(event)
                touched.setdefault(TraceKey(*entity[:2]), set()).add(entity)
            else:
                duplicate_count += 1
        for key, entities in touched.items():
            _Revision(key, self._entities, known.get(key, {}), merged).run(entities)
        return merged._replace(duplicate_count=duplicate_count)

    def hang_under(
        self, parents: Mapping[TraceKey, str], known: KnownSpans, *, version: int
    ) -> dict[str, list[SpanRecord]]:
        """The own spans of these traces, under the roots that OpenTelemetry told, by project."""
        self._load_missing([LangfuseEntity(*key, "trace", key.trace_id) for key in parents], known)
        self._load_missing([LangfuseEntity(*key, "observation", key.trace_id) for key in parents], known)
        merged = Merged({}, [], [], 0)
        for key, parent_id in parents.items():
            for entity in self._by_trace.get(key, ()):
                if entity.entity_id == key.trace_id:
                    self._entities[entity].version = version
            _Revision(key, self._entities, known[key], merged).revise_own(parent_id)
        return merged.records

    def trim(self, *, stored_version: int) -> None:
        """Let go of what was told of least recently beyond the limit, but of nothing that a commit later than
        `stored_version` writes."""
        while self.byte_count > self._bytes_max:
            key, entity = next(iter(self._entities.items()))
            if entity.version > stored_version:
                return
            self._drop(key)

    def forget(self, keys: Iterable[TraceKey]) -> None:
        """These traces may not be stored as memory has them: load them when their next event arrives."""
        for key in keys:
            for entity in list(self._by_trace.get(key, ())):
                self._drop(entity)

    def forget_project(self, project_id: str) -> None:
        self.forget([key for key in self._by_trace if key.project_id == project_id])

    def _find_alone(self, event: LangfuseEvent) -> LangfuseEntity | None:
        """The observation of an event that names its trace, where it stood alone until now."""
        if event.entity_type != "observation" or event.trace_id == event.entity_id or not event.names_trace:
            return None
        alone = LangfuseEntity(event.project_id, event.entity_id, "observation", event.entity_id)
        entity = self._entities.get(alone)
        return alone if entity is not None and not entity.names_trace else None

    def _load(self, events: Iterable[LangfuseEvent], known: KnownSpans) -> None:
        """The entities of these events, and their traces' own."""
        wanted: dict[LangfuseEntity, None] = {}
        for key in self.traces_of(events):
            # A trace's own span may be told as an observation, too.
            wanted[LangfuseEntity(*key, "trace", key.trace_id)] = None
            wanted[LangfuseEntity(*key, "observation", key.trace_id)] = None
        wanted |= dict.fromkeys(map(_entity_of, events))
        self._load_missing(wanted, known)

    def _load_missing(self, wanted: Iterable[LangfuseEntity], known: KnownSpans) -> None:
        missing = []
        for entity in wanted:
            if entity in self._entities:
                self._entities.move_to_end(entity)
            elif not self._is_only_writer or entity.entity_id in known.get(TraceKey(*entity[:2]), {}):
                # What is stored has a span.
                missing.append(entity)
        if missing:
            for events in self._load_events(sorted(missing)).values():
                for event in events:
                    self._add(event, 0)

    def _move(
        self,
        events: Sequence[LangfuseEvent],
        merged: Merged,
        touched: dict[TraceKey, set[LangfuseEntity]],
        version: int,
    ) -> Iterator[LangfuseEvent]:
        """Events of observations that stood alone until now, when one of the batch names their trace."""
        for event in events:
            alone = self._find_alone(event)
            if alone is None:
                continue
            touched.setdefault(TraceKey(*alone[:2]), set())
            for old in self._drop(alone).events.values():
                merged.events.append(old._replace(event_type=MOVED, body="", version=version))
                yield old._replace(trace_id=event.trace_id, version=version)

    def _add(self, event: LangfuseEvent, version: int) -> bool:
        """Whether the event is new."""
        key = _entity_of(event)
        entity = self._entities.get(key)
        if entity is None:
            entity = self._entities[key] = _Entity()
            self._by_trace.setdefault(TraceKey(*key[:2]), set()).add(key)
            self.byte_count += entity.size
            if event.entity_type == "observation":
                self._trace_of[event.project_id, event.entity_id] = event.trace_id
        entity.version = max(entity.version, version)
        if event.event_id in entity.events:
            return False
        entity.events[event.event_id] = event
        size = len(event.body) + _EVENT_BYTES
        entity.size += size
        self.byte_count += size
        return True

    def _drop(self, key: LangfuseEntity) -> _Entity:
        entity = self._entities.pop(key)
        self.byte_count -= entity.size
        trace = TraceKey(*key[:2])
        self._by_trace[trace].remove(key)
        if not self._by_trace[trace]:
            del self._by_trace[trace]
        if key.entity_type == "observation":
            self._trace_of.pop((key.project_id, key.entity_id), None)
        return entity


class _Revision:
    """One trace's spans, made anew."""

    def __init__(
        self,
        key: TraceKey,
        entities: Mapping[LangfuseEntity, _Entity],
        known: Mapping[str, SpanFacts],
        merged: Merged,
    ) -> None:
        self._key = key
        self._entities = entities
        self._known = known
        self._merged = merged
        self._extents = {
            span_id: Extent(fact.start_time_ns, fact.end_time_ns)
            for span_id, fact in known.items()
            if span_id != key.trace_id
        }

    def run(self, touched: set[LangfuseEntity]) -> None:
        trace_id = self._key.trace_id
        for key in sorted(touched):
            if key.entity_id != trace_id:
                self._revise(key)
        roots = [f for f in self._known.values() if not f.parent_span_id and f.span_id != trace_id]
        root = min(roots, key=lambda f: (f.start_time_ns, f.span_id), default=None)
        record = self._own_record(root.span_id if root is not None else "")
        old = self._known.get(trace_id)
        if record is None:
            if old is not None and not touched:
                # An observation that stood alone has moved away.
                self._merged.removed.append(PlacedSpan(*self._key, trace_id, old.start_time_ns))
            return
        is_told = not touched or any(key.entity_id == trace_id for key in touched)
        times = (record.start_time_ns, record.end_time_ns)
        if is_told or old is None or times != (old.start_time_ns, old.end_time_ns):
            self._put(record)

    def revise_own(self, parent_id: str) -> None:
        record = self._own_record(parent_id)
        if record is not None:
            self._put(record)

    def _revise(self, key: LangfuseEntity) -> None:
        entity = self._entities[key]
        fields = entity.merge()
        extent = observation_extent(fields, entity.told_ns)
        self._extents[key.entity_id] = extent
        self._put(
            observation_record(
                fields, trace_id=key.trace_id, span_id=key.entity_id, extent=extent, scope=entity.scope
            )
        )

    def _own_record(self, parent_id: str) -> SpanRecord | None:
        """The trace's own span, which an observation with its id is a part of; None where nobody told it."""
        trace_id = self._key.trace_id
        told = self._entities.get(LangfuseEntity(*self._key, "trace", trace_id))
        same = self._entities.get(LangfuseEntity(*self._key, "observation", trace_id))
        entity = same or told
        if entity is None:
            return None
        fields = told.merge() if told is not None else None
        own = same.merge() if same is not None else None
        if own is not None:
            extent = observation_extent(own, entity.told_ns)
        else:
            assert fields is not None
            extent = trace_extent(fields, entity.told_ns, _union(self._extents.values()))
        return trace_record(
            fields, own, trace_id=trace_id, parent_id=parent_id, extent=extent, scope=entity.scope
        )

    def _put(self, record: SpanRecord) -> None:
        self._merged.records.setdefault(self._key.project_id, []).append(record)
        old = self._known.get(record.span_id)
        if old is not None and old.start_time_ns // _HOUR_NS != record.start_time_ns // _HOUR_NS:
            self._merged.removed.append(PlacedSpan(*self._key, record.span_id, old.start_time_ns))


def _entity_of(event: LangfuseEvent) -> LangfuseEntity:
    return LangfuseEntity(event.project_id, event.trace_id, event.entity_type, event.entity_id)


def _union(extents: Iterable[Extent]) -> Extent | None:
    known = list(extents)
    if not known:
        return None
    return Extent(min(extent.start_ns for extent in known), max(extent.end_ns for extent in known))
