"""Notifications' state in SQLite or PostgreSQL: `store/alerting.py`'s promises, kept.

What is only ever read whole (an alert, a log entry, an attempt) is one JSON text, with columns for what it is
found by.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from spanglass_server.base.errors import NotFound
from spanglass_server.base.limits import ATTEMPTS_KEPT_MS, ATTEMPTS_PER_PROJECT_MAX, SILENCE_KEPT_MS
from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import Attempt, LogEntry, LogKey, Silence
from spanglass_server.model.series import Labels, Matcher
from spanglass_server.store.alerting import StoredConfig
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata, projects


def _project() -> Column[str]:
    return Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)


_configs = Table(
    "notification_configs",
    metadata,
    _project(),
    Column("text", Text, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
_silences = Table(
    "silences",
    metadata,
    _project(),
    Column("id", String(64), primary_key=True),
    Column("matchers", Text, nullable=False),
    Column("starts_at_ms", BigInteger, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
)
_alerts = Table(
    "notification_alerts",
    metadata,
    _project(),
    Column("fingerprint", String(64), primary_key=True),
    Column("alert", Text, nullable=False),
)
_log = Table(
    "notification_log",
    metadata,
    _project(),
    Column("key_hash", String(64), primary_key=True),
    Column("entry", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
_attempts = Table(
    "notification_attempts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("attempt", Text, nullable=False),
    Index("ix_notification_attempts_time", "project_id", "time_ms"),
)
_SILENCE_COLUMNS: Final = tuple(_silences.c[name] for name in Silence._fields)


def open_notifications(url: str) -> "SqlNotifications":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes the tables."""
    return SqlNotifications(open_engine(url))


