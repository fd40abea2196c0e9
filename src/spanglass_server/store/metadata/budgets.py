"""Budgets in SQLite or PostgreSQL: `store/budgets.py`'s promises, kept."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Float,
    ForeignKey,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import BUDGETS_PER_PROJECT_MAX
from spanglass_server.model.budget import Budget
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata

budgets = Table(
    "budgets",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("scope", String(16), nullable=False),
    Column("value", String(1000), nullable=False),
    Column("period", String(16), nullable=False),
    Column("amount_usd", Float, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("updated_at_ns", BigInteger, nullable=False),
)
_COLUMNS: Final = tuple(budgets.c[name] for name in Budget._fields)


def open_budgets(url: str) -> "SqlBudgets":
    """Budgets on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their table."""
    return SqlBudgets(open_engine(url))


class SqlBudgets:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, project_id: str) -> Sequence[Budget]:
        query = select(*_COLUMNS).where(budgets.c.project_id == project_id).order_by(budgets.c.name)
        with read_transaction(self._engine) as connection:
            return [Budget(*row) for row in connection.execute(query)]

    def list_all(self) -> Mapping[str, Sequence[Budget]]:
        query = select(budgets.c.project_id, *_COLUMNS).order_by(budgets.c.project_id, budgets.c.name)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return {
            project_id: [Budget(*row[1:]) for row in found]
            for project_id, found in groupby(rows, key=lambda row: str(row[0]))
        }

    def get(self, project_id: str, name: str) -> Budget:
        with read_transaction(self._engine) as connection:
            found = _find(connection, project_id, name)
        if found is None:
            raise _missing(name)
        return found

    def put(self, project_id: str, budget: Budget) -> Budget:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            earlier = _find(connection, project_id, budget.name)
            if earlier is None:
                _check_room(connection, project_id)
            else:
                budget = budget._replace(created_at_ns=earlier.created_at_ns)
                connection.execute(delete(budgets).where(*_key(project_id, budget.name)))
            connection.execute(insert(budgets).values(project_id=project_id, **budget._asdict()))
        return budget

    def delete(self, project_id: str, name: str) -> None:
        with write_transaction(self._engine) as connection:
            if not connection.execute(delete(budgets).where(*_key(project_id, name))).rowcount:
                raise _missing(name)

    def close(self) -> None:
        self._engine.dispose()


def _key(project_id: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return budgets.c.project_id == project_id, budgets.c.name == name


def _find(connection: Connection, project_id: str, name: str) -> Budget | None:
    row = connection.execute(select(*_COLUMNS).where(*_key(project_id, name))).one_or_none()
    return None if row is None else Budget(*row)


def _check_room(connection: Connection, project_id: str) -> None:
    query = select(func.count()).select_from(budgets).where(budgets.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= BUDGETS_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {BUDGETS_PER_PROJECT_MAX} budgets, which is the most that one may have",
            hint="remove one first",
        )


def _missing(name: str) -> NotFound:
    return NotFound(f"there is no budget `{name}`")
