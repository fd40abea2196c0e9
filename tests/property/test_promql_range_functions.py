"""Functions of range vectors, computed for all windows at once, give what a loop over each window gives."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.promql_calls import Samples, call, windows

Window = Sequence[tuple[int, float]]

_VALUES: Final = st.one_of(
    st.integers(-5, 5).map(float),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 0.1]),
)


@st.composite
def _series(draw: st.DrawFn) -> Samples:
    gaps = draw(st.lists(st.integers(1, 40_000), max_size=30))
    return [(sum(gaps[: number + 1]), draw(_VALUES)) for number in range(len(gaps))]


def _total(values: Sequence[float]) -> tuple[float, float]:
    """(sum, compensation) as Prometheus adds."""
    total = compensation = 0.0
    for value in values:
        after = total + value
        if math.isinf(after):
            compensation = 0.0
        elif abs(total) >= abs(value):
            compensation += (total - after) + value
        else:
            compensation += (value - after) + total
        total = after
    return total, compensation


def _sum(window: Window) -> float:
    total, compensation = _total([value for _, value in window])
    return total if math.isinf(total) else total + compensation


def _without_nan(window: Window) -> list[float]:
    return [value for _, value in window if not math.isnan(value)]


def _quantile(q: float, values: Sequence[float]) -> float:
    ordered = sorted(
        values, key=lambda value: (not math.isnan(value), value if not math.isnan(value) else 0.0)
    )
    rank = q * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(len(ordered) - 1, lower + 1)
    return ordered[lower] * (1 - (rank - lower)) + ordered[upper] * (rank - lower)


def _changes(window: Window) -> float:
    pairs = itertools.pairwise(window)
    return sum(one != other and not (math.isnan(one) and math.isnan(other)) for (_, one), (_, other) in pairs)


def _increase(window: Window, end_ms: int, range_ms: int) -> float:
    times = [time / 1000 for time, _ in window]
    values = [value for _, value in window]
    grown = values[-1] - values[0]
    grown += sum(one for one, other in itertools.pairwise(values) if other < one)
    sampled = times[-1] - times[0]
    average = sampled / (len(window) - 1)
    to_start, to_end = times[0] - (end_ms - range_ms) / 1000, end_ms / 1000 - times[-1]
    to_start = average / 2 if to_start >= average * 1.1 else to_start
    if grown > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / grown))
    to_end = average / 2 if to_end >= average * 1.1 else to_end
    return grown * ((sampled + to_start + to_end) / sampled)


def _time_of_largest(window: Window) -> float:
    time_ms, best = window[0]
    for at, value in window:
        if value >= best or math.isnan(best):
            time_ms, best = at, value
    return time_ms / 1000


_OF_VALUES: Final[dict[str, Callable[[Window], float]]] = {
    "sum_over_time": _sum,
    "count_over_time": lambda window: float(len(window)),
    "min_over_time": lambda window: min(_without_nan(window), default=math.nan),
    "max_over_time": lambda window: max(_without_nan(window), default=math.nan),
    "last_over_time": lambda window: window[-1][1],
    "first_over_time": lambda window: window[0][1],
    "present_over_time": lambda _: 1.0,
    "changes": _changes,
    "resets": lambda window: float(sum(other < one for (_, one), (_, other) in itertools.pairwise(window))),
    "ts_of_last_over_time": lambda window: window[-1][0] / 1000,
    "ts_of_max_over_time": _time_of_largest,
    "ts_of_min_over_time": lambda window: _time_of_largest([(time, -value) for time, value in window]),
    "ts_of_first_over_time": lambda window: window[0][0] / 1000,
}


@pytest.mark.parametrize("name", _OF_VALUES)
@given(series=st.lists(_series(), max_size=4), range_ms=st.integers(1, 300_000))
def test_each_window_is_aggregated_for_itself(name: str, series: list[Samples], range_ms: int) -> None:
    _compare(name, _OF_VALUES[name], series, range_ms, at_least=1)


@given(series=st.lists(_series(), max_size=4), range_ms=st.integers(1, 300_000))
def test_increase_extrapolates_each_window_for_itself(series: list[Samples], range_ms: int) -> None:
    ends_ms = _ends(series)
    expected = [[_at_least(2, _window(one, end, range_ms)) for end in ends_ms] for one in series]
    wanted = [
        [window and _increase(window, end, range_ms) for window, end in zip(row, ends_ms, strict=True)]
        for row in expected
    ]
    found = call("increase", windows(series, ends_ms, range_ms), times_ms=ends_ms)
    _check(list(found.points().values()), wanted)


@given(
    series=st.lists(_series(), max_size=3),
    range_ms=st.integers(1, 300_000),
    q=st.sampled_from([0, 0.3, 0.5, 1]),
)
def test_quantiles_of_each_window_are_its_own(series: list[Samples], range_ms: int, q: float) -> None:
    ends_ms = _ends(series)
    found = call("quantile_over_time", q, windows(series, ends_ms, range_ms), times_ms=ends_ms)
    wanted = [
        [
            window and _quantile(q, [value for _, value in window])
            for window in (_at_least(1, _window(one, end, range_ms)) for end in ends_ms)
        ]
        for one in series
    ]
    _check(list(found.points().values()), wanted)


def _compare(
    name: str, plain: Callable[[Window], float], series: list[Samples], range_ms: int, *, at_least: int
) -> None:
    ends_ms = _ends(series)
    found = call(name, windows(series, ends_ms, range_ms), times_ms=ends_ms)
    wanted = [
        [
            window and plain(window)
            for window in (_at_least(at_least, _window(one, end, range_ms)) for end in ends_ms)
        ]
        for one in series
    ]
    _check(list(found.points().values()), wanted)


def _ends(series: list[Samples]) -> list[int]:
    latest = max((samples[-1][0] for samples in series if samples), default=0)
    return [latest * number // 7 for number in range(10)]


def _window(samples: Samples, end_ms: int, range_ms: int) -> Window:
    return [(time, value) for time, value in samples if end_ms - range_ms < time <= end_ms]


def _at_least(count: int, window: Window) -> Window | None:
    return window if len(window) >= count else None


def _check(found: Sequence[Sequence[float | None]], wanted: Sequence[Sequence[float | None]]) -> None:
    assert len(found) == len(wanted)
    for row, expected in zip(found, wanted, strict=True):
        for value, other in zip(row, expected, strict=True):
            assert (value is None) == (other is None)
            assert value is None or other is None or _same(value, other), (row, expected)


def _same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300)
