"""Annotation queues: made, filled, told how far they are."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import BadInput, QueryInvalid
from spanglass_server.base.limits import QUEUE_ITEMS_MAX
from spanglass_server.model.review import AnnotationQueue, QueueItem, QueueProgress, ReviewTarget
from spanglass_server.quality.queue_filling import Search, find_new_targets
from spanglass_server.quality.review import asked
from spanglass_server.quality.review_report import report
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.library import Slice
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.review import QueueKey
from spanglass_server.web.api import annotation_queue_models as models
from spanglass_server.web.api import annotation_reviews as working
from spanglass_server.web.api.annotation_queue_shape import (
    export_lines,
    item_json,
    queue_json,
    report_json,
    review_json,
)
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.score_shape import summarize_scores
from spanglass_server.web.api.shape import Json, json_response, trace_json
from spanglass_server.web.api.traces import stored_id
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Reading, Serving, Writing
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services

QueueId = Annotated[str, Path(max_length=64)]
ItemId = Annotated[str, Path(max_length=64)]

_ALL: Final = Slice(QUEUE_ITEMS_MAX, 0)


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["annotation queues"])
    slow = [Depends(long_lane)]
    router.add_api_route("/queues", list_queues, response_model=models.Queues)
    router.add_api_route(
        "/queues", create_queue, methods=["POST"], status_code=201, response_model=models.Queue
    )
    one = "/queues/{queue_id}"
    router.add_api_route(one, get_queue, response_model=models.Queue)
    router.add_api_route(one, change_queue, methods=["PATCH"], response_model=models.Queue)
    router.add_api_route(one, delete_queue, methods=["DELETE"], status_code=204)
    router.add_api_route(f"{one}/items", list_items, response_model=models.Items)
    router.add_api_route(f"{one}/items", add_items, methods=["POST"], response_model=models.Filled)
    router.add_api_route(
        f"{one}/fill", fill_queue, methods=["POST"], response_model=models.Filled, dependencies=slow
    )
    router.add_api_route(f"{one}/items/{{item_id}}", remove_item, methods=["DELETE"], status_code=204)
    router.add_api_route(
        f"{one}/agreement", get_agreement, response_model=models.Agreement, dependencies=slow
    )
    router.add_api_route(f"{one}/export", export_reviews, dependencies=slow)
    router.include_router(working.router)
    return router


def list_queues(caller: Reading, services: Serving) -> Response:
    """The project's queues with how far they are, by name."""
    queues = services.reviews.list_queues(caller.project.id)
    return json_response({"items": _with_progress(services, caller, queues)})


def create_queue(caller: Writing, services: Serving, given: models.QueueInput) -> Response:
    now_ns = services.now_ns()
    queue = AnnotationQueue(
        project_id=caller.project.id,
        id=uuid.uuid4().hex,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
        **{**given.model_dump(), "config_ids": _checked(services, caller, given.config_ids)},
    )
    answer = json_response(_with_progress(services, caller, [services.reviews.put_queue(queue)])[0])
    answer.status_code = 201
    return answer


def get_queue(caller: Reading, services: Serving, queue_id: QueueId) -> Response:
    queue = services.reviews.get_queue(QueueKey(caller.project.id, queue_id))
    return json_response(_with_progress(services, caller, [queue])[0])


def change_queue(
    caller: Writing, services: Serving, queue_id: QueueId, given: models.QueueChange
) -> Response:
    """What is absent or null stays. Reviews that are done stay as they are."""
    changes = given.model_dump(exclude_none=True)
    if given.config_ids is not None:
        changes["config_ids"] = _checked(services, caller, given.config_ids)
    before = services.reviews.get_queue(QueueKey(caller.project.id, queue_id))
    queue = services.reviews.put_queue(before._replace(**changes, updated_at_ns=services.now_ns()))
    return json_response(_with_progress(services, caller, [queue])[0])


def delete_queue(caller: Administering, services: Serving, queue_id: QueueId) -> Response:
    """With its items and reviews. The scores that it gave stay."""
    services.reviews.delete_queue(QueueKey(caller.project.id, queue_id))
    return Response(status_code=204)


def list_items(
    caller: Reading,
    services: Serving,
    queue_id: QueueId,
    state: Annotated[
        Literal["open", "done", "skipped"] | None,
        Query(description="`skipped`: not done, and skipped by somebody."),
    ] = None,
    offset: Annotated[int, Query(ge=0, le=QUEUE_ITEMS_MAX)] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of a page.")] = 50,
) -> Response:
    """Items in the order in which they are handed out, with their traces and what was said of them."""
    key = QueueKey(caller.project.id, queue_id)
    queue = services.reviews.get_queue(key)
    page = services.reviews.list_items(key, state, Slice(limit, offset))
    items = _listed(services, queue, page.items)
    return json_response({"items": items, "total": page.total})


def add_items(caller: Writing, services: Serving, queue_id: QueueId, given: models.ItemsInput) -> Response:
    """Traces, spans or sessions by their ids. They may arrive later."""
    key = QueueKey(caller.project.id, queue_id)
    targets = list(dict.fromkeys(_target(target) for target in given.items))
    added = services.reviews.add_items(key, targets, sampling_rate=1.0, now_ns=services.now_ns())
    found = len(targets)
    return json_response(
        {
            "found": found,
            "added": added,
            "already_there": found - added,
            "scanned": found,
            "is_complete": True,
        }
    )


