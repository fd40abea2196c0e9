"""ClickHouse's HTTP interface in front of embedded ClickHouse.

It lets the real client speak its real protocol to the real engine where no server can run. It answers like a
server: parameters and settings from the URL or a multipart form, formats, compression, exception codes.
"""

import contextlib
import gzip
import json
import queue
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import zstandard

CONNECTIONS = 4
_TRANSPORT = {
    "query", "database", "user", "password", "default_format", "session_id", "query_id", "wait_end_of_query",
    "compress", "decompress", "client_protocol_version", "quota_key", "role", "buffer_size",
    "session_timeout",
    "session_check", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "enable_http_compression", "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
_STATUS = {60: 404, 81: 404, 62: 400, 47: 404, 159: 408, 516: 401, 192: 401, 252: 503}
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*\Z", re.IGNORECASE)
_INSERT = re.compile(rb"\s*(INSERT\s+INTO\s.*?)\s*FORMAT\s+(\w+)(?:\n|\Z)", re.IGNORECASE | re.DOTALL)
USER, PASSWORD = "spanglass", "se:cret/"


class ClickHouseHttp:
    """A server on a loopback port, on a data directory that this process has open."""

    def __init__(self, data_dir: Path) -> None:
        from chdb.state.sqlitelike import connect

        self._connect: Callable[[], Any] = lambda: connect(str(data_dir))
        self.delay_s = 0.0
        """Held before each answer."""
        self.failure: tuple[int, str] | None = None
        """Code and message every statement answers with."""
        self.requests = 0
        self.connections: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(CONNECTIONS):
            self.connections.put(self._connect())
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"place": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, database: str, *, password: str = "se%3Acret%2F") -> str:
        return f"clickhouse://{USER}:{password}@127.0.0.1:{self._server.server_port}/{database}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)
        for _ in range(CONNECTIONS):
            self.connections.get(timeout=10).close()

    @contextlib.contextmanager
    def connection(self, *, is_fresh: bool = False) -> Iterator[Any]:
        if is_fresh:  # Read-only cannot be undone.
            with contextlib.closing(self._connect()) as connection:
                yield connection
            return
        connection = self.connections.get(timeout=60)
        try:
            yield connection
        except RuntimeError:
            # What the failed query had written would stand in front of the connection's next result.
            connection.close()
            connection = self._connect()
            raise
        finally:
            self.connections.put(connection)


class _Handler(BaseHTTPRequestHandler):
    place: ClickHouseHttp
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n", {})
        else:
            self._run(b"")

    def do_POST(self) -> None:
        self._run(self._read_body())

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._read_chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _run(self, body: bytes) -> None:
        self.place.requests += 1
        if not self._is_authorized():
            self._fail(516, "Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)")
            return
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = _decompress(body, self.headers.get("Content-Encoding", ""))
        if self.headers.get_content_type() == "multipart/form-data":
            given.update(_form(self.headers, body))
            body = b""
        if self.place.failure:
            self._fail(*self.place.failure)
            return
        threading.Event().wait(self.place.delay_s)
        sql = b"\n".join(part for part in (given.pop("query", "").encode(), body) if part)
        try:
            with self.place.connection(is_fresh="readonly" in given) as connection:
                data, output = _execute(connection, sql, given)
        except RuntimeError as error:
            found = re.search(r"Code: (\d+)", str(error))
            self._fail(int(found.group(1)) if found else 1002, str(error))
            return
        self._answer(200, data, {"X-ClickHouse-Format": output} if output else {})

    def _is_authorized(self) -> bool:
        import base64

        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(secret).decode() == f"{USER}:{PASSWORD}"

    def _fail(self, code: int, text: str) -> None:
        self._answer(_STATUS.get(code, 500), text.encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        accepted = self.headers.get("Accept-Encoding", "")
        if data and "zstd" in accepted:
            data = zstandard.compress(data)
            self.send_header("Content-Encoding", "zstd")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-ClickHouse-Query-Id", str(uuid.uuid4()))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("X-ClickHouse-Summary", json.dumps({"written_rows": "0"}))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _execute(connection: Any, sql: bytes, given: dict[str, str]) -> tuple[bytes, str]:
    connection.query(f"USE `{given.get('database') or 'default'}`")
    settings = {name: value for name, value in given.items() if not _is_transport(name)}
    params = {
        name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")
    }
    is_read_only = settings.pop("readonly", "") == "1"
    for name, value in settings.items():
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        connection.query(f"SET {name} = '{escaped}'")
    if is_read_only:
        connection.query("SET readonly = 1")
    try:
        insert = _INSERT.match(sql)
        if insert:
            inserter = connection.send_insert(insert[1].decode(), insert[2].decode())
            inserter.append(sql[insert.end() :])
            inserter.finish()
            return b"", ""
        text = sql.decode()
        found = _FORMAT.search(text)
        output = found[1] if found else given.get("default_format", "TabSeparated")
        result = connection.query(_FORMAT.sub("", text), output, params=params)
        data = result.bytes() if result is not None else b""
        return (data or b""), output if data else ""
    finally:
        for name in () if is_read_only else settings:
            connection.query(f"SET {name} = DEFAULT")


def _is_transport(name: str) -> bool:
    return name in _TRANSPORT or name.startswith("param_")


def _form(headers: Message, body: bytes) -> dict[str, str]:
    message: Any = BytesParser().parsebytes(
        b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body
    )
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in message.get_payload()
    }


def _decompress(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        case "gzip":
            return gzip.decompress(body)
        case _:
            return body
