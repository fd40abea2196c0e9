"""Redaction in SQLite or PostgreSQL: `store/redaction.py`'s promises, kept."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from spanglass_server.model.redaction import (
    DetectorRule,
    FieldRule,
    KeyRule,
    PatternRule,
    RedactionCount,
    RedactionPolicy,
)
from spanglass_server.store.directory import JUDGES_SUFFIX
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata, projects
from spanglass_server.store.redaction import CountedRedaction, StoredPolicy

_KEY_BYTES: Final = 32


def _project() -> Column[str]:
    return Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)


policies = Table(
    "redaction_policies",
    metadata,
    _project(),
    Column("policy", Text, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
keys = Table("redaction_keys", metadata, _project(), Column("key", LargeBinary(32), nullable=False))
counts = Table(
    "redaction_counts",
    metadata,
    _project(),
    Column("hour_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("detector", String(64), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("action", String(8), primary_key=True),
    Column("count", BigInteger, nullable=False),
)


def open_redaction(url: str) -> "SqlRedactionStore":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes its tables."""
    return SqlRedactionStore(open_engine(url))


class SqlRedactionStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, project_id: str) -> StoredPolicy | None:
        project_id = project_id.removesuffix(JUDGES_SUFFIX)
        query = (
            select(policies.c.policy, keys.c.key, policies.c.updated_at_ns)
            .join(keys, keys.c.project_id == policies.c.project_id)
            .where(policies.c.project_id == project_id)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else StoredPolicy(_decode(row.policy), row.key, row.updated_at_ns)

    def put(self, project_id: str, policy: RedactionPolicy, now_ns: int) -> StoredPolicy:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            key = _ensure_key(connection, project_id)
            connection.execute(delete(policies).where(policies.c.project_id == project_id))
            row = {"project_id": project_id, "policy": _encode(policy), "updated_at_ns": now_ns}
            connection.execute(insert(policies).values(row))
        return StoredPolicy(policy, key, now_ns)

    def delete(self, project_id: str) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(delete(policies).where(policies.c.project_id == project_id))

    def add_counts(self, hour_ns: int, counts: Mapping[tuple[str, RedactionCount], int]) -> None:
        with write_transaction(self._engine) as connection:
            wanted = sorted({project_id for project_id, _ in counts})
            query = select(projects.c.id).where(projects.c.id.in_(wanted)).with_for_update(key_share=True)
            known = set(connection.execute(query).scalars())
            for (project_id, what), count in sorted(counts.items()):
                if project_id in known:
                    _add_count(connection, project_id, hour_ns, what, count)

    def list_counts(self, project_id: str, from_ns: int) -> Sequence[CountedRedaction]:
        query = (
            select(counts)
            .where(counts.c.project_id == project_id, counts.c.hour_ns >= from_ns)
            .order_by(counts.c.hour_ns, counts.c.detector, counts.c.field, counts.c.action)
        )
        with read_transaction(self._engine) as connection:
            return [
                CountedRedaction(row.hour_ns, RedactionCount(row.detector, row.field, row.action), row[5])
                for row in connection.execute(query)
            ]

    def forget_counts(self, before_ns: int) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(delete(counts).where(counts.c.hour_ns < before_ns))

    def close(self) -> None:
        self._engine.dispose()


def _ensure_key(connection: Connection, project_id: str) -> bytes:
    known = connection.execute(select(keys.c.key).where(keys.c.project_id == project_id)).scalar_one_or_none()
    if known is not None:
        return bytes(known)
    key = secrets.token_bytes(_KEY_BYTES)
    connection.execute(insert(keys).values(project_id=project_id, key=key))
    return key


def _add_count(
    connection: Connection, project_id: str, hour_ns: int, what: RedactionCount, count: int
) -> None:
    row = {"project_id": project_id, "hour_ns": hour_ns, **what._asdict()}
    at: list[ColumnElement[bool]] = [counts.c[name] == value for name, value in row.items()]
    changed = connection.execute(update(counts).where(*at).values(count=counts.c.count + count))
    if not changed.rowcount:
        connection.execute(insert(counts).values(**row, count=count))


def _encode(policy: RedactionPolicy) -> str:
    told = policy._asdict()
    for name in ("detectors", "patterns", "keys", "fields"):
        told[name] = [rule._asdict() for rule in told[name]]
    return orjson.dumps(told).decode()


def _decode(text: str) -> RedactionPolicy:
    told: dict[str, Any] = orjson.loads(text)
    return RedactionPolicy(
        detectors=tuple(
            DetectorRule(it["kind"], it["action"], tuple(it["fields"])) for it in told["detectors"]
        ),
        patterns=tuple(
            PatternRule(it["name"], it["pattern"], it["action"], tuple(it["fields"]))
            for it in told["patterns"]
        ),
        keys=tuple(KeyRule(**it) for it in told["keys"]),
        fields=tuple(FieldRule(**it) for it in told["fields"]),
        stores_content=told["stores_content"],
        stores_media=told["stores_media"],
    )
