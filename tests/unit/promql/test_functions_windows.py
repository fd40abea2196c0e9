"""Functions of range vectors, where it takes more than a few samples to go wrong."""

import math

import numpy as np
import pytest
from tests.support.promql_calls import Samples, call, windows

from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions.windows import PIECE_SAMPLES


def _every(step_ms: int, values: list[float]) -> Samples:
    return [(number * step_ms, value) for number, value in enumerate(values)]


def test_sums_of_long_windows_keep_what_large_values_would_swallow() -> None:
    length = 3 * PIECE_SAMPLES
    values = [0.1] * length
    values[10], values[PIECE_SAMPLES + 10] = 1e100, -1e100
    found = call("sum_over_time", windows([_every(1, values)], [length], length + 1))
    assert found.only() == [pytest.approx(0.1 * (length - 2), rel=1e-12)]


def test_averages_survive_sums_that_are_too_large() -> None:
    found = call("avg_over_time", windows([_every(1, [1.5e308, 1.2e308, 0.3e308])], [10], 11))
    assert found.only() == [pytest.approx(1e308)]


def test_an_average_with_both_infinities_is_no_number() -> None:
    (value,) = call("avg_over_time", windows([_every(1, [math.inf, 1, -math.inf])], [10], 11)).only()
    assert value is not None
    assert math.isnan(value)


def test_deviation_of_equal_values_is_exactly_zero() -> None:
    value = 1.5990505637277868
    assert call("stddev_over_time", windows([_every(1, [value] * 500)], [500], 501)).only() == [0.0]


def test_deviation_of_values_far_from_zero_is_exact() -> None:
    values = [1e9 + (number % 2) for number in range(2000)]
    assert call("stdvar_over_time", windows([_every(1, values)], [2000], 2001)).only() == [0.25]


def test_slope_is_per_second_and_level_lines_are_exactly_level() -> None:
    rising, level = [float(number) for number in range(10)], [0.1 + 0.2] * 10
    found = call("deriv", windows([_every(2000, rising), _every(2000, level)], [20_000], 30_000)).points()
    assert list(found.values()) == [[pytest.approx(0.5)], [0.0]]


def test_prediction_counts_from_the_evaluation_and_not_from_the_window() -> None:
    line = windows([_every(1000, [float(number) for number in range(11)])], [10_000], 20_000)
    assert call("predict_linear", line, 5, times_ms=[10_000]).only() == [pytest.approx(15)]
    assert call("predict_linear", line, 5, times_ms=[20_000]).only() == [pytest.approx(25)]


def test_one_sample_has_no_rate_no_slope_and_no_difference() -> None:
    one = windows([_every(1000, [1.0])], [500], 1000)
    for name in ("rate", "increase", "delta", "irate", "idelta", "deriv"):
        assert call(name, one, times_ms=[500]).only() == [None]


def test_a_counter_is_not_extrapolated_below_zero() -> None:
    counter = windows([[(60_000, 1.0), (120_000, 11.0), (180_000, 21.0)]], [200_000], 200_000)
    # 20 in 120 s; 20 s on to the end; back to where it was zero, 6 s, instead of half a distance.
    assert call("increase", counter, times_ms=[200_000]).only() == [pytest.approx(20 * 146 / 120)]


def test_rates_of_what_is_hardly_a_counter_are_told_about_once_per_name() -> None:
    samples = [_every(1000, [1.0, 2.0, 3.0])] * 3
    found = call("rate", windows(samples, [3000], 10_000, name="depth"), times_ms=[3000])
    assert list(found.notes.infos) == [
        "PromQL info: metric might not be a counter, "
        'name does not end in _total/_sum/_count/_bucket: "depth" (1:1)'
    ]
    for name in ("a_total", "a_sum", "a_count", "a_bucket", ""):
        assert not call("rate", windows(samples, [3000], 10_000, name=name), times_ms=[3000]).notes.infos


def test_a_series_without_result_is_not_told_about() -> None:
    found = call("rate", windows([_every(1000, [1.0])], [500], 10_000, name="depth"), times_ms=[500])
    assert not found.notes.infos


