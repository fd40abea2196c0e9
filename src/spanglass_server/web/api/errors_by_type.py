"""What fails, by type of error."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.store.ports import TimeRange
from spanglass_server.store.signals import ErrorGroup, Errors
from spanglass_server.web.api import signals_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.overview import Comparison, compared_range
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of

PLACES_MAX: Final = 10
MESSAGE_CHARS_MAX: Final = 500


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/errors-by-type",
        get_errors_by_type,
        response_model=models.ErrorTypes,
        dependencies=[Depends(long_lane)],
    )
    return router


def get_errors_by_type(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
    compare: Annotated[Comparison, Query(description="As at `/overview`.")] = "previous",
) -> Response:
    """Spans that failed by `error_type`, with the newest message, and by model and service."""
    during, before = asked.during, compared_range(asked.during, compare)
    found = services.signals.list_errors(caller.project.id, during, asked.where, before=before)
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "compare_from": before and time_text(before.from_ns),
            "compare_to": before and time_text(before.to_ns),
            "trace_count": found.trace_count,
            "trace_count_before": None if before is None else found.trace_count_before,
            "items": [_group_json(group, found, before) for group in found.groups],
            "is_cut": found.is_cut,
        }
    )


def _group_json(group: ErrorGroup, found: Errors, before: TimeRange | None) -> Json:
    return {
        "error_type": group.error_type,
        "span_count": group.span_count,
        "trace_count": group.trace_count,
        "share": group.trace_count / found.trace_count if found.trace_count else 0.0,
        "span_count_before": None if before is None else group.span_count_before,
        "trace_count_before": None if before is None else group.trace_count_before,
        "newest": _newest_json(group) if group.span_count else None,
        "models": _places_json(group.models),
        "services": _places_json(group.services),
    }


def _newest_json(group: ErrorGroup) -> Json:
    return {
        "time": time_text(group.last_ns),
        "message": group.last_message[:MESSAGE_CHARS_MAX],
        "trace_id": group.last_trace_id,
        "span_id": group.last_span_id,
    }


def _places_json(counts: Mapping[str, int]) -> list[Json]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "count": count} for name, count in ordered[:PLACES_MAX]]