class SqlNotifications:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    def find_config(self, project_id: str) -> StoredConfig | None:
        query = select(_configs.c.text, _configs.c.updated_at_ms).where(_configs.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return StoredConfig(*row) if row else None

    def put_config(self, project_id: str, config: StoredConfig) -> None:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            connection.execute(delete(_configs).where(_configs.c.project_id == project_id))
            connection.execute(insert(_configs).values(project_id=project_id, **config._asdict()))

    def delete_config(self, project_id: str) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(delete(_configs).where(_configs.c.project_id == project_id))

    def list_silences(self, project_id: str) -> Sequence[Silence]:
        query = select(*_SILENCE_COLUMNS).where(_silences.c.project_id == project_id)
        query = query.order_by(_silences.c.ends_at_ms.desc(), _silences.c.id)
        with read_transaction(self._engine) as connection:
            return [_to_silence(row) for row in connection.execute(query)]

    def find_silence(self, project_id: str, silence_id: str) -> Silence | None:
        query = select(*_SILENCE_COLUMNS).where(
            _silences.c.project_id == project_id, _silences.c.id == silence_id
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _to_silence(row) if row else None

    def put_silences(self, silences: Sequence[Silence]) -> None:
        with write_transaction(self._engine) as connection:
            for silence in silences:
                lock_project(connection, silence.project_id)
                same = (_silences.c.project_id == silence.project_id) & (_silences.c.id == silence.id)
                connection.execute(delete(_silences).where(same))
                matchers = json.dumps(silence.matchers, ensure_ascii=False)
                connection.execute(insert(_silences).values(silence._asdict() | {"matchers": matchers}))

    def load_alerts(self, project_id: str) -> Sequence[Alert]:
        query = select(_alerts.c.alert).where(_alerts.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return [_to_alert(text) for text in connection.execute(query).scalars()]

    def write_alerts(
        self, project_id: str, *, changed: Sequence[Alert], gone: Sequence[Alert], told: Sequence[LogEntry]
    ) -> None:
        alerts = {_hash(alert.labels): alert for alert in changed}
        entries = {_hash(entry.key): entry for entry in told}
        removed = {_hash(alert.labels) for alert in gone} | set(alerts)
        with write_transaction(self._engine) as connection:
            try:
                lock_project(connection, project_id)
            except NotFound:
                return
            _delete_keys(connection, _alerts, _alerts.c.fingerprint, project_id, removed)
            _delete_keys(connection, _log, _log.c.key_hash, project_id, entries)
            if alerts:
                rows = [_alert_row(key, alert) for key, alert in alerts.items()]
                connection.execute(insert(_alerts), rows)
            if entries:
                connection.execute(insert(_log), [_entry_row(key, entry) for key, entry in entries.items()])

    def load_log(self, project_id: str) -> Sequence[LogEntry]:
        query = select(_log.c.entry).where(_log.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return [_to_entry(project_id, text) for text in connection.execute(query).scalars()]

    def write_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Attempts of projects that were just deleted are passed over."""
        if not attempts:
            return
        with write_transaction(self._engine) as connection:
            known = set(connection.execute(select(projects.c.id)).scalars())
            rows = [_attempt_row(attempt) for attempt in attempts if attempt.project_id in known]
            if rows:
                connection.execute(insert(_attempts), rows)

    def list_attempts(
        self, project_id: str, *, receiver: str, limit: int, before_ms: int
    ) -> Sequence[Attempt]:
        query = select(_attempts.c.attempt).where(
            _attempts.c.project_id == project_id, _attempts.c.time_ms < before_ms
        )
        if receiver:
            query = query.where(_attempts.c.receiver == receiver)
        query = query.order_by(_attempts.c.time_ms.desc(), _attempts.c.id).limit(limit)
        with read_transaction(self._engine) as connection:
            return [Attempt(*json.loads(text)) for text in connection.execute(query).scalars()]

    def list_projects_with_alerts(self) -> Sequence[str]:
        query = select(_alerts.c.project_id).distinct().order_by(_alerts.c.project_id)
        with read_transaction(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def forget(self, now_ms: int) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(delete(_log).where(_log.c.expires_at_ms <= now_ms))
            connection.execute(delete(_silences).where(_silences.c.ends_at_ms <= now_ms - SILENCE_KEPT_MS))
            connection.execute(delete(_attempts).where(_attempts.c.time_ms <= now_ms - ATTEMPTS_KEPT_MS))
            _forget_beyond(connection, ATTEMPTS_PER_PROJECT_MAX)


def _forget_beyond(connection: Connection, count_max: int) -> None:
    """Keep the newest attempts of each project."""
    counts = select(_attempts.c.project_id).group_by(_attempts.c.project_id).having(func.count() > count_max)
    for project_id in connection.execute(counts).scalars().all():
        of_project = _attempts.c.project_id == project_id
        newest = select(_attempts.c.time_ms).where(of_project).order_by(_attempts.c.time_ms.desc())
        oldest_kept = connection.execute(newest.limit(1).offset(count_max - 1)).scalar_one()
        connection.execute(delete(_attempts).where(of_project, _attempts.c.time_ms < oldest_kept))


def _delete_keys(
    connection: Connection, table: Table, column: Column[Any], project_id: str, keys: Iterable[str]
) -> None:
    wanted = list(keys)
    for start in range(0, len(wanted), _KEYS_PER_STATEMENT):
        some = wanted[start : start + _KEYS_PER_STATEMENT]
        connection.execute(delete(table).where(table.c.project_id == project_id, column.in_(some)))


_KEYS_PER_STATEMENT: Final = 500


def _hash(key: Labels | LogKey) -> str:
    text = json.dumps(key, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _alert_row(key: str, alert: Alert) -> dict[str, str]:
    # NaN and the infinities are values of expressions: Python's JSON writes and reads them.
    return {"project_id": alert.project_id, "fingerprint": key, "alert": json.dumps(alert)}


def _to_alert(text: str) -> Alert:
    alert = Alert(*json.loads(text))
    return alert._replace(labels=_to_labels(alert.labels), annotations=_to_labels(alert.annotations))


def _to_labels(pairs: Iterable[Sequence[str]]) -> Labels:
    return tuple((name, value) for name, value in pairs)


def _entry_row(key: str, entry: LogEntry) -> dict[str, Any]:
    value = [entry.key, sorted(entry.firing), sorted(entry.resolved), entry.time_ms, entry.expires_at_ms]
    return {
        "project_id": entry.project_id,
        "key_hash": key,
        "entry": json.dumps(value),
        "expires_at_ms": entry.expires_at_ms,
    }


def _to_entry(project_id: str, text: str) -> LogEntry:
    key, firing, resolved, time_ms, expires_at_ms = json.loads(text)
    return LogEntry(project_id, LogKey(*key), frozenset(firing), frozenset(resolved), time_ms, expires_at_ms)


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "project_id": attempt.project_id,
        "time_ms": attempt.time_ms,
        "receiver": attempt.receiver,
        "attempt": json.dumps(attempt),
    }


def _to_silence(row: Row[*tuple[Any, ...]]) -> Silence:
    matchers = tuple(Matcher(*matcher) for matcher in json.loads(row.matchers))
    return Silence(**{**row._asdict(), "matchers": matchers})
