"""Every enabled evaluator at work, every open run, each apart from the others: one that fails, hangs or is
changed leaves the others alone. For one loop."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

import structlog

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.errors import BadInput, SpanglassError
from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    EvaluatorStatus,
    HistoryRun,
)
from spanglass_server.quality.crew import Current, EvaluationPorts, Outcome, make_current
from spanglass_server.quality.history import RunOverHistory
from spanglass_server.quality.live import Head, LiveEvaluation, start_of

log = structlog.get_logger(__name__)

REST_NS: Final = 10_000_000_000
"""A watermark that moved over nothing is written this often: after a crash that stretch is read again."""
BUILD_NS: Final = 10_000_000_000
"""How soon an evaluator that cannot be built, or ended by surprise, is tried again."""
_RETRIES_EVERY: Final = 5
_RETRIES_MAX: Final = 500

Work = TypeVar("Work", LiveEvaluation, RunOverHistory)


@dataclass(slots=True)
class _Running(Generic[Work]):
    work: Work
    task: "asyncio.Task[None]"


class _Broken(NamedTuple):
    definition: EvaluatorDefinition
    status: EvaluatorStatus
    reason: str
    at_ns: int


class Supervision:
    def __init__(self, ports: EvaluationPorts) -> None:
        self._ports = ports
        self._live: dict[str, _Running[LiveEvaluation]] = {}
        self._runs: dict[str, _Running[RunOverHistory]] = {}
        self._broken: dict[str, _Broken] = {}
        self._states: dict[str, EvaluatorState] = {}
        """As they are in the store."""
        self._written_runs: dict[str, HistoryRun] = {}
        self._retries: set[asyncio.Task[None]] = set()
        self._turns = 0
        self.outcomes: dict[Outcome, int] = {"scored": 0, "empty": 0, "failed": 0, "skipped": 0}
        """Targets done since the server started."""

    @property
    def lag_ns(self) -> int:
        """Of the evaluator that is farthest behind what is stored."""
        return max((running.work.lag_ns for running in self._live.values()), default=0)

    @property
    def troubled_count(self) -> int:
        """Evaluators that want to judge and cannot."""
        statuses = [running.work.state().status for running in self._live.values()]
        return len(self._broken) + sum(status != "running" for status in statuses)

    async def turn(self, settled_ns: int) -> None:
        """Look at what there is to do, and at how far it got. Raises SpanglassError where the store does not
        answer; what is at work goes on."""
        definitions = {each.id: each for each in await self._ports.read(self._ports.store.list_evaluators)}
        await self._stop_what_is_gone(definitions)
        enabled = [each for each in definitions.values() if each.is_enabled]
        heads = await self._look_at_heads(enabled, settled_ns)
        await self._load_states([each.id for each in definitions.values()])
        for definition in enabled:
            await self._keep_going(definition, heads[definition.project_id])
        await self._mark_paused([each for each in definitions.values() if not each.is_enabled])
        await self._turn_runs(definitions)
        if self._turns % _RETRIES_EVERY == 0:
            await self._start_retries()
        self._turns += 1
        await self._write()

    async def end(self) -> None:
        """Stop all of it and write down how far it got."""
        if not (self._live or self._runs or self._states):
            return
        retries, self._retries = self._retries, set()
        for task in retries:
            task.cancel()
        live = [running.work for running in self._live.values()]
        histories = [running.work for running in self._runs.values()]
        tasks = [running.task for running in self._live.values()]
        await _cancel([*tasks, *(running.task for running in self._runs.values())])
        for evaluation in live:
            evaluation.close()
        for history in histories:
            history.close()
        states, runs = [work.state() for work in live], [work.state() for work in histories]
        self._live.clear()
        self._runs.clear()
        self._broken.clear()
        self._states.clear()
        self._written_runs.clear()
        try:
            await self._ports.read(self._ports.store.put_states, states)
            for run in runs:
                await self._ports.read(self._ports.store.update_run, run)
        except (SpanglassError, EvaluatorProblem) as error:
            log.warning("evaluation_states_not_written", reason=error.message)

    # Live evaluation

    async def _stop_what_is_gone(self, definitions: Mapping[str, EvaluatorDefinition]) -> None:
        gone = [
            evaluator_id
            for evaluator_id in self._live
            if evaluator_id not in definitions or not definitions[evaluator_id].is_enabled
        ]
        for evaluator_id in gone:
            running = self._live.pop(evaluator_id)
            await _cancel([running.task])
            running.work.close()
            if evaluator_id in definitions:
                self._states[evaluator_id] = running.work.state()
        for evaluator_id in list(self._broken):
            if evaluator_id not in definitions or not definitions[evaluator_id].is_enabled:
                del self._broken[evaluator_id]

    async def _look_at_heads(
        self, definitions: Sequence[EvaluatorDefinition], settled_ns: int
    ) -> dict[str, Head]:
        heads: dict[str, Head] = {}
        for project_id in {definition.project_id for definition in definitions}:
            newest_ns = await self._ports.read(self._ports.targets.newest_stored_ns, project_id)
            heads[project_id] = Head(settled_ns, newest_ns or 0)
        return heads

    async def _load_states(self, evaluator_ids: Sequence[str]) -> None:
        unknown = [each for each in evaluator_ids if each not in self._states]
        if unknown:
            self._states.update(await self._ports.read(self._ports.store.find_states, unknown))

    async def _keep_going(self, definition: EvaluatorDefinition, head: Head) -> None:
        running = self._live.get(definition.id)
        if running is not None and running.task.done():
            await self._note_surprise(definition, self._live.pop(definition.id))
            return
        broken = self._broken.get(definition.id)
        if broken is not None:
            is_due = self._ports.now_ns() - broken.at_ns >= BUILD_NS
            if broken.definition == definition and not is_due:
                return
        if running is not None and running.work.definition == definition:
            running.work.see(head)
            return
        await self._start_or_change(definition, running, head)

    async def _start_or_change(
        self, definition: EvaluatorDefinition, running: _Running[LiveEvaluation] | None, head: Head
    ) -> None:
        current = await self._build(definition)
        if current is None:
            if running is not None:
                del self._live[definition.id]
                await _cancel([running.task])
                running.work.close()
                self._states[definition.id] = running.work.state()
            return
        self._broken.pop(definition.id, None)
        if running is not None:
            running.work.redefine(current)
            running.work.see(head)
            return
        work = LiveEvaluation(
            self._ports, current, self._states.get(definition.id), head, on_outcome=self._count
        )
        self._live[definition.id] = _Running(work, asyncio.create_task(work.run()))

    async def _build(self, definition: EvaluatorDefinition) -> Current | None:
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._ports.reading, make_current, self._ports.judging, definition
            )
        except (EvaluatorProblem, BadInput) as problem:
            reason = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
            self._broken[definition.id] = _Broken(definition, "invalid", reason, self._ports.now_ns())
            return None

    async def _note_surprise(
        self, definition: EvaluatorDefinition, running: _Running[LiveEvaluation]
    ) -> None:
        running.work.close()
        self._states[definition.id] = running.work.state()
        reason = _surprise(running.task)
        log.error("evaluator_ended", evaluator=definition.name, reason=reason)
        self._broken[definition.id] = _Broken(definition, "failing", reason, self._ports.now_ns())

    async def _mark_paused(self, paused: Sequence[EvaluatorDefinition]) -> None:
        """So that it is known, when it is switched on again, since when it was not."""
        changed = [
            state._replace(status="paused", reason="", updated_at_ns=self._ports.now_ns())
            for definition in paused
            if (state := self._states.get(definition.id)) is not None and state.status != "paused"
        ]
        if changed:
            await self._ports.read(self._ports.store.put_states, changed)
            self._states.update({state.evaluator_id: state for state in changed})

    async def _start_retries(self) -> None:
        wanted = await self._ports.read(self._ports.store.list_retries, _RETRIES_MAX)
        by_evaluator: dict[str, list[EvaluationFailure]] = {}
        for failure in wanted:
            by_evaluator.setdefault(failure.evaluator_id, []).append(failure)
        for evaluator_id, failures in by_evaluator.items():
            running = self._live.get(evaluator_id)
            if running is not None:
                task = asyncio.create_task(running.work.retry(failures))
                self._retries.add(task)
                task.add_done_callback(self._end_retry)

    def _end_retry(self, task: "asyncio.Task[None]") -> None:
        self._retries.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("evaluation_retry_failed", reason=repr(error))

    # Runs over history

    async def _turn_runs(self, definitions: Mapping[str, EvaluatorDefinition]) -> None:
        wanted = {run.id: run for run in await self._ports.read(self._ports.store.list_open_runs)}
        for run_id in [each for each in self._runs if each not in wanted]:
            running = self._runs.pop(run_id)
            await _cancel([running.task])
            running.work.close()
            self._written_runs.pop(run_id, None)
        for run in wanted.values():
            definition = definitions.get(run.evaluator_id)
            if definition is not None:
                await self._keep_running(run, definition)

    async def _keep_running(self, run: HistoryRun, definition: EvaluatorDefinition) -> None:
        running = self._runs.get(run.id)
        if run.evaluator_version != definition.version:
            reason = "the evaluator was changed since; start another run"
            await self._give_up(run, running, reason)
        elif running is None:
            await self._start_run(run, definition)
        elif running.task.done() and not running.task.cancelled() and running.task.exception():
            await self._give_up(run, running, _surprise(running.task))
        elif running.work.definition != definition:
            await self._redefine_run(running, run, definition)

    async def _start_run(self, run: HistoryRun, definition: EvaluatorDefinition) -> None:
        try:
            current = await self._build_run(definition, run)
        except (EvaluatorProblem, BadInput) as problem:
            failing = run._replace(status="failing", reason=problem.message)
            if (run.status, run.reason) != (failing.status, failing.reason):
                await self._ports.read(self._ports.store.update_run, failing)
            return
        work = RunOverHistory(
            self._ports,
            current,
            run,
            is_live_behind=lambda: self._is_behind(definition.id),
            on_outcome=self._count,
        )
        self._runs[run.id] = _Running(work, asyncio.create_task(work.run()))

    async def _redefine_run(
        self, running: _Running[RunOverHistory], run: HistoryRun, definition: EvaluatorDefinition
    ) -> None:
        """Its budget and pace may have changed."""
        try:
            running.work.redefine(await self._build_run(definition, running.work.state()))
        except (EvaluatorProblem, BadInput) as problem:
            log.warning("evaluation_run_not_changed", run_id=run.id, reason=problem.message)

    async def _build_run(self, definition: EvaluatorDefinition, run: HistoryRun) -> Current:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._ports.reading, make_current, self._ports.judging, definition, run
        )

    async def _give_up(self, run: HistoryRun, running: _Running[RunOverHistory] | None, reason: str) -> None:
        if running is not None:
            del self._runs[run.id]
            await _cancel([running.task])
            running.work.close()
            run = running.work.state()
        log.warning("evaluation_run_cancelled", run_id=run.id, reason=reason)
        over = run._replace(status="cancelled", reason=reason, updated_at_ns=self._ports.now_ns())
        await self._ports.read(self._ports.store.update_run, over)

    def _is_behind(self, evaluator_id: str) -> bool:
        running = self._live.get(evaluator_id)
        return running is not None and running.work.is_behind

    # What is told

    def _count(self, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1

    async def _write(self) -> None:
        states = [
            state
            for running in self._live.values()
            if _tells_more(state := running.work.state(), self._states.get(state.evaluator_id))
        ]
        states += [
            state
            for broken in self._broken.values()
            if _tells_more(
                state := self._state_of(broken, self._states.get(broken.definition.id)),
                self._states.get(broken.definition.id),
            )
        ]
        if states:
            await self._ports.read(self._ports.store.put_states, states)
            self._states.update({state.evaluator_id: state for state in states})
        for run_id, running in list(self._runs.items()):
            run = running.work.state()
            written = self._written_runs.get(run_id)
            if written is None or run._replace(updated_at_ns=0) != written._replace(updated_at_ns=0):
                await self._ports.read(self._ports.store.update_run, run)
                self._written_runs[run_id] = run

    def _state_of(self, broken: _Broken, before: EvaluatorState | None) -> EvaluatorState:
        start = start_of(broken.definition, before)
        base = before or EvaluatorState(
            evaluator_id=broken.definition.id,
            status="invalid",
            reason="",
            watermark_version_ns=0,
            watermark_trace_id="",
            last_scored_at_ns=None,
            last_error="",
            last_error_at_ns=None,
            scored_count=0,
            failed_count=0,
            empty_count=0,
            updated_at_ns=0,
        )
        return base._replace(
            status=broken.status,
            reason=broken.reason,
            watermark_version_ns=start.place.position_ns,
            watermark_trace_id=start.place.trace_id,
            last_error=broken.reason,
            last_error_at_ns=broken.at_ns,
            updated_at_ns=self._ports.now_ns(),
        )


def _tells_more(state: EvaluatorState, written: EvaluatorState | None) -> bool:
    """Whether it is worth a write: a watermark that moves alone is not, but now and then."""
    if written is None:
        return True
    if state.updated_at_ns - written.updated_at_ns >= REST_NS:
        return True
    moved = written._replace(
        watermark_version_ns=state.watermark_version_ns,
        watermark_trace_id=state.watermark_trace_id,
        updated_at_ns=state.updated_at_ns,
        last_error_at_ns=state.last_error_at_ns,
    )
    return moved != state


async def _cancel(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _surprise(task: "asyncio.Task[None]") -> str:
    error = None if task.cancelled() else task.exception()
    return f"it ended by surprise ({type(error).__name__}: {error})"[:500]
