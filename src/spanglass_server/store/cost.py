"""What model calls cost, added up: port of the cost page.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says. A call counts once
and at its own time, however many spans tell it and whenever its trace began.

A filter is written for traces. Its terms about the call itself (`CALL_FIELDS`) choose calls; everything else
chooses traces that began in the range, and all their calls.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, get_args

from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import TimeRange

CostDimension: TypeAlias = Literal[
    "feature",
    "team",
    "user_id",
    "session_id",
    "model",
    "provider",
    "prompt",
    "prompt_version",
    "key",
    "service",
    "environment",
    "release",
    "trace_name",
]
COST_DIMENSIONS: Final[tuple[CostDimension, ...]] = get_args(CostDimension)

CALL_FIELDS: Final = frozenset(
    {
        "model", "provider", "request_model", "response_model", "operation", "prompt", "prompt_version",
        "key", "cost_source", "price_version", "streaming", "finish_reason", "response_id",
        "feature", "team", "user_id", "session_id", "service", "environment", "release",
    }
)  # fmt: skip
"""Fields of the filter language that are asked of the call; `span.` before one makes no difference."""


class CostSums(NamedTuple):
    """Of some calls. Tokens and USD are of billable calls; the classes do not overlap, and their USD add up
    to `cost_usd`."""

    trace_count: int
    """Traces in which the calls were made."""
    call_count: int
    priced_count: int
    """Calls whose cost is known. What is neither priced nor unpriced failed before it cost anything."""
    unpriced_count: int
    """Calls without a known price, or whose usage nobody told: their cost is in none of the sums."""
    cost_usd: float
    input_tokens: int
    """All of them, cached ones included."""
    output_tokens: int
    """Reasoning included."""
    plain_input_tokens: int
    """Neither read from a cache nor written to one."""
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    input_usd: float
    """Of plain input, audio included."""
    cache_read_usd: float
    cache_write_usd: float
    output_usd: float
    """Without reasoning."""
    reasoning_usd: float
    """At the rate of output where reasoning has none of its own."""
    request_usd: float
    """Prices by the call."""
    reported_usd: float
    """What senders said, where no price is known: of no class."""
    cache_saved_usd: float
    """What cached input would have cost at the price of plain input, minus what reading and writing it cost.
    Negative where writing cost more than reading saved."""
    cache_write_extra_usd: float
    """What writing cost beyond the price of plain input; `cache_saved_usd` counts it already."""
    unknown_saving_count: int
    """Calls that used a provider's cache at an input price that cannot be told from the call."""


NO_COST: Final = CostSums._make((*(0,) * 4, 0.0, *(0,) * 6, *(0.0,) * 9, 0))


class CostGroup(NamedTuple):
    values: tuple[str, ...]
    """One, but for `prompt_version`: name and version. Empty text where a call has no value."""
    sums: CostSums


class CostBreakdown(NamedTuple):
    total: CostSums
    group_count: int
    groups: Sequence[CostGroup]
    """The costliest first, then by calls."""


class CostPoint(NamedTuple):
    start_ns: int
    values: tuple[str, ...] | None
    """None: all groups that were not asked for."""
    cost_usd: float
    call_count: int
    unpriced_count: int


class CostCell(NamedTuple):
    """The calls of one model for one feature: what a change of cost is explained by."""

    provider: str
    model: str
    feature: str
    sums: CostSums


class UnpricedModel(NamedTuple):
    provider: str
    request_model: str
    response_model: str
    call_count: int
    input_tokens: int
    output_tokens: int
    last_time_ns: int


class CostReader(Protocol):
    def break_down(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        by: CostDimension,
        limit: int,
        keep: Sequence[tuple[str, ...]] = (),
    ) -> CostBreakdown:
        """The costliest `limit` groups, and those of `keep` that there are."""

    def follow(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        by: CostDimension,
        groups: Sequence[tuple[str, ...]],
        interval_ns: int,
    ) -> Sequence[CostPoint]:
        """Over time, in buckets aligned to the epoch, in order; empty ones are absent."""

    def list_cells(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> tuple[int, Sequence[CostCell]]:
        """The traces in which calls were made, and their calls by model and feature."""

    def list_unpriced(self, project_id: str, during: TimeRange, *, limit: int) -> Sequence[UnpricedModel]:
        """Models of billable calls without a price, the most called first."""
