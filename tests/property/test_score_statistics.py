"""Estimates from sampled scores: right on average, and intervals that hold what they promise."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from spanglass_server.model.score_statistics import Moments, alike
from spanglass_server.quality.statistics import (
    Estimate,
    compare_means,
    compare_shares,
    estimate_mean,
    estimate_population,
    estimate_share,
)

Numbers = npt.NDArray[np.float64]


def moments(rate: float, scores: Sequence[Numbers]) -> Moments:
    """Of units with these scores each, as storage sums them."""
    n = np.array([len(of_unit) for of_unit in scores], np.float64)
    s = np.array([of_unit.sum() for of_unit in scores])
    powers = [float((n**power).sum()) for power in (1, 2, 3, 4)]
    covar = float(((s - s.mean()) * (n - n.mean())).mean())
    return Moments(rate, len(scores), *powers, float(n.var()), float(s.mean()), float(s.var()), covar)


def singles(rate: float, values: Numbers) -> Moments:
    return alike(rate, len(values), mean=float(values.mean()), variance=float(values.var()))


def test_a_mean_of_everything_is_the_t_interval() -> None:
    # scipy 1.17: stats.t.interval(0.95, 9, x.mean(), stats.sem(x))
    values = np.array([1, 2, 3, 4, 5, 5, 2, 1, 4, 3.0])

    estimate = estimate_mean([singles(1.0, values)])

    assert estimate.value == 3.0
    assert estimate.low == pytest.approx(1.9336088867, abs=1e-9)
    assert estimate.high == pytest.approx(4.0663911133, abs=1e-9)


def test_a_rate_that_never_changes_does_not_move_what_is_expected() -> None:
    values = np.linspace(0, 1, 30)

    everything, sampled = (estimate_mean([singles(rate, values)]) for rate in (1.0, 0.05))

    assert everything.value == pytest.approx(sampled.value)
    assert everything.low == pytest.approx(sampled.low)


def test_everything_scored_leaves_no_error_of_sampling() -> None:
    values = np.linspace(0, 1, 30)

    everything = estimate_mean([singles(1.0, values)], about="population")
    half = estimate_mean([singles(0.5, values)], about="population")
    expected = estimate_mean([singles(0.5, values)])

    assert everything.low == everything.value == everything.high
    assert half.standard_error == pytest.approx((expected.standard_error or 0) * 0.5**0.5)


def test_each_score_stands_for_as_many_as_its_rate_says() -> None:
    estimate = estimate_mean([singles(1.0, np.ones(10)), singles(0.1, np.zeros(10))])

    assert estimate.value == pytest.approx(10 / 110)


def test_one_unit_has_no_interval_and_none_no_value() -> None:
    assert estimate_mean([singles(0.5, np.array([0.3]))])[:3] == (0.3, None, None)
    assert estimate_share([singles(0.5, np.array([1.0]))])[:3] == (1.0, None, None)
    assert estimate_mean([]).value is None
    assert estimate_mean([alike(0.5, 0)]).value is None


def test_large_values_that_lie_close_keep_their_interval() -> None:
    values = 1e9 + np.linspace(0, 1, 50)

    near, far = estimate_mean([singles(1.0, values - 1e9)]), estimate_mean([singles(1.0, values)])

    assert far.standard_error == pytest.approx(near.standard_error, rel=1e-5)


def test_qualities_that_are_all_best_are_no_certainty() -> None:
    estimate = estimate_mean([singles(0.1, np.ones(5))], bounds=(0.0, 1.0))

    assert estimate.high == 1.0
    assert estimate.low == pytest.approx(0.5655, abs=1e-4)  # Wilson's interval of 5 of 5


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_of_everything_is_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    values = np.concatenate([np.ones(successes), np.zeros(n - successes)])

    estimate = estimate_share([singles(1.0, values)])

    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10; the second less the first.
    [
        ((48, 80), (56, 70), -0.3339, -0.0524),
        ((3, 10), (9, 10), -0.8090, -0.1705),
        ((0, 10), (10, 10), -1.0, -0.6075),
    ],
)
def test_a_difference_of_shares_is_newcombes_interval(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    shares = [
        estimate_share([singles(1.0, np.concatenate([np.ones(k), np.zeros(n - k)]))])
        for k, n in (second, first)
    ]

    difference = compare_shares(*shares)

    assert difference.low == pytest.approx(low, abs=5e-5)
    assert difference.high == pytest.approx(high, abs=5e-5)
    assert difference.has_moved is True


def test_a_difference_of_means_is_welchs() -> None:
    # scipy 1.17: r = stats.ttest_ind(b, a, equal_var=False); r.confidence_interval(), r.pvalue
    a = np.array([1, 2, 3, 4, 5, 5, 2, 1, 4, 3.0])
    b = np.array([4, 5, 5, 6, 9.0])

    difference = compare_means(estimate_mean([singles(1.0, a)]), estimate_mean([singles(1.0, b)]))

    assert difference.value == pytest.approx(2.8)
    assert difference.low == pytest.approx(0.444006155, abs=1e-8)
    assert difference.high == pytest.approx(5.155993845, abs=1e-8)
    assert difference.p_value == pytest.approx(0.026560108, abs=1e-8)


def test_what_cannot_be_told_apart_has_not_moved() -> None:
    nothing = Estimate(None)
    one = Estimate(0.5)

    assert compare_means(nothing, one).value is None
    assert compare_means(one, one).has_moved is None
    same = estimate_mean([singles(1.0, np.ones(5))])
    assert compare_means(same, same).has_moved is False


def test_the_population_is_estimated_with_its_error() -> None:
    estimate = estimate_population([alike(0.05, 620), alike(1.0, 40)])

    assert estimate.value == pytest.approx(12_440)
    assert estimate.standard_error == pytest.approx((620 * 0.95 / 0.05**2) ** 0.5)
    assert estimate_population([]).value == 0


ROUNDS = 3_000
HOLDS = (0.93, 0.97)
"""What a 95 % interval must keep; 3,000 rounds err by less than 0.01."""


def share_of_hits(draw: Callable[[np.random.Generator], tuple[Estimate, float]]) -> float:
    rng = np.random.default_rng(20261123)
    hits = 0
    for _ in range(ROUNDS):
        estimate, truth = draw(rng)
        hits += (
            estimate.low is not None
            and estimate.high is not None
            and (estimate.low <= truth <= estimate.high)
        )
    return hits / ROUNDS


def sampled(rng: np.random.Generator, values: Numbers, rate: float) -> Numbers:
    return values[rng.random(len(values)) < rate]


@pytest.mark.parametrize(("size", "rate"), [(100, 0.1), (400, 0.05), (1000, 0.2)])
def test_expected_means_lie_within_their_intervals(size: int, rate: float) -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        taken = sampled(rng, rng.beta(4, 2, size), rate)
        return estimate_mean([singles(rate, taken)] if len(taken) else []), 4 / 6

    assert HOLDS[0] <= share_of_hits(draw) <= HOLDS[1]


@pytest.mark.parametrize("rate", [0.2, 0.8])
def test_means_of_the_traces_there_were_lie_within_theirs(rate: float) -> None:
    values = np.random.default_rng(7).beta(4, 2, 300)

    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        return estimate_mean([singles(rate, sampled(rng, values, rate))], about="population"), float(
            values.mean()
        )

    assert HOLDS[0] <= share_of_hits(draw) <= HOLDS[1]


def test_intervals_of_expectation_are_too_wide_for_the_traces_there_were() -> None:
    """The naive interval where most was scored: it hides how well is known what happened."""
    values = np.random.default_rng(7).beta(4, 2, 300)

    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        return estimate_mean([singles(0.8, sampled(rng, values, 0.8))]), float(values.mean())

    assert share_of_hits(draw) > 0.99


def test_shares_lie_within_their_intervals() -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        taken = sampled(rng, (rng.random(800) < 0.85).astype(np.float64), 0.1)
        return estimate_share([singles(0.1, taken)]), 0.85

    assert HOLDS[0] <= share_of_hits(draw) <= HOLDS[1]


def two_rates(rng: np.random.Generator) -> tuple[Numbers, Numbers, float]:
    """A bad hour of which everything was scored, in a good day of which a tenth was."""
    day, hour = rng.normal(0.85, 0.1, 900), rng.normal(0.45, 0.2, 100)
    return sampled(rng, day, 0.1), hour, 0.9 * 0.85 + 0.1 * 0.45


def test_a_changed_rate_does_not_mislead() -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        day, hour, truth = two_rates(rng)
        return estimate_mean([singles(0.1, day), singles(1.0, hour)]), truth

    assert HOLDS[0] <= share_of_hits(draw) <= 0.98


def test_without_weights_a_changed_rate_misleads() -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        day, hour, truth = two_rates(rng)
        return estimate_mean([singles(1.0, np.concatenate([day, hour]))]), truth

    assert share_of_hits(draw) < 0.05


def traces_of_spans(rng: np.random.Generator) -> list[Numbers]:
    """Traces whose spans are all good or all bad together."""
    return [
        rng.normal(quality, 0.05, spans)
        for quality, spans in zip(rng.normal(0.7, 0.2, 60), rng.integers(1, 9, 60), strict=True)
    ]


def test_scores_of_one_trace_are_not_taken_for_independent() -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        return estimate_mean([moments(0.1, traces_of_spans(rng))]), 0.7

    assert HOLDS[0] <= share_of_hits(draw) <= HOLDS[1]


def test_taken_for_independent_they_would_promise_too_much() -> None:
    def draw(rng: np.random.Generator) -> tuple[Estimate, float]:
        return estimate_mean([singles(0.1, np.concatenate(traces_of_spans(rng)))]), 0.7

    assert share_of_hits(draw) < 0.75
