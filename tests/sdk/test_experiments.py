"""`run_experiment` and `get_dataset` with a real server, and what the server then tells of the runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, json, os, sys
import spanglass

spanglass.init(service="lab", endpoint=URL)

dataset = spanglass.get_dataset("capitals", version="first")
assert [item.input for item in dataset] == [f"capital of {n}?" for n in range(1200)], len(dataset)
few = spanglass.Dataset(
    name=dataset.name, id=dataset.id, version=dataset.version, items=dataset.items[:20]
)


def sync_task(input, metadata):
    assert spanglass.current_trace_id()
    if metadata["n"] == 3:
        raise RuntimeError("no answer")
    return f"city {metadata['n']}"


async def async_task(question):
    await asyncio.sleep(0.001)
    with spanglass.span("model", kind="llm", model="unknown-model"):
        return "city " + question.split()[-1].rstrip("?") if question.endswith("1?") else "nowhere"


def exact(output, expected_output):
    return output == expected_output


async def length(output):
    return {"value": len(output), "reason": "characters"}


def broken(output):
    raise ValueError("never works")


evaluators = [exact, length, broken, "refusal"]
first = spanglass.run_experiment(
    "sync", dataset=few, task=sync_task, evaluators=evaluators, metadata={"model": "a"}, progress=False
)


async def in_a_running_loop():
    return spanglass.run_experiment("async", dataset=few, task=async_task, evaluators=[exact])


with spanglass.span("a script"):
    second = asyncio.run(in_a_running_loop())
loose = spanglass.run_experiment("loose", dataset=[{"input": {"q": 1}}], task=lambda x: x["q"])
try:
    spanglass.get_dataset("missing")
except spanglass.DatasetError as problem:
    assert "missing" in str(problem)
else:
    raise SystemExit("a missing dataset was found")
print(json.dumps({
    "ids": [first.id, second.id, loose.id],
    "urls": [first.url],
    "failed": [len(run.failed) for run in (first, second, loose)],
    "means": first.means(),
    "traces": [one.trace_id for one in first.items],
}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    process = SpanglassProcess(tmp_path_factory.mktemp("server") / "data")
    yield process
    process.terminate()


def ask(server: SpanglassProcess, method: str, path: str, **sent: Any) -> Any:
    answer = httpx.request(method, f"{server.url}/api/v1{path}", trust_env=False, timeout=60, **sent)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def told(server: SpanglassProcess) -> dict[str, Any]:
    """What the program printed."""
    ask(server, "POST", "/datasets", json={"name": "capitals"})
    lines = [
        {"id": f"c{n}", "input": f"capital of {n}?", "expected_output": f"city {n}", "metadata": {"n": n}}
        for n in range(1200)
    ]
    body = "\n".join(map(json.dumps, lines))
    assert ask(server, "POST", "/datasets/capitals/items/import", content=body)["added"] == 1200
    ask(server, "POST", "/datasets/capitals/versions", json={"name": "first"})
    ask(server, "PATCH", "/datasets/capitals/items/c0", json={"input": "changed since"})
    program = PROGRAM.replace("URL", repr(server.url))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True, text=True, timeout=120, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "async: 20 items, 0 failed" in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def await_scores(server: SpanglassProcess, experiment_id: str, name: str, count: int) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        found = ask(server, "GET", f"/experiments/{experiment_id}")
        scores = {score["name"]: score for score in found["scores"]}
        if scores.get(name, {}).get("scored") == count and found["item_count"] == 20:
            return {**found, "scores": scores}
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_a_run_is_an_experiment_with_its_scores_and_failures(
    server: SpanglassProcess, told: dict[str, Any]
) -> None:
    found = await_scores(server, told["ids"][0], "no_refusal", 19)
    assert (found["name"], found["dataset_name"]) == ("sync", "capitals")
    assert (found["item_count"], found["error_count"]) == (20, 1)
    assert found["metadata"] == {"model": "a"}
    assert found["scores"]["exact"]["mean"] == 1.0
    assert told["means"]["exact"] == 1.0
    assert told["failed"] == [1, 0, 0]
    assert "broken" not in found["scores"]
    assert told["urls"] == [f"{server.url}/experiments/compare?ids={told['ids'][0]}"]
    assert len(set(told["traces"])) == 20, "a trace each"


def test_two_runs_are_compared_over_the_version_that_was_run(
    server: SpanglassProcess, told: dict[str, Any]
) -> None:
    await_scores(server, told["ids"][0], "exact", 19)
    await_scores(server, told["ids"][1], "exact", 20)
    ids = ",".join(told["ids"][:2])
    compared = ask(server, "GET", "/experiments/compare", params={"ids": ids, "score": "exact"})
    (paired,) = [one for one in compared["comparisons"][0]["scores"] if one["name"] == "exact"]
    assert (paired["pairs"], paired["losses"], paired["wins"]) == (19, 17, 0)
    items = {item["item_id"]: item for item in compared["items"]}
    assert items["c0"]["input"] == "capital of 0?", "as it was"
    assert items["c1"]["results"][told["ids"][1]]["output"] == "city 1"
    failed = items["c3"]["results"][told["ids"][0]]
    assert (failed["is_error"], failed["output"]) == (True, None)
    listed = ask(server, "GET", "/experiments", params={"dataset": "capitals"})
    assert {one["name"] for one in listed["items"]} == {"sync", "async"}


def test_langfuse_reads_the_runs_too(server: SpanglassProcess, told: dict[str, Any]) -> None:
    await_scores(server, told["ids"][0], "exact", 19)
    answer = httpx.get(f"{server.url}/api/public/datasets/capitals/runs/sync", trust_env=False, timeout=60)
    assert len(answer.json()["datasetRunItems"]) == 20
