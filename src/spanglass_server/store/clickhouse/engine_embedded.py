"""ClickHouse as a library in this process (chdb), on one data directory.

A process can open one data directory and a directory serves one process. Importing chdb takes a second and
250 MB, so it happens when an engine is opened and nowhere else.
"""

import contextlib
import fcntl
import os
import queue
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from spanglass_server.base.errors import Misconfigured, StorageUnavailable
from spanglass_server.base.limits import SQL_RUNS_MAX
from spanglass_server.store.clickhouse.engine import (
    LANE_WAIT_SECONDS,
    OUTPUT_SETTINGS,
    ConfinedFailure,
    Lane,
    Parameters,
    Settings,
    confined_database,
    lane_settings,
)
from spanglass_server.store.clickhouse.failures import error_of
from spanglass_server.store.clickhouse.params import encode_param, encode_params

LANE_CONNECTIONS: dict[Lane, int] = {
    "read": 4,
    "long": 1,
    "evaluate": 1,
    "write": 1,
    "settle": 1,
    "admin": 1,
}

LOCK_FILE = "spanglass.lock"

SERVER_MEMORY_BYTES = 1_100_000_000
"""All of ClickHouse's own allocations; the Python process comes on top."""

_SERVER_SETTINGS = {
    "max_server_memory_usage": SERVER_MEMORY_BYTES,
    "mark_cache_size": 64 << 20,
    "index_mark_cache_size": 16 << 20,
    "primary_index_cache_size": 64 << 20,
    "uncompressed_cache_size": 0,
    "text_index_tokens_cache_size": 16 << 20,
    "text_index_header_cache_size": 32 << 20,
    "text_index_postings_cache_size": 32 << 20,
    "query_condition_cache_size": 8 << 20,
    "vector_similarity_index_cache_size": 0,
    "compiled_expression_cache_size": 16 << 20,
    "background_pool_size": 2,
    "max_threads": 2,
    "max_insert_threads": 1,
}
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class EmbeddedEngine:
    name = "embedded"
    is_embedded = True
    cluster = ""

    def __init__(self, data_dir: Path, *, database: str = "spanglass") -> None:
        """Open the directory, made if missing. Misconfigured when it cannot be used, also when another
        process has it."""
        self.database = _checked_name(database)
        self._target = _connection_string(data_dir)
        self._is_closed = False
        self._closing = threading.Lock()
        self._confined = threading.BoundedSemaphore(SQL_RUNS_MAX)
        self._lock = _lock_directory(data_dir)
        try:
            self._make_database()
            self._lanes = {lane: self._fill_lane(count) for lane, count in LANE_CONNECTIONS.items()}
        except RuntimeError as error:
            os.close(self._lock)
            raise _open_error(data_dir, str(error)) from error

    def query_arrow(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "read",
    ) -> pa.Table:
        with self._connection(lane) as connection:
            result = _run(connection, sql, "Arrow", params, lane_settings(lane, settings), lane)
            # The table is backed by this copy; the engine's own buffer is freed with `result`.
            try:
                return pa.ipc.open_file(pa.BufferReader(result.bytes())).read_all()
            except pa.ArrowInvalid as error:
                raise StorageUnavailable("Storage gave an answer that cannot be read.") from error

    def command(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "admin",
    ) -> None:
        with self._connection(lane) as connection:
            _run(connection, sql, "Null", params, lane_settings(lane, settings), lane)

    def insert_arrow(
        self, table: str, rows: pa.Table | pa.RecordBatch, settings: Settings | None = None
    ) -> None:
        columns = ", ".join(f"`{name}`" for name in rows.schema.names)
        clause = _settings_clause(lane_settings("write", settings))
        with self._connection("write") as connection:
            # chdb's Python() resolves its argument by name among the caller's variables.
            batch = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
            sql = f"INSERT INTO `{_checked_name(table)}` ({columns}){clause}"
            try:
                connection.query(f"{sql} SELECT {columns} FROM Python(batch)", "Null")
            except (RuntimeError, ValueError) as error:
                raise error_of(str(error), lane="write") from error
            del batch

    def query_confined(
        self, sql: str, params: Parameters | None, settings: Settings, *, output: str
    ) -> bytes:
        with self._confined_session(settings) as connection:
            try:
                result = connection.query(sql, output, params=encode_params(params))
                return bytes(result.bytes() or b"") if result is not None else b""
            except (RuntimeError, ValueError) as error:
                raise ConfinedFailure(str(error)) from error

    def kill(self, log_comment: str) -> None:
        if self._is_closed or not log_comment.isalnum():
            return
        with (
            contextlib.suppress(StorageUnavailable, RuntimeError),
            contextlib.closing(self._reconnect()) as c,
        ):
            c.query(f"KILL QUERY WHERE Settings['log_comment'] = '{log_comment}' ASYNC", "Null")

    @contextlib.contextmanager
    def _confined_session(self, settings: Settings) -> Iterator[Any]:
        """A connection that nobody had before and nobody gets after: read-only cannot be undone."""
        if not self._confined.acquire(timeout=LANE_WAIT_SECONDS):
            raise StorageUnavailable("Storage is busy with other statements.")
        try:
            if self._is_closed:
                raise StorageUnavailable("Storage is closed.")
            with contextlib.closing(self._reconnect()) as connection:
                connection.query(f"USE `{confined_database(self.database)}`")
                pairs = {**settings, "readonly": 1}.items()
                connection.query(
                    "SET " + ", ".join(f"{_checked_name(key)} = {_quoted(value)}" for key, value in pairs)
                )
                yield connection
        finally:
            self._confined.release()

    def close(self) -> None:
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            for _ in range(SQL_RUNS_MAX):
                self._confined.acquire(timeout=LANE_WAIT_SECONDS)
            for lane, count in LANE_CONNECTIONS.items():
                for _ in range(count):
                    with contextlib.suppress(queue.Empty):
                        connection = self._lanes[lane].get(timeout=LANE_WAIT_SECONDS)
                        if connection is not None:
                            connection.close()
            os.close(self._lock)

    @contextlib.contextmanager
    def _connection(self, lane: Lane) -> Iterator[Any]:
        if self._is_closed:
            raise StorageUnavailable("Storage is closed.")
        try:
            connection = self._lanes[lane].get(timeout=LANE_WAIT_SECONDS)
        except queue.Empty:
            raise StorageUnavailable(
                f"Storage is busy: no connection of the lane `{lane}` came free in {LANE_WAIT_SECONDS:.0f} s."
            ) from None
        is_clean = False
        try:
            connection = connection or self._reconnect()
            yield connection
            is_clean = True
        finally:
            # What a failed query had already written would stand in front of the connection's next result.
            self._lanes[lane].put(connection if is_clean else self._replace(connection))

    def _replace(self, connection: Any) -> Any:
        """0.4 ms. None when storage is in too much trouble for it: the next caller tries again."""
        fresh = None
        with contextlib.suppress(StorageUnavailable):
            fresh = self._reconnect()
        if connection is not None:
            connection.close()
        return fresh

    def _reconnect(self) -> Any:
        try:
            return self._connect()
        except RuntimeError as error:
            raise StorageUnavailable("Storage cannot be opened again for now.") from error

    def _connect(self) -> Any:
        from chdb.state.sqlitelike import connect

        connection = connect(self._target)
        connection.query(f"USE `{self.database}`")
        for key, value in OUTPUT_SETTINGS.items():
            connection.query(f"SET {key} = {_setting_literal(value)}")
        return connection

    def _make_database(self) -> None:
        from chdb.state.sqlitelike import connect

        with contextlib.closing(connect(self._target)) as connection:
            for name in (self.database, confined_database(self.database)):
                connection.query(f"CREATE DATABASE IF NOT EXISTS `{name}`")

    def _fill_lane(self, count: int) -> queue.LifoQueue[Any]:
        lane: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(count):
            lane.put(self._connect())
        return lane


