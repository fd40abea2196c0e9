"""A review becomes scores."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.base.errors import BadInput
from spanglass_server.model.review import AnnotationQueue, AnswerValue, QueueItem, Review
from spanglass_server.model.score import ScoreConfig
from spanglass_server.normalize.score_configs import fit_config
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, read_score

CORRECTION: Final = "output"
"""The name of a score that says what the answer should have been; Langfuse's too."""


class Verdict(NamedTuple):
    """What a reviewer says of an item."""

    reviewer: str
    answers: Mapping[str, AnswerValue]
    """By the id of the score configuration."""
    comment: str
    correction: str


def asked(queue: AnnotationQueue, configs: Mapping[str, ScoreConfig]) -> list[ScoreConfig]:
    """What reviewers are asked, in order: of the queue's configurations those that are still used."""
    found = (configs.get(config_id) for config_id in queue.config_ids)
    return [config for config in found if config is not None and not config.is_archived]


def scores_of(
    queue: AnnotationQueue,
    item: QueueItem,
    verdict: Verdict,
    configs: Mapping[str, ScoreConfig],
    *,
    environment: str,
) -> list[ScoreRecord]:
    """The scores of a review. Their ids are made of the item, the reviewer and what is scored, so that the
    same review twice, or a better one, is no second score. Raises BadInput for an answer that is none."""
    if not verdict.answers and not verdict.comment and not verdict.correction:
        raise BadInput("the review says nothing", hint="give an answer, or skip the item")
    wanted = {config.id: config for config in asked(queue, configs)}
    try:
        records = [
            fit_config(
                _record(queue, item, verdict, _config_of(config_id, wanted), value, environment),
                wanted[config_id],
            )
            for config_id, value in verdict.answers.items()
        ]
        if verdict.correction:
            records.append(_correction(queue, item, verdict, environment))
    except RefusedScoreError as refusal:
        raise BadInput(refusal.reason, hint=refusal.hint) from None
    return records


def score_ids(item: QueueItem, review: Review) -> list[str]:
    """Of the scores that the review gave."""
    ids = [_score_id(item, review.reviewer, config_id) for config_id in review.answers]
    return [*ids, _score_id(item, review.reviewer, "")] if review.correction else ids


def stale_score_ids(item: QueueItem, before: Review | None, records: Sequence[ScoreRecord]) -> list[str]:
    """Of scores that an earlier review of the item gave and this one does not."""
    if before is None:
        return []
    given = {record.score_id for record in records}
    return [score_id for score_id in score_ids(item, before) if score_id not in given]


def _config_of(config_id: str, wanted: Mapping[str, ScoreConfig]) -> ScoreConfig:
    config = wanted.get(config_id)
    if config is None:
        raise BadInput(
            f"the queue does not ask for the score configuration `{config_id:.64}`",
            hint="it may have been taken out or archived meanwhile: reload, and answer what is asked",
        )
    return config


def _record(
    queue: AnnotationQueue,
    item: QueueItem,
    verdict: Verdict,
    config: ScoreConfig,
    value: AnswerValue,
    environment: str,
) -> ScoreRecord:
    return read_score(
        {
            **_shared(queue, item, verdict, environment),
            "id": _score_id(item, verdict.reviewer, config.id),
            "name": config.name,
            "value": value,
            "data_type": config.data_type,
            "config_id": config.id,
        }
    )


def _correction(queue: AnnotationQueue, item: QueueItem, verdict: Verdict, environment: str) -> ScoreRecord:
    return read_score(
        {
            **_shared(queue, item, verdict, environment),
            "id": _score_id(item, verdict.reviewer, ""),
            "name": CORRECTION,
            "value": verdict.correction,
            "data_type": "correction",
        }
    )


def _shared(queue: AnnotationQueue, item: QueueItem, verdict: Verdict, environment: str) -> dict[str, object]:
    return {
        **item.target._asdict(),
        "source": "person",
        "author": verdict.reviewer,
        "comment": verdict.comment,
        "queue_id": queue.id,
        "environment": environment,
        "sampling_rate": item.sampling_rate,
    }


def _score_id(item: QueueItem, reviewer: str, config_id: str) -> str:
    key = "\0".join((item.queue_id, item.id, reviewer, config_id))
    return f"review-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
