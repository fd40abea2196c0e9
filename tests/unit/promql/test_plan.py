"""What an expression asks a store for."""

import pytest

from spanglass_server.model.series import Matcher, SeriesSelection
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import make_plan

UP = (Matcher("__name__", "=", "up"),)
AT_MS = 10_000_000


def selections(text: str, *, lookback_ms: int = 300_000) -> list[SeriesSelection]:
    plan = make_plan(parse(text), start_ms=AT_MS, end_ms=AT_MS, step_ms=0, lookback_ms=lookback_ms)
    return list(plan.selections)


def window(text: str) -> tuple[int, int]:
    """Seconds before the evaluation."""
    (selection,) = selections(text)
    return (AT_MS - selection.from_ms) // 1000, (AT_MS - selection.to_ms) // 1000


def test_a_selector_needs_the_lookback() -> None:
    assert selections("up") == [SeriesSelection(matchers=UP, from_ms=AT_MS - 300_000, to_ms=AT_MS)]
    assert selections("up", lookback_ms=1000)[0].from_ms == AT_MS - 1000


@pytest.mark.parametrize(
    ("text", "first_s", "last_s"),
    [
        ("rate(up[1m])", 60, 0),
        ("up offset 1m", 360, 60),
        ("rate(up[1m] offset -1m)", 0, -60),
        ("up @ 9000", 1300, 1000),
        ("rate(up[1m] @ 9000 offset 1m)", 1120, 1060),
        ("max_over_time(up[10m:1m])", 880, 40),
        ("max_over_time(rate(up[1m])[10m:1m] offset 5m)", 940, 340),
        ("max_over_time(up[10m:])", 880, 40),
        ("max_over_time(max_over_time(up[5m:1m])[10m:5m])", 940, 100),
        ("max_over_time(up[10m:1m] @ 9000)", 1840, 1000),
    ],
)
def test_windows_offsets_fixed_times_and_subqueries_add_up(text: str, first_s: int, last_s: int) -> None:
    assert window(text) == (first_s, last_s)


def test_a_range_query_needs_all_its_steps_at_once() -> None:
    plan = make_plan(parse("rate(up[1m])"), start_ms=0, end_ms=600_000, step_ms=60_000)
    assert plan.selections == (
        SeriesSelection(
            matchers=UP, from_ms=-60_000, to_ms=600_000, step_ms=60_000, range_ms=60_000, function="rate"
        ),
    )


def test_ends_of_the_query_fix_a_selector() -> None:
    plan = make_plan(parse("up @ start() + up @ end()"), start_ms=0, end_ms=600_000, step_ms=60_000)
    assert [selection.to_ms for selection in plan.selections] == [0, 600_000]


def test_the_same_need_is_fetched_once() -> None:
    assert len(selections("up / up")) == 1
    assert len(selections("rate(up[5m]) / sum(rate(up[5m]))")) == 1
    assert len(selections("up / up offset 1m")) == 2
    assert len(selections("up + max_over_time(up[5m])")) == 2


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("sum(up)", "sum"),
        ("sum((up))", "sum"),
        ("sum(rate(up[5m]))", "rate"),
        ("sum(up > 5)", ""),
        ("quantile(scalar(up), vector(1))", "scalar"),
        ("sum(up) / count(up)", ""),
    ],
)
def test_the_function_around_the_selector_is_a_hint(text: str, function: str) -> None:
    assert [selection.function for selection in selections(text)] == [function]


@pytest.mark.parametrize("text", ["up[5m]", '"text"', "up[5m:1m]"])
def test_only_vectors_and_scalars_have_a_range_query(text: str) -> None:
    with pytest.raises(ExpressionInvalid, match="for range query, must be Scalar or instant Vector"):
        make_plan(parse(text), start_ms=0, end_ms=1000, step_ms=1000)


def test_numbers_need_nothing() -> None:
    assert selections("1 + time()") == []
