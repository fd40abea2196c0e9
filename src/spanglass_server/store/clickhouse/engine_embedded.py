"""ClickHouse as a library in this process (chdb), on one data directory.

A process can open one data directory and a directory serves one process. Importing chdb takes a second and
250 MB, so it happens when an engine is opened and nowhere else.
"""

import contextlib
import queue
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from spanglass_server.base.errors import Misconfigured, StorageUnavailable
from spanglass_server.store.clickhouse.engine import (
    LANE_WAIT_SECONDS,
    OUTPUT_SETTINGS,
    Lane,
    Parameters,
    Settings,
    lane_settings,
)
from spanglass_server.store.clickhouse.failures import error_of
from spanglass_server.store.clickhouse.params import encode_params

LANE_CONNECTIONS: dict[Lane, int] = {"read": 4, "long": 1, "write": 1, "admin": 1}

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
        self.database = database
        self._is_closed = False
        self._closing = threading.Lock()
        opened = _open_connections(data_dir, sum(LANE_CONNECTIONS.values()))
        self._lanes: dict[Lane, queue.LifoQueue[Any]] = {}
        self._all = list(opened)
        for lane, count in LANE_CONNECTIONS.items():
            self._lanes[lane] = queue.LifoQueue()
            for _ in range(count):
                self._lanes[lane].put(opened.pop())
        self._all[0].query(f"CREATE DATABASE IF NOT EXISTS `{_checked_name(database)}`")
        for connection in self._all:
            connection.query(f"USE `{database}`")
            for key, value in OUTPUT_SETTINGS.items():
                connection.query(f"SET {key} = {_setting_literal(value)}")

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
            return pa.ipc.open_file(pa.BufferReader(result.bytes())).read_all()

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

    def close(self) -> None:
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
            for lane, count in LANE_CONNECTIONS.items():
                for _ in range(count):
                    with contextlib.suppress(queue.Empty):
                        self._lanes[lane].get(timeout=LANE_WAIT_SECONDS)
            for connection in self._all:
                connection.close()

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
        try:
            yield connection
        finally:
            self._lanes[lane].put(connection)


def _open_connections(data_dir: Path, count: int) -> list[Any]:
    from chdb.state.sqlitelike import connect

    options = "&".join(f"{key}={value}" for key, value in _SERVER_SETTINGS.items())
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return [connect(f"{data_dir}?{options}") for _ in range(count)]
    except (RuntimeError, OSError) as error:
        raise _open_error(data_dir, str(error)) from error


def _open_error(data_dir: Path, text: str) -> Misconfigured:
    if "Cannot lock file" in text or "already running" in text:
        return Misconfigured(
            f"The data directory {data_dir} is in use by another process.",
            hint="Stop the other server, or choose another directory with --data-dir.",
        )
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


def _checked_name(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"not a name: {name!r}")
    return name
