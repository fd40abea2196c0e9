"""Which releases ran, since when, and whether more fails than before them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from spanglass_server.store.ports import TimeRange
from spanglass_server.store.signals import Release
from spanglass_server.web.api import signals_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/releases", get_releases, response_model=models.Releases, dependencies=[Depends(long_lane)]
    )
    return router


def get_releases(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
) -> Response:
    """Releases with a trace in the range, the newest to begin first."""
    during = asked.during
    found = services.signals.list_releases(caller.project.id, during, asked.where)
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "items": [_release_json(release, during) for release in found],
        }
    )


def _release_json(found: Release, during: TimeRange) -> Json:
    return {
        "release": found.release,
        "service": found.service,
        "environment": found.environment,
        "first_seen": time_text(found.first_ns),
        "last_seen": time_text(found.last_ns),
        "is_new": found.first_ns >= during.from_ns,
        "trace_count": found.traces,
        "error_rate": found.errors / found.traces if found.traces else None,
        "trace_count_before": found.traces_before,
        "error_rate_before": found.errors_before / found.traces_before if found.traces_before else None,
    }
