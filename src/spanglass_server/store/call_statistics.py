"""What a store promises of model calls and cache lookups at once: the sums that indicators are made of.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from spanglass_server.query.ast import Expression
from spanglass_server.store.ports import TimeRange


class CallSums(NamedTuple):
    """Of the calls that started in a stretch of time, as the `llm_*` metrics count them."""

    calls: int = 0
    errors: int = 0
    p50_ns: float | None = None
    """None without calls."""
    p99_ns: float | None = None
    tokens: int = 0
    """Input and output, of billable calls."""
    input_tokens: int = 0
    cache_read_tokens: int = 0
    """Of the input, those that came from the provider's cache."""
    cost_usd: float = 0.0
    """Of the billable calls whose price is known."""
    billed: int = 0
    unpriced: int = 0
    """Of the billed ones."""
    lookups: int = 0
    """In the application's own caches."""
    hits: int = 0


class CallStatistics(NamedTuple):
    total: CallSums
    buckets: Mapping[int, CallSums]
    """By number, from the start of the range; empty ones are absent."""


class CallStatisticsReader(Protocol):
    def measure(
        self, project_id: str, during: TimeRange, where: Expression | None, *, bucket_ns: int
    ) -> CallStatistics:
        """`where` is over traces: the calls and lookups of those that match and started up to REACH_NS before
        the range. What it says at its top of a call's model, provider or prompt chooses among the calls and
        lookups, too."""


REACH_NS = 86_400_000_000_000
"""Calls belong to traces that started at most so long before them."""
