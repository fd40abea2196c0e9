"""Results of expressions as JSON text."""

from collections.abc import Sequence
from typing import TypeVar

from spanglass_server.model.series import Labels, Series
from spanglass_server.promql.result import Result, Sample
from spanglass_server.web.prometheus.values import json_text, time_text, time_texts, value_text, value_texts

T = TypeVar("T")


def result_json(result: Result, *, limit: int) -> tuple[bytes, bool]:
    """The `data` of a query's answer, and whether series were left out for the limit (0: none)."""
    if result.type == "matrix":
        rows = _matrix_json(_cut(result.matrix, limit))
        is_cut = 0 < limit < len(result.matrix)
    elif result.type == "vector":
        rows = [_sample_json(sample) for sample in _cut(result.vector, limit)]
        is_cut = 0 < limit < len(result.vector)
    else:
        text = result.string if result.type == "string" else value_text(result.scalar)
        shown = f"[{time_text(result.time_ms)},{json_text(text)}]"
        return f'{{"resultType":"{result.type}","result":{shown}}}'.encode(), False
    return f'{{"resultType":"{result.type}","result":[{",".join(rows)}]}}'.encode(), is_cut


def labels_json(labels: Labels) -> str:
    return json_text(dict(labels))


def _matrix_json(matrix: Sequence[Series]) -> list[str]:
    # Most series of a range stand at the same times.
    known: dict[bytes, list[str]] = {}
    rows = []
    for series in matrix:
        key = series.times_ms.tobytes()
        times = known.get(key) or known.setdefault(key, time_texts(series.times_ms))
        pairs = zip(times, value_texts(series.values), strict=True)
        points = ",".join([f'[{time},"{value}"]' for time, value in pairs])
        rows.append(f'{{"metric":{labels_json(series.labels)},"values":[{points}]}}')
    return rows


def _sample_json(sample: Sample) -> str:
    point = f'[{time_text(sample.time_ms)},"{value_text(sample.value)}"]'
    return f'{{"metric":{labels_json(sample.labels)},"value":{point}}}'


def _cut(items: Sequence[T], limit: int) -> Sequence[T]:
    return items[:limit] if limit else items
