"""Group commit of samples: who is answered when, and what is stored."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from tests.support.memory_samples import MemorySampleStore
from tests.support.memory_store import OUTAGE

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.samples import CommitterOptions, SampleCommitter, SampleRequest, Written
from spanglass_server.model.series import Exemplar, Labels, MetricMetadata, Series, labels_of
from spanglass_server.normalize.sample_groups import Sample, SampleBatch, SampleGroup
from spanglass_server.wire.records import Rejection

T0 = 1_800_000_000_000


class SlowStore(MemorySampleStore):
    """Writes wait for `gate`; a series named `poison` makes its commit fail in a way no store should."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        self.entered.set()
        self.gate.wait(10)
        if any(dict(one.labels)["__name__"] == "poison" for one in series):
            raise ValueError("a sample that no column takes")
        super().write_samples(project_id, series)


class Ingest:
    def __init__(self) -> None:
        self.store = SlowStore()
        self.counters = Counters()
        self.budget = QueueBudget(1 << 20)
        self.committer = SampleCommitter(
            self.store,
            counters=self.counters,
            view_names={"llm_requests_total"},
            options=CommitterOptions(commit_interval_ms=1, series_max=4),
        )
        self.committer.start()

    def send(self, *groups: SampleGroup, project_id: str = "p", rejections: int = 0) -> Future[Written]:
        reservation = self.budget.open()
        reservation.grow(100)
        batch = SampleBatch(list(groups), [], [Rejection("bad", "x")] * rejections)
        return self.committer.submit(SampleRequest(project_id, batch, reservation))

    def write(self, *groups: SampleGroup, project_id: str = "p") -> Written:
        reply = self.send(*groups, project_id=project_id)
        return reply.result(10)

    def stored(self, project_id: str = "p") -> dict[str, list[float]]:
        return {
            dict(labels)["__name__"]: [samples[time_ms] for time_ms in sorted(samples)]
            for labels, samples in self.store.samples.get(project_id, {}).items()
        }


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    ingest = Ingest()
    yield ingest
    ingest.store.gate.set()
    ingest.committer.stop()
    assert ingest.budget.used == 0


def named(name: str) -> Labels:
    return labels_of({"__name__": name})


def group(name: str, *samples: tuple[int, float], is_delta: bool = False) -> SampleGroup:
    """Samples are (milliseconds after T0, value)."""
    labels = named(name)
    return SampleGroup(
        "", len(samples), [Sample(labels, T0 + at, value) for at, value in samples], is_delta=is_delta
    )


def test_requests_that_wait_are_stored_together_and_each_hears_its_own(ingest: Ingest) -> None:
    ingest.store.gate.clear()
    first = ingest.send(group("a", (0, 1.0)))
    assert ingest.store.entered.wait(10)
    rest = [ingest.send(group("a", (index, float(index))), rejections=index) for index in range(1, 6)]
    ingest.store.gate.set()
    assert first.result(10) == Written([], 1, 0)
    written = [reply.result(10) for reply in rest]
    assert [len(one.rejections) for one in written] == [1, 2, 3, 4, 5]
    assert ingest.store.write_count == 2
    assert ingest.stored() == {"a": [1.0, 1.0, 2.0, 3.0, 4.0, 5.0]}
    assert ingest.counters.snapshot()["accepted_samples"] == 6
    assert ingest.counters.snapshot()["rejected_samples"] == 15


def test_the_last_of_the_same_time_counts(ingest: Ingest) -> None:
    ingest.write(group("a", (5, 1.0), (3, 2.0), (5, 4.0)), group("a", (3, 7.0)))
    assert ingest.stored() == {"a": [7.0, 4.0]}


def test_a_request_that_the_store_cannot_take_costs_no_other(ingest: Ingest) -> None:
    ingest.store.gate.clear()
    first = ingest.send(group("a", (0, 1.0)))
    assert ingest.store.entered.wait(10)
    good = ingest.send(group("b", (0, 2.0), is_delta=True))
    bad = ingest.send(group("poison", (0, 2.0)))
    more = ingest.send(group("b", (1, 2.0), is_delta=True))
    ingest.store.gate.set()
    for reply in (first, good, more):
        assert reply.result(10).rejections == []
    with pytest.raises(StorageUnavailable, match="failed unexpectedly"):
        bad.result(10)
    assert ingest.stored() == {"a": [1.0], "b": [2.0, 4.0]}


def test_an_outage_is_told_to_all_that_waited(ingest: Ingest) -> None:
    ingest.store.failure = OUTAGE
    replies = [ingest.send(group("a", (0, 1.0))) for _ in range(3)]
    for reply in replies:
        with pytest.raises(StorageUnavailable, match="storage is down"):
            reply.result(10)
    ingest.store.failure = None
    ingest.write(group("a", (0, 1.0)))
    assert ingest.stored() == {"a": [1.0]}
    assert ingest.counters.snapshot()["failed_requests"] == 3


