"""Functions of instant vectors and scalars."""

import math

import numpy as np
import pytest
from tests.support.promql_calls import call, vector

from spanglass_server.model.series import labels_of
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions.ordering import _is_before
from spanglass_server.promql.functions.texts import general, openmetrics
from spanglass_server.promql.values import Scalar, Vector

_X = labels_of({"__name__": "x", "a": "1"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("abs", -2.5, 2.5),
        ("ceil", -2.5, -2.0),
        ("floor", -2.5, -3.0),
        ("sgn", -7.0, -1.0),
        ("sgn", 0.0, 0.0),
        ("sqrt", 9.0, 3.0),
        ("ln", 0.0, -math.inf),
        ("log2", 8.0, 3.0),
        ("log10", 1000.0, 3.0),
        ("exp", 0.0, 1.0),
        ("deg", math.pi, 180.0),
        ("rad", 180.0, math.pi),
        ("cosh", 0.0, 1.0),
        ("atanh", 1.0, math.inf),
    ],
)
def test_values_are_mapped_one_by_one(name: str, value: float, expected: float) -> None:
    assert call(name, vector({_X: [value, None]}), times_ms=[0, 1]).only() == [pytest.approx(expected), None]


@pytest.mark.parametrize("name", ["sqrt", "ln", "acosh", "asin", "log2"])
def test_what_is_not_defined_is_no_number_and_no_warning(name: str) -> None:
    (value,) = call(name, vector({_X: [-5.0]})).only()
    assert value is not None
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("value", "nearest", "expected"), [(2.5, 1, 3), (-2.5, 1, -2), (5.3, 0.5, 5.5), (12, 5, 10), (-0.4, 1, 0)]
)
def test_rounding_goes_up_at_ties(value: float, nearest: float, expected: float) -> None:
    assert call("round", vector({_X: [value]}), nearest).only() == [pytest.approx(expected)]


def test_clamping_between_crossed_bounds_leaves_nothing() -> None:
    bounds = Scalar(values=np.array([5.0, 0.0, math.nan]))
    found = call("clamp", vector({_X: [3.0, 3.0, 3.0]}), bounds, 4, times_ms=[0, 1, 2]).only()
    assert found[:2] == [None, 3.0]
    assert found[2] is not None
    assert math.isnan(found[2])


def test_a_scalar_is_the_only_value_there_is() -> None:
    several = vector({_X: [1.0, 1.0, None], labels_of({"a": "2"}): [None, 5.0, None]})
    found = call("scalar", several, times_ms=[0, 1, 2]).value
    assert isinstance(found, Scalar)
    assert found.values[0] == 1.0
    assert np.isnan(found.values[1:]).all()


def test_absence_carries_the_labels_it_is_given() -> None:
    found = call("absent", vector({_X: [None, 1.0]}), times_ms=[0, 1])
    assert found.points() == {(): [1.0, None]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("year", 2024),
        ("month", 2),
        ("day_of_month", 29),
        ("day_of_year", 60),
        ("day_of_week", 4),
        ("days_in_month", 29),
        ("hour", 23),
        ("minute", 59),
    ],
)
def test_parts_of_dates_know_leap_years(name: str, expected: int) -> None:
    second = 1_709_251_199  # 2024-02-29 23:59:59 UTC, a Thursday
    assert call(name, times_ms=[second * 1000 + 999]).points() == {(): [expected]}
    assert call(name, vector({_X: [second + 0.9]})).only() == [expected]


def test_dates_before_1970_and_impossible_ones() -> None:
    assert call("year", vector({_X: [-1.0]})).only() == [1969]
    assert call("day_of_week", vector({_X: [-86_400.0 * 4]})).only() == [0]
    for impossible in (math.nan, math.inf, 1e300):
        (value,) = call("year", vector({_X: [impossible]})).only()
        assert value is not None
        assert math.isnan(value)


def test_sorting_puts_what_is_no_number_last() -> None:
    rows = {labels_of({"a": str(number)}): [value] for number, value in enumerate([2.0, math.nan, 3.0, 1.0])}
    ascending = [dict(labels)["a"] for labels in call("sort", vector(rows)).points()]
    descending = [dict(labels)["a"] for labels in call("sort_desc", vector(rows)).points()]
    assert (ascending, descending) == (["3", "0", "2", "1"], ["2", "0", "3", "1"])


