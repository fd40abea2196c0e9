"""The same series and expressions, answered by the engine and by Debian's Prometheus."""

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import pytest
from tests.conformance.expressions import BASE_S, Expressions, make_series
from tests.conformance.remote_write import write
from tests.promql.storage import selected
from tests.support.real_prometheus import RealPrometheus

from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.series import Labels, Series, labels_of
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import make_plan
from spanglass_server.promql.result import Result

SEED: Final = int(os.environ.get("SPANGLASS_TEST_SEED", "20260801"))
COUNT: Final = int(os.environ.get("SPANGLASS_TEST_EXPRESSIONS", "500"))
_TOLERANCE: Final = 1e-9
_START_S: Final = BASE_S + 1_507
_END_S: Final = BASE_S + 5_107
_STEP_S: Final = 90

Points: TypeAlias = dict[Labels, dict[float, float]]
"""Of a scalar: under no labels."""


class Compared(NamedTuple):
    differing: list[str]
    failing: int
    """How many both refuse."""
    filled: int
    """How many give something."""


@pytest.fixture(scope="module")
def series() -> list[Series]:
    return make_series(random.Random(SEED))


@pytest.fixture(scope="module")
def expressions() -> list[str]:
    print(f"seed {SEED}, {COUNT} expressions")  # noqa: T201 - shown where a test fails
    grammar = Expressions(random.Random(SEED + 1))
    return [grammar.make() for _ in range(COUNT)]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, series: list[Series]) -> Iterator[RealPrometheus]:
    flags = ("--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y")
    real = RealPrometheus(tmp_path_factory.mktemp("prometheus"), "global: {}\n", *flags)
    try:
        write(real.url, series)
        yield real
    finally:
        real.close()


def test_instant_queries_give_what_prometheus_gives(
    prometheus: RealPrometheus, series: list[Series], expressions: list[str]
) -> None:
    def real(text: str) -> Points | None:
        return _of_answer(*prometheus.get("/query", {"query": text, "time": _END_S}))

    _check(_compared(expressions, real, lambda text: _own(text, series, _END_S, _END_S, 0)))


def test_range_queries_give_what_prometheus_gives(
    prometheus: RealPrometheus, series: list[Series], expressions: list[str]
) -> None:
    def real(text: str) -> Points | None:
        times = {"start": _START_S, "end": _END_S, "step": _STEP_S}
        return _of_answer(*prometheus.get("/query_range", {"query": text} | times))

    _check(_compared(expressions, real, lambda text: _own(text, series, _START_S, _END_S, _STEP_S)))


def _check(compared: Compared) -> None:
    assert not compared.differing, "\n\n".join(compared.differing[:20])
    assert compared.filled > COUNT / 2
    assert compared.failing < COUNT / 4


def _compared(
    expressions: Sequence[str], real: Callable[[str], Points | None], own: Callable[[str], Points | str]
) -> Compared:
    differing, failing, filled = [], 0, 0
    for text in expressions:
        theirs, ours = real(text), own(text)
        if theirs is None and isinstance(ours, str):
            failing += 1
        elif theirs is None or isinstance(ours, str):
            differing.append(
                f"{text}\n    Prometheus {'fails' if theirs is None else 'answers'}, here: {ours}"
            )
        elif said := _difference(theirs, ours):
            differing.append(f"{text}\n    {said}")
        else:
            filled += bool(theirs)
    return Compared(differing, failing, filled)


def _own(text: str, series: Sequence[Series], start_s: int, end_s: int, step_s: int) -> Points | str:
    """The error's message where it fails."""
    try:
        plan = make_plan(parse(text), start_ms=start_s * 1000, end_ms=end_s * 1000, step_ms=step_s * 1000)
        data = [selected(series, selection) for selection in plan.selections]
        return _of_result(evaluate(plan, data, samples_max=10_000_000), end_s)
    except SpanglassError as error:
        return error.message


def _of_result(result: Result, time_s: float) -> Points:
    if result.type == "scalar":
        return {(): {time_s: result.scalar}}
    if result.type == "vector":
        return {sample.labels: {sample.time_ms / 1000: sample.value} for sample in result.vector}
    return {
        one.labels: {
            time / 1000: value for time, value in zip(one.times_ms.tolist(), one.values, strict=True)
        }
        for one in result.matrix
    }


def _of_answer(status: int, body: Any) -> Points | None:
    """None where it refuses or fails."""
    if status in (400, 422):
        return None
    assert status == 200, body
    data = body["data"]
    if data["resultType"] == "scalar":
        return {(): dict([_point(data["result"])])}
    return {
        labels_of(one["metric"]): dict(map(_point, one["values"] if "values" in one else [one["value"]]))
        for one in data["result"]
    }


def _point(pair: Sequence[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])


def _difference(theirs: Points, ours: Points) -> str | None:
    if theirs.keys() != ours.keys():
        return f"only Prometheus: {theirs.keys() - ours.keys()}, only here: {ours.keys() - theirs.keys()}"
    for labels, points in theirs.items():
        if points.keys() != ours[labels].keys():
            times = sorted(points.keys() ^ ours[labels].keys())
            return f"{labels} at other times: {times[:5]}, {len(points)} there and {len(ours[labels])} here"
        for time, value in points.items():
            if not _equal(value, ours[labels][time]):
                return f"{labels} at {time}: Prometheus {value!r}, here {ours[labels][time]!r}"
    return None


def _equal(one: float, other: float) -> bool:
    return (
        one == other
        or (math.isnan(one) and math.isnan(other))
        or math.isclose(one, other, rel_tol=_TOLERANCE)
    )
