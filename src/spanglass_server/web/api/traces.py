"""Traces: listed, opened, searched, deleted."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AfterValidator

from spanglass_server.base.errors import NotFound
from spanglass_server.insight.critical_path import SpanTime, TimedSpan, measure_spans
from spanglass_server.store.ports import PageRequest, TraceKey
from spanglass_server.web.api import models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.score_shape import scores_by_span, summarize_scores
from spanglass_server.web.api.shape import json_response, log_json, span_json, trace_json, whole_span_json
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.params import Selection, page_request, selection_of

_HEX_ID: Final = re.compile(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}")


def stored_id(value: str) -> str:
    """Hex ids are stored in lower case, whatever case a log or another tool shows them in."""
    return value.lower() if _HEX_ID.fullmatch(value) else value


TraceId = Annotated[
    str,
    Path(description="32 hex digits, or the text a Langfuse SDK gave.", max_length=800),
    AfterValidator(stored_id),
]
SpanId = Annotated[
    str,
    Path(description="16 hex digits, or the text a Langfuse SDK gave.", max_length=800),
    AfterValidator(stored_id),
]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["traces"])
    router.add_api_route("/traces", list_traces, response_model=models.TracePage)
    # Ids of Langfuse's SDKs may hold slashes, which servers do not tell from those of the path: what is
    # longer comes first.
    router.add_api_route(
        "/traces/{trace_id:path}/spans/{span_id:path}", get_span, response_model=models.SpanWithLogs
    )
    router.add_api_route(
        "/traces/{trace_id:path}/search",
        search_trace,
        response_model=models.Found,
        dependencies=[Depends(long_lane)],
    )
    router.add_api_route("/traces/{trace_id:path}", get_trace, response_model=models.TraceDetail)
    router.add_api_route("/traces/{trace_id:path}", delete_trace, methods=["DELETE"], status_code=204)
    return router


def list_traces(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(selection_of("traces"))],
    page: Annotated[PageRequest, Depends(page_request)],
) -> Response:
    """A page of traces, by start_time, duration, cost, total_tokens, error_count or span_count."""
    found = services.reader.list_traces(caller.project.id, selection.during, selection.where, page)
    scores = services.scores.list_scores_of(caller.project.id, [row["trace_id"] for row in found.items])
    items = [trace_json(row, summarize_scores(scores.get(row["trace_id"], ()))) for row in found.items]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


def get_trace(
    caller: Reading,
    services: Serving,
    trace_id: TraceId,
    payloads: Annotated[
        bool, Query(description="False leaves out what only a span's own page needs: for waterfalls.")
    ] = True,
) -> Response:
    """A trace and all its spans in start order, with critical path and self time."""
    project_id = caller.project.id
    found = services.reader.open_trace(project_id, trace_id, payloads=payloads)
    if found is None:
        raise _no_trace(trace_id)
    spans = found.spans
    scores = services.scores.list_scores_of(project_id, [trace_id]).get(trace_id, ())
    scored = scores_by_span(scores)
    times = _times([(s["span_id"], s["parent_span_id"], s["start_time_ns"], s["end_time_ns"]) for s in spans])
    if payloads:
        logs = _by_span(found.logs)
        shown = [
            whole_span_json(s, logs.get(s["span_id"], ()), times[s["span_id"]], scored.get(s["span_id"], ()))
            for s in spans
        ]
    else:
        shown = [span_json(s, times[s["span_id"]], scored.get(s["span_id"], ())) for s in spans]
    return json_response(
        {
            "trace": trace_json(found.trace, summarize_scores(scores)),
            "spans": shown,
            "scores": scored.get("", ()),
        }
    )


def get_span(caller: Reading, services: Serving, trace_id: TraceId, span_id: SpanId) -> Response:
    """One span, whole, with its logs."""
    project_id = caller.project.id
    span = services.reader.find_span(project_id, trace_id, span_id)
    if span is None:
        raise NotFound(f"there is no span `{span_id}` in trace `{trace_id}`")
    time = _times(services.reader.list_trace_shape(project_id, trace_id)).get(span_id)
    logs = _by_span(services.reader.list_trace_logs(project_id, trace_id)).get(span_id, ())
    scores = scores_by_span(services.scores.list_scores_of(project_id, [trace_id]).get(trace_id, ()))
    told = whole_span_json(span, logs, time, scores.get(span_id, ()))
    return json_response({**told, "logs": [log_json(log) for log in logs]})


def search_trace(
    caller: Reading,
    services: Serving,
    trace_id: TraceId,
    q: Annotated[str, Query(min_length=1, max_length=1000, description="Any text, upper or lower case.")],
) -> Response:
    """Ids of the trace's spans whose payload, name or attributes hold the text."""
    return json_response({"span_ids": services.reader.search_trace(caller.project.id, trace_id, q)})


def delete_trace(caller: Administering, services: Serving, trace_id: TraceId) -> Response:
    """Delete the trace from every table."""
    if not services.administration.delete_traces([TraceKey(caller.project.id, trace_id)]):
        raise _no_trace(trace_id)
    return Response(status_code=204)


def _no_trace(trace_id: str) -> NotFound:
    return NotFound(
        f"there is no trace `{trace_id}`",
        hint="it may have been deleted, be past its retention, or belong to another project",
    )


def _times(shape: Sequence[tuple[str, str, int, int]]) -> dict[str, SpanTime]:
    return measure_spans([TimedSpan(*span) for span in shape])


def _by_span(logs: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for log in logs:
        found.setdefault(log["span_id"], []).append(log)
    return found
