"""What classic histograms' buckets tell: quantiles and fractions, of many histograms at once.

N histograms with the same B bounds: `bounds` are the buckets' upper bounds, rising, the last one +Inf;
`counts` is B x N, cumulative.
"""

from typing import Final, NamedTuple

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.quantiles import outside
from spanglass_server.promql.values import Indexes, Mask

_SMALL_DELTA: Final = 1e-12
"""Relative differences below this come from floats, not from counting."""


class Forced(NamedTuple):
    """Which counts had to be raised because they were below those of a smaller bucket."""

    raised: Mask
    """B x N."""
    by: Values
    """B x N."""

    def at(self, columns: Indexes) -> "Forced":
        return Forced(self.raised[:, columns], self.by[:, columns])


def coalesced(bounds: Values, counts: Values) -> tuple[Values, Values]:
    """Buckets with the same bound, written differently, are one."""
    distinct, starts = np.unique(bounds, return_index=True)
    return distinct, np.add.reduceat(counts, starts, axis=0)


def quantiles(wanted: Values, bounds: Values, counts: Values) -> tuple[Values, Forced]:
    """The value below which `wanted` (N) of the observations are, interpolated within its bucket; NaN without
    observations or with less than two buckets."""
    columns = counts.shape[1]
    counts, forced = _monotonic(counts)
    if len(bounds) < 2:
        return outside(wanted, np.full(columns, np.nan)), forced
    rank = np.where((wanted >= 0) & (wanted <= 1), wanted, 0.0) * counts[-1]
    reached = counts[:-1] >= rank
    bucket = np.where(reached.any(axis=0), reached.argmax(axis=0), len(bounds) - 1)
    found = _interpolated(rank, bucket, bounds, counts)
    return outside(wanted, np.where(counts[-1] == 0, np.nan, found)), forced


def _interpolated(rank: Values, bucket: Indexes, bounds: Values, counts: Values) -> Values:
    columns = np.arange(counts.shape[1])
    below = np.maximum(bucket - 1, 0)
    is_first = bucket == 0
    start = np.where(is_first, 0.0, bounds[below])
    before = np.where(is_first, 0.0, counts[below, columns])
    share = (rank - before) / (counts[bucket, columns] - before)
    within = start + (bounds[bucket] - start) * share
    # Nothing lies below the lowest bound and nothing above the highest finite one to interpolate with.
    within = np.where(is_first & (bounds[0] <= 0), bounds[0], within)
    return np.where(bucket == len(bounds) - 1, bounds[-2], within)


def _monotonic(counts: Values) -> tuple[Values, Forced]:
    """Counts that never fall from bucket to bucket. Tiny differences are levelled silently."""
    fixed, raised, by = counts.copy(), np.zeros(counts.shape, np.bool_), np.zeros(counts.shape)
    previous = counts[0]
    for bucket in range(1, len(counts)):
        current = counts[bucket]
        is_level = (current == previous) | _nearly_equal(previous, current)
        is_fallen = ~is_level & (current < previous)
        by[bucket] = np.where(is_fallen, previous - current, 0.0)
        raised[bucket] = is_fallen
        previous = np.where(is_level | is_fallen, previous, current)
        fixed[bucket] = previous
    return fixed, Forced(raised, by)


def _nearly_equal(one: Values, other: Values) -> Mask:
    """As Prometheus compares floats."""
    total, distance = np.abs(one) + np.abs(other), np.abs(one - other)
    is_tiny = (one == 0) | (other == 0) | (total < np.finfo(np.float64).tiny)
    near = np.where(
        is_tiny,
        distance < _SMALL_DELTA * np.finfo(np.float64).tiny,
        distance / np.minimum(total, np.finfo(np.float64).max) < _SMALL_DELTA,
    )
    both_nan: Mask = np.isnan(one) & np.isnan(other)
    return near | both_nan


def fractions(lower: Values, upper: Values, bounds: Values, counts: Values) -> Values:
    """Which share of the observations lies between `lower` and `upper` (both N)."""
    total = counts[-1]
    low, high = (np.minimum(_rank(limit, bounds, counts), total) for limit in (lower, upper))
    share = np.where(lower >= upper, 0.0, (high - low) / total)
    return np.where((total == 0) | np.isnan(lower) | np.isnan(upper), np.nan, share)


def _rank(limit: Values, bounds: Values, counts: Values) -> Values:
    """How many observations lie below the limit. A bucket without end on one side counts for nothing within:
    what is in it lies at its finite end."""
    rank = np.zeros(counts.shape[1])
    found: Values = counts[-1].copy()
    is_set = np.zeros(counts.shape[1], np.bool_)
    lower = 0.0 if bounds[0] > 0 else -np.inf
    for bound, count in zip(bounds, counts, strict=True):
        at_border = ~is_set & (lower >= limit)
        inside = ~is_set & (lower < limit) & (limit < bound)
        share = (limit - lower) / (bound - lower)
        within = count if np.isinf(lower) else rank + (count - rank) * share
        found = np.where(at_border, rank, np.where(inside, within, found))
        is_set |= at_border | inside
        rank, lower = count, bound
    return found
