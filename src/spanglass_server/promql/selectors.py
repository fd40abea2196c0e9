"""Stored series -> instant and range vectors at each step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spanglass_server.model.series import Labels, Series, Times, Values, is_stale
from spanglass_server.promql.values import Indexes, Mask, Vector, Windows
from spanglass_server.promql.vectors import labels_without_dropped_names, prune

_STEPS_FOR_COMPARISON = 4
"""Up to so many steps it is faster to compare all samples with each than to search each series."""
_PIECE_CELLS = 65_536
_PIECE_SAMPLES = 262_144
"""Series are worked on by pieces of so many steps and samples, which stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Series one after another in flat arrays, none of them empty."""

    labels: Sequence[Labels]
    times_ms: Times
    values: Values
    starts: Indexes
    """S + 1: where each series begins, and where the last one ends."""
    is_stale: Mask
    """Of each sample; empty for none."""


def in_order(series: Sequence[Series]) -> list[Series]:
    """By their labels, without those that have no samples."""
    return sorted((one for one in series if len(one.times_ms)), key=lambda one: one.labels)


def pieces(series: Sequence[Series], steps: int) -> Iterator[Sequence[Series]]:
    """Pieces of the series that are worked on at once; one that is empty if there are none."""
    rows_max = max(1, _PIECE_CELLS // max(1, steps))
    first = samples = 0
    for index, one in enumerate(series):
        samples += len(one.times_ms)
        if index > first and (index - first >= rows_max or samples > _PIECE_SAMPLES):
            yield series[first:index]
            first, samples = index, len(one.times_ms)
    yield series[first:]


def lay_out(series: Sequence[Series]) -> Samples:
    """None of the series is empty."""
    if not series:
        no_times, no_stale = np.empty(0, np.int64), np.empty(0, np.bool_)
        starts = np.zeros(1, np.int64)
        return Samples(labels=(), times_ms=no_times, values=np.empty(0), starts=starts, is_stale=no_stale)
    values = np.concatenate([one.values for one in series])
    stale = is_stale(values)
    return Samples(
        labels=[one.labels for one in series],
        times_ms=np.concatenate([one.times_ms for one in series]),
        values=values,
        starts=np.concatenate(([0], np.cumsum([len(one.times_ms) for one in series]))),
        is_stale=stale if stale.any() else np.empty(0, np.bool_),
    )


def without_stale(samples: Samples) -> Samples:
    """What range vectors are made of."""
    if not len(samples.is_stale):
        return samples
    kept = ~samples.is_stale
    before = np.concatenate(([0], np.cumsum(kept)))
    starts = before[samples.starts]
    is_left = np.diff(starts) > 0
    return Samples(
        labels=[labels for labels, left in zip(samples.labels, is_left, strict=True) if left],
        times_ms=samples.times_ms[kept],
        values=samples.values[kept],
        starts=np.concatenate((starts[:-1][is_left], starts[-1:])),
        is_stale=np.empty(0, np.bool_),
    )


def select_instant(samples: Samples, at_ms: Times, lookback_ms: int, *, is_timestamp: bool = False) -> Vector:
    """The newest sample of each series that is not older than `lookback_ms` (left-open) at each of the times,
    unless it is a stale marker. `is_timestamp`: its time in seconds in place of its value."""
    newest = _count_until(samples, at_ms) - 1
    starts = samples.starts[:-1, None]
    index = np.maximum(newest, starts)
    times = samples.times_ms[index] if len(samples.labels) else newest
    present = (newest >= starts) & (times > at_ms - lookback_ms)
    if len(samples.is_stale):
        present &= ~samples.is_stale[index]
    values = times / 1000 if is_timestamp else samples.values[index]
    dropped = [True] * len(samples.labels) if is_timestamp else ()
    return prune(Vector(labels=samples.labels, values=values, present=present, drop_name=dropped))


def select_windows(samples: Samples, ends_ms: Times, range_ms: int) -> Windows:
    """Of samples without stale markers."""
    first, last = _first_and_last(samples, ends_ms, range_ms)
    return Windows(
        labels=samples.labels,
        times_ms=samples.times_ms,
        values=samples.values,
        first=first,
        last=last,
        ends_ms=ends_ms,
        range_ms=range_ms,
    )


def split_windows(windows: Windows) -> Iterator[Windows]:
    """The same in pieces of some series; one that is empty if there are none."""
    rows = max(1, _PIECE_CELLS // max(1, len(windows.ends_ms)))
    if len(windows.labels) <= rows or not len(windows.ends_ms):
        yield windows
        return
    for start in range(0, len(windows.labels), rows):
        part = slice(start, start + rows)
        first, last = windows.first[part], windows.last[part]
        offset, end = int(first[0, 0]), int(last[-1, -1])
        yield Windows(
            labels=windows.labels[part],
            times_ms=windows.times_ms[offset:end],
            values=windows.values[offset:end],
            first=first - offset,
            last=last - offset,
            ends_ms=windows.ends_ms,
            range_ms=windows.range_ms,
        )


def windows_of_vector(vector: Vector, times_ms: Times, ends_ms: Times, range_ms: int) -> Windows:
    """A subquery's: `times_ms` are those at which `vector` was evaluated."""
    before = np.zeros((len(vector.labels), len(times_ms) + 1), np.int64)
    np.cumsum(vector.present, axis=1, out=before[:, 1:])
    counts = before[:, -1]
    starts = (np.cumsum(counts) - counts)[:, None]
    first = np.searchsorted(times_ms, ends_ms - range_ms, side="right")
    last = np.searchsorted(times_ms, ends_ms, side="right")
    return Windows(
        labels=labels_without_dropped_names(vector),
        times_ms=np.broadcast_to(times_ms, vector.present.shape)[vector.present],
        values=vector.values[vector.present],
        first=starts + before[:, first],
        last=starts + before[:, last],
        ends_ms=ends_ms,
        range_ms=range_ms,
    )