def fill_queue(caller: Writing, services: Serving, queue_id: QueueId, given: models.Fill) -> Response:
    """What a filter finds, sampled. What is there already is not added twice."""
    key = QueueKey(caller.project.id, queue_id)
    services.reviews.get_queue(key)
    search = Search(
        target_type=given.target,
        during=_during(services, given),
        where=parse_filter(given.filter, "traces" if given.target == "trace" else "spans"),
        order=given.order,
        sampling_rate=given.sampling_rate,
        limit=given.limit,
    )
    found = find_new_targets(services.reader, services.reviews, key, search)
    added = len(found.new)
    if not given.dry_run:
        added = services.reviews.add_items(
            key, found.new, sampling_rate=given.sampling_rate, now_ns=services.now_ns()
        )
    return json_response(
        {
            "found": len(found.new) + found.there_count,
            "added": added,
            "already_there": found.there_count + len(found.new) - added,
            "scanned": found.scanned_count,
            "is_complete": found.is_complete,
        }
    )


def remove_item(caller: Writing, services: Serving, queue_id: QueueId, item_id: ItemId) -> Response:
    """With its reviews. The scores that they gave stay."""
    services.reviews.remove_item(QueueKey(caller.project.id, queue_id), item_id)
    return Response(status_code=204)


def get_agreement(caller: Reading, services: Serving, queue_id: QueueId) -> Response:
    """How far reviewers agree, and evaluators with them, by score."""
    key = QueueKey(caller.project.id, queue_id)
    queue = services.reviews.get_queue(key)
    found = report(
        services.scores,
        caller.project.id,
        asked(queue, services.library.score_configs.find(caller.project.id, queue.config_ids)),
        services.reviews.list_items(key, None, _ALL).items,
        services.reviews.list_reviews(key),
    )
    return json_response({"items": [report_json(one) for one in found]})


def export_reviews(caller: Reading, services: Serving, queue_id: QueueId) -> Response:
    """JSON lines, one for each review that is done or skipped."""
    key = QueueKey(caller.project.id, queue_id)
    queue = services.reviews.get_queue(key)
    reviews = services.reviews.list_reviews(key)
    config_ids = sorted({config_id for review in reviews for config_id in review.answers})
    configs = services.library.score_configs.find(caller.project.id, config_ids)
    items = {item.id: item for item in services.reviews.list_items(key, None, _ALL).items}
    body = export_lines(queue, {id_: config.name for id_, config in configs.items()}, items, reviews)
    return Response(body, media_type="application/x-ndjson")


def _with_progress(services: Services, caller: Caller, queues: Sequence[AnnotationQueue]) -> list[Json]:
    project_id = caller.project.id
    ids = [queue.id for queue in queues]
    progress = services.reviews.progress(project_id, ids, now_ns=services.now_ns()) if ids else {}
    config_ids = sorted({config_id for queue in queues for config_id in queue.config_ids})
    configs = services.library.score_configs.find(project_id, config_ids) if config_ids else {}
    nothing = QueueProgress(0, 0, 0, 0, 0, ())
    return [queue_json(queue, asked(queue, configs), progress.get(queue.id, nothing)) for queue in queues]


def _checked(services: Services, caller: Caller, config_ids: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(config_ids))
    configs = services.library.score_configs.find(caller.project.id, wanted)
    for config_id in wanted:
        if config_id not in configs:
            raise BadInput(f"there is no score configuration `{config_id:.64}` in this project")
    return wanted


def _target(given: models.TargetInput) -> ReviewTarget:
    if given.span_id and not given.trace_id:
        raise BadInput("`span_id` is given without `trace_id`", hint="give both")
    if bool(given.trace_id) == bool(given.session_id):
        raise BadInput("an item is a trace, a span with its trace, or a session", hint="give one of them")
    return ReviewTarget(stored_id(given.trace_id), stored_id(given.span_id), given.session_id)


def _during(services: Services, given: models.Fill) -> TimeRange:
    now_ns = services.now_ns()
    during = TimeRange(
        parse_time_ns(given.from_, now_ns, name="from"), parse_time_ns(given.to, now_ns, name="to")
    )
    if during.from_ns >= during.to_ns:
        raise QueryInvalid("`from` is not before `to`")
    return during


def _listed(services: Services, queue: AnnotationQueue, items: Sequence[QueueItem]) -> list[Json]:
    if not items:
        return []
    project_id = queue.project_id
    trace_ids = sorted({item.target.trace_id for item in items if item.target.trace_id})
    rows = services.views.find_traces(project_id, trace_ids) if trace_ids else {}
    scores = services.scores.list_scores_of(project_id, list(rows)) if rows else {}
    traces = {
        trace_id: trace_json(row, summarize_scores(scores.get(trace_id, ())))
        for trace_id, row in rows.items()
    }
    key = QueueKey(project_id, queue.id)
    reviews: dict[str, list[Json]] = {}
    for review in services.reviews.list_reviews(key, [item.id for item in items]):
        reviews.setdefault(review.item_id, []).append(review_json(review))
    return [
        {
            **item_json(item, queue),
            "reviews": reviews.get(item.id, []),
            "trace": traces.get(item.target.trace_id),
        }
        for item in items
    ]
