"""Limits of a connection: concurrency, calls a minute, pauses; fair, from any thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.loops import run_apart

from spanglass.evaluators.judge import Limits


class Clock:
    """Passes as somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def test_no_more_calls_at_once_than_allowed_and_first_come_first_served() -> None:
    limits = Limits(concurrency_max=2)
    running, peak, order = 0, 0, []

    async def call(number: int) -> None:
        nonlocal running, peak
        async with limits.slot():
            running += 1
            peak = max(peak, running)
            order.append(number)
            for _ in range(3):
                await asyncio.sleep(0)
            running -= 1

    async def all_calls() -> None:
        await asyncio.gather(*(call(number) for number in range(10)))

    run_apart(all_calls())
    assert peak == 2
    assert order == list(range(10))
    assert limits.in_flight == 0


def test_calls_a_minute_are_spread_over_it() -> None:
    clock = Clock()
    limits = Limits(concurrency_max=1, calls_per_minute_max=30, clock=clock, sleep=clock.sleep)

    async def calls() -> list[float]:
        started = []
        for _ in range(4):
            async with limits.slot():
                started.append(clock.now)
        return started

    assert run_apart(calls()) == [1000.0, 1002.0, 1004.0, 1006.0]


def test_a_pause_holds_for_all() -> None:
    clock = Clock()
    limits = Limits(concurrency_max=4, clock=clock, sleep=clock.sleep)
    limits.pause(7.0)

    async def started() -> float:
        async with limits.slot():
            return clock.now

    assert run_apart(started()) == 1007.0


def test_who_gives_up_waiting_leaves_no_gap() -> None:
    limits = Limits(concurrency_max=1)

    async def story() -> list[str]:
        served: list[str] = []
        release = asyncio.Event()

        async def call(name: str) -> None:
            async with limits.slot():
                served.append(name)
                await release.wait()

        tasks = [asyncio.create_task(call(name)) for name in ("first", "second", "third")]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return served

    assert run_apart(story()) == ["first", "third"]
    assert limits.in_flight == 0


def test_who_gives_up_just_when_served_hands_the_slot_on() -> None:
    limits = Limits(concurrency_max=1)

    async def story() -> list[str]:
        served: list[str] = []

        async def call(name: str) -> None:
            async with limits.slot():
                served.append(name)

        async with limits.slot():
            tasks = [asyncio.create_task(call(name)) for name in ("second", "third")]
            await asyncio.sleep(0.01)
        # The slot is on its way to the second one.
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return served

    assert run_apart(story()) == ["third"]
    assert limits.in_flight == 0


def test_threads_with_loops_of_their_own_share_the_limit() -> None:
    limits = Limits(concurrency_max=3)
    lock = threading.Lock()
    running, peak, done = 0, 0, 0

    async def call() -> None:
        nonlocal running, peak, done
        async with limits.slot():
            with lock:
                running += 1
                peak = max(peak, running)
            await asyncio.sleep(0.001)
            with lock:
                running -= 1
                done += 1

    async def calls() -> None:
        await asyncio.gather(*(call() for _ in range(20)))

    with ThreadPoolExecutor(4) as pool:
        for finished in [pool.submit(asyncio.run, calls()) for _ in range(4)]:
            finished.result(60)
    assert done == 80
    assert peak <= 3
    assert limits.in_flight == 0


@pytest.mark.parametrize("given", [{"concurrency_max": 0}, {"concurrency_max": 1, "calls_per_minute_max": 0}])
def test_limits_are_at_least_one(given: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limits(**given)
