"""Numbers over many traces, spans or logs, by group and by time."""

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.fields import FieldType, Target, get_field
from spanglass_server.query.values import parse_duration_ns
from spanglass_server.store.aggregates import AggregateQuery, AggregateRow, Measure, parse_measure
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, targeted_selection

_MEASURES_MAX: Final = 20
_GROUPINGS_MAX: Final = 5
_STEPPED: Final[tuple[FieldType, ...]] = ("number", "duration", "money")


class AggregateColumn(BaseModel):
    name: str = Field(examples=["p95(duration)"])
    type: str = Field(
        description="`group`: text, empty where a row has no value; `step`: the lower bound of a group of"
        " numbers, null where there is none; `time`: the start of an interval; `number`: a measure, null"
        " where nothing was measured."
    )
    unit: str | None = Field(description="ms, USD, tokens, ratio (0 to 1) ...; null for plain counts.")


class Aggregate(BaseModel):
    target: Target
    from_: str = Field(alias="from")
    to: str
    interval_ms: float | None
    columns: list[AggregateColumn]
    rows: list[list[str | float | None]] = Field(description="Values in the order of the columns.")
    is_cut: bool = Field(description="There are more groups than `limit`.")


class Asked(NamedTuple):
    measures: list[Measure]
    group_by: list[str]
    interval_ns: int | None
    order: str
    limit: int


def aggregate_asked(
    measure: Annotated[
        list[str],
        Query(
            max_length=_MEASURES_MAX,
            description="FUNCTION(FIELD), such as `count()`, `p95(duration)`, `sum(cost)`.",
        ),
    ] = ["count()"],  # noqa: B006 -- FastAPI copies it
    group_by: Annotated[
        list[str] | None,
        Query(max_length=_GROUPINGS_MAX, description="Fields of the filter language."),
    ] = None,
    interval: Annotated[str, Query(description="Cut the range in intervals, such as `1m` or `6h`.")] = "",
    order: Annotated[
        str, Query(description="A measure to order groups by; `-` before it for descending.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most groups.")] = 20,
) -> Asked:
    measures = list(dict.fromkeys(parse_measure(text) for text in measure))
    return Asked(measures, list(dict.fromkeys(group_by or [])), _interval_ns(interval), order, limit)


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["aggregate"])
    router.add_api_route(
        "/aggregate", get_aggregate, response_model=Aggregate, dependencies=[Depends(long_lane)]
    )
    return router


def get_aggregate(
    caller: Reading,
    services: Serving,
    selection: Annotated[Selection, Depends(targeted_selection)],
    asked: Annotated[Asked, Depends(aggregate_asked)],
) -> Response:
    """Counts, sums, means, percentiles by group and by time; intervals without a row are left out."""
    query = AggregateQuery(
        target=selection.target, during=selection.during, where=selection.where, **asked._asdict()
    )
    found = services.aggregates.aggregate(caller.project.id, query)
    columns = columns_of(query)
    return json_response(
        {
            "target": query.target,
            "from": time_text(query.during.from_ns),
            "to": time_text(query.during.to_ns),
            "interval_ms": milliseconds(query.interval_ns),
            "columns": columns,
            "rows": [_row_json(row, columns) for row in found.rows],
            "is_cut": found.is_cut,
        }
    )


def columns_of(query: AggregateQuery) -> list[dict[str, Any]]:
    """As `AggregateColumn`, in the order of a row's values."""
    groups = [_group_column(name, query.target) for name in query.group_by]
    times = [] if query.interval_ns is None else [{"name": "time", "type": "time", "unit": None}]
    measures = [
        {"name": measure.name, "type": "number", "unit": unit_of(measure, query.target) or None}
        for measure in query.measures
    ]
    return [*groups, *times, *measures]


def unit_of(measure: Measure, target: Target) -> str:
    """Of the answer's numbers; empty for counts and for what has no known unit."""
    match measure.function:
        case "count" | "uniq":
            return ""
        case "share":
            return "ratio"
    unit = get_field(measure.field, target).field.unit
    return "ms" if unit == "ns" else unit


def _group_column(name: str, target: Target) -> dict[str, Any]:
    field = get_field(name, target).field
    if field.type not in _STEPPED or field.is_open:
        return {"name": name, "type": "group", "unit": None}
    return {"name": name, "type": "step", "unit": "ms" if field.unit == "ns" else field.unit or None}


def _row_json(row: AggregateRow, columns: list[dict[str, Any]]) -> list[str | float | None]:
    times = [] if row.start_ns is None else [time_text(row.start_ns)]
    values = [*row.groups, *times, *row.values]
    return [_plain(value, column) for value, column in zip(values, columns, strict=True)]


def _plain(value: str | float | None, column: dict[str, Any]) -> str | float | None:
    if column["type"] == "step":
        value = float(value) if value else None
    if column["unit"] == "ms" and value is not None:
        return float(value) / 1e6
    return value


def _interval_ns(text: str) -> int | None:
    if not text:
        return None
    found = parse_duration_ns(text)
    if found is None or found < 1:
        raise QueryInvalid(f"`interval`: `{text}` is no length of time", hint="write `30s`, `1m`, `6h`, `1d`")
    return int(found)
