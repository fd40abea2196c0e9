"""Quantiles of samples, and what is said about impossible ones."""

from typing import Final

import numpy as np

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.call import Call
from spanglass_server.promql.functions.texts import general
from spanglass_server.promql.values import Indexes, Mask, Windows

_BATCH_VALUES: Final = 1_000_000
"""So many values, padding included, are sorted at once."""


def told_quantile(call: Call, wanted: Values, argument: int) -> None:
    """Warns about each value that no quantile can have."""
    for value in np.unique(wanted[~_possible(wanted)]):
        text = f"PromQL warning: quantile value should be between 0 and 1, got {general(float(value))}"
        call.notes.warn(call.noted(text, argument))


def _possible(wanted: Values) -> Mask:
    possible: Mask = (wanted >= 0) & (wanted <= 1)
    return possible


def outside(wanted: Values, found: Values) -> Values:
    """`found`, and beyond 0 and 1 what Prometheus gives there."""
    found = np.where(wanted < 0, -np.inf, np.where(wanted > 1, np.inf, found))
    return np.where(np.isnan(wanted), np.nan, found)


def window_quantiles(
    call: Call,
    wanted: Values,
    windows: Windows,
    first: Indexes,
    last: Indexes,
    *,
    around: Values | None = None,
) -> Values:
    """The quantile of the values from first to last, or of their distances from `around`; of each window,
    which holds at least one. NaN is smaller than anything."""
    found = np.empty(len(first))
    shortest_first = np.argsort(last - first, kind="stable")
    at = 0
    while at < len(first):
        call.check()
        rows = _batch(shortest_first, last - first, at)
        table = _table(windows.values, first[rows], last[rows], None if around is None else around[rows])
        found[rows] = _of_table(wanted[rows], table, (last - first)[rows])
        at += len(rows)
    return outside(wanted, found)


def _batch(order: Indexes, lengths: Indexes, at: int) -> Indexes:
    """The next windows: so many that their table is no larger than _BATCH_VALUES, and at least one."""
    sizes = lengths[order[at:]] * np.arange(1, len(order) - at + 1)
    return order[at : at + max(1, int(np.searchsorted(sizes, _BATCH_VALUES, side="right")))]


def _table(values: Values, first: Indexes, last: Indexes, around: Values | None) -> Values:
    """A row for each window, padded at its end with infinity."""
    places = first[:, np.newaxis] + np.arange(int((last - first).max()))
    is_inside = places < last[:, np.newaxis]
    held = values[np.minimum(places, len(values) - 1)]
    if around is not None:
        held = np.abs(held - around[:, np.newaxis])
    table: Values = np.where(is_inside, held, np.inf)
    return table


def _of_table(wanted: Values, table: Values, counts: Indexes) -> Values:
    nans = np.isnan(table).sum(axis=1)
    ordered = np.sort(np.where(np.isnan(table), -np.inf, table), axis=1)
    rank = np.where(_possible(wanted), wanted, 0.0) * (counts - 1)
    lower = np.floor(rank).astype(np.int64)
    upper = np.minimum(counts - 1, lower + 1)
    rows = np.arange(len(counts))
    low = np.where(lower < nans, np.nan, ordered[rows, lower])
    high = np.where(upper < nans, np.nan, ordered[rows, upper])
    weight = rank - lower
    found: Values = low * (1 - weight) + high * weight
    return found
