"""Sessions: conversations, listed, read turn by turn, taken away as a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse

from spanglass_server.base.errors import NotFound
from spanglass_server.insight.turns import turn_of
from spanglass_server.query.ast import Term
from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.web.api import session_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.session_shape import session_json, turn_json
from spanglass_server.web.api.shape import Json, json_response
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of
from spanglass_server.web.services import Services
from spanglass_server.web.session_export import content_disposition, to_json, to_markdown

SessionId = Annotated[str, Path(max_length=1000, description="As the application gave it.")]

TURNS_MAX: Final = 50
_EXPORT_TURNS: Final = 20
"""Turns that are in memory at a time while a session is written out."""
_LOGS_BEFORE_NS: Final = 60_000_000_000


def group_page(
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of a page.")] = 50,
    order: Annotated[
        str, Query(description="A field to order by; `-` before it for descending.")
    ] = "-last_time",
) -> PageRequest:
    return PageRequest(limit, cursor, order)


GroupPage = Annotated[PageRequest, Depends(group_page)]
TraceSelection = Annotated[Selection, Depends(selection_of("traces"))]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["sessions"])
    waiting = [Depends(long_lane)]
    router.add_api_route("/sessions", list_sessions, response_model=models.SessionPage, dependencies=waiting)
    # Ids may hold slashes: what is longer comes first.
    router.add_api_route("/sessions/{session_id:path}/turns", list_turns, response_model=models.TurnPage)
    router.add_api_route(
        "/sessions/{session_id:path}/export",
        export_session,
        response_class=StreamingResponse,
        dependencies=waiting,
    )
    router.add_api_route("/sessions/{session_id:path}", get_session, response_model=models.Session)
    return router


def list_sessions(caller: Reading, services: Serving, selection: TraceSelection, page: GroupPage) -> Response:
    """Sessions with a trace of the range that matches; what they come to is of all their traces in it. Order
    by last_time, start_time, duration, trace_count, error_count, total_tokens or cost."""
    project_id, during = caller.project.id, selection.during
    found = services.sessions.list_groups(project_id, "session_id", during, selection.where, page)
    ids = [group["id"] for group in found.items]
    scores = services.sessions.score_groups(project_id, "session_id", ids, during)
    items = [session_json(group, scores.get(group["id"])) for group in found.items]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


def get_session(caller: Reading, services: Serving, session_id: SessionId) -> Response:
    """One session, whole, whenever it was."""
    project_id = caller.project.id
    group = _get(services, project_id, session_id)
    scores = services.sessions.score_groups(project_id, "session_id", [session_id], _during(group))
    return json_response(session_json(group, scores.get(session_id)))


def list_turns(
    caller: Reading,
    services: Serving,
    session_id: SessionId,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=TURNS_MAX)] = 20,
    order: Literal["start_time", "-start_time"] = "start_time",
) -> Response:
    """A session's traces as turns of a conversation."""
    group = _get(services, caller.project.id, session_id)
    items, next_cursor = _turns(services, caller.project.id, group, PageRequest(limit, cursor, order))
    return json_response({"items": items, "next_cursor": next_cursor or None})


def export_session(
    caller: Reading,
    services: Serving,
    session_id: SessionId,
    format: Literal["json", "markdown"] = "json",  # The parameter's name.
) -> StreamingResponse:
    """The whole conversation as a file."""
    project_id = caller.project.id
    group = _get(services, project_id, session_id)
    scores = services.sessions.score_groups(project_id, "session_id", [session_id], _during(group))
    session = session_json(group, scores.get(session_id))
    turns = _all_turns(services, project_id, group)
    if format == "markdown":
        chunks, media_type, extension = to_markdown(session, turns), "text/markdown; charset=utf-8", "md"
    else:
        chunks, media_type, extension = to_json(session, turns), "application/json", "json"
    headers = {"content-disposition": content_disposition(session_id, extension)}
    return StreamingResponse(chunks, media_type=media_type, headers=headers)


def _get(services: Services, project_id: str, session_id: str) -> Mapping[str, Any]:
    group = services.sessions.find_group(project_id, "session_id", session_id)
    if group is None:
        raise NotFound(
            f"there is no session `{session_id}`",
            hint="its traces may have been deleted, be past their retention, or belong to another project",
        )
    return group


def _during(group: Mapping[str, Any]) -> TimeRange:
    return TimeRange(group["start_time_ns"], group["last_time_ns"] + 1)


def _turns(
    services: Services, project_id: str, group: Mapping[str, Any], page: PageRequest
) -> tuple[list[Json], str]:
    """A page of turns, and where the next one begins."""
    of_session = Term(field="session_id", operator="=", value=group["id"])
    found = services.reader.list_traces(project_id, _during(group), of_session, page)
    return _tell(services, project_id, found.items), found.next_cursor


def _tell(services: Services, project_id: str, traces: Sequence[Mapping[str, Any]]) -> list[Json]:
    spans = services.sessions.load_spans(project_id, traces)
    logs = _logs(services, project_id, spans)
    scores = services.scores.list_scores_of(project_id, [trace["trace_id"] for trace in traces])
    return [
        turn_json(
            trace,
            turn_of(trace, spans.get(trace["trace_id"], ()), logs.get(trace["trace_id"], ())),
            scores.get(trace["trace_id"], ()),
        )
        for trace in traces
    ]


def _logs(
    services: Services, project_id: str, spans: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, list[Mapping[str, Any]]]:
    """Some conventions send a call's messages as logs: looked for where calls tell none themselves."""
    silent = [
        row
        for rows in spans.values()
        for row in rows
        if row["kind"] == "llm" and not row["input"] and not row["output"]
    ]
    found: dict[str, list[Mapping[str, Any]]] = {}
    if silent:
        starts = [row["start_time_ns"] for row in silent]
        during = TimeRange(min(starts) - _LOGS_BEFORE_NS, max(starts) + 1)
        keys = [(row["trace_id"], row["span_id"]) for row in silent]
        for log in services.reader.list_span_logs(project_id, during, keys):
            found.setdefault(log["trace_id"], []).append(log)
    return found


def _all_turns(services: Services, project_id: str, group: Mapping[str, Any]) -> Iterator[Json]:
    cursor = ""
    while True:
        page = PageRequest(_EXPORT_TURNS, cursor, "start_time")
        items, cursor = _turns(services, project_id, group, page)
        yield from items
        if not cursor:
            return
