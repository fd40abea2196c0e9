"""What an experiment's results come to, and how two runs over the same items differ. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from math import comb, isclose, sqrt
from statistics import fmean, median, stdev
from typing import Final, Literal, NamedTuple, TypeAlias

from spanglass_server.quality.students_t import t_probability, t_quantile

Scale: TypeAlias = Literal["quality", "value"]
"""On which two scores are compared: from 0 to 1 with 1 as best, or as they were given."""

_CONFIDENCE: Final = 0.95
_EXACT_SIGNS_MAX: Final = 1_000


class ItemScore(NamedTuple):
    """Of one item in one run; the mean where it was scored several times."""

    value: float | None
    """None for a category without a value."""
    label: str
    """Of a category or boolean; empty where there are several."""
    quality: float | None
    comment: str


class ItemResult(NamedTuple):
    item_id: str
    trace_id: str
    span_id: str
    """Empty: the trace's root."""
    start_ns: int | None
    """None, as all that follows, where the trace is not stored (any more)."""
    latency_ns: int | None
    cost_usd: float | None
    is_unpriced: bool
    """A model call of it has no known price."""
    input_tokens: int | None
    output_tokens: int | None
    is_error: bool
    error_message: str
    output_hash: int | None
    scores: Mapping[str, ItemScore]


class ScoreSummary(NamedTuple):
    name: str
    scored: int
    """Items that have it."""
    mean: float | None
    low: float | None
    high: float | None
    """Of the 95 % interval for the mean; None of fewer than two."""
    labels: Mapping[str, int]


class RunSummary(NamedTuple):
    item_count: int
    missing_count: int
    """Items whose trace is not stored."""
    error_count: int
    unpriced_count: int
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    latency_p50_ns: float | None
    scores: Sequence[ScoreSummary]


class PairedScore(NamedTuple):
    """A score in one run against the same items in the baseline."""

    name: str
    scale: Scale
    pairs: int
    wins: int
    losses: int
    ties: int
    difference: float | None
    """Mean of run less baseline."""
    low: float | None
    high: float | None
    """Of its 95 % interval by the paired t test."""
    p_value: float | None
    """Two-sided, of the paired t test."""
    sign_p_value: float | None
    """Two-sided, of the sign test: wins against losses, ties left out."""


def summarize(results: Sequence[ItemResult]) -> RunSummary:
    stored = [result for result in results if result.start_ns is not None]
    latencies = [result.latency_ns for result in stored if result.latency_ns is not None]
    costs = [result.cost_usd for result in stored if result.cost_usd is not None]
    return RunSummary(
        item_count=len({result.item_id for result in results}),
        missing_count=len(results) - len(stored),
        error_count=sum(result.is_error for result in stored),
        unpriced_count=sum(result.is_unpriced for result in stored),
        cost_usd=sum(costs) if costs else None,
        input_tokens=_sum(result.input_tokens for result in stored),
        output_tokens=_sum(result.output_tokens for result in stored),
        latency_p50_ns=median(latencies) if latencies else None,
        scores=[_summarize_score(name, results) for name in score_names(results)],
    )


def score_names(results: Iterable[ItemResult]) -> Sequence[str]:
    return sorted({name for result in results for name in result.scores})


def compare_runs(baseline: Mapping[str, ItemResult], run: Mapping[str, ItemResult], name: str) -> PairedScore:
    """Of the score `name`, over the items that both have scored. The maps are by item."""
    both = [
        (baseline[item_id].scores[name], result.scores[name])
        for item_id, result in run.items()
        if name in result.scores and item_id in baseline and name in baseline[item_id].scores
    ]
    scale = scale_of(score for pair in both for score in pair)
    measured = (_difference(on_scale(before, scale), on_scale(after, scale)) for before, after in both)
    differences = [difference for difference in measured if difference is not None]
    wins = sum(difference > 0 for difference in differences)
    losses = sum(difference < 0 for difference in differences)
    mean, low, high, p_value = mean_interval(differences, with_p=True)
    return PairedScore(
        name=name,
        scale=scale,
        pairs=len(differences),
        wins=wins,
        losses=losses,
        ties=len(differences) - wins - losses,
        difference=mean,
        low=low,
        high=high,
        p_value=p_value,
        sign_p_value=sign_test(wins, losses),
    )


def scale_of(scores: Iterable[ItemScore]) -> Scale:
    """By quality where every score has one: then more is better, whatever the score's own direction."""
    return "quality" if all(score.quality is not None for score in scores) else "value"


def on_scale(score: ItemScore | None, scale: Scale) -> float | None:
    if score is None:
        return None
    return score.quality if scale == "quality" else score.value


def difference_of(
    before: ItemResult | None, after: ItemResult | None, name: str, scale: Scale
) -> float | None:
    """Of one item; None where one of the two lacks the score."""
    values = (on_scale(result.scores.get(name) if result else None, scale) for result in (before, after))
    return _difference(*values)


def is_changed(before: ItemResult | None, after: ItemResult | None) -> bool:
    """Another output, another outcome, or another score; or only one of the two has the item."""
    if before is None or after is None:
        return before is not after
    if (before.output_hash, before.is_error) != (after.output_hash, after.is_error):
        return True
    scores = [{name: score[:2] for name, score in one.scores.items()} for one in (before, after)]
    return scores[0] != scores[1]


class MeanInterval(NamedTuple):
    mean: float | None
    low: float | None
    high: float | None
    p_value: float | None
    """That the mean is 0."""


def mean_interval(values: Sequence[float], *, with_p: bool = False) -> MeanInterval:
    """Student's t (1908). Of a single value, or of none, no interval."""
    if not values:
        return MeanInterval(None, None, None, None)
    mean, df = fmean(values), len(values) - 1
    if not df:
        return MeanInterval(mean, None, None, None)
    error = stdev(values) / sqrt(len(values))
    reach = t_quantile((1 + _CONFIDENCE) / 2, df) * error
    p_value = None
    if with_p:
        p_value = 2 * t_probability(-abs(mean) / error, df) if error else float(mean == 0)
    return MeanInterval(mean, mean - reach, mean + reach, p_value)


def sign_test(wins: int, losses: int) -> float | None:
    """Two-sided and exact (Dixon and Mood, 1946); beyond a thousand by the normal approximation with
    continuity correction. None without a win or loss."""
    count, fewer = wins + losses, min(wins, losses)
    if not count:
        return None
    if count > _EXACT_SIGNS_MAX:
        return min(1.0, 2 * t_probability((2 * fewer + 1 - count) / sqrt(count), float("inf")))
    return min(1.0, 2 * (sum(comb(count, k) for k in range(fewer + 1)) / (1 << count)))


def _summarize_score(name: str, results: Sequence[ItemResult]) -> ScoreSummary:
    scores = [result.scores[name] for result in results if name in result.scores]
    values = [score.value for score in scores if score.value is not None]
    mean, low, high, _ = mean_interval(values)
    labels: dict[str, int] = {}
    for score in scores:
        if score.label:
            labels[score.label] = labels.get(score.label, 0) + 1
    return ScoreSummary(name, len(scores), mean, low, high, labels)


def _difference(before: float | None, after: float | None) -> float | None:
    """0 where rounding alone tells the two apart."""
    if before is None or after is None:
        return None
    return 0.0 if isclose(before, after, rel_tol=1e-9, abs_tol=1e-9) else after - before


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
