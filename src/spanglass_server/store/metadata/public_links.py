"""Public links in SQLite or PostgreSQL: `store/public_links.py`'s promises, kept."""

import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import PUBLIC_LINKS_PER_TRACE_MAX
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.secrets import hash_secret
from spanglass_server.store.metadata.tables import metadata
from spanglass_server.store.public_links import NewPublicLink, PublicLink

public_links = Table(
    "public_links",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("trace_id", String(800), nullable=False),
    Column("with_payloads", Boolean, nullable=False),
    Column("created_by", String(320), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Index("public_links_trace", "project_id", "trace_id"),
)
_COLUMNS: Final = tuple(public_links.c[name] for name in PublicLink._fields)
_TOKEN_BYTES: Final = 32
_FORGOTTEN_AT_ONCE: Final = 500


def open_public_links(url: str) -> "SqlPublicLinks":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their table."""
    return SqlPublicLinks(open_engine(url))


class SqlPublicLinks:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, link: PublicLink) -> NewPublicLink:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        made = link._replace(id=secrets.token_hex(8))
        with write_transaction(self._engine) as connection:
            lock_project(connection, link.project_id)
            connection.execute(
                delete(public_links).where(
                    public_links.c.project_id == link.project_id,
                    public_links.c.expires_at_ns <= link.created_at_ns,
                )
            )
            _check_room(connection, link)
            values = {**made._asdict(), "token_hash": hash_secret(token)}
            connection.execute(insert(public_links).values(values))
        return NewPublicLink(made, token)

    def find(self, token: str) -> PublicLink | None:
        query = select(*_COLUMNS).where(public_links.c.token_hash == hash_secret(token))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else PublicLink(*row)

    def list(self, project_id: str, trace_id: str = "") -> Sequence[PublicLink]:
        query = select(*_COLUMNS).where(public_links.c.project_id == project_id)
        if trace_id:
            query = query.where(public_links.c.trace_id == trace_id)
        query = query.order_by(public_links.c.created_at_ns.desc(), public_links.c.id)
        with read_transaction(self._engine) as connection:
            return [PublicLink(*row) for row in connection.execute(query)]

    def revoke(self, project_id: str, link_id: str) -> PublicLink:
        key = (public_links.c.project_id == project_id, public_links.c.id == link_id)
        with write_transaction(self._engine) as connection:
            row = connection.execute(select(*_COLUMNS).where(*key)).one_or_none()
            if row is None:
                raise NotFound(f"there is no public link `{link_id}`", hint="it may be revoked already")
            connection.execute(delete(public_links).where(*key))
        return PublicLink(*row)

    def forget_traces(self, project_id: str, trace_ids: Sequence[str]) -> None:
        with write_transaction(self._engine) as connection:
            for start in range(0, len(trace_ids), _FORGOTTEN_AT_ONCE):
                some = trace_ids[start : start + _FORGOTTEN_AT_ONCE]
                connection.execute(
                    delete(public_links).where(
                        public_links.c.project_id == project_id, public_links.c.trace_id.in_(some)
                    )
                )

    def close(self) -> None:
        self._engine.dispose()


def _check_room(connection: Connection, link: PublicLink) -> None:
    query = (
        select(func.count())
        .select_from(public_links)
        .where(public_links.c.project_id == link.project_id, public_links.c.trace_id == link.trace_id)
    )
    if connection.execute(query).scalar_one() >= PUBLIC_LINKS_PER_TRACE_MAX:
        raise BadInput(
            f"the trace has {PUBLIC_LINKS_PER_TRACE_MAX} public links, which is the most that one may have",
            hint="revoke one first",
        )
