"""The work on an annotation queue: an item after another, judged, skipped, taken back.

Whoever signed in is the reviewer. Where nobody signs in, and with a key, a reviewer says who he is with each
request.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response
from fastapi.concurrency import run_in_threadpool

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import REVIEW_LEASE_S
from spanglass_server.model.review import QueueItem, Review, ReviewWork
from spanglass_server.quality.review import Verdict, score_ids, scores_of, stale_score_ids
from spanglass_server.store.review import Lease, QueueKey
from spanglass_server.web.api import annotation_queue_models as models
from spanglass_server.web.api.annotation_queue_shape import progress_json, work_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Serving, Writing
from spanglass_server.web.services import Services
from spanglass_server.wire.scores import ScoreRecord, encode_scores

router = APIRouter()
QueueId = Annotated[str, Path(max_length=64)]
ItemId = Annotated[str, Path(max_length=64)]

_LEASE_NS: Final = REVIEW_LEASE_S * 1_000_000_000


@router.post("/queues/{queue_id}/next", response_model=models.Next)
def hand_out_next(caller: Writing, services: Serving, queue_id: QueueId, given: models.NextInput) -> Response:
    """The next item for the reviewer, kept for him for 15 minutes: one that he has in hands already, else one
    that he has neither done nor skipped and that lacks reviews."""
    key = QueueKey(caller.project.id, queue_id)
    work = services.reviews.claim_next(
        key,
        _lease(services, _reviewer(caller, given.reviewer)),
        without=given.without,
        with_skipped=given.with_skipped,
    )
    return _answer(services, key, work)


@router.post("/queues/{queue_id}/undo", response_model=models.Next)
def undo_last(caller: Writing, services: Serving, queue_id: QueueId, given: models.ReviewerInput) -> Response:
    """What the reviewer did or skipped last is in his hands again, with what he said. Its scores are taken
    back."""
    key = QueueKey(caller.project.id, queue_id)
    work = services.reviews.reopen_last(key, _lease(services, _reviewer(caller, given.reviewer)))
    if work is not None and (given_before := score_ids(work.item, work.review)):
        # After it was opened again: were it the other way round, a crash between would leave a review that is
        # done and gave nothing.
        services.administration.delete_scores(key.project_id, given_before)
    return _answer(services, key, work)


@router.post("/queues/{queue_id}/items/{item_id}/claim", response_model=models.Next)
def claim_item(
    caller: Writing, services: Serving, queue_id: QueueId, item_id: ItemId, given: models.ReviewerInput
) -> Response:
    """This item, to be judged, judged anew, or kept for longer."""
    key = QueueKey(caller.project.id, queue_id)
    work = services.reviews.claim(key, item_id, _lease(services, _reviewer(caller, given.reviewer)))
    return _answer(services, key, work)


@router.post("/queues/{queue_id}/items/{item_id}/release", status_code=204)
def release_item(
    caller: Writing, services: Serving, queue_id: QueueId, item_id: ItemId, given: models.ReviewerInput
) -> Response:
    """Others may have it at once."""
    key = QueueKey(caller.project.id, queue_id)
    services.reviews.release(key, item_id, _reviewer(caller, given.reviewer))
    return Response(status_code=204)


@router.post("/queues/{queue_id}/items/{item_id}/skip", response_model=models.Next)
def skip_item(
    caller: Writing, services: Serving, queue_id: QueueId, item_id: ItemId, given: models.ReviewerInput
) -> Response:
    """Not for this reviewer. Scores that he gave it before are taken back."""
    key = QueueKey(caller.project.id, queue_id)
    reviewer = _reviewer(caller, given.reviewer)
    item = services.reviews.get_item(key, item_id)
    before = services.reviews.find_review(key, item_id, reviewer)
    skipped = _finished(services, item, before, Verdict(reviewer, {}, "", ""))._replace(status="skipped")
    services.reviews.finish(key, skipped)
    if stale := stale_score_ids(item, before, ()):
        services.administration.delete_scores(key.project_id, stale)
    return _answer(services, key, ReviewWork(item, skipped))


@router.post("/queues/{queue_id}/items/{item_id}/review", response_model=models.Next)
async def review_item(
    caller: Writing, services: Serving, queue_id: QueueId, item_id: ItemId, given: models.ReviewInput
) -> Response:
    """The reviewer's judgement, in the place of an earlier one. Its scores are stored when this answers."""
    key = QueueKey(caller.project.id, queue_id)
    verdict = Verdict(
        _reviewer(caller, given.reviewer), given.answers, given.comment.strip(), given.correction.strip()
    )
    item, before, records = await run_in_threadpool(_prepare, services, key, item_id, verdict)
    if records:
        # The scores first: whatever happens then, the item is at worst reviewed once more, with the same ids.
        await services.intake.take(key.project_id, "scores", encode_scores(records))
    answers = {record.config_id: record.value for record in records if record.config_id}
    review = _finished(services, item, before, verdict._replace(answers=answers))
    return await run_in_threadpool(_finish, services, key, ReviewWork(item, review), before, records)


def _prepare(
    services: Services, key: QueueKey, item_id: str, verdict: Verdict
) -> tuple[QueueItem, Review | None, list[ScoreRecord]]:
    queue = services.reviews.get_queue(key)
    item = services.reviews.get_item(key, item_id)
    before = services.reviews.find_review(key, item_id, verdict.reviewer)
    configs = services.library.score_configs.find(key.project_id, queue.config_ids)
    environment = _environment_of(services, key.project_id, item)
    return item, before, scores_of(queue, item, verdict, configs, environment=environment)


def _finish(
    services: Services,
    key: QueueKey,
    work: ReviewWork,
    before: Review | None,
    records: list[ScoreRecord],
) -> Response:
    services.reviews.finish(key, work.review)
    if stale := stale_score_ids(work.item, before, records):
        services.administration.delete_scores(key.project_id, stale)
    return _answer(services, key, work)


def _finished(services: Services, item: QueueItem, before: Review | None, verdict: Verdict) -> Review:
    now_ns = services.now_ns()
    return Review(
        item_id=item.id,
        reviewer=verdict.reviewer,
        status="done",
        answers=verdict.answers,
        comment=verdict.comment,
        correction=verdict.correction,
        lease_until_ns=now_ns,
        started_at_ns=now_ns if before is None else before.started_at_ns,
        finished_at_ns=now_ns,
    )


def _environment_of(services: Services, project_id: str, item: QueueItem) -> str:
    """As scores by hand have it; empty where the trace is not there."""
    trace_id = item.target.trace_id
    row = services.views.find_traces(project_id, [trace_id]).get(trace_id) if trace_id else None
    return "" if row is None else str(row["environment"])


def _reviewer(caller: Caller, given: str) -> str:
    """By address: two people of one name are two."""
    reviewer = caller.user.email if caller.user is not None else given
    if not reviewer:
        raise QueryInvalid("`reviewer`: who judges is missing", hint="give a name")
    return reviewer


def _lease(services: Services, reviewer: str) -> Lease:
    now_ns = services.now_ns()
    return Lease(reviewer, now_ns, now_ns + _LEASE_NS)


def _answer(services: Services, key: QueueKey, work: ReviewWork | None) -> Response:
    queue = services.reviews.get_queue(key)
    progress = services.reviews.progress(key.project_id, [key.queue_id], now_ns=services.now_ns())
    return json_response({"work": work_json(work, queue), "progress": progress_json(progress[key.queue_id])})
