"""Where series are heading, and how restless they are."""

from collections.abc import Callable
from typing import Final

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.functions.windows import counts, flagged, picked, sums, vector
from spanglass_server.promql.values import Indexes, Mask, Vector, Windows


def deriv(call: Call) -> Vector:
    """The slope per second of the straight line nearest to the samples."""
    windows = call.windows(0)
    mask = counts(windows) >= 2
    first, _ = picked(windows, mask)
    slope, _ = _line(call, mask, windows.times_ms[first])
    return vector(windows, mask, slope)


def predict_linear(call: Call) -> Vector:
    """Where that line is so many seconds after the evaluation."""
    windows = call.windows(0)
    mask = counts(windows) >= 2
    ahead_s = np.broadcast_to(call.scalar(1), mask.shape)[mask]
    slope, intercept = _line(call, mask, np.broadcast_to(call.times_ms, mask.shape)[mask])
    return vector(windows, mask, slope * ahead_s + intercept)


def _line(call: Call, mask: Mask, zero_ms: Indexes) -> tuple[Values, Values]:
    """(slope per second, value at zero_ms) by least squares, of the windows under the mask."""
    windows = call.windows(0)
    first, last = picked(windows, mask)
    n = (last - first).astype(np.float64)

    def x(rows: Indexes, places: Indexes) -> Values:
        since_s: Values = (windows.times_ms[places] - zero_ms[rows]) / 1e3
        return since_s

    def y(rows: Indexes, places: Indexes) -> Values:
        return windows.values[places]

    def total(term: Callable[[Indexes, Indexes], Values]) -> Values:
        found, compensation = sums(first, last, term, call.check)
        return found + compensation

    sum_x, sum_y = total(x), total(y)
    sum_xy = total(lambda rows, places: x(rows, places) * y(rows, places))
    sum_xx = total(lambda rows, places: x(rows, places) ** 2)
    slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n)
    intercept = sum_y / n - slope * sum_x / n
    return _without_rounding(windows, first, last, slope, intercept)


def _without_rounding(
    windows: Windows, first: Indexes, last: Indexes, slope: Values, intercept: Values
) -> tuple[Values, Values]:
    """Where all values are the same the line is exactly level; none goes through infinities."""
    values = windows.values
    differs = np.zeros(len(values), np.bool_)
    differs[1:] = values[1:] != values[:-1]
    level = flagged(differs, first + 1, last) == 0
    height = values[first]
    is_endless = np.isinf(height)
    slope = np.where(level, np.where(is_endless, np.nan, 0.0), slope)
    return slope, np.where(level, np.where(is_endless, np.nan, height), intercept)


def resets(call: Call) -> Vector:
    """How often the value fell."""
    values = call.windows(0).values
    return _counted(call, values[1:] < values[:-1])


def changes(call: Call) -> Vector:
    """How often the value became another one. NaN after NaN is no change."""
    values = call.windows(0).values
    both_nan = np.isnan(values[1:]) & np.isnan(values[:-1])
    return _counted(call, (values[1:] != values[:-1]) & ~both_nan)


def _counted(call: Call, steps: Mask) -> Vector:
    """`steps`: of each sample but the very first whether it is to be counted, seen from the one before."""
    windows = call.windows(0)
    mask = counts(windows) >= 1
    first, last = picked(windows, mask)
    flags = np.concatenate((np.zeros(1, np.bool_), steps))
    return vector(windows, mask, flagged(flags, first + 1, last).astype(np.float64))


def double_exponential_smoothing(call: Call) -> Vector:
    """Holt's linear method: a smoothing factor for the level, one for the trend."""
    windows = call.windows(0)
    mask = counts(windows) >= 2
    smoothing = np.broadcast_to(_factor(call, 1, "smoothing"), mask.shape)[mask]
    trend = np.broadcast_to(_factor(call, 2, "trend"), mask.shape)[mask]
    first, last = picked(windows, mask)
    level_before, level = np.zeros(len(first)), windows.values[first]
    slope = windows.values[np.minimum(first + 1, last - 1)] - level
    for turn in range(1, int((last - first).max(initial=0))):
        call.check()
        at = np.flatnonzero(last - first > turn)
        if turn > 1:
            slope[at] = trend[at] * (level[at] - level_before[at]) + (1 - trend[at]) * slope[at]
        smoothed = smoothing[at] * windows.values[first[at] + turn]
        level_before[at], level[at] = level[at], smoothed + (1 - smoothing[at]) * (level[at] + slope[at])
    return vector(windows, mask, level)


def _factor(call: Call, argument: int, name: str) -> Values:
    factors = call.scalar(argument)
    wrong = factors[~((factors > 0) & (factors < 1))]
    if len(wrong) and len(call.windows(0).labels):
        letter = name[0]
        raise EvaluationError(f"invalid {name} factor. Expected: 0 < {letter}f < 1, got: {wrong[0]:f}")
    return factors


TRENDS: Final[tuple[tuple[str, Function], ...]] = (
    ("deriv", deriv),
    ("predict_linear", predict_linear),
    ("resets", resets),
    ("changes", changes),
    ("double_exponential_smoothing", double_exponential_smoothing),
)
