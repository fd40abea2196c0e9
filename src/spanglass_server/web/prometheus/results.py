"""Results of expressions as JSON text."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from spanglass_server.model.series import Labels, Series
from spanglass_server.promql.result import Result, Sample
from spanglass_server.web.prometheus.values import json_text, time_text, time_texts, value_text, value_texts

T = TypeVar("T")


_PIECE_CHARS: Final = 1 << 20


def result_json(result: Result, *, limit: int, check: Callable[[], None]) -> tuple[list[bytes], bool]:
    """The `data` of a query's answer in pieces, as a large one would be in memory several times as one text;
    and whether series were left out for the limit (0: none). Calls `check`, which may raise, now and then."""
    if result.type == "matrix":
        rows = _matrix_json(_cut(result.matrix, limit))
        is_cut = 0 < limit < len(result.matrix)
    elif result.type == "vector":
        rows = map(_sample_json, _cut(result.vector, limit))
        is_cut = 0 < limit < len(result.vector)
    else:
        text = result.string if result.type == "string" else value_text(result.scalar)
        shown = f"[{time_text(result.time_ms)},{json_text(text)}]"
        return [f'{{"resultType":"{result.type}","result":{shown}}}'.encode()], False
    head = f'{{"resultType":"{result.type}","result":['
    return list(_pieces(head, rows, "]}", check)), is_cut


def _pieces(head: str, rows: Iterable[str], tail: str, check: Callable[[], None]) -> Iterator[bytes]:
    parts, chars, comma = [head], 0, ""
    for row in rows:
        parts += (comma, row)
        chars += len(row)
        comma = ","
        if chars >= _PIECE_CHARS:
            check()
            yield "".join(parts).encode()
            parts, chars = [], 0
    yield "".join([*parts, tail]).encode()


def labels_json(labels: Labels) -> str:
    return json_text(dict(labels))


def _matrix_json(matrix: Sequence[Series]) -> Iterator[str]:
    # Most series of a range stand at the same times.
    known: dict[bytes, list[str]] = {}
    for series in matrix:
        key = series.times_ms.tobytes()
        times = known.get(key) or known.setdefault(key, time_texts(series.times_ms))
        pairs = zip(times, value_texts(series.values), strict=True)
        points = ",".join([f'[{time},"{value}"]' for time, value in pairs])
        yield f'{{"metric":{labels_json(series.labels)},"values":[{points}]}}'


def _sample_json(sample: Sample) -> str:
    point = f'[{time_text(sample.time_ms)},"{value_text(sample.value)}"]'
    return f'{{"metric":{labels_json(sample.labels)},"value":{point}}}'


def _cut(items: Sequence[T], limit: int) -> Sequence[T]:
    return items[:limit] if limit else items
