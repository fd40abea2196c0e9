"""What a change of cost is put down to; and that the parts are the whole."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanglass_server.insight.cost_change import (
    COST_EFFECTS,
    CostEffect,
    GroupCost,
    PeriodCost,
    explain_change,
)


def group(
    count: int, *, plain: float = 1000, read: float = 0, output: float = 100, rate: float = 1e-6
) -> GroupCost:
    """Calls of so many tokens each; a cached token costs a tenth, one of output four times as much."""
    return GroupCost(
        count, count * plain, count * read, 0, count * output,
        count * plain * rate, count * read * rate / 10, 0, count * output * rate * 4, 0,
    )  # fmt: skip


def period(requests: int, groups: dict[str, GroupCost], *, unpriced: int = 0) -> PeriodCost:
    calls = sum(each.priced_count for each in groups.values()) + unpriced
    return PeriodCost(requests, calls, {(name,): each for name, each in groups.items()})


BEFORE = period(100, {"small": group(100)})


@pytest.mark.parametrize(
    ("effect", "after"),
    [
        ("requests", period(150, {"small": group(150)})),
        ("calls_per_request", period(100, {"small": group(150)})),
        ("coverage", period(100, {"small": group(60)}, unpriced=40)),
        ("mix", period(100, {"small": group(50), "large": group(50, rate=1e-5)})),
        ("tokens", period(100, {"small": group(100, plain=2000, output=300)})),
        ("cache", period(100, {"small": group(100, plain=400, read=600)})),
        ("price", period(100, {"small": group(100, rate=2e-6)})),
    ],
)
def test_one_thing_that_changed_is_the_whole_effect(effect: CostEffect, after: PeriodCost) -> None:
    change = explain_change(BEFORE, after)
    assert change.effects[effect] == pytest.approx(change.after_usd - change.before_usd)
    assert change.effects[effect] != 0
    others = [change.effects[other] for other in COST_EFFECTS if other != effect]
    assert others == pytest.approx([0.0] * len(others), abs=1e-12)


def test_a_model_that_replaces_another_is_mix_and_not_price() -> None:
    change = explain_change(BEFORE, period(100, {"large": group(100, rate=1e-5)}))
    assert change.effects["mix"] == pytest.approx(change.after_usd - change.before_usd)
    assert change.effects["price"] == pytest.approx(0)


def test_a_period_without_calls_is_all_volume() -> None:
    nothing = period(0, {})
    change = explain_change(nothing, BEFORE)
    assert change.before_usd == 0
    assert change.effects["requests"] == pytest.approx(change.after_usd)
    assert explain_change(nothing, nothing).after_usd == 0


_USD = st.floats(0, 1e3)
_TOKENS = st.integers(0, 10**7)
_GROUPS = st.builds(
    GroupCost, st.integers(1, 10**5), _TOKENS, _TOKENS, _TOKENS, _TOKENS, _USD, _USD, _USD, _USD, _USD
)


@st.composite
def periods(draw: st.DrawFn) -> PeriodCost:
    groups: dict[tuple[str, ...], GroupCost] = draw(
        st.dictionaries(st.tuples(st.sampled_from("abcd")), _GROUPS, max_size=4)
    )
    calls = sum(each.priced_count for each in groups.values()) + draw(st.integers(0, 50))
    return PeriodCost(draw(st.integers(1, 1000)) if calls else 0, calls, groups)


@settings(max_examples=60, deadline=None)
@given(periods(), periods())
def test_effects_add_up_to_the_change_and_turn_around_with_time(one: PeriodCost, other: PeriodCost) -> None:
    change, back = explain_change(one, other), explain_change(other, one)
    spent = [sum(sum(each[5:]) for each in of.groups.values()) for of in (one, other)]
    tolerance = 1e-9 * (1 + sum(map(abs, change.effects.values())) + sum(spent))
    assert [change.before_usd, change.after_usd] == pytest.approx(spent, abs=tolerance)
    assert math.isclose(
        math.fsum(change.effects.values()), change.after_usd - change.before_usd, abs_tol=tolerance
    )
    for effect in COST_EFFECTS:
        assert math.isclose(change.effects[effect], -back.effects[effect], abs_tol=tolerance)
