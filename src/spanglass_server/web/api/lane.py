"""Long reads wait for each other, so that opening a trace never waits for them."""

import asyncio
from collections.abc import AsyncIterator

from spanglass_server.base.errors import Busy

LONG_READS_MAX = 2
LONG_READS_WAITING_MAX = 32


class LongLane:
    """A FastAPI dependency: at most `LONG_READS_MAX` of its requests run at a time, and those that wait hold
    no thread. Past `LONG_READS_WAITING_MAX` of them it answers 429."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(LONG_READS_MAX)
        self._waiting = 0

    async def __call__(self) -> AsyncIterator[None]:
        if self._waiting >= LONG_READS_WAITING_MAX:
            raise Busy(
                f"{LONG_READS_WAITING_MAX} long reads are waiting already",
                hint="ask again in a moment, or for a shorter time range",
            )
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
