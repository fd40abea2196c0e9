"""What is said of a group of scores: estimates from the sums that storage gives."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor
from typing import Final, NamedTuple

from spanglass_server.model.score import ScoreType
from spanglass_server.model.score_statistics import ScoreGroup, ScoreSums
from spanglass_server.quality.statistics import (
    About,
    Difference,
    Estimate,
    compare_means,
    compare_shares,
    estimate_mean,
    estimate_population,
    estimate_share,
    quantile_levels,
)

_QUALITY_BOUNDS: Final = (0.0, 1.0)


class Summary(NamedTuple):
    scores: int
    units: int
    """Traces, and sessions and dataset runs, that were judged."""
    population: Estimate
    """How many there are, judged or not."""
    mean: Estimate
    """Of the values; of booleans the share that is true. Of categories there is none."""
    quality: Estimate
    shares: tuple[Estimate, ...]
    """Of the categories, in their order."""

    @property
    def sampled_share(self) -> float | None:
        """Of what there is, the share that was judged."""
        return self.units / self.population.value if self.population.value else None


class Change(NamedTuple):
    """Of a summary from one before it, of other traces."""

    mean: Difference
    quality: Difference
    shares: tuple[Difference, ...]


def summarize(sums: Sequence[ScoreSums], *, data_type: ScoreType, about: About) -> Summary:
    """`sums` are of one group, by rate."""
    values = [part.value for part in sums]
    return Summary(
        scores=sum(part.scores for part in sums),
        units=sum(part.units.units for part in sums),
        population=estimate_population([part.units for part in sums]),
        mean=estimate_share(values, about=about)
        if data_type == "boolean"
        else estimate_mean(values, about=about),
        quality=estimate_mean([part.quality for part in sums], about=about, bounds=_QUALITY_BOUNDS),
        shares=tuple(
            estimate_share(strata, about=about)
            for strata in zip(*(part.shares for part in sums), strict=True)
        ),
    )


def change_of(before: Summary, after: Summary, *, data_type: ScoreType) -> Change:
    compare = compare_shares if data_type == "boolean" else compare_means
    return Change(
        compare(before.mean, after.mean),
        compare_means(before.quality, after.quality),
        tuple(map(compare_shares, before.shares, after.shares)),
    )


def by_group(sums: Iterable[ScoreSums]) -> Mapping[tuple[str, str], Sequence[ScoreSums]]:
    """By (group, version), those with most scores first."""
    found: dict[tuple[str, str], list[ScoreSums]] = {}
    for part in sums:
        found.setdefault((part.group.group, part.group.version), []).append(part)
    return dict(sorted(found.items(), key=lambda item: (-sum(part.scores for part in item[1]), item[0])))


def by_bucket(sums: Iterable[ScoreSums]) -> Mapping[int, Sequence[ScoreSums]]:
    found: dict[int, list[ScoreSums]] = {}
    for part in sums:
        found.setdefault(part.group.bucket, []).append(part)
    return found


def by_name(sums: Iterable[ScoreSums]) -> Mapping[tuple[str, ScoreType], Sequence[ScoreSums]]:
    found: dict[tuple[str, ScoreType], list[ScoreSums]] = {}
    for part in sums:
        group: ScoreGroup = part.group
        found.setdefault((group.name, group.data_type), []).append(part)
    return found


GRID_STEPS: Final = 200
GRID: Final = tuple(step / GRID_STEPS for step in range(GRID_STEPS + 1))
"""Levels that storage is asked for: quantiles and the ends of their intervals, rounded outwards, are among
them."""


class Quantile(NamedTuple):
    level: float
    value: float
    low: float
    high: float


def quantiles_of(grid: Sequence[float], levels: Iterable[float], effective_n: float) -> Sequence[Quantile]:
    """`grid` are the quantiles at GRID; `effective_n` as of the mean. Woodruff's intervals."""
    found = []
    for level in levels:
        low, high = quantile_levels(level, effective_n)
        ends = grid[floor(low * GRID_STEPS)], grid[ceil(high * GRID_STEPS)]
        found.append(Quantile(level, grid[round(level * GRID_STEPS)], *ends))
    return found
