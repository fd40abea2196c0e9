"""Agreement against published tables and reference implementations."""

import numpy as np
import pytest

from spanglass_server.model.score_statistics import ScorePair
from spanglass_server.quality.agreement import Weighting, compare_numbers, kappa, raw_agreement, strength
from spanglass_server.quality.pairs import compare_pairs
from spanglass_server.quality.students_t import t_probability, t_quantile

DIAGNOSES = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10.0]])
"""Fleiss, Levin, Paik 2003, Statistical Methods for Rates and Proportions, table 18.1: kappa 0.68,
of which the standard error for an interval is 0.087."""

COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12.0]])
"""Cohen 1960, Educational and Psychological Measurement 20, 37-46: kappa 0.49."""


@pytest.mark.parametrize(
    ("table", "weighting", "value", "error"),
    # Values with all digits: statsmodels 0.15, stats.inter_rater.cohens_kappa(table, wt=...), std_kappa.
    [
        (DIAGNOSES, "none", 0.676470588235, 0.087702953475),
        (DIAGNOSES, "linear", 0.722222222222, 0.084300953923),
        (DIAGNOSES, "quadratic", 0.755319148936, 0.086707132494),
        (COHEN, "none", 0.491525423729, 0.051001815576),
        (COHEN, "linear", 0.473684210526, 0.054432309178),
        (COHEN, "quadratic", 0.454545454545, 0.066453681591),
    ],
)
def test_kappa_is_that_of_published_tables(
    table: np.ndarray, weighting: Weighting, value: float, error: float
) -> None:
    estimate = kappa(table, weighting)

    assert estimate.value == pytest.approx(value, abs=1e-11)
    assert estimate.standard_error == pytest.approx(error, abs=1e-11)
    assert estimate.low == pytest.approx(value - 1.959963985 * error)


def test_raw_agreement_is_the_diagonal() -> None:
    assert raw_agreement(COHEN).value == 0.7
    assert raw_agreement(np.zeros((2, 2))).value is None


def test_kappa_says_nothing_where_chance_always_agrees() -> None:
    assert kappa(np.array([[50.0]])).value is None
    assert kappa(np.array([[50, 0], [0, 0.0]])).value is None
    assert kappa(np.array([[25, 0], [0, 25.0]])).value == 1
    assert kappa(np.array([[0, 25], [25, 0.0]])).value == -1


@pytest.mark.parametrize(
    ("value", "word"),
    [(-0.2, "poor"), (0.1, "slight"), (0.4, "fair"), (0.5, "moderate"), (0.8, "substantial"),
     (0.81, "almost perfect"), (1.0, "almost perfect"), (None, None)],
)  # fmt: skip
def test_a_kappa_has_landis_and_kochs_word(value: float | None, word: str | None) -> None:
    assert strength(value) == word


def test_correlations_and_differences_are_the_reference_implementations() -> None:
    # scipy 1.17: stats.pearsonr(x, y) with confidence_interval(), spearmanr(x, y), ttest_rel(y, x)
    x = np.array([1, 2, 3, 4, 5, 5, 2, 1, 4, 3.0])
    y = np.array([1, 3, 2, 4, 4, 5, 2, 2, 5, 3.0])

    found = compare_numbers(x, y)

    assert found.correlation.pearson.value == pytest.approx(0.8702852691527)
    assert found.correlation.pearson.low == pytest.approx(0.5323777489861)
    assert found.correlation.pearson.high == pytest.approx(0.9689636065304)
    assert found.correlation.spearman.value == pytest.approx(0.8679416943609)
    assert found.mean_difference.low == pytest.approx(-0.4278366713196)
    assert found.mean_absolute.value == 0.5


def test_a_score_that_never_varies_correlates_with_nothing() -> None:
    found = compare_numbers(np.ones(9), np.arange(9.0))

    assert found.correlation.pearson.value is None
    assert found.correlation.spearman.value is None


@pytest.mark.parametrize(("df", "expected"), [
    # scipy 1.17: stats.t.ppf(0.975, df)
    (1, 12.706204736175), (2, 4.302652729749), (4.5, 2.658912347204), (30, 2.042272456301),
    (1000, 1.962339080826), (200_000, 1.959975845967), (float("inf"), 1.959963984540),
])  # fmt: skip
def test_t_quantiles_are_the_reference_implementations(df: float, expected: float) -> None:
    assert t_quantile(0.975, df) == pytest.approx(expected, abs=2e-5 if df > 1e5 else 1e-11)
    assert t_probability(expected, df) == pytest.approx(0.975, abs=1e-6)


BLANK = ScorePair("t", "", "", None, None, None, None, "", "", "", "", 0)


def numbers(*pairs: tuple[float, float]) -> list[ScorePair]:
    return [BLANK._replace(trace_id=f"t{i}", first=a, second=b) for i, (a, b) in enumerate(pairs)]


def test_few_levels_are_a_table_and_pass_or_fail_another() -> None:
    found = compare_pairs(numbers((1, 1), (2, 3), (5, 4), (5, 5)), threshold=4, worst=10)

    assert found.scale == "value"
    assert found.categories is not None
    assert found.categories.labels == ["1", "2", "3", "4", "5"]
    assert set(found.categories.kappas) == {"none", "linear", "quadratic"}
    assert found.passed is not None
    assert found.passed.table == [[2, 0], [0, 2]]
    assert [(pair.trace_id, apart) for pair, apart in found.apart] == [("t1", 1), ("t2", 1)]


def test_many_levels_are_compared_by_the_middle() -> None:
    pairs = numbers(*((i / 40, i / 40) for i in range(41)))

    found = compare_pairs(pairs, threshold=None, worst=10)

    assert found.categories is None
    assert found.threshold == 0.5
    assert found.passed is not None
    assert found.passed.kappas["none"].value == 1
    assert found.apart == []


def test_scales_that_differ_are_compared_by_quality() -> None:
    pairs = [
        BLANK._replace(first=5, second=1, first_quality=1.0, second_quality=1.0, second_label="true"),
        BLANK._replace(first=1, second=1, first_quality=0.0, second_quality=1.0, second_label="true"),
    ]

    found = compare_pairs(pairs, threshold=None, worst=10)

    assert found.scale == "quality"
    assert found.numbers is not None
    assert found.numbers.mean_difference.value == 0.5


def test_words_are_compared_in_the_order_of_their_quality() -> None:
    worth = {"cold": 0.0, "neutral": 0.5, "warm": 1.0}
    pairs = [
        BLANK._replace(first_label=a, second_label=b, first_quality=worth[a], second_quality=worth[b])
        for a, b in (("warm", "warm"), ("cold", "neutral"), ("neutral", "neutral"))
    ]

    categories = compare_pairs(pairs, threshold=None, worst=10).categories

    assert categories is not None
    assert categories.labels == ["cold", "neutral", "warm"]
    assert categories.table == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert "quadratic" in categories.kappas


def test_words_without_quality_have_no_order() -> None:
    pairs = [BLANK._replace(first_label="a", second_label=label) for label in ("a", "b", "c")]

    found = compare_pairs(pairs, threshold=None, worst=1)

    assert found.numbers is None
    assert found.categories is not None
    assert list(found.categories.kappas) == ["none"]
    assert len(found.apart) == 1
