"""The audit log in SQLite or PostgreSQL: `store/audit.py`'s promises, kept."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    Index,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)

from spanglass_server.model.identity import AuditEntry
from spanglass_server.store.audit import AuditQuery
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.tables import metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("time_ns", BigInteger, nullable=False),
    Column("actor_type", String(16), nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("actor_name", String(320), nullable=False),
    Column("action", String(64), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("target", String(500), nullable=False),
    Column("details", Text, nullable=False),
    Column("address", String(64), nullable=False),
    Index("ix_audit_log_time", "time_ns", "id"),
    Index("ix_audit_log_project", "project_id", "time_ns", "id"),
    Index("ix_audit_log_actor", "actor_id", "time_ns", "id"),
)
_COLUMNS: Final = tuple(audit_log.c[name] for name in AuditEntry._fields)
_CHARS_MAX: Final = {
    column.name: column.type.length for column in audit_log.c if isinstance(column.type, String)
}


def open_audit_log(url: str) -> "SqlAuditLog":
    """The log on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes its table."""
    return SqlAuditLog(open_engine(url))


class SqlAuditLog:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, entry: AuditEntry) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(insert(audit_log).values(_to_row(entry)))

    def list(self, query: AuditQuery) -> Sequence[AuditEntry]:
        found = (
            select(*_COLUMNS)
            .where(*_conditions(query))
            .order_by(audit_log.c.time_ns.desc(), audit_log.c.id.desc())
            .limit(query.limit)
        )
        with read_transaction(self._engine) as connection:
            return [_to_entry(row) for row in connection.execute(found)]

    def list_actions(self, project_id: str | None) -> Sequence[str]:
        found = select(audit_log.c.action).distinct().order_by(audit_log.c.action)
        if project_id is not None:
            found = found.where(audit_log.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return [str(action) for (action,) in connection.execute(found)]

    def forget_before(self, time_ns: int) -> int:
        with write_transaction(self._engine) as connection:
            return connection.execute(delete(audit_log).where(audit_log.c.time_ns < time_ns)).rowcount

    def close(self) -> None:
        self._engine.dispose()


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    column = audit_log.c
    found = [column.time_ns >= query.from_ns, column.time_ns < query.to_ns]
    if query.project_id is not None:
        found.append(column.project_id == query.project_id)
    if query.actor:
        name = func.lower(column.actor_name).contains(query.actor.lower(), autoescape=True)
        found.append(or_(column.actor_id == query.actor, name))
    if query.action.endswith("."):
        found.append(column.action.startswith(query.action, autoescape=True))
    elif query.action:
        found.append(column.action == query.action)
    if query.before is not None:
        time_ns, entry_id = query.before
        earlier = and_(column.time_ns == time_ns, column.id < entry_id)
        found.append(or_(column.time_ns < time_ns, earlier))
    return found


def _to_row(entry: AuditEntry) -> dict[str, Any]:
    """What is longer than its column is cut: a log that refuses an entry would be of no use."""
    row = entry._asdict() | {"details": json.dumps(entry.details, ensure_ascii=False)}
    return {
        name: value[: _CHARS_MAX.get(name)] if isinstance(value, str) and name != "details" else value
        for name, value in row.items()
    }


def _to_entry(row: Row[*tuple[Any, ...]]) -> AuditEntry:
    entry = AuditEntry(*row)
    return entry._replace(details=json.loads(row.details))
