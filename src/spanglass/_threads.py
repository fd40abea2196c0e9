"""Context for other threads: Python hands it to tasks of asyncio, but not to threads."""

import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def in_context(function: Callable[P, R]) -> Callable[P, R]:
    """The function, to be run elsewhere in the context of here: spans that it makes become children of the
    current one. For `threading.Thread(target=...)`, `executor.submit(...)`, `loop.run_in_executor(...)`,
    callbacks.
    """
    here = contextvars.copy_context()

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # A context can be entered once at a time: each call gets its own, which costs nothing.
        return here.copy().run(function, *args, **kwargs)

    return run


class ContextThreadPoolExecutor(ThreadPoolExecutor):
    """A ThreadPoolExecutor whose work runs in the context of who submitted it; `map` submits too."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        return super().submit(partial(contextvars.copy_context().run, fn, *args, **kwargs))
