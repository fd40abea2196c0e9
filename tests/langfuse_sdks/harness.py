"""Runs a program with a real SDK against a running server, and reads what the server made of it."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from tests.support.environments import node_environment, python_environment

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
OBSERVE_OF_SDK = {"v3": "v3_observe.py", "v4": "v4_observe.py", "v5": "v4_observe.py"}
"""The program that shows functions of every kind."""
PROGRAM_S_MAX = 120

Json = dict[str, Any]


def command(sdk: str, program: str) -> list[str]:
    """What runs a program (a name of ours, or a path) with an SDK: `v2` to `v5`, or `javascript`."""
    if sdk == "javascript":
        node, directory = node_environment(HERE / "javascript")
        return [str(node), str(directory / program)]
    is_too_new = sdk in ("v2", "v3") and sys.version_info >= (3, 14)  # They build on pydantic.v1.
    interpreter = "3.13" if is_too_new else sys.executable
    python = python_environment(HERE / "requirements" / f"{sdk}.txt", python=interpreter)
    return [str(python), str(PROGRAMS / program)]


class Project(NamedTuple):
    """A project's key pair, and where the server is."""

    url: str
    public_key: str
    secret_key: str
    models_url: str
    """Of a server that answers like the model providers."""

    def run(self, sdk: str, program: str, *arguments: str, **variables: str) -> Json:
        """What the program reported of itself."""
        done = self.start(sdk, program, *arguments, **variables)
        assert done.returncode == 0, done.stderr[-4000:]
        report: Json = json.loads(done.stdout.splitlines()[-1])
        return report

    def start(
        self, sdk: str, program: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command(sdk, program), *arguments],
            capture_output=True,
            text=True,
            env={**self.environment(), **variables},
            timeout=PROGRAM_S_MAX,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANGFUSE_HOST": self.url,
            "LANGFUSE_BASE_URL": self.url,
            "LANGFUSE_PUBLIC_KEY": self.public_key,
            "LANGFUSE_SECRET_KEY": self.secret_key,
            "LANGFUSE_TRACING_ENVIRONMENT": "staging",
            "LANGFUSE_RELEASE": "1.4.2",
            "ANTHROPIC_BASE_URL": self.models_url,
            "ANTHROPIC_API_KEY": "none",
        }

    def client(self) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.secret_key}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    def get(self, path: str, **query: str | int) -> Json:
        with self.client() as client:
            answer = client.get(path, params=query)
        assert answer.status_code == 200, (path, answer.text)
        found: Json = answer.json()
        return found

    def trace(self, trace_id: str) -> "Trace":
        found = self.get(f"/api/v1/traces/{trace_id}")
        return Trace(found["trace"], found["spans"], self)


class Trace(NamedTuple):
    """A trace as /api/v1 gives it."""

    summary: Json
    spans: list[Json]
    project: Project

    def tree(self) -> dict[str, list[str]]:
        """Names of children in order of their start, by the parent's name; roots are under ''."""
        names = {span["span_id"]: span["name"] for span in self.spans}
        found: dict[str, list[str]] = {}
        for span in sorted(self.spans, key=lambda span: str(span["start_time"])):
            found.setdefault(names.get(span["parent_span_id"], ""), []).append(span["name"])
        return found

    def kinds(self) -> dict[str, str]:
        return {span["name"]: span["kind"] for span in self.spans}

    def whole(self, name: str) -> Json:
        """The one span of that name, with its payloads."""
        (span,) = [span for span in self.spans if span["name"] == name]
        return self.project.get(f"/api/v1/traces/{span['trace_id']}/spans/{span['span_id']}")


class Told(NamedTuple):
    """A program's own report, and what the server tells of the trace that it made."""

    sdk: str
    report: Json
    trace: Trace
    project: Project


def nanoseconds(text: str) -> int:
    """Of RFC 3339 text with any number of decimals."""
    seconds, _, rest = text.removesuffix("Z").removesuffix("+00:00").partition(".")
    whole = int(datetime.fromisoformat(f"{seconds}+00:00").timestamp())
    return whole * 1_000_000_000 + int((rest or "0").ljust(9, "0")[:9])


def assert_within(span: Json, report: Json, *, tolerance_ns: int = 1_000_000) -> None:
    """The span covers the function's body and lies within the caller's view of the call.

    `tolerance_ns`: what the SDK's rounding (to microseconds or milliseconds) may take away.
    """
    ((called, returned),) = report["calls"][span["name"]]
    ((entered, left),) = report["bodies"][span["name"]]
    start, end = nanoseconds(span["start_time"]), nanoseconds(span["end_time"])
    assert called - tolerance_ns <= start <= entered + tolerance_ns, span["name"]
    assert left - tolerance_ns <= end <= returned + tolerance_ns, span["name"]
