"""Why a cost moved: the difference of two periods, split into effects that add up to it.

The cost of a period is a product, summed over groups (model and feature) and token classes:

    requests x calls per request x priced share x sum of group's share x sum of tokens per call x price

Each effect is its factor's Shapley value: what changing that factor alone adds, averaged over every order in
which the factors can be changed. So no factor is first or last, swapping the periods only turns the signs,
and the effects add up to the whole change, up to rounding of floats. (Shapley 1953, "A value for n-person
games"; for such splits of a product: Sun 1998, Energy Economics 20(1), and Albrecht et al. 2002.)

What a period does not have, it cannot tell: the tokens and prices of a group without calls, and the price
of a class without tokens, are taken from the other period. So a group that appears or vanishes is mix,
not price.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import factorial, fsum
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

CostEffect: TypeAlias = Literal[
    "requests", "calls_per_request", "coverage", "mix", "tokens", "cache", "price"
]
COST_EFFECTS: Final[tuple[CostEffect, ...]] = get_args(CostEffect)
"""`coverage`: calls that got, or lost, a known price. `tokens`: of input and of output for each call.
`cache`: which part of the input was read from or written to a provider's cache."""

CallGroup: TypeAlias = tuple[str, ...]
Numbers: TypeAlias = npt.NDArray[np.float64]


class GroupCost(NamedTuple):
    """The calls of a group in a period. The three parts of the input do not overlap."""

    priced_count: int
    """Calls with a known price; only they have tokens and USD here."""
    plain_tokens: float
    read_tokens: float
    write_tokens: float
    output_tokens: float
    plain_usd: float
    read_usd: float
    write_usd: float
    output_usd: float
    other_usd: float
    """By the call, or of no class."""


class PeriodCost(NamedTuple):
    request_count: int
    call_count: int
    """Unpriced ones included; without those that failed before they cost anything."""
    groups: Mapping[CallGroup, GroupCost]


class CostChange(NamedTuple):
    before_usd: float
    after_usd: float
    effects: Mapping[CostEffect, float]
    """USD by which each factor raised the cost, or lowered it; they add up to the difference."""


class _Factors(NamedTuple):
    """Of one period, by the order of COST_EFFECTS. Rows are groups."""

    requests: Numbers
    calls: Numbers
    coverage: Numbers
    shares: Numbers
    tokens: Numbers
    """Per call: input, output, and 1 for the call itself."""
    parts: Numbers
    """Of the input: plain, read, write; adding up to 1."""
    prices: Numbers
    """Per token: plain, read, write, output; per call: other."""


def explain_change(before: PeriodCost, after: PeriodCost) -> CostChange:
    """The effects of what changed from one period to the other."""
    keys = sorted({*before.groups, *after.groups})
    if not keys:
        return CostChange(0.0, 0.0, dict.fromkeys(COST_EFFECTS, 0.0))
    states = _completed(_factors(before, keys), _factors(after, keys))
    values = {chosen: _cost(states, chosen) for chosen in product((0, 1), repeat=len(COST_EFFECTS))}
    first, last = (0,) * len(COST_EFFECTS), (1,) * len(COST_EFFECTS)
    effects = {effect: _shapley(number, values.__getitem__) for number, effect in enumerate(COST_EFFECTS)}
    return CostChange(values[first], values[last], effects)


_Choice: TypeAlias = tuple[int, ...]
"""For each factor, from which period it is taken."""


def _shapley(number: int, value_of: Callable[[_Choice], float]) -> float:
    count = len(COST_EFFECTS)
    terms = []
    for others in product((0, 1), repeat=count - 1):
        size = sum(others)
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        without = (*others[:number], 0, *others[number:])
        with_it = (*others[:number], 1, *others[number:])
        terms += [weight * value_of(with_it), -weight * value_of(without)]
    return fsum(terms)


def _cost(states: tuple[_Factors, _Factors], chosen: _Choice) -> float:
    picked = _Factors(*(states[period][number] for number, period in enumerate(chosen)))
    scale = picked.requests * picked.calls * picked.coverage
    amounts = np.column_stack([picked.tokens[:, :1] * picked.parts, picked.tokens[:, 1:]])
    return float(scale * (picked.shares @ (amounts * picked.prices).sum(axis=1)))


def _factors(period: PeriodCost, keys: Sequence[CallGroup]) -> _Factors:
    """NaN where the period cannot tell."""
    rows = np.array([period.groups.get(key, _NONE) for key in keys], dtype=np.float64)
    counts, tokens, usd = rows[:, 0], rows[:, 1:5], rows[:, 5:10].copy()
    # USD of a class without tokens has no rate: it is paid by the call.
    orphaned = tokens <= 0
    usd[:, 4] += (usd[:, :4] * orphaned).sum(axis=1)
    usd[:, :4][orphaned] = 0.0
    inputs = tokens[:, :3].sum(axis=1)
    per_call = _ratio(np.column_stack([inputs, tokens[:, 3], counts]), counts[:, None])
    return _Factors(
        _scalar(period.request_count, 1),
        _scalar(period.call_count, period.request_count),
        _scalar(float(counts.sum()), period.call_count),
        _ratio(counts, counts.sum()),
        per_call,
        _ratio(tokens[:, :3], inputs[:, None]),
        _ratio(usd, np.column_stack([tokens, counts])),
    )


_NONE: Final = GroupCost(*([0] * len(GroupCost._fields)))


def _scalar(part: float, whole: float) -> Numbers:
    return np.array(part / whole if whole > 0 else np.nan)


def _ratio(parts: Numbers, wholes: npt.ArrayLike) -> Numbers:
    wide = np.broadcast_to(np.asarray(wholes, dtype=np.float64), parts.shape)
    ratio: Numbers = np.divide(parts, wide, out=np.full(parts.shape, np.nan), where=wide > 0)
    return ratio


def _completed(one: _Factors, other: _Factors) -> tuple[_Factors, _Factors]:
    """What one period cannot tell, as in the other; what neither can, is nothing."""
    return _filled(one, other), _filled(other, one)


def _filled(factors: _Factors, other: _Factors) -> _Factors:
    pairs = zip(factors, other, strict=True)
    return _Factors(*(np.nan_to_num(np.where(np.isnan(mine), theirs, mine)) for mine, theirs in pairs))
