"""An incident from its first failed call to the resolved message: the demo's service, rules, notifications.

Everything is real but Slack, whose webhook is a loopback endpoint that takes the same JSON.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.http_receiver import HttpReceiver
from tests.support.spanglass_process import SpanglassProcess

RULES = """
groups:
  - name: demo
    interval: 2s
    rules:
      - alert: ModelCallsFail
        expr: |
          sum by (model) (rate(llm_requests_total{status="error"}[30s]))
            / sum by (model) (rate(llm_requests_total[30s])) > 0.2
        for: 6s
        labels: {severity: critical}
        annotations:
          summary: '{{ $value | humanizePercentage }} of calls to {{ $labels.model }} fail'
"""
NOTIFICATIONS = """
route:
  receiver: slack
  group_by: [alertname]
  group_wait: 12s
  group_interval: 15s
receivers:
  - name: slack
    slack_configs:
      - api_url: SLACK_URL
        channel: '#incidents'
        send_resolved: true
"""
INCIDENT_S_MAX = 120.0
RECOVERY_S_MAX = 150.0


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    yield receiver
    receiver.close()


@pytest.fixture
def server(tmp_path: Path, slack: HttpReceiver) -> Iterator[SpanglassProcess]:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES)
    notifications = tmp_path / "alertmanager.yml"
    notifications.write_text(NOTIFICATIONS.replace("SLACK_URL", f"{slack.url}/services/T0/B0/secret"))
    process = SpanglassProcess(
        tmp_path / "data",
        RULE_FILES=str(rules),
        NOTIFICATION_CONFIG=str(notifications),
        NOTIFY_PRIVATE_TARGETS="true",
    )
    yield process
    assert process.terminate() == 0


@contextmanager
def traffic(server: SpanglassProcess, *options: str) -> Iterator[None]:
    """The demo's application, as `spanglass demo --no-serve` sends it."""
    command = [sys.executable, "-m", "spanglass_server.cli", "demo", "--no-serve", "--endpoint", server.url]
    process = subprocess.Popen(
        [*command, "--history-hours", "0", "--rate", "12", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
    finally:
        process.terminate()
        process.wait(60)
        if process.stderr:
            process.stderr.close()


def alert_states(server: SpanglassProcess) -> set[str]:
    items = httpx.get(f"{server.url}/api/v1/alerts", trust_env=False).json()["items"]
    return {item["state"] for item in items if item["labels"]["alertname"] == "ModelCallsFail"}


def wait_until(condition: Callable[[], Any], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.25)


def attempts_of(server: SpanglassProcess) -> list[Any]:
    """Newest first. One is kept once Slack has answered; some of a group may resolve before the rest."""
    return list(httpx.get(f"{server.url}/api/v1/notifications", trust_env=False).json()["items"])


def text_of(message: Any) -> str:
    return json.dumps(message, ensure_ascii=False)


@pytest.mark.timeout(400)
def test_an_incident_goes_from_pending_to_one_grouped_message_to_resolved(
    server: SpanglassProcess, slack: HttpReceiver
) -> None:
    with traffic(server, "--incident", "error_burst"):
        wait_until(lambda: "pending" in alert_states(server), "an alert is pending", INCIDENT_S_MAX)
        assert not slack.requests
        wait_until(lambda: "firing" in alert_states(server), "an alert fires", INCIDENT_S_MAX)
        wait_until(lambda: slack.requests, "Slack is told", INCIDENT_S_MAX)
        told = slack.requests[0]
        first = text_of(told.json)
        assert told.path == "/services/T0/B0/secret"
        assert "ModelCallsFail" in first
        models = ("claude-sonnet-4-6", "gpt-5.4-mini", "text-embedding-3-small", "claude-haiku-4-5")
        assert sum(model in first for model in models) >= 2, "alerts of several models are one message"
        assert f"{server.url}/traces/" in first, "examples are linked"
    with traffic(server):
        wait_until(lambda: not alert_states(server), "no alert is left", RECOVERY_S_MAX)
        last = lambda: text_of(slack.requests[-1].json)  # noqa: E731 - the newest, each time it is asked
        wait_until(lambda: "resolved" in last().lower(), "Slack is told of the end", RECOVERY_S_MAX)
        newest = lambda: attempts_of(server)[0]["status"]  # noqa: E731 - as above
        wait_until(lambda: newest() == "resolved", "the last is resolved", RECOVERY_S_MAX)
    attempts = attempts_of(server)
    assert all(attempt["ok"] for attempt in attempts)
    assert "secret" not in text_of(attempts)
