"""`spanglass serve` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from spanglass_server.store.directory import NewKey
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory

_READY_S = 90.0


class SpanglassProcess:
    """Started and ready when made. Stop it with `terminate` (clean) or `kill` (SIGKILL)."""

    def __init__(self, data_dir: Path, *, port: int | None = None, **variables: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._errors = (data_dir.parent / f"{data_dir.name}.err").open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "spanglass_server.cli", "serve"),
                *("--port", str(self.port), "--grpc-port", "0", "--data-dir", str(data_dir)),
            ],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **{f"SPANGLASS_{name}": value for name, value in variables.items()}},
            text=True,
        )
        self._await_ready()

    def _await_ready(self) -> None:
        assert self.process.stdout is not None
        timer = threading.Timer(_READY_S, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        assert self.url in line, (line, self._errors.name)

    def kill(self) -> None:
        """As a crash or an out-of-memory killer would."""
        self.process.kill()
        self._reap()

    def terminate(self) -> int:
        """Stop cleanly; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        status = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()
        return status

    def open_directory(self) -> SqlDirectory:
        """The relational store, beside the running server."""
        return open_directory(f"sqlite:///{self.data_dir / 'metadata.db'}")


class ProjectClient:
    """Sends to one project of a server by its key, and reads it by the API."""

    def __init__(self, url: str, key: NewKey) -> None:
        self._client = httpx.Client(
            base_url=url,
            trust_env=False,
            timeout=60,
            headers={"authorization": f"Bearer {key.secret_key}"},
        )

    def post(self, path: str, body: bytes) -> httpx.Response:
        return self._client.post(path, content=body, headers={"content-type": "application/x-protobuf"})

    def get(self, path: str, **query: str | int) -> Any:
        response = self._client.get(f"/api/v1{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def iter_items(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(path, **{**query, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def close(self) -> None:
        self._client.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
