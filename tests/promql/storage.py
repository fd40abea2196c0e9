"""Series in memory, answering a plan's selections as a store does."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import re2
from tests.promql.notation import NativeHistogram
from tests.promql.script import Load

from spanglass_server.model.series import METRIC_NAME, Labels, Matcher, Series, SeriesSelection, labels_of

_BUCKET: Final = "_bucket"
_TYPE_AND_UNIT: Final = {"__type__", "__unit__"}


class Storage:
    """Samples by series. What is experimental is only remembered as being there: no selection gives it."""

    def __init__(self) -> None:
        self._values: dict[Labels, dict[int, float]] = {}
        self._native: dict[Labels, set[int]] = {}
        self._with_starts: set[Labels] = set()

    def clear(self) -> None:
        self._values.clear()
        self._native.clear()
        self._with_starts.clear()

    def load(self, command: Load) -> None:
        self._with_starts |= command.with_starts
        for labels, values in command.series.items():
            for number, value in enumerate(values):
                time_ms = number * command.step_ms
                if isinstance(value, NativeHistogram):
                    self._native.setdefault(labels, set()).add(time_ms)
                elif value is not None:
                    self._values.setdefault(labels, {})[time_ms] = value
                    if command.has_native_twins:
                        self._add_twin(labels, time_ms)

    def _add_twin(self, labels: Labels, time_ms: int) -> None:
        """The histogram with custom buckets that `load_with_nhcb` makes of a classic one."""
        name = dict(labels).get(METRIC_NAME, "")
        if name.endswith(_BUCKET) and "le" in dict(labels):
            own = {key: value for key, value in labels if key != "le"}
            twin = labels_of(own | {METRIC_NAME: name.removesuffix(_BUCKET)})
            self._native.setdefault(twin, set()).add(time_ms)

    def select(self, selection: SeriesSelection) -> list[Series]:
        return selected(
            [
                Series(
                    labels,
                    np.array(sorted(points), np.int64),
                    np.array([points[time] for time in sorted(points)]),
                )
                for labels, points in sorted(self._values.items())
            ],
            selection,
        )

    def experimental(self, selection: SeriesSelection) -> str | None:
        """What the selection covers that is experimental in Prometheus."""
        matches = _matching(selection.matchers)
        natives = (times for labels, times in self._native.items() if matches(labels))
        if any(selection.from_ms < time <= selection.to_ms for times in natives for time in times):
            return "native histograms"
        if any(matches(labels) for labels in self._with_starts):
            return "start timestamps"
        if any(_TYPE_AND_UNIT & dict(labels).keys() and matches(labels) for labels in self._values):
            return "type-and-unit labels"
        return None


def selected(series: Sequence[Series], selection: SeriesSelection) -> list[Series]:
    """What a store gives: the samples in the time range, of series that match and have some."""
    matches = _matching(selection.matchers)
    found = []
    for one in series:
        if matches(one.labels):
            first, last = np.searchsorted(one.times_ms, (selection.from_ms, selection.to_ms), side="right")
            if first < last:
                found.append(Series(one.labels, one.times_ms[first:last], one.values[first:last]))
    return found


def _matching(matchers: Sequence[Matcher]) -> Callable[[Labels], bool]:
    def matches(labels: Labels) -> bool:
        pairs = dict(labels)
        return all(_fits(matcher, pairs.get(matcher.name, "")) for matcher in matchers)

    return matches


def _fits(matcher: Matcher, value: str) -> bool:
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    return (_regex(matcher.value).fullmatch(value) is not None) == (matcher.op == "=~")


@lru_cache(maxsize=1024)
def _regex(text: str) -> Any:
    options = re2.Options()
    options.dot_nl = True
    return re2.compile(text, options)
