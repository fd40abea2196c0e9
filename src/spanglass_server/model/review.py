"""Annotation queues: what people are asked to judge, and what each of them said."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

ReviewStatus: TypeAlias = Literal["claimed", "done", "skipped"]
"""`claimed`: handed to the reviewer, who has not decided yet."""
REVIEW_STATUSES: tuple[str, ...] = get_args(ReviewStatus)

AnswerValue: TypeAlias = float | str | bool


class AnnotationQueue(NamedTuple):
    project_id: str
    id: str
    name: str
    """Unique in its project."""
    description: str
    instructions: str
    """What reviewers read before they judge."""
    config_ids: tuple[str, ...]
    """The score configurations to fill, in the order in which they are asked."""
    reviewers_wanted: int
    """Reviews that each item needs."""
    created_at_ns: int
    updated_at_ns: int


class ReviewTarget(NamedTuple):
    """What is judged: a trace, a span of it, or a session. Absent ids are empty."""

    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""


class QueueItem(NamedTuple):
    queue_id: str
    id: str
    """Made of the queue's id and the target: what is in a queue already is not added twice."""
    target: ReviewTarget
    sampling_rate: float
    """Share of the traces that were considered when it was added; 1 for what was added by hand."""
    position: int
    """Items are handed out in this order."""
    created_at_ns: int
    done_count: int
    """Reviews that are done."""


class Review(NamedTuple):
    """One reviewer on one item."""

    item_id: str
    reviewer: str
    status: ReviewStatus
    answers: Mapping[str, AnswerValue]
    """By the id of the score configuration."""
    comment: str
    correction: str
    """What the answer should have been; empty where the reviewer says nothing of it."""
    lease_until_ns: int
    """Until then nobody else is given the item in this one's place; counts while `claimed`."""
    started_at_ns: int
    finished_at_ns: int | None


class ReviewWork(NamedTuple):
    """An item in a reviewer's hands."""

    item: QueueItem
    review: Review


class ReviewerProgress(NamedTuple):
    reviewer: str
    done_count: int
    skipped_count: int
    claimed_count: int
    """With a lease that has not run out."""
    last_at_ns: int | None
    """When a review was last done or skipped."""


class QueueProgress(NamedTuple):
    """Of items, but for the last two."""

    item_count: int
    done_count: int
    """Have as many reviews as are wanted."""
    claimed_count: int
    """Not done, and in somebody's hands."""
    skipped_count: int
    """Not done, and skipped by somebody."""
    review_count: int
    """Reviews that are done."""
    reviewers: tuple[ReviewerProgress, ...]
    """By name."""
