"""Agreement of several reviewers, held to published examples."""

from collections.abc import Sequence

import numpy as np
import pytest

from spanglass_server.model.score import ScoreCategory, ScoreConfig, ScoreType
from spanglass_server.quality.review_agreement import (
    Level,
    Unit,
    agree,
    compare,
    consensus,
    krippendorff_alpha,
)

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units.
OBSERVERS: Sequence[Sequence[int | None]] = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
UNITS = [[value for value in column if value is not None] for column in zip(*OBSERVERS, strict=True)]


def config(data_type: ScoreType) -> ScoreConfig:
    return ScoreConfig(
        id="c",
        name="c",
        data_type=data_type,
        min_value=None,
        max_value=None,
        categories=(ScoreCategory("good", 1), ScoreCategory("bad", 0)),
        description=None,
        is_archived=False,
        created_at_ns=0,
        updated_at_ns=0,
    )


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("interval", 0.849)])
def test_alpha_is_the_published_one(level: Level, published: float) -> None:
    found = krippendorff_alpha(UNITS, level)
    assert found.value == pytest.approx(published, abs=0.0005)
    assert found.low is not None
    assert found.high is not None
    assert found.low < published < found.high <= 1


def test_alpha_of_binary_data_is_the_published_one() -> None:
    # The same paper, section A: two observers, ten units.
    first, second = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    units = [[bool(one), bool(other)] for one, other in zip(first, second, strict=True)]
    assert krippendorff_alpha(units, "nominal").value == pytest.approx(0.095, abs=0.0005)


def test_alpha_does_not_depend_on_where_a_scale_begins_nor_on_its_unit() -> None:
    shifted = [[1e6 + 0.25 * value for value in unit] for unit in UNITS]
    plain, moved = krippendorff_alpha(UNITS, "interval"), krippendorff_alpha(shifted, "interval")
    assert moved.value == pytest.approx(plain.value)
    assert moved.low == pytest.approx(plain.low)


@pytest.mark.parametrize("units", [[], [[1]], [[1], [2]], [[3, 3], [3, 3]]])
def test_alpha_is_nothing_where_nobody_could_disagree(units: list[list[int]]) -> None:
    for level in ("nominal", "interval"):
        found = krippendorff_alpha(units, level)
        assert (found.value, found.low, found.high) == (None, None, None)


@pytest.mark.parametrize("level", ["nominal", "interval"])
def test_the_interval_of_chance_holds_nought_nineteen_times_of_twenty(level: Level) -> None:
    random = np.random.default_rng(5)
    found = [krippendorff_alpha(random.integers(1, 6, size=(100, 3)).tolist(), level) for _ in range(60)]
    held = sum(one.low <= 0 <= one.high for one in found if one.low is not None and one.high is not None)
    assert 53 <= held <= 60
    assert np.mean([one.value for one in found if one.value is not None]) == pytest.approx(0, abs=0.03)


def test_the_same_reviews_always_give_the_same_interval() -> None:
    assert krippendorff_alpha(UNITS, "nominal") == krippendorff_alpha(UNITS, "nominal")


def test_two_reviewers_are_compared_on_what_both_judged() -> None:
    # Cohen's kappa of the counts 20, 5, 10, 15 is 0.4.
    counts = {(True, True): 20, (True, False): 5, (False, True): 10, (False, False): 15}
    units: list[Unit] = [
        {"ann": ann, "bob": bob} for (ann, bob), count in counts.items() for _ in range(count)
    ]
    found = agree([*units, {"ann": True}, {"eve": False}], config("boolean"))
    (pair,) = found.pairs
    assert (found.item_count, pair.item_count) == (50, 50)
    assert pair.kappa.value == pytest.approx(0.4)
    assert pair.raw.value == pytest.approx(0.7)


def test_grades_are_weighed_by_how_far_they_are_apart() -> None:
    near: list[Unit] = [{"a": grade, "b": min(5, grade + 1)} for grade in (1, 2, 3, 4, 5) * 4]
    far: list[Unit] = [{"a": grade, "b": 6 - grade} for grade in (1, 2, 3, 4, 5) * 4]
    close, apart = (compare(units, config("numeric"), "a", "b") for units in (near, far))
    assert close.kappa.value is not None
    assert apart.kappa.value is not None
    assert close.kappa.value > 0.7 > 0 > apart.kappa.value
    assert close.mean_difference.value == pytest.approx(0.8)
    assert apart.pearson.value == pytest.approx(-1)


def test_numbers_between_the_grades_have_no_kappa() -> None:
    units: list[Unit] = [{"a": 0.25, "b": 0.5}, {"a": 0.75, "b": 0.75}]
    found = compare(units, config("numeric"), "a", "b")
    assert found.kappa.value is None
    assert found.raw.value == 0.5


def test_of_texts_only_their_number_is_told() -> None:
    found = agree([{"a": "x", "b": "y"}], config("text"))
    assert (found.item_count, found.pairs, found.alpha.value) == (1, (), None)


@pytest.mark.parametrize(
    ("data_type", "unit", "together"),
    [
        ("numeric", {"a": 1, "b": 4}, 2.5),
        ("boolean", {"a": True, "b": True, "c": False}, True),
        ("boolean", {"a": True, "b": False}, None),
        ("categorical", {"a": "good", "b": "bad", "c": "bad"}, "bad"),
        ("boolean", {}, None),
    ],
)
def test_what_reviewers_say_together(data_type: ScoreType, unit: Unit, together: object) -> None:
    assert consensus(unit, config(data_type)) == together
