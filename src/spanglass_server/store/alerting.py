"""What a store of notifications promises: configurations, silences, alerts, the notification log, attempts.

Synchronous, may block, safe from many threads; several servers may share it. Raises StorageUnavailable and
StorageFull. Times are milliseconds.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Attempt, LogEntry, Silence


class StoredConfig(NamedTuple):
    text: str
    """YAML with its secrets: for the dispatcher's eyes only."""
    updated_at_ms: int


class NotificationStore(Protocol):
    def find_config(self, project_id: str) -> StoredConfig | None: ...
    def put_config(self, project_id: str, config: StoredConfig) -> None:
        """NotFound for a project that is gone."""

    def delete_config(self, project_id: str) -> None: ...
    def list_silences(self, project_id: str) -> Sequence[Silence]:
        """All that are stored, expired ones included, those that end last first."""

    def find_silence(self, project_id: str, silence_id: str) -> Silence | None: ...
    def put_silences(self, silences: Sequence[Silence]) -> None:
        """New ones, or in place of those with the same ids; all or none. NotFound for a project that is
        gone."""

    def load_alerts(self, project_id: str) -> Sequence[Alert]:
        """As last written: a restart begins with them, so that none is forgotten."""

    def write_alerts(
        self, project_id: str, *, changed: Sequence[Alert], gone: Sequence[Alert], told: Sequence[LogEntry]
    ) -> None:
        """One transaction, idempotent. Alerts are one by their labels, entries by their keys. A project that
        is gone is passed over."""

    def load_log(self, project_id: str) -> Sequence[LogEntry]: ...
    def write_attempts(self, attempts: Sequence[Attempt]) -> None: ...
    def list_attempts(
        self, project_id: str, *, receiver: str, limit: int, before_ms: int
    ) -> Sequence[Attempt]:
        """Newest first, earlier than `before_ms`; of one receiver unless it is empty."""

    def list_projects_with_alerts(self) -> Sequence[str]:
        """Ids of the projects that have stored alerts."""

    def forget(self, now_ms: int) -> None:
        """Delete log entries past their expiry, silences that expired SILENCE_KEPT_MS ago, and attempts older
        than ATTEMPTS_KEPT_MS or beyond ATTEMPTS_PER_PROJECT_MAX."""

    def close(self) -> None: ...
