"""Six numbers that say how a project's model calls do, each judged by its threshold and by what was before.

Growth and trends are told only of enough samples on both sides: a percentile or a mean of three calls says
nothing. What each indicator is made of is what the rule over its threshold counts.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.model.thresholds import ThresholdName, Thresholds
from spanglass_server.store.call_statistics import CallSums

IndicatorName: TypeAlias = Literal["latency", "errors", "tokens", "cost", "quality", "cache"]
State: TypeAlias = Literal["good", "warning", "bad", "not_enough_data"]
Trend: TypeAlias = Literal["better", "worse", "same"]
Reason: TypeAlias = Literal[
    "", "over", "near", "few_samples", "no_comparison", "few_before", "uncertain", "budget_spent",
    "budget_forecast", "budget_used",
]  # fmt: skip

NEAR: Final = 0.8
"""A warning begins at this share of the way to the threshold."""
SAME: Final = 0.05
"""A smaller relative change is none."""
CALLS_MIN: Final = 20
SCORES_MIN: Final = 10
LOOKUPS_MIN: Final = 50
INPUT_TOKENS_MIN: Final = 100_000


class Sample(NamedTuple):
    """A value and how many observations are behind it; None without any."""

    value: float | None
    size: int


class Interval(NamedTuple):
    low: float | None
    high: float | None


class BudgetUse(NamedTuple):
    """Of the budget that is worst off."""

    used_ratio: float
    forecast_ratio: float | None


class Indicator(NamedTuple):
    name: IndicatorName
    value: float | None
    samples: int
    samples_min: int
    state: State
    reason: Reason
    before: float | None
    """None where nothing is compared, or too little was before."""
    trend: Trend | None
    thresholds: tuple[ThresholdName, ...]


def latency_of(sums: CallSums) -> Sample:
    """P99 in seconds."""
    return Sample(None if sums.p99_ns is None else sums.p99_ns / 1e9, sums.calls)


def errors_of(sums: CallSums) -> Sample:
    return Sample(sums.errors / sums.calls if sums.calls else None, sums.calls)


def tokens_of(sums: CallSums) -> Sample:
    """A successful call's, as failed ones have none."""
    answered = sums.calls - sums.errors
    return Sample(sums.tokens / answered if answered > 0 else None, answered)


def cost_of(sums: CallSums, hours: float) -> Sample:
    """USD an hour; None where no call has a known price."""
    priced = sums.billed - sums.unpriced
    return Sample(sums.cost_usd / hours if priced else None, priced)


def cache_of(sums: CallSums) -> Sample:
    return Sample(sums.hits / sums.lookups if sums.lookups else None, sums.lookups)


def prompt_cache_of(sums: CallSums) -> Sample:
    """Share of the input tokens."""
    read = sums.cache_read_tokens
    return Sample(read / sums.input_tokens if sums.input_tokens else None, sums.input_tokens)


def assess_above(
    name: IndicatorName, now: Sample, before: Sample | None, threshold: ThresholdName, thresholds: Thresholds
) -> Indicator:
    """Bad is what is over the threshold."""
    limit = thresholds[threshold]
    return _indicator(name, now, before, CALLS_MIN, (threshold,), lambda value: _above(value, limit))


def assess_tokens(now: Sample, before: Sample | None, thresholds: Thresholds) -> Indicator:
    """Bad is growth over the threshold."""
    limit = thresholds["tokens_growth_ratio"]

    def judge(value: float) -> tuple[State, Reason]:
        if (missing := _missing(before)) is not None:
            return missing
        return _above(_growth(value, before), limit, near=(limit - 1) * NEAR + 1)

    return _indicator("tokens", now, before, CALLS_MIN, ("tokens_growth_ratio",), judge)


