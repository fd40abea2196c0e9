"""Score configurations in SQLite or PostgreSQL: `store/score_configs.py`'s promises, kept."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, func, insert, select

from spanglass_server.model.score import ScoreCategory, ScoreConfig
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import score_configs
from spanglass_server.store.metadata.locks import lock_project

_COLUMNS: Final = tuple(score_configs.c[name] for name in ScoreConfig._fields)


class SqlScoreConfigs:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, project_id: str, config: ScoreConfig) -> None:
        table = score_configs
        categories = json.dumps([list(category) for category in config.categories], ensure_ascii=False)
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            connection.execute(delete(table).where(table.c.project_id == project_id, table.c.id == config.id))
            row = config._asdict() | {"project_id": project_id, "categories": categories}
            connection.execute(insert(table).values(row))

    def list(self, project_id: str, part: Slice) -> PageOf[ScoreConfig]:
        table = score_configs
        where = table.c.project_id == project_id
        query = select(*_COLUMNS).where(where).order_by(table.c.created_at_ns.desc(), table.c.id)
        with read_transaction(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()
            rows = connection.execute(query.limit(part.limit).offset(part.offset)).all()
        return PageOf([_to_config(row) for row in rows], total)

    def find(self, project_id: str, ids: Sequence[str]) -> Mapping[str, ScoreConfig]:
        table = score_configs
        query = select(*_COLUMNS).where(table.c.project_id == project_id, table.c.id.in_(ids))
        with read_transaction(self._engine) as connection:
            return {row.id: _to_config(row) for row in connection.execute(query)}


def _to_config(row: Row[*tuple[Any, ...]]) -> ScoreConfig:
    categories = tuple(ScoreCategory(*category) for category in json.loads(row.categories))
    return ScoreConfig(**{**row._asdict(), "categories": categories})
