"""The read side of samples: see store/series.py, SeriesReader.

Two reads answer a selector: its series, from the days that it asks for, then their samples. Selectors that
ask for about the same time share both, which makes a round of rules a handful of reads.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanglass_server.base.errors import QueryTooLarge
from spanglass_server.model.series import (
    METRIC_NAME,
    Exemplar,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
    Times,
    Values,
)
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameters, Settings
from spanglass_server.store.clickhouse.samples_conditions import (
    DAY_MS,
    clamp_ms,
    days_sql,
    matchers_sql,
    milliseconds_of,
    name_of,
    selectors_sql,
    times_sql,
)
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars

_SELECTORS_PER_READ_MAX: Final = 64
_FEW_SELECTORS: Final = 8
_SETTINGS: Final[Settings] = {
    # A period lies in one partition, and a shard holds all rows of a series.
    "do_not_merge_across_partitions_select_final": 1,
    "distributed_product_mode": "local",
}


class SampleReadLimits(NamedTuple):
    series_max: int = 50_000
    """Of one selector."""
    samples_max: int = 20_000_000
    """Of one read, 24 bytes each."""


class _Group(NamedTuple):
    """Selectors that are read together."""

    indexes: list[int]
    from_ms: int
    """The first millisecond that is read."""
    to_ms: int


class _Found(NamedTuple):
    """The series of a group's selectors, in one order."""

    ids: Sequence[int]
    labels: Sequence[Labels]
    is_of: npt.NDArray[np.uint8]
    """By series and selector, whether it matches."""


