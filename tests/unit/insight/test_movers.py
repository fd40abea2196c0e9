import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanglass_server.insight.movers import (
    Kind,
    Moved,
    contribution_of,
    excess_of,
    find_movement,
    rank,
)
from spanglass_server.store.signals import Observed

KINDS: tuple[Kind, ...] = ("sum", "mean")
NUMBERS = st.lists(st.floats(0, 100, allow_subnormal=False), max_size=30)
GROUPS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5)


def observed(values: list[float]) -> Observed:
    return Observed(len(values), math.fsum(values), math.fsum(value**2 for value in values))


def dimension(pairs: list[tuple[list[float], list[float]]]) -> tuple[Moved, list[Moved]]:
    """The whole, and the groups that make it up."""
    groups = [
        Moved("feature", f"f{place}", observed(now), observed(before))
        for place, (now, before) in enumerate(pairs)
    ]
    now = [value for values, _ in pairs for value in values]
    before = [value for _, values in pairs for value in values]
    return Moved("", "", observed(now), observed(before)), groups


def swapped(moved: Moved) -> Moved:
    return moved._replace(now=moved.before, before=moved.now)


def change_of(kind: Kind, whole: Moved) -> float:
    if kind == "sum":
        return whole.now.total - whole.before.total
    return whole.now.mean - whole.before.mean


@pytest.mark.parametrize("kind", KINDS)
@given(pairs=GROUPS)
def test_contributions_of_a_dimension_add_up_to_the_whole_change(
    kind: Kind, pairs: list[tuple[list[float], list[float]]]
) -> None:
    whole, groups = dimension(pairs)
    if kind == "mean" and not (whole.now.size and whole.before.size):
        return
    total = math.fsum(contribution_of(kind, whole, group) for group in groups)
    assert total == pytest.approx(change_of(kind, whole), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@given(values=NUMBERS.filter(bool), factor=st.integers(1, 5))
def test_groups_that_change_alike_have_no_excess(kind: Kind, values: list[float], factor: int) -> None:
    whole, groups = dimension([(values * factor, values), (values * 2 * factor, values * 2)])
    assert [excess_of(kind, whole, group) for group in groups] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@given(pairs=GROUPS)
def test_nothing_moves_where_nothing_changed(
    kind: Kind, pairs: list[tuple[list[float], list[float]]]
) -> None:
    whole, groups = dimension([(now, now) for now, _ in pairs])
    assert find_movement(kind, whole, groups, limit=5).movers == []


@given(pairs=GROUPS)
def test_of_sums_swapping_the_periods_turns_the_signs_and_keeps_the_order(
    pairs: list[tuple[list[float], list[float]]],
) -> None:
    whole, groups = dimension(pairs)
    if not (whole.now.size and whole.before.size):
        return
    there = find_movement("sum", whole, groups, limit=9).movers
    back = find_movement("sum", swapped(whole), [swapped(group) for group in groups], limit=9).movers
    assert [mover.value for mover in back] == [mover.value for mover in there]
    assert [mover.contribution for mover in back] == pytest.approx([-mover.contribution for mover in there])


def test_the_one_that_differs_comes_before_the_one_that_is_large() -> None:
    whole = Moved("", "", Observed(1000, 100, 100), Observed(1000, 10, 10))
    large = Moved("team", "support", Observed(800, 80, 80), Observed(800, 8, 8))
    odd = Moved("feature", "triage", Observed(100, 90, 90), Observed(100, 1, 1))
    assert [mover.value for mover in find_movement("mean", whole, [large, odd], limit=5).movers] == ["triage"]


def test_the_same_calls_are_told_once() -> None:
    now, before = Observed(200, 200.0, 200.0), Observed(50, 50.0, 50.0)
    whole = Moved("", "", Observed(300, 300.0, 300.0), Observed(150, 150.0, 150.0))
    twins = [Moved("feature", "search", now, before), Moved("service", "api", now, before)]
    movers = find_movement("sum", whole, twins, limit=5).movers
    assert [(mover.dimension, mover.contribution) for mover in movers] == [("feature", 150)]


@pytest.mark.parametrize("calls", [(3, 0), (120, 100), (10, 9)])
def test_what_may_be_chance_is_not_told(calls: tuple[int, int]) -> None:
    now, before = (Observed(float(n), float(n), float(n)) for n in calls)
    whole = Moved("", "", Observed(500 + calls[0], 500.0 + calls[0], 0), Observed(500 + calls[1], 500.0, 0))
    assert find_movement("sum", whole, [Moved("feature", "x", now, before)], limit=5).movers == []


def test_calls_without_a_value_and_the_whole_itself_explain_nothing() -> None:
    whole = Moved("", "", Observed(900, 900.0, 900.0), Observed(100, 100.0, 100.0))
    groups = [Moved("service", "only", whole.now, whole.before), Moved("team", "", whole.now, Observed())]
    assert find_movement("sum", whole, groups, limit=5).movers == []


def test_without_an_earlier_period_nothing_is_compared() -> None:
    whole = Moved("", "", Observed(900, 900.0, 900.0), Observed())
    movement = find_movement(
        "sum", whole, [Moved("feature", "x", Observed(500, 500.0, 500.0), Observed())], limit=5
    )
    assert (movement.now, movement.movers) == (900, [])


def test_measures_are_ranked_by_their_strongest_mover_then_by_their_own_change() -> None:
    calm = find_movement("sum", *dimension([([1.0] * 50, [1.0] * 50)]), limit=5)
    grown = find_movement("sum", *dimension([([1.0] * 100, [1.0] * 50)]), limit=5)
    moved = find_movement("sum", *dimension([([1.0] * 200, [1.0] * 20), ([1.0] * 50, [1.0] * 50)]), limit=5)
    assert rank({"calm": calm, "grown": grown, "moved": moved}) == ["moved", "grown", "calm"]
