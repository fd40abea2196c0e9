"""Observations, by page (the first form) and by cursor (the second)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import After, Condition, SpanPart
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.api.traces import SpanId, stored_id
from spanglass_server.web.callers import Reading, Serving
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
    within,
    words,
)
from spanglass_server.web.langfuse.shape import (
    Json,
    Row,
    cut_metadata,
    model_of,
    model_parameters,
    observation_basic,
    observation_core,
    observation_metadata,
    observation_metrics,
    observation_prompt,
    observation_time,
    observation_v1,
    page_meta,
    payload,
    read_whole,
    told_of,
)
from spanglass_server.web.langfuse.usage import cost_details, usage_details

router = APIRouter()

OBSERVATION_COLUMNS: Final[Mapping[str, str]] = {
    "id": "id",
    "type": "type",
    "name": "name",
    "traceId": "trace_id",
    "parentObservationId": "parent_id",
    "startTime": "start_time",
    "endTime": "end_time",
    "environment": "environment",
    "level": "level",
    "statusMessage": "status_message",
    "version": "version",
    "release": "release",
    "userId": "user_id",
    "sessionId": "session_id",
    "isRootObservation": "is_root",
    "traceName": "trace_name",
    "traceTags": "tags",
    "tags": "tags",
    "traceEnvironment": "trace_environment",
    "latency": "latency_s",
    "timeToFirstToken": "ttft_s",
    "tokensPerSecond": "tokens_per_second",
    "inputTokens": "span_input_tokens",
    "outputTokens": "span_output_tokens",
    "totalTokens": "span_total_tokens",
    "tokens": "span_total_tokens",
    "inputCost": "input_cost",
    "outputCost": "output_cost",
    "totalCost": "cost_usd",
    "model": "model",
    "providedModelName": "model",
    "promptName": "prompt_name",
    "promptVersion": "prompt_version",
    "toolName": "tool_name",
    "input": "input",
    "output": "output",
    "metadata": "metadata",
}
OBSERVATIONS_ONLY: Final = Condition("is_trace_record", "=", False)
_WHOLE: Final[tuple[SpanPart, ...]] = ("io", "attributes", "parameters")
_START_NAMES: Final = ("fromStartTime", "toStartTime")


@router.get("/observations")
def list_observations(
    caller: Reading,
    services: Serving,
    environment: Environments,
    page: PageNumber = 1,
    limit: PageLimit = 50,
    name: str | None = None,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    type_: Annotated[str | None, Query(alias="type")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    level: str | None = None,
    parent_observation_id: Annotated[str | None, Query(alias="parentObservationId")] = None,
    from_start_time: Annotated[str | None, Query(alias="fromStartTime")] = None,
    to_start_time: Annotated[str | None, Query(alias="toStartTime")] = None,
    version: str | None = None,
    filter_: Annotated[str | None, Query(alias="filter")] = None,
) -> Response:
    """A page of observations, newest first. `filter` takes the place of the single conditions."""
    now_ns, project_id = services.now_ns(), caller.project.id
    if filter_:
        during, where = ALL_TIME, parse_filter(filter_, OBSERVATION_COLUMNS, now_ns)
    else:
        during = time_range(from_start_time, to_start_time, now_ns, names=_START_NAMES)
        where = [
            *equals(name=name, user_id=user_id, trace_id=trace_id, level=level, version=version),
            *equals(type=(type_ or "").upper(), parent_id=parent_observation_id),
            *one_of("environment", environment),
        ]
    during, where = narrowed(during, [OBSERVATIONS_ONLY, *where])
    during = within(during, services.views.bounds(project_id))
    total = services.views.count(project_id, "spans", during, where)
    rows = services.views.list_spans(
        project_id, during, where, parts=_WHOLE, limit=limit, offset=(page - 1) * limit
    )
    data = [observation_v1(read_whole(row), project_id) for row in rows]
    return json_response({"data": data, "meta": page_meta(page, limit, total)})


@router.get("/observations/{observation_id:path}")
def get_observation(caller: Reading, services: Serving, observation_id: SpanId) -> Response:
    project_id = caller.project.id
    trace_id = services.views.find_trace_id(project_id, observation_id)
    row = services.reader.find_span(project_id, trace_id, observation_id) if trace_id else None
    if row is None:
        raise NotFound(f"there is no observation `{observation_id}` in this project")
    return json_response(observation_v1(read_whole(row), project_id))


_GROUPS: Final = (
    *("core", "basic", "time", "io", "metadata", "model", "usage", "prompt", "metrics"),
    "trace_context",
)
_FIRST_GROUPS: Final = frozenset({"core", "basic"})
_PARTS_OF_GROUPS: Final[Mapping[str, tuple[SpanPart, ...]]] = {
    "io": ("io",),
    "metadata": ("io", "attributes"),
    "usage": ("io", "attributes"),
    "model": ("io", "attributes", "parameters"),
}
"""What an SDK said of metadata, usage and parameters stands in attributes, of which input or output may be
one."""


@router.get("/v2/observations")
def list_observations_v2(
    caller: Reading,
    services: Serving,
    environment: Environments,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: str | None = None,
    fields: str | None = None,
    expand_metadata: Annotated[str | None, Query(alias="expandMetadata")] = None,
    parse_io_as_json: Annotated[bool, Query(alias="parseIoAsJson")] = False,
    name: str | None = None,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    session_id: Annotated[str | None, Query(alias="sessionId")] = None,
    type_: Annotated[str | None, Query(alias="type")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    level: str | None = None,
    parent_observation_id: Annotated[str | None, Query(alias="parentObservationId")] = None,
    is_root_observation: Annotated[bool | None, Query(alias="isRootObservation")] = None,
    from_start_time: Annotated[str | None, Query(alias="fromStartTime")] = None,
    to_start_time: Annotated[str | None, Query(alias="toStartTime")] = None,
    version: str | None = None,
    filter_: Annotated[str | None, Query(alias="filter")] = None,
) -> Response:
    """Observations, newest first, with the groups of fields asked for. Input and output are texts as sent,
    unless `parseIoAsJson`."""
    now_ns, project_id = services.now_ns(), caller.project.id
    groups = parse_groups(fields, _GROUPS) or _FIRST_GROUPS
    if filter_:
        during, where = ALL_TIME, parse_filter(filter_, OBSERVATION_COLUMNS, now_ns)
    else:
        during = time_range(from_start_time, to_start_time, now_ns, names=_START_NAMES)
        where = [
            *equals(name=name, user_id=user_id, session_id=session_id, trace_id=trace_id, level=level),
            *equals(type=(type_ or "").upper(), version=version),
            *one_of("environment", environment),
        ]
        if parent_observation_id is not None:
            where.append(Condition("parent_id", "=", stored_id(parent_observation_id)))
        if is_root_observation is not None:
            where.append(Condition("is_root", "=", is_root_observation))
    during, where = narrowed(during, [OBSERVATIONS_ONLY, *where])
    list_id = f"observations\n{project_id}\n{where!r}"
    during, after = _continued(cursor, list_id, within(during, services.views.bounds(project_id)))
    parts = {part for group in groups for part in _PARTS_OF_GROUPS.get(group, ())}
    rows = services.views.list_spans(project_id, during, where, parts=parts, limit=limit + 1, after=after)
    shown = rows[:limit]
    traces: Mapping[str, Row] = {}
    if "trace_context" in groups:
        traces = services.views.find_traces(project_id, sorted({row["trace_id"] for row in shown}))
    whole_keys = words(expand_metadata)
    data = [
        _v2_json(row, project_id, groups, traces, whole_keys=whole_keys, parses_io=parse_io_as_json)
        for row in shown
    ]
    next_cursor = _cursor_at(shown[-1], during, list_id) if len(rows) > limit else None
    return json_response({"data": data, "meta": {"cursor": next_cursor}})


def _v2_json(
    row: Row,
    project_id: str,
    groups: frozenset[str],
    traces: Mapping[str, Row],
    *,
    whole_keys: frozenset[str],
    parses_io: bool,
) -> Json:
    told = told_of(row)
    attributes = read_whole(row).attributes if "attributes" in row else {}
    item = observation_core(row, told, project_id)
    if "basic" in groups:
        item |= observation_basic(row, told)
    if "time" in groups:
        item |= observation_time(row)
    if "io" in groups:
        for side in ("input", "output"):
            item[side] = payload(row[side], row) if parses_io else row[side] or None
    if "metadata" in groups:
        item["metadata"] = cut_metadata(observation_metadata(row, attributes), whole_keys)
    if "model" in groups:
        item |= _model_json(row, attributes)
    if "usage" in groups:
        item |= _usage_json(row, attributes)
    if "prompt" in groups:
        item |= observation_prompt(row)
    if "metrics" in groups:
        item |= observation_metrics(row, told)
    if "trace_context" in groups:
        item |= _trace_json(row, traces)
    return item


def _model_json(row: Row, attributes: Mapping[str, Any]) -> Json:
    """The model under the names of both the older and the newer SDKs."""
    return {
        "model": model_of(row),
        "providedModelName": model_of(row),
        "internalModelId": None,
        "modelId": None,
        "modelParameters": model_parameters(row, attributes),
        "inputPrice": None,
        "outputPrice": None,
        "totalPrice": None,
    }


def _usage_json(row: Row, attributes: Mapping[str, Any]) -> Json:
    costs = cost_details(row, attributes)
    return {
        "usageDetails": usage_details(row, attributes),
        "costDetails": costs,
        "totalCost": costs.get("total"),
        "usagePricingTierName": None,
    }


def _trace_json(row: Row, traces: Mapping[str, Row]) -> Json:
    trace = traces.get(row["trace_id"])
    return {
        "traceName": (trace["name"] or None) if trace else None,
        "tags": list(trace["tags"]) if trace else [],
        "release": (trace["release"] or None) if trace else None,
    }


def _continued(cursor: str | None, list_id: str, during: TimeRange) -> tuple[TimeRange, After | None]:
    """Later pages keep the first one's time range, or spans that arrive between two would shift it."""
    if not cursor:
        return during, None
    position = decode_cursor(cursor, list_id)
    after = After(position.start_time_ns, *position.row_id)
    return TimeRange(position.from_ns, position.to_ns), after


def _cursor_at(row: Row, during: TimeRange, list_id: str) -> str:
    start_ns = row["start_time_ns"]
    position = Position(*during, start_ns, start_ns, (row["trace_id"], row["span_id"]))
    return encode_cursor(position, list_id)
