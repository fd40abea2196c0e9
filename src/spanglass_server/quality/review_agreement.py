"""How far the reviewers of a queue agree, with each other and with evaluators.

Two reviewers: Cohen's kappa over what both judged. All of them: Krippendorff's alpha ("Computing
Krippendorff's Alpha-Reliability", 2011), which takes any number of reviewers and items that not all judged,

    alpha = 1 - D_o / D_e,    D_o = 1/n sum_u 1/(m_u - 1) sum_{i != j} d(v_ui, v_uj)
                              D_e = 1/(n (n - 1)) sum_{i != j} d(v_i, v_j)

over items u with m_u >= 2 values, n of them together, where d is 0 or 1 (nominal) or the squared difference
(interval). Its interval is the percentile bootstrap over items (Zapf et al. 2016, BMC Medical Research
Methodology 16:93).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from spanglass_server.model.review import AnswerValue
from spanglass_server.model.score import ScoreConfig
from spanglass_server.quality.agreement import compare_numbers, confusion, kappa, raw_agreement
from spanglass_server.quality.statistics import CONFIDENCE, NOTHING, Estimate

Level: TypeAlias = Literal["nominal", "interval"]
Unit: TypeAlias = Mapping[str, AnswerValue]
"""What was said of one item, by who said it."""
_Numbers: TypeAlias = npt.NDArray[np.float64]

_RESAMPLES: Final = 1_000
_CELLS_MAX: Final = 2_000_000
_SCALE_MAX: Final = 100
"""Steps of a scale of whole numbers for which kappa is told."""
_PAIRS_MAX: Final = 45
"""Pairs of reviewers that are told: those of ten."""


class PairAgreement(NamedTuple):
    first: str
    second: str
    item_count: int
    """What both judged."""
    raw: Estimate
    """The share of equal judgements."""
    kappa: Estimate
    """For numbers with quadratic weights; nothing where they are no whole numbers."""
    pearson: Estimate
    mean_difference: Estimate
    """The second less the first; of numbers."""


class ReviewAgreement(NamedTuple):
    """Of one score configuration."""

    item_count: int
    """Items with at least two judgements."""
    alpha: Estimate
    pairs: Sequence[PairAgreement]


def agree(units: Sequence[Unit], config: ScoreConfig) -> ReviewAgreement:
    """Of texts nothing but the count can be told."""
    several = [unit for unit in units if len(unit) >= 2]
    if config.data_type == "text":
        return ReviewAgreement(len(several), NOTHING, ())
    together: Counter[tuple[str, str]] = Counter()
    for unit in several:
        together.update(combinations(sorted(unit), 2))
    return ReviewAgreement(
        item_count=len(several),
        alpha=krippendorff_alpha([list(unit.values()) for unit in several], level_of(config)),
        pairs=[compare(several, config, *pair) for pair, _ in together.most_common(_PAIRS_MAX)],
    )


def level_of(config: ScoreConfig) -> Level:
    return "interval" if config.data_type == "numeric" else "nominal"


def compare(units: Sequence[Unit], config: ScoreConfig, first: str, second: str) -> PairAgreement:
    """Of the items that both judged."""
    both = [(unit[first], unit[second]) for unit in units if first in unit and second in unit]
    left, right = [one for one, _ in both], [other for _, other in both]
    if config.data_type != "numeric":
        words = [str(value) for value in left], [str(value) for value in right]
        table = confusion(*words, sorted({*words[0], *words[1]}))
        return PairAgreement(first, second, len(both), raw_agreement(table), kappa(table), NOTHING, NOTHING)
    numbers = np.array(both, np.float64).reshape(-1, 2)
    compared = compare_numbers(numbers[:, 0], numbers[:, 1])
    scale = _whole_numbers(numbers)
    return PairAgreement(
        first=first,
        second=second,
        item_count=len(both),
        raw=raw_agreement(confusion(*_equal_or_not(numbers), ["same", "other"])),
        kappa=NOTHING if scale is None else kappa(scale, "quadratic"),
        pearson=compared.correlation.pearson,
        mean_difference=compared.mean_difference,
    )


def _equal_or_not(numbers: _Numbers) -> tuple[list[str], list[str]]:
    return ["same"] * len(numbers), ["same" if one == other else "other" for one, other in numbers]


def _whole_numbers(numbers: _Numbers) -> _Numbers | None:
    """The counts of pairs on a scale of whole numbers; None where it is no such scale."""
    if not numbers.size or (numbers != np.round(numbers)).any() or np.ptp(numbers) >= _SCALE_MAX:
        return None
    low, high = int(numbers.min()), int(numbers.max())
    labels = [str(number) for number in range(low, high + 1)]
    left, right = ([str(int(number)) for number in column] for column in numbers.T)
    return confusion(left, right, labels)


def consensus(unit: Unit, config: ScoreConfig) -> AnswerValue | None:
    """What the reviewers of an item say together: the mean of numbers, else what most of them say. None where
    two are said equally often."""
    values = list(unit.values())
    if not values:
        return None
    if config.data_type == "numeric":
        return float(np.mean([float(value) for value in values]))
    (most, count), *others = Counter(values).most_common(2)
    return None if others and others[0][1] == count else most


def krippendorff_alpha(units: Sequence[Sequence[AnswerValue]], level: Level) -> Estimate:
    """`units`: the values given to each item, by whomever. None where nothing could have been disagreed on:
    fewer than two values of an item, or only one and the same value at all."""
    paired = [unit for unit in units if len(unit) >= 2]
    if not paired:
        return NOTHING
    sizes = np.array([len(unit) for unit in paired], np.float64)
    sums = _sums(paired, level)
    value = _alpha(np.ones((1, len(paired))), sizes, sums, level)[0]
    if np.isnan(value):
        return Estimate(None, effective_n=len(paired))
    low, high = _bootstrap(lambda drawn: _alpha(drawn, sizes, sums, level), len(paired))
    return Estimate(float(value), low, high, effective_n=len(paired))


def _sums(units: Sequence[Sequence[AnswerValue]], level: Level) -> _Numbers:
    """A row an item: how often each value was given, or the sum of the values and of their squares."""
    if level == "interval":
        numbers = [np.array(unit, np.float64) for unit in units]
        # Differences stay what they are, and squares small.
        middle = float(np.mean(np.concatenate(numbers)))
        return np.array([[(each - middle).sum(), ((each - middle) ** 2).sum()] for each in numbers])
    places = {value: place for place, value in enumerate(sorted({str(v) for unit in units for v in unit}))}
    counts = np.zeros((len(units), len(places)))
    for row, unit in enumerate(units):
        np.add.at(counts[row], [places[str(value)] for value in unit], 1)
    return counts


def _alpha(drawn: _Numbers, sizes: _Numbers, sums: _Numbers, level: Level) -> _Numbers:
    """`drawn`: a row a sample, how often each item is in it. NaN where nothing is expected to differ."""
    n = drawn @ sizes
    observed = drawn @ (_differences(sums, sizes, level) / (sizes - 1)) / n
    expected = _differences(drawn @ sums, n, level) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 1e-15, 1 - observed / expected, np.nan)


def _differences(sums: _Numbers, sizes: _Numbers, level: Level) -> _Numbers:
    """The sum of d over all ordered pairs of the values of a row."""
    if level == "interval":
        return np.maximum(2 * (sizes * sums[:, 1] - sums[:, 0] ** 2), 0)
    return np.asarray(sizes**2 - (sums**2).sum(axis=1), np.float64)


def _bootstrap(statistic: Callable[[_Numbers], _Numbers], count: int) -> tuple[float | None, float | None]:
    """The percentile interval over samples of the items, drawn alike each time."""
    if count < 2:
        return None, None
    random = np.random.default_rng(20_160)
    rows = max(1, _CELLS_MAX // count)
    found: list[_Numbers] = []
    for start in range(0, _RESAMPLES, rows):
        size = min(rows, _RESAMPLES - start)
        drawn = random.multinomial(count, np.full(count, 1 / count), size=size).astype(np.float64)
        found.append(statistic(drawn))
    values = np.concatenate(found)
    values = values[~np.isnan(values)]
    if len(values) < _RESAMPLES // 2:
        return None, None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
