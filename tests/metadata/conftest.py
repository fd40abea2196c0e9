"""The relational store on both of its engines. PostgreSQL is Debian's, started here for the session."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from spanglass_server.store.metadata.directory import SqlDirectory, open_directory

_START_S_MAX = 90
_counter = itertools.count()


class SteppingClock:
    """Monotonic nanoseconds that move when told."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def advance_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _find_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server of its own with data in a temporary directory; it is gone after the session."""
    programs = _find_programs()
    if programs is None:
        _missing("PostgreSQL is not installed (Debian: apt install postgresql)")
        return
    # PostgreSQL refuses to run as root; Debian's package brings the user for it. Its directory is none of
    # pytest's: each session that starts closes those of all sessions to other users.
    is_root = os.geteuid() == 0
    user = "postgres" if is_root else pwd.getpwuid(os.geteuid()).pw_name
    as_user = {"user": "postgres", "group": "postgres"} if is_root else {}
    with tempfile.TemporaryDirectory(prefix="spanglass-postgresql-") as directory:
        if is_root:
            shutil.chown(directory, "postgres", "postgres")
        data = Path(directory) / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", user, "--auth=trust", "--no-sync", "-E", "UTF8"],
            check=True,
            capture_output=True,
            cwd="/",
            **as_user,
        )
        yield from _serve(programs, data, user, as_user)


def _serve(programs: Path, data: Path, user: str, as_user: dict[str, str]) -> Iterator[str]:
    port = _free_port()
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", "", "-F", "-c", "autovacuum=off"]
    with subprocess.Popen(
        [programs / "postgres", "-D", data, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **as_user,
    ) as server:
        url = f"postgresql+psycopg://{user}@127.0.0.1:{port}"
        try:
            _wait_until_ready(f"{url}/postgres", server)
            yield url
        finally:
            server.send_signal(2)  # Fast shutdown.
            server.wait(20)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    deadline = time.monotonic() + _START_S_MAX
    try:
        while True:
            try:
                with engine.connect():
                    return
            except Exception:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'metadata.db'}"
    server = request.getfixturevalue("postgresql_url")
    name = f"spanglass_{next(_counter)}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def directory(database_url: str, clock: SteppingClock) -> Iterator[SqlDirectory]:
    opened = open_directory(database_url, now_ns=lambda: 1_700_000_000_000_000_000, monotonic_ns=clock)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def other(directory: SqlDirectory, database_url: str) -> Iterator[SqlDirectory]:
    """The same database as another process sees it."""
    opened = open_directory(database_url)
    yield opened
    opened.close()
