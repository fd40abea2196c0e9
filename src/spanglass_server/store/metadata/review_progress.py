"""How far annotation queues are, counted from their items and reviews."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from spanglass_server.model.review import QueueProgress, ReviewerProgress
from spanglass_server.store.metadata.review_tables import items, queues, reviews


def count_progress(
    connection: Connection, project_id: str, queue_ids: Sequence[str], now_ns: int
) -> Mapping[str, QueueProgress]:
    where = and_(queues.c.project_id == project_id, queues.c.id.in_(queue_ids))
    reviewers: dict[str, list[ReviewerProgress]] = {}
    for row in connection.execute(_by_reviewer(now_ns).where(where)):
        reviewers.setdefault(row[0], []).append(ReviewerProgress(*row[1:]))
    open_items = {row[0]: row for row in connection.execute(_open_items(now_ns).where(where))}
    return {
        row.id: QueueProgress(
            item_count=row.item_count,
            done_count=row.done_count or 0,
            claimed_count=open_items[row.id].claimed if row.id in open_items else 0,
            skipped_count=open_items[row.id].skipped if row.id in open_items else 0,
            review_count=sum(one.done_count for one in reviewers.get(row.id, ())),
            reviewers=tuple(reviewers.get(row.id, ())),
        )
        for row in connection.execute(_items().where(where))
    }


def _items() -> Select[*tuple[Any, ...]]:
    is_done = items.c.done_count >= queues.c.reviewers_wanted
    return (
        select(
            queues.c.id,
            func.count(items.c.id).label("item_count"),
            func.sum(case((is_done, 1), else_=0)).label("done_count"),
        )
        .select_from(queues)
        .outerjoin(items, items.c.queue_id == queues.c.id)
        .group_by(queues.c.id)
    )


def _open_items(now_ns: int) -> Select[*tuple[Any, ...]]:
    is_held = and_(reviews.c.status == "claimed", reviews.c.lease_until_ns > now_ns)
    return (
        select(
            queues.c.id,
            func.count(func.distinct(case((is_held, items.c.id)))).label("claimed"),
            func.count(func.distinct(case((reviews.c.status == "skipped", items.c.id)))).label("skipped"),
        )
        .select_from(queues)
        .join(items, items.c.queue_id == queues.c.id)
        .join(reviews, and_(reviews.c.queue_id == items.c.queue_id, reviews.c.item_id == items.c.id))
        .where(reviews.c.status.in_(("claimed", "skipped")), items.c.done_count < queues.c.reviewers_wanted)
        .group_by(queues.c.id)
    )


def _by_reviewer(now_ns: int) -> Select[*tuple[Any, ...]]:
    is_held = and_(reviews.c.status == "claimed", reviews.c.lease_until_ns > now_ns)
    return (
        select(
            reviews.c.queue_id,
            reviews.c.reviewer,
            func.sum(case((reviews.c.status == "done", 1), else_=0)),
            func.sum(case((reviews.c.status == "skipped", 1), else_=0)),
            func.sum(case((is_held, 1), else_=0)),
            func.max(reviews.c.finished_at_ns),
        )
        .join(queues, queues.c.id == reviews.c.queue_id)
        .group_by(reviews.c.queue_id, reviews.c.reviewer)
        .order_by(reviews.c.queue_id, reviews.c.reviewer)
    )
