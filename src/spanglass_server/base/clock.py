"""Wall time as an argument: what the rest of the server calls instead of reading the clock."""

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds since the epoch."""

now_ns: Clock = time.time_ns


class VersionClock:
    """Strictly increasing nanoseconds, a commit's version: the later one wins, whatever the clock does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock:
            self._last = max(self._clock(), self._last + 1)
            return self._last
