"""What functions of range vectors share: picking windows, reducing them, adding up without losing digits."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.values import Indexes, Mask, Vector, Windows

PIECE_SAMPLES: Final = 1024
"""Windows longer than this are added up in pieces side by side."""
BATCH_WINDOWS: Final = 16_384
"""So many windows are worked on at once: what they need stays in the processor's cache."""
BATCH_SAMPLES: Final = 16_777_216
"""So many samples, counted in each window that holds them, between two looks at whether to go on."""

Term: TypeAlias = Callable[[Indexes, Indexes], Values]
"""(numbers of windows, places in the flat arrays) -> what each sample adds to its window's sum."""


def counts(windows: Windows) -> Indexes:
    """S x T: how many samples each window holds."""
    held: Indexes = windows.last - windows.first
    return held


def picked(windows: Windows, mask: Mask) -> tuple[Indexes, Indexes]:
    """(first, last) of the windows under the mask, flat; last is exclusive."""
    return windows.first[mask], windows.last[mask]


def vector(windows: Windows, mask: Mask, values: Values, *, drop_name: bool = True) -> Vector:
    """The instant vector with `values` (flat) where the mask is set, and nothing elsewhere."""
    whole = np.zeros(mask.shape)
    whole[mask] = values
    dropped = (True,) * len(windows.labels) if drop_name else ()
    return Vector(labels=windows.labels, values=whole, present=mask, drop_name=dropped)


def reduced(
    ufunc: np.ufunc, values: Values, first: Indexes, last: Indexes, check: Callable[[], None]
) -> Values:
    """The ufunc over values[first:last] of each window; every window holds at least one."""
    borders = np.empty(2 * len(first), np.int64)
    borders[0::2] = first
    borders[1::2] = last
    values, found = np.append(values, 0.0), np.empty(len(first))
    batches = np.searchsorted(np.cumsum(last - first) // BATCH_SAMPLES, np.arange(1, _batches(first, last)))
    for part in np.split(np.arange(len(first)), batches):
        if len(part):
            check()
            start, end = int(part[0]), int(part[-1]) + 1
            found[start:end] = ufunc.reduceat(values, borders[2 * start : 2 * end])[::2]
    return found


def _batches(first: Indexes, last: Indexes) -> int:
    return int((last - first).sum()) // BATCH_SAMPLES + 1


def flagged(flags: Mask, first: Indexes, last: Indexes) -> Indexes:
    """How many flags are set in flags[first:last] of each window; none where last <= first."""
    before: Indexes = np.zeros(len(flags) + 1, np.int64)
    np.cumsum(flags, out=before[1:])
    number: Indexes = before[np.maximum(last, first)] - before[first]
    return number


def added(total: Values, compensation: Values, term: Values) -> tuple[Values, Values]:
    """One step of Neumaier's variant of Kahan's summation, as Prometheus does it."""
    after = total + term
    lost = np.where(np.abs(total) >= np.abs(term), (total - after) + term, (term - after) + total)
    return after, np.where(np.isinf(after), 0.0, compensation + lost)


def sums(first: Indexes, last: Indexes, term: Term, check: Callable[[], None]) -> tuple[Values, Values]:
    """(sum, compensation) of the terms of each window. The exact sum is nearest to both together."""
    pieces = -((first - last) // PIECE_SAMPLES)
    if not len(first) or pieces.max() <= 1:
        return _sums(np.arange(len(first)), first, last, term, check)
    rows = np.repeat(np.arange(len(first)), pieces)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    starts = first[rows] + number * PIECE_SAMPLES
    totals, compensations = _sums(rows, starts, np.minimum(starts + PIECE_SAMPLES, last[rows]), term, check)
    return _joined(rows, number, len(first), totals, compensations)


def _sums(
    rows: Indexes, first: Indexes, last: Indexes, term: Term, check: Callable[[], None]
) -> tuple[Values, Values]:
    totals, compensations = np.zeros(len(first)), np.zeros(len(first))
    longest_first = np.argsort(first - last, kind="stable")
    for start in range(0, len(first), BATCH_WINDOWS):
        check()
        batch = longest_first[start : start + BATCH_WINDOWS]
        row, start_at, length = rows[batch], first[batch], last[batch] - first[batch]
        total, compensation = np.zeros(len(batch)), np.zeros(len(batch))
        for turn in range(int(length[0])):
            reach = int(np.searchsorted(-length, -turn))
            value = term(row[:reach], start_at[:reach] + turn)
            total[:reach], compensation[:reach] = added(total[:reach], compensation[:reach], value)
        totals[batch], compensations[batch] = total, compensation
    return totals, compensations


def _joined(
    rows: Indexes, number: Indexes, windows: int, totals: Values, compensations: Values
) -> tuple[Values, Values]:
    total, compensation = np.zeros(windows), np.zeros(windows)
    for turn in range(int(number.max()) + 1):
        at = number == turn
        row = rows[at]
        total[row], compensation[row] = added(total[row], compensation[row] + compensations[at], totals[at])
    return total, compensation


def metric_name(labels: Sequence[tuple[str, str]]) -> str:
    return next((value for name, value in labels if name == "__name__"), "")
