"""Aggregations: groups, exact sums, NaN, parameters."""

import math

import pytest
from tests.support.promql import ask, ask_range, points_of, stored, values_of

from spanglass_server.promql.errors import EvaluationError

FLEET = stored(
    'load{zone="a", host="1"} 1 5',
    'load{zone="a", host="2"} 3 stale',
    'load{zone="b", host="3"} 10 10',
)
INF = float("inf")


def one(expression: str, *values: object) -> float:
    """The aggregation's value over a series for each of the values."""
    series = stored(*(f'x{{i="{index:04}"}} {value}' for index, value in enumerate(values)))
    (sample,) = ask(series, expression).vector
    return sample.value


@pytest.mark.parametrize(
    ("op", "a", "b"),
    [
        ("sum", 4, 10),
        ("avg", 2, 10),
        ("min", 1, 10),
        ("max", 3, 10),
        ("count", 2, 1),
        ("group", 1, 1),
        ("stddev", 1, 0),
        ("stdvar", 1, 0),
    ],
)
def test_groups_by_label(op: str, a: float, b: float) -> None:
    expected = {'{zone="a"}': a, '{zone="b"}': b}
    assert values_of(ask(FLEET, f"{op} by (zone) (load)")) == expected
    assert values_of(ask(FLEET, f"{op} without (host) (load)")) == expected


def test_series_count_only_at_the_steps_at_which_they_are_present() -> None:
    found = points_of(ask_range(FLEET, "avg by (zone) (load)", start_s=0, end_s=60, step_s=60))
    assert found == {'{zone="a"}': {0: 2, 60: 5}, '{zone="b"}': {0: 10, 60: 10}}
    found = points_of(ask_range(FLEET, "count(load)", start_s=0, end_s=60, step_s=60))
    assert found == {"{}": {0: 3, 60: 2}}


def test_the_name_may_be_a_group() -> None:
    assert values_of(ask(FLEET, "sum by (__name__) (load)")) == {"load": 14}
    assert values_of(ask(FLEET, "sum by (__name__) (-load)")) == {"{}": -14}


def test_nothing_aggregates_to_nothing() -> None:
    for op in ("sum", "avg", "min", "quantile by (a) (0.5,", "topk(1,", 'count_values("a",'):
        expression = f"{op} none)" if "(" in op else f"{op}(none)"
        assert values_of(ask(FLEET, expression)) == {}


def test_sums_lose_no_digits() -> None:
    assert one("sum(x)", 1e100, 1, -1e100, 2) == 3
    assert one("avg(x)", 1e100, 1, -1e100, 2) == 0.75
    assert one("sum(x)", *[0.1] * 1000) == 100
    assert one("avg(x)", *[52] * 12) == 52


def test_an_average_does_not_overflow_where_its_sum_does() -> None:
    big = 9.98e307
    assert one("avg(x)", big, big, big, big) == big
    assert one("avg(x)", big, big, -big, -big) == 0
    assert one("avg(x)", big, big, "-Inf") == -INF
    assert one("sum(x)", big, big) == INF


@pytest.mark.parametrize(
    ("values", "total"), [((1, "Inf"), INF), (("Inf", "-Inf"), math.nan), ((1, "NaN"), math.nan)]
)
def test_infinity_and_nan_go_through_sums(values: tuple[object, ...], total: float) -> None:
    assert one("sum(x)", *values) == pytest.approx(total, nan_ok=True)
    assert one("avg(x)", *values) == pytest.approx(total, nan_ok=True)


def test_nan_is_neither_least_nor_greatest_unless_alone() -> None:
    assert one("max(x)", "NaN", 1, 2) == 2
    assert one("min(x)", "NaN", 1, 2) == 1
    assert math.isnan(one("max(x)", "NaN", "NaN"))


