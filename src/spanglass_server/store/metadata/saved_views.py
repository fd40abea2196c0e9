"""Saved views in SQLite or PostgreSQL: `store/saved_views.py`'s promises, kept."""

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
    delete,
    func,
    insert,
    or_,
    select,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import SAVED_VIEWS_PER_PROJECT_MAX
from spanglass_server.model.saved_view import SavedView
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata

saved_views = Table(
    "saved_views",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("search", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
_COLUMNS: Final = tuple(saved_views.c[name] for name in SavedView._fields)


def open_saved_views(url: str) -> "SqlSavedViews":
    """On SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their table."""
    return SqlSavedViews(open_engine(url))


class SqlSavedViews:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, project_id: str, *, owner: str, kind: str = "") -> Sequence[SavedView]:
        query = select(*_COLUMNS).where(saved_views.c.project_id == project_id, _is_seen_by(owner))
        if kind:
            query = query.where(saved_views.c.kind == kind)
        query = query.order_by(func.lower(saved_views.c.name), saved_views.c.id)
        with read_transaction(self._engine) as connection:
            return [SavedView(*row) for row in connection.execute(query)]

    def get(self, project_id: str, view_id: str, *, owner: str) -> SavedView:
        query = select(*_COLUMNS).where(*_key(project_id, view_id), _is_seen_by(owner))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _missing(view_id)
        return SavedView(*row)

    def put(self, project_id: str, view: SavedView) -> None:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if not connection.execute(delete(saved_views).where(*_key(project_id, view.id))).rowcount:
                _check_room(connection, project_id)
            connection.execute(insert(saved_views).values(project_id=project_id, **view._asdict()))

    def delete(self, project_id: str, view_id: str) -> None:
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(saved_views).where(*_key(project_id, view_id))).rowcount:
                raise _missing(view_id)

    def close(self) -> None:
        self._engine.dispose()


def _key(project_id: str, view_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return saved_views.c.project_id == project_id, saved_views.c.id == view_id


def _is_seen_by(owner: str) -> ColumnElement[bool]:
    return or_(saved_views.c.is_shared, saved_views.c.owner.in_(["", owner]))


def _check_room(connection: Connection, project_id: str) -> None:
    query = select(func.count()).select_from(saved_views).where(saved_views.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= SAVED_VIEWS_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {SAVED_VIEWS_PER_PROJECT_MAX} saved views, which is the most that one may have",
            hint="remove one first",
        )


def _missing(view_id: str) -> NotFound:
    return NotFound(f"there is no saved view `{view_id}`")
