"""The llm_* metrics as views of spans, traces and scores (`store.series.SeriesReader`).

Nothing is counted when spans arrive: each series is computed from the rows that are stored, so whatever comes
late, twice, revised or is deleted is right from then on, also in the past. docs/adr/0007-metrics-views.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from spanglass_server.model.series import Labels, Matcher, MetricMetadata, Series, SeriesSelection
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.llm_counts import Counts, count_events, read_hours
from spanglass_server.store.clickhouse.llm_curves import SeriesLimits, Spent, Window, series_of
from spanglass_server.store.clickhouse.llm_exemplars import LlmExemplars
from spanglass_server.store.clickhouse.llm_matching import Hashes, LabelTable, Matching, Wanted
from spanglass_server.store.clickhouse.llm_metrics import METRICS, Family, Source
from spanglass_server.store.clickhouse.llm_points import (
    GRID_MS,
    MS,
    Points,
    nanoseconds,
    points_at,
    points_of,
)
from spanglass_server.store.clickhouse.llm_scores import count_scores
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars

POINTS_LISTED_MAX: Final = 32
"""Moments of instant queries that one read answers."""
LABELS_LISTED_MAX: Final = 500
"""Label sets that a statement names; of more, all are read and the others passed over."""


class _Request(NamedTuple):
    """A part of a selection: the series of one name."""

    selection: int
    wanted: Wanted
    from_ms: int
    points: Points


class LlmSeries:
    def __init__(self, engine: Engine, *, limits: SeriesLimits | None = None) -> None:
        self._engine = engine
        self._limits = limits or SeriesLimits()
        self._matching = Matching(engine)
        self._label_table = LabelTable(engine)
        self._exemplars = LlmExemplars(engine, self._matching, self._label_table)

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        return self.select_many(project_id, [selection])[0]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        distinct = list(dict.fromkeys(selections))
        found: list[list[Series]] = [[] for _ in distinct]
        all_wanted = [self._matching.wanted(selection.matchers) for selection in distinct]
        if any(all_wanted):
            latest_ns = nanoseconds(max(selection.to_ms for selection in distinct))
            reading = _Reading(self._engine, project_id, latest_ns)
            for family, requests in _by_family(distinct, all_wanted, reading).items():
                self._answer(reading, family, requests, found)
        by_selection = dict(zip(distinct, found, strict=True))
        return [by_selection[selection] for selection in selections]

    def totals(self, project_id: str, at_ns: int) -> Sequence[Series]:
        """Every series at one moment (rounded down to the millisecond)."""
        at_ms = at_ns // MS
        return self.select(project_id, SeriesSelection((), at_ms - 1, at_ms))

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        # A series lives on from its first event, so those of a time range are those of its end.
        to_ms = max((during.to_ns - 1) // MS, 0)
        selections = [SeriesSelection(tuple(matchers), to_ms - 1, to_ms) for matchers in (selectors or [()])]
        found = self.select_many(project_id, selections)
        return sorted({series.labels for series in chain.from_iterable(found)})[:limit]

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]:
        found = self._all_series(project_id, during, selectors)
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
        found = self._all_series(project_id, during, selectors)
        return sorted({value for labels in found for name, value in labels if name == label})[:limit]

    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        found = [each.metadata for each in METRICS if metric in ("", each.name)]
        return sorted(found)[:limit]

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        return self._exemplars.list_exemplars(project_id, during, selectors, limit=limit)

    def _all_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]]
    ) -> Sequence[Labels]:
        return self.list_series(project_id, during, selectors, limit=self._limits.series_per_query_max)

    def _answer(
        self,
        reading: "_Reading",
        family: Family,
        requests: Sequence[_Request],
        found: Sequence[list[Series]],
    ) -> None:
        matcher_lists = list(dict.fromkeys(request.wanted.matchers for request in requests))
        if family.source == "score":
            self._answer_scores(reading, requests, found)
            return
        sets = self._label_table.find(reading.project_id, family.labels, matcher_lists)
        matched = dict(zip(matcher_lists, sets.matched, strict=True))
        for points, together in _read_together(requests):
            hashes = np.unique(np.concatenate([matched[each.wanted.matchers] for each in together]))
            if not len(hashes):
                continue
            is_narrow = len(hashes) <= LABELS_LISTED_MAX and all(each.wanted.matchers for each in together)
            counts = reading.count(family, points, hashes if is_narrow else None)
            for request in together:
                hashes = matched[request.wanted.matchers]
                self._add(request, points, counts, hashes, sets.values, found[request.selection])

    def _answer_scores(
        self, reading: "_Reading", requests: Sequence[_Request], found: Sequence[list[Series]]
    ) -> None:
        for points, together in _read_together(requests):
            counts, values = count_scores(self._engine, reading.project_id, points, reading.hours["score"])
            for request in together:
                numbers = [
                    number
                    for number, labels in values.items()
                    if self._matching.matches("score", request.wanted.matchers, labels)
                ]
                hashes = np.array(numbers, np.uint64)
                self._add(request, points, counts, hashes, values, found[request.selection])

    def _add(
        self,
        request: _Request,
        points: Points,
        counts: Counts,
        hashes: Hashes,
        values: Mapping[int, tuple[str, ...]],
        found: list[Series],
    ) -> None:
        """Series of several names share the selection's limits."""
        spent = Spent(self._limits, len(found), sum(len(each.times_ms) for each in found))
        window = _window(request, points)
        found.extend(series_of(request.wanted, counts, hashes, values, window, spent))


