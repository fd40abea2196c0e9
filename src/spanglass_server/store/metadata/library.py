"""Prompts, datasets, media and score configurations on one engine, beside the directory's own."""

from collections.abc import Callable

from sqlalchemy import Engine

from spanglass_server.store.metadata.datasets import SqlDatasets
from spanglass_server.store.metadata.engine import open_engine
from spanglass_server.store.metadata.media import MediaLimits, SqlMedia
from spanglass_server.store.metadata.prompts import SqlPrompts
from spanglass_server.store.metadata.score_configs import SqlScoreConfigs


def open_library(url: str, *, now_ns: Callable[[], int], limits: MediaLimits) -> "SqlLibrary":
    """A library on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes its tables."""
    return SqlLibrary(open_engine(url), now_ns=now_ns, limits=limits)


class SqlLibrary:
    def __init__(self, engine: Engine, *, now_ns: Callable[[], int], limits: MediaLimits) -> None:
        self._engine = engine
        self.prompts = SqlPrompts(engine, now_ns=now_ns)
        self.datasets = SqlDatasets(engine, now_ns=now_ns)
        self.score_configs = SqlScoreConfigs(engine)
        self.media = SqlMedia(engine, now_ns=now_ns, limits=limits)

    def close(self) -> None:
        self._engine.dispose()
