"""What makes sums exact while a trace's spans arrive in any order and any split.

Which span of a call is billable, and what a trace's summary says, depends on all spans of the trace (and of
traces that tell the same provider response). So recent traces' facts stay in memory, older ones are loaded
from the store, and each commit settles what it touched: new rows get their verdict before they are written,
stored rows whose verdict changed are revised, summaries are written anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from spanglass_server.base.limits import (
    FACT_LOAD_ROUNDS_MAX,
    LINKED_TRACES_MAX,
    RESPONSE_ID_REACH_NS,
    TRACE_SPANS_MAX,
)
from spanglass_server.model.span import Span, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.links import NO_LINKS, Links
from spanglass_server.normalize.settle import facts_of, links_of, settle, summarize
from spanglass_server.normalize.summary import tombstone
from spanglass_server.store.ports import PlacedSpan, TimeRange, TraceKey

LoadFacts: TypeAlias = Callable[..., Mapping[TraceKey, Sequence[SpanFacts]]]
"""`SpanWriter.load_facts`."""

SpanKey: TypeAlias = tuple[str, str, str]
"""(project_id, trace_id, span_id)"""

Revision: TypeAlias = tuple[str, int, Verdict]
"""(project_id, start_time_ns of the span, verdict), as `SpanWriter.revise_spans` takes it."""

_HOUR_NS = 3_600 * 1_000_000_000
_START_SLACK_NS = 10 * 1_000_000_000
"""Clocks of senders may be ahead of ours by this much at a restart."""

_FEATURE = Span._fields.index("feature")
_INHERITED = Span._fields.index("inherited")
_IS_CALL = Span._fields.index("is_call")
_VERSION = Span._fields.index("version")


class Settled(NamedTuple):
    """A commit's rows, ready to write."""

    spans: list[Span]
    revisions: list[Revision]
    summaries: list[TraceSummary]
    keys: list[TraceKey]
    """Traces the batch holds spans of."""
    refused: frozenset[SpanKey]
    """Spans that are not among `spans`, because their trace holds as many as a trace may."""
    duplicate_count: int
    """Spans that were known and equal."""
    loaded_count: int
    roots_above: Mapping[TraceKey, str]
    """Traces that hold a span of their own id (made of a Langfuse trace), which does not hang under the root
    span that they have as well: that root's id."""

    def completed_by(self, later: "Settled") -> "Settled":
        """Both as one, where `later` settled spans of the same commit anew."""
        again = {(span.project_id, span.trace_id, span.span_id) for span in later.spans}
        listed = {(summary.project_id, summary.trace_id) for summary in later.summaries}
        return Settled(
            [s for s in self.spans if (s.project_id, s.trace_id, s.span_id) not in again] + later.spans,
            [r for r in self.revisions if (r[0], r[2].trace_id, r[2].span_id) not in again] + later.revisions,
            [s for s in self.summaries if s.is_deleted or (s.project_id, s.trace_id) not in listed]
            + later.summaries,
            list(dict.fromkeys([*self.keys, *later.keys])),
            self.refused | later.refused,
            self.duplicate_count + later.duplicate_count,
            self.loaded_count + later.loaded_count,
            later.roots_above,
        )


class _Entry:
    __slots__ = ("end_ns", "facts", "links", "summary_start_ns", "verdicts", "version")

    def __init__(self) -> None:
        self.facts: dict[str, SpanFacts] = {}
        self.links: dict[str, Links] = {}
        """Of the spans that have any."""
        self.verdicts: dict[str, Verdict] = {}
        self.summary_start_ns: int | None = None
        self.end_ns = 0
        self.version = 0
        """Of the last commit that wrote something of it."""


