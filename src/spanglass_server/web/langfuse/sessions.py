"""Sessions: what the traces that name one have in common."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.store.views import Condition, Order
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.langfuse.asked import ALL_TIME, Environments, PageLimit, PageNumber, time_range
from spanglass_server.web.langfuse.shape import page_meta, session_json
from spanglass_server.web.langfuse.traces import tell_traces

router = APIRouter()

SESSION_TRACES_MAX: Final = 1_000
"""Traces that an opened session shows: its oldest."""


@router.get("/sessions")
def list_sessions(
    caller: Reading,
    services: Serving,
    environment: Environments,
    page: PageNumber = 1,
    limit: PageLimit = 50,
    from_timestamp: Annotated[str | None, Query(alias="fromTimestamp")] = None,
    to_timestamp: Annotated[str | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """A page of sessions, newest first. A session starts with its first trace."""
    names = ("fromTimestamp", "toTimestamp")
    during = time_range(from_timestamp, to_timestamp, services.now_ns(), names=names)
    project_id = caller.project.id
    total = services.views.count_sessions(project_id, during, environments=environment)
    rows = services.views.list_sessions(
        project_id, during, environments=environment, limit=limit, offset=(page - 1) * limit
    )
    data = [session_json(row, project_id) for row in rows]
    return json_response({"data": data, "meta": page_meta(page, limit, total)})


@router.get("/sessions/{session_id:path}")
def get_session(
    caller: Reading, services: Serving, session_id: Annotated[str, Path(max_length=800)]
) -> Response:
    """A session with its traces, oldest first."""
    project_id = caller.project.id
    traces = services.views.list_traces(
        project_id,
        ALL_TIME,
        [Condition("session_id", "=", session_id)],
        order=Order("start_time", False),
        limit=SESSION_TRACES_MAX,
        offset=0,
    )
    if not traces:
        raise NotFound(f"there is no session `{session_id}` in this project")
    told = tell_traces(services, project_id, traces, with_payloads=True)
    return json_response(
        {
            **session_json({**traces[0], "session_id": session_id}, project_id),
            "traces": [core for _, _, core in told],
        }
    )
