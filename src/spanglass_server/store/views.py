"""What a store answers about many rows at once: pages by number, counts, groups with measures, sessions.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says. A name that a view
does not have raises QueryInvalid.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, get_args

from spanglass_server.store.ports import TimeRange

View: TypeAlias = Literal["spans", "traces", "scores"]

ConditionOperator: TypeAlias = Literal[
    "=",
    "<>",
    ">",
    ">=",
    "<",
    "<=",
    "contains",
    "does not contain",
    "starts with",
    "ends with",
    "matches",
    "any of",
    "none of",
    "all of",
    "is null",
    "is not null",
]
CONDITION_OPERATORS: tuple[str, ...] = get_args(ConditionOperator)

ConditionValue: TypeAlias = str | int | float | bool | tuple[str, ...] | None

Aggregation: TypeAlias = Literal[
    "sum", "avg", "count", "max", "min", "p50", "p75", "p90", "p95", "p99", "histogram", "uniq"
]

Period: TypeAlias = Literal["minute", "hour", "day", "week", "month"]


SPAN_IDS_MAX = 10_000
"""Ids that a list names of one trace."""


class Condition(NamedTuple):
    """A row's column compared with a value. Conditions that stand together all hold.

    What an operator takes is decided by the column: texts compare as texts (`matches` in either case), times
    as integer nanoseconds; lists answer `any of`, `none of` and `all of`; a map needs a `key`, and compares
    as numbers where the value is one. `is null` holds for empty texts and lists too.
    """

    column: str
    operator: ConditionOperator
    value: ConditionValue = None
    key: str = ""


class Order(NamedTuple):
    column: str
    is_descending: bool


class Measure(NamedTuple):
    column: str
    """A column of numbers, or `count`: the rows."""
    aggregation: Aggregation

    @property
    def name(self) -> str:
        """What it is called in the answer, e.g. `p95_latency_ms`."""
        return f"{self.aggregation}_{self.column}"


class Grouping(NamedTuple):
    """Rows grouped by period and dimensions. An order names a dimension, a measure or `period_ns`; without
    one, periods come in order."""

    dimensions: Sequence[str]
    measures: Sequence[Measure]
    period: Period | None
    order: Sequence[Order]
    limit: int
    bins: int = 10
    """Of histograms, which are lists of (lower, upper, height)."""


class After(NamedTuple):
    """The last row of the page before, in a list of newest spans first."""

    start_time_ns: int
    trace_id: str
    span_id: str


SpanPart: TypeAlias = Literal["io", "attributes", "parameters"]
"""Columns of PAYLOAD_FIELDS that a list may ask for: input and output; attributes, resource and scope; the
request's parameters."""


class SpanSums(NamedTuple):
    """What the spans of one trace tell together."""

    span_ids: Sequence[str]
    """In start order, of at most SPAN_IDS_MAX spans, the record of the trace left out."""
    cost_usd: float | None
    version: str
    """The first that is told."""
    is_public: bool


class ViewReader(Protocol):
    def bounds(self, project_id: str) -> TimeRange:
        """From the first to the last start of any span; empty (0, 0) without spans."""

    def count(self, project_id: str, view: View, during: TimeRange, where: Sequence[Condition]) -> int: ...

    def list_traces(
        self,
        project_id: str,
        during: TimeRange,
        where: Sequence[Condition],
        *,
        order: Order,
        limit: int,
        offset: int,
    ) -> Sequence[Mapping[str, Any]]:
        """Rows as SpanReader.list_traces gives them; ties by id."""

    def list_spans(
        self,
        project_id: str,
        during: TimeRange,
        where: Sequence[Condition],
        *,
        parts: Collection[SpanPart],
        limit: int,
        offset: int = 0,
        after: After | None = None,
    ) -> Sequence[Mapping[str, Any]]:
        """Newest first. Rows as SpanReader.list_spans gives them without payloads, and of those the parts;
        with them `declared_type`, `declared_level`, `declared_message`, `declared_version`, `is_public` and
        `is_marked_root` (what Langfuse's SDKs say of a span), and `version`, the time of the last revision.
        """

    def list_trace_heads(
        self, project_id: str, traces: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        """Of these traces (rows of a list) the spans that tell of the whole: roots, and those with an
        attribute `langfuse.trace.*`. With parts io and attributes, in start order."""

    def sum_traces(self, project_id: str, traces: Sequence[Mapping[str, Any]]) -> Mapping[str, SpanSums]:
        """By id, of these traces (rows of a list)."""

    def find_trace_id(self, project_id: str, span_id: str) -> str | None:
        """The trace of the newest span with this id."""

    def find_traces(self, project_id: str, trace_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """By id, rows as `list_traces` gives them; traces that are not stored are absent."""

    def aggregate(
        self,
        project_id: str,
        view: View,
        during: TimeRange,
        where: Sequence[Condition],
        grouping: Grouping,
    ) -> Sequence[Mapping[str, Any]]:
        """A row a group, by the names of dimensions and measures, and `period_ns`, the period's start in UTC
        (weeks start on Monday). Empty groups are absent."""

    def list_sessions(
        self, project_id: str, during: TimeRange, *, environments: Sequence[str], limit: int, offset: int
    ) -> Sequence[Mapping[str, Any]]:
        """Sessions whose first trace started within `during`, newest first: session_id, environment (of the
        first trace), start_time_ns, end_time_ns, trace_count, error_count, total_tokens, cost_usd, user_ids.
        """

    def count_sessions(self, project_id: str, during: TimeRange, *, environments: Sequence[str]) -> int: ...
