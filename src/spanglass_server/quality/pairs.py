"""Pairs of judgements of the same targets, as agreement.py compares them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from spanglass_server.model.score_statistics import ScorePair
from spanglass_server.quality.agreement import (
    NumbersCompared,
    Weighting,
    compare_numbers,
    confusion,
    kappa,
    raw_agreement,
)
from spanglass_server.quality.statistics import NOTHING, Estimate

Scale: TypeAlias = Literal["value", "quality"]

LEVELS_MAX: Final = 12
"""Distinct numbers, or categories, up to which a table of them is shown as they are."""

_WEIGHTINGS: Final[tuple[Weighting, ...]] = ("none", "linear", "quadratic")


class Categorized(NamedTuple):
    labels: Sequence[str]
    is_ordered: bool
    table: Sequence[Sequence[int]]
    """Counts: a row a label of the first, a column a label of the second."""
    raw: Estimate
    kappas: Mapping[Weighting, Estimate]
    """Weighted ones where the labels have an order and there are more than two."""


class Compared(NamedTuple):
    pairs: int
    scale: Scale | None
    """Of the numbers that were compared: `quality` where both sides have it; None: there are none."""
    numbers: NumbersCompared | None
    categories: Categorized | None
    """The categories, or the distinct numbers; None where there are too many."""
    threshold: float
    passed: Categorized | None
    """As `categories`, after each number became whether it reaches the threshold."""
    apart: Sequence[tuple[ScorePair, float]]
    """Those that disagree most, each with how far."""


def compare_pairs(pairs: Sequence[ScorePair], *, threshold: float | None, worst: int) -> Compared:
    """`threshold` of the scale's numbers; None: the middle of what there is, 0.5 on the scale 0 to 1."""
    scale = _scale_of(pairs)
    if scale is None:
        categories = _categories_of(pairs)
        return Compared(len(pairs), None, None, categories, 0.0, None, _differing(pairs, worst))
    first, second = _numbers_of(pairs, scale)
    if threshold is None:
        threshold = _middle(first, second)
    passed = _table([_passed(x, threshold) for x in first], [_passed(x, threshold) for x in second], _PASSED)
    return Compared(
        pairs=len(pairs),
        scale=scale,
        numbers=compare_numbers(np.array(first), np.array(second)),
        categories=_categories_of(pairs) or _levels_of(first, second),
        threshold=threshold,
        passed=passed,
        apart=_farthest(pairs, first, second, worst),
    )


_PASSED: Final = ("below", "reached")


def _passed(number: float, threshold: float) -> str:
    return _PASSED[number >= threshold]


def _scale_of(pairs: Sequence[ScorePair]) -> Scale | None:
    if not pairs:
        return None
    if all(p.first_quality is not None and p.second_quality is not None for p in pairs):
        return "quality"
    return "value" if all(p.first is not None and p.second is not None for p in pairs) else None


def _numbers_of(pairs: Sequence[ScorePair], scale: Scale) -> tuple[list[float], list[float]]:
    if scale == "quality":
        return [p.first_quality or 0.0 for p in pairs], [p.second_quality or 0.0 for p in pairs]
    return [p.first or 0.0 for p in pairs], [p.second or 0.0 for p in pairs]


def _middle(first: Sequence[float], second: Sequence[float]) -> float:
    low, high = min(*first, *second), max(*first, *second)
    return 0.5 if low >= 0 and high <= 1 else (low + high) / 2


def _categories_of(pairs: Sequence[ScorePair]) -> Categorized | None:
    """Where both sides chose among words."""
    if not pairs or not all(p.first_label and p.second_label for p in pairs):
        return None
    labels = sorted({p.first_label for p in pairs} | {p.second_label for p in pairs})
    if len(labels) > LEVELS_MAX:
        return None
    order = _order_of(pairs)
    is_ordered = len(labels) > 2 and len(set(order.values())) == len(labels) == len(order)
    if is_ordered:
        labels.sort(key=order.__getitem__)
    firsts, seconds = [p.first_label for p in pairs], [p.second_label for p in pairs]
    return _table(firsts, seconds, labels, is_ordered=is_ordered)


def _order_of(pairs: Sequence[ScorePair]) -> Mapping[str, float]:
    """The quality of each label, where it has one."""
    found = {p.first_label: p.first_quality for p in pairs}
    found |= {p.second_label: p.second_quality for p in pairs}
    return {label: quality for label, quality in found.items() if quality is not None}


def _levels_of(first: Sequence[float], second: Sequence[float]) -> Categorized | None:
    levels = sorted({*first, *second})
    if len(levels) > LEVELS_MAX:
        return None
    word: Callable[[float], str] = "{:.4g}".format
    if len({word(level) for level in levels}) < len(levels):
        return None
    labels = [word(level) for level in levels]
    return _table([word(x) for x in first], [word(x) for x in second], labels, is_ordered=len(labels) > 2)


def _table(
    first: Sequence[str], second: Sequence[str], labels: Sequence[str], *, is_ordered: bool = False
) -> Categorized:
    table = confusion(first, second, labels)
    weightings = _WEIGHTINGS if is_ordered else _WEIGHTINGS[:1]
    return Categorized(
        labels,
        is_ordered,
        table.astype(int).tolist(),
        raw_agreement(table) if len(first) else NOTHING,
        {weighting: kappa(table, weighting) for weighting in weightings},
    )


def _differing(pairs: Sequence[ScorePair], worst: int) -> Sequence[tuple[ScorePair, float]]:
    return [(pair, 1.0) for pair in pairs if pair.first_label != pair.second_label][:worst]


def _farthest(
    pairs: Sequence[ScorePair], first: Sequence[float], second: Sequence[float], worst: int
) -> Sequence[tuple[ScorePair, float]]:
    apart = [(pair, abs(b - a)) for pair, a, b in zip(pairs, first, second, strict=True) if a != b]
    return sorted(apart, key=lambda found: -found[1])[:worst]
