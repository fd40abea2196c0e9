"""Time as the example sees it: real, or with the waiting left out."""

import bisect
import threading
import time
from typing import Final, Protocol

_ARRIVAL_S: Final = 0.008


class Clock(Protocol):
    def now_s(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None: ...

    def let_arrive(self) -> None:
        """Give what was just sent the time to arrive, before the clock goes on."""


class RealClock:
    """Once `stop` is set, nobody sleeps any more."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now_s(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def let_arrive(self) -> None:
        """Nothing to do: time goes on by itself."""


class SkippingClock:
    """Sleeping takes no time, but is remembered: `stretch` tells when something would have happened.

    What runs under it must run one after the other, since a sleep moves everyone; where one part sleeps
    while another reads what it sent, `let_arrive` comes between.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._skipped_at_ns: list[int] = []
        self._skipped_ns: list[int] = [0]

    def now_s(self) -> float:
        return self.stretch(time.time_ns()) / 1e9

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._skipped_at_ns.append(time.time_ns())
            self._skipped_ns.append(self._skipped_ns[-1] + int(seconds * 1e9))

    def let_arrive(self) -> None:
        time.sleep(_ARRIVAL_S)

    def stretch(self, time_ns: int) -> int:
        """A real time plus all the sleeping that came before it, in nanoseconds."""
        with self._lock:
            return time_ns + self._skipped_ns[bisect.bisect_left(self._skipped_at_ns, time_ns)]
