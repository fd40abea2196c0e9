"""A request is answered when it is stored, and a bad one is nobody else's trouble."""

import time
from collections.abc import Iterator
from concurrent.futures import wait

import pytest
from tests.support.memory_store import OUTAGE, MemoryStore
from tests.support.otlp_bodies import TRACE_ID, body_of, span

from spanglass_server.base.errors import MalformedBody, StorageUnavailable
from spanglass_server.ingest.batch import Reply
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, IngestRequest, PipelineOptions
from spanglass_server.normalize.prices import PriceBook

PROJECT = "p"


class Bench:
    """A pipeline on a store in memory."""

    def __init__(self, **options: int) -> None:
        self.store = MemoryStore()
        self.budget = QueueBudget(10_000_000)
        self.counters = Counters()
        self.pipeline = IngestPipeline(
            self.store,
            PriceBook(),
            budget=self.budget,
            counters=self.counters,
            clock=time.time_ns,
            is_only_writer=True,
            options=PipelineOptions(**{"commit_interval_ms": 5, **options}),
        )
        self.pipeline.start()

    def send(self, body: bytes, project_id: str = PROJECT) -> Reply:
        reservation = self.budget.open()
        reservation.grow(len(body))
        return self.pipeline.submit(IngestRequest(project_id, "traces", "protobuf", body, reservation))

    def count(self, word: str) -> int:
        return self.pipeline.counters()[word]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.store.gate.set()
    bench.pipeline.stop()
    assert bench.budget.used == 0


def own_trace(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_a_request_is_answered_after_its_spans_are_stored(bench: Bench) -> None:
    bench.store.gate.clear()
    reply = bench.send(body_of(span(1), span(2)))
    done, _ = wait([reply], timeout=0.2)
    assert not done
    assert bench.budget.used > 0
    bench.store.gate.set()
    assert reply.result(5) == []
    assert len(bench.store.list_spans(PROJECT)) == 2
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert trace.span_count == 2


def test_requests_that_arrive_together_are_committed_together() -> None:
    bench = Bench(commit_interval_ms=200)
    replies = [bench.send(body_of(span(1, trace_id=own_trace(i)))) for i in range(1, 51)]
    for reply in replies:
        reply.result(5)
    bench.pipeline.stop()
    assert len(bench.store.batch_sizes) <= 2
    assert bench.count("accepted_spans") == 50
    assert bench.count("accepted_requests") == 50


def test_a_full_batch_does_not_wait_for_the_interval() -> None:
    bench = Bench(commit_interval_ms=10_000, commit_rows_max=3)
    started_s = time.monotonic()
    bench.send(body_of(span(1), span(2), span(3))).result(5)
    assert time.monotonic() - started_s < 5
    bench.pipeline.stop()


def test_a_malformed_request_fails_alone(bench: Bench) -> None:
    good, bad = bench.send(body_of(span(1))), bench.send(b"not protobuf")
    assert good.result(5) == []
    with pytest.raises(MalformedBody):
        bad.result(5)


def test_rejections_come_with_the_answer_and_are_counted(bench: Bench) -> None:
    (rejection,) = bench.send(body_of(span(1), span(2, span_id=b"x"))).result(5)
    assert "span_id has 1 bytes" in rejection.reason
    assert (bench.count("accepted_spans"), bench.count("rejected_spans")) == (1, 1)


def test_an_outage_is_told_and_passes_without_a_restart(bench: Bench) -> None:
    bench.store.failure = OUTAGE
    reply = bench.send(body_of(span(1), span(2)))
    with pytest.raises(StorageUnavailable, match="storage is down"):
        reply.result(5)
    bench.store.failure = None
    assert bench.send(body_of(span(1), span(2))).result(5) == []
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert trace.span_count == 2
    assert bench.count("failed_requests") == 1


def test_a_batch_settled_upon_a_failed_one_is_settled_anew(bench: Bench) -> None:
    """Half of a trace fails to be stored; the other half, already on its way, must not count it."""
    bench.store.gate.clear()
    first = bench.send(body_of(span(1), span(2)))
    time.sleep(0.1)
    second = bench.send(body_of(span(3, parent_span_id=(1).to_bytes(8, "big"))))
    time.sleep(0.1)
    bench.store.failures_left = 1
    bench.store.gate.set()
    with pytest.raises(StorageUnavailable):
        first.result(5)
    assert second.result(5) == []
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert trace.span_count == 1
    assert bench.send(body_of(span(1), span(2))).result(5) == []
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert trace.span_count == 3


def test_a_row_that_cannot_be_stored_fails_only_its_own_request() -> None:
    bench = Bench(commit_interval_ms=100)
    bench.store.poison = "poison"
    good = [bench.send(body_of(span(1, trace_id=own_trace(i)))) for i in range(1, 4)]
    bad = bench.send(body_of(span(1, trace_id=own_trace(9), name="poison")))
    for reply in good:
        assert reply.result(5) == []
    with pytest.raises(StorageUnavailable, match="unexpectedly"):
        bad.result(5)
    bench.pipeline.stop()
    assert len(bench.store.list_spans(PROJECT)) == 3
    assert bench.budget.used == 0


def test_stopping_stores_and_answers_what_waits() -> None:
    bench = Bench(commit_interval_ms=5_000)
    replies = [bench.send(body_of(span(1, trace_id=own_trace(i)))) for i in range(1, 21)]
    bench.pipeline.stop()
    assert all(reply.result(0) == [] for reply in replies)
    assert len(bench.store.list_spans(PROJECT)) == 20
    with pytest.raises(StorageUnavailable, match="stopping"):
        bench.send(body_of(span(1)))


def test_a_cancelled_request_that_still_waits_is_not_stored(bench: Bench) -> None:
    bench.store.gate.clear()
    blockers = [bench.send(body_of(span(1, trace_id=own_trace(i)))) for i in range(1, 3)]
    time.sleep(0.1)
    waiting = [bench.send(body_of(span(2, trace_id=own_trace(100 + i)))) for i in range(30)]
    cancelled = [reply for reply in waiting if reply.cancel()]
    bench.store.gate.set()
    wait([*blockers, *waiting], timeout=5)
    stored = len(bench.store.list_spans(PROJECT))
    assert stored == 32 - len(cancelled)


def test_a_trace_split_over_many_requests_is_one_trace(bench: Bench) -> None:
    ids = [i.to_bytes(8, "big") for i in range(1, 31)]
    replies = [
        bench.send(body_of(span(i, parent_span_id=ids[0] if i > 1 else b""))) for i in range(30, 0, -1)
    ]
    for reply in replies:
        reply.result(5)
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert (trace.span_count, trace.trace_id) == (30, TRACE_ID.hex())


def test_a_deleted_trace_does_not_come_back_from_memory(bench: Bench) -> None:
    bench.send(body_of(span(1), span(2))).result(5)
    bench.store.spans.clear()
    bench.store.traces.clear()
    bench.pipeline.forget_project(PROJECT)
    bench.send(body_of(span(3))).result(5)
    (trace,) = bench.store.list_traces(PROJECT).values()
    assert trace.span_count == 1
