"""Evaluation of what is stored, put together: what it reads, where its scores go, which server does it."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from spanglass_server.app.rules import lease_holder
from spanglass_server.app.settings import Settings
from spanglass_server.app.storage import Stores
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import SpanglassError
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.pipeline import IngestPipeline, IngestRequest
from spanglass_server.quality.crew import EvaluationPorts, OnScored
from spanglass_server.quality.judging import Judging
from spanglass_server.quality.runner import EvaluationRunner, RunnerOptions
from spanglass_server.store.lease import LeaseKeeper
from spanglass_server.wire.records import Rejection

LEASE: Final = "evaluations"
_READERS: Final = 4
_MARGIN_S: Final = 30.0
"""Beside other servers: how long their commits, and their clocks, may be behind this one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    runner: EvaluationRunner
    reading: ThreadPoolExecutor
    computing: ThreadPoolExecutor

    def stop(self) -> None:
        """Blocks. Nothing that was acknowledged is lost."""
        self.runner.stop()
        self.reading.shutdown()
        self.computing.shutdown()

    def counters(self) -> Mapping[str, int]:
        return self.runner.counters()


def build_evaluations(
    settings: Settings,
    stores: Stores,
    judging: Judging,
    *,
    pipeline: IngestPipeline,
    queue: QueueBudget,
    on_scored: OnScored,
    clock: Clock,
) -> Evaluations:
    reading = ThreadPoolExecutor(_READERS, thread_name_prefix="evaluations-read")
    computing = ThreadPoolExecutor(1, thread_name_prefix="evaluations-compute")
    ports = EvaluationPorts(
        store=stores.evaluators,
        targets=stores.targets,
        scores=stores.scores,
        sink=_Sink(pipeline, queue),
        judging=judging,
        reading=reading,
        computing=computing,
        now_ns=clock,
        on_scored=on_scored,
    )
    lease = LeaseKeeper(stores.rules, LEASE, holder=lease_holder(settings), monotonic_ns=time.monotonic_ns)
    margin_s = 0.0 if stores.is_only_writer else _MARGIN_S
    runner = EvaluationRunner(ports, lease, pipeline.settled_until_ns, RunnerOptions(margin_s=margin_s))
    return Evaluations(runner=runner, reading=reading, computing=computing)


class _Sink:
    """Scores take the normal way in: they are committed with whatever else arrives."""

    def __init__(self, pipeline: IngestPipeline, queue: QueueBudget) -> None:
        self._pipeline = pipeline
        self._queue = queue

    def store(self, project_id: str, scores: bytes) -> Future[Sequence[Rejection]]:
        reservation = self._queue.open()
        reservation.grow(len(scores))
        request = IngestRequest(project_id, "scores", "json", scores, reservation)
        try:
            return self._pipeline.submit(request)
        except SpanglassError:
            reservation.release()
            raise
