"""SQLite and PostgreSQL made to behave alike: short transactions, writers that wait, errors of our tree."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from spanglass_server.base.errors import Misconfigured, StorageFull, StorageUnavailable

_LOCK_WAIT_S: Final = 10
_QUERY_S: Final = 10


def open_engine(url: str) -> Engine:
    """An engine on SQLAlchemy's URL. Makes the directory of a SQLite file; connects at first use only."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _make_directory(Path(parsed.database or "metadata.db"))
        engine = create_engine(parsed, connect_args={"timeout": _LOCK_WAIT_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c lock_timeout={_LOCK_WAIT_S}s -c statement_timeout={_QUERY_S}s"
    return create_engine(
        parsed, pool_pre_ping=True, pool_size=4, connect_args={"connect_timeout": 5, "options": options}
    )


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    with _translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """Commits at the end, rolls back on an error; waits up to ten seconds for another writer."""
    writer = engine.execution_options(sqlite_begin="IMMEDIATE")
    with _translated(engine), writer.begin() as connection:
        yield connection


def _make_directory(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"cannot make the directory {path.parent}: {error.strerror}",
            hint="choose another with --data-dir or SPANGLASS_DATA_DIR",
        ) from None


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, and only before writes; _begin_sqlite does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts reading and then writes fails at once when another wrote in between, whatever
    # the timeout; one that says so at the start waits for its turn.
    kind: Any = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """Database errors as ours. IntegrityError passes: what it means is the caller's to say."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        where = engine.url.render_as_string(hide_password=True)
        if "disk is full" in reason or "No space left" in reason:
            raise StorageFull(f"the metadata database has no disk left: {where}", hint=reason) from error
        raise StorageUnavailable(f"the metadata database does not answer: {where}", hint=reason) from error
