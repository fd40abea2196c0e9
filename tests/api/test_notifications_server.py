"""A whole server: a rule fires, one grouped message arrives, a kill does not repeat it, the end is told."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.http_receiver import HttpReceiver
from tests.support.spanglass_process import SpanglassProcess, free_port

pytestmark = pytest.mark.slow

_RULES = """
groups:
- name: test
  interval: 1s
  rules:
  - alert: Broken
    expr: >
      label_replace(vector(1), "feature", "search", "", "")
      or label_replace(vector(2), "feature", "chat", "", "")
    labels: {severity: critical}
    annotations: {summary: "{{ $labels.feature }} is at {{ $value }}"}
"""
_CONFIG = """
route: {{receiver: slack, group_by: [alertname], group_wait: 2s, group_interval: 2s}}
receivers:
- name: slack
  slack_configs: [{{api_url: '{url}/services/T/B/S3CRET', send_resolved: true}}]
"""


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


def test_a_rule_fires_and_slack_hears_once_even_if_the_server_is_killed(
    tmp_path: Path, slack: HttpReceiver
) -> None:
    rules, config = tmp_path / "rules.yml", tmp_path / "alertmanager.yml"
    rules.write_text(_RULES)
    config.write_text(_CONFIG.format(url=slack.url))
    port = free_port()
    variables: dict[str, Any] = {
        "NOTIFICATION_CONFIG": str(config),
        "RULE_FILES": str(rules),
        "DEFAULT_RULES": "false",
        "NOTIFY_PRIVATE_TARGETS": "true",
    }
    server = SpanglassProcess(tmp_path / "data", port=port, **variables)
    first = slack.await_requests(1, timeout_s=30)[0].json
    text = str(first)
    assert "[FIRING:2] Broken" in text
    assert "chat is at 2" in text
    assert "search is at 1" in text
    assert "S3CRET" not in text
    assert f"{server.url}/explore?expr=" in text
    attempts = _await(lambda: _get(server, "/notifications")["items"])
    assert attempts[0]["ok"]
    _try_receivers(tmp_path / "data", port)
    slack.await_requests(2)
    slack.requests.pop()
    server.kill()
    server = SpanglassProcess(tmp_path / "data", port=port, **variables)
    _await(lambda: _get(server, "/notified-alerts")["items"])
    time.sleep(5)
    assert len(slack.requests) == 1
    rules.write_text(_RULES.replace("vector(1)", "vector(1) < 0").replace("vector(2)", "vector(2) < 0"))
    last = slack.await_requests(2, timeout_s=30)[1].json
    assert "[RESOLVED] Broken" in str(last)
    assert server.terminate() == 0
    time.sleep(1)
    assert len(slack.requests) == 2


def _try_receivers(data_dir: Path, port: int) -> None:
    """By the command, which asks the running server."""
    good = _notify_test("slack", data_dir, port)
    assert good.returncode == 0, good.stderr
    assert [one["status"] for one in json.loads(good.stdout)] == ["test"]
    bad = _notify_test("nobody", data_dir, port)
    assert bad.returncode == 2
    assert "there is no receiver `nobody`" in bad.stderr


def _notify_test(receiver: str, data_dir: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spanglass_server.cli", "notify", "test", receiver, "--json"]
    return subprocess.run(
        [*command, "--data-dir", str(data_dir)],
        env={**os.environ, "SPANGLASS_PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _get(server: SpanglassProcess, path: str) -> Any:
    return httpx.get(f"{server.url}/api/v1{path}", trust_env=False).json()


def _await(find: Any, *, timeout_s: float = 20.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (found := find()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found