def test_equal_values_have_no_deviation() -> None:
    assert one("stddev(x)", *[13.3] * 7) == 0
    assert one("stdvar(x)", 1e9 + 1, 1e9 + 2, 1e9 + 3) == pytest.approx(2 / 3)
    assert math.isnan(one("stddev(x)", 1, "Inf"))


def test_quantiles_are_interpolated_and_nan_is_the_least() -> None:
    assert one("quantile(0.5, x)", 1, 2, 4) == 2
    assert one("quantile(0.75, x)", 1, 2, 4) == 3
    assert one("quantile(0.75, x)", "NaN", 1, 2) == 1.5
    assert one("quantile(-1, x)", 1) == -INF
    assert one("quantile(2, x)", 1) == INF


def test_a_bad_quantile_is_told_with_its_place() -> None:
    assert list(ask(FLEET, "quantile(1.5, load)").warnings) == [
        "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)"
    ]
    assert list(ask(FLEET, "sum(\n  quantile(NaN, load))").warnings) == [
        "PromQL warning: quantile value should be between 0 and 1, got NaN (2:12)"
    ]


def test_topk_keeps_series_whole_and_in_their_order() -> None:
    assert list(values_of(ask(FLEET, "topk(2, load)")).items()) == [
        ('load{host="3", zone="b"}', 10),
        ('load{host="2", zone="a"}', 3),
    ]
    assert list(values_of(ask(FLEET, "bottomk by (zone) (1, load)")).values()) == [1, 10]


def test_topk_chooses_anew_at_each_step() -> None:
    found = points_of(ask_range(FLEET, "topk by (zone) (1, load)", start_s=0, end_s=60, step_s=60))
    assert found == {
        'load{host="1", zone="a"}': {60: 5},
        'load{host="2", zone="a"}': {0: 3},
        'load{host="3", zone="b"}': {0: 10, 60: 10},
    }


def test_limitk_takes_some_series_of_each_group() -> None:
    assert values_of(ask(FLEET, "count by (zone) (limitk by (zone) (1, load))")) == {
        '{zone="a"}': 1,
        '{zone="b"}': 1,
    }
    found = points_of(ask_range(FLEET, "limitk(2, load)", start_s=0, end_s=60, step_s=60))
    assert found == {
        'load{host="1", zone="a"}': {0: 1, 60: 5},
        'load{host="2", zone="a"}': {0: 3},
        'load{host="3", zone="b"}': {60: 10},
    }
    with pytest.raises(EvaluationError, match="Parameter value is NaN"):
        ask(FLEET, "limitk(NaN, load)")


def test_the_number_of_topk_may_change_by_step() -> None:
    series = [*FLEET, *stored("wanted 1 2")]
    found = points_of(ask_range(series, "count(topk(scalar(wanted), load))", start_s=0, end_s=60, step_s=60))
    assert found == {"{}": {0: 1, 60: 2}}


def test_numbers_that_cannot_be_counted_to_are_refused() -> None:
    with pytest.raises(EvaluationError, match="Parameter value is NaN"):
        ask(FLEET, "topk(NaN, load)")
    with pytest.raises(EvaluationError, match=r"Scalar value 1e\+20 overflows int64"):
        ask(FLEET, "topk(1e20, load)")
    assert values_of(ask(FLEET, "topk(0, load)")) == {}


def test_count_values_makes_labels_of_values() -> None:
    series = stored("a 6", "b 6", "c 0.5", "d NaN", "e Inf", "f 1e20")
    found = values_of(ask(series, 'count_values("v", {__name__=~".+"})'))
    assert found == {
        '{v="+Inf"}': 1,
        '{v="0.5"}': 1,
        '{v="100000000000000000000"}': 1,
        '{v="6"}': 2,
        '{v="NaN"}': 1,
    }


def test_count_values_needs_a_label_name() -> None:
    with pytest.raises(EvaluationError) as failure:
        ask(FLEET, r'count_values("a\xc5z", load)')
    assert failure.value.message == r'invalid label name "a\xc5z"'
