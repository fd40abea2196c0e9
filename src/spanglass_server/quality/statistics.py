"""What is true of all traces, estimated from those that were judged, with 95 % confidence intervals.

A score that was made at the sampling rate p stands for w = 1/p traces. The mean is Hajek's: sum(w y) / sum(w)
(Särndal, Swensson, Wretman 1992, Model Assisted Survey Sampling, 5.7). Its variance is linearized: a unit (a
trace) with n scores that add up to s leaves the residual e = s - n * mean, and

    expected    V = sum(w^2 e^2) / sum(w n)^2
    population  V = sum((1 - p) w^2 e^2) / sum(w n)^2

`population` is the error of sampling alone: how far the mean over exactly these traces, all of them, may be.
Where everything was scored nothing is left of it. `expected` adds how much chance there was in the traces
themselves, S^2 / N with S^2 = sum(w e^2) / N: w^2 (1 - p) + w = w^2. That is what says whether quality moved,
or what the next traces will be like, and the default.

Variances are corrected for the mean having been fitted. Means take Student's t with Satterthwaite's degrees
of freedom; shares Wilson's interval with the effective sample size share (1 - share) / V (Dean and Pagano
2015; Franco et al. 2019); differences Welch's t, or Newcombe's method 10 (1998).
"""

from collections.abc import Sequence
from math import inf, sqrt
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from spanglass_server.model.score_statistics import Moments
from spanglass_server.quality.students_t import (
    normal_probability,
    normal_quantile,
    t_probability,
    t_quantile,
    wilson_interval,
)

About: TypeAlias = Literal["expected", "population"]
"""What an interval is about: what traces like these are expected to be, or exactly the traces there were."""

CONFIDENCE: Final = 0.95
_UPPER: Final = 0.5 + CONFIDENCE / 2
_Z: Final = normal_quantile(_UPPER)


class Estimate(NamedTuple):
    value: float | None
    """None where there is nothing to estimate from."""
    low: float | None = None
    high: float | None = None
    """None of fewer than two units: one says nothing of how they differ."""
    standard_error: float | None = None
    df: float = 0.0
    effective_n: float = 0.0
    """Units that would say as much were they drawn alike and independently."""


NOTHING: Final = Estimate(None)


class Difference(NamedTuple):
    """The second less the first."""

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    """Two-sided: how often chance alone would show at least this difference."""

    @property
    def has_moved(self) -> bool | None:
        """Whether chance alone is an unlikely reason; None where that cannot be told."""
        if self.low is None or self.high is None:
            return None
        return self.low > 0 or self.high < 0


def estimate_mean(
    strata: Sequence[Moments], *, about: About = "expected", bounds: tuple[float, float] | None = None
) -> Estimate:
    """`bounds` between which all values lie, where they are known: no interval leaves them, and one of values
    that all lie at a bound has a width."""
    sums = _Sums.of(strata)
    if sums is None:
        return NOTHING
    if sums.units < 2:
        return Estimate(sums.ratio, effective_n=sums.kish(about))
    error = sqrt(sums.variance(about) * sums.correction)
    df = sums.degrees_of_freedom
    reach = t_quantile(_UPPER, df) * error
    low, high = sums.ratio - reach, sums.ratio + reach
    if bounds is not None:
        low, high = _within(sums, about, bounds, low, high)
    return Estimate(sums.ratio, low, high, error, df, sums.kish(about))


def estimate_share(strata: Sequence[Moments], *, about: About = "expected") -> Estimate:
    """Of indicators: each unit's s counts those of its n scores that are of the kind."""
    sums = _Sums.of(strata)
    if sums is None:
        return NOTHING
    share = min(1.0, max(0.0, sums.ratio))
    if sums.units < 2:
        return Estimate(share, effective_n=sums.kish(about))
    variance = sums.variance(about)
    n = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else sums.kish(about)
    low, high = wilson_interval(share, n, _Z)
    return Estimate(share, low, high, sqrt(variance), sums.degrees_of_freedom, n)


def estimate_population(units: Sequence[Moments]) -> Estimate:
    """How many units there are, scored or not: the sum of w, each decided about on its own."""
    total = sum(stratum.units / stratum.rate for stratum in units)
    error = sqrt(sum(s.units * (1 - s.rate) / s.rate**2 for s in units))
    scored = sum(stratum.units for stratum in units)
    if not scored:
        return Estimate(0.0, 0.0, 0.0, 0.0)
    return Estimate(total, max(float(scored), total - _Z * error), total + _Z * error, error)


