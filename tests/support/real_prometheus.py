"""Debian's Prometheus as a process, for tests that compare with it or are scraped by it."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import free_port

_READY_S = 60.0


class RealPrometheus:
    """Ready when made. `get` asks its API and gives status and body."""

    def __init__(self, directory: Path, config: str, *flags: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "prometheus.yml").write_text(config)
        self.url = f"http://127.0.0.1:{free_port()}"
        self._log = (directory / "prometheus.log").open("ab")
        self._process = subprocess.Popen(
            [
                find_tool("prometheus"),
                f"--config.file={directory / 'prometheus.yml'}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                *flags,
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        self._await_ready()

    def get(self, path: str, params: Any = None) -> tuple[int, Any]:
        answer = self._client.get(f"/api/v1{path}", params=params)
        return answer.status_code, answer.json()

    def query(self, expression: str) -> list[dict[str, Any]]:
        status, body = self.get("/query", {"query": expression})
        assert status == 200, body
        found: list[dict[str, Any]] = body["data"]["result"]
        return found

    def close(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_S
        while True:
            assert self._process.poll() is None, self._log.name
            assert time.monotonic() < deadline, self._log.name
            try:
                if self._client.get("/-/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)


def find_tool(name: str) -> str:
    """An executable of Debian's package prometheus. Where it is missing the test skips with the reason, and
    fails under CI=true."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is missing; on Debian: apt-get install prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
