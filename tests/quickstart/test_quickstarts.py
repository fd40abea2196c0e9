"""The quick starts: each page's program, word by word, in an environment with what the page installs."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.docs.pages import ROOT, Block, blocks
from tests.support.environments import node_environment, python_environment
from tests.support.spanglass_process import SpanglassProcess, free_port

from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import Conditions, World
from spanglass_examples.fake_models.server import ModelServer

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
PAGES = ROOT / "docs" / "quickstart"
ENVIRONMENT_OF = {
    "python": "python",
    "fastapi": "python",
    "openai": "python",
    "anthropic": "python",
    "langchain": "langchain",
    "llamaindex": "llamaindex",
}
PROGRAM_S_MAX = 90

Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    started = SpanglassProcess(tmp_path_factory.mktemp("quickstart") / "data", AUTH="required")
    yield started
    assert started.terminate() == 0


@pytest.fixture(scope="module")
def models_url() -> Iterator[str]:
    world = World(clock=SkippingClock(), conditions=Conditions(error_rate=0))
    with ModelServer(world, seed=1).running() as url:
        yield url


class Run:
    """A page's program in a project of its own."""

    def __init__(self, page: str, server: SpanglassProcess, models_url: str, directory: Path) -> None:
        directories = server.open_directory()
        project = directories.create_project(page)
        key = directories.create_key(project.id, scopes=frozenset({"ingest", "read"}))
        directories.close()
        self.page = page
        self._url = server.url
        self._bearer = {"authorization": f"Bearer {key.secret_key}"}
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SPANGLASS_ENDPOINT": server.url,
            "SPANGLASS_PUBLIC_KEY": key.info.public_key,
            "SPANGLASS_SECRET_KEY": key.secret_key,
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {key.secret_key}",
            "OPENAI_BASE_URL": f"{models_url}/v1",
            "OPENAI_API_BASE": f"{models_url}/v1",  # LlamaIndex' name for it
            "OPENAI_API_KEY": "none",
            "ANTHROPIC_BASE_URL": models_url,
            "ANTHROPIC_API_KEY": "none",
        }

    def python(self) -> str:
        requirements = HERE / "requirements" / f"{ENVIRONMENT_OF[self.page]}.txt"
        return str(python_environment(requirements, editable=ROOT))

    def program(self, directory: Path) -> Path:
        path = directory / "program.py"
        path.write_text(code(self.page, "python").text, encoding="utf-8")
        return path

    def done(self, command: list[str], directory: Path) -> str:
        done = subprocess.run(
            command,
            cwd=directory,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PROGRAM_S_MAX,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def get(self, path: str, **query: str) -> Json:
        with httpx.Client(base_url=self._url, headers=self._bearer, trust_env=False, timeout=30) as client:
            found: Json = client.get(path, params=query).raise_for_status().json()
        return found

    def traces(self, name: str) -> list[Json]:
        """Those of that name, oldest first, with their spans."""
        items = self.get("/api/v1/traces", order="start_time", filter=f'name:"{name}"')["items"]
        return [self.get(f"/api/v1/traces/{item['trace_id']}") for item in items]


def code(page: str, language: str) -> Block:
    (block,) = [block for block in blocks(PAGES / f"{page}.md") if block.language == language]
    return block


@pytest.fixture
def run(request: pytest.FixtureRequest, server: SpanglassProcess, models_url: str, tmp_path: Path) -> Run:
    return Run(request.param, server, models_url, tmp_path)


def edges(trace: Json) -> set[tuple[str, str]]:
    """(kind of the parent, kind) of every span; the root's parent is empty."""
    kinds = {span["span_id"]: span["kind"] for span in trace["spans"]}
    return {(kinds.get(span["parent_span_id"], ""), span["kind"]) for span in trace["spans"]}


def assert_told(summary: Json) -> None:
    """What every page promises of its trace."""
    assert (summary["service"], summary["environment"]) == ("shop-assistant", "dev")
    assert (summary["feature"], summary["user_id"]) == ("help", "u1")
    assert (summary["error_count"], summary["unpriced_count"]) == (0, 0)
    assert summary["llm_call_count"] == 1
    assert summary["total_tokens"] > 0
    assert summary["cost_usd"] > 0


@pytest.mark.parametrize("run", [page for page in ENVIRONMENT_OF if page != "fastapi"], indirect=True)
def test_the_program_of_a_page_is_seen_as_the_page_says(run: Run, tmp_path: Path) -> None:
    printed = run.done([run.python(), str(run.program(tmp_path))], tmp_path)
    traces = run.traces("answer")
    assert len(traces) == printed.count("\n")
    for trace in traces:
        assert_told(trace["trace"])
        assert trace["trace"]["output_preview"] in printed
    CHECKS[run.page](traces)


def check_python(traces: list[Json]) -> None:
    (trace,) = traces
    assert [span["name"] for span in trace["spans"]] == ["answer", "retrieve", "generate"]
    assert [span["kind"] for span in trace["spans"]] == ["span", "retriever", "llm"]
    assert trace["trace"]["scores"] == {"grounded": True}
    assert (trace["trace"]["session_id"], trace["trace"]["team"]) == ("s1", "support")


def check_openai(traces: list[Json]) -> None:
    (trace,) = traces
    assert edges(trace) == {("", "span"), ("span", "llm")}
    (call,) = (span for span in trace["spans"] if span["is_billable"])
    assert call["ttft_ms"] is not None
    assert call["request_model"] == "gpt-5.4-mini"


def check_anthropic(traces: list[Json]) -> None:
    first, second = (next(span for span in trace["spans"] if span["is_billable"]) for trace in traces)
    assert first["cache_write_tokens"] == second["cache_read_tokens"] > 1000
    assert second["cost_usd"] < first["cost_usd"] / 2


def check_langchain(traces: list[Json]) -> None:
    (trace,) = traces
    assert {("span", "chain"), ("chain", "llm")} <= edges(trace)


def check_llamaindex(traces: list[Json]) -> None:
    (trace,) = traces
    assert {"chain", "retriever", "llm"} <= {span["kind"] for span in trace["spans"]}


CHECKS = {
    "python": check_python,
    "openai": check_openai,
    "anthropic": check_anthropic,
    "langchain": check_langchain,
    "llamaindex": check_llamaindex,
}


@pytest.mark.parametrize("run", ["fastapi"], indirect=True)
def test_requests_to_the_fastapi_application_are_seen(run: Run, tmp_path: Path) -> None:
    program = run.program(tmp_path)
    text = program.read_text(encoding="utf-8")
    port = free_port()
    assert text.count("port=8000") == 1
    program.write_text(text.replace("port=8000", f"port={port}"), encoding="utf-8")
    address = next(word for word in shlex.split(code_of_curl()) if word.startswith("http")).replace(
        "8000", str(port)
    )
    application = subprocess.Popen([run.python(), str(program)], cwd=tmp_path, env=run.variables)
    try:
        told = ask(address, application)
    finally:
        application.terminate()
        application.wait(30)
    (trace,) = run.traces("GET /ask")
    assert trace["trace"]["trace_id"] == told["trace_id"]
    assert_told(trace["trace"])
    assert edges(trace) == {("", "span"), ("span", "span"), ("span", "retriever"), ("span", "llm")}


def code_of_curl() -> str:
    return next(b.text for b in blocks(PAGES / "fastapi.md") if b.text.startswith("curl"))


def ask(address: str, application: subprocess.Popen[bytes]) -> Json:
    """The answer, as soon as the application listens."""
    deadline_s = time.monotonic() + PROGRAM_S_MAX
    while True:
        try:
            answer = httpx.get(address, trust_env=False, timeout=30)
        except httpx.ConnectError:
            assert application.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
            continue
        found: Json = answer.raise_for_status().json()
        return found


@pytest.mark.parametrize("run", ["vercel"], indirect=True)
def test_the_program_of_the_ai_sdk_is_seen(run: Run, tmp_path: Path) -> None:
    environment = node_environment(HERE / "javascript")
    program = environment.directory / f"{tmp_path.name}.mjs"
    program.write_text(code("vercel", "js").text, encoding="utf-8")
    try:
        printed = run.done([str(environment.node), str(program)], tmp_path)
    finally:
        program.unlink()
    (trace,) = run.traces("invoke_agent answer")
    assert trace["trace"]["output_preview"] in printed
    assert_told(trace["trace"])
    assert edges(trace) == {("", "agent"), ("agent", "chain"), ("chain", "llm")}


def test_every_page_is_run_and_linked() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert pages == {*ENVIRONMENT_OF, "vercel"}
    linked = set(re.findall(r"\]\((\w+)\.md\)", (PAGES / "README.md").read_text(encoding="utf-8")))
    assert linked == pages


def test_what_a_page_installs_is_what_its_program_imports() -> None:
    for page in ENVIRONMENT_OF:
        (install, *_) = [block for block in blocks(PAGES / f"{page}.md") if block.language == "sh"]
        words = shlex.split(install.text)
        assert words[:3] == ["pip", "install", "spanglass"]
        locked = (HERE / "requirements" / f"{ENVIRONMENT_OF[page]}.txt").read_text(encoding="utf-8")
        for package in words[3:]:
            assert re.search(rf"^{re.escape(package)}==", locked, re.MULTILINE), (page, package)
