"""From where on an indicator is bad: the numbers that the overview and the default rules share."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

ThresholdName: TypeAlias = Literal[
    "latency_p99_seconds",
    "error_ratio",
    "tokens_growth_ratio",
    "cost_growth_ratio",
    "cost_per_hour_usd",
    "budget_used_ratio",
    "quality_mean",
    "cache_hit_ratio",
    "prompt_cache_ratio",
]
THRESHOLD_NAMES: Final[tuple[ThresholdName, ...]] = get_args(ThresholdName)


class Threshold(NamedTuple):
    name: ThresholdName
    default: float
    low: float
    high: float
    """What it may be, both included."""
    is_bad_above: bool
    description: str


THRESHOLDS: Final = (
    Threshold(
        "latency_p99_seconds", 5.0, 0.01, 86_400.0, True, "P99 of how long model calls take, in seconds."
    ),
    Threshold("error_ratio", 0.01, 0.0001, 0.9999, True, "Share of model calls that fail, 0 to 1."),
    Threshold("tokens_growth_ratio", 1.5, 1.01, 100.0, True, "Tokens per call, times those of before."),
    Threshold("cost_growth_ratio", 3.0, 1.01, 1_000.0, True, "Cost of an hour, times the usual hour's."),
    Threshold("cost_per_hour_usd", 5.0, 0.01, 1e9, True, "Dollars an hour below which growth alarms nobody."),
    Threshold("budget_used_ratio", 0.8, 0.51, 0.99, True, "Share of a budget that is spent, 0 to 1."),
    Threshold("quality_mean", 0.7, 0.01, 0.99, False, "Mean quality of scores, 0 to 1; 0.7 is 3.5 of 5."),
    Threshold("cache_hit_ratio", 0.2, 0.001, 0.999, False, "Share of lookups a cache answers, 0 to 1."),
    Threshold(
        "prompt_cache_ratio", 0.2, 0.001, 0.999, False, "Share of input tokens from the provider's cache."
    ),
)
"""In the order in which people read them."""

Thresholds: TypeAlias = Mapping[ThresholdName, float]
"""Every name has a number."""

DEFAULTS: Final[Thresholds] = {threshold.name: threshold.default for threshold in THRESHOLDS}