class _Reading:
    """What several families read of one project."""

    def __init__(self, engine: Engine, project_id: str, to_ns: int) -> None:
        self._engine = engine
        self.project_id = project_id
        self.hours = read_hours(engine, project_id, to_ns=to_ns)

    def count(self, family: Family, points: Points, hashes: Hashes | None) -> Counts:
        hours = self.hours[family.source]
        return count_events(self._engine, self.project_id, family, points, hours, hashes)

    def begin_ms(self, source: Source) -> int:
        """No series has a sample before."""
        first_ns = int(self.hours[source].first_end_ns.min())
        return (first_ns // (GRID_MS * MS) - 1) * GRID_MS


def _by_family(
    selections: Sequence[SeriesSelection], all_wanted: Sequence[Sequence[Wanted]], reading: _Reading
) -> Mapping[Family, Sequence[_Request]]:
    """Without those of which nothing is stored."""
    found: dict[Family, list[_Request]] = {}
    for number, (selection, wanted) in enumerate(zip(selections, all_wanted, strict=True)):
        sources = {each.metric.family.source for each in wanted} & set(reading.hours)
        if not sources or selection.from_ms >= selection.to_ms:
            continue
        points = points_of(selection, begin_ms=min(map(reading.begin_ms, sources)))
        for each in wanted:
            if each.metric.family.source in sources:
                request = _Request(number, each, selection.from_ms, points)
                found.setdefault(each.metric.family, []).append(request)
    return found


def _read_together(requests: Sequence[_Request]) -> Iterable[tuple[Points, Sequence[_Request]]]:
    """Moments of several selections are counted at once, and time ranges of the same points."""
    yield from _of_moments([request for request in requests if not request.points.period_ms])
    by_points: dict[tuple[int, ...], list[_Request]] = {}
    for request in requests:
        if request.points.period_ms:
            points = request.points
            key = (points.period_ms, points.offset_ms, *points.times_ms[[0, -1]].tolist())
            by_points.setdefault(key, []).append(request)
    for alike in by_points.values():
        yield alike[0].points, alike


def _of_moments(requests: Sequence[_Request]) -> Iterable[tuple[Points, Sequence[_Request]]]:
    together: list[_Request] = []
    moments: set[int] = set()
    for request in sorted(requests, key=lambda each: each.points.times_ms.tolist()):
        more = moments.union(request.points.times_ms.tolist())
        if together and len(more) > POINTS_LISTED_MAX:
            yield points_at(moments), together
            together, more = [], set(request.points.times_ms.tolist())
        together.append(request)
        moments = more
    if together:
        yield points_at(moments), together


def _window(request: _Request, points: Points) -> Window:
    times = request.points.times_ms
    columns = np.searchsorted(points.times_ms, times)
    return Window(times, columns, len(points.times_ms), request.from_ms)
