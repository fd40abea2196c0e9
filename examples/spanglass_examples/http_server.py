"""A small threaded HTTP/1.1 server on a free loopback port, for services of the example."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Either `body`, or `chunks` that are sent one by one as they come."""

    status: int = 200
    body: Json = field(default_factory=dict)
    chunks: Iterable[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handle = Callable[[Request], Reply]


@contextmanager
def serving(handle: Handle) -> Iterator[str]:
    """Serve POST requests with JSON bodies on a free port; yields the base URL."""
    server = _Server(("127.0.0.1", 0), _handler_of(handle))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away in the middle of an answer is nothing to print."""


def _handler_of(handle: Handle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = json.loads(self.rfile.read(length) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = handle(Request(path=self.path, headers=headers, body=body))
            if reply.chunks is None:
                self._send_whole(reply)
            else:
                self._send_chunks(reply, reply.chunks)

        def _send_whole(self, reply: Reply) -> None:
            payload = json.dumps(reply.body, ensure_ascii=False).encode()
            self._send_head(reply, {"content-type": "application/json", "content-length": str(len(payload))})
            self.wfile.write(payload)

        def _send_chunks(self, reply: Reply, chunks: Iterable[bytes]) -> None:
            self._send_head(reply, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
            self.wfile.flush()
            for chunk in chunks:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        def _send_head(self, reply: Reply, headers: Mapping[str, str]) -> None:
            self.send_response(reply.status)
            for name, value in {**headers, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet: the traces say it all."""

    return Handler
