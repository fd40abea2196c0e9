"""Measures of observations, traces and scores, grouped: the query API of both versions, and daily sums."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import Aggregation, Condition, Grouping, Measure, Order, Period, View
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.langfuse.asked import (
    Environments,
    PageLimit,
    PageNumber,
    equals,
    get_column,
    narrowed,
    one_of,
    parse_conditions,
    time_range,
    within,
)
from spanglass_server.web.langfuse.observations import OBSERVATION_COLUMNS, OBSERVATIONS_ONLY
from spanglass_server.web.langfuse.score_json import DATA_TYPES, SOURCES
from spanglass_server.web.langfuse.shape import Json, Row, page_meta
from spanglass_server.web.langfuse.traces import TRACE_COLUMNS
from spanglass_server.web.services import Services

Granularity = Literal["auto", "minute", "hour", "day", "week", "month"]
ViewName = Literal["traces", "observations", "scores-numeric", "scores-boolean", "scores-categorical"]

_OBSERVATION_DIMENSIONS: Final = {
    **OBSERVATION_COLUMNS,
    "traceRelease": "trace_release",
    "traceVersion": "trace_version",
    "startTimeMonth": "start_month",
}
_TRACE_DIMENSIONS: Final = {**TRACE_COLUMNS, "timestampMonth": "start_month"}
_SCORE_DIMENSIONS: Final = {
    "id": "id",
    "name": "name",
    "traceId": "trace_id",
    "observationId": "span_id",
    "sessionId": "session_id",
    "userId": "user_id",
    "source": "source",
    "dataType": "data_type",
    "configId": "config_id",
    "environment": "environment",
    "value": "value",
    "stringValue": "string_value",
    "booleanValue": "boolean_value",
    "timestamp": "start_time",
    "timestampMonth": "start_month",
    "timestampDay": "start_day",
    "metadata": "metadata",
    "traceName": "trace_name",
    "tags": "tags",
    "release": "trace_release",
    "traceRelease": "trace_release",
    "traceVersion": "trace_version",
    "observationName": "observation_name",
    "observationModelName": "observation_model",
    "observationPromptName": "observation_prompt_name",
    "observationPromptVersion": "observation_prompt_version",
}
_OBSERVATION_MEASURES: Final = {
    "count": "count",
    "latency": "latency_ms",
    "streamingLatency": "streaming_ms",
    "timeToFirstToken": "ttft_ms",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "totalTokens": "total_tokens",
    "tokensPerSecond": "tokens_per_second",
    "outputTokensPerSecond": "output_tokens_per_second",
    "inputCost": "input_cost",
    "outputCost": "output_cost",
    "totalCost": "cost_usd",
    "countScores": "score_count",
}
_TRACE_MEASURES: Final = {
    "count": "count",
    "latency": "latency_ms",
    "observationsCount": "observation_count",
    "scoresCount": "score_count",
    "uniqueUserIds": "user_id",
    "uniqueSessionIds": "session_id",
    "totalTokens": "total_tokens",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "totalCost": "cost_usd",
}
_SCORE_MEASURES: Final = {"count": "count", "value": "value"}


class _Subject(BaseModel):
    """What a view of Langfuse's is here."""

    model_config = ConfigDict(frozen=True)

    view: View
    dimensions: Mapping[str, str]
    measures: Mapping[str, str]
    always: tuple[Condition, ...] = ()


def _scores_of(*data_types: str, measures: Mapping[str, str] = _SCORE_MEASURES) -> _Subject:
    return _Subject(
        view="scores",
        dimensions=_SCORE_DIMENSIONS,
        measures=measures,
        always=(Condition("data_type", "any of", data_types),),
    )


