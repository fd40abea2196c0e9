"""Statements wait for each other, project by project, on threads of their own."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from starlette.requests import Request

from spanglass_server.base.errors import Busy, QueryTooLarge
from spanglass_server.base.limits import (
    SQL_RUNS_MAX,
    SQL_RUNS_PER_PROJECT_MAX,
    SQL_RUNS_WAITING_MAX,
    SQL_SECONDS_MAX,
)

T = TypeVar("T")

_AGAIN_S: Final = 1.0
_WAIT_S: Final = 60.0
"""For the statements before it."""
_LATE_S: Final = 5.0
"""Past its time, a statement sits in one call that cannot be interrupted: its client is told without it."""


class SqlLane:
    """At most `SQL_RUNS_PER_PROJECT_MAX` statements of a project run at a time and `SQL_RUNS_MAX` of all, so
    that no project keeps another's from running. Those that wait hold no thread."""

    def __init__(self, *, seconds_max: float = SQL_SECONDS_MAX + _LATE_S) -> None:
        self._seconds_max = seconds_max
        self._free = asyncio.Semaphore(SQL_RUNS_MAX)
        self._free_of: dict[str, asyncio.Semaphore] = {}
        self._here: defaultdict[str, int] = defaultdict(int)
        self._threads = ThreadPoolExecutor(SQL_RUNS_MAX, thread_name_prefix="sql")

    async def run(
        self, project_id: str, request: Request, work: Callable[[], T], *, cancel: Callable[[], None]
    ) -> T:
        """`work` on a thread. `cancel` is called, on a thread too, when the client goes away or the time is
        over. Raises Busy, QueryTooLarge and what `work` raises."""
        await self._enter(project_id)
        watcher = asyncio.create_task(_watch(request, cancel))
        task = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # The place is free when the work is over, which may be after its client has left.
        task.add_done_callback(lambda _: self._leave(project_id))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._seconds_max)
            if not done:
                task.add_done_callback(_forget)
                await asyncio.to_thread(cancel)
                raise QueryTooLarge(
                    f"the statement took longer than {self._seconds_max:.0f} s", limit="max_execution_time"
                )
            return task.result()
        finally:
            watcher.cancel()

    async def _enter(self, project_id: str) -> None:
        if self._here[project_id] >= SQL_RUNS_WAITING_MAX + SQL_RUNS_PER_PROJECT_MAX:
            raise Busy(f"{SQL_RUNS_WAITING_MAX} statements are waiting already", hint="ask again in a moment")
        self._here[project_id] += 1
        own = self._free_of.setdefault(project_id, asyncio.Semaphore(SQL_RUNS_PER_PROJECT_MAX))
        try:
            async with asyncio.timeout(_WAIT_S):
                await own.acquire()
                try:
                    await self._free.acquire()
                except BaseException:
                    own.release()
                    raise
        except BaseException as error:
            self._forget_if_last(project_id)
            if isinstance(error, TimeoutError):
                raise Busy("other statements take all the time there is", hint="ask again later") from None
            raise

    def _leave(self, project_id: str) -> None:
        self._free.release()
        self._free_of[project_id].release()
        self._forget_if_last(project_id)

    def _forget_if_last(self, project_id: str) -> None:
        self._here[project_id] -= 1
        if not self._here[project_id]:
            del self._here[project_id]
            self._free_of.pop(project_id, None)


def _forget(task: "asyncio.Future[T]") -> None:
    """Take what it raised, which nobody waits for."""
    if not task.cancelled():
        task.exception()


async def _watch(request: Request, cancel: Callable[[], None]) -> None:
    """Until the client goes away, and from then on until the work is over: what is asked of the engine may
    just be beginning. The request's body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    while True:
        await asyncio.to_thread(cancel)
        await asyncio.sleep(_AGAIN_S)
