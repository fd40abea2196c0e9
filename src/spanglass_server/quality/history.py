"""Runs over history: one evaluator over what is stored already, resumable, when live evaluation has time."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from spanglass_server.model.evaluation import EvaluatorDefinition, EvaluatorStatus, HistoryRun, RunStatus
from spanglass_server.quality.crew import Crew, Current, EvaluationPorts, Outcome
from spanglass_server.quality.window import Window
from spanglass_server.store.evaluation import Place, TargetKey
from spanglass_server.store.ports import TimeRange

_WINDOW_MAX: Final = 256
_PAGE: Final = 128
_YIELD_S: Final = 0.5
"""How long a worker lets live evaluation of the same evaluator go first."""
_END: Final = Place(2**63 - 1, "")


class RunOverHistory:
    """`run` until it returns or is cancelled; everything else from its loop."""

    def __init__(
        self,
        ports: EvaluationPorts,
        current: Current,
        run: HistoryRun,
        *,
        is_live_behind: Callable[[], bool],
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._ports = ports
        self._on_outcome = on_outcome
        self._current = current
        self._run = run
        self._is_live_behind = is_live_behind
        self._window = Window(Place(run.position_start_ns, run.position_trace_id))
        self._status: RunStatus = "running"
        self._reason = ""
        self._freed = asyncio.Event()
        self._crew = Crew(
            ports,
            current,
            on_status=self._set_status,
            on_done=self._done,
            before_each=self._let_live_evaluation_go_first,
        )

    @property
    def definition(self) -> EvaluatorDefinition:
        return self._current.definition

    def redefine(self, current: Current) -> None:
        """`current` was built for `state()`, so that what was spent still counts."""
        self._current = current
        self._crew.redefine(current)

    def close(self) -> None:
        """After `run` has ended."""
        self._crew.close()

    def state(self) -> HistoryRun:
        done = self._window.done
        is_over = self._status == "done"
        return self._run._replace(
            status=self._status,
            reason=self._reason,
            position_start_ns=self._run.to_ns if is_over else done.position_ns,
            position_trace_id="" if is_over else done.trace_id,
            cost_usd=self._current.ready.run_spent_usd,
            updated_at_ns=self._ports.now_ns(),
        )

    async def run(self) -> None:
        crew = asyncio.create_task(self._crew.run())
        reading = asyncio.create_task(self._read_all())
        try:
            done, _ = await asyncio.wait((crew, reading), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            crew.cancel()
            reading.cancel()
            await asyncio.gather(crew, reading, return_exceptions=True)

    async def _read_all(self) -> None:
        while True:
            keys = await self._crew.storage.attempt(self._list)
            fresh = self._window.add(keys)
            if fresh:
                await self._crew.feed(fresh)
            await self._until_in_flight(0 if len(keys) < _PAGE else _WINDOW_MAX - _PAGE)
            if len(keys) < _PAGE:
                self._status, self._reason = "done", ""
                return

    async def _list(self) -> Sequence[TargetKey]:
        run, after = self._run, self._window.read
        return await self._ports.read(
            partial(
                self._ports.targets.list_history,
                run.project_id,
                self._current.definition.target_type,
                self._current.where,
                during=TimeRange(run.from_ns, run.to_ns),
                after=after,
                sampling_rate=run.sampling_rate,
                limit=_PAGE,
            )
        )

    async def _until_in_flight(self, count: int) -> None:
        while self._window.in_flight > count:
            self._freed.clear()
            await self._freed.wait()

    async def _let_live_evaluation_go_first(self) -> None:
        if self._is_live_behind():
            await asyncio.sleep(_YIELD_S)

    def _done(self, key: TargetKey, outcome: Outcome, _reason: str) -> None:
        self._window.finish((key.trace_id, key.span_id))
        field = f"{outcome}_count"
        run = self._run
        self._run = run._replace(done_count=run.done_count + 1, **{field: getattr(run, field) + 1})
        self._on_outcome(outcome)
        self._freed.set()

    def _set_status(self, status: EvaluatorStatus, reason: str) -> None:
        known: dict[EvaluatorStatus, RunStatus] = {"failing": "failing", "over_budget": "over_budget"}
        self._status, self._reason = known.get(status, "running"), reason
