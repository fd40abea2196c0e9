"""Spans of many traces, by filter."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.web.api import models
from spanglass_server.web.api.shape import json_response, span_json, whole_span_json
from spanglass_server.web.api.traces import Reading, Serving
from spanglass_server.web.params import Selection, page_request, selection_of
from spanglass_server.web.services import Services

router = APIRouter(tags=["spans"])


@router.get("/spans", response_model=models.SpanPage)
def list_spans(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(selection_of("spans"))],
    page: Annotated[PageRequest, Depends(page_request)],
    payloads: Annotated[bool, Query(description="True gives whole spans.")] = True,
) -> Response:
    """A page of spans. Order by start_time, duration, cost, total_tokens or ttft."""
    project_id = caller.project.id
    found = services.reader.list_spans(project_id, selection.during, selection.where, page, payloads=payloads)
    if payloads:
        logs = _logs_by_span(services, project_id, found.items)
        items = [whole_span_json(s, logs.get((s["trace_id"], s["span_id"]), ())) for s in found.items]
    else:
        items = [span_json(span) for span in found.items]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


def _logs_by_span(
    services: Services, project_id: str, spans: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Some conventions send a call's messages as logs."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    if spans:
        starts = [span["start_time_ns"] for span in spans]
        keys = [(span["trace_id"], span["span_id"]) for span in spans]
        for log in services.reader.list_span_logs(project_id, TimeRange(min(starts), max(starts) + 1), keys):
            found.setdefault((log["trace_id"], log["span_id"]), []).append(log)
    return found