_SUBJECTS: Final[Mapping[str, _Subject]] = {
    "observations": _Subject(
        view="spans",
        dimensions=_OBSERVATION_DIMENSIONS,
        measures=_OBSERVATION_MEASURES,
        always=(OBSERVATIONS_ONLY,),
    ),
    "traces": _Subject(view="traces", dimensions=_TRACE_DIMENSIONS, measures=_TRACE_MEASURES),
    "scores-numeric": _scores_of("numeric", "boolean"),
    "scores-boolean": _scores_of("boolean"),
    "scores-categorical": _scores_of("categorical", measures={"count": "count"}),
}
_HIGH_CARDINALITY: Final = frozenset(
    {"id", "traceId", "userId", "sessionId", "parentObservationId", "observationId"}
)
"""Dimensions that the second version refuses to group by."""

ROWS_MAX: Final = 1_000


class _Dimension(BaseModel):
    field: str


class _Metric(BaseModel):
    measure: str
    aggregation: Aggregation


class _TimeDimension(BaseModel):
    granularity: Granularity


class _OrderBy(BaseModel):
    field: str
    direction: Literal["asc", "desc"] = "asc"


class _Config(BaseModel):
    bins: Annotated[int, Field(ge=1, le=100)] = 10
    row_limit: Annotated[int, Field(ge=1, le=ROWS_MAX)] = 100


class _MetricsQuery(BaseModel):
    """What `query` holds."""

    view: ViewName
    dimensions: Annotated[list[_Dimension], Field(max_length=10)] = []
    metrics: Annotated[list[_Metric], Field(min_length=1, max_length=20)]
    filters: list[dict[str, Any]] = []
    time_dimension: Annotated[_TimeDimension | None, Field(alias="timeDimension")] = None
    from_timestamp: Annotated[str, Field(alias="fromTimestamp")]
    to_timestamp: Annotated[str, Field(alias="toTimestamp")]
    order_by: Annotated[list[_OrderBy] | None, Field(alias="orderBy")] = None
    config: _Config | None = None
    chart_config: Annotated[_Config | None, Field(alias="chartConfig")] = None


def build_router() -> APIRouter:
    """Groups over long ranges are long reads: they wait for each other, and not opened traces for them."""
    router = APIRouter()
    long_lane = [Depends(LongLane())]
    router.add_api_route("/metrics", get_metrics, dependencies=long_lane)
    router.add_api_route("/v2/metrics", get_metrics_v2, dependencies=long_lane)
    router.add_api_route("/metrics/daily", list_daily_metrics, dependencies=long_lane)
    return router


def get_metrics(caller: Reading, services: Serving, query: str) -> Response:
    """Rows by the names of the dimensions, `AGGREGATION_MEASURE` and `time_dimension`."""
    return json_response({"data": _answer(services, caller.project.id, _parse(query))})


def get_metrics_v2(caller: Reading, services: Serving, query: str) -> Response:
    """As the first version, without the view `traces` and without dimensions that tell single rows apart."""
    asked = _parse(query)
    if asked.view == "traces":
        raise QueryInvalid(
            "`query.view`: there is no view `traces` in version 2", hint="use /api/public/metrics"
        )
    high = [dimension.field for dimension in asked.dimensions if dimension.field in _HIGH_CARDINALITY]
    if high:
        raise QueryInvalid(
            f"`query.dimensions`: `{high[0]}` has too many values to group by", hint="use it in `filters`"
        )
    return json_response({"data": _answer(services, caller.project.id, asked)})


def _parse(text: str) -> _MetricsQuery:
    try:
        return _MetricsQuery.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(["query", *(str(part) for part in first["loc"])])
        raise QueryInvalid(f"`{where}`: {first['msg']}") from None


