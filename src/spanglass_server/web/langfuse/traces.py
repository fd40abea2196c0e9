"""Traces: listed by page, opened, deleted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field

from spanglass_server.base.errors import NotFound, QueryInvalid
from spanglass_server.store.ports import OpenTrace, TraceKey
from spanglass_server.store.views import Condition, Order, SpanSums
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.api.traces import TraceId, stored_id
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.langfuse.asked import (
    ALL_TIME,
    Environments,
    PageLimit,
    PageNumber,
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
    "score_categories": "score_texts",
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
    sums, telling = _sum_spans(spans), tell_trace(trace, spans)
    scores = services.scores.list_scores_of(project_id, [trace["trace_id"]]).get(trace["trace_id"], ())
    return json_response(
        {
            **trace_core(trace, sums, telling if "io" in groups else None, project_id),
            **(trace_metrics(trace, sums.cost_usd) if "metrics" in groups else _NO_METRICS),
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
    services: Services, project_id: str, rows: Sequence[Row], groups: frozenset[str]
) -> list[Json]:
    """Sums, payloads and scores are one read each for the whole page."""
    ids = [row["trace_id"] for row in rows]
    scores = services.scores.list_scores_of(project_id, ids) if "scores" in groups and ids else {}
    return [
        {
            **core,
            **(trace_metrics(row, sums.cost_usd) if "metrics" in groups else _NO_METRICS),
            "observations": list(sums.span_ids) if "observations" in groups else [],
            "scores": [score.score_id for score in scores.get(row["trace_id"], ())],
        }
        for row, sums, core in tell_traces(services, project_id, rows, with_payloads="io" in groups)
    ]


def tell_traces(
    services: Services, project_id: str, rows: Sequence[Row], *, with_payloads: bool
) -> Iterator[tuple[Row, SpanSums, Json]]:
    """Rows of a list with what their spans tell together, and their own fields."""
    all_sums = services.views.sum_traces(project_id, rows)
    heads: dict[str, list[WholeSpan]] = {}
    for head in services.views.list_trace_heads(project_id, rows) if with_payloads else ():
        heads.setdefault(head["trace_id"], []).append(read_whole(head))
    for row in rows:
        sums = all_sums.get(row["trace_id"], _NO_SUMS)
        telling = tell_trace(row, heads.get(row["trace_id"], ())) if with_payloads else None
        yield row, sums, trace_core(row, sums, telling, project_id)


_NO_SUMS: Final = SpanSums(span_ids=(), cost_usd=None, version="", is_public=False)


def _sum_spans(spans: Sequence[WholeSpan]) -> SpanSums:
    """As `ViewReader.sum_traces`, of an opened trace."""
    observations = [span.row for span in spans if not is_trace_record(span)]
    costs = [cost for cost in map(counted_cost, observations) if cost is not None]
    return SpanSums(
        span_ids=[row["span_id"] for row in observations],
        cost_usd=sum(costs) if costs else None,
        version=next((span.told.version for span in spans if span.told.version), ""),
        is_public=any(span.told.is_public for span in spans),
    )


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
