"""What an evaluator does when its judge is down or its budget spent: it waits, asks again, loses nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.errors import Busy
from spanglass_server.model.evaluation import EvaluatorStatus
from spanglass_server.quality.budget import OverBudget

T = TypeVar("T")

FIRST_WAIT_S: Final = 1.0
WAIT_S_MAX: Final = 60.0
BUDGET_LOOK_S: Final = 5.0
"""How soon a raised budget, or a new day, is noticed: asking costs nothing."""
TARGET_TRIES: Final = 3
"""Of a target that fails for reasons that may pass."""

OnStatus = Callable[[EvaluatorStatus, str], None]


class Troubles:
    """What keeps an evaluator from going on, of several things that may: the first one is told."""

    def __init__(self, on_status: OnStatus) -> None:
        self._on_status = on_status
        self._found: dict[str, tuple[EvaluatorStatus, str]] = {}

    def of(self, source: str) -> OnStatus:
        def tell(status: EvaluatorStatus, reason: str) -> None:
            self._found.pop(source, None)
            if status != "running":
                self._found[source] = (status, reason)
            self._on_status(*next(iter(self._found.values()), ("running", "")))

        return tell


class Patience:
    """Lets attempts pass while all is well. After one that failed for reasons that are not its target's, one
    attempt at a time tries again, at growing intervals, and the others wait for its success. For one loop."""

    def __init__(
        self,
        on_status: OnStatus,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_status`: told `failing` or `over_budget` with the reason, and `running` when it goes on."""
        self._on_status = on_status
        self._sleep = sleep
        self._monotonic_s = monotonic_s
        self._is_troubled = False
        self._wait_s = FIRST_WAIT_S
        self._retry_at_s = 0.0
        self._probe = asyncio.Lock()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something changed: try now."""
        self._retry_at_s, self._wait_s = 0.0, FIRST_WAIT_S
        self._woken.set()

    async def attempt(self, do: Callable[[], Awaitable[T]]) -> T:
        """What `do` returns at last. It raises EvaluatorProblem, or Busy where storage refuses; problems of
        the target alone, that will not pass, are raised here too."""
        tries = 0
        while True:
            tries += 1
            if not self._is_troubled:
                done = await self._try(do, tries, is_probe=False)
            else:
                async with self._probe:
                    if not self._is_troubled:
                        tries -= 1
                        continue
                    await self._wait()
                    done = await self._try(do, tries, is_probe=True)
            if done is not None:
                return done[0]

    async def _try(self, do: Callable[[], Awaitable[T]], tries: int, *, is_probe: bool) -> tuple[T] | None:
        try:
            result = await do()
        except OverBudget as problem:
            self._trouble("over_budget", problem, BUDGET_LOOK_S, is_probe=is_probe)
            return None
        except EvaluatorProblem as problem:
            if problem.scope == "target":
                if not problem.is_transient or tries >= TARGET_TRIES:
                    self._relieve()
                    raise
                await self._sleep(max(FIRST_WAIT_S * 2 ** (tries - 1), problem.retry_after_s or 0.0))
                return None
            self._trouble("failing", problem, problem.retry_after_s, is_probe=is_probe)
            return None
        except Busy as problem:
            self._trouble("failing", problem, float(problem.retry_after_s), is_probe=is_probe)
            return None
        self._relieve()
        return (result,)

    def _trouble(
        self,
        status: EvaluatorStatus,
        problem: EvaluatorProblem | Busy,
        wait_s: float | None,
        *,
        is_probe: bool,
    ) -> None:
        retry_at_s = self._monotonic_s() + max(self._wait_s, wait_s or 0.0)
        if self._is_troubled and not is_probe:
            # Of those that were under way when the first one failed: all together are one failure.
            self._retry_at_s = max(self._retry_at_s, retry_at_s if wait_s else 0.0)
            return
        self._woken.clear()
        self._retry_at_s = retry_at_s
        if status == "failing":
            self._wait_s = min(WAIT_S_MAX, self._wait_s * 2)
        self._is_troubled = True
        self._on_status(status, f"{problem.message}; {problem.hint}" if problem.hint else problem.message)

    def _relieve(self) -> None:
        if self._is_troubled:
            self._is_troubled, self._wait_s = False, FIRST_WAIT_S
            self._on_status("running", "")

    async def _wait(self) -> None:
        rest_s = self._retry_at_s - self._monotonic_s()
        if rest_s <= 0:
            return
        waiting = asyncio.ensure_future(self._woken.wait())
        sleeping = asyncio.ensure_future(self._sleep(rest_s))
        try:
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()
