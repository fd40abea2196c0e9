"""When each key was last used."""

import threading
from collections.abc import Callable
from typing import Final

from spanglass_server.base.errors import StorageUnavailable

_INTERVAL_NS: Final = 10_000_000_000


class LastUsed:
    """Notes uses in memory and writes them now and then, on a thread of its own: no request waits for it."""

    def __init__(self, write: Callable[[dict[str, int]], None], *, monotonic_ns: Callable[[], int]) -> None:
        self._write = write
        self._monotonic_ns = monotonic_ns
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[str, int] = {}
        self._next_write_ns = monotonic_ns() + _INTERVAL_NS
        self._thread: threading.Thread | None = None

    def note(self, public_key: str, time_ns: int) -> None:
        now = self._monotonic_ns()
        with self._lock:
            self._pending[public_key] = time_ns
            if now < self._next_write_ns:
                return
            self._next_write_ns = now + _INTERVAL_NS
            self._thread = threading.Thread(target=self.flush, name="keys-last-used", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Write what is pending. Where the database does not answer it stays pending: nobody waits for it."""
        with self._writing:
            with self._lock:
                used, self._pending = self._pending, {}
            try:
                if used:
                    self._write(used)
            except StorageUnavailable:
                with self._lock:
                    self._pending = used | self._pending

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self.flush()
