"""Traces: listed by page, opened, deleted."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from spanglass_server.base.errors import NotFound, QueryInvalid
from spanglass_server.store.ports import OpenTrace, TraceKey
from spanglass_server.store.views import Condition, Order, SpanSums
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.api.traces import TraceId, stored_id
from spanglass_server.web.langfuse.asked import (
    ALL_TIME,
    Administering,
    Environments,
    PageLimit,
    PageNumber,
    Reading,
    Serving,
    equals,
    narrowed,
    one_of,
    parse_filter,
    parse_groups,
    time_range,
)
from spanglass_server.web.langfuse.score_json import score_v1_json
from spanglass_server.web.langfuse.shape import (
    Json,
    Row,
    WholeSpan,
    is_trace_record,
    observation_v1,
    page_meta,
    read_whole,
    tell_trace,
    trace_core,
    trace_metrics,
)
from spanglass_server.web.langfuse.usage import counted_cost
from spanglass_server.web.services import Services

router = APIRouter()

TRACE_COLUMNS: Final[Mapping[str, str]] = {
    "id": "id",
    "name": "name",
    "timestamp": "start_time",
    "userId": "user_id",
    "sessionId": "session_id",
    "environment": "environment",
    "version": "version",
    "release": "release",
    "tags": "tags",
    "bookmarked": "is_bookmarked",
    "public": "is_public",
    "metadata": "metadata",
    "latency": "latency_s",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "totalTokens": "total_tokens",
    "tokens": "total_tokens",
    "inputCost": "input_cost",
    "outputCost": "output_cost",
    "totalCost": "cost_usd",
    "level": "level",
    "errorCount": "error_count",
    "warningCount": "warning_count",
    "defaultCount": "default_count",
    "debugCount": "debug_count",
    "scores_avg": "score_means",
    "scores": "score_means",
}
_ORDERS: Final[Mapping[str, str]] = {
    "id": "id",
    "timestamp": "start_time",
    "name": "name",
    "userId": "user_id",
    "release": "release",
    "sessionId": "session_id",
    "bookmarked": "is_bookmarked",
    "totalCost": "cost_usd",
    "latency": "latency_s",
}
_FIELDS: Final = ("core", "io", "scores", "observations", "metrics")


@router.get("/traces")
def list_traces(
    caller: Reading,
    services: Serving,
    environment: Environments,
    tags: Annotated[list[str], Query(default_factory=list)],
    page: PageNumber = 1,
    limit: PageLimit = 50,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    name: str | None = None,
    session_id: Annotated[str | None, Query(alias="sessionId")] = None,
    from_timestamp: Annotated[str | None, Query(alias="fromTimestamp")] = None,
    to_timestamp: Annotated[str | None, Query(alias="toTimestamp")] = None,
    order_by: Annotated[str | None, Query(alias="orderBy")] = None,
    version: str | None = None,
    release: str | None = None,
    fields: str | None = None,
    filter_: Annotated[str | None, Query(alias="filter")] = None,
) -> Response:
    """A page of traces. `filter` takes the place of the single conditions. What `fields` leaves out is null,
    empty, or, for metrics, -1: as Langfuse has it."""
    now_ns = services.now_ns()
    if filter_:
        during, where = ALL_TIME, parse_filter(filter_, TRACE_COLUMNS, now_ns)
    else:
        during = time_range(from_timestamp, to_timestamp, now_ns, names=("fromTimestamp", "toTimestamp"))
        where = [
            *equals(user_id=user_id, name=name, session_id=session_id, version=version, release=release),
            *one_of("environment", environment),
            *([Condition("tags", "all of", tuple(tags))] if tags else []),
        ]
    during, where = narrowed(during, where)
    order, groups = _order(order_by), (parse_groups(fields, _FIELDS) or frozenset(_FIELDS))
    project_id = caller.project.id
    total = services.views.count(project_id, "traces", during, where)
    rows = services.views.list_traces(
        project_id, during, where, order=order, limit=limit, offset=(page - 1) * limit
    )
    data = _list_json(services, project_id, rows, groups)
    return json_response({"data": data, "meta": page_meta(page, limit, total)})


@router.get("/traces/{trace_id:path}")
def get_trace(caller: Reading, services: Serving, trace_id: TraceId, fields: str | None = None) -> Response:
    """A trace with its observations and scores."""
    project_id = caller.project.id
    found = open_trace(services, project_id, trace_id)
    trace, groups = found.trace, (parse_groups(fields, _FIELDS) or frozenset(_FIELDS))
    spans = [read_whole(row) for row in found.spans]
    telling = tell_trace(trace, spans)
    scores = services.scores.list_scores_of(project_id, [trace["trace_id"]]).get(trace["trace_id"], ())
    return json_response(
        {
            **trace_core(trace, telling if "io" in groups else None, project_id),
            **(trace_metrics(trace, _cost_of(found.spans)) if "metrics" in groups else _NO_METRICS),
            "observations": [observation_v1(span, project_id) for span in spans if not is_trace_record(span)]
            if "observations" in groups
            else [],
            "scores": [score_v1_json(score) for score in scores] if "scores" in groups else [],
        }
    )


@router.delete("/traces/{trace_id:path}")
def delete_trace(caller: Administering, services: Serving, trace_id: TraceId) -> Response:
    """Delete a trace. One that is not there is none that is left."""
    services.administration.delete_traces([TraceKey(caller.project.id, trace_id)])
    return json_response({"message": "Trace deleted"})


class _ManyTraces(BaseModel):
    trace_ids: Annotated[list[str], Field(alias="traceIds", min_length=1, max_length=1000)]


@router.delete("/traces")
def delete_traces(
    caller: Administering, services: Serving, asked: Annotated[_ManyTraces, Body()]
) -> Response:
    services.administration.delete_traces(
        [TraceKey(caller.project.id, trace_id) for trace_id in dict.fromkeys(map(stored_id, asked.trace_ids))]
    )
    return json_response({"message": "Traces deleted"})


_NO_METRICS: Final = {"latency": -1, "totalCost": -1}


def _list_json(
    services: Services, project_id: str, rows: Sequence[Mapping[str, Any]], groups: frozenset[str]
) -> list[Json]:
    """Each further group is one read for the whole page."""
    ids = [row["trace_id"] for row in rows]
    heads = heads_of(services, project_id, rows) if "io" in groups else {}
    sums = services.views.sum_traces(project_id, rows) if groups & {"observations", "metrics"} else {}
    scores = services.scores.list_scores_of(project_id, ids) if "scores" in groups and ids else {}
    return [
        {
            **trace_core(
                row,
                tell_trace(row, heads.get(row["trace_id"], ())) if "io" in groups else None,
                project_id,
            ),
            **(trace_metrics(row, _sums_of(sums, row).cost_usd) if "metrics" in groups else _NO_METRICS),
            "observations": list(_sums_of(sums, row).span_ids) if "observations" in groups else [],
            "scores": [score.score_id for score in scores.get(row["trace_id"], ())],
        }
        for row in rows
    ]


def _sums_of(sums: Mapping[str, SpanSums], trace: Row) -> SpanSums:
    return sums.get(trace["trace_id"], SpanSums((), None))


def _cost_of(spans: Sequence[Row]) -> float:
    return sum(cost for cost in map(counted_cost, spans) if cost is not None)


def heads_of(
    services: Services, project_id: str, traces: Sequence[Mapping[str, Any]]
) -> dict[str, list[WholeSpan]]:
    """By trace id, the spans that tell of the whole."""
    heads: dict[str, list[WholeSpan]] = {}
    for row in services.views.list_trace_heads(project_id, traces):
        heads.setdefault(row["trace_id"], []).append(read_whole(row))
    return heads


def open_trace(services: Services, project_id: str, trace_id: str) -> OpenTrace:
    found = services.reader.open_trace(project_id, trace_id, payloads=True)
    if found is None:
        raise NotFound(f"there is no trace `{trace_id}` in this project")
    return found


def _order(text: str | None) -> Order:
    """`field.asc` or `field.desc`; newest first without."""
    field, _, direction = (text or "timestamp.desc").partition(".")
    column = _ORDERS.get(field)
    if column is None or direction.lower() not in ("asc", "desc"):
        raise QueryInvalid(
            f"`orderBy`: traces cannot be ordered by `{text}`",
            hint=f"write FIELD.asc or FIELD.desc, with a field of {', '.join(_ORDERS)}",
        )
    return Order(column, direction.lower() == "desc")
