"""Aggregations over the samples of each window."""

from collections.abc import Callable
from typing import Final

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.functions.quantiles import told_quantile, window_quantiles
from spanglass_server.promql.functions.windows import added, counts, flagged, picked, reduced, sums, vector
from spanglass_server.promql.values import Indexes, Mask, Vector, Windows

_WHOLE_MAX: Final = 2.0**53
"""Whole numbers up to here add up exactly, in whatever order."""


def _held(windows: Windows) -> tuple[Mask, Indexes, Indexes]:
    """(where there is a sample, first, last) with first and last of those windows only."""
    mask: Mask = counts(windows) >= 1
    return mask, *picked(windows, mask)


def sum_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, last = _held(windows)
    total, compensation = _added_up(windows.values, first, last, call.check)
    return vector(windows, mask, np.where(np.isinf(total), total, total + compensation))


def avg_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, last = _held(windows)
    total, compensation = _added_up(windows.values, first, last, call.check)
    count = (last - first).astype(np.float64)
    average = total / count + compensation / count
    overflown = np.flatnonzero(np.isinf(total))
    average[overflown] = total[overflown]
    endless = flagged(np.isinf(windows.values), first[overflown], last[overflown]) > 0
    for row in overflown[~endless]:
        average[row] = _step_by_step_average(windows.values[first[row] : last[row]])
    return vector(windows, mask, average)


def _added_up(
    values: Values, first: Indexes, last: Indexes, check: Callable[[], None]
) -> tuple[Values, Values]:
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        return sums(first, last, lambda _, places: values[places], check)
    if np.abs(values).sum() >= _WHOLE_MAX:
        return sums(first, last, lambda _, places: values[places], check)
    before = np.concatenate((np.zeros(1), np.cumsum(values)))
    return before[last] - before[first], np.zeros(len(first))


def _step_by_step_average(values: Values) -> float:
    """Of values whose sum is too large for a float, as Prometheus falls back to it."""
    mean, compensation = np.zeros(1), np.zeros(1)
    for count, value in enumerate(values, start=1):
        rest = (count - 1) / count
        mean, compensation = added(rest * mean, rest * compensation, np.array([value / count]))
    return float((mean + compensation)[0])


def count_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, last = _held(windows)
    return vector(windows, mask, (last - first).astype(np.float64))


def min_over_time(call: Call) -> Vector:
    """NaN only where all samples are."""
    windows = call.windows(0)
    mask, first, last = _held(windows)
    return vector(windows, mask, reduced(np.fmin, windows.values, first, last, call.check))


def max_over_time(call: Call) -> Vector:
    """NaN only where all samples are."""
    windows = call.windows(0)
    mask, first, last = _held(windows)
    return vector(windows, mask, reduced(np.fmax, windows.values, first, last, call.check))


def stdvar_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, last = _held(windows)
    return vector(windows, mask, _variance(call, first, last))


def stddev_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, last = _held(windows)
    return vector(windows, mask, np.sqrt(_variance(call, first, last)))


def _variance(call: Call, first: Indexes, last: Indexes) -> Values:
    """In two passes, around each window's first value: exact for values that are all the same."""
    values, count = call.windows(0).values, last - first
    origin = values[first]
    total, compensation = sums(first, last, lambda rows, places: values[places] - origin[rows], call.check)
    mean = (total + compensation) / count
    total, compensation = sums(
        first, last, lambda rows, places: (values[places] - origin[rows] - mean[rows]) ** 2, call.check
    )
    spread: Values = (total + compensation) / count
    return spread


def quantile_over_time(call: Call) -> Vector:
    windows = call.windows(1)
    mask, first, last = _held(windows)
    wanted = np.broadcast_to(call.scalar(0), mask.shape)[mask]
    told_quantile(call, wanted, 0)
    return vector(windows, mask, window_quantiles(call, wanted, windows, first, last))


def mad_over_time(call: Call) -> Vector:
    """The median of the distances from the median; NaN where a sample is."""
    windows = call.windows(0)
    mask, first, last = _held(windows)
    half = np.full(len(first), 0.5)
    median = window_quantiles(call, half, windows, first, last)
    found = window_quantiles(call, half, windows, first, last, around=median)
    has_nan = flagged(np.isnan(windows.values), first, last) > 0
    return vector(windows, mask, np.where(has_nan, np.nan, found))


def first_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, _ = _held(windows)
    return vector(windows, mask, windows.values[first], drop_name=False)


def last_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, _, last = _held(windows)
    return vector(windows, mask, windows.values[last - 1], drop_name=False)


def present_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, _ = _held(windows)
    return vector(windows, mask, np.ones(len(first)))


def ts_of_first_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, first, _ = _held(windows)
    return vector(windows, mask, windows.times_ms[first] / 1000)


def ts_of_last_over_time(call: Call) -> Vector:
    windows = call.windows(0)
    mask, _, last = _held(windows)
    return vector(windows, mask, windows.times_ms[last - 1] / 1000)


def ts_of_max_over_time(call: Call) -> Vector:
    return _time_of(call, np.greater_equal)


def ts_of_min_over_time(call: Call) -> Vector:
    return _time_of(call, np.less_equal)


def _time_of(call: Call, beats: np.ufunc) -> Vector:
    """When the sample was taken that beats all others of its window; the last of equal ones."""
    windows = call.windows(0)
    mask, first, last = _held(windows)
    best = first.copy()
    for turn in range(1, int((last - first).max(initial=0))):
        call.check()
        rows = np.flatnonzero(last - first > turn)
        challenger, champion = windows.values[first[rows] + turn], windows.values[best[rows]]
        rows = rows[beats(challenger, champion) | np.isnan(champion)]
        best[rows] = first[rows] + turn
    return vector(windows, mask, windows.times_ms[best] / 1000)


OVER_TIME: Final[tuple[tuple[str, Function], ...]] = (
    ("avg_over_time", avg_over_time),
    ("min_over_time", min_over_time),
    ("max_over_time", max_over_time),
    ("sum_over_time", sum_over_time),
    ("count_over_time", count_over_time),
    ("quantile_over_time", quantile_over_time),
    ("stddev_over_time", stddev_over_time),
    ("stdvar_over_time", stdvar_over_time),
    ("last_over_time", last_over_time),
    ("present_over_time", present_over_time),
    ("first_over_time", first_over_time),
    ("mad_over_time", mad_over_time),
    ("ts_of_first_over_time", ts_of_first_over_time),
    ("ts_of_last_over_time", ts_of_last_over_time),
    ("ts_of_max_over_time", ts_of_max_over_time),
    ("ts_of_min_over_time", ts_of_min_over_time),
)
