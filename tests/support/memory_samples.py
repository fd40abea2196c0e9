"""A store of samples in memory that keeps the promises of store/series.py, and breaks them when told to."""

from collections.abc import Mapping, Sequence

import numpy as np

from spanglass_server.model.series import (
    Exemplar,
    Labels,
    MetricMetadata,
    Series,
    is_stale,
    series_id_of,
)
from spanglass_server.store.series import LastSample, SeriesDay, SeriesExemplars

_DAY_MS = 86_400_000


class MemorySampleStore:
    """A SampleStore."""

    def __init__(self) -> None:
        self.samples: dict[str, dict[Labels, dict[int, float]]] = {}
        """By project, series and time."""
        self.exemplars: dict[Labels, list[Exemplar]] = {}
        self.metadata: dict[str, MetricMetadata] = {}
        self.failure: Exception | None = None
        """Raised by every write while it is set."""
        self.metadata_failure: Exception | None = None
        """The same, of metadata alone: after the samples are stored."""
        self.write_count = 0

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        if self.failure is not None:
            raise self.failure
        self.write_count += 1
        stored = self.samples.setdefault(project_id, {})
        for one in series:
            assert all(one.times_ms[1:] > one.times_ms[:-1])
            stored.setdefault(one.labels, {}).update(
                zip(one.times_ms.tolist(), one.values.tolist(), strict=True)
            )

    def write_exemplars(self, project_id: str, exemplars: Sequence[SeriesExemplars]) -> None:
        for of in exemplars:
            self.exemplars.setdefault(of.labels, []).extend(of.exemplars)

    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None:
        if self.metadata_failure is not None:
            raise self.metadata_failure
        self.metadata.update({one.name: one for one in metadata})

    def admit(self, project_id: str, wanted: Sequence[SeriesDay], *, series_max: int) -> frozenset[SeriesDay]:
        known = {
            SeriesDay(series_id_of(labels), time_ms // _DAY_MS)
            for labels, samples in self.samples.get(project_id, {}).items()
            for time_ms in samples
        }
        refused: set[SeriesDay] = set()
        for one in wanted:
            if one not in known and one not in refused:
                if sum(day == one.day for _, day in known) >= series_max:
                    refused.add(one)
                else:
                    known.add(one)
        return frozenset(refused)

    def find_last_samples(
        self, project_id: str, series: Sequence[Labels], *, since_ms: int
    ) -> Mapping[Labels, LastSample]:
        found = {}
        for labels in series:
            samples = {
                time_ms: value
                for time_ms, value in self.samples.get(project_id, {}).get(labels, {}).items()
                if time_ms >= since_ms and not is_stale(np.array([value]))[0]
            }
            if samples:
                found[labels] = LastSample(max(samples), samples[max(samples)])
        return found

    def forget_project(self, project_id: str) -> None:
        return None
