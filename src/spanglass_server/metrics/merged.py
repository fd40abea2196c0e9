"""Views of spans and samples that were sent as one SeriesReader."""

from collections.abc import Callable, Sequence

from spanglass_server.model.series import (
    METRIC_NAME,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
)
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars, SeriesReader


class MergedSeries:
    """A SeriesReader over two that have no metric in common: which of them has a metric, its name tells.
    Matchers that name one metric are answered by its reader alone, others by both."""

    def __init__(self, views: SeriesReader, samples: SeriesReader, *, is_view: Callable[[str], bool]) -> None:
        """`is_view`: whether `views` has the series of this name."""
        self._views = views
        self._samples = samples
        self._is_view = is_view

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        return self.select_many(project_id, [selection])[0]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        found: list[list[Series]] = [[] for _ in selections]
        for reader in (self._views, self._samples):
            places = [
                place for place, selection in enumerate(selections) if self._asks(reader, selection.matchers)
            ]
            if places:
                read = reader.select_many(project_id, [selections[place] for place in places])
                for place, series in zip(places, read, strict=True):
                    found[place].extend(series)
        return found

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        found: set[Labels] = set()
        for reader, asked in self._readers(selectors):
            found.update(reader.list_series(project_id, during, asked, limit=limit))
        return sorted(found)[:limit]

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]:
        found: set[str] = set()
        for reader, asked in self._readers(selectors):
            found.update(reader.list_label_names(project_id, during, asked, limit=limit))
        return sorted(found)[:limit]

    def list_label_values(
        self,
        project_id: str,
        during: TimeRange,
        selectors: Sequence[Sequence[Matcher]],
        *,
        label: str,
        limit: int,
    ) -> Sequence[str]:
        found: set[str] = set()
        for reader, asked in self._readers(selectors):
            found.update(reader.list_label_values(project_id, during, asked, label=label, limit=limit))
        return sorted(found)[:limit]

    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        found = {
            metadata.name: metadata
            # Views last: of a name that both know, theirs counts.
            for reader in (self._samples, self._views)
            for metadata in reader.list_metadata(project_id, metric=metric, limit=limit)
        }
        return [found[name] for name in sorted(found)][:limit]

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        found = [
            exemplars
            for reader, asked in self._readers(selectors)
            for exemplars in reader.list_exemplars(project_id, during, asked, limit=limit)
        ]
        return sorted(found, key=lambda of: of.labels)

    def _readers(
        self, selectors: Sequence[Sequence[Matcher]]
    ) -> Sequence[tuple[SeriesReader, Sequence[Sequence[Matcher]]]]:
        """Who is asked, and which of the selectors."""
        readers = []
        for reader in (self._views, self._samples):
            asked = [matchers for matchers in selectors if self._asks(reader, matchers)]
            if asked or not selectors:
                readers.append((reader, asked))
        return readers

    def _asks(self, reader: SeriesReader, matchers: Sequence[Matcher]) -> bool:
        name = next((m.value for m in matchers if m.name == METRIC_NAME and m.op == "="), None)
        return name is None or self._is_view(name) == (reader is self._views)
