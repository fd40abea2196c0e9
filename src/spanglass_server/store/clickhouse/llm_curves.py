"""Counted events as series: added up over time and over a histogram's buckets, cut where a series begins."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spanglass_server.base.errors import QueryTooLarge
from spanglass_server.model.series import METRIC_NAME, Labels, Series, Times, Values, labels_of
from spanglass_server.store.clickhouse.llm_counts import Counts
from spanglass_server.store.clickhouse.llm_matching import Hashes, Wanted
from spanglass_server.store.clickhouse.llm_metrics import LABELS, LlmMetric
from spanglass_server.store.clickhouse.llm_points import GRID_MS, MS, nanoseconds

_NEVER = np.iinfo(np.int64).max


class SeriesLimits(NamedTuple):
    """Of one selection; each is a setting."""

    series_per_query_max: int = 50_000
    samples_per_query_max: int = 50_000_000


class Spent(NamedTuple):
    """What a selection has already got of its limits."""

    limits: SeriesLimits
    series: int
    samples: int


class Window(NamedTuple):
    """What of the counted points a selection sees."""

    times_ms: Times
    columns: npt.NDArray[np.int64]
    """The number of each time among the counted points."""
    point_count: int
    from_ms: int


class _Rows(NamedTuple):
    """Of the counted events those that are matched."""

    group: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    point: npt.NDArray[np.int64]
    events: Values
    total: Values
    first_end_ns: npt.NDArray[np.int64]


class _Curves(NamedTuple):
    """Series of one metric, a row each."""

    keys: Sequence[tuple[int, int]]
    """Number of the group of label sets, and of the part."""
    values: Values
    """Keys x times."""
    first_end_ns: npt.NDArray[np.int64]
    """Of each key."""


def series_of(
    wanted: Wanted,
    counts: Counts,
    matched: Hashes,
    label_values: Mapping[int, tuple[str, ...]],
    window: Window,
    spent: Spent,
) -> Iterator[Series]:
    """The series that a selector wants, those of them that have begun."""
    is_matched = np.isin(counts.label_sets, matched)
    groups, group_of_set = _group(wanted.metric, counts.label_sets, is_matched, label_values)
    if not groups:
        return
    rows = _rows(counts, group_of_set, is_matched)
    curves = _curves(wanted, rows, len(groups), window, spent)
    begins_ms = (-(-curves.first_end_ns // (GRID_MS * MS)) - 1) * GRID_MS
    has_begun = (curves.first_end_ns <= nanoseconds(int(window.times_ms[-1]))).tolist()
    all_curves = zip(curves.keys, curves.values, begins_ms.tolist(), has_begun, strict=True)
    for (group, part), values, begin_ms, is_begun in all_curves:
        if is_begun:
            labels = series_labels(wanted.series_name, wanted.metric, groups[group], part)
            yield _cut(labels, window, values, begin_ms)


def _rows(counts: Counts, group_of_set: npt.NDArray[np.int64], is_matched: npt.NDArray[np.bool_]) -> _Rows:
    kept = is_matched[counts.label_set] if not is_matched.all() else slice(None)
    return _Rows(
        group_of_set[counts.label_set[kept]],
        counts.part[kept],
        counts.point[kept],
        counts.events[kept],
        counts.total[kept],
        counts.first_end_ns[kept],
    )


def _group(
    metric: LlmMetric,
    label_sets: Hashes,
    is_matched: npt.NDArray[np.bool_],
    label_values: Mapping[int, tuple[str, ...]],
) -> tuple[Sequence[tuple[str, ...]], npt.NDArray[np.int64]]:
    """Values of the metric's own labels, and their number for each label set that is matched."""
    places = [LABELS[metric.family.labels].index(name) for name in metric.labels]
    numbers: dict[tuple[str, ...], int] = {}
    group_of = np.zeros(len(label_sets), np.int64)
    for position in np.nonzero(is_matched)[0].tolist():
        values = label_values[int(label_sets[position])]
        key = tuple(values[place] for place in places)
        group_of[position] = numbers.setdefault(key, len(numbers))
    return list(numbers), group_of