def _first_and_last(samples: Samples, ends_ms: Times, range_ms: int) -> tuple[Indexes, Indexes]:
    steps = len(ends_ms)
    step_ms = int(ends_ms[1] - ends_ms[0]) if steps > 1 else 0
    shift = range_ms // step_ms if step_ms else 0
    if not shift or range_ms % step_ms or shift > steps:
        return _count_until(samples, ends_ms - range_ms), _count_until(samples, ends_ms)
    # A window's start is the end of one some steps before: one search serves both.
    both = _count_until(samples, np.concatenate((ends_ms[:shift] - range_ms, ends_ms)))
    return both[:, :steps], both[:, shift:]


def _count_until(samples: Samples, at_ms: Times) -> Indexes:
    """S x T: behind the last sample of each series that is not after the time."""
    if not samples.labels:
        return np.zeros((0, len(at_ms)), np.int64)
    if len(at_ms) <= _STEPS_FOR_COMPARISON or at_ms[0] == at_ms[-1]:
        return _count_by_comparison(samples, at_ms)
    counts = np.empty((len(samples.labels), len(at_ms)), np.int64)
    before: Times | None = None
    for row, (start, end) in enumerate(zip(samples.starts[:-1], samples.starts[1:], strict=True)):
        times = samples.times_ms[start:end]
        # Series of one origin mostly have their samples at the same times.
        if before is not None and len(before) == len(times) and np.array_equal(before, times):
            np.add(counts[row - 1], start - samples.starts[row - 1], out=counts[row])
        else:
            np.add(times.searchsorted(at_ms, side="right"), start, out=counts[row])
        before = times
    return counts


def _count_by_comparison(samples: Samples, at_ms: Times) -> Indexes:
    is_fixed = at_ms[0] == at_ms[-1]
    columns = [
        np.add.reduceat(samples.times_ms <= time, samples.starts[:-1], dtype=np.int64)
        for time in (at_ms[:1] if is_fixed else at_ms)
    ]
    counts = np.stack(columns, axis=1) + samples.starts[:-1, None]
    return np.broadcast_to(counts, (len(samples.labels), len(at_ms))) if is_fixed else counts
