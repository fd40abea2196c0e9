"""Spans of many traces, by filter."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.store.ports import PageRequest, TimeRange
from spanglass_server.web.api import models
from spanglass_server.web.api.score_shape import scores_by_span
from spanglass_server.web.api.shape import Json, json_response, span_json, whole_span_json
from spanglass_server.web.callers import Reading, Serving
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
    scores = _scores_by_span(services, project_id, found.items)
    if payloads:
        logs = _logs_by_span(services, project_id, found.items)
        items = [
            whole_span_json(s, logs.get(_key(s), ()), scores=scores.get(_key(s), ())) for s in found.items
        ]
    else:
        items = [span_json(span, scores=scores.get(_key(span), ())) for span in found.items]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


_Key: TypeAlias = tuple[str, str]


def _key(row: Mapping[str, Any]) -> _Key:
    return row["trace_id"], row["span_id"]


def _scores_by_span(
    services: Services, project_id: str, spans: Sequence[Mapping[str, Any]]
) -> dict[_Key, list[Json]]:
    of_traces = services.scores.list_scores_of(project_id, [span["trace_id"] for span in spans])
    return {
        (trace_id, span_id): told
        for trace_id, scores in of_traces.items()
        for span_id, told in scores_by_span(scores).items()
    }


def _logs_by_span(
    services: Services, project_id: str, spans: Sequence[Mapping[str, Any]]
) -> dict[_Key, list[Mapping[str, Any]]]:
    """Some conventions send a call's messages as logs."""
    found: dict[_Key, list[Mapping[str, Any]]] = {}
    if spans:
        starts = [span["start_time_ns"] for span in spans]
        keys = [(span["trace_id"], span["span_id"]) for span in spans]
        for log in services.reader.list_span_logs(project_id, TimeRange(min(starts), max(starts) + 1), keys):
            found.setdefault((log["trace_id"], log["span_id"]), []).append(log)
    return found
