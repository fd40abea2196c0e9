"""Annotation queues, on both engines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import QUEUE_ITEMS_MAX, QUEUES_PER_PROJECT_MAX
from spanglass_server.model.review import (
    AnnotationQueue,
    QueueProgress,
    Review,
    ReviewStatus,
    ReviewTarget,
    ReviewWork,
)
from spanglass_server.store.library import Slice
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.review import SqlReviews, open_reviews
from spanglass_server.store.review import Lease, QueueKey

P = "default"
QUEUE = AnnotationQueue(
    project_id=P,
    id="q1",
    name="환불 answers",
    description="Of the last week",
    instructions="Read the documents first.",
    config_ids=("c2", "c1"),
    reviewers_wanted=1,
    created_at_ns=1_700_000_000_000_000_123,
    updated_at_ns=1_700_000_000_000_000_124,
)
KEY = QueueKey(P, "q1")
LEASE_NS = 100
ALL = Slice(100, 0)


@pytest.fixture
def reviews(directory: SqlDirectory, database_url: str) -> Iterator[SqlReviews]:
    opened = open_reviews(database_url)
    opened.put_queue(QUEUE)
    yield opened
    opened.close()


def targets(*trace_ids: str) -> list[ReviewTarget]:
    return [ReviewTarget(trace_id) for trace_id in trace_ids]


def add(reviews: SqlReviews, *trace_ids: str, key: QueueKey = KEY) -> int:
    return reviews.add_items(key, targets(*trace_ids), sampling_rate=0.5, now_ns=7)


def lease(reviewer: str, now_ns: int = 1_000) -> Lease:
    return Lease(reviewer, now_ns, now_ns + LEASE_NS)


def next_of(
    reviews: SqlReviews, reviewer: str, now_ns: int = 1_000, *, without: tuple[str, ...] = ()
) -> ReviewWork | None:
    return reviews.claim_next(KEY, lease(reviewer, now_ns), without=without)


def trace_of(work: ReviewWork | None) -> str | None:
    return None if work is None else work.item.target.trace_id


def finish(
    reviews: SqlReviews, work: ReviewWork | None, *, at_ns: int = 2_000, status: ReviewStatus = "done"
) -> Review:
    assert work is not None
    review = work.review._replace(
        status=status, finished_at_ns=at_ns, answers={"c1": 0.5, "c2": True}, comment="왜", correction="So."
    )
    reviews.finish(KEY, review)
    return review


def progress(reviews: SqlReviews, now_ns: int = 1_000) -> QueueProgress:
    return reviews.progress(P, ["q1"], now_ns=now_ns)["q1"]


def test_a_queue_is_read_as_it_was_written(reviews: SqlReviews) -> None:
    assert reviews.get_queue(KEY) == QUEUE
    assert reviews.list_queues(P) == [QUEUE]


def test_a_change_keeps_when_the_queue_was_made(reviews: SqlReviews) -> None:
    kept = reviews.put_queue(QUEUE._replace(name="b", reviewers_wanted=3, created_at_ns=1))
    assert kept == QUEUE._replace(name="b", reviewers_wanted=3)
    assert reviews.list_queues(P) == [kept]


def test_two_queues_of_a_project_have_different_names(reviews: SqlReviews, directory: SqlDirectory) -> None:
    with pytest.raises(BadInput, match="already"):
        reviews.put_queue(QUEUE._replace(id="q2"))
    shop = directory.create_project("shop")
    reviews.put_queue(QUEUE._replace(id="q2", project_id=shop.id))
    assert [queue.id for queue in reviews.list_queues(P)] == ["q1"]


def test_a_project_has_no_more_queues_than_one_can_look_through(reviews: SqlReviews) -> None:
    for number in range(1, QUEUES_PER_PROJECT_MAX):
        reviews.put_queue(QUEUE._replace(id=f"i{number}", name=f"n{number}"))
    with pytest.raises(BadInput, match="the most that one may have"):
        reviews.put_queue(QUEUE._replace(id="more", name="more"))
    reviews.put_queue(QUEUE._replace(description="changed"))


def test_another_projects_queue_is_not_there(reviews: SqlReviews, directory: SqlDirectory) -> None:
    add(reviews, "t1")
    item = reviews.list_items(KEY, None, ALL).items[0]
    foreign = QueueKey(directory.create_project("shop").id, "q1")
    for attempt in (
        lambda: reviews.get_queue(foreign),
        lambda: reviews.delete_queue(foreign),
        lambda: reviews.add_items(foreign, targets("t2"), sampling_rate=1, now_ns=1),
        lambda: reviews.get_item(foreign, item.id),
        lambda: reviews.list_items(foreign, None, ALL),
        lambda: reviews.remove_item(foreign, item.id),
        lambda: reviews.list_reviews(foreign),
        lambda: reviews.find_review(foreign, item.id, "ann"),
        lambda: reviews.claim_next(foreign, lease("ann")),
        lambda: reviews.claim(foreign, item.id, lease("ann")),
        lambda: reviews.release(foreign, item.id, "ann"),
        lambda: reviews.reopen_last(foreign, lease("ann")),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert reviews.progress(foreign.project_id, ["q1"], now_ns=1) == {}
    assert progress(reviews).item_count == 1


def test_what_is_in_a_queue_is_not_added_twice(reviews: SqlReviews) -> None:
    assert add(reviews, "t1", "t2", "t1") == 2
    assert add(reviews, "t2", "t3") == 1
    spans = [ReviewTarget("t1", "s1"), ReviewTarget(session_id="t1")]
    assert reviews.add_items(KEY, spans, sampling_rate=1, now_ns=8) == 2
    assert reviews.find_targets(KEY, [*targets("t1", "t9"), spans[0]]) == {ReviewTarget("t1"), spans[0]}
    found = reviews.list_items(KEY, None, ALL)
    assert [item.target for item in found.items] == [*targets("t1", "t2", "t3"), *spans]
    assert [item.sampling_rate for item in found.items] == [0.5, 0.5, 0.5, 1, 1]
    assert found.total == 5


def test_a_full_queue_takes_nothing_of_what_is_too_much(reviews: SqlReviews) -> None:
    add(reviews, *(f"t{n}" for n in range(QUEUE_ITEMS_MAX)))
    with pytest.raises(BadInput, match="may have"):
        add(reviews, "more")
    assert add(reviews, "t0") == 0
    assert progress(reviews).item_count == QUEUE_ITEMS_MAX


def test_items_are_handed_out_in_their_order_until_all_are_done(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2")
    first = next_of(reviews, "ann")
    assert trace_of(first) == "t1"
    finish(reviews, first)
    second = next_of(reviews, "ann")
    assert trace_of(second) == "t2"
    finish(reviews, second)
    assert next_of(reviews, "ann") is None
    assert next_of(reviews, "bob") is None


def test_whoever_comes_back_gets_what_he_had(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2", "t3")
    held = next_of(reviews, "ann")
    assert held is not None
    ahead = next_of(reviews, "ann", without=(held.item.id,))
    assert trace_of(ahead) == "t2"
    assert trace_of(next_of(reviews, "ann", 1_000 + 50 * LEASE_NS)) == "t1"


def test_two_reviewers_do_not_get_the_same_item_of_one_review(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2")
    assert trace_of(next_of(reviews, "ann")) == "t1"
    assert trace_of(next_of(reviews, "bob")) == "t2"
    assert next_of(reviews, "eve") is None


def test_an_item_whose_lease_ran_out_goes_to_the_next_reviewer(reviews: SqlReviews) -> None:
    add(reviews, "t1")
    late = next_of(reviews, "ann")
    assert next_of(reviews, "bob", 1_000 + LEASE_NS - 1) is None
    taken = next_of(reviews, "bob", 1_000 + LEASE_NS)
    assert trace_of(taken) == "t1"
    finish(reviews, taken)
    finish(reviews, late)  # What she wrote counts all the same.
    assert [review.reviewer for review in reviews.list_reviews(KEY)] == ["ann", "bob"]


def test_a_renewed_lease_keeps_the_item(reviews: SqlReviews) -> None:
    add(reviews, "t1")
    work = next_of(reviews, "ann")
    assert work is not None
    reviews.claim(KEY, work.item.id, lease("ann", 1_090))
    assert next_of(reviews, "bob", 1_150) is None


def test_a_released_item_is_free_at_once(reviews: SqlReviews) -> None:
    add(reviews, "t1")
    work = next_of(reviews, "ann")
    assert work is not None
    reviews.release(KEY, work.item.id, "bob")
    assert next_of(reviews, "bob") is None
    reviews.release(KEY, work.item.id, "ann")
    taken = next_of(reviews, "bob")
    finish(reviews, taken)
    reviews.release(KEY, work.item.id, "bob")
    assert progress(reviews).done_count == 1


def test_an_item_gets_as_many_reviewers_as_are_wanted(reviews: SqlReviews) -> None:
    reviews.put_queue(QUEUE._replace(reviewers_wanted=2))
    add(reviews, "t1")
    ann, bob = next_of(reviews, "ann"), next_of(reviews, "bob")
    assert (trace_of(ann), trace_of(bob)) == ("t1", "t1")
    assert next_of(reviews, "eve") is None
    finish(reviews, ann)
    assert next_of(reviews, "eve") is None
    assert next_of(reviews, "ann") is None
    assert progress(reviews).done_count == 0
    finish(reviews, bob)
    assert progress(reviews).done_count == 1


def test_reviewers_at_once_share_a_queue_without_overlap(reviews: SqlReviews, database_url: str) -> None:
    add(reviews, *(f"t{n}" for n in range(12)))

    def work(number: int) -> list[str]:
        store = open_reviews(database_url)
        done = []
        while (mine := next_of(store, f"reviewer-{number}")) is not None:
            finish(store, mine)
            done.append(mine.item.id)
        store.close()
        return done

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, range(4)))
    done = [item_id for share in shares for item_id in share]
    assert len(done) == len(set(done)) == 12


def test_what_was_skipped_is_others_to_do_and_comes_again_on_request(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2")
    finish(reviews, next_of(reviews, "ann"), status="skipped")
    assert trace_of(next_of(reviews, "bob")) == "t1"
    finish(reviews, next_of(reviews, "ann"))
    assert next_of(reviews, "ann") is None
    bob = next_of(reviews, "bob")
    assert bob is not None
    reviews.release(KEY, bob.item.id, "bob")
    again = reviews.claim_next(KEY, lease("ann"), with_skipped=True)
    assert trace_of(again) == "t1"
    assert progress(reviews).skipped_count == 0
    finish(reviews, again, at_ns=3_000)
    assert progress(reviews).done_count == 2


def test_a_review_is_read_as_it_was_finished(reviews: SqlReviews) -> None:
    add(reviews, "t1")
    done = finish(reviews, next_of(reviews, "ann"))
    assert reviews.list_reviews(KEY) == [done]
    assert reviews.find_review(KEY, done.item_id, "ann") == done
    assert reviews.find_review(KEY, done.item_id, "bob") is None
    assert reviews.list_reviews(KEY, ["other"]) == []


def test_a_second_thought_takes_the_place_of_the_first(reviews: SqlReviews) -> None:
    add(reviews, "t1")
    done = finish(reviews, next_of(reviews, "ann"))
    opened = reviews.claim(KEY, done.item_id, lease("ann"))
    assert opened.review == done
    better = done._replace(answers={"c1": 1.0}, comment="", finished_at_ns=9_000)
    reviews.finish(KEY, better)
    assert reviews.list_reviews(KEY) == [better]
    assert reviews.get_item(KEY, done.item_id).done_count == 1


def test_undo_goes_back_one_review_after_another(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2")
    finish(reviews, next_of(reviews, "ann"), at_ns=2_000)
    finish(reviews, next_of(reviews, "ann"), at_ns=3_000, status="skipped")
    last = reviews.reopen_last(KEY, lease("ann"))
    assert last is not None
    assert (trace_of(last), last.review.status) == ("t2", "skipped")
    first = reviews.reopen_last(KEY, lease("ann"))
    assert first is not None
    assert (trace_of(first), first.review.status, first.review.answers) == (
        "t1",
        "done",
        {"c1": 0.5, "c2": True},
    )
    assert reviews.reopen_last(KEY, lease("ann")) is None
    assert reviews.reopen_last(KEY, lease("bob")) is None
    assert progress(reviews).done_count == 0
    again = next_of(reviews, "ann")
    assert again is not None
    assert (trace_of(again), again.review.comment) == ("t1", "왜")


def test_progress_tells_items_and_reviewers(reviews: SqlReviews) -> None:
    assert progress(reviews) == QueueProgress(0, 0, 0, 0, 0, ())
    reviews.put_queue(QUEUE._replace(reviewers_wanted=2))
    add(reviews, "t1", "t2", "t3", "t4")
    finish(reviews, next_of(reviews, "ann"), at_ns=2_000)
    finish(reviews, next_of(reviews, "ann"), at_ns=3_000, status="skipped")
    finish(reviews, next_of(reviews, "bob"), at_ns=4_000)
    next_of(reviews, "bob")
    now = progress(reviews)
    assert now[:5] == (4, 1, 1, 1, 2)
    assert [tuple(one) for one in now.reviewers] == [("ann", 1, 1, 0, 3_000), ("bob", 1, 0, 1, 4_000)]
    assert progress(reviews, 1_000 + LEASE_NS).claimed_count == 0


def test_items_are_listed_by_their_state(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2", "t3")
    finish(reviews, next_of(reviews, "ann"))
    finish(reviews, next_of(reviews, "ann"), status="skipped")
    listed = {
        state: [item.target.trace_id for item in reviews.list_items(KEY, state, ALL).items]
        for state in ("done", "open", "skipped")
    }
    assert listed == {"done": ["t1"], "open": ["t2", "t3"], "skipped": ["t2"]}
    page = reviews.list_items(KEY, None, Slice(1, 1))
    assert ([item.target.trace_id for item in page.items], page.total) == (["t2"], 3)


def test_a_removed_item_takes_its_reviews_with_it(reviews: SqlReviews) -> None:
    add(reviews, "t1", "t2")
    done = finish(reviews, next_of(reviews, "ann"))
    reviews.remove_item(KEY, done.item_id)
    assert reviews.list_reviews(KEY) == []
    assert progress(reviews).item_count == 1
    for attempt in (
        lambda: reviews.remove_item(KEY, done.item_id),
        lambda: reviews.finish(KEY, done),
        lambda: reviews.claim(KEY, done.item_id, lease("ann")),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_queues_go_with_their_project_and_items_with_their_queue(
    reviews: SqlReviews, directory: SqlDirectory
) -> None:
    add(reviews, "t1")
    finish(reviews, next_of(reviews, "ann"))
    reviews.delete_queue(KEY)
    assert reviews.list_queues(P) == []
    reviews.put_queue(QUEUE)
    assert progress(reviews).item_count == 0

    shop = directory.create_project("shop")
    reviews.put_queue(QUEUE._replace(project_id=shop.id, id="q2"))
    directory.delete_project(shop.id)
    with pytest.raises(NotFound):
        reviews.put_queue(QUEUE._replace(project_id=shop.id, id="q2"))
    assert reviews.list_queues(shop.id) == []
