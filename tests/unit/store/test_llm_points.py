"""Which moments of a view's series a selection needs."""

import pytest

from spanglass_server.model.series import SeriesSelection
from spanglass_server.store.clickhouse.llm_points import points_of

MINUTE = 60_000
HOUR = 60 * MINUTE


def times(from_ms: int, to_ms: int, step_ms: int = 0, range_ms: int = 0, function: str = "") -> list[int]:
    selection = SeriesSelection((), from_ms, to_ms, step_ms, range_ms, function)
    return [int(time) for time in points_of(selection).times_ms]


def test_an_instant_selector_needs_its_own_moment() -> None:
    assert times(1_000_000 - 5 * MINUTE, 1_000_000) == [1_000_000]


def test_a_raw_range_has_a_sample_each_15_seconds_and_one_at_its_end() -> None:
    assert times(10_000, 70_000, range_ms=MINUTE) == [15_000, 30_000, 45_000, 60_000, 70_000]


def test_rate_needs_the_first_and_the_last_sample_of_its_window() -> None:
    assert times(1_000, 1_000 + HOUR, range_ms=HOUR, function="rate") == [15_000, 1_000 + HOUR]


def test_rate_over_a_short_window_sees_how_dense_samples_are() -> None:
    assert len(times(0, MINUTE, range_ms=MINUTE, function="rate")) == 4


def test_a_range_query_of_rates_needs_two_samples_a_step() -> None:
    found = times(0, 5 * MINUTE + 3 * MINUTE, MINUTE, 5 * MINUTE, "rate")

    assert found == sorted({*range(15_000, 8 * MINUTE, MINUTE), *range(MINUTE, 8 * MINUTE + 1, MINUTE)})


def test_a_range_query_of_values_needs_one_sample_a_step() -> None:
    found = times(HOUR - 5 * MINUTE, 2 * HOUR, HOUR)

    assert found == [HOUR, 2 * HOUR]


@pytest.mark.parametrize("step_ms", [7_000, 15_000, 30_000, 86_400])
def test_steps_that_are_no_few_on_the_grid_need_all_samples(step_ms: int) -> None:
    found = times(0, HOUR, step_ms, 5 * MINUTE, "rate")

    assert found == list(range(15_000, HOUR + 1, 15_000))


def test_hours_need_facts_only_where_a_moment_lies_apart_from_the_marks() -> None:
    of_hours = points_of(SeriesSelection((), 0, 24 * HOUR, HOUR, 2 * HOUR, "increase"))
    of_now = points_of(SeriesSelection((), 22 * HOUR + 1, 24 * HOUR + 1, 0, 2 * HOUR, "increase"))

    assert of_hours.inner_hours().tolist() == []
    assert of_now.inner_hours().tolist() == [24]