def test_names_are_kept_only_by_first_and_last() -> None:
    range_vector = windows([_every(1000, [1.0, 2.0])], [2000], 10_000)
    assert not call("last_over_time", range_vector).value.drop_name  # type: ignore[union-attr]
    assert not call("first_over_time", range_vector).value.drop_name  # type: ignore[union-attr]
    assert call("max_over_time", range_vector).value.drop_name == (True,)  # type: ignore[union-attr]


def test_impossible_quantiles_are_infinite_and_warned_about() -> None:
    range_vector = windows([_every(1000, [1.0, 2.0])], [2000], 10_000)
    found = call("quantile_over_time", 1.5, range_vector)
    assert found.only() == [math.inf]
    assert list(found.notes.warnings) == [
        "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:1)"
    ]
    assert call("quantile_over_time", -1, range_vector).only() == [-math.inf]


def test_the_median_distance_ignores_the_padding_of_shorter_windows() -> None:
    range_vector = windows(
        [_every(1, [math.inf, math.inf, math.inf]), _every(1, [4, 6, 2, 1, 999, 1, 2])], [9], 10
    )
    endless, ordinary = call("mad_over_time", range_vector).points().values()
    assert ordinary == [1.0]
    assert endless[0] is not None
    assert math.isnan(endless[0])


def test_smoothing_follows_a_straight_line() -> None:
    line = windows([_every(1000, [2.0 * number for number in range(20)])], [19_000], 30_000)
    assert call("double_exponential_smoothing", line, 0.3, 0.6).only() == [pytest.approx(38)]


@pytest.mark.parametrize(("smoothing", "trend", "named"), [(0, 0.5, "smoothing"), (0.5, 1, "trend")])
def test_smoothing_factors_lie_between_zero_and_one(smoothing: float, trend: float, named: str) -> None:
    line = windows([_every(1000, [1.0, 2.0])], [2000], 30_000)
    with pytest.raises(EvaluationError, match=f"invalid {named} factor"):
        call("double_exponential_smoothing", line, smoothing, trend)


def test_absence_is_told_at_steps_without_any_sample() -> None:
    range_vector = windows([_every(1000, [1.0, 2.0]), [(5000, 1.0)]], [1000, 3000, 5000], 1000)
    found = call("absent_over_time", range_vector, times_ms=[1000, 3000, 5000])
    assert found.points() == {(): [None, 1.0, None]}


@pytest.mark.parametrize(
    "name", ["rate", "sum_over_time", "max_over_time", "changes", "deriv", "mad_over_time"]
)
def test_no_series_give_no_series(name: str) -> None:
    nothing = windows([], [1000, 2000], 1000)
    assert call(name, nothing, times_ms=[1000, 2000]).points() == {}
    empty = windows([[]], [1000, 2000], 1000)
    assert call(name, empty, times_ms=[1000, 2000]).only() == [None, None]


def test_windows_of_every_length_are_sorted_in_batches() -> None:
    chance = np.random.default_rng(7)
    values = chance.normal(size=3000).tolist()
    ends = list(range(0, 3000, 3))
    found = call("quantile_over_time", 0.5, windows([_every(1, values)], ends, 2500), times_ms=ends).only()
    for end, value in zip(ends[::50], found[::50], strict=True):
        assert value == pytest.approx(np.median(values[max(0, end - 2499) : end + 1]))


class _GivenUp(Exception):
    pass


@pytest.mark.parametrize(
    "name", ["sum_over_time", "max_over_time", "stddev_over_time", "deriv", "mad_over_time"]
)
def test_work_ends_when_nobody_waits_any_more(name: str) -> None:
    def give_up() -> None:
        raise _GivenUp

    with pytest.raises(_GivenUp):
        call(name, windows([_every(1, [0.5, 1.5, 0.25])], [10], 11), check=give_up)


def test_extremes_of_more_samples_than_a_batch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanglass_server.promql.functions.windows.BATCH_SAMPLES", 100)
    values = [float((number * 37) % 101) for number in range(300)]
    ends = list(range(300))
    looks: list[int] = []
    found = call(
        "max_over_time", windows([_every(1, values)], ends, 20), times_ms=ends, check=lambda: looks.append(1)
    )
    assert found.only() == [max(values[max(0, end - 19) : end + 1]) for end in ends]
    assert len(looks) > 50
