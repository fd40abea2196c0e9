"""Annotation queues in SQLite or PostgreSQL: `store/review.py`'s promises, kept."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import QUEUE_ITEMS_MAX, QUEUES_PER_PROJECT_MAX
from spanglass_server.model.review import (
    AnnotationQueue,
    QueueItem,
    QueueProgress,
    Review,
    ReviewTarget,
    ReviewWork,
)
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.review_progress import count_progress
from spanglass_server.store.metadata.review_tables import items, queues, reviews
from spanglass_server.store.review import ItemState, Lease, QueueKey

_QUEUE_COLUMNS: Final = tuple(queues.c[name] for name in AnnotationQueue._fields)
_REVIEW_COLUMNS: Final = tuple(reviews.c[name] for name in Review._fields)
_IDS_MAX: Final = 500
"""Ids in one statement: SQLite's parameters are bounded."""


def open_reviews(url: str) -> "SqlReviews":
    """Queues on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their tables."""
    return SqlReviews(open_engine(url))


class SqlReviews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_queue(self, queue: AnnotationQueue) -> AnnotationQueue:
        try:
            with write_transaction(self._engine) as connection:
                lock_project(connection, queue.project_id)
                return _put_queue(connection, queue)
        except IntegrityError:
            raise BadInput(f"there is a queue `{queue.name}` already", hint="give another name") from None

    def get_queue(self, key: QueueKey) -> AnnotationQueue:
        with read_transaction(self._engine) as connection:
            return _get_queue(connection, key)

    def list_queues(self, project_id: str) -> Sequence[AnnotationQueue]:
        query = select(*_QUEUE_COLUMNS).where(queues.c.project_id == project_id).order_by(queues.c.name)
        with read_transaction(self._engine) as connection:
            return [_to_queue(row) for row in connection.execute(query)]

    def delete_queue(self, key: QueueKey) -> None:
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(queues).where(*_of_queue(key))).rowcount:
                raise _no_queue(key)

    def add_items(
        self, key: QueueKey, targets: Sequence[ReviewTarget], *, sampling_rate: float, now_ns: int
    ) -> int:
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            known = _known_ids(connection, key, targets)
            new = {id_: target for target in targets if (id_ := _item_id(key, target)) not in known}
            first = _check_room(connection, key, len(new))
            if new:
                rows = [
                    {
                        **target._asdict(),
                        "queue_id": key.queue_id,
                        "id": id_,
                        "sampling_rate": sampling_rate,
                        "position": position,
                        "created_at_ns": now_ns,
                        "done_count": 0,
                    }
                    for position, (id_, target) in enumerate(new.items(), first)
                ]
                connection.execute(insert(items), rows)
        return len(new)

    def find_targets(self, key: QueueKey, targets: Sequence[ReviewTarget]) -> Collection[ReviewTarget]:
        with read_transaction(self._engine) as connection:
            known = _known_ids(connection, key, targets)
        return {target for target in targets if _item_id(key, target) in known}

    def get_item(self, key: QueueKey, item_id: str) -> QueueItem:
        with read_transaction(self._engine) as connection:
            _get_queue(connection, key)
            return _get_item(connection, key, item_id)

    def list_items(self, key: QueueKey, state: ItemState | None, part: Slice) -> PageOf[QueueItem]:
        with read_transaction(self._engine) as connection:
            queue = _get_queue(connection, key)
            where = and_(items.c.queue_id == key.queue_id, *_in_state(state, queue.reviewers_wanted))
            total = connection.execute(select(func.count()).select_from(items).where(where)).scalar_one()
            query = select(items).where(where).order_by(items.c.position)
            rows = connection.execute(query.limit(part.limit).offset(part.offset)).all()
        return PageOf([_to_item(row) for row in rows], total)

    def remove_item(self, key: QueueKey, item_id: str) -> None:
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            if not connection.execute(delete(items).where(*_of_item(key, item_id))).rowcount:
                raise _no_item(item_id)

    def list_reviews(self, key: QueueKey, item_ids: Sequence[str] | None = None) -> Sequence[Review]:
        query = (
            select(*_REVIEW_COLUMNS)
            .join(items, _is_of_item)
            .where(reviews.c.queue_id == key.queue_id)
            .order_by(items.c.position, reviews.c.reviewer)
        )
        if item_ids is not None:
            query = query.where(reviews.c.item_id.in_(item_ids))
        with read_transaction(self._engine) as connection:
            _get_queue(connection, key)
            return [_to_review(row) for row in connection.execute(query)]

    def find_review(self, key: QueueKey, item_id: str, reviewer: str) -> Review | None:
        with read_transaction(self._engine) as connection:
            _get_queue(connection, key)
            return _find_review(connection, key, item_id, reviewer)

    def claim_next(
        self, key: QueueKey, lease: Lease, *, without: Sequence[str] = (), with_skipped: bool = False
    ) -> ReviewWork | None:
        with write_transaction(self._engine) as connection:
            queue = _lock_queue(connection, key)
            is_other = [items.c.queue_id == key.queue_id, items.c.id.not_in(without)]
            row = connection.execute(_first(*is_other, items.c.id.in_(_held(key, lease)))).one_or_none()
            if row is None:
                is_over = ("done",) if with_skipped else ("done", "skipped")
                row = connection.execute(
                    _first(
                        *is_other,
                        # Told apart, since what is cheap is asked first: most items may be done.
                        items.c.done_count < queue.reviewers_wanted,
                        ~_status_of(lease.reviewer, *is_over),
                        items.c.done_count + _hands(lease) < queue.reviewers_wanted,
                    )
                ).one_or_none()
            return None if row is None else _claim(connection, key, _to_item(row), lease)

    def claim(self, key: QueueKey, item_id: str, lease: Lease) -> ReviewWork:
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            item = _get_item(connection, key, item_id)
            review = _find_review(connection, key, item_id, lease.reviewer)
            if review is not None and review.status != "claimed":
                return ReviewWork(item, review)
            return _claim(connection, key, item, lease)

    def release(self, key: QueueKey, item_id: str, reviewer: str) -> None:
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            connection.execute(
                delete(reviews).where(*_of_review(key, item_id, reviewer), reviews.c.status == "claimed")
            )

    def finish(self, key: QueueKey, review: Review) -> None:
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            _get_item(connection, key, review.item_id)
            _put_review(connection, key, review)

    def reopen_last(self, key: QueueKey, lease: Lease) -> ReviewWork | None:
        last = (
            select(*_REVIEW_COLUMNS)
            .where(
                reviews.c.queue_id == key.queue_id,
                reviews.c.reviewer == lease.reviewer,
                reviews.c.finished_at_ns.is_not(None),
            )
            .order_by(reviews.c.finished_at_ns.desc(), reviews.c.item_id)
            .limit(1)
        )
        with write_transaction(self._engine) as connection:
            _lock_queue(connection, key)
            row = connection.execute(last).one_or_none()
            if row is None:
                return None
            review = _to_review(row)
            reopened = review._replace(status="claimed", finished_at_ns=None, lease_until_ns=lease.until_ns)
            _put_review(connection, key, reopened)
            return ReviewWork(_get_item(connection, key, review.item_id), review)

    def progress(
        self, project_id: str, queue_ids: Sequence[str], *, now_ns: int
    ) -> Mapping[str, QueueProgress]:
        with read_transaction(self._engine) as connection:
            return count_progress(connection, project_id, queue_ids, now_ns)

    def close(self) -> None:
        self._engine.dispose()


