"""How often a password may be tried: enough for a person who mistypes, not for a program.

After some wrong passwords each further one has to wait, twice as long every time, up to a minute. Wrong ones
are counted by the network they come from, and by the account they are for. So that nobody can keep a person
out by trying wrong passwords on purpose, a browser in which this person signed in before is counted by itself
(OWASP, "Slow down online guessing attacks with device cookies"). Links of an admin and OpenID Connect are not
held up at all.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from spanglass_server.base.errors import Busy

_NETWORK_FREE: Final = 30
_ACCOUNT_FREE: Final = 10
_DEVICE_FREE: Final = 10
_WAIT_S_MAX: Final = 60.0
_FORGET_S: Final = 3600.0
"""Without a further wrong password."""
_REMEMBERED_MAX: Final = 20_000


class Party(NamedTuple):
    """Who is counted."""

    key: str
    free: int
    """Wrong passwords before the first wait."""


class _Failures(NamedTuple):
    number: int
    at_s: float


class Attempts:
    """Safe from many threads. Kept in memory: each server counts for itself."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def begin(self, parties: Sequence[Party]) -> None:
        """Count an attempt as wrong before it is known to be, so that many at once are no way around; `clear`
        takes it back. Raises Busy, and counts nothing, where one of the parties has to wait."""
        now_s = self._clock()
        with self._lock:
            wait_s = max(self._wait_s(party, now_s) for party in parties)
            if wait_s > 0:
                raise Busy(
                    "too many wrong passwords",
                    hint=f"try again in {_rounded_up(wait_s)} s, or ask an admin for a link",
                    retry_after_s=_rounded_up(wait_s),
                )
            for party in parties:
                self._count(party.key, now_s)

    def clear(self, parties: Sequence[Party]) -> None:
        """The password was right. The network's other failures stay: an account of one's own must not make
        guessing at others free."""
        with self._lock:
            for party in parties:
                failures = self._failures.get(party.key)
                if failures is not None and party.key.startswith("network:"):
                    self._failures[party.key] = failures._replace(number=max(0, failures.number - 1))
                else:
                    self._failures.pop(party.key, None)

    def _wait_s(self, party: Party, now_s: float) -> float:
        failures = self._failures.get(party.key)
        if failures is None or now_s - failures.at_s > _FORGET_S or failures.number < party.free:
            return 0.0
        doubled = min(failures.number - party.free, 10)
        return failures.at_s + min(_WAIT_S_MAX, 2.0**doubled) - now_s

    def _count(self, key: str, now_s: float) -> None:
        failures = self._failures.get(key, _Failures(0, now_s))
        count = 0 if now_s - failures.at_s > _FORGET_S else failures.number
        self._failures[key] = _Failures(count + 1, now_s)
        self._failures.move_to_end(key)
        if len(self._failures) > _REMEMBERED_MAX:
            self._failures.popitem(last=False)


def parties_of(*, address: str, email: str, device: str) -> Sequence[Party]:
    """`device`: of a browser that this person is known to use; empty for any other."""
    if device:
        return (Party(f"device:{device}", _DEVICE_FREE),)
    return (Party(f"network:{network_of(address)}", _NETWORK_FREE), Party(f"account:{email}", _ACCOUNT_FREE))


def network_of(address: str) -> str:
    """A home or phone has a whole /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


def _rounded_up(seconds: float) -> int:
    return int(seconds) + 1