def _check(series_count: int, time_count: int, spent: Spent) -> None:
    limits = spent.limits
    series_count, sample_count = spent.series + series_count, spent.samples + series_count * time_count
    if series_count > limits.series_per_query_max:
        raise QueryTooLarge(
            f"the selector matches {series_count:,} series, more than {limits.series_per_query_max:,}",
            hint="narrow it by labels; the limit is series_per_query_max",
            limit="series_per_query_max",
        )
    if sample_count > limits.samples_per_query_max:
        raise QueryTooLarge(
            f"the selector reads {sample_count:,} samples, more than {limits.samples_per_query_max:,}",
            hint="ask for less time or narrow it by labels; the limit is samples_per_query_max",
            limit="samples_per_query_max",
        )


def _curves(wanted: Wanted, rows: _Rows, group_count: int, window: Window, spent: Spent) -> _Curves:
    name, metric = wanted.series_name, wanted.metric
    if name.endswith("_bucket"):
        return _bucket_curves(wanted, rows, group_count, window, spent)
    is_sum = metric.is_sum or name.endswith("_sum")
    is_parted = bool(metric.part_label) and metric.type != "histogram"
    part_count = len(metric.parts) if is_parted else 1
    row_of = rows.group * part_count + rows.part if is_parted else rows.group
    first = _first(row_of, rows.first_end_ns, group_count * part_count)
    is_there = first != _NEVER
    if is_parted:
        is_there &= np.isin(np.arange(len(first)) % part_count, wanted.parts)
    (there,) = np.nonzero(is_there)
    _check(len(there), len(window.times_ms), spent)
    weights = rows.total if is_sum else rows.events
    grown = _grown(row_of, rows.point, weights, group_count * part_count, window)
    keys = [divmod(row, part_count) for row in there.tolist()]
    return _Curves(keys if is_parted else [(group, -1) for group, _ in keys], grown[there], first[there])


def _bucket_curves(wanted: Wanted, rows: _Rows, group_count: int, window: Window, spent: Spent) -> _Curves:
    _check(group_count * len(wanted.parts), len(window.times_ms), spent)
    part_count = len(wanted.metric.parts)
    row_of = rows.group * part_count + rows.part
    grown = _grown(row_of, rows.point, rows.events, group_count * part_count, window)
    stacked = grown.reshape(group_count, part_count, -1)
    np.cumsum(stacked, axis=1, out=stacked)
    if len(wanted.parts) < part_count:
        stacked = stacked[:, list(wanted.parts)]
    keys = [(group, part) for group in range(group_count) for part in wanted.parts]
    first = _first(rows.group, rows.first_end_ns, group_count)
    return _Curves(keys, stacked.reshape(len(keys), -1), np.repeat(first, len(wanted.parts)))


def _grown(
    rows: npt.NDArray[np.int64],
    points: npt.NDArray[np.int64],
    weights: Values,
    row_count: int,
    window: Window,
) -> Values:
    """Row by row what has come together up to each time of the window."""
    width = window.point_count
    # Each counted point belongs to the first time of the window that sees it; later ones to none.
    column_of_point = np.searchsorted(window.columns, np.arange(width), side="left")
    column = column_of_point[points]
    times = len(window.columns)
    seen = column < times
    flat = np.bincount(rows[seen] * times + column[seen], weights=weights[seen], minlength=row_count * times)
    grown: Values = flat.reshape(row_count, times).cumsum(axis=1)
    return grown


def _first(
    rows: npt.NDArray[np.int64], first_end_ns: npt.NDArray[np.int64], row_count: int
) -> npt.NDArray[np.int64]:
    first = np.full(row_count, _NEVER)
    np.minimum.at(first, rows, first_end_ns)
    return first


def _cut(labels: Labels, window: Window, values: Values, begin_ms: int) -> Series:
    """From the sample of value 0 on that stands before the first event."""
    times = window.times_ms
    if begin_ms <= window.from_ms:
        return Series(labels, times, values)
    position = int(np.searchsorted(times, begin_ms))
    if times[position] == begin_ms:
        return Series(labels, times[position:], values[position:])
    return Series(
        labels,
        np.concatenate([np.array([begin_ms], np.int64), times[position:]]),
        np.concatenate([np.zeros(1), values[position:]]),
    )


@lru_cache(maxsize=100_000)
def series_labels(series_name: str, metric: LlmMetric, values: tuple[str, ...], part: int) -> Labels:
    pairs = {METRIC_NAME: series_name, **dict(zip(metric.labels, values, strict=True))}
    if part >= 0:
        pairs[metric.part_label] = metric.parts[part]
    return labels_of(pairs)
