"""What the relational store promises of annotation queues. Synchronous, may block, safe from many threads and
servers at once.

Errors: NotFound for a queue or item that is not there (of this project), BadInput with what to do instead,
StorageUnavailable.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

from spanglass_server.model.review import (
    AnnotationQueue,
    QueueItem,
    QueueProgress,
    Review,
    ReviewTarget,
    ReviewWork,
)
from spanglass_server.store.library import PageOf, Slice

ItemState: TypeAlias = Literal["open", "done", "skipped"]
"""`done`: has all the reviews that are wanted; `open`: has not; `skipped`: open, and skipped by somebody."""


class QueueKey(NamedTuple):
    project_id: str
    queue_id: str


class Lease(NamedTuple):
    """For whom an item is kept, and until when."""

    reviewer: str
    now_ns: int
    until_ns: int


class ReviewStore(Protocol):
    """Queues belong to a project and go with it; items and reviews go with their queue. Scores are elsewhere,
    and stay."""

    def put_queue(self, queue: AnnotationQueue) -> AnnotationQueue:
        """Made, or changed where there is one of its id; `created_at_ns` stays that of the first. BadInput
        where another has its name, and beyond QUEUES_PER_PROJECT_MAX of them."""

    def get_queue(self, key: QueueKey) -> AnnotationQueue: ...
    def list_queues(self, project_id: str) -> Sequence[AnnotationQueue]:
        """By name."""

    def delete_queue(self, key: QueueKey) -> None: ...

    def add_items(
        self, key: QueueKey, targets: Sequence[ReviewTarget], *, sampling_rate: float, now_ns: int
    ) -> int:
        """How many were not there yet. They come after the others, in their order. BadInput beyond
        QUEUE_ITEMS_MAX of them: then none is added."""

    def find_targets(self, key: QueueKey, targets: Sequence[ReviewTarget]) -> Collection[ReviewTarget]:
        """Those that are in the queue already."""

    def get_item(self, key: QueueKey, item_id: str) -> QueueItem: ...
    def list_items(self, key: QueueKey, state: ItemState | None, part: Slice) -> PageOf[QueueItem]:
        """In the order of their position."""

    def remove_item(self, key: QueueKey, item_id: str) -> None: ...

    def list_reviews(self, key: QueueKey, item_ids: Sequence[str] | None = None) -> Sequence[Review]:
        """Of these items, or of all; by item position, then reviewer."""

    def find_review(self, key: QueueKey, item_id: str, reviewer: str) -> Review | None: ...

    def claim_next(
        self, key: QueueKey, lease: Lease, *, without: Sequence[str] = (), with_skipped: bool = False
    ) -> ReviewWork | None:
        """The next item for the reviewer, kept for him until the lease ends: one that he holds already, else
        one that he has neither done nor skipped, that lacks reviews, and that is not in as many other hands
        as it lacks reviews. `without`: items that he has before him already. `with_skipped`: then also those
        that he skipped. Two reviewers who ask at once never get the same last place of an item."""

    def claim(self, key: QueueKey, item_id: str, lease: Lease) -> ReviewWork:
        """This item, whoever else has it. A review that is done or skipped stays so until it is finished
        anew."""

    def release(self, key: QueueKey, item_id: str, reviewer: str) -> None:
        """Others may have it. Nothing where the reviewer does not hold it."""

    def finish(self, key: QueueKey, review: Review) -> None:
        """Done or skipped, in the place of what the reviewer said of the item before. Does not ask for a
        lease: what somebody wrote counts also when it took him long."""

    def reopen_last(self, key: QueueKey, lease: Lease) -> ReviewWork | None:
        """What the reviewer finished last is in his hands again, with its answers; the review is told as it
        was before. None where he finished nothing."""

    def progress(
        self, project_id: str, queue_ids: Sequence[str], *, now_ns: int
    ) -> Mapping[str, QueueProgress]:
        """By queue id."""

    def close(self) -> None: ...