class ClickHouseSampleSeries:
    def __init__(self, engine: Engine, *, limits: SampleReadLimits | None = None) -> None:
        self._engine = engine
        self._limits = limits or SampleReadLimits()

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        return self.select_many(project_id, [selection])[0]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        found: list[Sequence[Series]] = [()] * len(selections)
        for group in _group(selections):
            wanted = [selections[index] for index in group.indexes]
            for index, series in zip(group.indexes, self._read_group(project_id, group, wanted), strict=True):
                found[index] = series
        return found

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        bind = Binder()
        found = self._query(
            f"SELECT series_id, any(labels) AS label_set FROM series\n"
            f"WHERE {self._in_range(project_id, during, selectors, bind)}\n"
            f"GROUP BY series_id ORDER BY any(name), series_id LIMIT {limit:d}",
            bind.params,
        )
        return sorted(_labels_of(found.column("label_set")))

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]:
        bind = Binder()
        found = self._query(
            "SELECT DISTINCT arrayJoin(mapKeys(labels)) AS value FROM series\n"
            f"WHERE {self._in_range(project_id, during, selectors, bind)}\nORDER BY value LIMIT {limit:d}",
            bind.params,
        )
        return list(found.column("value").to_pylist())

    def list_label_values(
        self,
        project_id: str,
        during: TimeRange,
        selectors: Sequence[Sequence[Matcher]],
        *,
        label: str,
        limit: int,
    ) -> Sequence[str]:
        bind = Binder()
        value = "name" if label == METRIC_NAME else f"labels[{bind(label)}]"
        found = self._query(
            f"SELECT DISTINCT toString({value}) AS value FROM series\n"
            f"WHERE {self._in_range(project_id, during, selectors, bind)} AND value != ''\n"
            f"ORDER BY value LIMIT {limit:d}",
            bind.params,
        )
        return list(found.column("value").to_pylist())

    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        bind = Binder()
        of_metric = f" AND name = {bind(metric)}" if metric else ""
        found = self._query(
            f"SELECT name, type, help, unit FROM metric_metadata FINAL\n"
            f"WHERE project_id = {bind(project_id)}{of_metric} ORDER BY name LIMIT {limit:d}",
            bind.params,
        )
        columns = (column.to_pylist() for column in found.columns)
        return [MetricMetadata(*row) for row in zip(*columns, strict=True)]

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        bind = Binder()
        from_ms, to_ms = milliseconds_of(during)
        of_series = (
            f"project_id = {bind(project_id)} AND {days_sql(from_ms, to_ms, bind)}"
            f" AND {selectors_sql(selectors, bind)}"
        )
        found = self._query(
            "SELECT series_id, time_ms, value, labels FROM series_exemplars FINAL\n"
            f"WHERE project_id = {bind(project_id)} AND {times_sql(from_ms, to_ms, bind)}\n"
            f"  AND series_id IN (SELECT series_id FROM series WHERE {of_series})\n"
            f"ORDER BY time_ms DESC, series_id LIMIT {limit:d}",
            bind.params,
        )
        exemplars: dict[int, list[Exemplar]] = {}
        numbers = (found.column(name).to_pylist() for name in ("series_id", "value", "time_ms"))
        labels = _labels_of(found.column("labels"))
        for series_id, value, time_ms, of in zip(*numbers, labels, strict=True):
            exemplars.setdefault(series_id, []).append(Exemplar(of, value, time_ms))
        by_id = self._labels_by_id(project_id, from_ms, to_ms, list(exemplars))
        return [
            SeriesExemplars(by_id[series_id], exemplars[series_id][::-1])
            for series_id in sorted(exemplars, key=lambda series_id: by_id[series_id])
        ]

    def _read_group(
        self, project_id: str, group: _Group, wanted: Sequence[SeriesSelection]
    ) -> list[Sequence[Series]]:
        found = self._find_series(project_id, group, wanted)
        if not found.ids:
            return [()] * len(wanted)
        read = self._read_samples(project_id, group, found)
        return [
            list(_within(selection, (read[at] for at in np.flatnonzero(found.is_of[:, place]).tolist())))
            for place, selection in enumerate(wanted)
        ]

    def _find_series(self, project_id: str, group: _Group, wanted: Sequence[SeriesSelection]) -> _Found:
        bind = Binder()
        conditions = [matchers_sql(selection.matchers, bind) for selection in wanted]
        names = {name_of(selection.matchers) for selection in wanted}
        narrowed = f"({' OR '.join(conditions)})"
        if "" not in names:
            of_names = f"name IN {bind(sorted(names), 'Array(String)')}"
            # Many selectors of a metric cover most of its series: it is not worth asking each twice.
            narrowed = of_names if len(wanted) > _FEW_SELECTORS else f"{of_names} AND {narrowed}"
        found = self._query(
            f"SELECT series_id, any(labels) AS label_set, any([{', '.join(conditions)}]) AS is_of\n"
            "FROM series\n"
            f"WHERE project_id = {bind(project_id)} AND {days_sql(group.from_ms, group.to_ms, bind)}\n"
            f"  AND {narrowed}\n"
            f"GROUP BY series_id LIMIT {self._limits.series_max * len(wanted) + 1:d}",
            bind.params,
            {"max_result_rows": self._limits.series_max * len(wanted) + 1},
        )
        is_of = np.asarray(found.column("is_of").combine_chunks().flatten()).reshape(-1, len(wanted))
        is_any = is_of.any(axis=1)
        found, is_of = found.filter(pa.array(is_any)), is_of[is_any]
        ids = found.column("series_id").to_pylist()
        if ids and int(is_of.sum(axis=0).max()) > self._limits.series_max:
            raise QueryTooLarge(
                f"the query selects more than {self._limits.series_max} series (limit series_per_query_max)",
                hint="narrow its selectors with more matchers",
                limit="series_per_query_max",
            )
        return _Found(ids, _labels_of(found.column("label_set")), is_of)

    def _read_samples(self, project_id: str, group: _Group, found: _Found) -> list[Series | None]:
        """In the order of the series; None for those without samples."""
        bind = Binder()
        names = sorted({value for labels in found.labels for name, value in labels if name == METRIC_NAME})
        sql = (
            "SELECT series_id, time_ms, value FROM samples FINAL\n"
            f"WHERE project_id = {bind(project_id)} AND {times_sql(group.from_ms, group.to_ms, bind)}\n"
            f"  AND name IN {bind(names, 'Array(String)')}"
            f" AND series_id IN {bind(list(found.ids), 'Array(UInt64)')}\n"
            "ORDER BY series_id, time_ms"
        )
        places = {series_id: place for place, series_id in enumerate(found.ids)}
        read: list[Series | None] = [None] * len(found.ids)
        ids, times, values = self._query_samples(sql, bind.params)
        edges = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
        for start, end in itertools.pairwise(edges):
            if end > start:
                place = places[int(ids[start])]
                read[place] = Series(found.labels[place], times[start:end], values[start:end])
        return read

    def _query_samples(self, sql: str, params: Parameters) -> tuple[npt.NDArray[np.uint64], Times, Values]:
        limit = self._limits.samples_max
        try:
            found = self._query(sql, params, {"max_result_rows": limit, "max_result_bytes": 25 * limit})
        except QueryTooLarge as error:
            if error.limit != "max_result_rows":
                raise
            raise QueryTooLarge(
                f"the query reads more than {limit} samples (limit samples_per_query_max)",
                hint="ask for less time, or narrow its selectors with more matchers",
                limit="samples_per_query_max",
            ) from None
        ids, times, values = (column.to_numpy() for column in found.columns)
        return ids, times, values

    def _labels_by_id(
        self, project_id: str, from_ms: int, to_ms: int, ids: Sequence[int]
    ) -> Mapping[int, Labels]:
        if not ids:
            return {}
        bind = Binder()
        found = self._query(
            "SELECT series_id, any(labels) AS label_set FROM series\n"
            f"WHERE project_id = {bind(project_id)} AND {days_sql(from_ms, to_ms, bind)}\n"
            f"  AND series_id IN {bind(list(ids), 'Array(UInt64)')}\nGROUP BY series_id",
            bind.params,
        )
        return dict(
            zip(found.column("series_id").to_pylist(), _labels_of(found.column("label_set")), strict=True)
        )

    def _in_range(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], bind: Binder
    ) -> str:
        from_ms, to_ms = milliseconds_of(during)
        project = bind(project_id)
        days = days_sql(from_ms, to_ms, bind)
        condition = f"project_id = {project} AND {days} AND {selectors_sql(selectors, bind)}"
        if to_ms - from_ms >= DAY_MS:
            return condition
        # A day's register says too much of a part of the day.
        return (
            f"{condition}\n  AND series_id IN (SELECT series_id FROM samples\n"
            f"    WHERE project_id = {project} AND {times_sql(from_ms, to_ms, bind)})"
        )

    def _query(self, sql: str, params: Parameters, settings: Settings | None = None) -> pa.Table:
        return self._engine.query_arrow(sql, params, {**_SETTINGS, **(settings or {})})