def _connection_string(data_dir: Path) -> str:
    if "?" in str(data_dir):
        raise Misconfigured(
            f"The data directory's name holds a question mark: {data_dir}.", hint="Choose one without."
        )
    return f"{data_dir}?{'&'.join(f'{key}={value}' for key, value in _SERVER_SETTINGS.items())}"


def _lock_directory(data_dir: Path) -> int:
    """Make the directory and hold a lock in it. ClickHouse has one of its own, but says so only on stderr."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _open_error(data_dir, error.strerror or str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Misconfigured(
            f"The data directory {data_dir} is in use by another server.",
            hint="Stop the other server, or choose another directory with --data-dir.",
        ) from error
    return lock


def _open_error(data_dir: Path, text: str) -> Misconfigured:
    if "already initialized with path" in text:
        return Misconfigured(
            f"This process has another data directory open than {data_dir}.",
            hint="Embedded storage serves one data directory per process.",
        )
    return Misconfigured(
        f"The data directory {data_dir} cannot be opened: {text.splitlines()[0][:300]}",
        hint="Check that it exists, is writable and has free space, or choose another with --data-dir.",
    )


def _run(
    connection: Any, sql: str, output: str, params: Parameters | None, settings: Settings, lane: Lane
) -> Any:
    try:
        return connection.query(sql + _settings_clause(settings), output, params=encode_params(params))
    except (RuntimeError, ValueError) as error:
        raise error_of(str(error), lane=lane) from error


def _settings_clause(settings: Settings) -> str:
    if not settings:
        return ""
    pairs = (f"{_checked_name(key)} = {_setting_literal(value)}" for key, value in settings.items())
    return f"\nSETTINGS {', '.join(pairs)}"


def _setting_literal(value: str | int | float) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _quoted(value: str | int | float) -> str:
    """Of values that hold quotes themselves."""
    return f"'{encode_param(value)}'" if isinstance(value, str) else str(value)


def _checked_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"not a name: {name!r}")
    return name
