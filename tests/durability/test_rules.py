"""Rules of a real server that is killed: `for` goes on, alerts stay, files are read again on SIGHUP."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

RULES = """
groups:
- name: g
  interval: 1s
  rules:
  - {record: one, expr: vector(1)}
  - {alert: Soon, expr: one > 0}
  - {alert: Late, expr: one > 0, for: 20s}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yml"
    path.write_text(RULES)
    return path


@pytest.fixture
def start(tmp_path: Path, file: Path) -> Iterator[Callable[[], SpanglassProcess]]:
    started: list[SpanglassProcess] = []

    def make() -> SpanglassProcess:
        started.append(SpanglassProcess(tmp_path / "data", RULE_FILES=str(file), DEFAULT_RULES="false"))
        return started[-1]

    yield make
    for server in started:
        if server.process.poll() is None:
            server.kill()


def alerts(server: SpanglassProcess) -> dict[str, Any]:
    answer = httpx.get(f"{server.url}/api/v1/alerts", trust_env=False, timeout=30)
    answer.raise_for_status()
    return {alert["rule"]: alert for alert in answer.json()["items"]}


def wait_for(server: SpanglassProcess, states: dict[str, str], within_s: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while True:
        found = alerts(server)
        if {name: alert["state"] for name, alert in found.items()} == states:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_for_goes_on_and_alerts_stay_when_the_server_is_killed(
    start: Callable[[], SpanglassProcess],
) -> None:
    server = start()
    before = wait_for(server, {"Soon": "firing", "Late": "pending"})
    server.kill()
    server = start()
    after = wait_for(server, {"Soon": "firing", "Late": "pending"})
    for name in ("Soon", "Late"):
        assert after[name]["active_at"] == before[name]["active_at"]
    assert after["Soon"]["fired_at"] == before["Soon"]["fired_at"]
    fired = wait_for(server, {"Soon": "firing", "Late": "firing"})
    assert fired["Late"]["active_at"] == before["Late"]["active_at"]
    assert server.terminate() == 0


def test_a_changed_file_counts_at_once_on_sighup(start: Callable[[], SpanglassProcess], file: Path) -> None:
    server = start()
    wait_for(server, {"Soon": "firing", "Late": "pending"})
    file.write_text(RULES.replace("alert: Late", "alert: Later"))
    os.kill(server.process.pid, signal.SIGHUP)
    wait_for(server, {"Soon": "firing", "Later": "pending"}, within_s=20)
    assert server.terminate() == 0
