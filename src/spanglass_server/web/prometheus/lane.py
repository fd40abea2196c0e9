"""Evaluations run on a few threads of their own, so that heavy ones starve neither ingest nor each other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from spanglass_server.base.errors import Busy, QueryTooLarge
from spanglass_server.metrics.runner import Cancellation

T = TypeVar("T")


class QueryLane:
    """At most `running_max` run at a time; those that wait hold no thread, and `waiting_max` of them wait."""

    def __init__(self, name: str, *, running_max: int, waiting_max: int) -> None:
        self._free = asyncio.Semaphore(running_max)
        self._threads = ThreadPoolExecutor(running_max, thread_name_prefix=name)
        self._waiting = 0
        self._waiting_max = waiting_max

    async def run(self, request: Request, cancellation: Cancellation, work: Callable[[], T]) -> T:
        """`work` on a thread. `cancellation` is cancelled when the client goes away. Raises Busy where too
        many wait already, QueryTooLarge (`query_timeout_s`) where no thread came free in time, and what
        `work` raises."""
        watcher = asyncio.create_task(_watch(request, cancellation))
        try:
            await self._acquire(cancellation)
            try:
                cancellation.check()
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            finally:
                self._free.release()
        finally:
            watcher.cancel()

    async def _acquire(self, cancellation: Cancellation) -> None:
        if self._waiting >= self._waiting_max and self._free.locked():
            raise Busy(f"{self._waiting_max} queries are waiting already", hint="ask again in a moment")
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), cancellation.left_s)
        except TimeoutError:
            raise QueryTooLarge(
                "query timed out in query queue",
                hint="ask again in a moment; the limit is query_timeout_s",
                limit="query_timeout_s",
            ) from None
        finally:
            self._waiting -= 1


async def _watch(request: Request, cancellation: Cancellation) -> None:
    """Until the client goes away. Its request's body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    cancellation.cancel()
