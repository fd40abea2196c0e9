import pytest

from spanglass_server.insight.indicators import (
    BudgetUse,
    Interval,
    Sample,
    assess_above,
    assess_cache,
    assess_cost,
    assess_quality,
    assess_tokens,
    cost_of,
    worst_budget,
)
from spanglass_server.model.thresholds import DEFAULTS
from spanglass_server.store.call_statistics import CallSums


@pytest.mark.parametrize(
    ("seconds", "state"), [(3.9, "good"), (4.5, "warning"), (5.0, "warning"), (5.1, "bad")]
)
def test_a_warning_comes_before_the_threshold(seconds: float, state: str) -> None:
    found = assess_above("latency", Sample(seconds, 100), None, "latency_p99_seconds", DEFAULTS)
    assert found.state == state


def test_growth_needs_enough_on_both_sides() -> None:
    now = Sample(3_000.0, 100)
    assert assess_tokens(now, Sample(1_000.0, 100), DEFAULTS).state == "bad"
    assert assess_tokens(now, Sample(1_000.0, 19), DEFAULTS).reason == "few_before"
    assert assess_tokens(now, None, DEFAULTS).reason == "no_comparison"
    assert assess_tokens(Sample(3_000.0, 19), Sample(1_000.0, 100), DEFAULTS).reason == "few_samples"


def test_a_trend_is_better_or_worse_by_what_is_wanted() -> None:
    def trend(now: float, before: float) -> str | None:
        return assess_above("errors", Sample(now, 100), Sample(before, 100), "error_ratio", DEFAULTS).trend

    assert (trend(0.01, 0.02), trend(0.02, 0.01), trend(0.0101, 0.01)) == ("better", "worse", "same")
    quality = assess_quality(Sample(0.9, 50), Interval(0.88, 0.92), Sample(0.8, 50), DEFAULTS)
    assert (quality.trend, quality.state) == ("better", "good")


def test_little_money_alarms_nobody_however_it_grew() -> None:
    grown = Sample(4.0, 100), Sample(0.01, 100)
    assert assess_cost(*grown, None, DEFAULTS).state == "good"
    assert assess_cost(Sample(6.0, 100), Sample(0.01, 100), None, DEFAULTS).state == "bad"
    assert assess_cost(Sample(6.0, 100), Sample(5.0, 100), None, DEFAULTS).state == "good"


@pytest.mark.parametrize(
    ("use", "state", "reason"),
    [
        (BudgetUse(1.0, None), "bad", "budget_spent"),
        (BudgetUse(0.85, 1.4), "warning", "budget_used"),
        (BudgetUse(0.2, 1.4), "warning", "budget_forecast"),
        (BudgetUse(0.2, 0.9), "good", ""),
    ],
)
def test_budgets_tell_of_cost(use: BudgetUse, state: str, reason: str) -> None:
    found = assess_cost(Sample(0.5, 100), Sample(0.5, 100), use, DEFAULTS)
    assert (found.state, found.reason) == (state, reason)


def test_the_worst_budget_is_the_one_that_is_farthest_along() -> None:
    assert worst_budget([BudgetUse(0.7, 0.9), BudgetUse(0.1, 2.0), BudgetUse(0.99, None)]) == 1
    assert worst_budget([]) is None


def test_quality_that_may_be_below_is_a_warning() -> None:
    assert assess_quality(Sample(0.72, 20), Interval(0.66, 0.78), None, DEFAULTS).state == "warning"
    assert assess_quality(Sample(0.69, 20), Interval(0.66, 0.78), None, DEFAULTS).state == "bad"
    assert assess_quality(Sample(0.1, 9), Interval(0.0, 0.2), None, DEFAULTS).state == "not_enough_data"


def test_an_own_cache_is_told_before_the_providers() -> None:
    both = CallSums(lookups=100, hits=50, input_tokens=1_000_000, cache_read_tokens=10)
    assert assess_cache(both, None, DEFAULTS).thresholds == ("cache_hit_ratio",)
    provider = assess_cache(both._replace(lookups=0, hits=0), None, DEFAULTS)
    assert (provider.thresholds, provider.state) == (("prompt_cache_ratio",), "warning")


def test_cost_without_a_price_is_unknown() -> None:
    assert cost_of(CallSums(billed=5, unpriced=5), 1.0).value is None
    assert cost_of(CallSums(billed=5, unpriced=4, cost_usd=2.0), 4.0).value == 0.5
