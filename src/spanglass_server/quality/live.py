"""Evaluation of what comes in: one evaluator follows what is stored, and knows where it stands."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    EvaluatorStatus,
)
from spanglass_server.quality.crew import Crew, Current, EvaluationPorts, Outcome
from spanglass_server.quality.window import Window
from spanglass_server.store.evaluation import Place, TargetKey

WINDOW_MAX: Final = 512
"""Targets of an evaluator that are read and not done: what is looked at again after a crash, at most."""
_PAGE: Final = 128


class Head(NamedTuple):
    """What a project's storage had when it was asked."""

    settled_ns: int
    """Everything of an earlier version can be read."""
    newest_ns: int
    """Version of the newest trace; 0 where there is none."""


class StartState(NamedTuple):
    """Where an evaluator begins."""

    place: Place
    note: str
    """What was missed, for people."""


@dataclass(slots=True, kw_only=True)
class _Counts:
    scored: int
    failed: int
    empty: int
    last_scored_at_ns: int | None
    last_error: str
    last_error_at_ns: int | None


def start_of(definition: EvaluatorDefinition, state: EvaluatorState | None) -> StartState:
    """A new evaluator begins where it was made, one that was paused where it was switched on again; every
    other goes on."""
    if state is None:
        return StartState(Place(definition.updated_at_ns, ""), "")
    if state.status != "paused" or state.watermark_version_ns >= definition.updated_at_ns:
        return StartState(Place(state.watermark_version_ns, state.watermark_trace_id), _note_of(state))
    missed = f"from {_time_text(state.watermark_version_ns)} to {_time_text(definition.updated_at_ns)}"
    note = f"it was paused {missed}: what was stored then has no scores; a run over history gives them"
    return StartState(Place(definition.updated_at_ns, ""), note)


class LiveEvaluation:
    """`run` until cancelled; everything else from its loop."""

    def __init__(
        self,
        ports: EvaluationPorts,
        current: Current,
        state: EvaluatorState | None,
        head: Head,
        *,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._ports = ports
        self._on_outcome = on_outcome
        self._current = current
        start = start_of(current.definition, state)
        self._note = start.note
        self._window = Window(start.place)
        self._counts = _counts_of(state)
        self._status: EvaluatorStatus = "running"
        self._reason = start.note
        self._head = head
        self._moved = asyncio.Event()
        self._crew = Crew(
            ports,
            current,
            on_status=self._set_status,
            on_done=self._done,
            on_scored=ports.on_scored,
        )
        self._retrying: set[tuple[str, str]] = set()

    @property
    def definition(self) -> EvaluatorDefinition:
        return self._current.definition

    @property
    def is_behind(self) -> bool:
        """Targets wait or are being judged."""
        return self._window.in_flight > 0

    @property
    def lag_ns(self) -> int:
        return max(0, self._head.newest_ns - self._window.done.position_ns)

    def redefine(self, current: Current) -> None:
        """From the next target on; what waits is judged by the new version."""
        self._current = current
        self._crew.redefine(current)

    def see(self, head: Head) -> None:
        self._head = head
        self._moved.set()

    async def run(self) -> None:
        crew = asyncio.create_task(self._crew.run())
        following = asyncio.create_task(self._follow())
        try:
            done, _ = await asyncio.wait((crew, following), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            crew.cancel()
            following.cancel()
            await asyncio.gather(crew, following, return_exceptions=True)

    def close(self) -> None:
        """After `run` has ended."""
        self._crew.close()

    async def retry(self, failures: Sequence[EvaluationFailure]) -> None:
        """Judge these again. One that was retried already is passed over until that is done."""
        fresh = [each for each in failures if (each.trace_id, each.span_id) not in self._retrying]
        if not fresh:
            return
        self._retrying.update((each.trace_id, each.span_id) for each in fresh)
        await self._crew.feed([TargetKey(each.trace_id, each.span_id, 0, 0) for each in fresh])

    def state(self) -> EvaluatorState:
        done = self._window.done
        counts = self._counts
        return EvaluatorState(
            evaluator_id=self._current.definition.id,
            status=self._status,
            reason=self._reason,
            watermark_version_ns=done.position_ns,
            watermark_trace_id=done.trace_id,
            last_scored_at_ns=counts.last_scored_at_ns,
            last_error=counts.last_error,
            last_error_at_ns=counts.last_error_at_ns,
            scored_count=counts.scored,
            failed_count=counts.failed,
            empty_count=counts.empty,
            updated_at_ns=self._ports.now_ns(),
        )

    async def _follow(self) -> None:
        while True:
            if self._window.in_flight < WINDOW_MAX and await self._read_on():
                continue
            self._moved.clear()
            await self._moved.wait()

    async def _read_on(self) -> bool:
        """Whether there may be more."""
        current, head = self._current, self._head
        definition = current.definition
        until_ns = min(head.settled_ns, self._ports.now_ns() - int(definition.delay_s * 1e9))
        after = self._window.read
        if until_ns <= after.position_ns:
            return False
        if head.newest_ns < after.position_ns:
            self._window.skip_to(Place(until_ns, ""))
            return False
        keys = await self._crew.storage.attempt(partial(self._list, current, after, until_ns))
        fresh = self._window.add(keys)
        if len(keys) < _PAGE:
            self._window.skip_to(Place(until_ns, ""))
        if fresh:
            await self._crew.feed(fresh)
        return len(keys) == _PAGE

    async def _list(self, current: Current, after: Place, until_ns: int) -> Sequence[TargetKey]:
        definition = current.definition
        return await self._ports.read(
            partial(
                self._ports.targets.list_stored,
                definition.project_id,
                definition.target_type,
                current.where,
                after=after,
                until_ns=until_ns,
                sampling_rate=current.sampling_rate,
                limit=_PAGE,
            )
        )

    def _done(self, key: TargetKey, outcome: Outcome, reason: str) -> None:
        self._window.finish((key.trace_id, key.span_id))
        self._moved.set()
        self._on_outcome(outcome)
        counts = self._counts
        if outcome == "scored":
            counts.scored += 1
            counts.last_scored_at_ns = self._ports.now_ns()
        elif outcome == "empty":
            counts.empty += 1
        elif outcome == "failed":
            counts.failed += 1
            counts.last_error, counts.last_error_at_ns = reason, self._ports.now_ns()
        if (key.trace_id, key.span_id) in self._retrying:
            self._retrying.discard((key.trace_id, key.span_id))
            if outcome != "failed":
                self._forget_failure(key)

    def _forget_failure(self, key: TargetKey) -> None:
        target = (key.trace_id, key.span_id)
        self._ports.reading.submit(self._ports.store.remove_failures, self._current.definition.id, [target])

    def _set_status(self, status: EvaluatorStatus, reason: str) -> None:
        if status == "failing" and reason:
            self._counts.last_error, self._counts.last_error_at_ns = reason, self._ports.now_ns()
        self._status = status
        self._reason = reason or self._note


def _counts_of(state: EvaluatorState | None) -> _Counts:
    return _Counts(
        scored=state.scored_count if state else 0,
        failed=state.failed_count if state else 0,
        empty=state.empty_count if state else 0,
        last_scored_at_ns=state.last_scored_at_ns if state else None,
        last_error=state.last_error if state else "",
        last_error_at_ns=state.last_error_at_ns if state else None,
    )


def _note_of(state: EvaluatorState) -> str:
    return state.reason if state.status == "running" else ""


def _time_text(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
