"""A span store in memory that keeps the promises of store/ports.py, and breaks them when told to."""

import threading
import time
from collections.abc import Mapping, Sequence

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.langfuse_event import MOVED, LangfuseEvent
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.settle import facts_of
from spanglass_server.store.ports import LangfuseEntity, PlacedSpan, TimeRange, TraceKey

_HOUR_NS = 3_600 * 10**9


class MemoryStore:
    """A SpanWriter. Rows replace rows of the same key with a lower or equal version, as the tables do."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, int, str, str], Span] = {}
        self.traces: dict[tuple[str, int, str], TraceSummary] = {}
        self.logs: dict[tuple[str, str], Log] = {}
        self.scores: dict[tuple[str, str], Score] = {}
        self.langfuse_events: dict[tuple[str, str, str, str, str], LangfuseEvent] = {}
        self.batch_sizes: list[int] = []
        self.load_count = 0
        self.loaded_event_count = 0
        self.delay_s = 0.0
        self.failure: Exception | None = None
        """Raised by every write and load while it is set."""
        self.failures_left = 0
        """So many writes fail with OUTAGE."""
        self.poison: str = ""
        """A span of this name makes its batch fail in a way no store should."""
        self.gate = threading.Event()
        """Writes wait for it."""
        self.gate.set()

    def write_batch(
        self,
        *,
        spans: Sequence[Span],
        traces: Sequence[TraceSummary],
        logs: Sequence[Log],
        scores: Sequence[Score] = (),
    ) -> None:
        self._obstruct()
        if any(span.name == self.poison for span in spans):
            raise ValueError("a row that no column takes")
        self.batch_sizes.append(len(spans) + len(logs) + len(scores))
        for span in spans:
            self._put_span(span)
        for log in logs:
            self.logs[log.project_id, log.log_id] = log
        for score in scores:
            self.scores[score.project_id, score.score_id] = score
        for trace in traces:
            key = (trace.project_id, trace.start_time_ns // _HOUR_NS, trace.trace_id)
            old = self.traces.get(key)
            if old is None or old.version <= trace.version:
                self.traces[key] = trace

    def write_langfuse_events(self, events: Sequence[LangfuseEvent]) -> None:
        self._obstruct()
        for event in events:
            self.langfuse_events[event[:5]] = event

    def remove_spans(self, spans: Sequence[PlacedSpan]) -> None:
        self._obstruct()
        for span in spans:
            key = (span.project_id, span.start_time_ns // _HOUR_NS, span.trace_id, span.span_id)
            self.spans.pop(key, None)

    def load_langfuse_events(
        self, keys: Sequence[LangfuseEntity]
    ) -> Mapping[LangfuseEntity, Sequence[LangfuseEvent]]:
        if self.failure is not None:
            raise self.failure
        found: dict[LangfuseEntity, list[LangfuseEvent]] = {}
        for event in list(self.langfuse_events.values()):
            key = LangfuseEntity(*event[:4])
            if key in keys and event.event_type != MOVED:
                found.setdefault(key, []).append(event)
                self.loaded_event_count += 1
        return found

    def find_observations(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        return {
            (event.project_id, event.entity_id): event.trace_id
            for event in sorted(self.langfuse_events.values(), key=lambda e: (e.names_trace, e.version))
            if event.entity_type == "observation"
            and event.event_type != MOVED
            and (event.project_id, event.entity_id) in keys
        }

    def revise_spans(self, verdicts: Sequence[tuple[str, int, Verdict]], *, version: int) -> None:
        self._obstruct()
        for project_id, start_ns, verdict in verdicts:
            old = self.spans.get((project_id, start_ns // _HOUR_NS, verdict.trace_id, verdict.span_id))
            if old is not None:
                self._put_span(old._replace(**verdict._asdict(), version=version))

    def load_facts(
        self, keys: Sequence[TraceKey], *, response_ids: Sequence[tuple[str, str]], near: TimeRange
    ) -> Mapping[TraceKey, Sequence[SpanFacts]]:
        if self.failure is not None:
            raise self.failure
        self.load_count += 1
        wanted = set(keys) | {
            TraceKey(span.project_id, span.trace_id)
            for span in self.spans.values()
            if (span.project_id, span.response_id) in set(response_ids)
            and near.from_ns <= span.start_time_ns < near.to_ns
        }
        found: dict[TraceKey, list[SpanFacts]] = {}
        for span in list(self.spans.values()):
            key = TraceKey(span.project_id, span.trace_id)
            if key in wanted:
                found.setdefault(key, []).append(facts_of(span))
        return found

    def list_traces(self, project_id: str) -> dict[str, TraceSummary]:
        """What a reader would list: by trace id; a trace listed twice is an error."""
        listed: dict[str, TraceSummary] = {}
        for trace in self.traces.values():
            if trace.project_id == project_id and not trace.is_deleted:
                assert trace.trace_id not in listed
                listed[trace.trace_id] = trace
        return listed

    def list_spans(self, project_id: str) -> dict[tuple[str, str], Span]:
        return {
            (span.trace_id, span.span_id): span
            for span in list(self.spans.values())
            if span.project_id == project_id
        }

    def _put_span(self, span: Span) -> None:
        key = (span.project_id, span.start_time_ns // _HOUR_NS, span.trace_id, span.span_id)
        old = self.spans.get(key)
        if old is None or old.version <= span.version:
            self.spans[key] = span

    def _obstruct(self) -> None:
        self.gate.wait()
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.failures_left:
            self.failures_left -= 1
            raise OUTAGE
        if self.failure is not None:
            raise self.failure


OUTAGE = StorageUnavailable("storage is down", hint="wait", retry_after_s=3)
