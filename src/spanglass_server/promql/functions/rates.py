"""How fast series grow: rate, increase, delta, irate, idelta. Prometheus 3's extrapolation, step by step."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.functions.windows import counts, flagged, metric_name, picked, reduced, vector
from spanglass_server.promql.quoting import quote
from spanglass_server.promql.values import Indexes, Mask, Vector, Windows

_COUNTER_ENDINGS: Final = ("_total", "_sum", "_count", "_bucket")
_NEAR: Final = 1.1
"""A border is reached when it is nearer than so many average distances between samples."""


def rate(call: Call) -> Vector:
    return _told(call, _extrapolated(call, is_counter=True, per_s=call.windows(0).range_ms / 1000))


def increase(call: Call) -> Vector:
    return _told(call, _extrapolated(call, is_counter=True, per_s=1.0))


def delta(call: Call) -> Vector:
    return _extrapolated(call, is_counter=False, per_s=1.0)


def irate(call: Call) -> Vector:
    windows = call.windows(0)
    mask, before, after, gap_s = _last_two(windows)
    grown = np.where(after < before, after, after - before)
    return vector(windows, mask, grown / gap_s)


def idelta(call: Call) -> Vector:
    windows = call.windows(0)
    mask, before, after, _ = _last_two(windows)
    return vector(windows, mask, after - before)


def _last_two(windows: Windows) -> tuple[Mask, Values, Values, Values]:
    """(where there are two samples, the one before the last, the last, seconds between them)"""
    mask: Mask = counts(windows) >= 2
    _, last = picked(windows, mask)
    gap_s = (windows.times_ms[last - 1] - windows.times_ms[last - 2]) / 1000
    return mask, windows.values[last - 2], windows.values[last - 1], gap_s


def _extrapolated(call: Call, *, is_counter: bool, per_s: float) -> Vector:
    """The growth between the first and the last sample, stretched towards the window's borders."""
    windows = call.windows(0)
    mask = counts(windows) >= 2
    first, last = picked(windows, mask)
    ends_ms = np.broadcast_to(windows.ends_ms, mask.shape)[mask]
    first_ms, last_ms = windows.times_ms[first], windows.times_ms[last - 1]
    grown = windows.values[last - 1] - windows.values[first]
    if is_counter:
        grown = grown + _lost_in_resets(call, first, last)
    sampled_s = (last_ms - first_ms) / 1000
    average_s = sampled_s / (last - first - 1)
    to_start_s = _reached((first_ms - (ends_ms - windows.range_ms)) / 1000, average_s)
    if is_counter:
        to_start_s = _not_below_zero(to_start_s, sampled_s, windows.values[first], grown)
    to_end_s = _reached((ends_ms - last_ms) / 1000, average_s)
    factor = (sampled_s + to_start_s + to_end_s) / sampled_s / per_s
    return vector(windows, mask, grown * factor)


def _reached(distance_s: Values, average_s: Values) -> Values:
    """How far to stretch: to the border where a sample could have been missed, else half a distance."""
    return np.where(distance_s >= average_s * _NEAR, average_s / 2, distance_s)


def _not_below_zero(to_start_s: Values, sampled_s: Values, first: Values, grown: Values) -> Values:
    """Counters start at zero: not further back than where this one was zero."""
    to_zero_s = np.where((grown > 0) & (first >= 0), sampled_s * (first / grown), to_start_s)
    return np.where(to_zero_s < to_start_s, to_zero_s, to_start_s)


def _lost_in_resets(call: Call, first: Indexes, last: Indexes) -> Values:
    """The values right before each fall of the counter within each window, added up."""
    values, times_ms = call.windows(0).values, call.windows(0).times_ms
    lost = np.zeros(len(first))
    # Where the time does not go on another series begins: most series never fall, and are done with here.
    falls = (values[1:] < values[:-1]) & (times_ms[1:] > times_ms[:-1])
    if not falls.any():
        return lost
    hit = flagged(np.append(False, falls), first + 1, last) > 0
    before = np.append(0.0, np.where(falls, values[:-1], 0.0))
    lost[hit] = reduced(np.add, before, first[hit] + 1, last[hit], call.check)
    return lost


def _told(call: Call, grown: Vector) -> Vector:
    """Says which of the series are hardly counters, going by their names."""
    for name in _names(grown):
        if not name.endswith(_COUNTER_ENDINGS):
            text = (
                "PromQL info: metric might not be a counter, "
                f"name does not end in _total/_sum/_count/_bucket: {quote(name)}"
            )
            call.notes.inform(call.noted(text, 0))
    return grown


def _names(grown: Vector) -> Sequence[str]:
    names = (
        metric_name(labels) for labels, mask in zip(grown.labels, grown.present, strict=True) if mask.any()
    )
    return [name for name in dict.fromkeys(names) if name]


RATES: Final[tuple[tuple[str, Function], ...]] = (
    ("rate", rate),
    ("increase", increase),
    ("delta", delta),
    ("irate", irate),
    ("idelta", idelta),
)
