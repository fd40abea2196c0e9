"""What every test may ask for.

Embedded ClickHouse opens one data directory per process: all tests share it and keep apart by project id.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from tests.support.clickhouse_http import ClickHouseHttp
from tests.support.spans import SpanFactory

from spanglass_server.store.clickhouse.admin import ClickHouseAdministration
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.engine_server import ServerEngine

_projects = itertools.count(1)

# Rich's tracebacks show every local variable: half a minute for one that is logged in the middle of a server.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# The same examples each time, and no verdict by the clock of a busy machine.
settings.register_profile("spanglass", deadline=None, derandomize=True)
settings.load_profile("spanglass")


@pytest.fixture(scope="session")
def clickhouse_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture(scope="session")
def embedded_engine(clickhouse_dir: Path) -> Iterator[EmbeddedEngine]:
    """Embedded ClickHouse with the whole schema."""
    engine = EmbeddedEngine(clickhouse_dir)
    ClickHouseAdministration(engine, is_fsynced=False).migrate()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def clickhouse_http(clickhouse_dir: Path, embedded_engine: EmbeddedEngine) -> Iterator[ClickHouseHttp]:
    """ClickHouse's HTTP interface, served from the embedded engine's data directory."""
    server = ClickHouseHttp(clickhouse_dir)
    yield server
    server.close()


@pytest.fixture(scope="session")
def server_engine(request: pytest.FixtureRequest) -> Iterator[ServerEngine]:
    """The client of a ClickHouse server, with the whole schema in a database that is dropped in the end: of
    SPANGLASS_TEST_CLICKHOUSE_URL where it is set, else of `clickhouse_http`."""
    database = f"spanglass_test_{os.getpid()}"
    given = os.environ.get("SPANGLASS_TEST_CLICKHOUSE_URL")
    if given:
        url = f"{given.rstrip('/').rsplit('/', 1)[0] if given.count('/') > 2 else given}/{database}"
    else:
        url = request.getfixturevalue("clickhouse_http").url(database)
    engine = ServerEngine(url)
    ClickHouseAdministration(engine).migrate()
    yield engine
    engine.command(f"DROP DATABASE IF EXISTS {database} SYNC")
    engine.close()


@pytest.fixture(params=["embedded", "server"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn: what the store promises holds on both."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def project_id() -> str:
    """A project of this test's own."""
    return f"project-{next(_projects)}"


@pytest.fixture
def span_factory(project_id: str) -> SpanFactory:
    """Realistic spans, summaries and logs of `project_id`."""
    return SpanFactory(project_id)


@pytest.fixture
def make_factory() -> Callable[[], SpanFactory]:
    """Factories of further projects."""
    return lambda: SpanFactory(f"project-{next(_projects)}")
