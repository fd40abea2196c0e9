"""What a store of series promises: views of spans (`llm_*`) and samples that were sent, read alike.

As in store/ports.py everything may block, is safe to call from many threads, is bounded by project, time,
rows and seconds, and raises StorageUnavailable, StorageFull, QueryTooLarge (which names the limit) or
QueryInvalid.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.series import Exemplar, Labels, Matcher, MetricMetadata, Series, SeriesSelection
from spanglass_server.store.ports import TimeRange


class SeriesExemplars(NamedTuple):
    labels: Labels
    exemplars: Sequence[Exemplar]
    """In the order of time."""


class SeriesReader(Protocol):
    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        """The series with at least one sample, in any order, each label set once. Raises QueryTooLarge with
        the limit `series_per_query_max` or `samples_per_query_max`."""

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        """As `select` for each of them; reads that overlap are done once. What a round of rules asks for."""

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        """The label sets that match any of the selectors and have a sample in the time range, sorted. No
        selectors: all of them."""

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]: ...
    def list_label_values(
        self,
        project_id: str,
        during: TimeRange,
        selectors: Sequence[Sequence[Matcher]],
        *,
        label: str,
        limit: int,
    ) -> Sequence[str]: ...
    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        """Of one metric, or, if `metric` is empty, of all, by name."""

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]: ...


class SampleWriter(Protocol):
    """Durable and idempotent as SpanWriter: a sample of the same series and time replaces the one before."""

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None: ...
    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None: ...


class SeriesDay(NamedTuple):
    series_id: int
    """`model.series.series_id_of` its labels."""
    day: int
    """Days since 1970."""


class LastSample(NamedTuple):
    time_ms: int
    value: float


class SampleStore(SampleWriter, Protocol):
    """What the ingest of metrics needs besides: to know what is there before it lets more in."""

    def admit(self, project_id: str, wanted: Sequence[SeriesDay], *, series_max: int) -> frozenset[SeriesDay]:
        """Those that would make it more than `series_max` series of the project on their day (UTC). Nothing
        is written."""

    def write_exemplars(self, project_id: str, exemplars: Sequence[SeriesExemplars]) -> None: ...
    def find_last_samples(
        self, project_id: str, series: Sequence[Labels], *, since_ms: int
    ) -> Mapping[Labels, LastSample]:
        """The newest sample of each, stale markers passed over; those without are absent."""

    def forget_project(self, project_id: str) -> None:
        """It was deleted."""
