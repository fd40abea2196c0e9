"""How traces or spans spread over time."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, timed_selection


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["histogram"])
    router.add_api_route(
        "/histogram", get_histogram, response_model=models.Histogram, dependencies=[Depends(long_lane)]
    )
    return router


def get_histogram(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(timed_selection)],
    buckets: Annotated[int, Query(ge=1, le=1000, description="Most buckets of the answer.")] = 60,
) -> Response:
    """Counts, errors, durations, tokens and cost by time; empty buckets are present."""
    during = selection.during
    found = services.reader.histogram(
        caller.project.id, during, selection.where, buckets=buckets, target=selection.target
    )
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "bucket_ms": milliseconds(width_ns_of(during, found)),
            "buckets": [_bucket_json(bucket) for bucket in found],
        }
    )


def width_ns_of(during: TimeRange, buckets: Sequence[Mapping[str, Any]]) -> int:
    """The width of the buckets, which their starts tell."""
    if len(buckets) < 2:
        return during.to_ns - during.from_ns
    width: int = buckets[1]["start_ns"] - buckets[0]["start_ns"]
    return width


def _bucket_json(bucket: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "start_time": time_text(bucket["start_ns"]),
        "count": bucket["count"],
        "error_count": bucket["error_count"],
        "duration_p50_ms": milliseconds(bucket["duration_p50_ns"]),
        "duration_p90_ms": milliseconds(bucket["duration_p90_ns"]),
        "duration_p99_ms": milliseconds(bucket["duration_p99_ns"]),
        "total_tokens": bucket["total_tokens"],
        "cost_usd": bucket["cost_usd"],
        "unpriced_count": bucket["unpriced_count"],
    }
