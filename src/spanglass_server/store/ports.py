"""What a store promises. Everything here is synchronous and may block: callers run it on worker threads.

Errors: `StorageUnavailable` when the engine cannot be reached or refuses work for now (callers answer 503),
`StorageFull` when the disk is, `QueryTooLarge` when a read hits its time, memory or row limit and
`QueryInvalid` when an expression cannot be run. Nothing else leaves a store.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from spanglass_server.model.langfuse_event import EntityType, LangfuseEvent
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import Target


class TimeRange(NamedTuple):
    """Half open: from_ns <= t < to_ns, nanoseconds since the epoch."""

    from_ns: int
    to_ns: int


class TraceKey(NamedTuple):
    project_id: str
    trace_id: str


class LangfuseEntity(NamedTuple):
    """A trace or an observation that Langfuse's events tell of."""

    project_id: str
    trace_id: str
    entity_type: EntityType
    entity_id: str


class PlacedSpan(NamedTuple):
    """A stored span with the part of its key that may have changed since."""

    project_id: str
    trace_id: str
    span_id: str
    start_time_ns: int


class SpanWriter(Protocol):
    """The write side. Writes never overlap; `load_facts`, for the next commit, may overlap with a write.

    Durable: when a method returns, what it was given survives a kill of the process. Idempotent: rows replace
    earlier rows of the same key, so a caller that got an error may give the same batch again.
    """

    def write_batch(
        self,
        *,
        spans: Sequence[Span],
        traces: Sequence[TraceSummary],
        logs: Sequence[Log],
        scores: Sequence[Score] = (),
    ) -> None:
        """Store one commit: spans first, then logs, scores, trace summaries. Empty sequences are fine. Not
        atomic across tables: after an error a part may be stored, and the caller's retry completes it."""

    def write_langfuse_events(self, events: Sequence[LangfuseEvent]) -> None: ...

    def remove_spans(self, spans: Sequence[PlacedSpan]) -> None:
        """Take away spans that are written under another key from now on. One that is not stored is passed
        over."""

    def load_langfuse_events(
        self, keys: Sequence[LangfuseEntity]
    ) -> Mapping[LangfuseEntity, Sequence[LangfuseEvent]]:
        """All events of these, each once. Who has none is absent. May overlap with a write, as
        `load_facts`."""

    def find_observations(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """The trace ids of Langfuse observations by (project_id, observation id); what is unknown is
        absent."""

    def revise_spans(self, verdicts: Sequence[tuple[str, int, Verdict]], *, version: int) -> None:
        """Write revised rows of stored spans. Each item is (project_id, start_time_ns of the span,
        verdict). A span that is not stored is passed over."""

    def load_facts(
        self, keys: Sequence[TraceKey], *, response_ids: Sequence[tuple[str, str]], near: TimeRange
    ) -> Mapping[TraceKey, Sequence[SpanFacts]]:
        """Facts of all stored spans of these traces, and of the traces that hold a span with one of these
        (project_id, response_id) that started within `near`. Traces that are not stored are absent."""


PAYLOAD_FIELDS = frozenset(
    {
        "input",
        "output",
        "attributes",
        "attribute_index",
        "resource",
        "scope",
        "events",
        "links",
        "request_parameters",
    }
)


class PageRequest(NamedTuple):
    limit: int
    cursor: str
    """Opaque; empty for the first page. A cursor made for another order or filter raises `BadCursor`."""
    order: str
    """A field's name, `-` before it for descending, e.g. `-start_time`."""


class Page(NamedTuple):
    items: Sequence[Mapping[str, Any]]
    """Rows by the names of `model.span`'s fields, as those type them (times in integer nanoseconds); a span
    of a list lacks the fields of PAYLOAD_FIELDS."""
    next_cursor: str
    """Empty on the last page."""


class OpenTrace(NamedTuple):
    trace: Mapping[str, Any]
    spans: Sequence[Mapping[str, Any]]
    """In start order."""
    logs: Sequence[Mapping[str, Any]]
    """In the order of time."""


class SpanReader(Protocol):
    """The read side. Rows are mappings by the names of `model.span`'s fields. Safe to call from many
    threads. Every read is bounded by project, time, rows, memory and seconds. A page never repeats nor
    skips a row that was stored before the first page was read."""

    def list_traces(
        self, project_id: str, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page: ...
    def open_trace(self, project_id: str, trace_id: str, *, payloads: bool) -> OpenTrace | None:
        """A trace with all its spans. Without payloads PAYLOAD_FIELDS and logs are left out: what a
        waterfall of ten thousand spans needs."""

    def list_trace_shape(self, project_id: str, trace_id: str) -> Sequence[tuple[str, str, int, int]]:
        """(span_id, parent_span_id, start_time_ns, end_time_ns) of all spans of a trace in start order."""

    def search_trace(self, project_id: str, trace_id: str, text: str) -> Sequence[str]:
        """Ids of the spans whose name, input, output, attributes, events or error message hold the text,
        upper or lower case, in start order."""

    def find_span(self, project_id: str, trace_id: str, span_id: str) -> Mapping[str, Any] | None: ...
    def list_spans(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        page: PageRequest,
        *,
        payloads: bool = False,
    ) -> Page:
        """With payloads, the spans of the page are whole."""

    def list_trace_logs(self, project_id: str, trace_id: str) -> Sequence[Mapping[str, Any]]:
        """The trace's logs in the order of time."""

    def list_span_logs(
        self, project_id: str, during: TimeRange, spans: Sequence[tuple[str, str]]
    ) -> Sequence[Mapping[str, Any]]:
        """Logs of the spans (trace_id, span_id) that started within `during`, in the order of time."""

    def facets(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        field: str,
        prefix: str,
        limit: int,
        target: Target,
    ) -> Sequence[tuple[str, int]]:
        """The field's most frequent values with their counts."""

    def histogram(
        self, project_id: str, during: TimeRange, where: Expression | None, *, buckets: int, target: Target
    ) -> Sequence[Mapping[str, Any]]:
        """Of `traces` or `spans`. Buckets over time: start_ns, count, error_count, duration p50/p90/p99 in
        ns, tokens, cost_usd, unpriced_count. Empty buckets are present with zero counts and null
        quantiles."""

    def iter_spans(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> Iterator[Sequence[Span]]:
        """Whole rows in key order, a batch at a time, for export and repricing."""


class LogTail(NamedTuple):
    items: Sequence[Mapping[str, Any]]
    """Rows of `model.span.Log`, in the order in which they were stored."""
    cursor: str
    """Where to go on; never empty."""


class LogReader(Protocol):
    """Log records. As safe and bounded as SpanReader; `SpanReader.facets` counts their fields' values.

    Rows of lists and tails have `is_cut`: a body longer than `limits.LOG_LIST_BODY_CHARS_MAX` ends there, and
    attributes longer than `limits.LOG_LIST_ATTRIBUTES_BYTES_MAX` are left out. `find_log` gives the whole.
    """

    def list_logs(
        self, project_id: str, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page:
        """By `time` or `-time`."""

    def start_tail(self, project_id: str, where: Expression | None, *, stored_after_ns: int) -> str:
        """The cursor of a tail of what is stored after the moment, by the server's clock. Reads nothing."""

    def tail_logs(
        self, project_id: str, during: TimeRange, where: Expression | None, *, after: str, limit: int
    ) -> LogTail:
        """What was stored since the cursor, however old it is itself. A record that is sent again is told
        again. Raises BadCursor for a cursor of another filter."""

    def find_log(self, project_id: str, time_ns: int, log_id: str) -> Mapping[str, Any] | None: ...
    def log_histogram(
        self, project_id: str, during: TimeRange, where: Expression | None, *, buckets: int
    ) -> Sequence[Mapping[str, Any]]:
        """Buckets over time: start_ns, count, and by_severity, which has a count for each of
        `model.severity.SEVERITIES` and for `unknown`. Empty buckets are present."""


Comparison: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


class ScoreQuery(NamedTuple):
    """What a list of scores is narrowed to; an empty value narrows nothing."""

    during: TimeRange
    """Of `time_ns`."""
    score_ids: Sequence[str] = ()
    names: Sequence[str] = ()
    trace_ids: Sequence[str] = ()
    span_ids: Sequence[str] = ()
    session_ids: Sequence[str] = ()
    dataset_run_ids: Sequence[str] = ()
    data_types: Sequence[str] = ()
    sources: Sequence[str] = ()
    environments: Sequence[str] = ()
    config_ids: Sequence[str] = ()
    queue_ids: Sequence[str] = ()
    authors: Sequence[str] = ()
    value_min: float | None = None
    value_max: float | None = None
    value_compared: tuple[Comparison, float] | None = None
    values: Sequence[float] = ()
    string_values: Sequence[str] = ()
    is_of_trace: bool = False
    """Leave out those of sessions and dataset runs."""
    before: tuple[int, str] | None = None
    """The time and id of the last score of the page before."""


class ScoreReader(Protocol):
    """Scores, whole, deleted ones left out. As safe and bounded as SpanReader."""

    def list_scores(
        self, project_id: str, query: ScoreQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Score]:
        """Newest first, ties by id."""

    def count_scores(self, project_id: str, query: ScoreQuery) -> int: ...
    def list_scores_of(self, project_id: str, trace_ids: Sequence[str]) -> Mapping[str, Sequence[Score]]:
        """The scores of these traces and of their spans, the newest SCORES_OF_TRACE_MAX of each, oldest
        first; traces without are absent."""

    def find_scores(self, project_id: str, score_ids: Sequence[str]) -> Mapping[str, Score]:
        """By id; what is not there is absent."""

    def list_unplaced(self, project_ids: Sequence[str], during: TimeRange, *, limit: int) -> Sequence[Score]:
        """Those that judge nothing yet, newest first."""


class Administration(Protocol):
    """Schema, retention and deletion."""

    def migrate(self) -> Sequence[int]:
        """Apply what is missing; the numbers applied. Safe to run from several servers at once."""

    def delete_traces(self, keys: Sequence[TraceKey]) -> int:
        """Really delete, in every table, with their scores; how many spans went. Returns when reads no longer
        see them and the data is off the disk at the next merge at the latest."""

    def delete_scores(self, project_id: str, score_ids: Sequence[str]) -> int:
        """How many of them there were. Off the disk within the hour."""

    def delete_project(self, project_id: str) -> None: ...
    def set_retention(self, project_id: str, days: int | None) -> None:
        """None keeps for ever. Takes effect by `enforce_retention`."""

    def enforce_retention(self, now_ns: int) -> int:
        """Delete what is older than each project's retention; how many spans went."""

    def roll_up_metrics(self, now_ns: int) -> int:
        """Add up the hours that are over, so that metrics need not count them again; how many. Metrics are
        the same without, and slower."""

    def disk_bytes(self) -> Mapping[str, int]:
        """Bytes on disk by table."""

    def close(self) -> None: ...
