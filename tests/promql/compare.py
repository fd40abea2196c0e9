"""Whether a result is what a script expects; None where it is, else what is wrong."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tests.promql.notation import Value
from tests.promql.script import Eval, Message, Times

from spanglass_server.model.series import METRIC_NAME, Labels
from spanglass_server.promql.quoting import quote
from spanglass_server.promql.result import Result

TOLERANCE: Final = 1e-6
"""Relative."""
_SMALLEST_NORMAL: Final = 2.2250738585072014e-308


def almost_equal(one: float, other: float) -> bool:
    """As promqltest compares: NaN equals NaN, and nothing but zero is near zero."""
    if one == other or (math.isnan(one) and math.isnan(other)):
        return True
    total, distance = abs(one) + abs(other), abs(one - other)
    if one == 0 or other == 0 or total < _SMALLEST_NORMAL:
        return distance < TOLERANCE * _SMALLEST_NORMAL
    return distance / min(total, 1.7976931348623157e308) < TOLERANCE


def messages(kind: str, expected: Sequence[Message], unexpected: bool, said: Sequence[str]) -> str | None:
    """`unexpected`: none at all is expected."""
    if unexpected and said:
        return f"expected no {kind}, got {list(said)}"
    if not expected:
        return None
    if not said:
        return f"expected {kind}, got none"
    for message in expected:
        if not any(message.fits(text) for text in said):
            return f"expected {kind} {message.how} {message.text!r}, got {list(said)}"
    strange = [text for text in said if not any(message.fits(text) for message in expected)]
    return f"unexpected {kind}: {strange}" if strange else None


def result(block: Eval, found: Result) -> str | None:
    if found.type == "string":
        return (
            None
            if found.string == block.string
            else f"expected string {block.string!r}, got {found.string!r}"
        )
    if block.string is not None:
        return f"expected string {block.string!r}, got a {found.type}"
    if found.type == "scalar":
        return _scalar(block, found.scalar)
    if found.type == "matrix":
        times = block.vector_times or block.times
        points = {
            one.labels: dict(zip(one.times_ms.tolist(), one.values.tolist(), strict=True))
            for one in found.matrix
        }
        return _series(_expected(block, times), points)
    return _ordered(block, found) or _vector(block, found)


def instant(block: Eval, time_ms: int, found: Result) -> str | None:
    """The same block, evaluated as a range query: its step at `time_ms`."""
    points = {
        one.labels: {time_ms: dict(zip(one.times_ms.tolist(), one.values.tolist(), strict=True))[time_ms]}
        for one in found.matrix
        if time_ms in one.times_ms
    }
    if block.scalar is not None:
        values = [value for point in points.values() for value in point.values()]
        return _scalar(block, values[0]) if len(values) == 1 else f"expected a scalar, got {points}"
    return _series(_expected(block, Times(time_ms, time_ms, 1)), points)


def _scalar(block: Eval, value: float) -> str | None:
    if block.scalar is None:
        return f"expected {len(block.series)} series, got the scalar {value}"
    return None if almost_equal(block.scalar, value) else f"expected {block.scalar}, got {value}"


def _ordered(block: Eval, found: Result) -> str | None:
    if not block.is_ordered:
        return None
    expected, order = [labels for labels, _ in block.series], [one.labels for one in found.vector]
    if expected == order:
        return None
    return f"expected in this order: {_list(expected)}, got {_list(order)}"


def _vector(block: Eval, found: Result) -> str | None:
    if block.scalar is not None:
        return f"expected {block.scalar}, got a vector of {len(found.vector)}"
    if len({one.labels for one in found.vector}) < len(found.vector):
        return f"the same labels twice: {_list(one.labels for one in found.vector)}"
    time_ms = block.times.start_ms
    points = {one.labels: {time_ms: one.value} for one in found.vector}
    return _series(_expected(block, Times(time_ms, time_ms, 1)), points)


def _expected(block: Eval, times: Times) -> dict[Labels, dict[int, Value]]:
    return {
        labels: {
            times.start_ms + number * times.step_ms: value
            for number, value in enumerate(values)
            if value is not None
        }
        for labels, values in block.series
    }


def _series(
    expected: Mapping[Labels, Mapping[int, Value]], found: Mapping[Labels, Mapping[int, float]]
) -> str | None:
    for labels, points in found.items():
        if points and labels not in expected:
            return f"unexpected {text(labels)} {_points(points)}"
    for labels, wanted in expected.items():
        points = found.get(labels, {})
        is_same = wanted.keys() == points.keys() and all(
            isinstance(value, float) and almost_equal(value, points[time_ms])
            for time_ms, value in wanted.items()
        )
        if not is_same:
            return (
                f"expected {text(labels)} {_points(wanted)}, got {_points(points) if points else 'nothing'}"
            )
    return None


def _points(points: Mapping[int, Value]) -> str:
    return " ".join(f"{value}@{time_ms / 1000:g}" for time_ms, value in points.items())


def _list(many: Iterable[Labels]) -> str:
    return ", ".join(map(text, many))


def text(labels: Labels) -> str:
    name = dict(labels).get(METRIC_NAME, "")
    inside = ", ".join(f"{key}={quote(value)}" for key, value in labels if key != METRIC_NAME)
    return f"{name}{{{inside}}}"
