"""Judges put together: connections, budgets, the tracing of their calls, and the service that answers for
evaluators."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from spanglass_server.app.settings import Settings
from spanglass_server.app.storage import Stores
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import NotFound, StorageUnavailable
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.pipeline import IngestPipeline, IngestRequest
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.notify.office import NotificationOffice
from spanglass_server.quality.budget import Budgets
from spanglass_server.quality.connections import JudgeConnections, JudgePolicy
from spanglass_server.quality.dry_run import Trials
from spanglass_server.quality.estimates import Estimator
from spanglass_server.quality.judging import Judging
from spanglass_server.quality.loop import JudgeLoop
from spanglass_server.quality.notices import LowScoreNotices
from spanglass_server.quality.recent import RecentQualities
from spanglass_server.quality.service import EvaluationService
from spanglass_server.quality.tracing import JudgeTracer
from spanglass_server.store.directory import Directory

_TRIALS_MAX: Final = 4
"""At a time: each holds a thread of the API until its judge has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingParts:
    judging: Judging
    """What runs evaluators."""
    service: EvaluationService
    """What the API asks."""
    tracer: JudgeTracer
    loop: JudgeLoop
    """Of trials."""
    notices: LowScoreNotices
    """Of single bad answers."""

    def counters(self) -> Mapping[str, int]:
        return {**self.tracer.counters(), **self.notices.counters()}

    def close(self) -> None:
        """While the ingest still takes traces."""
        self.notices.stop()
        self.loop.close()
        self.judging.budgets.close()
        self.tracer.close()


def build_judging(
    settings: Settings,
    stores: Stores,
    *,
    pipeline: IngestPipeline,
    queue: QueueBudget,
    prices: PriceBook,
    office: NotificationOffice,
    external_url: str,
    project_name: Callable[[str], str],
    is_leading: Callable[[], bool],
    clock: Clock,
    environ: Mapping[str, str] | None = None,
) -> JudgingParts:
    """`is_leading`: this is the server that evaluates."""
    connections = JudgeConnections(
        stores.evaluators, _policy(settings, os.environ if environ is None else environ), clock=clock
    )
    tracer = JudgeTracer(_Sender(stores.directory, pipeline, queue, timeout_s=settings.ack_timeout_s).send)
    judging = Judging(
        connections, Budgets(stores.evaluators, clock=clock), tracer, prices=prices, clock=clock
    )
    loop = JudgeLoop(concurrency_max=_TRIALS_MAX)
    service = EvaluationService(
        stores.evaluators,
        stores.targets,
        stores.library.score_configs,
        judging,
        office,
        connections,
        Estimator(stores.evaluators, stores.targets, stores.scores, judging, clock=clock),
        Trials(judging, stores.reader, loop),
        loop,
        RecentQualities(stores.score_statistics, clock=clock),
        clock=clock,
        settled_until_ns=pipeline.settled_until_ns,
    )
    notices = LowScoreNotices(
        stores.evaluators,
        stores.scores,
        stores.reader,
        office,
        external_url=external_url,
        project_name=project_name,
        is_leading=is_leading,
        clock=clock,
    )
    return JudgingParts(judging=judging, service=service, tracer=tracer, loop=loop, notices=notices)


def _policy(settings: Settings, environ: Mapping[str, str]) -> JudgePolicy:
    is_open = settings.auth_mode == "off"
    return JudgePolicy(
        environ=environ,
        env_keys=settings.judge_env_key_names,
        lends_keys_anywhere=is_open,
        allows_private=settings.judges_may_be_private,
        allows_unchecked=is_open,
    )


class _Sender:
    """`tracing.SendTraces` by the ingest pipeline."""

    def __init__(
        self, directory: Directory, pipeline: IngestPipeline, queue: QueueBudget, *, timeout_s: float
    ) -> None:
        self._directory = directory
        self._pipeline = pipeline
        self._queue = queue
        self._timeout_s = timeout_s

    def send(self, project_id: str, body: bytes) -> None:
        reservation = self._queue.open()
        try:
            reservation.grow(len(body))
            request = IngestRequest(self._judges_id(project_id), "traces", "json", body, reservation)
            reply = self._pipeline.submit(request)
        except BaseException:
            reservation.release()
            raise
        try:
            reply.result(self._timeout_s)
        except TimeoutError:
            raise StorageUnavailable(f"not stored within {self._timeout_s:g} s") from None

    def _judges_id(self, project_id: str) -> str:
        """Raises NotFound for a project that is gone."""
        found = self._directory.find_judges(project_id)
        if found is None:
            parent = next((p for p in self._directory.list_projects() if p.id == project_id), None)
            if parent is None:
                raise NotFound(f"there is no project with the id '{project_id}'")
            found = self._directory.ensure_judges(parent)
        return found.id
