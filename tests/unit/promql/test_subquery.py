"""Subqueries: at which times the inner expression is evaluated."""

import pytest
from tests.support.promql import ask, ask_range, points_of, stored, values_of

from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import make_plan

MINUTES = stored("up 0+1x100")


@pytest.mark.parametrize(
    ("at_s", "times"),
    [
        (600, [360, 420, 480, 540, 600]),
        (630, [360, 420, 480, 540, 600]),
        (659, [360, 420, 480, 540, 600]),
        (660, [420, 480, 540, 600, 660]),
    ],
)
def test_steps_are_multiples_of_the_step_after_the_windows_start(at_s: int, times: list[int]) -> None:
    assert list(points_of(ask(MINUTES, "up[5m:1m]", at_s=at_s))["up"]) == times


def test_steps_before_1970_are_multiples_too() -> None:
    plan = make_plan(parse("vector(1)[5m:2m]"), start_ms=-30_000, end_ms=-30_000, step_ms=0)
    node = plan.expression
    assert plan.inner_times_of(node, -30_000, -30_000) == (-240_000, -120_000, 120_000)  # type: ignore[arg-type]


def test_without_a_step_the_default_interval_is_taken() -> None:
    plan = make_plan(
        parse("vector(1)[5m:]"), start_ms=600_000, end_ms=600_000, step_ms=0, subquery_step_ms=90_000
    )
    node = plan.expression
    assert plan.inner_times_of(node, 600_000, 600_000) == (360_000, 540_000, 90_000)  # type: ignore[arg-type]


def test_functions_see_the_inner_values() -> None:
    assert values_of(ask(MINUTES, "max_over_time((up * 2)[5m:1m])", at_s=600)) == {"{}": 20}
    assert values_of(ask(MINUTES, "count_over_time(up[10m:2m])", at_s=600)) == {"{}": 5}


def test_offset_and_fixed_time_move_the_window() -> None:
    assert values_of(ask(MINUTES, "max_over_time(up[5m:1m] offset 2m)", at_s=600)) == {"{}": 8}
    found = points_of(ask_range(MINUTES, "max_over_time(up[5m:1m] @ 300)", start_s=0, end_s=120, step_s=60))
    assert found == {"{}": {0: 5, 60: 5, 120: 5}}


def test_gaps_inside_are_gaps() -> None:
    series = stored("up 1 stale _ 4 5")
    assert points_of(ask(series, "up[5m:1m]", at_s=240)) == {"up": {0: 1, 180: 4, 240: 5}}
    found = points_of(ask_range(series, "count_over_time(up[2m:1m])", start_s=0, end_s=240, step_s=60))
    assert found == {"{}": {0: 1, 60: 1, 180: 1, 240: 2}}


def test_a_range_query_equals_its_instants() -> None:
    expression = "avg_over_time(sum_over_time(up[3m])[7m:90s])"
    points = points_of(ask_range(MINUTES, expression, start_s=900, end_s=1800, step_s=45))["{}"]
    for at_s, value in points.items():
        assert values_of(ask(MINUTES, expression, at_s=at_s)) == pytest.approx({"{}": value})
    assert len(points) == 21


def test_ends_of_the_query_are_the_outermost_ones() -> None:
    found = points_of(
        ask_range(MINUTES, "max_over_time((up @ end())[5m:1m])", start_s=0, end_s=120, step_s=60)
    )
    assert found == {"{}": {0: 2, 60: 2, 120: 2}}


def test_names_dropped_inside_stay_dropped() -> None:
    assert values_of(ask(MINUTES, "last_over_time((-up)[5m:1m])", at_s=600)) == {"{}": -10}
