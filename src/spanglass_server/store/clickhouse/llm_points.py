"""At which moments a view's series are sampled.

Samples stand at each multiple of 15 s and at the selection's end. Of those, only the ones that the selector
can see are computed: the last before each evaluation, and for `rate` and `increase` the first of each
window. docs/adr/0007-metrics-views.md says why the results are the same.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from spanglass_server.base.errors import QueryTooLarge
from spanglass_server.model.series import SeriesSelection, Times

GRID_MS: Final = 15_000
MS: Final = 1_000_000
INT64_MAX: Final = 2**63 - 1
HOUR_MS: Final = 3_600_000
POINTS_MAX: Final = 5_000_000
"""Two years of 15 s."""
LISTED_MAX: Final = 14
LOOKBACK_MS: Final = 300_000
"""What an instant selector reads before its first evaluation, unless its query says otherwise."""
_ENDS_ONLY: Final = ("rate", "increase")
"""Of a counter that never falls, these look at the first and the last sample of a window."""
_ENDS_ONLY_RANGE_MS_MIN: Final = 12 * GRID_MS
"""Of a shorter window they also see how dense its samples are."""


class Points(NamedTuple):
    """Sample times, the last of them the selection's end."""

    times_ms: Times
    """Strictly increasing; not empty."""
    period_ms: int = 0
    """Times from the first on at this distance; 0: they follow no rule."""
    offset_ms: int = 0
    """A second row of times, this long after the first; 0: none."""

    def index_sql(self, column: str) -> str:
        """The number of the first time that is not before the column (nanoseconds); what is later counts as
        at the last one."""
        last = len(self.times_ms) - 1
        if not self.period_ms:
            return " + ".join(f"({column} > {nanoseconds(int(time))})" for time in self.times_ms[:-1]) or "0"
        first_ms, period_ns = int(self.times_ms[0]), self.period_ms * MS
        steps = _ceil_sql(f"{column} - {nanoseconds(first_ms)}", period_ns)
        if not self.offset_ms:
            return f"least({steps}, {last})"
        others = _ceil_sql(f"{column} - {nanoseconds(first_ms + self.offset_ms)}", period_ns)
        return f"least(2 * {steps}, 2 * {others} + 1, {last})"

    def inner_hours(self) -> Times:
        """The hours (since 1970) inside which a time lies apart from the marks of rollups: the full hour, and
        15 s after it."""
        within = self.times_ms % HOUR_MS
        inside = self.times_ms[(within != 0) & (within != GRID_MS)]
        hours: Times = np.unique(inside // HOUR_MS)
        return hours


def _ceil_sql(value: str, divisor: int) -> str:
    return f"intDiv(greatest({value}, 0) + {divisor - 1}, {divisor})"


def nanoseconds(time_ms: int) -> int:
    """As far as storage counts."""
    return min(max(time_ms * MS, 0), INT64_MAX)


def points_of(selection: SeriesSelection, *, begin_ms: int = 0) -> Points:
    """No series has a sample before `begin_ms`. Raises QueryTooLarge."""
    step_ms = selection.step_ms
    is_thin = not selection.range_ms or (
        selection.function in _ENDS_ONLY and selection.range_ms >= _ENDS_ONLY_RANGE_MS_MIN
    )
    if is_thin and not step_ms:
        return _sparse(selection)
    evaluated_ms = _evaluated_at(selection) if step_ms % GRID_MS == 0 and step_ms > 2 * GRID_MS else None
    if is_thin and evaluated_ms is not None:
        firsts = [_grid_after(selection.from_ms)] if selection.range_ms else []
        return _periodic(selection, step_ms, (evaluated_ms // GRID_MS * GRID_MS, *firsts), begin_ms)
    dense = _periodic(selection, GRID_MS, (0,), begin_ms)
    # An instant query's few moments are listed, so that they can be read with those of other queries.
    return dense if step_ms or len(dense.times_ms) > LISTED_MAX else Points(dense.times_ms)


def _evaluated_at(selection: SeriesSelection) -> int | None:
    """A moment from which all evaluations are full steps away, if that can be told."""
    if selection.range_ms:
        return selection.from_ms + selection.range_ms
    is_last = (selection.to_ms - selection.from_ms - LOOKBACK_MS) % selection.step_ms == 0
    return selection.to_ms if is_last else None


def points_at(times_ms: Iterable[int]) -> Points:
    return Points(np.array(sorted(set(times_ms)), np.int64))


def _sparse(selection: SeriesSelection) -> Points:
    times = {selection.to_ms}
    if selection.range_ms:
        times.add(min(_grid_after(selection.from_ms), selection.to_ms))
    return points_at(times)


def _periodic(selection: SeriesSelection, period_ms: int, phases: tuple[int, ...], begin_ms: int) -> Points:
    from_ms, to_ms = max(selection.from_ms, begin_ms - 1), selection.to_ms
    count = (to_ms - from_ms) // period_ms * len(phases)
    if count > POINTS_MAX:
        raise QueryTooLarge(
            f"the selector reads {count:,} samples of each series, more than {POINTS_MAX:,}",
            hint="ask for less time, or take rate or increase, which look at the ends of their window",
            limit="samples_per_query_max",
        )
    starts = sorted({from_ms + 1 + (phase - from_ms - 1) % period_ms for phase in phases})
    rows = [np.arange(start, to_ms + 1, period_ms, dtype=np.int64) for start in starts]
    times = np.unique(np.concatenate([*rows, np.array([to_ms], np.int64)]))
    if starts[0] > to_ms:
        return Points(times)
    offset_ms = starts[-1] - starts[0]
    return Points(times, period_ms, offset_ms)


def _grid_after(time_ms: int) -> int:
    return (time_ms // GRID_MS + 1) * GRID_MS
