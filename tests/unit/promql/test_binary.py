"""Binary operators: values, matching of series, and what cannot be matched."""

import pytest
from tests.support.promql import ask, ask_range, points_of, stored, values_of

from spanglass_server.promql.errors import EvaluationError

REQUESTS = stored(
    'requests{job="a", code="200"} 80',
    'requests{job="a", code="500"} 20',
    'requests{job="b", code="200"} 5',
    'limit{job="a", tier="gold"} 100',
    'limit{job="b", tier="free"} 10',
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7 % 4", 3),
        ("-7 % 4", -3),
        ("7 % -4", 3),
        ("2 ^ 3 ^ 2", 512),
        ("1 / 0", float("inf")),
        ("1 == bool 1", 1),
        ("1 > bool 1", 0),
        ("1 atan2 1", 0.7853981633974483),
    ],
)
def test_scalars(expression: str, value: float) -> None:
    assert ask([], expression).scalar == pytest.approx(value)


def test_comparison_filters_and_keeps_name_and_the_vectors_value() -> None:
    assert values_of(ask(REQUESTS, "requests > 10")) == {
        'requests{code="200", job="a"}': 80,
        'requests{code="500", job="a"}': 20,
    }
    assert values_of(ask(REQUESTS, "10 > requests")) == {'requests{code="200", job="b"}': 5}


def test_bool_answers_with_numbers_and_drops_the_name() -> None:
    assert values_of(ask(REQUESTS, 'requests{code="200"} > bool 10')) == {
        '{code="200", job="a"}': 1,
        '{code="200", job="b"}': 0,
    }


def test_series_match_by_all_labels_but_the_name() -> None:
    series = stored('a{x="1"} 6', 'a{x="2"} 8', 'b{x="1"} 3', 'b{x="3"} 4')
    assert values_of(ask(series, "a / b")) == {'{x="1"}': 2}


def test_many_series_share_one_by_group_left() -> None:
    assert values_of(ask(REQUESTS, "requests / on (job) group_left (tier) limit")) == {
        '{code="200", job="a", tier="gold"}': 0.8,
        '{code="500", job="a", tier="gold"}': 0.2,
        '{code="200", job="b", tier="free"}': 0.5,
    }


def test_group_right_keeps_the_sides_of_the_operator() -> None:
    found = values_of(ask(REQUESTS, "limit - on (job) group_right requests"))
    assert found == {'{code="200", job="a"}': 20, '{code="500", job="a"}': 80, '{code="200", job="b"}': 5}


def test_two_series_on_the_one_side_are_refused_by_name() -> None:
    with pytest.raises(EvaluationError) as failure:
        ask(REQUESTS, "limit * on (job) requests")
    assert failure.value.message == (
        'found duplicate series for the match group {job="a"} on the right hand-side of the operation: '
        '[{__name__="requests", code="200", job="a"}, {__name__="requests", code="500", job="a"}]'
        ";many-to-many matching not allowed: matching labels must be unique on one side"
    )


def test_two_series_on_the_many_side_ask_for_group_left() -> None:
    with pytest.raises(EvaluationError, match="many-to-one matching must be explicit"):
        ask(REQUESTS, "requests * on (job) limit")


def test_grouping_labels_must_keep_results_apart() -> None:
    with pytest.raises(EvaluationError, match="grouping labels must ensure unique matches"):
        ask(
            stored('a{x="1", y="1"} 1', 'a{x="1", y="2"} 1', 'b{x="1", y="3"} 1'),
            "a * on (x) group_left (y) b",
        )


def test_series_that_never_meet_may_share_a_group() -> None:
    series = stored('a{v="1"} 1 1 stale', 'a{v="2"} _ _ 2 2', "b 10 10 10 10")
    found = points_of(ask_range(series, "b * on () a", start_s=0, end_s=180, step_s=60))
    assert found == {"{}": {0: 10, 60: 10, 120: 20, 180: 20}}


