"""The rules of projects, at hand for every request: read from the store now and then, and what they did
counted there.

A policy that cannot be read fails the request, which its sender repeats: nothing is stored by rules that may
not be the project's.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import SpanglassError, StorageUnavailable
from spanglass_server.model.redaction import RedactionCount, RedactionPolicy
from spanglass_server.normalize.redaction import DEFAULT_POLICY, Redactor, Tally
from spanglass_server.store.directory import judges_id_of
from spanglass_server.store.redaction import CountedRedaction, RedactionStore, StoredPolicy

_POLICY_AGE_NS_MAX: Final = 5_000_000_000
"""How long another server may go by the rules before a change."""
_PROJECTS_MAX: Final = 1_000
_HOUR_NS: Final = 3_600 * 1_000_000_000
COUNTS_KEPT_NS: Final = 31 * 24 * _HOUR_NS
_WAITING_COUNTS_MAX: Final = 100_000
"""Kinds of counts that wait while the database is away; then new ones are let go."""


@dataclass(slots=True)
class _Known:
    read_at_ns: int
    redactor: Redactor
    updated_at_ns: int
    """Of the policy; -1: the default's."""


class Redaction:
    """Safe from many threads."""

    def __init__(
        self,
        store: RedactionStore | None = None,
        *,
        stores_content: bool = True,
        clock: Clock = lambda: 0,
        monotonic_ns: Callable[[], int] = lambda: 0,
    ) -> None:
        """Without a store every project has the default's rules. `stores_content` is false where the server
        stores no inputs and outputs, whatever projects say."""
        self._store = store
        self.stores_content = stores_content
        self._clock = clock
        self._monotonic_ns = monotonic_ns
        self._default = Redactor(self.enforced(DEFAULT_POLICY), b"")
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: dict[tuple[int, str, RedactionCount], int] = {}
        self._total = 0
        self._forgotten_at_ns = 0
        self._log = structlog.get_logger("spanglass.ingest")

    def redactor(self, project_id: str) -> Redactor:
        """Of the project's rules as they were a moment ago. Raises StorageUnavailable."""
        now_ns = self._monotonic_ns()
        known = self._known.get(project_id)
        if known is not None and now_ns - known.read_at_ns < _POLICY_AGE_NS_MAX:
            return known.redactor
        stored = None if self._store is None else self._store.find(project_id)
        updated_at_ns = -1 if stored is None else stored.updated_at_ns
        if known is not None and known.updated_at_ns == updated_at_ns:
            redactor = known.redactor
        elif stored is None:
            redactor = self._default
        else:
            redactor = Redactor(self.enforced(stored.policy), stored.key)
        if len(self._known) >= _PROJECTS_MAX:
            self._known.clear()
        self._known[project_id] = _Known(now_ns, redactor, updated_at_ns)
        return redactor

    def enforced(self, policy: RedactionPolicy) -> RedactionPolicy:
        """The policy within the server's own."""
        return policy if self.stores_content else policy._replace(stores_content=False)

    def find(self, project_id: str) -> StoredPolicy | None:
        """None for a project that goes by the default."""
        return None if self._store is None else self._store.find(project_id)

    def put(self, project_id: str, policy: RedactionPolicy) -> StoredPolicy:
        """This server's next request goes by it, and any other's within seconds."""
        stored = self._kept.put(project_id, policy, self._clock())
        self._forget(project_id)
        return stored

    def reset(self, project_id: str) -> None:
        """Back to the default."""
        self._kept.delete(project_id)
        self._forget(project_id)

    def list_counts(self, project_id: str, from_ns: int) -> Sequence[CountedRedaction]:
        """Of the hours that begin at `from_ns` or later, up to this moment's."""
        self.flush()
        return () if self._store is None else self._store.list_counts(project_id, from_ns)

    @property
    def _kept(self) -> RedactionStore:
        if self._store is None:
            raise StorageUnavailable("this server keeps no rules", hint="start it with a metadata database")
        return self._store

    def _forget(self, project_id: str) -> None:
        for known in (project_id, judges_id_of(project_id)):
            self._known.pop(known, None)

    def count(self, project_id: str, tally: Tally) -> None:
        """Told the store by the next `flush`."""
        if not tally.total or self._store is None:
            return
        hour_ns = self._clock() // _HOUR_NS * _HOUR_NS
        with self._lock:
            self._total += tally.total
            for replaced, count in tally.counts.items():
                key = (hour_ns, project_id, RedactionCount(*replaced))
                if key in self._waiting or len(self._waiting) < _WAITING_COUNTS_MAX:
                    self._waiting[key] = self._waiting.get(key, 0) + count

    def counters(self) -> Mapping[str, int]:
        with self._lock:
            return {"redactions": self._total}

    def flush(self) -> None:
        """Write what waits; what the database does not take waits on. Blocks."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            if not waiting:
                return
            try:
                self._write(waiting)
            except SpanglassError as error:
                self._log.warning("redaction_counts_failed", reason=error.message)
                with self._lock:
                    for key, count in waiting.items():
                        self._waiting[key] = self._waiting.get(key, 0) + count

    def _write(self, waiting: dict[tuple[int, str, RedactionCount], int]) -> None:
        for hour_ns in sorted({hour_ns for hour_ns, _, _ in waiting}):
            counts = {key[1:]: count for key, count in waiting.items() if key[0] == hour_ns}
            self._kept.add_counts(hour_ns, counts)
            for key in counts:
                del waiting[(hour_ns, *key)]
        now_ns = self._clock()
        if now_ns - self._forgotten_at_ns > _HOUR_NS:
            self._kept.forget_counts(now_ns - COUNTS_KEPT_NS)
            self._forgotten_at_ns = now_ns
