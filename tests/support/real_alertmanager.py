"""Debian's Alertmanager as a process."""

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


class RealAlertmanager:
    """Ready when made; its only receiver is the webhook at `url`."""

    def __init__(self, directory: Path, *, hook_url: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        config = directory / "alertmanager.yml"
        config.write_text(
            "route: {receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s}\n"
            f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook_url}'}}]}}]\n"
        )
        self.url = f"http://127.0.0.1:{free_port()}"
        self._log = (directory / "alertmanager.log").open("ab")
        self._process = subprocess.Popen(
            [
                find_alertmanager(),
                f"--config.file={config}",
                f"--storage.path={directory / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        self._await_ready()

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.get("/api/v2/alerts").json()
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


def find_alertmanager() -> str:
    """The executable. Where it is missing the test skips with the reason, and fails under CI=true."""
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        message = "Alertmanager is missing; on Debian: apt-get install prometheus-alertmanager"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
