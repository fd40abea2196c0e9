"""Passwords: argon2id, a few at a time, and none that everybody tries first.

Sources: RFC 9106 (argon2id); OWASP's password storage cheat sheet (its parameters for 19 MiB); NIST SP
800-63B, 5.1.1.2 (length instead of rules of composition; a list of those that are common).
"""

import contextlib
import gzip
import itertools
import threading
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from spanglass_server.base.errors import BadInput, Busy

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 1_000
"""Whoever sends more is testing us; hashing it would be our cost."""
_CONCURRENT_MAX: Final = 2
_WAITING_MAX: Final = 12
"""Requests that wait for a hash hold threads that all others need, too."""
_WAIT_S_MAX: Final = 10.0
_DISTINCT_CHARS_MIN: Final = 4


class Passwords:
    """Hashes and verifies; at most `_CONCURRENT_MAX` at a time, each of which takes 19 MiB and some 30 ms of
    a core. Raises Busy where too many wait."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = threading.BoundedSemaphore(_CONCURRENT_MAX)
        self._lock = threading.Lock()
        self._waiting = 0
        self._nobodys = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(password)

    def is_right(self, password: str, stored: str | None) -> bool:
        """Takes as long for a person who has none, or does not exist (`stored` None), as for any other."""
        if len(password) > PASSWORD_CHARS_MAX:
            password = ""
        with self._turn():
            try:
                self._hasher.verify(stored or self._nobodys, password)
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Hashed with other parameters than now."""
        return self._hasher.check_needs_rehash(stored)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            if self._waiting >= _WAITING_MAX:
                raise _too_many()
            self._waiting += 1
        try:
            if not self._turns.acquire(timeout=_WAIT_S_MAX):
                raise _too_many()
        finally:
            with self._lock:
                self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()


def check_password(password: str, *, email: str, name: str) -> None:
    """Raises BadInput for one that is too short, too long, or among the first that anybody would try."""
    if len(password) < PASSWORD_CHARS_MIN:
        raise BadInput(
            f"the password is shorter than {PASSWORD_CHARS_MIN} characters",
            hint="three or four words that have nothing to do with each other are easy to remember",
        )
    if len(password) > PASSWORD_CHARS_MAX:
        raise BadInput(f"the password is longer than {PASSWORD_CHARS_MAX} characters")
    if is_common(password, own=(email, email.partition("@")[0], name, "spanglass")):
        raise BadInput(
            "the password is among the first that anybody would try", hint="take one that nobody else has"
        )


def is_common(password: str, *, own: tuple[str, ...] = ()) -> bool:
    """`own`: words that everybody knows to belong to this person."""
    lowered = password.lower()
    core = lowered.rstrip("0123456789!@#$%^&*?._- ")
    return (
        lowered in _common()
        or core in _common()
        or len(set(lowered)) < _DISTINCT_CHARS_MIN
        or _is_row(lowered)
        or any(word.lower() in (lowered, core) for word in own if word)
    )


def _is_row(text: str) -> bool:
    """1234567890, abcdefghij, and backwards."""
    steps = {(ord(after) - ord(before)) for before, after in itertools.pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}


@cache
def _common() -> frozenset[str]:
    packed = files("spanglass_server.accounts").joinpath("common_passwords.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def _too_many() -> Busy:
    return Busy("too many people sign in at this moment", hint="try again in a few seconds", retry_after_s=3)
