"""End users: listed with what they used, and all that is stored of one taken away."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.ports import ScoreQuery, TimeRange
from spanglass_server.web.api import session_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.session_shape import user_json
from spanglass_server.web.api.sessions import GroupPage, TraceSelection
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.params import time_range
from spanglass_server.web.services import Services

UserId = Annotated[str, Path(max_length=1000, description="As the application gave it.")]

DELETED_AT_ONCE_MAX: Final = 500
"""Traces that one request takes away: who asks goes on asking, and sees how far it is."""
_SCORES_AT_ONCE: Final = 1_000
_ALL_TIME: Final = TimeRange(0, 2**63 - 1)


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["users"])
    waiting = [Depends(long_lane)]
    router.add_api_route("/users", list_users, response_model=models.UserPage, dependencies=waiting)
    # Ids may hold slashes: what is longer comes first.
    router.add_api_route("/users/{user_id:path}/data", get_user_data, response_model=models.UserData)
    router.add_api_route(
        "/users/{user_id:path}/delete-data",
        delete_user_data,
        methods=["POST"],
        response_model=models.UserDeleted,
        dependencies=waiting,
    )
    router.add_api_route("/users/{user_id:path}", get_user, response_model=models.User)
    return router


def list_users(caller: Reading, services: Serving, selection: TraceSelection, page: GroupPage) -> Response:
    """Users with a trace of the range that matches; what they come to is of all their traces in it. Order by
    last_time, start_time, duration, trace_count, error_count, total_tokens or cost."""
    project_id, during = caller.project.id, selection.during
    found = services.sessions.list_groups(project_id, "user_id", during, selection.where, page)
    ids = [group["id"] for group in found.items]
    scores = services.sessions.score_groups(project_id, "user_id", ids, during)
    items = [user_json(group, scores.get(group["id"])) for group in found.items]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


def get_user(
    caller: Reading,
    services: Serving,
    user_id: UserId,
    during: Annotated[TimeRange, Depends(time_range)],
) -> Response:
    """What a user did in the time range."""
    project_id = caller.project.id
    group = services.sessions.find_group(project_id, "user_id", user_id, during)
    if group is None:
        raise _nobody(user_id, "look in a longer time range")
    scores = services.sessions.score_groups(project_id, "user_id", [user_id], during)
    return json_response(user_json(group, scores.get(user_id)))


def get_user_data(caller: Reading, services: Serving, user_id: UserId) -> Response:
    """How much is stored of a user, of all time."""
    data = services.sessions.count_user(caller.project.id, user_id)
    return json_response({"user_id": user_id, **data._asdict()})


def delete_user_data(
    caller: Administering, services: Serving, user_id: UserId, given: models.UserDeletion
) -> Response:
    """Delete traces in which any span names the user, with their logs and scores, up to 500 at a time."""
    if given.confirm != user_id:
        raise BadInput("`confirm` is not the user's id", hint="send the id of the user whose data goes")
    project_id = caller.project.id
    keys = services.sessions.list_user_traces(project_id, user_id, limit=DELETED_AT_ONCE_MAX)
    if not keys:
        raise _nobody(user_id, "nothing is stored of this user")
    sessions = services.sessions.list_sessions_of(project_id, keys)
    span_count = services.administration.delete_traces(keys)
    _delete_session_scores(services, project_id, sessions)
    remaining = services.sessions.count_user(project_id, user_id).trace_count
    told = {
        "deleted_trace_count": len(keys),
        "deleted_span_count": span_count,
        "remaining_trace_count": remaining,
    }
    services.audit.record(
        caller, action="user.delete_data", target=user_id, project_id=project_id, details=told
    )
    return json_response(told)


def _delete_session_scores(services: Services, project_id: str, session_ids: Sequence[str]) -> None:
    """What was said of sessions that are gone now."""
    gone = services.sessions.list_empty(project_id, session_ids)
    if not gone:
        return
    query = ScoreQuery(_ALL_TIME, session_ids=gone)
    while scores := services.scores.list_scores(project_id, query, limit=_SCORES_AT_ONCE):
        if not services.administration.delete_scores(project_id, [score.score_id for score in scores]):
            return


def _nobody(user_id: str, hint: str) -> NotFound:
    return NotFound(f"there is no user `{user_id}`", hint=hint)
