"""Thresholds in SQLite or PostgreSQL: `store/thresholds.py`'s promises, kept."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Column, Engine, Float, ForeignKey, Row, String, Table, delete, insert, select

from spanglass_server.model.thresholds import THRESHOLD_NAMES, ThresholdName
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.locks import lock_project
from spanglass_server.store.metadata.tables import metadata
from spanglass_server.store.thresholds import OwnThresholds

thresholds = Table(
    "thresholds",
    metadata,
    Column("project_id", String(64), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", Float, nullable=False),
)


def open_thresholds(url: str) -> "SqlThresholds":
    """Thresholds on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their table."""
    return SqlThresholds(open_engine(url))


class SqlThresholds:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, project_id: str) -> OwnThresholds:
        query = select(thresholds).where(thresholds.c.project_id == project_id)
        with read_transaction(self._engine) as connection:
            return dict(_known(row) for row in connection.execute(query) if row.name in THRESHOLD_NAMES)

    def list_all(self) -> Mapping[str, OwnThresholds]:
        query = select(thresholds).where(thresholds.c.name.in_(THRESHOLD_NAMES))
        found: dict[str, dict[ThresholdName, float]] = {}
        with read_transaction(self._engine) as connection:
            for row in connection.execute(query):
                name, value = _known(row)
                found.setdefault(row.project_id, {})[name] = value
        return found

    def replace(self, project_id: str, own: OwnThresholds) -> None:
        rows = [{"project_id": project_id, "name": name, "value": value} for name, value in own.items()]
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            connection.execute(delete(thresholds).where(thresholds.c.project_id == project_id))
            if rows:
                connection.execute(insert(thresholds), rows)

    def close(self) -> None:
        self._engine.dispose()


def _known(row: Row[tuple[str, str, float]]) -> tuple[ThresholdName, float]:
    return cast(ThresholdName, row.name), row.value
