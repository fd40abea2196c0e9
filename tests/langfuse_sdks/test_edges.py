"""Odd values, odd orders and a server that dies in between, with the real SDKs."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.langfuse_sdks.harness import Json, Project, command
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

LONG = "long " * 60_000


class Edges(NamedTuple):
    report: Json
    project: Project


@pytest.fixture(scope="module", params=["v2", "v3", "v4", "v5"])
def edges(request: pytest.FixtureRequest, make_project: Callable[[str], Project]) -> Edges:
    sdk = request.param
    project = make_project(f"edges-{sdk}")
    return Edges(project.run(sdk, "v2_edges.py" if sdk == "v2" else "edges.py"), project)


def test_odd_values_cost_nothing_around_them(edges: Edges) -> None:
    trace = edges.project.trace(edges.report["odd_id"])
    assert trace.tree() == {"": ["odd"], "odd": ["take"] * 6}
    children = [span for span in trace.spans if span["name"] == "take"]
    inputs = [
        edges.project.get(f"/api/v1/traces/{trace.summary['trace_id']}/spans/{span['span_id']}")["input"]
        for span in sorted(children, key=lambda span: str(span["start_time"]))
    ]
    order = {"number": 7, "placed": "2026-01-02"}
    assert inputs[2]["args"][0]["order"] == order
    assert inputs[2]["args"][0]["set"] == [1]
    assert "whole" in json.dumps(inputs[4])
    assert inputs[5] == {"args": [LONG], "kwargs": {}}


def test_tasks_at_once_keep_their_own_parents(edges: Edges) -> None:
    trace = edges.project.trace(edges.report["together_id"])
    tasks = [f"task {number}" for number in range(5)]
    assert trace.tree() == {"": ["together"], "together": tasks} | {task: ["inner"] for task in tasks}
    results = {task: trace.whole(task)["output"] for task in tasks}
    assert results == {task: str(number) for number, task in enumerate(tasks)}


def test_a_score_may_come_before_its_trace(edges: Edges) -> None:
    trace = edges.project.trace(edges.report["scored_id"])
    assert trace.tree() == {"": ["at last"]}
    assert trace.summary["scores"] == {"early": 0.5}


@pytest.mark.parametrize("edges", ["v3", "v4", "v5"], indirect=True)
def test_a_session_can_be_scored(edges: Edges) -> None:
    (score,) = edges.project.get("/api/v1/scores", session_id="session-9")["items"]
    assert (score["name"], score["value"], score["comment"]) == ("mood", "good", "at the end")
    assert not score["trace_id"]


def test_a_span_whose_parent_never_comes_is_seen(edges: Edges) -> None:
    trace = edges.project.trace(edges.report["orphan_id"])
    assert trace.tree() == {"": ["orphan"]}


def test_a_trace_of_the_sdk_2_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    first = SpanglassProcess(tmp_path / "data", AUTH="required")
    directory = first.open_directory()
    key = directory.create_key("default", scopes=frozenset({"ingest", "read"}))
    directory.close()
    project = Project(first.url, key.info.public_key, key.secret_key, "")
    with subprocess.Popen(
        command("v2", "v2_interrupted.py"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=project.environment(),
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "waiting\n"
        first.kill()
        second = SpanglassProcess(tmp_path / "data", port=first.port, AUTH="required")
        told, _ = running.communicate("go on\n", timeout=60)
    trace = project.trace(json.loads(told)["trace_id"])
    assert trace.tree() == {"": ["long"], "long": ["early", "late"], "early": ["inner"]}
    root, inner = trace.whole("long"), trace.whole("inner")
    assert (root["input"], root["output"]) == ("a question", "an answer")
    assert (inner["input"], inner["output"], inner["total_tokens"]) == ("hello", "hi", 10)
    assert trace.whole("early")["output"] == "2"
    assert trace.summary["tags"] == ["early", "late"]
    assert second.terminate() == 0
