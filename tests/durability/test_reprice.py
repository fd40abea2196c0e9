"""`spanglass reprice` beside a running server: history follows the price file, nothing else moves."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.otlp_bodies import body_of, span
from tests.support.spanglass_process import SpanglassProcess

BEFORE = '[[price]]\nmodel = "acme-large"\ninput = 1\noutput = 2\n'
AFTER = """
[[price]]
model = "acme-large"
input = 10
output = 20
[[price]]
model = "acme-new"
input = 1
output = 1
"""
TOKENS = 1000


def call(index: int, model: str) -> Span:
    """A chat call of 1,000 tokens in and 1,000 out."""
    now_ns = time.time_ns()
    made = span(
        index, start_time_unix_nano=now_ns - 10**9, end_time_unix_nano=now_ns, trace_id=bytes([index] * 16)
    )
    for key, value in {
        "gen_ai.operation.name": AnyValue(string_value="chat"),
        "gen_ai.provider.name": AnyValue(string_value="acme"),
        "gen_ai.request.model": AnyValue(string_value=model),
        "gen_ai.response.id": AnyValue(string_value=f"response-{index}"),
        "gen_ai.usage.input_tokens": AnyValue(int_value=TOKENS),
        "gen_ai.usage.output_tokens": AnyValue(int_value=TOKENS),
    }.items():
        made.attributes.append(KeyValue(key=key, value=value))
    return made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SpanglassProcess]:
    prices = tmp_path / "prices.toml"
    prices.write_text(BEFORE)
    process = SpanglassProcess(tmp_path / "data", PRICE_FILE=str(prices))
    yield process
    assert process.terminate() == 0


def costs(server: SpanglassProcess) -> dict[str, tuple[float | None, int]]:
    """Cost and unpriced calls by model, as the trace list tells them."""
    answer = httpx.get(
        f"{server.url}/api/v1/traces", params={"from": "now-30d", "limit": 100}
    ).raise_for_status()
    return {
        item["models"][0]: (item["cost_usd"] and round(item["cost_usd"], 9), item["unpriced_count"])
        for item in answer.json()["items"]
    }


def reprice(server: SpanglassProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    port = server.url.rpartition(":")[2]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "spanglass_server.cli",
            "reprice",
            "--data-dir",
            str(server.data_dir),
            *arguments,
        ],
        env={**os.environ, "SPANGLASS_PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )


def test_history_follows_the_price_file_and_the_command_says_what_changed(
    server: SpanglassProcess, tmp_path: Path
) -> None:
    protobuf = {"Content-Type": "application/x-protobuf"}
    body = body_of(call(1, "acme-large"), call(2, "acme-new"), call(3, "acme-unknown"))
    httpx.post(f"{server.url}/v1/traces", content=body, headers=protobuf).raise_for_status()
    before = {"acme-large": (0.003, 0), "acme-new": (None, 1), "acme-unknown": (None, 1)}
    assert costs(server) == before

    (tmp_path / "prices.toml").write_text(AFTER)
    dry = json.loads(reprice(server, "--dry-run", "--json").stdout)["projects"]["default"]
    assert (dry["changed_span_count"], dry["newly_priced_count"]) == (2, 1)
    assert costs(server) == before, "a dry run changes nothing"

    done = json.loads(reprice(server, "--json").stdout)["projects"]["default"]
    assert done == dry
    assert (done["before_usd"], done["after_usd"]) == pytest.approx((0.003, 0.032))
    assert costs(server) == {"acme-large": (0.03, 0), "acme-new": (0.002, 0), "acme-unknown": (None, 1)}

    again = json.loads(reprice(server, "--json").stdout)["projects"]["default"]
    assert again["changed_span_count"] == 0
    httpx.post(
        f"{server.url}/v1/traces", content=body_of(call(4, "acme-large")), headers=protobuf
    ).raise_for_status()
    assert costs(server)["acme-large"] == (0.03, 0), "new calls are priced by the new file"


def test_a_mistake_in_the_price_file_is_told_and_changes_nothing(
    server: SpanglassProcess, tmp_path: Path
) -> None:
    (tmp_path / "prices.toml").write_text(AFTER + "colour = 1\n")
    refused = reprice(server)
    assert refused.returncode == 1
    assert "prices.toml" in refused.stderr
    assert "colour" in refused.stderr


def test_without_a_server_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "spanglass_server.cli", "reprice", "--data-dir", str(tmp_path)],
        env={**os.environ, "SPANGLASS_PORT": "9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "spanglass serve" in refused.stderr