def test_doubles_matter_only_where_there_is_something_to_match() -> None:
    series = stored('a{v="1"} 1 1 stale', 'a{v="2"} 2 2 2', "b _ _ 10")
    found = points_of(ask_range(series, "b * on () a", start_s=0, end_s=120, step_s=60))
    assert found == {"{}": {120: 20}}


def test_set_operators() -> None:
    series = stored('a{x="1"} 1', 'a{x="2"} 2', 'b{x="2"} 20', 'b{x="3"} 30')
    assert values_of(ask(series, "a and b")) == {'a{x="2"}': 2}
    assert values_of(ask(series, "a unless b")) == {'a{x="1"}': 1}
    assert values_of(ask(series, "a or b")) == {'a{x="1"}': 1, 'a{x="2"}': 2, 'b{x="3"}': 30}
    assert values_of(ask(series, "a and on () b")) == {'a{x="1"}': 1, 'a{x="2"}': 2}
    assert values_of(ask(series, "a and none")) == {}
    assert values_of(ask(series, "a unless none")) == {'a{x="1"}': 1, 'a{x="2"}': 2}
    assert values_of(ask(series, "none or b")) == {'b{x="2"}': 20, 'b{x="3"}': 30}


def test_or_fills_the_steps_at_which_the_left_is_absent() -> None:
    series = stored("a 1 stale 3", "b 10 20 30")
    found = points_of(ask_range(series, "-a or -b", start_s=0, end_s=120, step_s=60))
    assert found == {"{}": {0: -1, 60: -20, 120: -3}}


def test_names_go_at_the_end_so_that_two_metrics_may_pass_through_together() -> None:
    series = stored('a_total{x="1"} 0+60x10', 'b_total{x="1"} 0+120x10')
    together = 'rate({__name__=~".+_total"}[5m])'
    assert values_of(ask(series, f"sum by (x) ({together})", at_s=600)) == pytest.approx({'{x="1"}': 3})
    with pytest.raises(EvaluationError, match="vector cannot contain metrics with the same labelset"):
        ask(series, together, at_s=600)


def test_a_dropped_name_does_not_come_back_by_a_comparison() -> None:
    series = stored("a_total 0+60x10", "b 0.5x10")
    assert values_of(ask(series, "rate(a_total[5m]) > b", at_s=600)) == pytest.approx({"{}": 1})


def test_unary_signs() -> None:
    series = stored("a 3")
    assert values_of(ask(series, "-a")) == {"{}": -3}
    assert values_of(ask(series, "+a")) == {"a": 3}


def test_a_series_without_its_name_is_another_than_the_one_with_it() -> None:
    series = stored("a 1 stale", "b _ 2")
    expression = 'label_replace((-a) or on () label_replace(b, "__name__", "a", "", ""), "x", "y", "", "")'
    found = points_of(ask_range(series, expression, start_s=0, end_s=60, step_s=60))
    assert found == {'{x="y"}': {0: -1}, 'a{x="y"}': {60: 2}}


def test_labels_of_the_one_side_change_over_time() -> None:
    series = stored('a{x="1"} 1 1 1', 'info{x="1", v="old"} 1 1 stale', 'info{x="1", v="new"} _ _ 1')
    expression = "a * on (x) group_left (v) info"
    found = points_of(ask_range(series, expression, start_s=0, end_s=120, step_s=60))
    assert found == {'{v="old", x="1"}': {0: 1, 60: 1}, '{v="new", x="1"}': {120: 1}}


def test_many_series_that_come_and_go_are_not_paired_each_with_each() -> None:
    series = [
        *stored(*(f'pod{{i="{index}"}} {"_ " * index}1 stale' for index in range(300)), step_s=15),
        *stored(*(f'load{{i="{index}"}} {"_ " * index}2 stale' for index in range(300)), step_s=15),
    ]
    result = ask_range(series, "pod * on () load", start_s=0, end_s=15 * 300, step_s=15)
    assert [len(one.times_ms) for one in result.matrix] == [300]
