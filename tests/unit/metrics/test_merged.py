"""Two readers as one."""

from collections.abc import Sequence

import numpy as np
import pytest

from spanglass_server.metrics.merged import MergedSeries
from spanglass_server.model.series import (
    Exemplar,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
    labels_of,
)
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars

DURING = TimeRange(0, 10**18)


class Reader:
    """A SeriesReader of whole metrics: matchers of another name find nothing, all others everything."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked: list[str] = []

    def _found(self, selectors: Sequence[Sequence[Matcher]]) -> list[Labels]:
        self.asked.append(" or ".join(m.value for matchers in selectors for m in matchers))
        wanted = [
            {m.value for m in matchers if m.name == "__name__" and m.op == "="} for matchers in selectors
        ]
        return [
            labels_of({"__name__": name, "from": self.names[0]})
            for name in self.names
            if not wanted or any(not names or name in names for names in wanted)
        ]

    def select(self, project_id: str, selection: SeriesSelection) -> Sequence[Series]:
        return self.select_many(project_id, [selection])[0]

    def select_many(
        self, project_id: str, selections: Sequence[SeriesSelection]
    ) -> Sequence[Sequence[Series]]:
        one = np.array([1])
        return [
            [Series(labels, one, one.astype(float)) for labels in self._found([selection.matchers])]
            for selection in selections
        ]

    def list_series(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[Labels]:
        return self._found(selectors)[:limit]

    def list_label_names(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[str]:
        return sorted({name for labels in self._found(selectors) for name, _ in labels})[:limit]

    def list_label_values(
        self,
        project_id: str,
        during: TimeRange,
        selectors: Sequence[Sequence[Matcher]],
        *,
        label: str,
        limit: int,
    ) -> Sequence[str]:
        return sorted({dict(labels)[label] for labels in self._found(selectors)})[:limit]

    def list_metadata(self, project_id: str, *, metric: str, limit: int) -> Sequence[MetricMetadata]:
        return [MetricMetadata(n, "gauge", self.names[0], "") for n in self.names if metric in ("", n)][
            :limit
        ]

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        return [SeriesExemplars(labels, [Exemplar((), 1.0, 1)]) for labels in self._found(selectors)]


@pytest.fixture
def views() -> Reader:
    return Reader("llm_a", "llm_b")


@pytest.fixture
def samples() -> Reader:
    return Reader("up", "req")


@pytest.fixture
def merged(views: Reader, samples: Reader) -> MergedSeries:
    return MergedSeries(views, samples, is_view=lambda name: name.startswith("llm_"))


def named(name: str) -> tuple[Matcher, ...]:
    return (Matcher("__name__", "=", name),)


LIKE = (Matcher("__name__", "=~", ".+"),)


def names(series: Sequence[Series]) -> list[str]:
    return [dict(one.labels)["__name__"] for one in series]


def test_a_named_metric_is_asked_of_its_reader_alone(
    merged: MergedSeries, views: Reader, samples: Reader
) -> None:
    assert names(merged.select("p", SeriesSelection(named("llm_a"), 0, 1))) == ["llm_a"]
    assert names(merged.select("p", SeriesSelection(named("up"), 0, 1))) == ["up"]
    assert (views.asked, samples.asked) == (["llm_a"], ["up"])


def test_selections_keep_their_places(merged: MergedSeries) -> None:
    found = merged.select_many(
        "p", [SeriesSelection(m, 0, 1) for m in (named("up"), LIKE, named("llm_b"), named("none"))]
    )
    assert [names(series) for series in found] == [
        *(["up"], ["llm_a", "llm_b", "up", "req"], ["llm_b"], []),
    ]


def test_lists_are_of_both_sorted_and_limited(merged: MergedSeries) -> None:
    of_all = ["llm_a", "llm_b", "req", "up"]
    assert list(merged.list_label_values("p", DURING, [], label="__name__", limit=9)) == of_all
    assert list(merged.list_label_values("p", DURING, [], label="__name__", limit=3)) == of_all[:3]
    assert list(merged.list_label_names("p", DURING, [LIKE], limit=9)) == ["__name__", "from"]
    assert [dict(labels)["__name__"] for labels in merged.list_series("p", DURING, [], limit=9)] == of_all
    exemplars = merged.list_exemplars("p", DURING, [LIKE], limit=9)
    assert [dict(of.labels)["__name__"] for of in exemplars] == of_all


def test_selectors_go_to_whom_they_concern(merged: MergedSeries, views: Reader, samples: Reader) -> None:
    found = merged.list_series("p", DURING, [named("up"), named("llm_b")], limit=9)
    assert [dict(labels)["__name__"] for labels in found] == ["llm_b", "up"]
    assert (views.asked, samples.asked) == (["llm_b"], ["up"])


def test_nobody_is_asked_for_what_he_cannot_have(merged: MergedSeries, views: Reader) -> None:
    assert list(merged.list_label_names("p", DURING, [named("up")], limit=9)) == ["__name__", "from"]
    assert views.asked == []


def test_metadata_of_views_wins(views: Reader) -> None:
    merged = MergedSeries(views, Reader("llm_a", "up"), is_view=lambda name: name.startswith("llm_"))
    assert [(one.name, one.help) for one in merged.list_metadata("p", metric="", limit=9)] == [
        *[("llm_a", "llm_a"), ("llm_b", "llm_a"), ("up", "llm_a")],
    ]
    assert [one.name for one in merged.list_metadata("p", metric="up", limit=9)] == ["up"]
