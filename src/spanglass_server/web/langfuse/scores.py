"""Scores in Langfuse's forms: sent one by one or as an array, read by page (1 and 2) or by cursor (3)."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from spanglass_server.base.errors import BadInput, NotFound, QueryInvalid
from spanglass_server.model.score import Score
from spanglass_server.store.ports import Comparison, ScoreQuery
from spanglass_server.store.views import Condition, Order
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Reading, Scoring, Serving, Writing
from spanglass_server.web.langfuse.asked import Environments, PageLimit, PageNumber, time_range, words
from spanglass_server.web.langfuse.documents import json_response
from spanglass_server.web.langfuse.score_json import (
    DEFAULT_ENVIRONMENT,
    Json,
    score_v1_json,
    score_v2_json,
    score_v3_json,
)
from spanglass_server.web.langfuse.shape import page_meta
from spanglass_server.web.score_intake import TakenScores, take_scores
from spanglass_server.web.score_pages import AHEAD_NS, page_of_scores
from spanglass_server.web.services import Services
from spanglass_server.wire.scores import LANGFUSE_DATA_TYPES, LANGFUSE_SOURCES, read_langfuse_score

router = APIRouter()

ScoreId = Annotated[str, Path(max_length=800)]

_OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=")
_GROUPS: Final = frozenset({"details", "subject", "annotation"})
_TRACES_MAX: Final = 1_000
"""Traces of a user, or with tags, whose scores are listed."""


@router.post("/scores")
async def post_scores(request: Request, caller: Scoring, services: Serving) -> Response:
    """An object is answered with its id; an array with how many were taken, and 207 where some were not: a
    status after which the SDK does not send again."""
    taken = await take_scores(request, services, caller, read_langfuse_score)
    return _answer_array(taken) if taken.is_array else _answer_one(taken)


def _answer_one(taken: TakenScores) -> Response:
    if taken.refusals:
        _, refusal = taken.refusals[0]
        raise BadInput(refusal.reason, hint=refusal.hint)
    return json_response({"id": taken.ids[0]})


def _answer_array(taken: TakenScores) -> Response:
    if not taken.refusals:
        return json_response({"message": "Accepted"}, 202)
    rejected = len(taken.refusals)
    errors = [{"message": f"[{index}]: {refusal}"} for index, refusal in taken.refusals]
    body = {"accepted": len(taken.ids) - rejected, "rejected": rejected, "errors": errors}
    return json_response(body, 207)


@router.delete("/scores/{score_id:path}")
def delete_score(caller: Writing, services: Serving, score_id: ScoreId) -> Response:
    if not services.administration.delete_scores(caller.project.id, [score_id]):
        raise _no_score(score_id)
    return json_response({"message": "Score deleted"})


def _word_of(words: Mapping[str, str], name: str) -> Callable[[Request], Sequence[str]]:
    """A dependency: the words of a comma-separated parameter, in either case, as we store them."""

    def read(request: Request) -> Sequence[str]:
        given = [word.strip() for word in request.query_params.get(name, "").split(",") if word.strip()]
        unknown = next((word for word in given if word.upper() not in words), None)
        if unknown is not None:
            raise QueryInvalid(f"`{name}`: `{unknown}` is none of {', '.join(words)}")
        return [words[word.upper()] for word in given]

    return read


Sources = Annotated[Sequence[str], Depends(_word_of(LANGFUSE_SOURCES, "source"))]
DataTypes = Annotated[Sequence[str], Depends(_word_of(LANGFUSE_DATA_TYPES, "dataType"))]


def _common_query(
    services: Serving,
    sources: Sources,
    data_types: DataTypes,
    name: str | None = None,
    config_id: Annotated[str | None, Query(alias="configId")] = None,
    queue_id: Annotated[str | None, Query(alias="queueId")] = None,
    trace_id: Annotated[str | None, Query(alias="traceId")] = None,
    observation_id: Annotated[str | None, Query(alias="observationId")] = None,
    session_id: Annotated[str | None, Query(alias="sessionId")] = None,
    from_timestamp: Annotated[str | None, Query(alias="fromTimestamp")] = None,
    to_timestamp: Annotated[str | None, Query(alias="toTimestamp")] = None,
) -> ScoreQuery:
    """What the forms have in common."""
    now_ns = services.now_ns()
    during = time_range(from_timestamp, to_timestamp, now_ns, names=("fromTimestamp", "toTimestamp"))
    return ScoreQuery(
        during=during if to_timestamp else during._replace(to_ns=now_ns + AHEAD_NS),
        names=_listed(name),
        trace_ids=_listed(trace_id),
        span_ids=_listed(observation_id),
        session_ids=_listed(session_id),
        data_types=data_types,
        sources=sources,
        config_ids=_listed(config_id),
        queue_ids=_listed(queue_id),
    )


CommonQuery = Annotated[ScoreQuery, Depends(_common_query)]


def _paged_query(
    caller: Reading,
    services: Serving,
    common: CommonQuery,
    environment: Environments,
    score_ids: Annotated[str | None, Query(alias="scoreIds")] = None,
    dataset_run_id: Annotated[str | None, Query(alias="datasetRunId")] = None,
    operator: str | None = None,
    value: float | None = None,
    user_id: Annotated[str | None, Query(alias="userId")] = None,
    trace_tags: Annotated[list[str] | None, Query(alias="traceTags")] = None,
) -> ScoreQuery | None:
    """None where nothing can match: no trace of this user or with these tags."""
    query = common._replace(
        score_ids=_listed(score_ids),
        dataset_run_ids=_listed(dataset_run_id),
        environments=_stored_environments(environment),
        value_compared=_comparison(operator, value),
    )
    where = [
        *([Condition("user_id", "=", user_id)] if user_id else ()),
        *([Condition("tags", "all of", tuple(trace_tags))] if trace_tags else ()),
    ]
    if not where:
        return query
    found = {row["trace_id"] for row in _list_traces(services, caller.project.id, where, _TRACES_MAX + 1)}
    if len(found) > _TRACES_MAX:
        raise QueryInvalid(
            f"more than {_TRACES_MAX} traces match userId or traceTags",
            hint="list the traces by time first, and their scores by traceId",
        )
    wanted = found.intersection(query.trace_ids) if query.trace_ids else found
    return query._replace(trace_ids=sorted(wanted)) if wanted else None


PagedQuery = Annotated[ScoreQuery | None, Depends(_paged_query)]


@router.get("/scores")
def list_scores(
    caller: Reading, services: Serving, query: PagedQuery, page: PageNumber = 1, limit: PageLimit = 50
) -> Response:
    """Form 1: scores of traces and observations."""
    query = query and query._replace(is_of_trace=True)
    return _page(services, caller.project.id, query, page, limit, with_trace=True, tell=score_v1_json)


@router.get("/v2/scores")
def list_scores_v2(
    caller: Reading,
    services: Serving,
    query: PagedQuery,
    page: PageNumber = 1,
    limit: PageLimit = 50,
    fields: str | None = None,
) -> Response:
    """Form 2: scores of sessions and dataset runs too."""
    with_trace = not fields or "trace" in words(fields)
    return _page(services, caller.project.id, query, page, limit, with_trace=with_trace, tell=score_v2_json)


@router.get("/v3/scores")
def list_scores_v3(
    caller: Reading,
    services: Serving,
    query: CommonQuery,
    limit: PageLimit = 50,
    cursor: str = "",
    fields: str | None = None,
    id_: Annotated[str | None, Query(alias="id")] = None,
    environment: str | None = None,
    author_user_id: Annotated[str | None, Query(alias="authorUserId")] = None,
    experiment_id: Annotated[str | None, Query(alias="experimentId")] = None,
    value: str | None = None,
    value_min: Annotated[float | None, Query(alias="valueMin")] = None,
    value_max: Annotated[float | None, Query(alias="valueMax")] = None,
) -> Response:
    """Form 3: by cursor, the value in its own type, and no more fields than asked for."""
    groups = words(fields)
    if unknown := sorted(groups - _GROUPS):
        raise QueryInvalid(f"`fields`: there is no group `{unknown[0]}`", hint=f"use {', '.join(_GROUPS)}")
    query = query._replace(
        score_ids=_listed(id_),
        environments=_stored_environments(_listed(environment)),
        authors=_listed(author_user_id),
        dataset_run_ids=_listed(experiment_id),
        value_min=value_min,
        value_max=value_max,
    )
    if value is not None:
        query = _with_values(query, _listed(value))
    found = page_of_scores(services.scores, caller.project.id, query, cursor=cursor, limit=limit)
    meta: Json = {"limit": limit}
    if found.next_cursor:
        meta["cursor"] = found.next_cursor
    return json_response({"data": [score_v3_json(score, groups) for score in found.scores], "meta": meta})


@router.get("/scores/{score_id:path}")
def get_score(caller: Reading, services: Serving, score_id: ScoreId) -> Response:
    return json_response(score_v1_json(_find(services, caller, score_id)))


@router.get("/v2/scores/{score_id:path}")
def get_score_v2(caller: Reading, services: Serving, score_id: ScoreId) -> Response:
    return json_response(score_v2_json(_find(services, caller, score_id)))


def _find(services: Services, caller: Caller, score_id: str) -> Score:
    score = services.scores.find_scores(caller.project.id, [score_id]).get(score_id)
    if score is None:
        raise _no_score(score_id)
    return score


def _no_score(score_id: str) -> NotFound:
    return NotFound(f"there is no score `{score_id}` in this project")


def _page(
    services: Services,
    project_id: str,
    query: ScoreQuery | None,
    page: int,
    limit: int,
    *,
    with_trace: bool,
    tell: Callable[[Score], Json],
) -> Response:
    if query is None:
        return json_response({"data": [], "meta": page_meta(page, limit, 0)})
    scores = services.scores.list_scores(project_id, query, limit=limit, offset=(page - 1) * limit)
    total = services.scores.count_scores(project_id, query)
    data = [tell(score) for score in scores]
    if with_trace:
        traces = _traces_by_id(services, project_id, scores)
        for item in data:
            item["trace"] = traces.get(item["traceId"], _NO_TRACE)
    return json_response({"data": data, "meta": page_meta(page, limit, total)})


_NO_TRACE: Final[Json] = {"userId": None, "tags": [], "environment": None}
"""Of a score whose trace has not come: the SDKs want an object."""


def _traces_by_id(services: Services, project_id: str, scores: Sequence[Score]) -> dict[str, Json]:
    ids = tuple(sorted({score.trace_id for score in scores if score.trace_id}))
    if not ids:
        return {}
    rows = _list_traces(services, project_id, [Condition("id", "any of", ids)], len(ids))
    return {
        row["trace_id"]: {
            "userId": row["user_id"] or None,
            "tags": row["tags"],
            "environment": row["environment"] or DEFAULT_ENVIRONMENT,
        }
        for row in rows
    }


def _list_traces(
    services: Services, project_id: str, where: Sequence[Condition], limit: int
) -> Sequence[Mapping[str, Any]]:
    during = services.views.bounds(project_id)
    newest_first = Order("start_time", is_descending=True)
    return services.views.list_traces(project_id, during, where, order=newest_first, limit=limit, offset=0)


def _listed(text: str | None) -> Sequence[str]:
    return sorted(words(text))


def _stored_environments(asked: Sequence[str]) -> Sequence[str]:
    """A score without an environment is told as of the default one."""
    return [*asked, ""] if DEFAULT_ENVIRONMENT in asked else asked


def _comparison(operator: str | None, value: float | None) -> tuple[Comparison, float] | None:
    if value is None:
        return None
    if (operator or "=") not in _OPERATORS:
        raise QueryInvalid(f"`operator`: `{operator}` is none of {' '.join(_OPERATORS)}")
    return cast("Comparison", operator or "="), value


def _with_values(query: ScoreQuery, values: Sequence[str]) -> ScoreQuery:
    """`value` says what it is by the one `dataType` that stands beside it."""
    match query.data_types:
        case ["numeric"]:
            return query._replace(values=[_number(value) for value in values])
        case ["boolean"]:
            return query._replace(values=[_bool(value) for value in values])
        case ["categorical"]:
            return query._replace(string_values=values)
    raise QueryInvalid("`value` needs one `dataType` of NUMERIC, BOOLEAN or CATEGORICAL")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise QueryInvalid(f"`value`: `{text}` is not a number")
    return number


def _bool(text: str) -> float:
    if text not in ("true", "false"):
        raise QueryInvalid(f"`value`: `{text}` is neither true nor false")
    return float(text == "true")
