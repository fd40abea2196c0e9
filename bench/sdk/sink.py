"""A local sink for every SDK's exporter: takes what comes, and counts the spans in it when asked.

Runs in a process of its own, and looks into bodies only after the measured program has ended.
"""

import gzip
import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Body = tuple[str, str, bytes]
"""Path, content encoding, bytes as sent."""


class Sink:
    """A running sink; `count()` empties it."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}"

    def count(self) -> int:
        """Distinct spans since the last count."""
        self._pipe.send("count")
        count: int = self._pipe.recv()
        return count

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection) -> None:
    bodies: list[Body] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bodies))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    while pipe.recv() == "count":
        taken, bodies[:] = bodies[:], []
        pipe.send(len({span for body in taken for span in _spans(body)}))


def _handler(bodies: list[Body]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        """Head and body in one packet: apart, each answer waits 40 ms for the client's delayed ACK."""

        def do_POST(self) -> None:
            size = self.headers.get("content-length")
            body = self.rfile.read(int(size)) if size else self._read_chunks()
            bodies.append((self.path, self.headers.get("content-encoding", ""), body))
            self._answer(207 if self.path.endswith("/ingestion") else 200, _answer_for(self.path, body))

        def do_GET(self) -> None:
            self._answer(200, b'{"version": "1.0.0", "healthy": true, "status": "OK"}')

        def do_PUT(self) -> None:
            self.do_POST()

        def do_PATCH(self) -> None:
            self.do_POST()

        def _read_chunks(self) -> bytes:
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            is_json = body.startswith(b"{")
            self.send_header("content-type", "application/json" if is_json else "application/x-protobuf")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a line a request would be measured too."""

    return Handler


def _answer_for(path: str, body: bytes) -> bytes:
    if path.endswith("/ingestion"):
        ids = [event["id"] for event in json.loads(body)["batch"]]
        return json.dumps({"successes": [{"id": i, "status": 201} for i in ids], "errors": []}).encode()
    return b"" if path.endswith("/v1/traces") else b"{}"


def _spans(body: Body) -> list[str]:
    path, encoding, data = body
    data = _DECODERS.get(encoding, bytes)(data)
    if path.endswith("/v1/traces"):
        return _otlp_spans(data)
    if path.endswith("/ingestion"):
        return _langfuse_spans(json.loads(data)["batch"])
    if "/spans" in path:
        return [span["id"] for span in json.loads(data)["spans"]]
    return []


_DECODERS: Final[dict[str, Callable[[bytes], bytes]]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}


def _otlp_spans(data: bytes) -> list[str]:
    request = ExportTraceServiceRequest.FromString(data)
    return [
        span.span_id.hex()
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _langfuse_spans(events: list[dict[str, Any]]) -> list[str]:
    """A root function is a trace to version 2 of its SDK."""
    kinds = Counter(event["type"] for event in events)
    assert set(kinds) <= {"trace-create", "span-create", "span-update"}, kinds
    return [event["body"]["id"] for event in events if event["type"].endswith("-create")]
