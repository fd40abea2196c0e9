"""Asks the PromQL engine about series written in the notation of Prometheus' test scripts."""

from collections.abc import Sequence

import numpy as np
from tests.promql.notation import parse_series
from tests.promql.storage import selected

from spanglass_server.model.series import Labels, Series
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import Plan, make_plan
from spanglass_server.promql.result import Result


def stored(*lines: str, step_s: float = 60) -> list[Series]:
    """Each line a series: `up{job="a"} 0+1x10 _ stale 5`, from time 0 on, `step_s` apart."""
    return [_series(line, step_s) for line in lines]


def ask(series: Sequence[Series], expression: str, *, at_s: float = 0) -> Result:
    at_ms = round(at_s * 1000)
    return _answer(series, make_plan(parse(expression), start_ms=at_ms, end_ms=at_ms, step_ms=0))


def ask_range(
    series: Sequence[Series], expression: str, *, start_s: float, end_s: float, step_s: float
) -> Result:
    start_ms, end_ms, step_ms = (round(seconds * 1000) for seconds in (start_s, end_s, step_s))
    return _answer(series, make_plan(parse(expression), start_ms=start_ms, end_ms=end_ms, step_ms=step_ms))


def values_of(result: Result) -> dict[str, float]:
    """Of an instant vector: `{a="1"}` -> value; the name stands before the braces."""
    return {_metric(sample.labels): sample.value for sample in result.vector}


def points_of(result: Result) -> dict[str, dict[float, float]]:
    """Of a matrix: series -> seconds -> value."""
    return {
        _metric(series.labels): dict(
            zip((series.times_ms / 1000).tolist(), series.values.tolist(), strict=True)
        )
        for series in result.matrix
    }


def _series(line: str, step_s: float) -> Series:
    labels, values = parse_series(line)
    kept = [(index, value) for index, value in enumerate(values) if isinstance(value, float)]
    times = [round(index * step_s * 1000) for index, _ in kept]
    return Series(labels, np.array(times, np.int64), np.array([value for _, value in kept], np.float64))


def _answer(series: Sequence[Series], plan: Plan) -> Result:
    return evaluate(plan, [selected(series, selection) for selection in plan.selections])


def _metric(labels: Labels) -> str:
    pairs = dict(labels)
    name = pairs.pop("__name__", "")
    inside = ", ".join(f'{key}="{value}"' for key, value in pairs.items())
    return f"{name}{{{inside}}}" if inside else name or "{}"
