"""Evaluations wait for each other, end when their client goes away, and leave the event loop alone."""

import asyncio
import threading
import time
from typing import Any

import pytest
from starlette.requests import Request

from spanglass_server.base.errors import Busy, QueryTooLarge
from spanglass_server.metrics.runner import Cancellation
from spanglass_server.web.prometheus.lane import QueryLane


class Client:
    """The other end of a request; it stays until `leave`."""

    def __init__(self) -> None:
        self._left = asyncio.Event()

    def leave(self) -> None:
        self._left.set()

    async def receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    @property
    def request(self) -> Request:
        return Request({"type": "http", "method": "GET", "headers": []}, self.receive)


def until_cancelled(cancellation: Cancellation) -> None:
    while True:
        cancellation.check()
        time.sleep(0.002)


def test_an_evaluation_ends_when_its_client_goes_away() -> None:
    async def story() -> str:
        lane, client = QueryLane("t", running_max=1, waiting_max=1), Client()
        cancellation = Cancellation(timeout_s=60)
        asyncio.get_running_loop().call_later(0.05, client.leave)
        with pytest.raises(QueryTooLarge) as caught:
            await lane.run(client.request, cancellation, lambda: until_cancelled(cancellation))
        return caught.value.limit

    assert asyncio.run(story()) == "cancelled"


def test_no_more_run_at_a_time_than_allowed_and_the_rest_wait() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    async def story() -> None:
        lane = QueryLane("t", running_max=2, waiting_max=10)
        await asyncio.gather(
            *(lane.run(Client().request, Cancellation(timeout_s=60), work) for _ in range(8))
        )

    asyncio.run(story())
    assert most == 2


def test_who_waits_too_long_is_told_so_and_the_lane_goes_on() -> None:
    async def story() -> str:
        lane, release = QueryLane("t", running_max=1, waiting_max=1), threading.Event()
        first = asyncio.create_task(lane.run(Client().request, Cancellation(timeout_s=60), release.wait))
        await asyncio.sleep(0.02)
        with pytest.raises(QueryTooLarge) as caught:
            await lane.run(Client().request, Cancellation(timeout_s=0.05), lambda: None)
        release.set()
        assert await first
        assert await lane.run(Client().request, Cancellation(timeout_s=60), lambda: 7) == 7
        return caught.value.message

    assert asyncio.run(story()) == "query timed out in query queue"


def test_one_more_than_may_wait_is_sent_away() -> None:
    async def story() -> None:
        lane, release = QueryLane("t", running_max=1, waiting_max=1), threading.Event()
        tasks = [
            asyncio.create_task(lane.run(Client().request, Cancellation(timeout_s=60), release.wait))
            for _ in range(2)
        ]
        await asyncio.sleep(0.02)
        with pytest.raises(Busy):
            await lane.run(Client().request, Cancellation(timeout_s=60), lambda: None)
        release.set()
        assert all(await asyncio.gather(*tasks))

    asyncio.run(story())


def test_a_client_that_leaves_while_it_waits_is_never_evaluated() -> None:
    async def story() -> bool:
        lane, release, client = QueryLane("t", running_max=1, waiting_max=1), threading.Event(), Client()
        is_evaluated = False

        def work() -> None:
            nonlocal is_evaluated
            is_evaluated = True

        first = asyncio.create_task(lane.run(Client().request, Cancellation(timeout_s=60), release.wait))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(lane.run(client.request, Cancellation(timeout_s=60), work))
        await asyncio.sleep(0.02)
        client.leave()
        await asyncio.sleep(0.02)
        release.set()
        await first
        with pytest.raises(QueryTooLarge):
            await second
        return is_evaluated

    assert asyncio.run(story()) is False
