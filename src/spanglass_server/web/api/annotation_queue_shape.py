"""Annotation queues as the JSON of docs/api.md."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from spanglass_server.model.review import (
    AnnotationQueue,
    QueueItem,
    QueueProgress,
    Review,
    ReviewWork,
)
from spanglass_server.model.score import ScoreConfig
from spanglass_server.quality.review_agreement import PairAgreement
from spanglass_server.quality.review_report import ConfigReport
from spanglass_server.quality.statistics import Estimate
from spanglass_server.web.api.shape import Json, time_text


def queue_json(queue: AnnotationQueue, configs: Sequence[ScoreConfig], progress: QueueProgress) -> Json:
    return {
        "id": queue.id,
        "name": queue.name,
        "description": queue.description,
        "instructions": queue.instructions,
        "config_ids": queue.config_ids,
        "configs": [_config_json(config) for config in configs],
        "reviewers_wanted": queue.reviewers_wanted,
        "progress": progress_json(progress),
        "created_at": time_text(queue.created_at_ns),
        "updated_at": time_text(queue.updated_at_ns),
    }


def _config_json(config: ScoreConfig) -> Json:
    return {
        "id": config.id,
        "name": config.name,
        "data_type": config.data_type,
        "min_value": config.min_value,
        "max_value": config.max_value,
        "categories": [category._asdict() for category in config.categories],
        "description": config.description,
    }


def progress_json(progress: QueueProgress) -> Json:
    return {
        **progress._asdict(),
        "reviewers": [
            {
                "reviewer": one.reviewer,
                "done_count": one.done_count,
                "skipped_count": one.skipped_count,
                "claimed_count": one.claimed_count,
                "last_at": _time(one.last_at_ns),
            }
            for one in progress.reviewers
        ],
    }


def item_json(item: QueueItem, queue: AnnotationQueue) -> Json:
    return {
        "id": item.id,
        "trace_id": item.target.trace_id or None,
        "span_id": item.target.span_id or None,
        "session_id": item.target.session_id or None,
        "sampling_rate": item.sampling_rate,
        "created_at": time_text(item.created_at_ns),
        "done_count": item.done_count,
        "is_done": item.done_count >= queue.reviewers_wanted,
    }


def review_json(review: Review) -> Json:
    return {
        "reviewer": review.reviewer,
        "status": review.status,
        "answers": review.answers,
        "comment": review.comment,
        "correction": review.correction,
        "lease_until": time_text(review.lease_until_ns) if review.status == "claimed" else None,
        "started_at": time_text(review.started_at_ns),
        "finished_at": _time(review.finished_at_ns),
    }


def work_json(work: ReviewWork | None, queue: AnnotationQueue) -> Json | None:
    if work is None:
        return None
    return {"item": item_json(work.item, queue), "review": review_json(work.review)}


def report_json(report: ConfigReport) -> Json:
    return {
        "config_id": report.config.id,
        "name": report.config.name,
        "data_type": report.config.data_type,
        "item_count": report.people.item_count,
        "alpha": _estimate_json(report.people.alpha),
        "pairs": [_pair_json(pair) for pair in report.people.pairs],
        "evaluators": [_pair_json(pair) for pair in report.evaluators],
    }


def _pair_json(pair: PairAgreement) -> Json:
    return {
        "first": pair.first,
        "second": pair.second,
        "item_count": pair.item_count,
        **{
            name: _estimate_json(getattr(pair, name))
            for name in ("raw", "kappa", "pearson", "mean_difference")
        },
    }


def _estimate_json(estimate: Estimate) -> Json:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def export_lines(
    queue: AnnotationQueue,
    names: Mapping[str, str],
    items: Mapping[str, QueueItem],
    reviews: Iterable[Review],
) -> bytes:
    """JSON lines: a review each, its answers by the score's name. `names` are those of configurations."""
    return b"".join(
        orjson.dumps(
            {
                "queue": queue.name,
                "item_id": item.id,
                "trace_id": item.target.trace_id or None,
                "span_id": item.target.span_id or None,
                "session_id": item.target.session_id or None,
                "reviewer": review.reviewer,
                "status": review.status,
                "scores": {names.get(key, key): value for key, value in review.answers.items()},
                "comment": review.comment or None,
                "correction": review.correction or None,
                "finished_at": _time(review.finished_at_ns),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for review in reviews
        if (item := items.get(review.item_id)) is not None and review.status != "claimed"
    )


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else time_text(time_ns)
