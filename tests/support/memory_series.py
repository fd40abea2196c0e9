"""Series in memory that keep the promises of store/series.py."""

from collections.abc import Sequence

import numpy as np

from spanglass_server.model.series import (
    METRIC_NAME,
    Exemplar,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
    labels_of,
)
from spanglass_server.notify.matchers import is_match
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars


class MemorySeries:
    """A SeriesReader. `failure` is raised by every read while it is set."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, Labels], dict[int, float]] = {}
        self._exemplars: dict[tuple[str, Labels], list[Exemplar]] = {}
        self.metadata: list[MetricMetadata] = []
        self.failure: Exception | None = None
        self.read_count = 0

    def add(
        self, project_id: str, name: str, labels: dict[str, str], points: Sequence[tuple[int, float]]
    ) -> None:
        """`points` are (time in ms, value)."""
        key = (project_id, labels_of({METRIC_NAME: name, **labels}))
        self._series.setdefault(key, {}).update(points)

    def add_exemplar(self, project_id: str, name: str, labels: dict[str, str], exemplar: Exemplar) -> None:
        key = (project_id, labels_of({METRIC_NAME: name, **labels}))
        self._exemplars.setdefault(key, []).append(exemplar)

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        return self.select_many(project_id, [selection])[0]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        self._obstruct()
        return [self._select(project_id, selection) for selection in selections]

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        self._obstruct()
        return self._found(project_id, during, selectors)[:limit]

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]:
        self._obstruct()
        found = self._found(project_id, during, selectors)
        return sorted({name for labels in found for name, _ in labels})[:limit]

    def list_label_values(
        self,
        project_id: str,
        during: TimeRange,
        selectors: Sequence[Sequence[Matcher]],
        *,
        label: str,
        limit: int,
    ) -> Sequence[str]:
        self._obstruct()
        found = self._found(project_id, during, selectors)
        return sorted({value for labels in found for name, value in labels if name == label})[:limit]

    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        self._obstruct()
        return [found for found in sorted(self.metadata) if metric in ("", found.name)][:limit]

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        self._obstruct()
        found = []
        for (owner, labels), exemplars in sorted(self._exemplars.items()):
            near = [e for e in exemplars if during.from_ns <= e.time_ms * 1_000_000 < during.to_ns]
            if owner == project_id and near and _is_any(selectors, labels):
                found.append(SeriesExemplars(labels, near[-limit:]))
        return found

    def _select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        found = []
        for (owner, labels), points in self._series.items():
            times = sorted(t for t in points if selection.from_ms < t <= selection.to_ms)
            if owner == project_id and times and is_match(selection.matchers, dict(labels)):
                values = np.array([points[t] for t in times], np.float64)
                found.append(Series(labels, np.array(times, np.int64), values))
        return found

    def _found(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]]
    ) -> list[Labels]:
        return sorted(
            labels
            for (owner, labels), points in self._series.items()
            if owner == project_id
            and any(during.from_ns <= t * 1_000_000 < during.to_ns for t in points)
            and _is_any(selectors, labels)
        )

    def _obstruct(self) -> None:
        self.read_count += 1
        if self.failure is not None:
            raise self.failure


def _is_any(selectors: Sequence[Sequence[Matcher]], labels: Labels) -> bool:
    return not selectors or any(is_match(matchers, dict(labels)) for matchers in selectors)
