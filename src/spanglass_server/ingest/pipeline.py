"""From a request's bytes to its acknowledgement: a bounded queue, group commit, two threads.

    submit ──> queue ──> prepare thread ──> one waiting batch ──> write thread ──> reply
               bytes     decode, normalize,                       revise, insert
               limited   settle (Python)                          (engine, other cores)

A batch closes when its first request has waited long enough, when it holds enough rows or bytes, and not
while the writer is busy with the one before unless it is full: under load batches grow by themselves. A
request is answered after its batch is stored, and not before; when the store fails, its requests are answered
with that error and the sender tries again. Nothing is retried or kept: inserts replace themselves.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog

from spanglass_server.base.clock import Clock, VersionClock
from spanglass_server.base.errors import BadInput, Busy, SpanglassError, StorageUnavailable
from spanglass_server.base.limits import (
    COMMIT_BYTES_MAX,
    LANGFUSE_MEMORY_BYTES_MAX,
    TRACE_CACHE_SPANS_MAX,
    TRACE_SPANS_MAX,
)
from spanglass_server.ingest.batch import Batch, Member, Reply
from spanglass_server.ingest.budget import QueueBudget, Reservation
from spanglass_server.ingest.counters import Counters, Word
from spanglass_server.ingest.langfuse_memory import LangfuseMemory
from spanglass_server.ingest.prepare import (
    NO_REDACTION,
    IngestSignal,
    Prepared,
    Redacting,
    make_spans,
    no_configs,
    prepare,
)
from spanglass_server.ingest.trace_cache import Settled, SpanKey, TraceCache
from spanglass_server.model.span import Span
from spanglass_server.normalize.prices import Prices
from spanglass_server.normalize.score_configs import ScoreCatalog
from spanglass_server.normalize.scores import judges_nothing
from spanglass_server.store.ports import SpanWriter, TraceKey
from spanglass_server.wire.otlp import DEFAULT_LIMITS, RecordLimits
from spanglass_server.wire.records import Rejection, SpanRecord
from spanglass_server.wire.responses import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineOptions:
    commit_interval_ms: int = 50
    commit_rows_max: int = 10_000
    commit_bytes_max: int = COMMIT_BYTES_MAX
    trace_cache_spans_max: int = TRACE_CACHE_SPANS_MAX
    langfuse_memory_bytes_max: int = LANGFUSE_MEMORY_BYTES_MAX
    limits: RecordLimits = DEFAULT_LIMITS


class IngestRequest(NamedTuple):
    project_id: str
    signal: IngestSignal
    encoding: Encoding
    body: bytes
    reservation: Reservation
    """Released when the reply is given; holds at least the body's size."""
    ingest_key: str = ""
    """Public key of the API key it was sent with."""


class _Waiting(NamedTuple):
    request: IngestRequest
    reply: Reply
    arrived_s: float


