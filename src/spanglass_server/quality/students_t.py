"""Student's t and the normal distribution, as far as intervals need them: numpy has neither."""

from collections.abc import Callable
from functools import lru_cache
from math import exp, isinf, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()
_NORMAL_FROM_DF: Final = 1e6
"""Degrees of freedom from which on t and the normal quantile agree in six digits."""


def normal_quantile(probability: float) -> float:
    return _NORMAL.inv_cdf(probability)


def normal_probability(z: float) -> float:
    return _NORMAL.cdf(z)


def t_probability(t: float, df: float) -> float:
    """P(T <= t) of Student's t; `df` need not be whole."""
    if isinf(df) or df >= _NORMAL_FROM_DF:
        return normal_probability(t)
    tail = 0.5 * beta_regularized(df / (df + t * t), df / 2, 0.5)
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=4096)
def t_quantile(probability: float, df: float) -> float:
    """The t below which a share `probability` lies, for 0.5 <= probability < 1 and df > 0."""
    if isinf(df) or df >= _NORMAL_FROM_DF:
        return normal_quantile(probability)
    high = 2.0
    while t_probability(high, df) < probability:
        high *= 2
    return _bisect(lambda t: t_probability(t, df) - probability, 0.0, high)


def beta_regularized(x: float, a: float, b: float) -> float:
    """I_x(a, b), by the continued fraction of DLMF 8.17.22, evaluated by Lentz's method."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_regularized(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    return front / _beta_fraction(x, a, b)


_TINY: Final = 1e-300
_TERMS_MAX: Final = 10_000


def _beta_fraction(x: float, a: float, b: float) -> float:
    value, c, d = 1.0, 1.0, 0.0
    for term in range(1, _TERMS_MAX):
        m = term // 2
        if term % 2:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing function crosses zero."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2


def fisher_interval(r: float, standard_error: float, confidence: float) -> tuple[float, float]:
    """Of a correlation, symmetrical in Fisher's z."""
    if abs(r) >= 1:
        return r, r
    z = 0.5 * log((1 + r) / (1 - r))
    reach = normal_quantile(0.5 + confidence / 2) * standard_error
    low, high = ((exp(2 * end) - 1) / (exp(2 * end) + 1) for end in (z - reach, z + reach))
    return low, high


def wilson_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson (1927), of a share observed among `n`, which need not be whole; infinite n: the share."""
    if isinf(n):
        return share, share
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - reach), min(1.0, centre + reach)
