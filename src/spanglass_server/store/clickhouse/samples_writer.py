"""The write side of samples: see store/series.py, SampleWriter and SampleStore."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanglass_server.base.limits import FREE_DISK_BYTES_MIN
from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata, Series, series_id_of
from spanglass_server.store.clickhouse.engine import Engine, Settings
from spanglass_server.store.clickhouse.samples_index import SeriesIndex
from spanglass_server.store.series import LastSample, SeriesDay, SeriesExemplars

DAY_MS: Final = 86_400_000
_INDEX_ENTRIES_MAX: Final = 500_000
"""Series and days kept in memory to know what is registered: 50 MB."""
_METADATA_KNOWN_MAX: Final = 100_000
_STALE_SQL: Final = "reinterpretAsUInt64(value) = 9218868437227405314"

_LABELS_TYPE: Final = pa.map_(pa.string(), pa.string())


class _Named(NamedTuple):
    """A series on its way into the tables."""

    series_id: int
    name: str
    labels: Labels


class ClickHouseSampleStore:
    """A SampleStore."""

    def __init__(
        self,
        engine: Engine,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        free_disk_bytes_min: int = FREE_DISK_BYTES_MIN,
    ) -> None:
        """`free_disk_bytes_min`: embedded storage raises StorageFull where less is free."""
        self._engine = engine
        self._now_ns = now_ns
        self._insert_settings: dict[str, str | int | float] = {"max_partitions_per_insert_block": 0}
        if engine.is_embedded:
            self._insert_settings["min_free_disk_bytes_to_perform_insert"] = free_disk_bytes_min
        self._index = SeriesIndex(self._load_day, entries_max=_INDEX_ENTRIES_MAX)
        self._metadata_lock = threading.Lock()
        self._metadata: dict[tuple[str, str], MetricMetadata] = {}
        """As last written, by project and metric."""

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        series = [one for one in series if len(one.times_ms)]
        if not series:
            return
        named = [_name(one.labels) for one in series]
        self._register(project_id, named, [one.times_ms for one in series])
        self._insert("samples", _sample_table(project_id, named, series))

    def write_exemplars(self, project_id: str, exemplars: Sequence[SeriesExemplars]) -> None:
        rows = [(_name(of.labels), exemplar) for of in exemplars for exemplar in of.exemplars]
        if not rows:
            return
        named = [one for one, _ in rows]
        times = np.array([exemplar.time_ms for _, exemplar in rows], np.int64)
        # Before the sample that it is of: labels are found by the series' day.
        self._register(project_id, named, times.reshape(-1, 1))
        columns = {
            "project_id": pa.repeat(pa.scalar(project_id), len(rows)),
            "name": pa.array([one.name for one in named]),
            "series_id": pa.array([one.series_id for one in named], pa.uint64()),
            "time_ms": pa.array(times),
            "value": pa.array([exemplar.value for _, exemplar in rows], pa.float64()),
            "labels": pa.array([exemplar.labels for _, exemplar in rows], _LABELS_TYPE),
        }
        self._insert("series_exemplars", pa.table(columns))

    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None:
        """Only what is new is written: senders repeat it with every request."""
        wanted = {one.name: one for one in metadata}
        with self._metadata_lock:
            new = [one for one in wanted.values() if self._metadata.get((project_id, one.name)) != one]
        if not new:
            return
        columns = {
            "project_id": pa.repeat(pa.scalar(project_id), len(new)),
            **{field: pa.array([getattr(one, field) for one in new]) for field in MetricMetadata._fields},
            "version": pa.array([self._now_ns()] * len(new), pa.uint64()),
        }
        self._insert("metric_metadata", pa.table(columns))
        with self._metadata_lock:
            if len(self._metadata) + len(new) > _METADATA_KNOWN_MAX:
                self._metadata.clear()
            self._metadata.update({(project_id, one.name): one for one in new})

    def admit(self, project_id: str, wanted: Sequence[SeriesDay], *, series_max: int) -> frozenset[SeriesDay]:
        refused: list[SeriesDay] = []
        for day, ids in _by_day(wanted).items():
            missing = self._index.find_missing(project_id, day, ids)
            room = series_max - self._index.count(project_id, day)
            if len(missing) > room:
                # In the order in which they came.
                new = [series_id for series_id in ids if series_id in missing]
                refused.extend(SeriesDay(series_id, day) for series_id in new[max(room, 0) :])
        return frozenset(refused)

    def find_last_samples(
        self, project_id: str, series: Sequence[Labels], *, since_ms: int
    ) -> Mapping[Labels, LastSample]:
        if not series:
            return {}
        by_id = {(one := _name(labels)).series_id: one for labels in series}
        found = self._engine.query_arrow(
            "SELECT series_id, max(time_ms) AS last_ms, argMax(value, time_ms) AS last_value\n"
            "FROM samples FINAL\n"
            "WHERE project_id = {project_id:String} AND name IN {names:Array(String)}\n"
            "  AND intDiv(time_ms, 7200000) >= {since_period:Int64} AND time_ms >= {since_ms:Int64}\n"
            f"  AND series_id IN {{ids:Array(UInt64)}} AND NOT ({_STALE_SQL})\n"
            "GROUP BY series_id",
            {
                "project_id": project_id,
                "names": sorted({one.name for one in by_id.values()}),
                "ids": list(by_id),
                "since_ms": since_ms,
                "since_period": since_ms // 7_200_000,
            },
            {"do_not_merge_across_partitions_select_final": 1},
            lane="settle",
        )
        rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
        return {by_id[series_id].labels: LastSample(time_ms, value) for series_id, time_ms, value in rows}

    def forget_project(self, project_id: str) -> None:
        self._index.forget_project(project_id)
        with self._metadata_lock:
            for key in [key for key in self._metadata if key[0] == project_id]:
                del self._metadata[key]

    def _register(
        self,
        project_id: str,
        named: Sequence[_Named],
        times: Sequence[npt.NDArray[np.int64]] | npt.NDArray[np.int64],
    ) -> None:
        days: dict[int, dict[int, _Named]] = {}
        for one, of in zip(named, times, strict=True):
            for day in _days_of(of):
                days.setdefault(day, {})[one.series_id] = one
        for day, by_id in days.items():
            missing = self._index.find_missing(project_id, day, by_id)
            if missing:
                self._insert("series", _series_table(project_id, day, [by_id[id_] for id_ in missing]))
                self._index.add(project_id, day, missing)

    def _load_day(self, project_id: str, day: int) -> set[int]:
        found = self._engine.query_arrow(
            "SELECT DISTINCT series_id FROM series\n"
            "WHERE project_id = {project_id:String} AND day = {day:Int32}",
            {"project_id": project_id, "day": day},
            lane="settle",
        )
        return set(found.column("series_id").to_pylist())

    def _insert(self, table: str, rows: pa.Table) -> None:
        settings: Settings = self._insert_settings
        self._engine.insert_arrow(table, rows, settings)


def _name(labels: Labels) -> _Named:
    return _Named(series_id_of(labels), next(value for name, value in labels if name == METRIC_NAME), labels)


def _days_of(times_ms: npt.NDArray[np.int64]) -> Iterable[int]:
    first, last = int(times_ms[0]) // DAY_MS, int(times_ms[-1]) // DAY_MS
    return (first,) if first == last else np.unique(times_ms // DAY_MS).tolist()


def _by_day(wanted: Iterable[SeriesDay]) -> dict[int, dict[int, None]]:
    days: dict[int, dict[int, None]] = {}
    for series_id, day in wanted:
        days.setdefault(day, {})[series_id] = None
    return days


def _series_table(project_id: str, day: int, named: Sequence[_Named]) -> pa.Table:
    return pa.table(
        {
            "project_id": pa.repeat(pa.scalar(project_id), len(named)),
            "day": pa.repeat(pa.scalar(day, pa.int32()), len(named)),
            "name": pa.array([one.name for one in named]),
            "series_id": pa.array([one.series_id for one in named], pa.uint64()),
            "labels": pa.array([one.labels for one in named], _LABELS_TYPE),
        }
    )


def _sample_table(project_id: str, named: Sequence[_Named], series: Sequence[Series]) -> pa.Table:
    counts = [len(one.times_ms) for one in series]
    times = np.concatenate([one.times_ms for one in series])
    ids = np.array([one.series_id for one in named], np.uint64)
    names = list(dict.fromkeys(one.name for one in named))
    places = {name: place for place, name in enumerate(names)}
    of_name = np.array([places[one.name] for one in named], np.int32)
    return pa.table(
        {
            "project_id": pa.repeat(pa.scalar(project_id), len(times)),
            "name": pa.array(names).take(pa.array(np.repeat(of_name, counts))),
            "series_id": pa.array(np.repeat(ids, counts)),
            "time_ms": pa.array(times),
            "value": pa.array(np.concatenate([one.values for one in series])),
        }
    )
