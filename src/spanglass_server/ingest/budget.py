"""How much may wait: decompressed bytes of everything taken in and not yet answered."""

import threading

from spanglass_server.base.errors import QueueFull


class QueueBudget:
    """Safe from any thread."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        return self._used

    def open(self) -> "Reservation":
        return Reservation(self)

    def _take(self, size: int, held: int) -> None:
        with self._lock:
            # Whoever holds everything may go beyond: one request has its own limit, and a queue smaller than
            # the largest request must not refuse that for ever.
            if self._used + size > self.bytes_max and self._used > held:
                raise QueueFull(
                    f"{self._used} bytes wait for storage (setting queue_bytes_max = {self.bytes_max})",
                    hint="try again later; storage is slower than what arrives",
                    retry_after_s=1,
                )
            self._used += size

    def _give_back(self, size: int) -> None:
        with self._lock:
            self._used -= size


class Reservation:
    """One request's share, which grows while its body arrives. Releasing twice is fine."""

    __slots__ = ("_budget", "size")

    def __init__(self, budget: QueueBudget) -> None:
        self._budget = budget
        self.size = 0

    def grow(self, size: int) -> None:
        """Raises QueueFull, holding what it held."""
        self._budget._take(size, self.size)
        self.size += size

    def shrink(self, size: int) -> None:
        """Give back a part: the compressed body, once it is decompressed."""
        self.size -= size
        self._budget._give_back(size)

    def release(self) -> None:
        size, self.size = self.size, 0
        if size:
            self._budget._give_back(size)
