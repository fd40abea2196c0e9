"""Prometheus' notation for the series of a rule test."""

import math

import pytest

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.series import is_stale
from spanglass_server.promql.errors import Unsupported
from spanglass_server.rules.series_notation import parse_labels, parse_series, to_series


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("up 1 2 -3 +4", [1, 2, -3, 4]),
        ("up 0+10x3", [0, 10, 20, 30]),
        ("up 10-2x2", [10, 8, 6]),
        ("up 5x2", [5, 5, 5]),
        ("up 0x3 7", [0, 0, 0, 0, 7]),
        ("up 1 _ 2 _x2 3", [1, None, 2, None, None, 3]),
        ("up 1e3x1 .5 2.", [1000, 1000, 0.5, 2]),
        ("up Inf -Inf +inf", [math.inf, -math.inf, math.inf]),
        ("up", []),
        ("up _x0 1", [1]),
    ],
)
def test_values_are_expanded_one_a_step(text: str, values: list[float | None]) -> None:
    assert parse_series(text)[1] == values


def test_stale_is_a_marker_and_nan_is_a_value() -> None:
    series = to_series(*parse_series("up 1 stale NaN"), start_ms=0, interval_ms=60_000)
    assert is_stale(series.values).tolist() == [False, True, False]
    assert series.times_ms.tolist() == [0, 60_000, 120_000]


def test_left_out_samples_leave_a_hole_in_time() -> None:
    series = to_series(*parse_series("up 1 _x2 2"), start_ms=1_000, interval_ms=500)
    assert series.times_ms.tolist() == [1_000, 2_500]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('up{job="api", path=\'a"b\'}', {"__name__": "up", "job": "api", "path": 'a"b'}),
        (r'{a="tab\tquote\"ü\u00fc\x41",}', {"a": 'tab\tquote"üüA'}),
        ("{a=`raw\\n`}", {"a": "raw\\n"}),
        ('{"dotted.name", "label.too"="v"}', {"__name__": "dotted.name", "label.too": "v"}),
        ('up{empty=""}', {"__name__": "up"}),
        ("a:b:rate5m", {"__name__": "a:b:rate5m"}),
    ],
)
def test_label_sets_are_read(text: str, labels: dict[str, str]) -> None:
    assert dict(parse_labels(text)) == labels


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("up 1..2", 4),
        ("up{a} 1", 5),
        ('up{a="1" b="2"}', 10),
        ("", 1),
        ("up 1 x3", 6),
        ('up{a="1", a="2"}', 11),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, column: int) -> None:
    with pytest.raises(QueryInvalid) as problem:
        parse_series(text)
    assert problem.value.column == column


def test_native_histograms_and_endless_series_are_refused() -> None:
    with pytest.raises(Unsupported, match="native histograms"):
        parse_series("up {{schema:1 sum:1}}")
    with pytest.raises(QueryInvalid, match="more than"):
        parse_series("up 1x99999999999")