def compare_means(first: Estimate, second: Estimate) -> Difference:
    """Of two that share no trace. Welch's t."""
    if first.value is None or second.value is None:
        return Difference(None)
    value = second.value - first.value
    if first.standard_error is None or second.standard_error is None:
        return Difference(value)
    variances = first.standard_error**2, second.standard_error**2
    error = sqrt(sum(variances))
    if error == 0:
        return Difference(value, value, value, 1.0 if value == 0 else 0.0)
    parts = [variance**2 / e.df for variance, e in zip(variances, (first, second), strict=True) if variance]
    df = sum(variances) ** 2 / sum(parts)
    reach = t_quantile(_UPPER, df) * error
    return Difference(value, value - reach, value + reach, 2 * t_probability(-abs(value) / error, df))


def compare_shares(first: Estimate, second: Estimate) -> Difference:
    """Newcombe's interval from the two Wilson ones; the p-value of the pooled z test of effective sizes."""
    if first.value is None or second.value is None:
        return Difference(None)
    value = second.value - first.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Difference(value)
    low = value - sqrt((second.value - second.low) ** 2 + (first.high - first.value) ** 2)
    high = value + sqrt((second.high - second.value) ** 2 + (first.value - first.low) ** 2)
    return Difference(value, low, high, _pooled_p(first, second, value))


def _pooled_p(first: Estimate, second: Estimate, value: float) -> float:
    sizes = first.effective_n, second.effective_n
    if inf in sizes:
        return 1.0 if value == 0 else 0.0
    pooled = (sizes[0] * (first.value or 0) + sizes[1] * (second.value or 0)) / sum(sizes)
    error = sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    return 2 * normal_probability(-abs(value) / error) if error else 1.0


def quantile_levels(level: float, effective_n: float) -> tuple[float, float]:
    """The levels whose quantiles bound the quantile of `level`: Woodruff (1952), Wilson's interval."""
    return wilson_interval(level, effective_n, _Z)


def _within(
    sums: "_Sums", about: About, bounds: tuple[float, float], low: float, high: float
) -> tuple[float, float]:
    """Where all values are alike and at a bound, their variance says nothing: then as a share, whose variance
    is the largest that values between the bounds can have."""
    first, last = bounds
    if low == high and (sums.ratio <= first or sums.ratio >= last):
        share = (sums.ratio - first) / (last - first)
        ends = wilson_interval(min(1.0, max(0.0, share)), sums.kish(about), _Z)
        low, high = (first + end * (last - first) for end in ends)
    return max(first, low), min(last, high)


class _Sums(NamedTuple):
    """Sums over the units of all strata. a = w n is the weight of a unit in the mean."""

    units: int
    ratio: float
    a1: float
    a2: float
    a3: float
    a4: float
    a2_sampled: float
    """Of a^2 (1 - p)."""
    residuals: float
    """Of w^2 e^2."""
    residuals_sampled: float

    @classmethod
    def of(cls, strata: Sequence[Moments]) -> "_Sums | None":
        rows = np.array([stratum for stratum in strata if stratum.units], np.float64)
        if not len(rows):
            return None
        rate, units, n1, n2, n3, n4, n_var, s_mean, s_var, covar = rows.T
        w = 1 / rate
        a1 = float(np.sum(w * n1))
        ratio = float(np.sum(w * units * s_mean)) / a1
        spread = np.maximum(0.0, s_var - 2 * ratio * covar + ratio**2 * n_var)
        squared = w**2 * units * (spread + (s_mean - ratio * n1 / units) ** 2)
        return cls(
            units=int(np.sum(units)),
            ratio=ratio,
            a1=a1,
            a2=float(np.sum(w**2 * n2)),
            a3=float(np.sum(w**3 * n3)),
            a4=float(np.sum(w**4 * n4)),
            a2_sampled=float(np.sum((1 - rate) * w**2 * n2)),
            residuals=float(np.sum(squared)),
            residuals_sampled=float(np.sum((1 - rate) * squared)),
        )

    def variance(self, about: About) -> float:
        return (self.residuals if about == "expected" else self.residuals_sampled) / self.a1**2

    @property
    def correction(self) -> float:
        """For residuals being taken from a fitted mean: 1 over the share of the true squares that they keep
        where all units vary alike; n / (n - 1) for equal weights."""
        kept = 1 - 2 * self.a3 / (self.a1 * self.a2) + self.a2 / self.a1**2
        return 1 / max(kept, 1e-9)

    @property
    def degrees_of_freedom(self) -> float:
        """Satterthwaite's, for units that vary alike; n - 1 for equal weights."""
        return max(1.0, self.a2**2 / self.a4 - 1)

    def kish(self, about: About) -> float:
        """Effective sample size by the weights alone."""
        squares = self.a2 if about == "expected" else self.a2_sampled
        return self.a1**2 / squares if squares > 0 else inf
