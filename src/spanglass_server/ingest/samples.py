"""Samples to the store: a bounded queue and group commit, as ingest/pipeline.py does for spans.

One thread takes what waits, lets in what may be stored, and writes it; a request is answered when its samples
are stored. Under load commits grow by themselves, because requests gather while one is written.
"""

import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import structlog

from spanglass_server.base.errors import Busy, SpanglassError, StorageUnavailable
from spanglass_server.base.limits import SERIES_MAX
from spanglass_server.ingest.admission import Doorkeeper
from spanglass_server.ingest.budget import Reservation
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.deltas import DeltaTotals
from spanglass_server.ingest.prepare import NO_REDACTION, Redacting
from spanglass_server.ingest.sample_redaction import redact_samples
from spanglass_server.model.series import Exemplar, Labels, MetricMetadata, Series
from spanglass_server.normalize.redaction import Tally
from spanglass_server.normalize.sample_groups import SampleBatch, SampleGroup, shown_labels
from spanglass_server.store.series import SampleStore, SeriesExemplars
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.records import Rejection

_REPORT_HINT: Final = "this is a bug of the server; its log says more"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitterOptions:
    commit_interval_ms: int = 50
    commit_samples_max: int = 100_000
    series_max: int = SERIES_MAX


class SampleRequest(NamedTuple):
    project_id: str
    batch: SampleBatch
    reservation: Reservation
    """Released when the reply is given."""


class Written(NamedTuple):
    """What became of a request."""

    rejections: Sequence[Rejection]
    sample_count: int
    exemplar_count: int


class _Waiting(NamedTuple):
    request: SampleRequest
    reply: "Future[Written]"
    arrived_s: float


@dataclass(slots=True)
class _Member:
    """A request in a commit."""

    request: SampleRequest
    reply: "Future[Written]"
    rejections: list[Rejection]
    groups: list[SampleGroup]
    """What is let in, deltas as totals."""


