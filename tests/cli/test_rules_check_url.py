"""`spanglass rules check --url` beside a running server, which knows what series there are."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

RULES = """
groups:
  - name: g
    rules:
      - alert: Deep
        expr: rate(queue_depth[5m]) > 5 or queue_dept > 100
        for: 5m
        annotations: {summary: deep}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    process = SpanglassProcess(tmp_path_factory.mktemp("rules") / "data")
    yield process
    process.terminate()


def send_gauge(url: str) -> None:
    point = {"timeUnixNano": str(time.time_ns()), "asDouble": 3.0}
    metric = {"name": "queue_depth", "gauge": {"dataPoints": [point]}}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    answer = httpx.post(f"{url}/v1/metrics", json=body, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    assert "rejectedDataPoints" not in answer.text


def check(path: Path, *options: str) -> tuple[int, Any, str]:
    command = [sys.executable, "-m", "spanglass_server.cli", "rules", "check", str(path), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_series_and_types_come_from_the_server(server: SpanglassProcess, tmp_path: Path) -> None:
    send_gauge(server.url)
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    status, without, _ = check(path)
    assert (status, without["counts"]["error"]) == (0, 0)
    status, found, errors = check(path, "--url", server.url)
    assert status == 1, errors
    codes = {finding["code"]: finding for finding in found["findings"]}
    assert codes.keys() == {"rate-of-gauge", "unknown-metric"}
    assert codes["rate-of-gauge"]["corrected"] == "deriv(queue_depth[5m]) > 5 or queue_depth > 100"


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    status, _, errors = check(path, "--url", "http://127.0.0.1:1")
    assert status == 1
    assert "no server answers at http://127.0.0.1:1" in errors


def test_a_project_that_is_not_there_is_told(server: SpanglassProcess, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    status, _, errors = check(path, "--url", server.url, "--project", "nowhere")
    assert status == 1
    assert "nowhere" in errors
