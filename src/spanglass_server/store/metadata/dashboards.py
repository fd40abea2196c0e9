"""Dashboards in SQLite or PostgreSQL: `store/dashboards.py`'s promises, kept."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import DASHBOARDS_PER_PROJECT_MAX
from spanglass_server.model.dashboard import Dashboard
from spanglass_server.store.dashboards import DashboardChanged
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata

dashboards = Table(
    "dashboards",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("document", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
    Column("updated_by", String(320), nullable=False),
)
stars = Table(
    "dashboard_stars",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("dashboard_id", String(64), primary_key=True),
)
defaults = Table(
    "dashboard_defaults",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("dashboard_id", String(64), nullable=False),
)
_COLUMNS: Final = tuple(dashboards.c[name] for name in Dashboard._fields)


def open_dashboards(url: str) -> "SqlDashboards":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their tables."""
    return SqlDashboards(open_engine(url))


class SqlDashboards:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, project_id: str) -> Sequence[Dashboard]:
        query = select(*_COLUMNS).where(dashboards.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(func.lower(dashboards.c.title), dashboards.c.id))
            return [Dashboard(*row) for row in rows]

    def get(self, project_id: str, dashboard_id: str) -> Dashboard:
        with read_transaction(self._engine) as connection:
            return _get(connection, project_id, dashboard_id)

    def add(self, project_id: str, dashboard: Dashboard) -> None:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            _check_room(connection, project_id)
            connection.execute(insert(dashboards).values(project_id=project_id, **dashboard._asdict()))

    def replace(self, project_id: str, dashboard: Dashboard) -> Dashboard:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            current = _get(connection, project_id, dashboard.id)
            if current.version != dashboard.version:
                raise DashboardChanged(current)
            kept = dashboard._replace(version=current.version + 1, created_at_ns=current.created_at_ns)
            connection.execute(
                update(dashboards).where(*_key(project_id, dashboard.id)).values(**kept._asdict())
            )
        return kept

    def delete(self, project_id: str, dashboard_id: str) -> None:
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(dashboards).where(*_key(project_id, dashboard_id))).rowcount:
                raise _missing(dashboard_id)
            for table in (stars, defaults):
                connection.execute(
                    delete(table).where(
                        table.c.project_id == project_id, table.c.dashboard_id == dashboard_id
                    )
                )

    def list_starred(self, project_id: str, owner: str) -> AbstractSet[str]:
        query = select(stars.c.dashboard_id).where(stars.c.project_id == project_id, stars.c.owner == owner)
        with read_transaction(self._engine) as connection:
            return set(connection.execute(query).scalars())

    def star(self, project_id: str, owner: str, dashboard_id: str, *, is_starred: bool) -> None:
        row = {"project_id": project_id, "owner": owner, "dashboard_id": dashboard_id}
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            connection.execute(delete(stars).where(*(stars.c[name] == value for name, value in row.items())))
            if is_starred:
                connection.execute(insert(stars).values(**row))

    def find_default(self, project_id: str) -> str | None:
        query = select(defaults.c.dashboard_id).where(defaults.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def set_default(self, project_id: str, dashboard_id: str | None) -> None:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            connection.execute(delete(defaults).where(defaults.c.project_id == project_id))
            if dashboard_id is not None:
                connection.execute(insert(defaults).values(project_id=project_id, dashboard_id=dashboard_id))

    def close(self) -> None:
        self._engine.dispose()


def _key(project_id: str, dashboard_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return dashboards.c.project_id == project_id, dashboards.c.id == dashboard_id


def _get(connection: Connection, project_id: str, dashboard_id: str) -> Dashboard:
    row = connection.execute(select(*_COLUMNS).where(*_key(project_id, dashboard_id))).one_or_none()
    if row is None:
        raise _missing(dashboard_id)
    return Dashboard(*row)


def _check_room(connection: Connection, project_id: str) -> None:
    query = select(func.count()).select_from(dashboards).where(dashboards.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= DASHBOARDS_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {DASHBOARDS_PER_PROJECT_MAX} dashboards, which is the most that one may have",
            hint="remove one first",
        )


def _missing(dashboard_id: str) -> NotFound:
    return NotFound(f"there is no dashboard `{dashboard_id}`")