def assess_cost(
    now: Sample, before: Sample | None, budget: BudgetUse | None, thresholds: Thresholds
) -> Indicator:
    """Bad is a budget that is spent, or growth over the threshold of more than a few dollars an hour."""
    growth, floor = thresholds["cost_growth_ratio"], thresholds["cost_per_hour_usd"]

    def judge(value: float) -> tuple[State, Reason]:
        if budget is not None and budget.used_ratio >= 1:
            return "bad", "budget_spent"
        is_dear = value > floor
        grown = _above(_growth(value, before), growth) if is_dear and not _missing(before) else _GOOD
        if grown[0] == "bad":
            return grown
        if budget is not None and budget.used_ratio >= thresholds["budget_used_ratio"]:
            return "warning", "budget_used"
        if budget is not None and (budget.forecast_ratio or 0) > 1:
            return "warning", "budget_forecast"
        return grown

    names: tuple[ThresholdName, ...] = ("cost_growth_ratio", "cost_per_hour_usd", "budget_used_ratio")
    return _indicator("cost", now, before, 1, names, judge, before_min=CALLS_MIN)


def assess_quality(
    now: Sample, interval: Interval, before: Sample | None, thresholds: Thresholds
) -> Indicator:
    """Bad is a mean below the threshold; a warning where it may as well be, by the confidence interval."""
    limit = thresholds["quality_mean"]

    def judge(value: float) -> tuple[State, Reason]:
        if value < limit:
            return "bad", "over"
        return ("warning", "uncertain") if interval.low is not None and interval.low < limit else _GOOD

    return _indicator("quality", now, before, SCORES_MIN, ("quality_mean",), judge, is_more_better=True)


def assess_cache(now: CallSums, before: CallSums | None, thresholds: Thresholds) -> Indicator:
    """Of the application's own caches, or without those of the provider's. Little is a warning: there is room
    to improve, and nothing is broken."""
    is_own = now.lookups > 0
    measure = cache_of if is_own else prompt_cache_of
    name: ThresholdName = "cache_hit_ratio" if is_own else "prompt_cache_ratio"
    limit = thresholds[name]
    return _indicator(
        "cache",
        measure(now),
        before and measure(before),
        LOOKUPS_MIN if is_own else INPUT_TOKENS_MIN,
        (name,),
        lambda value: ("warning", "over") if value < limit else _GOOD,
        is_more_better=True,
    )


_GOOD: Final[tuple[State, Reason]] = ("good", "")
_Judge: TypeAlias = Callable[[float], tuple[State, Reason]]


def _indicator(
    name: IndicatorName,
    now: Sample,
    before: Sample | None,
    samples_min: int,
    thresholds: tuple[ThresholdName, ...],
    judge: _Judge,
    *,
    is_more_better: bool = False,
    before_min: int = 0,
) -> Indicator:
    state: State = "not_enough_data"
    reason: Reason = "few_samples"
    is_enough = now.value is not None and now.size >= samples_min
    if now.value is not None and is_enough:
        state, reason = judge(now.value)
    known = before.value if before is not None and before.size >= max(samples_min, before_min) else None
    trend = _trend(now.value, known, is_more_better=is_more_better) if is_enough else None
    return Indicator(name, now.value, now.size, samples_min, state, reason, known, trend, thresholds)


def _above(value: float, limit: float, *, near: float | None = None) -> tuple[State, Reason]:
    if value > limit:
        return "bad", "over"
    return ("warning", "near") if value > (limit * NEAR if near is None else near) else _GOOD


def _missing(before: Sample | None) -> tuple[State, Reason] | None:
    if before is None:
        return "not_enough_data", "no_comparison"
    return ("not_enough_data", "few_before") if before.size < CALLS_MIN or not before.value else None


def _growth(value: float, before: Sample | None) -> float:
    return value / before.value if before is not None and before.value else 1.0


def _trend(now: float | None, before: float | None, *, is_more_better: bool) -> Trend | None:
    if now is None or before is None:
        return None
    if abs(now - before) <= SAME * abs(before):
        return "same"
    return "better" if (now > before) == is_more_better else "worse"


def worst_budget(uses: Sequence[BudgetUse]) -> int | None:
    """Its place; the one whose forecast, or use, is farthest along."""
    ranked = sorted(
        range(len(uses)), key=lambda n: max(uses[n].used_ratio, uses[n].forecast_ratio or 0), reverse=True
    )
    return ranked[0] if ranked else None
