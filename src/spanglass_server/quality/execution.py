"""Where an evaluator's work is done: judges wait on the loop, computing happens beside it, functions that
users wrote run in threads that can be given up."""

import asyncio
import inspect
import queue
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any, Final, Protocol

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem

FUNCTION_S_MAX: Final = 60.0
"""A user's function that takes longer is left alone, and its target counts as failed."""
_ABANDONED_MAX: Final = 4
"""Threads that hang in an evaluator's function before it is called no more."""

Result = Sequence[Score] | EvaluatorProblem


class Ready(Protocol):
    """`quality.judging.ReadyEvaluator`."""

    is_judge: bool

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score] | Awaitable[Sequence[Score]]: ...


class Execution(Protocol):
    @property
    def targets_max(self) -> int:
        """How many are given at a time."""

    async def evaluate(self, ready: Ready, targets: Sequence[EvaluationTarget]) -> list[Result]:
        """For each target its scores, or why there are none. Raises EvaluatorProblem of scope evaluator."""


class Waiting:
    """Judges: they wait for others, on the loop."""

    targets_max: Final = 1

    async def evaluate(self, ready: Ready, targets: Sequence[EvaluationTarget]) -> list[Result]:
        return [await self._evaluate(ready, target) for target in targets]

    async def _evaluate(self, ready: Ready, target: EvaluationTarget) -> Result:
        try:
            found = ready.evaluate(target)
            return await found if inspect.isawaitable(found) else found
        except EvaluatorProblem:
            raise
        except Exception as error:  # noqa: BLE001 - one target's surprise must not end the evaluator
            return _surprise(error)


class Computing:
    """Rules without I/O: several targets at a time, beside the loop."""

    targets_max: Final = 16

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def evaluate(self, ready: Ready, targets: Sequence[EvaluationTarget]) -> list[Result]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._evaluate_all, ready, targets)

    def _evaluate_all(self, ready: Ready, targets: Sequence[EvaluationTarget]) -> list[Result]:
        return [_compute(ready, target) for target in targets]


class Calling:
    """Functions that users wrote: they may wait, compute or hang. Each evaluator has threads of its own,
    which do not keep the process alive."""

    targets_max: Final = 1

    def __init__(self, *, timeout_s: float = FUNCTION_S_MAX) -> None:
        self._timeout_s = timeout_s
        self._idle: list[_Caller] = []
        self._abandoned = 0

    async def evaluate(self, ready: Ready, targets: Sequence[EvaluationTarget]) -> list[Result]:
        return [await self._call(ready, target) for target in targets]

    async def _call(self, ready: Ready, target: EvaluationTarget) -> Result:
        if self._abandoned >= _ABANDONED_MAX:
            raise EvaluatorProblem(
                f"its function hung {self._abandoned} times and is not called any more",
                scope="evaluator",
                hint="mend the function and restart the server",
            )
        caller = self._idle.pop() if self._idle else _Caller()
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await caller.call(_compute, ready, target)
        except TimeoutError:
            self._abandoned += 1
            caller.leave()
            return EvaluatorProblem(f"its function took longer than {self._timeout_s:g} s")
        except asyncio.CancelledError:
            caller.leave()
            raise
        self._idle.append(caller)
        return result

    def close(self) -> None:
        while self._idle:
            self._idle.pop().leave()


class _Caller:
    """A thread that calls one function at a time."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="evaluate-function", daemon=True).start()

    async def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()

        def work() -> None:
            result = function(*arguments)
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answer, result)

        self._work.put(work)
        return await answer

    def leave(self) -> None:
        """End when what it does is done."""
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _answer(answer: asyncio.Future[Result], result: Result) -> None:
    if not answer.done():
        answer.set_result(result)


def _compute(ready: Ready, target: EvaluationTarget) -> Result:
    """In a thread that may block."""
    try:
        found = ready.evaluate(target)
        return asyncio.run(_awaited(found)) if inspect.isawaitable(found) else found
    except EvaluatorProblem as problem:
        return problem
    except Exception as error:  # noqa: BLE001 - a user's function may raise anything
        return _surprise(error)


async def _awaited(found: Awaitable[Sequence[Score]]) -> Sequence[Score]:
    return await found


def _surprise(error: Exception) -> EvaluatorProblem:
    return EvaluatorProblem(f"{type(error).__name__}: {error}"[:500])