def _answer(services: Services, project_id: str, asked: _MetricsQuery) -> list[Json]:
    subject, now_ns = _SUBJECTS[asked.view], services.now_ns()
    names = ("query.fromTimestamp", "query.toTimestamp")
    during = time_range(asked.from_timestamp, asked.to_timestamp, now_ns, names=names)
    where = parse_conditions(asked.filters, subject.dimensions, now_ns, name="query.filters")
    during, where = narrowed(during, [*subject.always, *map(_own_words, where)])
    dimensions = _dimensions(asked, subject)
    measures = _measures(asked, subject)
    period = _period(asked.time_dimension, during)
    config = asked.config or asked.chart_config or _Config()
    grouping = Grouping(
        dimensions=list(dimensions.values()),
        measures=list(dict.fromkeys(measures.values())),
        period=period,
        order=_order(asked.order_by, dimensions, measures),
        limit=config.row_limit,
        bins=config.bins,
    )
    rows = services.views.aggregate(project_id, subject.view, during, where, grouping)
    return [_row_json(row, dimensions, measures, period) for row in rows]


def _dimensions(asked: _MetricsQuery, subject: _Subject) -> dict[str, str]:
    return {
        dimension.field: get_column(dimension.field, subject.dimensions, f"query.dimensions[{number}].field")
        for number, dimension in enumerate(asked.dimensions)
    }


def _measures(asked: _MetricsQuery, subject: _Subject) -> dict[str, Measure]:
    """By the name in the answer."""
    found = {}
    for number, metric in enumerate(asked.metrics):
        column = get_column(metric.measure, subject.measures, f"query.metrics[{number}].measure")
        aggregation: Aggregation = metric.aggregation
        if metric.measure.startswith("unique"):
            aggregation = "uniq"
        found[f"{metric.aggregation}_{metric.measure}"] = Measure(column, aggregation)
    return found


_OWN_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "source": {word: own for own, word in SOURCES.items()},
    "data_type": {word: own for own, word in DATA_TYPES.items()},
}


def _own_words(condition: Condition) -> Condition:
    """Langfuse's words for a score's source and type as ours."""
    own = _OWN_WORDS.get(condition.column)
    if own is None:
        return condition
    match condition.value:
        case str(word):
            return condition._replace(value=own.get(word, word))
        case tuple(values):
            return condition._replace(value=tuple(own.get(word, word) for word in values))
    return condition


def _order(
    asked: Sequence[_OrderBy] | None, dimensions: Mapping[str, str], measures: Mapping[str, Measure]
) -> list[Order]:
    names = {
        "time_dimension": "period_ns",
        **dimensions,
        **{name: measure.name for name, measure in measures.items()},
    }
    return [
        Order(get_column(order.field, names, f"query.orderBy[{number}].field"), order.direction == "desc")
        for number, order in enumerate(asked or ())
    ]


_PERIOD_SECONDS: Final[Sequence[tuple[Period, int]]] = (
    ("minute", 60),
    ("hour", 3_600),
    ("day", 86_400),
    ("week", 7 * 86_400),
    ("month", 30 * 86_400),
)
_AUTO_PERIODS: Final = 50


def _period(asked: _TimeDimension | None, during: TimeRange) -> Period | None:
    """`auto`: the one that cuts the range in about 50."""
    if asked is None:
        return None
    if asked.granularity != "auto":
        return asked.granularity
    wanted_s = (during.to_ns - during.from_ns) / 1e9 / _AUTO_PERIODS
    return min(_PERIOD_SECONDS, key=lambda item: abs(item[1] - wanted_s))[0]


def _row_json(
    row: Row, dimensions: Mapping[str, str], measures: Mapping[str, Measure], period: Period | None
) -> Json:
    item: Json = {}
    if period is not None:
        item["time_dimension"] = _period_text(row["period_ns"], period)
    for name, column in dimensions.items():
        value = _langfuse_word(column, row[column])
        item[name] = list(value) if isinstance(value, tuple) else None if value == "" else value
    for name, measure in measures.items():
        item[name] = _measured(row[measure.name], measure.aggregation)
    return item


def _measured(value: Any, aggregation: Aggregation) -> Any:
    match aggregation:
        case "histogram":
            return [list(bar) for bar in value]
        case "sum":
            return value or 0
    return value