_is_of_item: Final = and_(reviews.c.queue_id == items.c.queue_id, reviews.c.item_id == items.c.id)


def _of_queue(key: QueueKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return queues.c.project_id == key.project_id, queues.c.id == key.queue_id


def _of_item(key: QueueKey, item_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return items.c.queue_id == key.queue_id, items.c.id == item_id


def _of_review(key: QueueKey, item_id: str, reviewer: str) -> tuple[ColumnElement[bool], ...]:
    return (
        reviews.c.queue_id == key.queue_id,
        reviews.c.item_id == item_id,
        reviews.c.reviewer == reviewer,
    )


def _lock_queue(connection: Connection, key: QueueKey) -> AnnotationQueue:
    """Until the transaction ends one writer at a time changes the queue's items and reviews. SQLite ignores
    the clause, having one writer at a time anyhow."""
    return _get_queue(connection, key, is_locked=True)


def _get_queue(connection: Connection, key: QueueKey, *, is_locked: bool = False) -> AnnotationQueue:
    query = select(*_QUEUE_COLUMNS).where(*_of_queue(key))
    row = connection.execute(query.with_for_update() if is_locked else query).one_or_none()
    if row is None:
        raise _no_queue(key)
    return _to_queue(row)


def _put_queue(connection: Connection, queue: AnnotationQueue) -> AnnotationQueue:
    values = queue._asdict() | {"config_ids": json.dumps(queue.config_ids)}
    key = QueueKey(queue.project_id, queue.id)
    created = connection.execute(select(queues.c.created_at_ns).where(*_of_queue(key))).scalar_one_or_none()
    if created is not None:
        kept = queue._replace(created_at_ns=created)
        connection.execute(update(queues).where(*_of_queue(key)).values(values | {"created_at_ns": created}))
        return kept
    of_project = queues.c.project_id == queue.project_id
    count = connection.execute(select(func.count()).select_from(queues).where(of_project)).scalar_one()
    if count >= QUEUES_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {QUEUES_PER_PROJECT_MAX} queues, which is the most that one may have",
            hint="delete one first; the scores that it gave stay",
        )
    connection.execute(insert(queues).values(values))
    return queue


def _item_id(key: QueueKey, target: ReviewTarget) -> str:
    return hashlib.sha256("\0".join((key.queue_id, *target)).encode()).hexdigest()[:32]


def _known_ids(connection: Connection, key: QueueKey, targets: Sequence[ReviewTarget]) -> set[str]:
    known: set[str] = set()
    wanted = [_item_id(key, target) for target in targets]
    for start in range(0, len(wanted), _IDS_MAX):
        ids = wanted[start : start + _IDS_MAX]
        query = select(items.c.id).where(items.c.queue_id == key.queue_id, items.c.id.in_(ids))
        known.update(connection.execute(query).scalars())
    return known


def _check_room(connection: Connection, key: QueueKey, new_count: int) -> int:
    """The first free position. Raises BadInput where the queue is full."""
    query = select(func.count(), func.max(items.c.position)).where(items.c.queue_id == key.queue_id)
    count, last = connection.execute(query).one()
    if count + new_count > QUEUE_ITEMS_MAX:
        raise BadInput(
            f"the queue would have {count + new_count} items; it may have {QUEUE_ITEMS_MAX}",
            hint="add fewer, or begin another queue",
        )
    return 0 if last is None else last + 1


def _get_item(connection: Connection, key: QueueKey, item_id: str) -> QueueItem:
    row = connection.execute(select(items).where(*_of_item(key, item_id))).one_or_none()
    if row is None:
        raise _no_item(item_id)
    return _to_item(row)


def _in_state(state: ItemState | None, wanted: int) -> tuple[ColumnElement[bool], ...]:
    match state:
        case "done":
            return (items.c.done_count >= wanted,)
        case "open":
            return (items.c.done_count < wanted,)
        case "skipped":
            return items.c.done_count < wanted, exists().where(_is_of_item, reviews.c.status == "skipped")
        case None:
            return ()


def _first(*conditions: ColumnElement[bool]) -> Any:
    return select(items).where(*conditions).order_by(items.c.position).limit(1)


def _status_of(reviewer: str, *statuses: str) -> ColumnElement[bool]:
    return exists().where(_is_of_item, reviews.c.reviewer == reviewer, reviews.c.status.in_(statuses))


def _held(key: QueueKey, lease: Lease) -> Any:
    return select(reviews.c.item_id).where(
        reviews.c.queue_id == key.queue_id,
        reviews.c.reviewer == lease.reviewer,
        reviews.c.finished_at_ns.is_(None),
        reviews.c.status == "claimed",
    )


def _hands(lease: Lease) -> Any:
    """In how many other hands an item is."""
    return (
        select(func.count())
        .select_from(reviews)
        .where(
            _is_of_item,
            reviews.c.reviewer != lease.reviewer,
            reviews.c.status == "claimed",
            reviews.c.lease_until_ns > lease.now_ns,
        )
        .correlate(items)
        .scalar_subquery()
    )


def _claim(connection: Connection, key: QueueKey, item: QueueItem, lease: Lease) -> ReviewWork:
    """Keeps what the reviewer said of it before."""
    before = _find_review(connection, key, item.id, lease.reviewer)
    new = Review(item.id, lease.reviewer, "claimed", {}, "", "", lease.until_ns, lease.now_ns, None)
    review = new if before is None else before._replace(status="claimed", lease_until_ns=lease.until_ns)
    _put_review(connection, key, review)
    return ReviewWork(item, review)


def _find_review(connection: Connection, key: QueueKey, item_id: str, reviewer: str) -> Review | None:
    query = select(*_REVIEW_COLUMNS).where(*_of_review(key, item_id, reviewer))
    row = connection.execute(query).one_or_none()
    return None if row is None else _to_review(row)


def _put_review(connection: Connection, key: QueueKey, review: Review) -> None:
    """Counts the item's reviews anew."""
    connection.execute(delete(reviews).where(*_of_review(key, review.item_id, review.reviewer)))
    values = review._asdict() | {"queue_id": key.queue_id, "answers": json.dumps(dict(review.answers))}
    connection.execute(insert(reviews).values(values))
    done = (
        select(func.count())
        .select_from(reviews)
        .where(
            reviews.c.queue_id == key.queue_id,
            reviews.c.item_id == review.item_id,
            reviews.c.status == "done",
        )
        .scalar_subquery()
    )
    connection.execute(update(items).where(*_of_item(key, review.item_id)).values(done_count=done))


def _to_queue(row: Row[*tuple[Any, ...]]) -> AnnotationQueue:
    return AnnotationQueue(**{**row._asdict(), "config_ids": tuple(json.loads(row.config_ids))})


def _to_item(row: Row[*tuple[Any, ...]]) -> QueueItem:
    return QueueItem(
        queue_id=row.queue_id,
        id=row.id,
        target=ReviewTarget(row.trace_id, row.span_id, row.session_id),
        sampling_rate=row.sampling_rate,
        position=row.position,
        created_at_ns=row.created_at_ns,
        done_count=row.done_count,
    )


def _to_review(row: Row[*tuple[Any, ...]]) -> Review:
    return Review(**{**row._asdict(), "answers": json.loads(row.answers)})


def _no_queue(key: QueueKey) -> NotFound:
    return NotFound(f"there is no annotation queue `{key.queue_id}` in this project")


def _no_item(item_id: str) -> NotFound:
    return NotFound(f"there is no item `{item_id}` in this queue", hint="somebody may have removed it")
