"""Who evaluates, what, and when: one server, by its lease; every enabled evaluator; every open run."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.errors import SpanglassError
from spanglass_server.quality.crew import EvaluationPorts
from spanglass_server.quality.supervision import Supervision
from spanglass_server.store.lease import LeaseKeeper

log = structlog.get_logger(__name__)

_SECOND_NS = 1_000_000_000


class Settled(Protocol):
    """`ingest.pipeline.IngestPipeline.settled_until_ns`."""

    def __call__(self) -> int:
        """Everything that was given an earlier version can be read, or never will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    tick_s: float = 1.0
    """How often it looks for what is new: traces, definitions, runs."""
    margin_s: float = 0.0
    """How long other servers may take from giving a trace its version to storing it."""


class EvaluationRunner:
    """A thread with a loop of its own, so that nothing that evaluators do delays a request. `start` once,
    `stop` once."""

    def __init__(
        self,
        ports: EvaluationPorts,
        lease: LeaseKeeper,
        settled: Settled,
        options: RunnerOptions | None = None,
    ) -> None:
        self._ports = ports
        self._lease = lease
        self._settled = settled
        self._options = options or RunnerOptions()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._serve, name="evaluations")
        self._supervision = Supervision(ports)
        self._is_stopped = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Leave what is in flight to whoever goes on, write down how far it got, give the lease away."""
        if self._thread.ident is None:
            return
        self._is_stopped.set()
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            loop.call_soon_threadsafe(stopping.set)
        self._thread.join()

    def counters(self) -> Mapping[str, int]:
        """By the names of metrics/own.py."""
        outcomes = self._supervision.outcomes
        return {
            "evaluations": sum(outcomes.values()) - outcomes["skipped"],
            "evaluations_scored": outcomes["scored"],
            "evaluations_failed": outcomes["failed"],
            "evaluation_lag_seconds": self._supervision.lag_ns // _SECOND_NS,
            "evaluators_troubled": self._supervision.troubled_count,
        }

    @property
    def is_leading(self) -> bool:
        """This server is the one that evaluates."""
        return self._lease.is_held

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            while not (self._stopping.is_set() or self._is_stopped.is_set()):
                await self._tick()
                await self._rest()
        finally:
            await self._supervision.end()
            try:
                await self._ports.read(self._lease.release)
            except SpanglassError as error:
                log.warning("evaluations_lease_not_released", reason=error.message)

    async def _rest(self) -> None:
        assert self._stopping is not None
        try:
            async with asyncio.timeout(self._options.tick_s):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _tick(self) -> None:
        try:
            if await self._ports.read(self._lease.keep):
                await self._supervision.turn(self._settled_ns())
            else:
                await self._supervision.end()
        except (SpanglassError, EvaluatorProblem) as error:
            log.warning("evaluations_round_failed", reason=error.message)
        except Exception:  # The next round may go well, and evaluation must not end.
            log.exception("evaluations_round_failed")

    def _settled_ns(self) -> int:
        return min(self._settled(), self._ports.now_ns() - int(self._options.margin_s * 1e9))
