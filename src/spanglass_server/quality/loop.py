"""An event loop on a thread of its own, for judges that a request asks: importing a model's library takes
seconds, and the server's own loop must not wait for it."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from spanglass_server.base.errors import Busy, StorageUnavailable

T = TypeVar("T")


class JudgeLoop:
    """Starts with the first question. Safe from many threads."""

    def __init__(self, *, concurrency_max: int) -> None:
        self._slots = threading.BoundedSemaphore(concurrency_max)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """What it returns or raises; TimeoutError where that takes too long. Raises Busy where as many as may
        run already."""
        if not self._slots.acquire(blocking=False):
            work.close()
            raise Busy("other trials are running", hint="try again in a moment", retry_after_s=2)
        try:
            waiting = asyncio.run_coroutine_threadsafe(_bounded(work, timeout_s), self._started())
            return waiting.result()
        except CancelledError:
            raise StorageUnavailable("the server is stopping", hint="try again in a moment") from None
        finally:
            self._slots.release()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._is_closed:
                raise StorageUnavailable("the server is stopping", hint="try again in a moment")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._serve, name="judge-trials", daemon=True)
                self._thread.start()
            return self._loop

    def _serve(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            pending = asyncio.all_tasks(self._loop)
            for task in pending:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self._loop.close()


async def _bounded(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
    async with asyncio.timeout(timeout_s):
        return await work