def _langfuse_word(column: str, value: Any) -> Any:
    match column:
        case "source":
            return SOURCES.get(value, value)
        case "data_type":
            return DATA_TYPES.get(value, value)
    return value


def _period_text(time_ns: int, period: Period) -> str:
    text = time_text(time_ns)
    return f"{text[:19]}Z" if period in ("minute", "hour") else text[:10]


DAILY_GROUPS_MAX: Final = 20_000


def list_daily_metrics(
    caller: Reading,
    services: Serving,
    environment: Environments,
    tags: Annotated[list[str], Query(default_factory=list)],
    page: PageNumber = 1,
    limit: PageLimit = 50,
    trace_name: Annotated[str | None, Query(alias="traceName")] = None,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    from_timestamp: Annotated[str | None, Query(alias="fromTimestamp")] = None,
    to_timestamp: Annotated[str | None, Query(alias="toTimestamp")] = None,
) -> Response:
    """Days with traces, newest first: their traces, observations, cost, and usage by model."""
    project_id = caller.project.id
    names = ("fromTimestamp", "toTimestamp")
    during = time_range(from_timestamp, to_timestamp, services.now_ns(), names=names)
    during = within(during, services.views.bounds(project_id))
    where = [
        *equals(user_id=user_id),
        *one_of("environment", environment),
        *([Condition("tags", "all of", tuple(tags))] if tags else []),
    ]
    traces = services.views.aggregate(
        project_id, "traces", during, [*where, *equals(name=trace_name)], _TRACES_BY_DAY
    )
    shown = traces[(page - 1) * limit : page * limit]
    usage = _daily_usage(services, project_id, _days(shown), [*where, *equals(trace_name=trace_name)])
    data = [_day_json(row, usage.get(row["period_ns"], ())) for row in shown]
    return json_response({"data": data, "meta": page_meta(page, limit, len(traces))})


_DAY_NS: Final = 86_400 * 1_000_000_000
_NEWEST_DAYS: Final = (Order("period_ns", True),)
_TRACES_BY_DAY: Final = Grouping(
    dimensions=(),
    measures=(Measure("count", "count"),),
    period="day",
    order=_NEWEST_DAYS,
    limit=DAILY_GROUPS_MAX,
)
_USAGE_BY_DAY: Final = Grouping(
    dimensions=("model",),
    measures=(
        Measure("count", "count"),
        Measure("trace_id", "uniq"),
        Measure("input_tokens", "sum"),
        Measure("output_tokens", "sum"),
        Measure("total_tokens", "sum"),
        Measure("cost_usd", "sum"),
    ),
    period="day",
    order=_NEWEST_DAYS,
    limit=DAILY_GROUPS_MAX,
)


def _days(rows: Sequence[Row]) -> TimeRange:
    if not rows:
        return TimeRange(0, 0)
    return TimeRange(rows[-1]["period_ns"], rows[0]["period_ns"] + _DAY_NS)


def _daily_usage(
    services: Services, project_id: str, days: TimeRange, where: Sequence[Condition]
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in services.views.aggregate(
        project_id, "spans", days, [OBSERVATIONS_ONLY, *where], _USAGE_BY_DAY
    ):
        found.setdefault(row["period_ns"], []).append(row)
    return found


def _day_json(day: Row, usage: Sequence[Row]) -> Json:
    return {
        "date": time_text(day["period_ns"])[:10],
        "countTraces": day["count_count"],
        "countObservations": sum(row["count_count"] for row in usage),
        "totalCost": sum(row["sum_cost_usd"] or 0 for row in usage),
        "usage": [
            {
                "model": row["model"] or None,
                "inputUsage": row["sum_input_tokens"] or 0,
                "outputUsage": row["sum_output_tokens"] or 0,
                "totalUsage": row["sum_total_tokens"] or 0,
                "countTraces": row["uniq_trace_id"],
                "countObservations": row["count_count"],
                "totalCost": row["sum_cost_usd"] or 0,
            }
            for row in usage
        ],
    }
