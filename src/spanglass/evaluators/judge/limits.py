"""How many calls a connection to a judge carries at once, and how many a minute."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

_Waiter: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]


class Limits:
    """Shared by all that call through a connection, from any thread and event loop.

    Whoever asked first goes first. Calls a minute are spread evenly over it; a service that asks to be left
    alone is left alone by all.
    """

    def __init__(
        self,
        *,
        concurrency_max: int = 8,
        calls_per_minute_max: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if concurrency_max < 1 or (calls_per_minute_max is not None and calls_per_minute_max < 1):
            raise ValueError("concurrency_max and calls_per_minute_max are at least 1")
        self._concurrency_max = concurrency_max
        self._interval_s = 0.0 if calls_per_minute_max is None else 60.0 / calls_per_minute_max
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._waiters: deque[_Waiter] = deque()
        self._in_flight = 0
        self._free_at_s = clock()

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Around one request."""
        await self._enter()
        try:
            await self._await_turn()
            yield
        finally:
            self._leave()

    def pause(self, seconds: float) -> None:
        """No call starts before so many seconds are over."""
        with self._lock:
            self._free_at_s = max(self._free_at_s, self._clock() + seconds)

    async def _enter(self) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._in_flight < self._concurrency_max and not self._waiters:
                self._in_flight += 1
                return
            granted: asyncio.Future[None] = loop.create_future()
            self._waiters.append((loop, granted))
        try:
            await granted
        except asyncio.CancelledError:
            self._give_up(loop, granted)
            raise

    def _give_up(self, loop: asyncio.AbstractEventLoop, granted: asyncio.Future[None]) -> None:
        """A slot that was given in the meantime goes to the next one."""
        if granted.done() and not granted.cancelled():
            self._leave()
            return
        with self._lock:
            if (loop, granted) in self._waiters:
                self._waiters.remove((loop, granted))

    def _leave(self) -> None:
        with self._lock:
            while self._waiters:
                loop, granted = self._waiters.popleft()
                try:
                    loop.call_soon_threadsafe(self._grant, granted)
                except RuntimeError:  # Its loop is closed: nobody waits there any more.
                    continue
                return
            self._in_flight -= 1

    def _grant(self, granted: asyncio.Future[None]) -> None:
        if granted.done():
            self._leave()
        else:
            granted.set_result(None)

    async def _await_turn(self) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._free_at_s)
            if self._interval_s:
                self._free_at_s = turn + self._interval_s
        if turn > now:
            await self._sleep(turn - now)
