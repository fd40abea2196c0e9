"""An application's own log lines, beside its spans in the server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    started = SpanglassProcess(tmp_path_factory.mktemp("shop") / "data")
    yield started
    assert started.terminate() == 0


@pytest.fixture(scope="module")
def trace_id(server: SpanglassProcess) -> str:
    command = [sys.executable, HERE / "programs" / "shop.py", server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def get(server: SpanglassProcess, path: str, **params: Any) -> Any:
    answer = httpx.get(f"{server.url}/api/v1/{path}", params=params, trust_env=False)
    answer.raise_for_status()
    return answer.json()


def test_lines_are_on_the_spans_that_wrote_them(server: SpanglassProcess, trace_id: str) -> None:
    spans = get(server, f"traces/{trace_id}")["spans"]
    ids = {span["name"]: span["span_id"] for span in spans}

    logs = get(server, "logs", filter=f'trace_id = "{trace_id}"', order="time")["items"]

    told = [(log["message"], log["severity"], log["span_id"]) for log in logs]
    assert sorted(told) == [
        ("asked", "info", ids["answer"]),
        ("llm_call", "info", ids["ask"]),
        ("order 7 is late", "warn", ids["ask"]),
    ]


def test_a_calls_line_says_what_the_server_says(server: SpanglassProcess, trace_id: str) -> None:
    spans = get(server, f"traces/{trace_id}")["spans"]
    span = next(span for span in spans if span["name"] == "ask")
    logs = get(server, "logs", filter=f'trace_id = "{trace_id}"')["items"]
    line = next(log for log in logs if log["message"] == "llm_call")["fields"]

    assert (line["model"], line["provider"], line["feature"]) == ("gpt-4o-mini", "openai", "orders")
    assert (line["input_tokens"], line["output_tokens"]) == (span["input_tokens"], span["output_tokens"])
    assert line["cost_usd"] == pytest.approx(span["cost_usd"])
    assert line["latency_ms"] == pytest.approx(span["duration_ms"], abs=0.001)


def test_lines_outside_any_trace_arrive_too(server: SpanglassProcess, trace_id: str) -> None:
    logs = get(server, "logs", filter='service = "shop"')["items"]

    assert [log["message"] for log in logs if log["trace_id"] is None] == ["done"]