class TraceCache:
    """Not safe for several threads: the pipeline calls it under its lock."""

    def __init__(
        self,
        load_facts: LoadFacts,
        *,
        spans_max: int,
        started_at_ns: int,
        is_only_writer: bool,
        trace_spans_max: int = TRACE_SPANS_MAX,
    ) -> None:
        """`is_only_writer` is false where other servers write to the same store: then memory is never proof
        that a trace is not stored."""
        self._load_facts = load_facts
        self._spans_max = spans_max
        self._trace_spans_max = trace_spans_max
        self._is_only_writer = is_only_writer
        self._first_horizon_ns = started_at_ns + _START_SLACK_NS
        self._horizons_ns: dict[str, int] = {}
        self._entries: OrderedDict[TraceKey, _Entry] = OrderedDict()
        self._by_link: dict[tuple[str, str], set[str]] = {}
        self._opened_count = 0
        """Traces loaded by `open` since the last commit."""
        self.span_count = 0

    def open(self, keys: Iterable[TraceKey]) -> dict[TraceKey, Mapping[str, SpanFacts]]:
        """Facts of all spans of these traces, by span id, loaded where memory lacks them; a trace that is not
        stored has none. Raises what the store raises."""
        keys = list(keys)
        self._opened_count += self._load_traces([key for key in keys if key not in self._entries], {})
        return {key: self._entries[key].facts if key in self._entries else {} for key in keys}

    def settle(
        self,
        spans: Sequence[Span],
        *,
        version: int,
        removed: Sequence[PlacedSpan] = (),
        opened: Collection[TraceKey] = (),
    ) -> Settled:
        """Take a batch in, and `removed` spans out first. Traces that were `opened` are not looked for in the
        store. Raises what the store raises; then nothing was taken."""
        arrived = _group(spans)
        left = {TraceKey(span.project_id, span.trace_id) for span in removed}
        loaded_count = self._load(arrived, opened) + self._opened_count
        self._opened_count = 0
        self._remove(removed)
        refused = self._refuse(arrived)
        if refused:
            spans = [span for span in spans if (span.project_id, span.trace_id, span.span_id) not in refused]
        duplicate_count = sum(self._add(key, facts) for key, facts in arrived.items())
        emptied = list(self._bury(left, version))
        touched = {key: None for key in (*sorted(left), *arrived) if key in self._entries}
        new_verdicts = self._settle(touched)
        rows = _with_verdicts(spans, new_verdicts)
        revisions, changed = self._apply(new_verdicts, arrived)
        summaries = list(self._summarize({**touched, **dict.fromkeys(changed)}, version))
        return Settled(
            rows,
            revisions,
            emptied + summaries,
            list(arrived),
            refused,
            duplicate_count,
            loaded_count,
            self._roots_above(arrived),
        )

    def trim(self, *, stored_version: int) -> None:
        """Let go of the least recently active traces beyond the limit, but of none that a commit later than
        `stored_version` writes: what is let go is trusted to be stored."""
        while self.span_count > self._spans_max:
            key, entry = next(iter(self._entries.items()))
            if entry.version > stored_version:
                return
            self._drop(key)

    def forget(self, keys: Iterable[TraceKey]) -> None:
        """These traces may not be stored as memory has them: load them when their next span arrives."""
        for key in keys:
            if key in self._entries:
                self._drop(key)

    def forget_project(self, project_id: str) -> None:
        self.forget([key for key in self._entries if key.project_id == project_id])

    def _load(self, arrived: Mapping[TraceKey, Mapping[str, SpanFacts]], opened: Collection[TraceKey]) -> int:
        """Bring stored relatives of a batch into memory. How many traces were loaded."""
        wanted = [
            key for key, facts in arrived.items() if key not in opened and self._may_be_stored(key, facts)
        ]
        return self._load_traces(wanted, self._unknown_responses(arrived))

    def _load_traces(self, wanted: Sequence[TraceKey], responses: Mapping[tuple[str, str], int]) -> int:
        loaded: dict[TraceKey, Sequence[SpanFacts]] = {}
        for _ in range(FACT_LOAD_ROUNDS_MAX):
            if not wanted and not responses:
                break
            found = self._load_facts(wanted, response_ids=list(responses), near=_reach(responses.values()))
            fresh = {
                key: facts for key, facts in found.items() if key not in self._entries and key not in loaded
            }
            loaded |= fresh
            wanted = []
            seen = responses.keys()
            responses = {
                (key.project_id, fact.response_id): fact.start_time_ns
                for key, facts in fresh.items()
                for fact in facts
                if fact.response_id and (key.project_id, fact.response_id) not in seen
            }
        for key, facts in loaded.items():
            self._add(key, {fact.span_id: fact for fact in facts})
            self._entries[key].summary_start_ns = min(fact.start_time_ns for fact in facts)
        if loaded:
            # What the store holds of them was settled without this batch.
            self._remember(self._settle(loaded), only=loaded.keys())
        return len(loaded)

    def _may_be_stored(self, key: TraceKey, facts: Mapping[str, SpanFacts]) -> bool:
        """Whether spans of a trace that is not in memory may be stored.

        They cannot where the batch holds the trace's root and the root started after everything that was let
        go had ended: nothing of a trace starts before its root.
        """
        if key in self._entries:
            return False
        if not self._is_only_writer:
            return True
        if all(fact.parent_span_id for fact in facts.values()):
            return True
        return min(fact.start_time_ns for fact in facts.values()) <= self._horizon_ns(key.project_id)

    def _unknown_responses(
        self, arrived: Mapping[TraceKey, Mapping[str, SpanFacts]]
    ) -> dict[tuple[str, str], int]:
        """Response ids of the batch that a stored trace may tell as well, with when they started."""
        return {
            (key.project_id, fact.response_id): fact.start_time_ns
            for key, facts in arrived.items()
            for fact in facts.values()
            if fact.response_id
            and (not self._is_only_writer or fact.start_time_ns <= self._horizon_ns(key.project_id))
            and (key not in self._entries or fact.span_id not in self._entries[key].facts)
        }

    def _refuse(self, arrived: dict[TraceKey, dict[str, SpanFacts]]) -> frozenset[SpanKey]:
        """Take out of a batch what would make a trace too large: each commit settles whole traces, and one
        that never ends would cost more with each."""
        refused: list[SpanKey] = []
        for key, facts in list(arrived.items()):
            entry = self._entries.get(key)
            known = entry.facts if entry is not None else {}
            if len(known) + len(facts) <= self._trace_spans_max:
                continue
            room = self._trace_spans_max - len(known)
            new = [span_id for span_id in facts if span_id not in known]
            for span_id in new[max(room, 0) :]:
                del facts[span_id]
                refused.append((*key, span_id))
            if not facts:
                del arrived[key]
                self._entries.move_to_end(key)
        return frozenset(refused)

    def _horizon_ns(self, project_id: str) -> int:
        return self._horizons_ns.get(project_id, self._first_horizon_ns)

    def _add(self, key: TraceKey, facts: Mapping[str, SpanFacts]) -> int:
        """Put facts into memory. How many were there already, equal."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
        else:
            self._entries.move_to_end(key)
        known = entry.facts
        duplicate_count = 0
        has_relinked = False
        for span_id, fact in facts.items():
            old = known.get(span_id)
            if old is None:
                self.span_count += 1
            elif old == fact:
                duplicate_count += 1
                continue
            known[span_id] = fact
            if fact.end_time_ns > entry.end_ns:
                entry.end_ns = fact.end_time_ns
            links = links_of(fact)
            if span_id in entry.links:
                has_relinked = True
                self._unlink(key, entry.links.pop(span_id))
            if links is not NO_LINKS:
                entry.links[span_id] = links
                self._link(key, links)
        if has_relinked:
            # Spans of a trace may share a link: what one gave up another may still hold.
            for links in entry.links.values():
                self._link(key, links)
        return duplicate_count

    def _link(self, key: TraceKey, links: Links) -> None:
        for link in links.own:
            self._by_link.setdefault((key.project_id, link), set()).add(key.trace_id)

    def _unlink(self, key: TraceKey, links: Links) -> None:
        for link in links.own:
            holders = self._by_link.get((key.project_id, link))
            if holders is not None:
                holders.discard(key.trace_id)
                if not holders:
                    del self._by_link[key.project_id, link]

    def _drop(self, key: TraceKey) -> None:
        entry = self._entries.pop(key)
        self.span_count -= len(entry.facts)
        self._horizons_ns[key.project_id] = max(self._horizon_ns(key.project_id), entry.end_ns)
        for links in entry.links.values():
            self._unlink(key, links)

    def _remove(self, spans: Iterable[PlacedSpan]) -> None:
        for span in spans:
            key = TraceKey(span.project_id, span.trace_id)
            entry = self._entries.get(key)
            if entry is None or entry.facts.pop(span.span_id, None) is None:
                continue
            self.span_count -= 1
            links = entry.links.pop(span.span_id, None)
            if links is not None:
                self._unlink(key, links)
                for others in entry.links.values():
                    self._link(key, others)

    def _bury(self, keys: Iterable[TraceKey], version: int) -> Iterator[TraceSummary]:
        """Tombstones of the traces that have no span any more."""
        for key in keys:
            entry = self._entries.get(key)
            if entry is not None and not entry.facts:
                self._drop(key)
                if entry.summary_start_ns is not None:
                    yield tombstone(*key, start_time_ns=entry.summary_start_ns, version=version)

    def _roots_above(self, keys: Iterable[TraceKey]) -> dict[TraceKey, str]:
        found: dict[TraceKey, str] = {}
        for key in keys:
            facts = self._entries[key].facts
            own = facts.get(key.trace_id)
            if own is not None:
                roots = [f for f in facts.values() if not f.parent_span_id and f.span_id != key.trace_id]
                root = min(roots, key=lambda f: (f.start_time_ns, f.span_id), default=None)
                if root is not None and own.parent_span_id != root.span_id:
                    found[key] = root.span_id
        return found

    def _settle(self, keys: Iterable[TraceKey]) -> dict[TraceKey, dict[str, Verdict]]:
        """Verdicts on all spans of these traces and of those connected to them."""
        by_project: dict[str, dict[str, Sequence[SpanFacts]]] = {}
        for key in self._connected(keys):
            facts = list(self._entries[key].facts.values())
            by_project.setdefault(key.project_id, {})[key.trace_id] = facts
        verdicts: dict[TraceKey, dict[str, Verdict]] = {}
        for project_id, traces in by_project.items():
            by_trace: dict[str, dict[str, Verdict]] = {trace_id: {} for trace_id in traces}
            for verdict in settle(traces):
                by_trace[verdict.trace_id][verdict.span_id] = verdict
            verdicts.update((TraceKey(project_id, trace_id), of) for trace_id, of in by_trace.items())
        return verdicts

    def _connected(self, keys: Iterable[TraceKey]) -> dict[TraceKey, None]:
        """The traces themselves and all that may tell a call of one of them, in a stable order."""
        found = dict.fromkeys(keys)
        waiting = list(found)
        while waiting:
            key = waiting.pop()
            for links in self._entries[key].links.values():
                for link in links.sought:
                    holders = self._by_link.get((key.project_id, link), ())
                    if len(holders) > LINKED_TRACES_MAX:
                        continue
                    for trace_id in sorted(holders):
                        other = TraceKey(key.project_id, trace_id)
                        if other not in found:
                            found[other] = None
                            waiting.append(other)
        return found

    def _remember(self, verdicts: Mapping[TraceKey, dict[str, Verdict]], *, only: Iterable[TraceKey]) -> None:
        for key in only:
            self._entries[key].verdicts = verdicts[key]

    def _apply(
        self,
        new_verdicts: Mapping[TraceKey, dict[str, Verdict]],
        arrived: Mapping[TraceKey, Mapping[str, SpanFacts]],
    ) -> tuple[list[Revision], list[TraceKey]]:
        """Remember the new verdicts. Revisions of stored rows, and the traces they are in."""
        revisions: list[Revision] = []
        changed: list[TraceKey] = []
        for key, verdicts in new_verdicts.items():
            entry = self._entries[key]
            old, in_batch = entry.verdicts, arrived.get(key, {})
            if old:
                stale = [
                    (key.project_id, entry.facts[span_id].start_time_ns, verdict)
                    for span_id, verdict in verdicts.items()
                    if span_id not in in_batch and old.get(span_id) != verdict
                ]
                if stale:
                    revisions += stale
                    changed.append(key)
            entry.verdicts = verdicts
        return revisions, changed

    def _summarize(self, keys: Iterable[TraceKey], version: int) -> Iterator[TraceSummary]:
        for key in keys:
            entry = self._entries[key]
            entry.version = version
            summary = summarize(
                list(entry.facts.values()), entry.verdicts, project_id=key.project_id, version=version
            )
            old_start_ns, entry.summary_start_ns = entry.summary_start_ns, summary.start_time_ns
            if old_start_ns is not None and old_start_ns // _HOUR_NS != summary.start_time_ns // _HOUR_NS:
                # The hour is part of the key: without a tombstone the trace would be listed twice.
                yield summary._replace(start_time_ns=old_start_ns, is_deleted=True)
            yield summary


def _group(spans: Iterable[Span]) -> dict[TraceKey, dict[str, SpanFacts]]:
    groups: dict[TraceKey, dict[str, SpanFacts]] = {}
    for span in spans:
        key = TraceKey(span.project_id, span.trace_id)
        group = groups.get(key)
        if group is None:
            group = groups[key] = {}
        group[span.span_id] = facts_of(span)
    return groups


def _with_verdicts(spans: Iterable[Span], verdicts: Mapping[TraceKey, Mapping[str, Verdict]]) -> list[Span]:
    rows = []
    for span in spans:
        # A plain tuple equals the named one, and is made in a third of the time.
        of_trace = verdicts[(span.project_id, span.trace_id)]  # type: ignore[index]
        verdict = of_trace[span.span_id]
        # `_replace` on sixty fields costs ten times as much as writing into a list.
        values: list[object] = list(span)
        values[_IS_CALL:_VERSION] = verdict[2:4]
        values[_FEATURE : _INHERITED + 1] = verdict[4:]
        rows.append(tuple.__new__(Span, values))
    return rows


def _reach(starts_ns: Iterable[int]) -> TimeRange:
    starts = list(starts_ns)
    if not starts:
        return TimeRange(0, 0)
    return TimeRange(min(starts) - RESPONSE_ID_REACH_NS, max(starts) + RESPONSE_ID_REACH_NS)
