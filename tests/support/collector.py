"""A server over a real socket that takes what the SDK sends, and answers as a test tells it to."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanglass_server.wire.otlp import decode_traces
from spanglass_server.wire.records import SpanRecord


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay_s: float = 0.0


class Request(NamedTuple):
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Decompressed."""


class Collector:
    """Serves from its making to `close`. `replies` are given in order, then 200 for ever."""

    def __init__(self, *replies: Reply, answer: Callable[[Request], Reply] | None = None) -> None:
        self.requests: list[Request] = []
        self._replies = list(replies)
        self._answer = answer
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def take(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self._answer is not None:
                return self._answer(request)
            return self._replies.pop(0) if self._replies else Reply()

    def spans(self) -> list[SpanRecord]:
        """Of all requests, repeated ones too."""
        with self._lock:
            bodies = [request.body for request in self.requests if request.path.endswith("/v1/traces")]
        return [span for body in bodies for span in decode_traces(body).records]

    def names(self) -> list[str]:
        return [span.name for span in self.spans()]

    def exports(self) -> list[ExportTraceServiceRequest]:
        """Decoded by the generated classes."""
        bodies = [request.body for request in self.requests if request.path.endswith("/v1/traces")]
        return [ExportTraceServiceRequest.FromString(body) for body in bodies]

    def scores(self) -> list[dict[str, Any]]:
        with self._lock:
            bodies = [request.body for request in self.requests if request.path.endswith("/api/v1/scores")]
        return [score for body in bodies for score in json.loads(body)]

    def await_spans(self, count: int, timeout_s: float = 20.0) -> list[SpanRecord]:
        """Waits until so many have come. Raises AssertionError where they do not."""
        end = time.monotonic() + timeout_s
        while len(spans := self.spans()) < count:
            assert time.monotonic() < end, f"{len(spans)} of {count} spans came: {self.names()}"
            time.sleep(0.02)
        return spans

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = collector.take(Request(self.path, headers, body))
            time.sleep(reply.delay_s)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
