"""Score configurations in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select

from spanglass_server.base.errors import BadInput
from spanglass_server.base.limits import SCORE_CONFIGS_MAX
from spanglass_server.model.score import ScoreCategory, ScoreConfig
from spanglass_server.normalize.score_configs import ScoreCatalog
from spanglass_server.store.library import PageOf, Slice
from spanglass_server.store.metadata.cache import RecentAnswers
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import score_configs
from spanglass_server.store.metadata.locks import lock_project

_COLUMNS: Final = tuple(score_configs.c[name] for name in ScoreConfig._fields)
_CATALOG_AGE_NS_MAX: Final = 5_000_000_000
_CATALOGS_MAX: Final = 256
"""Projects whose configurations are held in memory."""


class SqlScoreConfigs:
    def __init__(self, engine: Engine, *, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._engine = engine
        self._catalogs: RecentAnswers[str, ScoreCatalog] = RecentAnswers(
            self._load_catalog,
            age_ns_max=_CATALOG_AGE_NS_MAX,
            entries_max=_CATALOGS_MAX,
            monotonic_ns=monotonic_ns,
        )

    def put(self, project_id: str, config: ScoreConfig) -> None:
        table = score_configs
        categories = json.dumps([list(category) for category in config.categories], ensure_ascii=False)
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            replaced = connection.execute(
                delete(table).where(table.c.project_id == project_id, table.c.id == config.id)
            )
            if not replaced.rowcount and _count(connection, project_id) >= SCORE_CONFIGS_MAX:
                raise BadInput(
                    f"the project has {SCORE_CONFIGS_MAX} score configurations, as many as it may",
                    hint="change one that is archived",
                )
            row = config._asdict() | {"project_id": project_id, "categories": categories}
            connection.execute(insert(table).values(row))
        self._catalogs.forget()

    def list(self, project_id: str, part: Slice) -> PageOf[ScoreConfig]:
        with read_transaction(self._engine) as connection:
            total = _count(connection, project_id)
            rows = connection.execute(_of(project_id).limit(part.limit).offset(part.offset)).all()
        return PageOf([_to_config(row) for row in rows], total)

    def find(self, project_id: str, ids: Sequence[str]) -> Mapping[str, ScoreConfig]:
        query = _of(project_id).where(score_configs.c.id.in_(ids))
        with read_transaction(self._engine) as connection:
            return {row.id: _to_config(row) for row in connection.execute(query)}

    def catalog(self, project_id: str) -> ScoreCatalog:
        return self._catalogs.get(project_id)

    def _load_catalog(self, project_id: str) -> ScoreCatalog:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(_of(project_id).limit(SCORE_CONFIGS_MAX)).all()
        return ScoreCatalog([_to_config(row) for row in rows])


def _of(project_id: str) -> Any:
    """Newest first."""
    table = score_configs
    return (
        select(*_COLUMNS)
        .where(table.c.project_id == project_id)
        .order_by(table.c.created_at_ns.desc(), table.c.id)
    )


def _count(connection: Connection, project_id: str) -> int:
    query = select(func.count()).select_from(score_configs)
    return int(connection.execute(query.where(score_configs.c.project_id == project_id)).scalar_one())


def _to_config(row: Row[*tuple[Any, ...]]) -> ScoreConfig:
    categories = tuple(ScoreCategory(*category) for category in json.loads(row.categories))
    return ScoreConfig(**{**row._asdict(), "categories": categories})
