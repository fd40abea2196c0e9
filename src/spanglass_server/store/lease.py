"""Which server does what only one may do: a lease in the database, renewed while its holder lives."""

import threading
from typing import Final, Protocol

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.store.rules import Lease, LeaseLost

log = structlog.get_logger(__name__)

LEASE_TTL_S: Final = 15.0
"""A lease that was not renewed for so long has lapsed. Each server counts it by its own monotonic clock, so
that clocks which differ, or jump, matter to nobody."""
_SECOND_NS: Final = 1_000_000_000


class LeaseStore(Protocol):
    """As `store.rules.RuleStore`, which is one."""

    def find_lease(self, name: str) -> Lease | None: ...
    def take_lease(self, name: str, holder: str, seen: Lease | None) -> Lease | None: ...
    def renew_lease(self, lease: Lease) -> Lease | None: ...
    def release_lease(self, lease: Lease) -> None: ...


class LeaseKeeper:
    """`is_held` may be asked from any thread; `keep` and `release` by one."""

    def __init__(
        self,
        store: LeaseStore,
        name: str,
        *,
        holder: str,
        monotonic_ns: Clock,
        ttl_s: float = LEASE_TTL_S,
    ) -> None:
        """`name`: of what is done. `holder`: unique among living servers; the same after a restart where
        nobody else can have it."""
        self._store = store
        self._name = name
        self._holder = holder
        self._monotonic_ns = monotonic_ns
        self._ttl_ns = int(ttl_s * _SECOND_NS)
        self._lock = threading.Lock()
        self._held: Lease | None = None
        self._renewed_at_ns = 0
        self._seen: Lease | None = None
        """Another's, as it was when it was last seen to change."""
        self._seen_at_ns = 0

    @property
    def current(self) -> Lease | None:
        """The lease, while it is held and has not lapsed."""
        with self._lock:
            if self._held is None or self._monotonic_ns() - self._renewed_at_ns >= self._ttl_ns:
                return None
            return self._held

    @property
    def is_held(self) -> bool:
        return self.current is not None

    def keep(self) -> bool:
        """Take the lease if it is to be had, renew it if it is due; whether it is held. Storage that does not
        answer keeps a held one until it lapses."""
        try:
            self._renew() if self._held else self._take()
        except StorageUnavailable as error:
            log.warning("lease_unreachable", name=self._name, reason=error.message)
        return self.is_held

    def lose(self, _error: LeaseLost) -> None:
        """It turned out to be another's."""
        self._set(None)

    def release(self) -> None:
        """So that another takes it at once."""
        held, self._seen = self._held, None
        self._set(None)
        if held is not None:
            self._store.release_lease(held)

    def _renew(self) -> None:
        now_ns = self._monotonic_ns()
        held = self._held
        if held is None or now_ns - self._renewed_at_ns < self._ttl_ns // 3:
            return
        renewed = self._store.renew_lease(held)
        if renewed is None:
            log.warning("lease_lost", name=self._name, holder=self._holder)
        self._set(renewed, now_ns)

    def _take(self) -> None:
        now_ns = self._monotonic_ns()
        found = self._store.find_lease(self._name)
        if found != self._seen or self._seen_at_ns == 0:
            self._seen, self._seen_at_ns = found, now_ns
        is_free = found is None or found.holder in ("", self._holder)
        if not is_free and now_ns - self._seen_at_ns < self._ttl_ns:
            return
        taken = self._store.take_lease(self._name, self._holder, found)
        if taken is not None:
            log.info("lease_taken", name=self._name, holder=self._holder, epoch=taken.epoch)
        self._set(taken, now_ns)

    def _set(self, lease: Lease | None, now_ns: int = 0) -> None:
        with self._lock:
            self._held, self._renewed_at_ns = lease, now_ns
        if lease is None:
            self._seen_at_ns = 0