def _group(selections: Sequence[SeriesSelection]) -> list[_Group]:
    """Those whose times together are not much more than the longest of them alone."""
    groups: list[_Group] = []

    def place(index: int) -> tuple[int, int, str]:
        # Those of one metric next to each other: they share series.
        matchers, from_ms, to_ms, *_ = selections[index]
        return from_ms, -to_ms, name_of(matchers)

    for index in sorted(range(len(selections)), key=place):
        from_ms, to_ms = clamp_ms(selections[index].from_ms + 1), clamp_ms(selections[index].to_ms)
        if from_ms > to_ms:
            continue
        last = groups[-1] if groups and len(groups[-1].indexes) < _SELECTORS_PER_READ_MAX else None
        if last is not None and max(to_ms, last.to_ms) - last.from_ms <= 2 * (to_ms - from_ms) + DAY_MS // 24:
            last.indexes.append(index)
            groups[-1] = last._replace(to_ms=max(to_ms, last.to_ms))
        else:
            groups.append(_Group([index], from_ms, to_ms))
    return groups


def _within(selection: SeriesSelection, read: Iterator[Series | None]) -> Iterator[Series]:
    for series in read:
        if series is None:
            continue
        times = series.times_ms
        if times[0] > selection.from_ms and times[-1] <= selection.to_ms:
            yield series
            continue
        start, end = np.searchsorted(times, (selection.from_ms, selection.to_ms), side="right").tolist()
        if end > start:
            yield Series(series.labels, times[start:end], series.values[start:end])


def _labels_of(column: pa.ChunkedArray) -> list[Labels]:
    """A column of maps. Flat arrays become Python's texts many times faster than maps do."""
    labels: list[Labels] = []
    for chunk in column.chunks:
        names, values = chunk.keys.to_numpy(zero_copy_only=False), chunk.items.to_numpy(zero_copy_only=False)
        pairs = list(zip(names.tolist(), values.tolist(), strict=True))
        offsets = chunk.offsets.to_pylist()
        base = offsets[0] if offsets else 0
        labels.extend(tuple(pairs[start - base : end - base]) for start, end in itertools.pairwise(offsets))
    return labels
