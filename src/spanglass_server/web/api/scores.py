"""Scores: given, listed, found, taken back."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.score import ScoreSource, ScoreType
from spanglass_server.store.ports import ScoreQuery, TimeRange
from spanglass_server.web.api import score_models as models
from spanglass_server.web.api.score_shape import score_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading, Scoring, Serving, Writing
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.score_intake import take_scores
from spanglass_server.web.score_pages import AHEAD_NS, page_of_scores
from spanglass_server.web.services import Services
from spanglass_server.wire.scores import read_score

router = APIRouter(tags=["scores"])
ScoreId = Annotated[str, Path(max_length=800)]
Words = Annotated[list[str] | None, Query(description="Any of these.")]

_INPUT: Final = models.ScoreInput.model_json_schema()
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [_INPUT, {"type": "array", "items": _INPUT}]}}},
    }
}
"""For the OpenAPI document. The body is read by hand: one bad score of many must not refuse the others."""


@router.post("/scores", response_model=models.ScoresTaken, openapi_extra=_BODY)
async def post_scores(request: Request, caller: Scoring, services: Serving) -> Response:
    """One score, or an array of them; stored when this answers. One with the id of another replaces it."""
    taken = await take_scores(request, services, caller, read_score)
    if taken.refusals and not taken.is_array:
        _, refusal = taken.refusals[0]
        raise BadInput(refusal.reason, hint=refusal.hint)
    rejected: list[dict[str, Any]] = [
        {"index": index, "reason": refusal.reason, "hint": refusal.hint} for index, refusal in taken.refusals
    ]
    return json_response({"ids": taken.ids, "rejected": rejected})


@router.get("/scores", response_model=models.ScorePage)
def list_scores(
    caller: Reading,
    services: Serving,
    from_: Annotated[
        str,
        Query(
            alias="from",
            description="Start of the scores' times, inclusive. Absent: the last 24 hours, or all time for"
            " the scores of given traces, sessions or dataset runs.",
        ),
    ] = "",
    to: Annotated[
        str, Query(description="End, exclusive. Absent: a day from now, for clocks that are ahead.")
    ] = "",
    name: Words = None,
    trace_id: Words = None,
    span_id: Words = None,
    session_id: Words = None,
    dataset_run_id: Words = None,
    data_type: Annotated[list[ScoreType] | None, Query()] = None,
    source: Annotated[list[ScoreSource] | None, Query()] = None,
    environment: Words = None,
    author: Words = None,
    value_min: float | None = None,
    value_max: float | None = None,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")] = 50,
) -> Response:
    """A page of scores, newest first."""
    is_keyed = bool(trace_id or session_id or dataset_run_id)
    query = ScoreQuery(
        during=_time_range(services, from_, to, is_keyed=is_keyed),
        names=name or (),
        trace_ids=trace_id or (),
        span_ids=span_id or (),
        session_ids=session_id or (),
        dataset_run_ids=dataset_run_id or (),
        data_types=data_type or (),
        sources=source or (),
        environments=environment or (),
        authors=author or (),
        value_min=value_min,
        value_max=value_max,
    )
    found = page_of_scores(services.scores, caller.project.id, query, cursor=cursor, limit=limit)
    items = [score_json(score) for score in found.scores]
    return json_response({"items": items, "next_cursor": found.next_cursor or None})


@router.get("/scores/{score_id:path}", response_model=models.Score)
def get_score(caller: Reading, services: Serving, score_id: ScoreId) -> Response:
    score = services.scores.find_scores(caller.project.id, [score_id]).get(score_id)
    if score is None:
        raise _no_score(score_id)
    return json_response(score_json(score))


@router.delete("/scores/{score_id:path}", status_code=204)
def delete_score(caller: Writing, services: Serving, score_id: ScoreId) -> Response:
    """Whoever may give scores may take them back."""
    if not services.administration.delete_scores(caller.project.id, [score_id]):
        raise _no_score(score_id)
    return Response(status_code=204)


def _no_score(score_id: str) -> NotFound:
    return NotFound(
        f"there is no score `{score_id}`", hint="it may have been deleted, or belong to another project"
    )


def _time_range(services: Services, from_: str, to: str, *, is_keyed: bool) -> TimeRange:
    now_ns = services.now_ns()
    start = from_ or ("" if is_keyed else "now-24h")
    return TimeRange(
        parse_time_ns(start, now_ns, name="from") if start else 0,
        parse_time_ns(to, now_ns, name="to") if to else now_ns + AHEAD_NS,
    )
