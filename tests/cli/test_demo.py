"""`spanglass demo` as a person starts it: a real server, the real application, real OTLP."""

import json
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.cli.processes import first_line, free_port, run, started, stop

pytestmark = pytest.mark.slow

_START_S_MAX = 90


def traces(url: str, query: str, *, key: str = "") -> list[dict[str, Any]]:
    return items(url, f"traces?{query}", key=key)


def items(url: str, path: str, *, key: str = "") -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{url}/api/v1/{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return list(json.load(answer)["items"])


def wait_for_traces(url: str, query: str, *, count: int = 1, key: str = "") -> list[dict[str, Any]]:
    deadline = time.monotonic() + _START_S_MAX
    while time.monotonic() < deadline:
        found = traces(url, query, key=key)
        if len(found) >= count:
            return found
        time.sleep(0.5)
    raise AssertionError(f"not {count} traces of {query} within {_START_S_MAX} s")


def wait_for_scores(url: str, names: set[str]) -> None:
    """Scores travel after their traces, from a thread of their own."""
    deadline = time.monotonic() + _START_S_MAX
    found: set[str] = set()
    while not names <= found:
        assert time.monotonic() < deadline, f"{names - found} not within {_START_S_MAX} s"
        found = {score["name"] for score in items(url, "scores?from=now-4h&limit=200")}
        time.sleep(0.2)


def wait_for_lines(url: str, trace_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The trace, and the fields of its `llm_call` lines once there is one for every call: lines travel apart
    from their spans, and those not all at once."""
    deadline = time.monotonic() + 60
    while True:
        trace = traces(url, f"from=now-4h&filter=trace_id:{trace_id}")[0]
        lines = items(url, f"logs?from=now-4h&limit=100&filter=trace_id:{trace_id}")
        calls = [line["fields"] for line in lines if line["message"] == "llm_call"]
        if len(calls) == trace["llm_call_count"]:
            return trace, calls
        assert time.monotonic() < deadline, f"{len(calls)} lines of {trace['llm_call_count']} calls"
        time.sleep(0.2)


def test_the_first_screen_is_alive_and_stays_so(tmp_path: Path) -> None:
    port = free_port()
    options = ("--port", str(port), "--grpc-port", "0", "--history-hours", "3", "--rate", "10")
    with started("demo", *options, data_dir=tmp_path) as demo:
        url = f"http://127.0.0.1:{port}"
        assert first_line(demo).endswith(url)
        old = wait_for_traces(url, "from=now-4h&to=now-1h&limit=200", count=100)
        assert {"gateway"} == {trace["service"] for trace in old}
        assert len({trace["feature"] for trace in old}) == 5
        assert len({trace["user_id"] for trace in old}) > 10
        assert len({trace["team"] for trace in old}) == 4
        assert sum(trace["cost_usd"] or 0 for trace in old) > 0
        assert any(trace["unpriced_count"] for trace in old), "a model of one's own has no price"
        assert not all(trace["unpriced_count"] for trace in old)
        assert len({trace["release"] for trace in old}) == 1, "the newer one, everywhere"
        whole = [trace for trace in old if trace["duration_ms"] > 1000]
        assert whole, "waiting that was left out is in the times"
        one, calls = wait_for_lines(url, old[0]["trace_id"])
        assert sum(call["cost_usd"] or 0 for call in calls) == pytest.approx(one["cost_usd"] or 0)
        wait_for_scores(url, {"groundedness", "user_feedback"})
        wait_for_traces(url, "from=now-15s&limit=20", count=3)
        assert stop(demo, signal.SIGTERM) == 0


def test_the_demo_sends_to_a_running_server_with_a_key(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started("serve", "--port", str(port), "--grpc-port", "0", data_dir=tmp_path) as server:
        assert first_line(server).endswith(url)
        made = run("keys", "create", "--project", "shown", "--json", data_dir=tmp_path)
        key = json.loads(made.stdout)["secret_key"]
        options = ("--no-serve", "--endpoint", url, "--api-key", key, "--history-hours", "0", "--rate", "20")
        with started("demo", *options, data_dir=tmp_path) as demo:
            assert url in first_line(demo)
            wait_for_traces(url, "from=now-1h&project=default", count=3, key=key)
            assert traces(url, "from=now-1h&project=default") == [], "the key decides the project"
            assert stop(demo, signal.SIGINT) == 0
        assert stop(server, signal.SIGTERM) == 0


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    options = ("--no-serve", "--endpoint", f"http://127.0.0.1:{free_port()}")
    done = run("demo", *options, data_dir=tmp_path)
    assert done.returncode == 1
    assert "no server is ready" in done.stderr
