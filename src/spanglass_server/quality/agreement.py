"""How far two judgements of the same targets agree: a judge and a person, two judges, two people.

Kappa is Cohen's (1960), weighted as Cohen (1968): the disagreement of two categories i and j of k in order is
|i - j| (linear) or (i - j)^2 (quadratic). Its interval takes the large-sample variance of Fleiss, Cohen and
Everitt (1969). Correlations take Fisher's z, Spearman's with the error of Bonett and Wright (2000).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from spanglass_server.quality.statistics import CONFIDENCE, NOTHING, Estimate
from spanglass_server.quality.students_t import fisher_interval, normal_quantile, t_quantile, wilson_interval

Weighting: TypeAlias = Literal["none", "linear", "quadratic"]
Numbers: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = npt.NDArray[np.float64]

_UPPER: Final = 0.5 + CONFIDENCE / 2
_Z: Final = normal_quantile(_UPPER)

LEVELS: Final = ((0.0, "poor"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
"""Upper ends of what Landis and Koch (1977) call a kappa; above is almost perfect."""


class Correlation(NamedTuple):
    pearson: Estimate
    spearman: Estimate


class NumbersCompared(NamedTuple):
    """The second less the first."""

    mean_difference: Estimate
    mean_absolute: Estimate
    correlation: Correlation


def confusion(first: Sequence[str], second: Sequence[str], labels: Sequence[str]) -> Table:
    """Counts by (label of the first, label of the second). Every label is one of `labels`."""
    places = {label: place for place, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    np.add.at(table, ([places[label] for label in first], [places[label] for label in second]), 1)
    return table


def raw_agreement(table: Table) -> Estimate:
    n = float(table.sum())
    if not n:
        return NOTHING
    share = float(np.trace(table)) / n
    low, high = wilson_interval(share, n, _Z)
    return Estimate(share, low, high, sqrt(share * (1 - share) / n), n - 1, n)


def kappa(table: Table, weighting: Weighting = "none") -> Estimate:
    """None where chance alone would agree always: both gave one and the same category to everything."""
    n = float(table.sum())
    if not n:
        return NOTHING
    shares = table / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    weights = _agreement_weights(len(table), weighting)
    observed, by_chance = float((weights * shares).sum()), float(rows @ weights @ columns)
    if by_chance >= 1 - 1e-12:
        return Estimate(None, effective_n=n)
    value = (observed - by_chance) / (1 - by_chance)
    if n < 2:
        return Estimate(value, effective_n=n)
    error = _kappa_error(shares, weights, value, by_chance, n)
    low, high = max(-1.0, value - _Z * error), min(1.0, value + _Z * error)
    return Estimate(value, low, high, error, n - 1, n)


def _kappa_error(shares: Table, weights: Table, value: float, by_chance: float, n: float) -> float:
    """Fleiss, Cohen and Everitt 1969, formula 14, for weights of agreement."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    row_means, column_means = weights @ columns, rows @ weights
    means = row_means[:, None] + column_means[None, :]
    squares = float((shares * (weights - means * (1 - value)) ** 2).sum())
    variance = (squares - (value - by_chance * (1 - value)) ** 2) / (n * (1 - by_chance) ** 2)
    return sqrt(max(0.0, variance))


def _agreement_weights(count: int, weighting: Weighting) -> Table:
    if weighting == "none" or count < 2:
        return np.eye(count)
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / (count - 1)
    return np.asarray(1 - (apart if weighting == "linear" else apart**2), np.float64)


def strength(value: float | None) -> str | None:
    """Landis and Koch's word for a kappa."""
    if value is None:
        return None
    return next((word for end, word in LEVELS if value <= end), "almost perfect")


def compare_numbers(first: Numbers, second: Numbers) -> NumbersCompared:
    """Of pairs, in their order."""
    apart = second - first
    pearson = _correlation(first, second)
    return NumbersCompared(
        _mean(apart),
        _mean(np.abs(apart)),
        Correlation(
            _correlated(pearson, len(first), 1.0),
            _correlated(
                (rho := _correlation(_ranks(first), _ranks(second))), len(first), 1 + (rho or 0) ** 2 / 2
            ),
        ),
    )


def _mean(numbers: Numbers) -> Estimate:
    n = len(numbers)
    if not n:
        return NOTHING
    mean = float(numbers.mean())
    if n < 2:
        return Estimate(mean, effective_n=n)
    error = float(numbers.std(ddof=1)) / sqrt(n)
    reach = t_quantile(_UPPER, n - 1) * error
    return Estimate(mean, mean - reach, mean + reach, error, n - 1, n)


def _correlation(first: Numbers, second: Numbers) -> float | None:
    """None where one of them never varies."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))


def _correlated(r: float | None, n: int, inflation: float) -> Estimate:
    if r is None or n < 4:
        return Estimate(r, effective_n=n)
    error = sqrt(inflation / (n - 3))
    low, high = fisher_interval(r, error, CONFIDENCE)
    return Estimate(r, low, high, error, n - 3, n)


def _ranks(numbers: Numbers) -> Numbers:
    """From 1; equal ones share the mean of their places."""
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], np.float64)