class SampleCommitter:
    """`submit` is safe from any thread. `start` once, `stop` once."""

    def __init__(
        self,
        store: SampleStore,
        *,
        counters: Counters,
        view_names: Collection[str],
        options: CommitterOptions | None = None,
        redaction: Redacting = NO_REDACTION,
    ) -> None:
        """`view_names`: series that are computed from spans, which nobody may send. `redaction`: projects'
        rules about labels, which may block."""
        self._store = store
        self._counters = counters
        self._options = options or CommitterOptions()
        self._doorkeeper = Doorkeeper(store, series_max=self._options.series_max, view_names=view_names)
        self._totals = DeltaTotals(store)
        self._redaction = redaction
        self._state = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._forgotten: list[str] = []
        """Projects that were deleted, for the thread to forget."""
        self._is_stopping = False
        self._log = structlog.get_logger("spanglass.ingest")
        self._thread = threading.Thread(target=self._run, name="ingest-samples")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more, store and answer what waits, end. Blocks."""
        with self._state:
            self._is_stopping = True
            self._state.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def submit(self, request: SampleRequest) -> "Future[Written]":
        """Raises StorageUnavailable while stopping. Cancelling the reply takes back a request that waits."""
        reply: Future[Written] = Future()
        with self._state:
            if self._is_stopping:
                raise StorageUnavailable(
                    "the server is stopping", hint="try again in a moment", retry_after_s=2
                )
            self._queue.append(_Waiting(request, reply, time.monotonic()))
            self._state.notify_all()
        return reply

    def forget_project(self, project_id: str) -> None:
        """It was deleted from the store."""
        self._store.forget_project(project_id)
        with self._state:
            self._forgotten.append(project_id)

    def _run(self) -> None:
        while (members := self._gather()) is not None:
            if members:
                self._commit(members)
                self._totals.trim()

    def _gather(self) -> list[_Member] | None:
        """The next commit's requests, maybe none; None when stopping and nothing waits."""
        with self._state:
            while not self._queue:
                if self._is_stopping:
                    return None
                self._state.wait()
            for project_id in self._forgotten:
                self._totals.forget_project(project_id)
            self._forgotten.clear()
            deadline_s = self._queue[0].arrived_s + self._options.commit_interval_ms / 1000
        members: list[_Member] = []
        room = self._options.commit_samples_max
        while room > 0 and (waiting := self._next(deadline_s)) is not None:
            request, reply, _ = waiting
            if not reply.set_running_or_notify_cancel():
                request.reservation.release()
                continue
            try:
                request = self._redacted(request)
            except SpanglassError as error:
                request.reservation.release()
                reply.set_exception(error)
                continue
            members.append(_Member(request, reply, list(request.batch.rejections), []))
            room -= sum(len(group.samples) for group in request.batch.groups)
        return members

    def _redacted(self, request: SampleRequest) -> SampleRequest:
        tally = Tally()
        redactor = self._redaction.redactor(request.project_id)
        batch = redact_samples(request.batch, redactor, tally)
        self._redaction.count(request.project_id, tally)
        return request._replace(batch=batch)

    def _next(self, deadline_s: float) -> _Waiting | None:
        with self._state:
            while not self._queue:
                rest_s = deadline_s - time.monotonic()
                if rest_s <= 0 or self._is_stopping:
                    return None
                self._state.wait(rest_s)
            return self._queue.popleft()

    def _commit(self, members: Sequence[_Member]) -> None:
        started_s = time.monotonic()
        try:
            for project_id, of_project in _by_project(members).items():
                self._prepare(project_id, of_project)
                self._write(project_id, of_project)
        except Busy as error:
            self._fail(members, error)
        except Exception as error:  # noqa: BLE001 - a sample the store cannot take must not end ingest
            self._log.exception("write_failed", requests=len(members))
            if len(members) > 1:
                self._forget_totals(members)
                for member in members:
                    member.rejections = list(member.request.batch.rejections)
                    self._commit([member])
                return
            self._fail(members, _unexpected(error))
        else:
            self._acknowledge(members, time.monotonic() - started_s)

    def _prepare(self, project_id: str, members: Sequence[_Member]) -> None:
        groups = [group for member in members for group in member.request.batch.groups]
        admission = self._doorkeeper.admit(project_id, groups)
        reasons = {id(group): reason for group, reason in admission.refused}
        self._totals.load(project_id, admission.groups)
        for member in members:
            member.groups = []
            for group in member.request.batch.groups:
                try:
                    if id(group) in reasons:
                        raise RefusedError(reasons[id(group)])
                    member.groups.append(self._totals.add(project_id, group) if group.is_delta else group)
                except RefusedError as error:
                    member.rejections.extend(_rejections(group, str(error)))

    def _write(self, project_id: str, members: Sequence[_Member]) -> None:
        groups = [group for member in members for group in member.groups]
        self._store.write_samples(project_id, list(_series_of(groups)))
        exemplars = _exemplars_of(groups)
        if exemplars:
            self._store.write_exemplars(project_id, exemplars)
        metadata: dict[str, MetricMetadata] = {
            one.name: one for member in members for one in member.request.batch.metadata
        }
        if metadata:
            self._store.write_metadata(project_id, list(metadata.values()))

    def _acknowledge(self, members: Sequence[_Member], write_s: float) -> None:
        count = self._counters.count
        rows = 0
        for member in members:
            samples = sum(len(group.samples) for group in member.groups)
            exemplars = sum(len(group.exemplars) for group in member.groups)
            rows += samples
            count("accepted_samples", samples)
            count("accepted_exemplars", exemplars)
            count("accepted_bytes", member.request.reservation.size)
            if member.rejections:
                count("rejected_samples", len(member.rejections), reason=member.rejections[0].reason)
            member.request.reservation.release()
            member.reply.set_result(Written(member.rejections, samples, exemplars))
        count("accepted_requests", len(members))
        count("commits", 1, rows=rows, requests=len(members), write_ms=round(write_s * 1000))

    def _fail(self, members: Sequence[_Member], error: SpanglassError) -> None:
        self._forget_totals(members)
        self._counters.count("failed_commits", 1, reason=error.message, requests=len(members))
        self._counters.count("failed_requests", len(members), reason=error.message)
        for member in members:
            member.request.reservation.release()
            member.reply.set_exception(error)

    def _forget_totals(self, members: Sequence[_Member]) -> None:
        for member in members:
            self._totals.forget(member.request.project_id, member.request.batch.groups)


def _by_project(members: Iterable[_Member]) -> Mapping[str, list[_Member]]:
    found: dict[str, list[_Member]] = {}
    for member in members:
        found.setdefault(member.request.project_id, []).append(member)
    return found


def _rejections(group: SampleGroup, reason: str) -> list[Rejection]:
    labels = group.samples[0].labels if group.samples else group.exemplars[0][0]
    rejection = Rejection(reason, group.item or shown_labels(labels))
    # What nobody sent, the target's information, is no loss to the sender.
    return [rejection] * (group.point_count or len(group.exemplars))


def _series_of(groups: Iterable[SampleGroup]) -> Iterator[Series]:
    """Each label set once, its samples in the order of time, the last given of a time."""
    samples: dict[Labels, dict[int, float]] = {}
    for group in groups:
        for labels, time_ms, value in group.samples:
            samples.setdefault(labels, {})[time_ms] = value
    for labels, by_time in samples.items():
        times = list(by_time) if len(by_time) == 1 else sorted(by_time)
        values = [by_time[time_ms] for time_ms in times]
        yield Series(labels, np.array(times, np.int64), np.array(values, np.float64))


def _exemplars_of(groups: Iterable[SampleGroup]) -> list[SeriesExemplars]:
    found: dict[Labels, list[Exemplar]] = {}
    for group in groups:
        for labels, exemplar in group.exemplars:
            found.setdefault(labels, []).append(exemplar)
    return [SeriesExemplars(labels, exemplars) for labels, exemplars in found.items()]


def _unexpected(error: Exception) -> StorageUnavailable:
    return StorageUnavailable(
        f"the commit failed unexpectedly ({type(error).__name__})", hint=_REPORT_HINT, retry_after_s=30
    )
