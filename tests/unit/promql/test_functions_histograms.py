"""Functions of classic histograms."""

import math
from collections.abc import Mapping, Sequence

import pytest
from tests.support.promql_calls import call, vector

from spanglass_server.model.series import labels_of
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.values import Vector


def _histogram(counts: Mapping[str, float | Sequence[float | None] | None], **labels: str) -> Vector:
    return vector(
        {
            labels_of({"__name__": "h_bucket", "le": bound} | labels): (
                list(count) if isinstance(count, Sequence) else [count]
            )
            for bound, count in counts.items()
        }
    )


@pytest.mark.parametrize(
    ("q", "counts", "expected"),
    [
        (0.5, {"1": 10, "2": 20, "+Inf": 20}, 1.0),
        (0.75, {"1": 10, "2": 20, "+Inf": 20}, 1.5),
        (0.99, {"1": 10, "2": 20, "+Inf": 40}, 2.0),
        (0.0, {"1": 10, "+Inf": 20}, 0.0),
        (0.5, {"-1": 10, "1": 20, "+Inf": 20}, -1.0),
        (0.75, {"-1": 10, "1": 20, "+Inf": 20}, 0.0),
        (0.5, {"1": 10, "1e0": 10, "2": 40, "+Inf": 40}, 1.0),
        (-0.5, {"1": 10, "+Inf": 20}, -math.inf),
        (1.5, {"1": 10, "+Inf": 20}, math.inf),
        (0.5, {"1": 10, "2": 20}, math.nan),
        (0.5, {"+Inf": 20}, math.nan),
        (0.5, {"1": 0, "+Inf": 0}, math.nan),
        (math.nan, {"1": 10, "+Inf": 20}, math.nan),
        (1.0, {"0.1": 0, "0.2": 0, "+Inf": 5}, 0.2),
    ],
)
def test_quantiles_interpolate_within_the_bucket(q: float, counts: dict[str, float], expected: float) -> None:
    found = call("histogram_quantile", q, _histogram(counts)).only()
    assert found == [pytest.approx(expected, nan_ok=True)]


def test_each_step_has_the_buckets_it_has() -> None:
    counts = {"1": [10, None, 10, None], "2": [20, 20, 20, None], "+Inf": [20, 20, None, None]}
    found = call("histogram_quantile", 0.75, _histogram(counts), times_ms=[0, 1, 2, 3]).only()
    assert found[:2] == [1.5, 1.5]
    assert found[2] is not None
    assert math.isnan(found[2])
    assert found[3] is None


def test_counts_that_fall_are_raised_and_told_about_once_with_the_extent() -> None:
    counts = {"0.1": [20.0, 5.0], "1": [10.0, 10.0], "10": [50.0, 50.0], "+Inf": [49.0, 50.0]}
    found = call(
        "histogram_quantile", 0.5, _histogram(counts), times_ms=[1_700_000_000_000, 1_700_000_060_000]
    )
    assert len(found.notes.infos) == 1
    (said,) = found.notes.infos
    assert said == (
        "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
        "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) "
        'for metric name "h_bucket", from buckets 1 to +Inf, with a max diff of 10, over 1 samples '
        "from 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z (1:2)"
    )


def test_differences_that_come_from_floats_are_levelled_silently() -> None:
    counts = {"1": 10.0, "2": 10.0 - 1e-12, "+Inf": 20.0}
    found = call("histogram_quantile", 0.9, _histogram(counts))
    assert not found.notes.infos


@pytest.mark.parametrize("le", ["", "many", "1_0", " 1", "NaN"])
def test_a_bound_that_is_no_number_is_warned_about_and_left_out(le: str) -> None:
    found = call("histogram_quantile", 0.5, _histogram({"1": 10, "+Inf": 10, le: 3}))
    assert found.only() == [0.5]
    assert list(found.notes.warnings) == [
        f'PromQL warning: bucket label "le" is missing or has a malformed value of "{le}" '
        'for metric name "h_bucket" (1:2)'
    ]


def test_a_series_that_is_never_there_is_not_warned_about() -> None:
    assert not call("histogram_quantile", 0.5, _histogram({"many": None})).notes.warnings


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (0, 1.5, 0.02),
        (400, math.inf, 0.94),
        (4, 5, 0.0),
        (-math.inf, math.inf, 1.0),
        (2, 2, 0.0),
        (3, 2, 0.0),
        (math.nan, 1, math.nan),
    ],
)
def test_fractions_between_two_bounds(lower: float, upper: float, expected: float) -> None:
    counts = _histogram({"1": 1, "2": 3, "3": 6, "+Inf": 100})
    assert call("histogram_fraction", lower, upper, counts).only() == [pytest.approx(expected, nan_ok=True)]


def test_several_quantiles_are_told_apart_by_a_label() -> None:
    found = call("histogram_quantiles", _histogram({"1": 10, "2": 20, "+Inf": 20}), "q", 0.5, 1)
    assert found.points() == {
        labels_of({"__name__": "h_bucket", "q": "0.5"}): [1.0],
        labels_of({"__name__": "h_bucket", "q": "1.0"}): [2.0],
    }


def test_the_label_of_several_quantiles_has_to_be_one() -> None:
    with pytest.raises(EvaluationError, match='invalid label name ""'):
        call("histogram_quantiles", _histogram({"1": 10, "+Inf": 20}), "", 0.5)


@pytest.mark.parametrize(
    "name", ["histogram_count", "histogram_sum", "histogram_avg", "histogram_stddev", "histogram_stdvar"]
)
def test_functions_of_native_histograms_pass_over_floats(name: str) -> None:
    assert call(name, _histogram({"1": 10, "+Inf": 20})).points() == {}


def test_hundreds_of_histograms_are_told_apart() -> None:
    rows = {}
    for number in range(300):
        bounds = ("1", "2", "+Inf") if number % 2 else ("5", "+Inf")
        for place, bound in enumerate(bounds, start=1):
            rows[labels_of({"le": bound, "n": str(number)})] = [float(place * (number + 1))]
    found = call("histogram_quantile", 0.5, vector(rows)).points()
    assert len(found) == 300
    assert all(values == [1.5] for labels, values in found.items() if int(dict(labels)["n"]) % 2)
    assert all(values == [5.0] for labels, values in found.items() if not int(dict(labels)["n"]) % 2)
