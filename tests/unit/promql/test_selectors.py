"""Which samples selectors see: lookback, stale markers, offset, @, ranges."""

import math

import numpy as np
import pytest
from tests.support.promql import ask, ask_range, points_of, stored, values_of

from spanglass_server.model.series import Series, labels_of
from spanglass_server.promql.result import Result

MINUTES = stored("up 0+1x20")


def test_the_newest_sample_counts_for_the_lookback_but_not_at_its_end() -> None:
    series = stored("up 7")
    assert values_of(ask(series, "up", at_s=0)) == {"up": 7}
    assert values_of(ask(series, "up", at_s=299.999)) == {"up": 7}
    assert values_of(ask(series, "up", at_s=300)) == {}


def test_a_stale_marker_ends_a_series_at_once() -> None:
    series = stored("up 1 2 stale _ 5")
    found = points_of(ask_range(series, "up", start_s=0, end_s=300, step_s=60))
    assert found == {"up": {0: 1, 60: 2, 240: 5, 300: 5}}


def test_ranges_do_not_hold_stale_markers() -> None:
    series = stored("up 1 2 stale 4", "down stale stale", "gone 1 stale")
    assert values_of(ask(series, "count_over_time(up[10m])", at_s=180)) == {"{}": 3}
    assert values_of(ask(series, "count_over_time(down[10m])", at_s=180)) == {}
    assert values_of(ask(series, "last_over_time(gone[10m])", at_s=180)) == {"gone": 1}


def test_nan_is_a_value() -> None:
    (sample,) = ask(stored("up NaN"), "up").vector
    assert math.isnan(sample.value)


def test_ranges_are_open_to_the_left() -> None:
    assert values_of(ask(MINUTES, "count_over_time(up[2m])", at_s=600)) == {"{}": 2}
    assert values_of(ask(MINUTES, "sum_over_time(up[2m])", at_s=600)) == {"{}": 19}


def test_offsets_look_back_and_ahead() -> None:
    assert values_of(ask(MINUTES, "up offset 3m", at_s=600)) == {"up": 7}
    assert values_of(ask(MINUTES, "up offset -3m", at_s=600)) == {"up": 13}


def test_at_fixes_the_time_for_all_steps() -> None:
    found = points_of(ask_range(MINUTES, "up @ 300 + up", start_s=0, end_s=120, step_s=60))
    assert found == {"{}": {0: 5, 60: 6, 120: 7}}
    found = points_of(ask_range(MINUTES, "up @ end() - up @ start()", start_s=60, end_s=180, step_s=60))
    assert found == {"{}": {60: 2, 120: 2, 180: 2}}


def test_a_range_of_a_fixed_time_may_still_move_its_function() -> None:
    found = points_of(
        ask_range(MINUTES, "predict_linear(up[5m] @ 300, 60)", start_s=300, end_s=420, step_s=60)
    )
    assert list(found["{}"].values()) == pytest.approx([6, 7, 8])


def test_an_instant_query_of_a_range_gives_its_samples() -> None:
    result = ask(MINUTES, "up[3m] offset 1m", at_s=600)
    assert result.type == "matrix"
    assert points_of(result) == {"up": {420: 7, 480: 8, 540: 9}}


def test_times_as_far_as_they_can_be_told_are_empty() -> None:
    for moved in ("@ 4.6e15 offset -290y", "@ -4.6e15 offset 290y", "offset 290y"):
        assert values_of(ask(MINUTES, f"up {moved}")) == {}
        assert values_of(ask(MINUTES, f"max_over_time(up[290y] {moved})")) == {}
        assert values_of(ask(MINUTES, f"max_over_time(up[290y:100y] {moved})")) == {}


def test_timestamp_of_a_selector_is_the_samples_own() -> None:
    assert values_of(ask(MINUTES, "timestamp(up)", at_s=630)) == {"{}": 600}
    assert values_of(ask(MINUTES, "timestamp((up offset 1m))", at_s=630)) == {"{}": 540}
    assert values_of(ask(MINUTES, "timestamp(up + 0)", at_s=630)) == {"{}": 630}


def test_a_range_that_ends_before_it_starts_has_no_steps() -> None:
    assert points_of(ask_range(MINUTES, "sum(rate(up[5m]))", start_s=60, end_s=0, step_s=60)) == {}


def test_results_are_ordered_by_labels() -> None:
    series = stored('up{a="2"} 1', 'up{a="1", b="1"} 1', 'up{a="1"} 1')
    assert list(values_of(ask(series, "up"))) == ['up{a="1"}', 'up{a="1", b="1"}', 'up{a="2"}']
    ranged = ask_range(series, "up", start_s=0, end_s=60, step_s=60)
    assert list(points_of(ranged)) == ['up{a="1"}', 'up{a="1", b="1"}', 'up{a="2"}']


def test_scalars_and_strings_are_results_too() -> None:
    assert (ask([], "1 + 1").type, ask([], "1 + 1").scalar) == ("scalar", 2)
    assert (ask([], '"a"').type, ask([], '"a"').string) == ("string", "a")
    assert points_of(ask_range([], "time()", start_s=0, end_s=2, step_s=1)) == {"{}": {0: 0, 1: 1, 2: 2}}


@pytest.mark.parametrize("expression", ["up", "count_over_time(up[7m])", "sum_over_time(up[7m] offset 31s)"])
@pytest.mark.parametrize("step_s", [15, 60, 90])
def test_ranges_of_many_irregular_series_equal_instants(expression: str, step_s: int) -> None:
    """All at once, by pieces of series, or step by step: the same samples are found."""
    series = _irregular(count=40, samples=200)
    ranged = ask_range(series, expression, start_s=900, end_s=900 + 30 * step_s, step_s=step_s)
    points = points_of(ranged)
    for step in range(31):
        at_s = 900 + step * step_s
        instant = values_of(ask(series, expression, at_s=at_s))
        assert instant == {key: values[at_s] for key, values in points.items() if at_s in values}


def test_pieces_of_many_series_lose_none() -> None:
    series = _irregular(count=700, samples=20)
    result = ask_range(series, "up", start_s=0, end_s=3600, step_s=15)
    assert len(result.matrix) == 700
    assert _totals(result) == _totals(ask_range(series[::-1], "up", start_s=0, end_s=3600, step_s=15))


def _totals(result: Result) -> list[float]:
    return [float(series.values.sum()) for series in result.matrix]


def _irregular(*, count: int, samples: int) -> list[Series]:
    random = np.random.default_rng(7)
    found = []
    for number in range(count):
        times = np.cumsum(random.integers(1, 60_000, samples)).astype(np.int64)
        labels = labels_of({"__name__": "up", "number": str(number)})
        found.append(Series(labels, times, random.integers(0, 100, samples).astype(np.float64)))
    return found