@pytest.mark.parametrize(
    ("one", "other"),
    [("4m5", "4m600"), ("4m600", "4m1000"), ("1.2.3", "1.11.3"), ("a", "b"), ("a", "a1"), ("2", "10")],
)
def test_labels_sort_with_their_numbers_as_numbers(one: str, other: str) -> None:
    assert _is_before(one, other)
    assert not _is_before(other, one)


@pytest.mark.parametrize(
    ("replacement", "expected"),
    [
        ("$1", "a"),
        ("${1}x", "ax"),
        ("$1x", ""),
        ("$2-$1", "bc-a"),
        ("$name", "bc"),
        ("${name}", "bc"),
        ("$$1", "$1"),
        ("$", "$"),
        ("${", "${"),
        ("$9", ""),
        ("$0", "abc"),
    ],
)
def test_replacements_expand_as_in_go(replacement: str, expected: str) -> None:
    found = call(
        "label_replace", vector({labels_of({"s": "abc"}): [1.0]}), "d", replacement, "s", "(.)(?P<name>.*)"
    )
    (labels,) = found.points()
    assert dict(labels).get("d", "") == expected


def test_a_match_is_of_the_whole_value_and_dots_match_line_ends() -> None:
    rows = vector({labels_of({"s": "ab"}): [1.0]})
    assert call("label_replace", rows, "d", "x", "s", "a").points() == {labels_of({"s": "ab"}): [1.0]}
    lines = vector({labels_of({"s": "a\nb"}): [1.0]})
    assert list(call("label_replace", lines, "d", "x", "s", "a.b").points()) == [
        labels_of({"s": "a\nb", "d": "x"})
    ]


def test_a_regular_expression_that_would_backtrack_for_ages_does_not() -> None:
    rows = vector({labels_of({"s": "a" * 5_000}): [1.0]})
    assert call("label_replace", rows, "d", "x", "s", "(a*)*b").points()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("d", "x", "s", "(."), r"invalid regular expression in label_replace\(\): \(\."),
        (("d", "x", "s", "\udcff"), r"invalid regular expression in label_replace\(\): "),
        (("", "x", "s", "a"), r"invalid destination label name in label_replace\(\): "),
        (("\udcff", "x", "s", "a"), r"invalid destination label name in label_replace\(\): "),
    ],
)
def test_label_replace_fails_as_in_prometheus(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        call("label_replace", vector({_X: [1.0]}), *arguments)


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    found = call("label_replace", vector({_X: [1.0]}), "d", "a\udcffb", "", "").points()
    assert [dict(labels)["d"] for labels in found] == ["a\ufffdb"]


def test_series_that_become_one_are_joined_unless_they_meet() -> None:
    apart = vector({labels_of({"i": "1"}): [2.0, None], labels_of({"i": "2"}): [None, 4.0]})
    assert call("label_replace", apart, "i", "x", "i", ".*", times_ms=[0, 1]).points() == {
        labels_of({"i": "x"}): [2.0, 4.0]
    }
    meeting = vector({labels_of({"i": "1"}): [2.0], labels_of({"i": "2"}): [4.0]})
    with pytest.raises(EvaluationError, match="vector cannot contain metrics with the same labelset"):
        call("label_join", meeting, "i", ",", "none")


def test_a_name_that_is_set_stays() -> None:
    rows = vector({_X: [1.0]})
    dropped = Vector(labels=rows.labels, values=rows.values, present=rows.present, drop_name=[True])
    found = call("label_replace", dropped, "__name__", "y", "a", "1").value
    assert isinstance(found, Vector)
    assert list(found.drop_name) == [False]
    assert dict(found.labels[0])["__name__"] == "y"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, "1"),
        (-0.1, "-0.1"),
        (1e6, "1e+06"),
        (123456.0, "123456"),
        (1234567.0, "1.234567e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (math.inf, "+Inf"),
        (math.nan, "NaN"),
        (0.0, "0"),
        (1e100, "1e+100"),
    ],
)
def test_numbers_in_messages_look_like_gos(value: float, expected: str) -> None:
    assert general(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1.0, "1.0"), (0.25, "0.25"), (1e6, "1e+06"), (-math.inf, "-Inf")]
)
def test_quantiles_as_labels_have_a_point(value: float, expected: str) -> None:
    assert openmetrics(value) == expected
