"""Samples of metrics: what is written is what is read, on every engine."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from spanglass_server.base.errors import QueryInvalid, QueryTooLarge
from spanglass_server.model.series import (
    Exemplar,
    Labels,
    Matcher,
    MetricMetadata,
    Series,
    SeriesSelection,
    is_stale,
    labels_of,
    series_id_of,
    stale_marker,
)
from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.samples_reader import ClickHouseSampleSeries, SampleReadLimits
from spanglass_server.store.clickhouse.samples_writer import ClickHouseSampleStore
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import LastSample, SeriesDay, SeriesExemplars

DAY_MS = 86_400_000
T0 = 20_833 * DAY_MS
"""Midnight of a day in 2027."""
DURING = TimeRange((T0 - DAY_MS) * 10**6, (T0 + DAY_MS) * 10**6)


class Metrics:
    def __init__(self, engine: Engine, project_id: str) -> None:
        self.project_id = project_id
        self.engine = engine
        self.store = ClickHouseSampleStore(engine)
        self.reader = ClickHouseSampleSeries(engine)

    def write(self, labels: Labels, *samples: tuple[int, float]) -> None:
        times, values = zip(*samples, strict=True)
        one = Series(labels, np.array(times, np.int64), np.array(values, np.float64))
        self.store.write_samples(self.project_id, [one])

    def read(
        self, *matchers: Matcher, from_ms: int = 0, to_ms: int = T0 + DAY_MS
    ) -> dict[Labels, list[tuple[int, float]]]:
        selection = SeriesSelection(matchers, from_ms, to_ms)
        return {
            series.labels: list(zip(series.times_ms.tolist(), series.values.tolist(), strict=True))
            for series in self.reader.select(self.project_id, selection)
        }


@pytest.fixture
def metrics(engine: Engine, project_id: str) -> Metrics:
    return Metrics(engine, project_id)


def named(name: str, **labels: str) -> Labels:
    return labels_of({"__name__": name, **labels})


def is_named(name: str) -> Matcher:
    return Matcher("__name__", "=", name)


def test_samples_come_back_by_series_in_the_order_of_time(metrics: Metrics) -> None:
    a, b = named("up", instance="a"), named("up", instance="b")
    metrics.write(a, (T0 + 3, 3.0))
    metrics.write(a, (T0 + 1, 1.0), (T0 + 2, 2.0))
    metrics.write(b, (T0 + 1, 0.5))
    metrics.write(named("down"), (T0 + 1, 9.0))

    assert metrics.read(is_named("up")) == {
        a: [(T0 + 1, 1.0), (T0 + 2, 2.0), (T0 + 3, 3.0)],
        b: [(T0 + 1, 0.5)],
    }


def test_labels_come_back_sorted_with_upper_case_before_the_name(metrics: Metrics) -> None:
    labels = named("up", Zone="1", zone="2", a="3")
    metrics.write(labels, (T0, 1.0))
    assert list(metrics.read(is_named("up"))) == [labels]
    assert [name for name, _ in labels] == ["Zone", "__name__", "a", "zone"]


def test_a_selection_leaves_out_its_beginning_and_keeps_its_end(metrics: Metrics) -> None:
    metrics.write(named("up"), *((T0 + second * 1000, float(second)) for second in range(5)))
    found = metrics.read(is_named("up"), from_ms=T0 + 1000, to_ms=T0 + 3000)
    assert found == {named("up"): [(T0 + 2000, 2.0), (T0 + 3000, 3.0)]}


def test_a_series_without_samples_in_the_selection_is_absent(metrics: Metrics) -> None:
    metrics.write(named("up"), (T0, 1.0))
    assert metrics.read(is_named("up"), from_ms=T0, to_ms=T0 + 1000) == {}


def test_values_keep_their_bits(metrics: Metrics) -> None:
    bits = [
        0x7FF0000000000002,
        0x7FF8000000000001,
        0xFFF8000000000000,
        0x8000000000000000,
        0x7FF0000000000000,
    ]
    values = np.array(bits, np.uint64).view(np.float64)
    times = np.arange(T0, T0 + len(bits))
    metrics.store.write_samples(metrics.project_id, [Series(named("odd"), times, values)])
    (found,) = metrics.reader.select(metrics.project_id, SeriesSelection((is_named("odd"),), 0, T0 + 99))
    assert found.values.view(np.uint64).tolist() == bits
    assert is_stale(found.values).tolist() == [True, False, False, False, False]


def test_a_sample_of_the_same_time_replaces_the_one_before(metrics: Metrics) -> None:
    for value in (1.0, 5.0, 3.0):
        metrics.write(named("up"), (T0, value))
    assert metrics.read(is_named("up")) == {named("up"): [(T0, 3.0)]}


def test_samples_of_many_days_are_one_series(metrics: Metrics) -> None:
    samples = [(T0 + day * DAY_MS, float(day)) for day in range(-40, 1)]
    metrics.write(named("up"), *samples)
    assert metrics.read(is_named("up")) == {named("up"): samples}
    assert len(metrics.read(is_named("up"), from_ms=T0 - 3 * DAY_MS)[named("up")]) == 3


def test_projects_do_not_see_each_other(metrics: Metrics) -> None:
    other = Metrics(metrics.engine, f"{metrics.project_id}-other")
    other.write(named("up"), (T0, 1.0))
    assert metrics.read(is_named("up")) == {}


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher("code", "=", "200"), {"a"}),
        (Matcher("code", "=", ""), {"c"}),
        (Matcher("code", "!=", "200"), {"b", "c"}),
        (Matcher("code", "!=", ""), {"a", "b"}),
        (Matcher("code", "=~", "2..|404"), {"a"}),
        (Matcher("code", "=~", "2"), set()),
        (Matcher("code", "=~", ".+"), {"a", "b"}),
        (Matcher("code", "=~", ".*"), {"a", "b", "c"}),
        (Matcher("code", "=~", ""), {"c"}),
        (Matcher("code", "!~", "5.."), {"a", "c"}),
        (Matcher("code", "!~", ".*"), set()),
        (Matcher("path", "=~", "/a.b"), {"b"}),
        (Matcher("path", "=", "/a\nb"), {"b"}),
        (Matcher("path", "=", 'it\'s \\ "x"\t{p0:String}'), {"a"}),
        (Matcher("path", "=~", "(?i)IT'S.*"), {"a"}),
        (Matcher("absent", "=", ""), {"a", "b", "c"}),
        (Matcher("absent", "!=", ""), set()),
        (Matcher("Größe", "=", "groß"), {"c"}),
    ],
)
def test_matchers_match_as_prometheus_does(metrics: Metrics, matcher: Matcher, expected: set[str]) -> None:
    metrics.write(named("req", s="a", code="200", path='it\'s \\ "x"\t{p0:String}'), (T0, 1.0))
    metrics.write(named("req", s="b", code="500", path="/a\nb"), (T0, 1.0))
    metrics.write(named("req", s="c", **{"Größe": "groß"}), (T0, 1.0))
    found = metrics.read(is_named("req"), matcher)
    assert {dict(labels)["s"] for labels in found} == expected


def test_names_are_matched_as_any_label(metrics: Metrics) -> None:
    for name in ("go_gc", "go_mem", "py_gc"):
        metrics.write(named(name), (T0, 1.0))
    found = metrics.read(Matcher("__name__", "=~", "go_.*"), Matcher("__name__", "!=", "go_mem"))
    assert list(found) == [named("go_gc")]


def test_a_bad_regular_expression_is_an_invalid_query(metrics: Metrics) -> None:
    metrics.write(named("up", a="x"), (T0, 1.0))
    with pytest.raises(QueryInvalid):
        metrics.read(is_named("up"), Matcher("a", "=~", "a(b"))


def test_selections_read_together_are_as_those_read_alone(metrics: Metrics) -> None:
    for index in range(6):
        samples = [(T0 + step * 60_000, float(index * step)) for step in range(100)]
        metrics.write(named(f"m{index % 3}", i=str(index)), *samples)
    end = T0 + 99 * 60_000
    selections = [
        SeriesSelection(matchers, from_ms, to_ms)
        for matchers in (
            (is_named("m0"),),
            (is_named("m1"), Matcher("i", "=", "4")),
            (Matcher("__name__", "=~", "m.*"), Matcher("i", "!~", "[0-3]")),
            (is_named("none"),),
        )
        for from_ms, to_ms in (
            (end - 300_000, end),
            (end - 301_000, end - 1000),
            (end - 3_600_000, end),
            (T0 - 10 * DAY_MS, T0 + 60_000),
            (end, end),
        )
    ]
    together = metrics.reader.select_many(metrics.project_id, selections)
    for selection, found in zip(selections, together, strict=True):
        alone = metrics.read(*selection.matchers, from_ms=selection.from_ms, to_ms=selection.to_ms)
        assert {
            series.labels: list(zip(series.times_ms.tolist(), series.values.tolist(), strict=True))
            for series in found
        } == alone


def test_a_round_of_rules_is_a_handful_of_reads(metrics: Metrics) -> None:
    class CountingEngine:
        count = 0

        def query_arrow(self, *args: object, **kwargs: object) -> object:
            self.count += 1
            return metrics.engine.query_arrow(*args, **kwargs)  # type: ignore[arg-type]

    metrics.write(named("up", job="a"), (T0, 1.0))
    counting = CountingEngine()
    reader = ClickHouseSampleSeries(counting)  # type: ignore[arg-type]
    windows = (300_000, 600_000, 3_600_000)
    selections = [
        SeriesSelection((is_named("up"), Matcher("job", "!=", str(index))), T0 - window, T0)
        for index, window in itertools.product(range(20), windows)
    ]
    found = reader.select_many(metrics.project_id, selections)
    assert all(len(series) == 1 for series in found)
    assert counting.count <= 4


def test_too_many_series_name_the_limit(metrics: Metrics) -> None:
    for index in range(4):
        metrics.write(named("up", i=str(index)), (T0, 1.0))
    reader = ClickHouseSampleSeries(metrics.engine, limits=SampleReadLimits(series_max=3, samples_max=100))
    fits = SeriesSelection((is_named("up"), Matcher("i", "!=", "0")), 0, T0)
    assert len(reader.select(metrics.project_id, fits)) == 3
    with pytest.raises(QueryTooLarge) as raised:
        reader.select(metrics.project_id, SeriesSelection((is_named("up"),), 0, T0))
    assert raised.value.limit == "series_per_query_max"
    assert "series_per_query_max" in raised.value.message


def test_too_many_samples_name_the_limit(metrics: Metrics) -> None:
    metrics.write(named("up"), *((T0 + step, 1.0) for step in range(200)))
    reader = ClickHouseSampleSeries(metrics.engine, limits=SampleReadLimits(series_max=3, samples_max=100))
    with pytest.raises(QueryTooLarge) as raised:
        reader.select(metrics.project_id, SeriesSelection((is_named("up"),), 0, T0 + 1000))
    assert raised.value.limit == "samples_per_query_max"


def test_label_names_and_values_are_those_of_the_time_range(metrics: Metrics) -> None:
    metrics.write(named("up", job="old", region="eu"), (T0 - 3 * DAY_MS, 1.0))
    metrics.write(named("up", job="early"), (T0 + 1_000, 1.0))
    metrics.write(named("up", job="late"), (T0 + 7_200_000, 1.0))
    project, reader = metrics.project_id, metrics.reader

    day = TimeRange(T0 * 10**6, (T0 + DAY_MS) * 10**6)
    assert reader.list_label_names(project, day, [], limit=10) == ["__name__", "job"]
    assert reader.list_label_values(project, day, [], label="job", limit=10) == ["early", "late"]
    hour = TimeRange(T0 * 10**6, (T0 + 3_600_000) * 10**6)
    assert reader.list_label_values(project, hour, [], label="job", limit=10) == ["early"]
    ever = TimeRange(-(2**70), 2**70)
    assert reader.list_label_names(project, ever, [], limit=10) == ["__name__", "job", "region"]
    assert reader.list_label_values(project, ever, [], label="__name__", limit=10) == ["up"]
    assert reader.list_label_values(project, ever, [], label="job", limit=2) == ["early", "late"]


def test_series_match_any_selector_and_are_sorted(metrics: Metrics) -> None:
    for name, job in (("up", "b"), ("up", "a"), ("down", "c"), ("left", "d")):
        metrics.write(named(name, job=job), (T0, 1.0))
    selectors = [[is_named("up")], [Matcher("job", "=", "d"), Matcher("__name__", "=~", "l.*")]]
    found = metrics.reader.list_series(metrics.project_id, DURING, selectors, limit=10)
    assert found == [named("left", job="d"), named("up", job="a"), named("up", job="b")]
    assert len(metrics.reader.list_series(metrics.project_id, DURING, [], limit=10)) == 4
    assert len(metrics.reader.list_series(metrics.project_id, DURING, [], limit=3)) == 3


def test_the_newest_metadata_of_a_metric_counts(metrics: Metrics) -> None:
    project = metrics.project_id
    old, new = MetricMetadata("up", "gauge", "old", ""), MetricMetadata("up", "counter", "new", "seconds")
    other = MetricMetadata("down", "histogram", "d", "")
    metrics.store.write_metadata(project, [old, other])
    metrics.store.write_metadata(project, [new])
    assert metrics.reader.list_metadata(project, metric="", limit=10) == [other, new]
    assert metrics.reader.list_metadata(project, metric="up", limit=10) == [new]
    assert metrics.reader.list_metadata(project, metric="", limit=1) == [other]


def test_exemplars_come_back_with_their_series(metrics: Metrics) -> None:
    a, b = named("req_bucket", le="1"), named("req_bucket", le="2")
    metrics.write(a, (T0, 1.0))
    first = Exemplar((("span_id", "s"), ("trace_id", "x")), 0.5, T0)
    second = Exemplar((("trace_id", "y"),), 0.7, T0 + 1000)
    third = Exemplar((("trace_id", "z"),), 1.7, T0 + 500)
    metrics.store.write_exemplars(
        metrics.project_id, [SeriesExemplars(a, [second, first]), SeriesExemplars(b, [third])]
    )

    def read(*matchers: Matcher, limit: int = 10) -> list[SeriesExemplars]:
        return list(metrics.reader.list_exemplars(metrics.project_id, DURING, [matchers], limit=limit))

    assert read(is_named("req_bucket")) == [
        SeriesExemplars(a, [first, second]),
        SeriesExemplars(b, [third]),
    ]
    assert read(is_named("req_bucket"), Matcher("le", "=", "2")) == [SeriesExemplars(b, [third])]
    assert read(is_named("req_bucket"), limit=1) == [SeriesExemplars(a, [second])]
    assert read(is_named("other")) == []


def test_series_beyond_the_limit_of_their_day_are_refused(metrics: Metrics) -> None:
    day = T0 // DAY_MS
    metrics.write(named("up", i="0"), (T0, 1.0))
    metrics.write(named("up", i="1"), (T0, 1.0))

    def admit(*numbers: int, on: int = day) -> set[int]:
        ids = {series_id_of(named("up", i=str(number))): number for number in numbers}
        wanted = [SeriesDay(series_id, on) for series_id in ids]
        refused = metrics.store.admit(metrics.project_id, wanted, series_max=3)
        return {ids[series_id] for series_id, _ in refused}

    assert admit(0, 1) == set()
    assert admit(2) == set()
    assert admit(2, 3, 0, 4) == {3, 4}
    assert admit(2, 3, 4, on=day + 1) == set()
    # As after a restart, from what is stored.
    metrics.store = ClickHouseSampleStore(metrics.engine)
    assert admit(2, 3, 0) == {3}


def test_the_newest_sample_is_found_and_stale_markers_are_passed_over(metrics: Metrics) -> None:
    metrics.write(named("a"), (T0, 1.0), (T0 + 1, 2.0), (T0 + 2, stale_marker()))
    metrics.write(named("b"), (T0 - DAY_MS, 1.0))
    found = metrics.store.find_last_samples(
        metrics.project_id, [named("a"), named("b"), named("c")], since_ms=T0
    )
    assert found == {named("a"): LastSample(T0 + 1, 2.0)}


def test_a_deleted_project_leaves_nothing_and_may_begin_anew(metrics: Metrics) -> None:
    administration = ClickHouseAdministration(metrics.engine, is_fsynced=False)
    project = metrics.project_id

    def write() -> None:
        metrics.write(named("up"), (T0, 1.0))
        metrics.store.write_metadata(project, [MetricMetadata("up", "gauge", "", "")])
        exemplar = SeriesExemplars(named("up"), [Exemplar((("trace_id", "x"),), 1.0, T0)])
        metrics.store.write_exemplars(project, [exemplar])

    def has() -> list[bool]:
        reader = metrics.reader
        return [
            bool(metrics.read(is_named("up"))),
            bool(reader.list_series(project, DURING, [], limit=1)),
            bool(reader.list_metadata(project, metric="", limit=1)),
            bool(reader.list_exemplars(project, DURING, [], limit=1)),
        ]

    write()
    assert has() == [True] * 4
    administration.delete_project(project)
    metrics.store.forget_project(project)
    assert has() == [False] * 4
    write()
    assert has() == [True] * 4


@pytest.fixture
def run_retention(engine: Engine, project_id: str) -> Callable[[int, int], None]:
    administration = ClickHouseAdministration(engine, is_fsynced=False)

    def run(days: int, now_ms: int) -> None:
        administration.set_retention(project_id, days)
        administration.enforce_retention(now_ms * 10**6)
        administration.set_retention(project_id, None)

    return run


def test_samples_older_than_the_projects_retention_go(
    metrics: Metrics, run_retention: Callable[[int, int], None]
) -> None:
    metrics.write(named("up", s="both"), *((T0 - day * DAY_MS, float(day)) for day in range(5)))
    metrics.write(named("up", s="old"), (T0 - 4 * DAY_MS, 1.0))
    run_retention(2, T0 + DAY_MS // 2)
    assert metrics.read(is_named("up")) == {named("up", s="both"): [(T0 - DAY_MS, 1.0), (T0, 0.0)]}
    ever = TimeRange(0, (T0 + DAY_MS) * 10**6)
    assert metrics.reader.list_label_values(metrics.project_id, ever, [], label="s", limit=10) == ["both"]
