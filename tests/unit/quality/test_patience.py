"""Waiting for a judge that is down, on a clock that moves when somebody sleeps."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from spanglass.evaluators import EvaluatorProblem
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.quality.budget import OverBudget
from spanglass_server.quality.patience import TARGET_TRIES, Patience, Troubles

DOWN = EvaluatorProblem("the judge is down", scope="evaluator", is_transient=True, hint="start it")
SLOW_DOWN = EvaluatorProblem("slow down", scope="evaluator", is_transient=True, retry_after_s=7.0)
TOO_LONG = EvaluatorProblem("the text is too long")
UNREADABLE = EvaluatorProblem("it answered nonsense", is_transient=True)
SPENT = OverBudget("all is spent", of="day", until_ns=None, hint="raise it")


class World:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.told: list[tuple[float, str, str]] = []
        self.patience = Patience(self._tell, sleep=self.sleep, monotonic_s=lambda: self.now_s)

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)

    def _tell(self, status: str, reason: str) -> None:
        self.told.append((self.now_s, status, reason))

    def after(self, *problems: Exception) -> Callable[[], Awaitable[str]]:
        """Raises these in turn, then answers."""
        left = list(problems)

        async def do() -> str:
            await asyncio.sleep(0)
            if left:
                raise left.pop(0)
            return "done"

        return do


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_what_goes_well_is_not_told() -> None:
    world = World()
    assert run(world.patience.attempt(world.after())) == "done"
    assert (world.now_s, world.told) == (0.0, [])


def test_the_wait_doubles_up_to_a_minute_and_ends_with_a_success() -> None:
    world = World()
    assert run(world.patience.attempt(world.after(*[DOWN] * 9))) == "done"
    times = [time_s for time_s, status, _ in world.told if status == "failing"]
    assert [later - earlier for earlier, later in pairwise(times)] == [*(1, 2, 4, 8, 16, 32, 60, 60)]
    assert world.told[0][1:] == ("failing", "the judge is down; start it")
    assert world.told[-1] == (world.now_s, "running", "")


def test_a_judge_that_asks_for_time_gets_it() -> None:
    world = World()
    run(world.patience.attempt(world.after(SLOW_DOWN)))
    assert world.now_s == 7.0


def test_storage_that_is_busy_is_waited_for() -> None:
    world = World()
    assert run(world.patience.attempt(world.after(StorageUnavailable("busy")))) == "done"
    assert [status for _, status, _ in world.told] == ["failing", "running"]


def test_a_spent_budget_is_looked_at_again_every_few_seconds() -> None:
    world = World()
    run(world.patience.attempt(world.after(SPENT, SPENT, SPENT)))
    assert {status for _, status, _ in world.told} == {"over_budget", "running"}
    assert world.now_s == 15.0


def test_a_problem_of_the_target_is_not_tried_again() -> None:
    world = World()
    with pytest.raises(EvaluatorProblem, match="too long"):
        run(world.patience.attempt(world.after(TOO_LONG)))
    assert world.told == []


def test_a_problem_of_the_target_that_may_pass_is_tried_a_few_times() -> None:
    world = World()
    assert run(world.patience.attempt(world.after(*[UNREADABLE] * (TARGET_TRIES - 1)))) == "done"
    with pytest.raises(EvaluatorProblem, match="nonsense"):
        run(world.patience.attempt(world.after(*[UNREADABLE] * TARGET_TRIES)))


def test_while_the_judge_is_down_one_attempt_at_a_time_asks_it() -> None:
    world = World()
    asked: list[float] = []
    is_down = True

    async def do() -> str:
        asked.append(world.now_s)
        await asyncio.sleep(0)
        if is_down:
            raise DOWN
        return "done"

    async def story() -> list[str]:
        nonlocal is_down
        attempts = [asyncio.create_task(world.patience.attempt(do)) for _ in range(10)]
        while len(asked) < 13:
            await asyncio.sleep(0)
        is_down = False
        return await asyncio.gather(*attempts)

    assert run(story()) == ["done"] * 10
    # All ten at first; then one at a time, each after its wait, until one goes well.
    assert asked[:13] == [*[0.0] * 10, 1.0, 3.0, 7.0]


def test_a_change_is_tried_at_once() -> None:
    world = World()

    async def story() -> float:
        forever = asyncio.Event()

        async def never(_seconds: float) -> None:
            await forever.wait()

        patience = Patience(lambda *_: None, sleep=never, monotonic_s=lambda: world.now_s)
        attempt = asyncio.create_task(patience.attempt(world.after(DOWN)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not attempt.done()
        patience.wake()
        assert await attempt == "done"
        return world.now_s

    assert run(story()) == 0.0


def test_an_evaluator_goes_on_when_all_of_its_troubles_are_over() -> None:
    told: list[tuple[str, str]] = []
    troubles = Troubles(lambda status, reason: told.append((status, reason)))
    judges, storage = troubles.of("judges"), troubles.of("storage")
    judges("failing", "the judge is down")
    storage("failing", "the disk is full")
    judges("running", "")
    storage("running", "")
    assert told == [
        *[("failing", "the judge is down")] * 2,
        ("failing", "the disk is full"),
        ("running", ""),
    ]