class IngestPipeline:
    """`submit` is safe from any thread. `start` once, `stop` once."""

    def __init__(
        self,
        writer: SpanWriter,
        prices: Prices,
        *,
        budget: QueueBudget,
        counters: Counters,
        clock: Clock,
        is_only_writer: bool,
        options: PipelineOptions | None = None,
        score_configs: Callable[[str], ScoreCatalog] = no_configs,
        redaction: Redacting = NO_REDACTION,
    ) -> None:
        """`score_configs` and `redaction`: those of a project, from memory mostly; may block and raise
        StorageUnavailable."""
        self._writer = writer
        self._prices = prices
        self._options = options or PipelineOptions()
        self._score_configs = score_configs
        self._redaction = redaction
        self._budget = budget
        self._counters = counters
        self._versions = VersionClock(clock)
        self._cache = TraceCache(
            writer.load_facts,
            spans_max=self._options.trace_cache_spans_max,
            started_at_ns=clock(),
            is_only_writer=is_only_writer,
        )
        self._memory = LangfuseMemory(
            writer.load_langfuse_events,
            writer.find_observations,
            bytes_max=self._options.langfuse_memory_bytes_max,
            is_only_writer=is_only_writer,
        )
        self._cache_lock = threading.RLock()
        self._commit_lock = threading.Lock()
        """Held by whoever changes what is stored."""
        self._epoch = 0
        """Grows whenever memory forgets traces: a batch settled before that is settled again."""
        self._state = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._handed: Batch | None = None
        self._is_writing = False
        self._open_versions: set[int] = set()
        """Of commits on their way."""
        self._is_recovering = False
        """Memory forgot traces while batches that knew them were on their way: the next batch is not settled
        before those are stored, settled anew."""
        self._is_stopping = False
        self._is_prepared_out = False
        self._unplaced_count = 0
        self._log = structlog.get_logger("spanglass.ingest")
        self._threads = [
            threading.Thread(target=self._run_prepare, name="ingest-prepare"),
            threading.Thread(target=self._run_write, name="ingest-write"),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more, store and answer what waits, end. Blocks."""
        with self._state:
            self._is_stopping = True
            self._state.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def submit(self, request: IngestRequest) -> Reply:
        """Raises StorageUnavailable while stopping. Cancelling the reply takes back a request that waits."""
        reply: Reply = Future()
        with self._state:
            if self._is_stopping:
                raise StorageUnavailable(
                    "the server is stopping", hint="try again in a moment", retry_after_s=2
                )
            self._queue.append(_Waiting(request, reply, time.monotonic()))
            self._state.notify_all()
        return reply

    def settled_until_ns(self) -> int:
        """Whatever this pipeline gives an earlier version can be read by now, or was not stored."""
        with self._state:
            return min(self._open_versions) if self._open_versions else self._versions()

    def counters(self) -> dict[str, int]:
        return {
            **self._counters.snapshot(),
            "queue_bytes": self._budget.used,
            "queue_bytes_max": self._budget.bytes_max,
            "cached_spans": self._cache.span_count,
            "langfuse_memory_bytes": self._memory.byte_count,
        }

    def count_unplaced(self) -> int:
        """Scores stored since the start that judge nothing yet."""
        return self._unplaced_count

    def forget_traces(self, keys: Iterable[TraceKey]) -> None:
        """They were deleted from the store."""
        self._forget_keys(list(keys))

    def forget_project(self, project_id: str) -> None:
        def forget() -> None:
            self._cache.forget_project(project_id)
            self._memory.forget_project(project_id)

        self._forget_with(forget)

    def use_prices(self, prices: Prices) -> None:
        """From the next request on."""
        self._prices = prices

    def warm_up(self) -> None:
        """Read the price list now (half a second) rather than under the first priced span. Blocks."""
        self._prices.load()

    def rewrite(self, make: Callable[[int], Sequence[Span]]) -> None:
        """Write stored spans anew, with the sums of their traces, between two commits.

        `make` is given the version that its rows must carry; it reads the rows as they are stored and returns
        those that change. Raises what the store and `make` raise.
        """
        with self._commit_lock:
            version = self._open_version()
            try:
                self._rewrite(make, version)
            finally:
                self._close_version(version)

    def _rewrite(self, make: Callable[[int], Sequence[Span]], version: int) -> None:
        spans = make(version)
        if spans:
            with self._cache_lock:
                settled = self._cache.settle(spans, version=version)
            try:
                # Sums first: a caller that tries again after a failure finds the spans still to be changed.
                self._writer.write_batch(spans=(), traces=settled.summaries, logs=())
                self._writer.write_batch(spans=settled.spans, traces=(), logs=())
                if settled.revisions:
                    self._writer.revise_spans(settled.revisions, version=version)
            except BaseException:
                self._forget_keys(settled.keys)
                raise
            with self._cache_lock:
                self._cache.trim(stored_version=version)

    # The prepare thread

    def _run_prepare(self) -> None:
        while (batch := self._gather()) is not None:
            if not self._is_handed_over(batch):
                self._close_version(batch.version)
        with self._state:
            self._is_prepared_out = True
            self._state.notify_all()

    def _is_handed_over(self, batch: Batch) -> bool:
        if not batch.members:
            return False
        self._await_recovery()
        if not self._settle(batch):
            return False
        self._hand_over(batch)
        return True

    def _open_version(self) -> int:
        with self._state:
            version = self._versions()
            self._open_versions.add(version)
            return version

    def _close_version(self, version: int) -> None:
        with self._state:
            self._open_versions.discard(version)

    def _gather(self) -> Batch | None:
        """The next batch, maybe without members; None when stopping and nothing waits."""
        with self._state:
            while not self._queue:
                if self._is_stopping:
                    return None
                self._state.wait()
            first_s = self._queue[0].arrived_s
        batch = Batch(version=self._open_version())
        deadline_s = first_s + self._options.commit_interval_ms / 1000
        while not self._is_full(batch):
            waiting = self._next(deadline_s)
            if waiting is None:
                break
            self._prepare(waiting, batch)
        return batch

    def _is_full(self, batch: Batch) -> bool:
        options = self._options
        return batch.row_count >= options.commit_rows_max or batch.byte_count >= options.commit_bytes_max

    def _next(self, deadline_s: float) -> _Waiting | None:
        """The next request for the batch that is open, or None when it should close."""
        with self._state:
            while not self._queue:
                is_writer_free = not self._is_writing and self._handed is None
                rest_s = deadline_s - time.monotonic()
                if is_writer_free and (rest_s <= 0 or self._is_stopping):
                    return None
                self._state.wait(rest_s if is_writer_free else None)
            return self._queue.popleft()

    def _prepare(self, waiting: _Waiting, batch: Batch) -> None:
        request, reply, _ = waiting
        if not reply.set_running_or_notify_cancel():
            request.reservation.release()
            return
        try:
            prepared = prepare(
                request.body,
                signal=request.signal,
                encoding=request.encoding,
                project_id=request.project_id,
                prices=self._prices.of_project(request.project_id),
                limits=self._options.limits,
                version=batch.version,
                ingest_key=request.ingest_key,
                score_configs=self._score_configs,
                redaction=self._redaction,
            )
        except SpanglassError as error:
            _fail(reply, request.reservation, error)
            return
        except Exception as error:  # noqa: BLE001 - one request's bug must not take the thread with it
            self._log.exception("prepare_failed", project_id=request.project_id, signal=request.signal)
            self._counters.count("failed_requests", 1, reason=type(error).__name__)
            _fail(reply, request.reservation, BadInput("the request could not be read", hint=_REPORT_HINT))
            return
        member = Member(request.signal, reply, request.reservation, prepared, request.ingest_key)
        batch.members.append(member)
        batch.row_count += prepared.row_count
        batch.byte_count += len(request.body)

    def _await_recovery(self) -> None:
        with self._state:
            while self._is_recovering and (self._is_writing or self._handed is not None):
                self._state.wait()
            self._is_recovering = False

    def _settle(self, batch: Batch) -> bool:
        """Whether the batch may be written; else its requests are answered."""
        started_s = time.monotonic()
        try:
            with self._cache_lock:
                batch.epoch = self._epoch
                batch.settled = self._settle_spans(batch)
        except SpanglassError as error:
            if batch.merged is not None:
                self._forget(batch)
            self._fail_batch(batch, error)
            return False
        except Exception as error:  # noqa: BLE001 - a bug in settling must not end ingest
            self._log.exception("settle_failed", rows=batch.row_count)
            self._forget(batch)
            for project_id in {event.project_id for event in batch.events()}:
                self.forget_project(project_id)
            self._fail_batch(batch, _unexpected(error))
            return False
        batch.settle_s = time.monotonic() - started_s
        return True

    def _settle_spans(self, batch: Batch) -> Settled:
        batch.merged = None
        if not (events := batch.events()):
            settled = self._cache.settle(batch.spans(), version=batch.version)
        else:
            events = self._memory.resolve(events)
            known = self._cache.open(self._memory.traces_of(events))
            batch.merged = self._memory.merge(events, known, version=batch.version)
            spans = batch.spans() + self._make_spans(batch.merged.records, batch)
            settled = self._cache.settle(
                spans, version=batch.version, removed=batch.merged.removed, opened=known.keys()
            )
        if settled.roots_above:
            known = self._cache.open(settled.roots_above)
            records = self._memory.hang_under(settled.roots_above, known, version=batch.version)
            again = self._cache.settle(self._make_spans(records, batch), version=batch.version)
            settled = settled.completed_by(again)
        return settled

    def _make_spans(self, records: Mapping[str, Sequence[SpanRecord]], batch: Batch) -> list[Span]:
        spans, cut_count = make_spans(
            records,
            prices=self._prices,
            limits=self._options.limits,
            version=batch.version,
            redaction=self._redaction,
        )
        self._counters.count("cut_values", cut_count)
        keys = batch.keys_of_events()
        return [span._replace(ingest_key=keys.get((span.project_id, span.trace_id), "")) for span in spans]

    def _hand_over(self, batch: Batch) -> None:
        with self._state:
            while self._handed is not None:
                self._state.wait()
            self._handed = batch
            self._state.notify_all()

    # The write thread

    def _run_write(self) -> None:
        while (batch := self._take_over()) is not None:
            with self._commit_lock:
                self._commit(batch)
            with self._state:
                self._is_writing = False
                self._open_versions.discard(batch.version)
                self._state.notify_all()

    def _take_over(self) -> Batch | None:
        with self._state:
            while self._handed is None:
                if self._is_prepared_out:
                    return None
                self._state.wait()
            batch, self._handed = self._handed, None
            self._is_writing = True
            self._state.notify_all()
            return batch

    def _commit(self, batch: Batch) -> None:
        # Memory has forgotten traces since: what was settled may lean on rows that are not stored.
        if batch.epoch != self._epoch:
            self._forget(batch)
            if not self._settle(batch):
                return
        started_s = time.monotonic()
        try:
            self._write(batch)
        except Busy as error:
            self._forget(batch)
            self._fail_batch(batch, error)
        except Exception as error:  # noqa: BLE001 - a row the store cannot take must not end ingest
            self._log.exception("write_failed", rows=batch.row_count, requests=len(batch.members))
            self._forget(batch)
            self._commit_apart(batch, error)
        else:
            with self._cache_lock:
                self._cache.trim(stored_version=batch.version)
                self._memory.trim(stored_version=batch.version)
            self._acknowledge(batch, time.monotonic() - started_s)

    def _write(self, batch: Batch) -> None:
        settled = batch.settled
        assert settled is not None
        # Revisions first: should the process die in between, the sender tries again and both are written.
        if settled.revisions:
            self._writer.revise_spans(settled.revisions, version=batch.version)
        self._writer.write_batch(
            spans=settled.spans, traces=settled.summaries, logs=batch.logs(), scores=batch.scores()
        )
        if batch.merged is not None:
            # Last: an event that is stored is not merged again, so what it changes has to be done before.
            self._writer.remove_spans(batch.merged.removed)
            self._writer.write_langfuse_events(batch.merged.events)

    def _commit_apart(self, batch: Batch, error: Exception) -> None:
        """One request may have brought rows that the store does not take: don't let the others pay for it."""
        if len(batch.members) == 1:
            self._fail_batch(batch, _unexpected(error))
            return
        for offset, member in enumerate(batch.members):
            # Later than the one before it, earlier than the batch that waits.
            alone = Batch(
                version=batch.version + offset, members=[member], row_count=member.prepared.row_count
            )
            if self._settle(alone):
                self._commit(alone)

    def _forget(self, batch: Batch) -> None:
        """Nothing of this batch may be trusted to be stored."""
        keys = {TraceKey(span.project_id, span.trace_id) for span in batch.spans()}
        keys |= {TraceKey(event.project_id, event.trace_id) for event in batch.events()}
        if batch.merged is not None:
            keys |= {TraceKey(event.project_id, event.trace_id) for event in batch.merged.events}
        if batch.settled is not None:
            keys.update(batch.settled.keys)
            keys |= {TraceKey(project_id, of.trace_id) for project_id, _, of in batch.settled.revisions}
        self._forget_keys(keys)

    def _forget_keys(self, keys: Collection[TraceKey]) -> None:
        def forget() -> None:
            self._cache.forget(keys)
            self._memory.forget(keys)

        self._forget_with(forget)

    def _forget_with(self, forget: Callable[[], None]) -> None:
        with self._cache_lock:
            self._epoch += 1
            forget()
        with self._state:
            self._is_recovering = True

    def _acknowledge(self, batch: Batch, write_s: float) -> None:
        settled = batch.settled
        assert settled is not None
        count = self._counters.count
        for member in batch.members:
            count("accepted_bytes", member.reservation.size)
            member.prepared.rejections.extend(_refusals(member.prepared, settled.refused))
            if rejections := member.prepared.rejections:
                count(_REJECTED[member.signal], len(rejections), reason=rejections[0].reason)
        count("cut_values", sum(member.prepared.cut_count for member in batch.members))
        count("accepted_requests", len(batch.members))
        count("accepted_spans", len(settled.spans))
        count("accepted_logs", sum(len(member.prepared.logs) for member in batch.members))
        count("accepted_scores", sum(len(member.prepared.scores) for member in batch.members))
        self._unplaced_count += sum(judges_nothing(score) for score in batch.scores())
        if batch.merged is not None:
            count("accepted_langfuse_events", len(batch.merged.events))
            count("duplicate_langfuse_events", batch.merged.duplicate_count)
        count("duplicate_spans", settled.duplicate_count)
        count("revised_spans", len(settled.revisions))
        count("loaded_traces", settled.loaded_count)
        count(
            "commits",
            1,
            rows=batch.row_count,
            requests=len(batch.members),
            settle_ms=round(batch.settle_s * 1000),
            write_ms=round(write_s * 1000),
        )
        for member in batch.members:
            member.reservation.release()
            member.reply.set_result(member.prepared.rejections)

    def _fail_batch(self, batch: Batch, error: SpanglassError) -> None:
        self._counters.count("failed_commits", 1, reason=error.message, requests=len(batch.members))
        self._counters.count("failed_requests", len(batch.members), reason=error.message)
        for member in batch.members:
            _fail(member.reply, member.reservation, error)


_REJECTED: Final[Mapping[IngestSignal, Word]] = {
    "traces": "rejected_spans",
    "logs": "rejected_logs",
    "scores": "rejected_scores",
    "langfuse": "rejected_langfuse_events",
}


def _refusals(prepared: Prepared, refused: frozenset[SpanKey]) -> list[Rejection]:
    if not refused:
        return []
    reason = (
        f"its trace holds {TRACE_SPANS_MAX} spans already, as many as a trace may; begin traces more often"
    )
    return [
        Rejection(reason, f"{span.trace_id}/{span.span_id}")
        for span in prepared.spans
        if (span.project_id, span.trace_id, span.span_id) in refused
    ] + [
        Rejection(reason, position)
        for event, position in zip(prepared.events, prepared.positions, strict=True)
        if (event.project_id, event.trace_id, event.entity_id) in refused
    ]


_REPORT_HINT = "this is a bug of the server; its log says more"


def _fail(reply: Reply, reservation: Reservation, error: SpanglassError) -> None:
    reservation.release()
    reply.set_exception(error)


def _unexpected(error: Exception) -> StorageUnavailable:
    return StorageUnavailable(
        f"the commit failed unexpectedly ({type(error).__name__})", hint=_REPORT_HINT, retry_after_s=30
    )
