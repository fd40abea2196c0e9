"""What changed most: which group of calls explains a measure's change from one period to another.

Every measure is a sum, or a mean, of one number a call. A group's contribution to the change of a sum is the
change of its own sum. To that of a mean it is

    now's share x (its mean now - the mean of all before)  -  before's share x (its mean before - the same)

so that the contributions of a dimension's groups add up to the change of the whole, and a group counts for
becoming larger as well as for changing. (The usual split of a mean's change into mix and rate, both in one.)

What grows with everything else explains nothing. A group's excess is its contribution beyond its share of
the whole times the whole's change: nothing where all groups change alike, and adding up to nothing over a
dimension. Groups are put in order by the geometric mean of contribution and excess, so that neither the
largest group nor the oddest one is first, but the one that explains most by being different.

Noise is kept out by a floor: a contribution has to be several times what it would vary by chance, were calls
independent. For sums that is the root of the sum of squares (compound Poisson: Var = sum of x^2), for means
the standard error of the group's mean times its share.
"""

from collections.abc import Mapping, Sequence
from math import fsum, sqrt
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.store.signals import Observed

Kind: TypeAlias = Literal["sum", "mean"]

DEVIATIONS_MIN: Final = 3.0
"""Standard deviations that a contribution has to exceed."""
EFFECT_MIN: Final = 0.02
"""Contributions below this share of the whole are not told."""
EXCESS_DEVIATIONS_MIN: Final = 2.0
COUNT_MIN: Final = 20
"""Observations in both periods together."""
WHOLE: Final = 0.98
"""A group with so much of both periods is the whole, and explains nothing."""


class Moved(NamedTuple):
    """A group in both periods."""

    dimension: str
    value: str
    now: Observed
    before: Observed


class Mover(NamedTuple):
    dimension: str
    value: str
    now: Observed
    before: Observed
    contribution: float
    """To the change of the whole, in the measure's unit."""
    effect: float
    """The contribution as a part of the larger of the whole's two values; its sign is the contribution's."""
    excess: float
    """The contribution beyond what the group would have by its size alone."""
    strength: float
    """What groups are put in order by, 0 or more."""


class Movement(NamedTuple):
    """A measure of all calls, and the groups that moved it, the strongest first; of several with the
    same calls the first."""

    now: float | None
    """None without an observation."""
    before: float | None
    movers: Sequence[Mover]

    @property
    def change(self) -> float | None:
        return None if self.now is None or self.before is None else self.now - self.before


def find_movement(kind: Kind, whole: Moved, groups: Sequence[Moved], *, limit: int) -> Movement:
    now, before = (_value(kind, observed) for observed in (whole.now, whole.before))
    scale = max(abs(now or 0.0), abs(before or 0.0))
    if scale == 0 or now is None or before is None or not whole.before.size:
        return Movement(now, before, [])
    candidates = [_mover(kind, whole, group, scale) for group in groups if _tells(whole, group)]
    strong = [mover for mover in candidates if _is_strong(kind, whole, mover)]
    strong.sort(key=lambda mover: (-mover.strength, mover.dimension, mover.value))
    return Movement(now, before, _without_repeats(strong)[:limit])


def contribution_of(kind: Kind, whole: Moved, group: Moved) -> float:
    if kind == "sum":
        return group.now.total - group.before.total
    usual = whole.before.mean
    return _weight(group.now, whole.now) * (group.now.mean - usual) - _weight(group.before, whole.before) * (
        group.before.mean - usual
    )


def excess_of(kind: Kind, whole: Moved, group: Moved) -> float:
    change = (_value(kind, whole.now) or 0.0) - (_value(kind, whole.before) or 0.0)
    return contribution_of(kind, whole, group) - _size(kind, whole, group) * change


def _size(kind: Kind, whole: Moved, group: Moved) -> float:
    """The group's part of the whole, 0 to 1, as the mean of both periods."""
    if kind == "mean":
        return (_weight(group.now, whole.now) + _weight(group.before, whole.before)) / 2
    parts = [
        part.total / all_of.total if all_of.total else 0.0
        for part, all_of in ((group.now, whole.now), (group.before, whole.before))
    ]
    return sum(parts) / 2


def _value(kind: Kind, observed: Observed) -> float | None:
    if kind == "sum":
        return observed.total
    return observed.mean if observed.size else None


def _weight(part: Observed, whole: Observed) -> float:
    return part.size / whole.size if whole.size else 0.0


def _tells(whole: Moved, group: Moved) -> bool:
    if not group.value or group.now.size + group.before.size < COUNT_MIN:
        return False
    return min(_weight(group.now, whole.now), _weight(group.before, whole.before)) < WHOLE


def _mover(kind: Kind, whole: Moved, group: Moved, scale: float) -> Mover:
    contribution, excess = contribution_of(kind, whole, group), excess_of(kind, whole, group)
    strength = sqrt(abs(contribution * excess)) / scale
    return Mover(*group, contribution, contribution / scale, excess, strength)


def _is_strong(kind: Kind, whole: Moved, mover: Mover) -> bool:
    if (
        abs(mover.effect) < EFFECT_MIN
        or mover.strength < EFFECT_MIN
        or mover.contribution * mover.excess <= 0
    ):
        return False
    if kind == "sum":
        variance = mover.now.squares + mover.before.squares
    else:
        variance = fsum(
            _weight(part, all_of) ** 2 * part.variance / part.size
            for part, all_of in ((mover.now, whole.now), (mover.before, whole.before))
            if part.size
        )
    noise = sqrt(variance)
    if abs(mover.contribution) <= DEVIATIONS_MIN * noise:
        return False
    others = 1 - _size(kind, whole, Moved(*mover[:4]))
    return abs(mover.excess) > EXCESS_DEVIATIONS_MIN * others * noise


def _without_repeats(movers: Sequence[Mover]) -> list[Mover]:
    """The same calls are often a feature, a service and a team at once: the first of equals is kept."""
    kept: dict[tuple[Observed, Observed], Mover] = {}
    for mover in movers:
        kept.setdefault((mover.now, mover.before), mover)
    return list(kept.values())


def rank(movements: Mapping[str, Movement]) -> list[str]:
    """Measures by their strongest mover; those without one by their own change, after them."""
    return sorted(movements, key=lambda name: (-_strength(movements[name]), -_own(movements[name]), name))


def _strength(movement: Movement) -> float:
    return movement.movers[0].strength if movement.movers else 0.0


def _own(movement: Movement) -> float:
    scale = max(abs(movement.now or 0.0), abs(movement.before or 0.0))
    return abs(movement.change or 0.0) / scale if scale else 0.0