def test_the_limit_on_series_holds_over_requests_of_one_commit(ingest: Ingest) -> None:
    ingest.store.gate.clear()
    ingest.send(group("a", (0, 1.0)))
    assert ingest.store.entered.wait(10)
    replies = [ingest.send(group(name, (0, 1.0))) for name in "bcdef"]
    ingest.store.gate.set()
    rejections = [reply.result(10).rejections for reply in replies]
    assert [len(of) for of in rejections] == [0, 0, 0, 1, 1]
    assert rejections[3][0].item == "e{}"
    assert sorted(ingest.stored()) == ["a", "b", "c", "d"]


def test_a_taken_back_request_is_not_stored(ingest: Ingest) -> None:
    ingest.store.gate.clear()
    ingest.send(group("a", (0, 1.0)))
    assert ingest.store.entered.wait(10)
    waiting = ingest.send(group("b", (0, 1.0)))
    assert waiting.cancel()
    ingest.store.gate.set()
    ingest.write(group("c", (0, 1.0)))
    assert sorted(ingest.stored()) == ["a", "c"]


def test_stopping_stores_what_waits_and_takes_no_more(ingest: Ingest) -> None:
    ingest.store.gate.clear()
    replies = [ingest.send(group("a", (index, 1.0))) for index in range(3)]
    stopping = threading.Thread(target=ingest.committer.stop)
    stopping.start()
    ingest.store.gate.set()
    stopping.join(10)
    assert all(reply.done() for reply in replies)
    assert ingest.stored() == {"a": [1.0, 1.0, 1.0]}
    reservation = ingest.budget.open()
    with pytest.raises(StorageUnavailable, match="stopping"):
        ingest.committer.submit(SampleRequest("p", SampleBatch([], [], []), reservation))


def test_exemplars_and_metadata_are_stored_beside(ingest: Ingest) -> None:
    exemplar = Exemplar((("trace_id", "x"),), 1.0, T0)
    only = SampleGroup("", 0, [], [(named("a"), exemplar)])
    reservation = ingest.budget.open()
    batch = SampleBatch([only], [MetricMetadata("a", "gauge", "", "")], [])
    reply = ingest.committer.submit(SampleRequest("p", batch, reservation))
    assert reply.result(10) == Written([], 0, 1)
    assert ingest.store.exemplars == {named("a"): [exemplar]}
    assert list(ingest.store.metadata) == ["a"]


def test_samples_scattered_over_the_years_are_bounded(ingest: Ingest) -> None:
    day_ms = 86_400_000
    scattered = [group("a", (-index * day_ms, 1.0)) for index in range(210)]
    rejections = ingest.write(*scattered).rejections
    assert len(rejections) == 10
    assert "more than 200 days" in rejections[0].reason
    assert len(ingest.stored()["a"]) == 200


class TestDeltas:
    def test_totals_go_on_from_what_is_stored(self, ingest: Ingest) -> None:
        ingest.write(group("a", (0, 5.0)))
        ingest.write(group("a", (1, 2.0), is_delta=True), group("a", (2, 3.0), is_delta=True))
        assert ingest.stored() == {"a": [5.0, 7.0, 10.0]}

    def test_projects_have_totals_of_their_own(self, ingest: Ingest) -> None:
        for project_id in ("p", "q", "p"):
            at = len(ingest.stored(project_id).get("a", []))
            ingest.write(group("a", (at, 2.0), is_delta=True), project_id=project_id)
        assert (ingest.stored("p"), ingest.stored("q")) == ({"a": [2.0, 4.0]}, {"a": [2.0]})

    def test_one_that_comes_twice_counts_once(self, ingest: Ingest) -> None:
        for _ in range(3):
            assert ingest.write(group("a", (0, 5.0), is_delta=True)).rejections == []
        ingest.write(group("a", (1, 1.0), is_delta=True), group("a", (1, 1.0), is_delta=True))
        assert ingest.stored() == {"a": [5.0, 6.0]}

    def test_one_that_is_late_is_rejected(self, ingest: Ingest) -> None:
        ingest.write(group("a", (5, 5.0), is_delta=True))
        (rejection,) = ingest.write(group("a", (4, 1.0), is_delta=True)).rejections
        assert "older than the last one" in rejection.reason
        assert ingest.stored() == {"a": [5.0]}

    def test_after_a_failed_commit_they_are_read_again(self, ingest: Ingest) -> None:
        ingest.write(group("a", (0, 5.0), is_delta=True))
        ingest.store.failure = OUTAGE
        with pytest.raises(StorageUnavailable):
            ingest.write(group("a", (1, 1.0), is_delta=True))
        ingest.store.failure = None
        ingest.write(group("a", (1, 1.0), is_delta=True))
        assert ingest.stored() == {"a": [5.0, 6.0]}

    def test_a_deleted_project_begins_anew(self, ingest: Ingest) -> None:
        ingest.write(group("a", (0, 5.0), is_delta=True))
        ingest.store.samples.clear()
        ingest.committer.forget_project("p")
        ingest.write(group("a", (1, 1.0), is_delta=True))
        assert ingest.stored() == {"a": [1.0]}
