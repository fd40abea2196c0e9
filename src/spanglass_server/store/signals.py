"""What a store promises to the lower half of the overview: how calls spread, what fails, what moved, which
releases began, and what is missing from the telemetry.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says. A filter is over
traces; of calls and spans it chooses those as `store.call_statistics` does.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, get_args

from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import TimeRange

HeatOf: TypeAlias = Literal["calls", "traces"]
MoverDimension: TypeAlias = Literal[
    "feature", "model", "provider", "service", "team", "release", "environment", "prompt", "prompt_version",
    "user_id",
]  # fmt: skip
MOVER_DIMENSIONS: Final[tuple[MoverDimension, ...]] = get_args(MoverDimension)

ERROR_TYPES_MAX: Final = 50
MOVER_GROUPS_MAX: Final = 100
"""Groups of a dimension: those with most calls in both periods together."""
RELEASES_MAX: Final = 100
RELEASE_LOOKBACK_NS: Final = 7 * 86_400_000_000_000
"""So long before a range a release is looked for, to tell one that began from one that was there."""


class HeatCell(NamedTuple):
    bucket: int
    """Number of the column, from the start of the range."""
    low_ns: int
    """Lower bound of the row; the rows are those of grouped numbers: six a decade."""
    size: int
    """How many there are in it."""
    error_count: int
    trace_id: str
    """Of the example: the slowest one that failed, else the slowest."""
    span_id: str
    """Empty for traces."""
    start_ns: int
    duration_ns: int
    is_error: bool
    """Of the example."""


class ErrorGroup(NamedTuple):
    error_type: str
    """Empty where none is told."""
    span_count: int
    trace_count: int
    span_count_before: int
    trace_count_before: int
    last_ns: int
    """When the newest one of the range started; 0 without one."""
    last_message: str
    last_trace_id: str
    last_span_id: str
    models: Mapping[str, int]
    """Spans by model; those without one are left out."""
    services: Mapping[str, int]


class Errors(NamedTuple):
    trace_count: int
    """In which something failed."""
    trace_count_before: int
    groups: Sequence[ErrorGroup]
    """The most frequent first, by traces."""
    is_cut: bool


class Observed(NamedTuple):
    """Numbers that were observed: how many, their sum, and the sum of their squares."""

    size: float = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.size if self.size else 0.0

    @property
    def variance(self) -> float:
        return max(0.0, self.squares / self.size - self.mean**2) if self.size else 0.0


class MoverSums(NamedTuple):
    """Of the calls of a group in one period."""

    calls: int = 0
    errors: int = 0
    slow: int = 0
    """Calls slower than 95 % of all calls of the earlier period."""
    p95_ns: float | None = None
    cost: Observed = Observed()
    """USD of calls with a known price."""
    tokens: Observed = Observed()
    """Of calls that told theirs."""


class MoverGroup(NamedTuple):
    dimension: MoverDimension | None
    """None: all calls."""
    values: tuple[str, ...]
    """One, but for `prompt_version`: name and version. Empty text where calls tell none."""
    now: MoverSums
    before: MoverSums


class Release(NamedTuple):
    release: str
    service: str
    environment: str
    first_ns: int
    """Start of its first trace, as far back as RELEASE_LOOKBACK_NS before the range."""
    last_ns: int
    traces: int
    """In the range."""
    errors: int
    """Of them, those that failed."""
    traces_before: int
    """Of other releases of the same service and environment, in the day before its first trace."""
    errors_before: int


class SpanDefects(NamedTuple):
    spans: int
    orphans: int
    """Spans whose parent is not stored."""
    warnings: Mapping[str, int]
    """Spans by word of docs/warnings.md."""
    billable: int
    unpriced: int
    """Of the billable ones."""
    traces: int
    """With a model call."""
    unscored: int
    """Of them, those that nothing has judged."""


class SignalReader(Protocol):
    def list_heat(
        self, project_id: str, during: TimeRange, where: Expression | None, *, of: HeatOf, bucket_ns: int
    ) -> Sequence[HeatCell]:
        """Empty cells are absent."""

    def list_errors(
        self, project_id: str, during: TimeRange, where: Expression | None, *, before: TimeRange | None
    ) -> Errors:
        """Spans that failed and have no child that failed: where failures began, not what they broke. Groups
        that only the earlier period has are told, too."""

    def list_mover_groups(
        self, project_id: str, during: TimeRange, where: Expression | None, *, before: TimeRange
    ) -> Sequence[MoverGroup]:
        """All calls first, then each dimension's groups."""

    def list_releases(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> Sequence[Release]:
        """Those with a trace in the range, the newest to begin first."""

    def count_defects(self, project_id: str, during: TimeRange, where: Expression | None) -> SpanDefects: ...
