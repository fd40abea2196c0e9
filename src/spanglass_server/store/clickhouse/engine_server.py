"""A ClickHouse server or cluster, over its HTTP interface (clickhouse-connect)."""

import contextlib
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from spanglass_server.base.errors import Misconfigured, StorageUnavailable
from spanglass_server.store.clickhouse.engine import (
    OUTPUT_SETTINGS,
    ConfinedFailure,
    Lane,
    Parameters,
    Settings,
    confined_database,
    lane_settings,
)
from spanglass_server.store.clickhouse.failures import error_of

CONNECT_SECONDS = 10
ANSWER_SECONDS = 330
"""Longer than any lane's max_execution_time, so that ClickHouse's own limit speaks first."""
CONNECTIONS_MAX = 16
"""Kept open; a burst may open more for a while."""

_SERVER_SETTINGS = {
    # An acknowledgement must mean stored, on the quorum's word and not in a buffer.
    "async_insert": 0,
    "distributed_foreground_insert": 1,
}
_IDENTIFIER = re.compile(r"\w+\Z", re.ASCII)


class ServerEngine:
    name = "server"
    is_embedded = False

    def __init__(self, url: str, *, cluster: str = "") -> None:
        """`clickhouse://user:password@host:8123/database`; `clickhouses://` for TLS (port 8443). The
        database is made if missing. Misconfigured for a bad address or refused credentials,
        StorageUnavailable when the server does not answer."""
        self.cluster = _checked_identifier(cluster, "cluster") if cluster else ""
        address = _parse(url)
        self.database = address.pop("database")
        client = _connect({**address, "database": "default"})
        on_cluster = f" ON CLUSTER `{self.cluster}`" if self.cluster else ""
        try:
            _call(client.command, f"CREATE DATABASE IF NOT EXISTS `{self.database}`{on_cluster}")
        finally:
            client.close()
        self._client = _connect({**address, "database": self.database})
        self._confined = self._open_confined(address, on_cluster)

    def query_arrow(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "read",
    ) -> pa.Table:
        body = _call(
            self._client.raw_query,
            sql,
            parameters=_bindable(params),
            settings={**OUTPUT_SETTINGS, **lane_settings(lane, settings)},
            fmt="ArrowStream",
            lane=lane,
        )
        return pa.ipc.open_stream(pa.BufferReader(body)).read_all()

    def command(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "admin",
    ) -> None:
        _call(
            self._client.raw_query,
            sql,
            parameters=_bindable(params),
            settings=lane_settings(lane, settings),
            lane=lane,
        )

    def insert_arrow(
        self, table: str, rows: pa.Table | pa.RecordBatch, settings: Settings | None = None
    ) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
            out.write(rows)
        _call(
            self._client.raw_insert,
            f"`{_checked_identifier(table, 'table')}`",
            column_names=rows.schema.names,
            insert_block=sink.getvalue().to_pybytes(),
            settings=lane_settings("write", settings),
            fmt="ArrowStream",
            lane="write",
        )

    def _open_confined(self, address: dict[str, Any], on_cluster: str) -> Any:
        """None where this user may not make its database: everything but users' SQL works without."""
        database = confined_database(self.database)
        try:
            _call(self._client.command, f"CREATE DATABASE IF NOT EXISTS `{database}`{on_cluster}")
            return _connect({**address, "database": database})
        except StorageUnavailable:
            return None

    def query_confined(
        self, sql: str, params: Parameters | None, settings: Settings, *, output: str
    ) -> bytes:
        from clickhouse_connect.driver.exceptions import ClickHouseError

        if self._confined is None:
            database = confined_database(self.database)
            raise StorageUnavailable(
                f"SQL needs the database `{database}`, which this server could not make.",
                hint=f"GRANT CREATE DATABASE, SELECT ON {database}.* to its user, and start it again.",
            )
        # What is sent with the request counts before read-only does.
        given = {**settings, "cancel_http_readonly_queries_on_client_close": 1, "readonly": 1}
        try:
            return bytes(
                self._confined.raw_query(sql, parameters=_bindable(params), settings=given, fmt=output)
            )
        except ClickHouseError as error:
            raise ConfinedFailure(str(error)) from error

    def kill(self, log_comment: str) -> None:
        if log_comment.isalnum():
            with contextlib.suppress(StorageUnavailable):
                self.command(f"KILL QUERY WHERE Settings['log_comment'] = '{log_comment}' ASYNC")

    def close(self) -> None:
        self._client.close()
        if self._confined is not None:
            self._confined.close()


def _parse(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad_url(str(error)) from error
    if parts.scheme not in ("clickhouse", "clickhouses", "http", "https") or not parts.hostname:
        raise _bad_url("it is not a clickhouse:// address")
    is_secure = parts.scheme in ("clickhouses", "https")
    return {
        "host": parts.hostname,
        "port": port or (8443 if is_secure else 8123),
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
        "database": _checked_identifier(parts.path.strip("/") or "spanglass", "database"),
        "secure": is_secure,
    }


def _bad_url(reason: str) -> Misconfigured:
    return Misconfigured(
        f"SPANGLASS_CLICKHOUSE_URL cannot be used: {reason}.",
        hint="Write it as clickhouse://user:password@host:8123/database.",
    )


def _checked_identifier(name: str, what: str) -> str:
    if not _IDENTIFIER.match(name):
        raise Misconfigured(f"{name!r} cannot be a {what}.", hint="Use letters, digits and underscores.")
    return name


def _connect(address: dict[str, Any]) -> Any:
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import ClickHouseError
    from clickhouse_connect.driver.httputil import get_pool_manager

    try:
        return clickhouse_connect.get_client(
            **address,
            settings=_SERVER_SETTINGS,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=ANSWER_SECONDS,
            autogenerate_session_id=False,
            compress="zstd",
            form_encode_query_params=True,
            pool_mgr=get_pool_manager(maxsize=CONNECTIONS_MAX, num_pools=4, block=False),
            client_name="spanglass",
        )
    except ClickHouseError as error:
        if getattr(error, "code", None) in (192, 193, 194, 516):
            raise Misconfigured(
                "ClickHouse refused the user or the password of SPANGLASS_CLICKHOUSE_URL."
            ) from error
        raise StorageUnavailable(
            f"ClickHouse at {address['host']}:{address['port']} does not answer.",
            hint="Check SPANGLASS_CLICKHOUSE_URL and that the server runs.",
            retry_after_s=5,
        ) from error


def _call(method: Any, *args: Any, lane: Lane = "admin", **kwargs: Any) -> Any:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        return method(*args, **kwargs)
    except ClickHouseError as error:
        raise error_of(str(error), lane=lane, code=getattr(error, "code", None)) from error


def _bindable(params: Parameters | None) -> dict[str, Any]:
    """clickhouse-connect knows lists and tuples, no other sequences."""
    return {name: _plain(value) for name, value in (params or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value if isinstance(value, (str, int, float, type(None))) else [_plain(item) for item in value]
