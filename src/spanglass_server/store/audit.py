"""What the audit log promises: who changed what, and when.

Synchronous, may block, safe from many threads. Entries are written once and never changed; they go only by
age.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.identity import AuditEntry


class AuditPlace(NamedTuple):
    """Of an entry in the log."""

    time_ns: int
    id: str


class AuditQuery(NamedTuple):
    from_ns: int
    """Inclusive."""
    to_ns: int
    """Exclusive."""
    project_id: str | None = None
    """None is everything, the server's own entries (those of no project) included."""
    actor: str = ""
    """An id, or a part of a name, in any case."""
    action: str = ""
    """`key.create`; `key.` is every action of keys."""
    before: AuditPlace | None = None
    """The last entry of the page before."""
    limit: int = 100


class AuditLog(Protocol):
    def append(self, entry: AuditEntry) -> None: ...
    def list(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """The newest first, at most `limit`."""

    def list_actions(self, project_id: str | None) -> Sequence[str]:
        """Every action that the log knows of, in the alphabet's order."""

    def forget_before(self, time_ns: int) -> int:
        """Delete what is older; how many entries went."""

    def close(self) -> None: ...
