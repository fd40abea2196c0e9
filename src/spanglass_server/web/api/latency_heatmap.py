"""How long calls or traces take at each time, with examples."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.store.ports import TimeRange
from spanglass_server.store.signals import HeatCell, HeatOf
from spanglass_server.web.api import signals_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import Json, json_response, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of

SLOW_EXAMPLES_MAX: Final = 20
FAILED_EXAMPLES_MAX: Final = 20
_MANTISSAS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/latency-heatmap",
        get_latency_heatmap,
        response_model=models.LatencyHeatmap,
        dependencies=[Depends(long_lane)],
    )
    return router


def get_latency_heatmap(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
    of: Annotated[HeatOf, Query(description="What is counted: model calls, or whole traces.")] = "calls",
    buckets: Annotated[int, Query(ge=1, le=200, description="Columns.")] = 60,
) -> Response:
    """Counts by time and duration, and examples of what was slow or failed."""
    during = asked.during
    bucket_ns = -(-(during.to_ns - during.from_ns) // buckets)
    cells = services.signals.list_heat(caller.project.id, during, asked.where, of=of, bucket_ns=bucket_ns)
    rows = row_bounds([cell.low_ns for cell in cells])
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "of": of,
            "bucket_ms": milliseconds(bucket_ns),
            "rows": [
                {"low_ms": milliseconds(low), "high_ms": milliseconds(high)} for low, high in pairwise(rows)
            ],
            "columns": _columns(cells, rows[:-1], during, bucket_ns),
            "examples": [_example_json(cell) for cell in choose_examples(cells)],
        }
    )


def row_bounds(lows_ns: Sequence[int]) -> list[int]:
    """Lower bounds from the least to the greatest, those without a cell too, and the end of the last."""
    if not lows_ns:
        return []
    steps = [0, *(round(mantissa * 10.0**power) for power in range(19) for mantissa in _MANTISSAS)]
    bounds = sorted({*steps, *lows_ns})
    first = bounds.index(min(lows_ns))
    if bounds[first] == 0:
        # What takes no time stands right below the rest.
        above = [low for low in lows_ns if low > 0]
        rest = bounds[bounds.index(min(above)) : bounds.index(max(above)) + 2] if above else [1]
        return [0, *rest]
    return bounds[first : bounds.index(max(lows_ns)) + 2]


def choose_examples(cells: Sequence[HeatCell]) -> list[HeatCell]:
    """Of the slowest cells, and of the slowest of those in which something failed; one a cell."""
    slowest = sorted(cells, key=lambda cell: -cell.duration_ns)
    failed = [cell for cell in slowest if cell.is_error][:FAILED_EXAMPLES_MAX]
    # The slowest of each column first: one bad hour must not take all the examples.
    heads: dict[int, HeatCell] = {}
    for cell in slowest:
        heads.setdefault(cell.bucket, cell)
    chosen = [*failed, *list(heads.values())[:SLOW_EXAMPLES_MAX]]
    return list(dict.fromkeys(chosen))


def _columns(cells: Sequence[HeatCell], rows: Sequence[int], during: TimeRange, bucket_ns: int) -> list[Json]:
    place = {low: number for number, low in enumerate(rows)}
    starts = range(during.from_ns, during.to_ns, bucket_ns)
    columns: list[Json] = [
        {"start_time": time_text(start), "counts": [0] * len(rows), "error_counts": [0] * len(rows)}
        for start in starts
    ]
    for cell in cells:
        columns[cell.bucket]["counts"][place[cell.low_ns]] = cell.size
        columns[cell.bucket]["error_counts"][place[cell.low_ns]] = cell.error_count
    return columns


def _example_json(cell: HeatCell) -> Json:
    return {
        "trace_id": cell.trace_id,
        "span_id": cell.span_id or None,
        "start_time": time_text(cell.start_ns),
        "duration_ms": milliseconds(cell.duration_ns),
        "is_error": cell.is_error,
    }
