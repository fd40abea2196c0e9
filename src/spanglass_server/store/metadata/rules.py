"""Rules in SQLite or PostgreSQL: `store/rules.py`'s promises, kept."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import RULE_FILES_PER_PROJECT_MAX
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata
from spanglass_server.store.rules import Lease, LeaseLost, StoredGroup, StoredRuleFile

rule_files = Table(
    "rule_files",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("text", Text, nullable=True),
    Column("is_enabled", Boolean, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
rule_groups = Table(
    "rule_groups",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("file", String(500), primary_key=True),
    Column("name", String(500), primary_key=True),
    Column("document", Text, nullable=False),
)
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("renewals", BigInteger, nullable=False),
)
_FILE: Final = tuple(rule_files.c[name] for name in StoredRuleFile._fields)
_GROUP: Final = tuple(rule_groups.c[name] for name in StoredGroup._fields)
_LEASE: Final = tuple(leases.c[name] for name in Lease._fields)


def open_rule_store(url: str) -> "SqlRuleStore":
    """Rules on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their tables."""
    return SqlRuleStore(open_engine(url))


class SqlRuleStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def files_stamp(self) -> str:
        stamp = rule_files.c.updated_at_ns
        query = select(func.count(), func.max(stamp), func.sum(stamp % 1_000_003))
        with read_transaction(self._engine) as connection:
            return ":".join(str(part) for part in connection.execute(query).one())

    def list_files(self, project_id: str | None = None) -> Sequence[StoredRuleFile]:
        query = select(*_FILE).order_by(rule_files.c.project_id, rule_files.c.name)
        if project_id is not None:
            query = query.where(rule_files.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return [StoredRuleFile(*row) for row in connection.execute(query)]

    def put_file(self, file: StoredRuleFile) -> None:
        mine = rule_files.c.project_id == file.project_id
        with write_transaction(self._engine) as connection:
            lock_project(connection, file.project_id)
            connection.execute(delete(rule_files).where(mine, rule_files.c.name == file.name))
            count = connection.execute(select(func.count()).select_from(rule_files).where(mine)).scalar_one()
            if count >= RULE_FILES_PER_PROJECT_MAX:
                raise BadInput(
                    f"the project has {count} rule files already", hint="delete one, or join several in one"
                )
            connection.execute(insert(rule_files).values(file._asdict()))

    def delete_file(self, project_id: str, name: str) -> bool:
        where = (rule_files.c.project_id == project_id, rule_files.c.name == name)
        with write_transaction(self._engine) as connection:
            return connection.execute(delete(rule_files).where(*where)).rowcount > 0

    def load_groups(self, project_id: str) -> Sequence[StoredGroup]:
        query = select(*_GROUP).where(rule_groups.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(rule_groups.c.file, rule_groups.c.name))
            return [StoredGroup(*row) for row in rows]

    def save_groups(
        self, lease: Lease, project_id: str, groups: Sequence[StoredGroup], gone: Sequence[StoredGroup] = ()
    ) -> None:
        with write_transaction(self._engine) as connection:
            _check_lease(connection, lease)
            try:
                lock_project(connection, project_id)
            except NotFound:
                return
            keys = [(group.file, group.name) for group in (*groups, *gone)]
            where = and_(
                rule_groups.c.project_id == project_id,
                tuple_(rule_groups.c.file, rule_groups.c.name).in_(keys),
            )
            connection.execute(delete(rule_groups).where(where))
            if groups:
                rows = [group._asdict() | {"project_id": project_id} for group in groups]
                connection.execute(insert(rule_groups), rows)

    def find_lease(self, name: str) -> Lease | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(select(*_LEASE).where(leases.c.name == name)).one_or_none()
        return None if row is None else Lease(*row)

    def take_lease(self, name: str, holder: str, seen: Lease | None) -> Lease | None:
        taken = Lease(name, holder, epoch=seen.epoch + 1 if seen else 1, renewals=0)
        try:
            with write_transaction(self._engine) as connection:
                if seen is None:
                    connection.execute(insert(leases).values(taken._asdict()))
                    return taken
                changed = connection.execute(update(leases).where(_is(seen)).values(taken._asdict()))
                return taken if changed.rowcount else None
        except IntegrityError:
            return None

    def renew_lease(self, lease: Lease) -> Lease | None:
        renewed = lease._replace(renewals=lease.renewals + 1)
        with write_transaction(self._engine) as connection:
            changed = connection.execute(update(leases).where(_is(lease)).values(renewals=renewed.renewals))
            return renewed if changed.rowcount else None

    def release_lease(self, lease: Lease) -> None:
        """The row stays, nobody's, so that the epoch goes on growing."""
        with write_transaction(self._engine) as connection:
            connection.execute(update(leases).where(_is(lease)).values(holder=""))

    def close(self) -> None:
        self._engine.dispose()


def _is(lease: Lease) -> ColumnElement[bool]:
    return and_(
        leases.c.name == lease.name,
        leases.c.holder == lease.holder,
        leases.c.epoch == lease.epoch,
        leases.c.renewals == lease.renewals,
    )


def _check_lease(connection: Connection, lease: Lease) -> None:
    """Raises LeaseLost. PostgreSQL locks the row until the transaction ends; SQLite has one writer."""
    query = select(leases.c.holder, leases.c.epoch).where(leases.c.name == lease.name).with_for_update()
    if connection.execute(query).one_or_none() != (lease.holder, lease.epoch):
        raise LeaseLost(f"another server has taken the lease `{lease.name}`")
