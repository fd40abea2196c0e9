"""`init(instrument=...)` with the real instrumentors of three families, all installed beside one another."""

import functools
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from tests.support.environments import ROOT, python_environment
from tests.support.spanglass_process import SpanglassProcess

from spanglass_examples.clock import SkippingClock
from spanglass_examples.conditions import Conditions, World
from spanglass_examples.fake_models import ModelServer

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SDK_OF_ANTHROPIC = "com.anthropic.sdk.python"
OWN = "spanglass"


class Told(NamedTuple):
    """What the program said of itself."""

    instrumented: dict[str, str]
    trace_id: str
    spans: list[dict[str, Any]]
    samples: list[tuple[str, dict[str, str], float]]
    log: str

    def total(self, name: str, **labels: str) -> float:
        return sum(
            value
            for sample, found, value in self.samples
            if sample == name and labels.items() <= found.items()
        )

    def scopes(self) -> Counter[str]:
        """How many spans each library made, without the application's own and the Anthropic SDK's."""
        scopes = Counter(span["scope"] for span in self.spans)
        return Counter({name: n for name, n in scopes.items() if name not in (OWN, SDK_OF_ANTHROPIC)})


@pytest.fixture(scope="module")
def models_url() -> Iterator[str]:
    world = World(clock=SkippingClock(), conditions=Conditions(error_rate=0))
    with ModelServer(world, seed=1).running() as url:
        yield url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    started = SpanglassProcess(tmp_path_factory.mktemp("instrumentors") / "data")
    yield started
    assert started.terminate() == 0


@pytest.fixture(scope="module")
def ask(models_url: str, server: SpanglassProcess) -> Callable[[str], Told]:
    python = python_environment(HERE / "requirements" / "instrumentors.txt", editable=ROOT)

    @functools.cache
    def run(wanted: str) -> Told:
        command = [python, HERE / "programs" / "ask.py", models_url, wanted, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        return Told(told["instrumented"], told["trace_id"], told["spans"], told["samples"], done.stderr)

    return run


def test_of_several_instrumentors_of_a_library_one_is_switched_on(ask: Callable[[str], Told]) -> None:
    assert ask("all").instrumented == {
        "anthropic": "openinference-instrumentation-anthropic",
        "openai": "openinference-instrumentation-openai",
    }


def test_no_call_is_told_by_two_instrumentors(ask: Callable[[str], Told]) -> None:
    assert ask("all").scopes() == {
        "openinference.instrumentation.openai": 4,
        "openinference.instrumentation.anthropic": 2,
    }


def test_other_libraries_are_instrumented_only_where_they_are_named(ask: Callable[[str], Told]) -> None:
    told = ask("openai,httpx2")

    assert told.instrumented == {
        "httpx2": "opentelemetry-instrumentation-httpx",
        "openai": "openinference-instrumentation-openai",
    }


def test_instrumentors_of_libraries_that_are_not_installed_are_passed_over_in_silence(
    ask: Callable[[str], Told],
) -> None:
    log = ask("all").log
    assert "langchain" not in log
    assert "google" not in log


@pytest.mark.parametrize(
    ("family", "distributions"),
    [
        (
            "all",
            ["openinference-instrumentation-anthropic", "openinference-instrumentation-openai"],
        ),
        (
            "openllmetry",
            ["opentelemetry-instrumentation-anthropic", "opentelemetry-instrumentation-openai"],
        ),
        (
            "genai",
            ["opentelemetry-instrumentation-genai-anthropic", "opentelemetry-instrumentation-genai-openai"],
        ),
    ],
)
def test_every_family_gives_the_same_metrics(
    family: str, distributions: list[str], ask: Callable[[str], Told]
) -> None:
    told, by_default = ask(family), ask("all")

    assert sorted(told.instrumented.values()) == distributions
    where = {"feature": "search", "team": "growth", "service": "shop", "environment": "test"}
    assert told.total("llm_requests_total", **where) == 6
    assert told.total("llm_requests_total", status="error") == 1
    assert told.total("llm_requests_total", provider="anthropic") == 2
    for kind in ("input", "output"):
        for provider in ("openai", "anthropic"):
            mine = told.total("llm_tokens_total", type=kind, provider=provider)
            assert mine == by_default.total("llm_tokens_total", type=kind, provider=provider) > 0
    assert told.total("llm_cost_usd_total") == pytest.approx(by_default.total("llm_cost_usd_total"))
    assert told.total("llm_ttft_seconds_count", provider="anthropic") == 1


@pytest.mark.parametrize("family", ["all", "openllmetry", "genai"])
def test_the_application_counts_what_the_server_counts(
    family: str, ask: Callable[[str], Told], server: SpanglassProcess
) -> None:
    told = ask(family)
    answer = httpx.get(f"{server.url}/api/v1/traces/{told.trace_id}", trust_env=False)
    trace = answer.json()["trace"]

    assert told.total("llm_requests_total") == trace["llm_call_count"]
    assert told.total("llm_tokens_total", type="input") == trace["input_tokens"]
    assert told.total("llm_tokens_total", type="output") == trace["output_tokens"]
    assert told.total("llm_cost_usd_total") == pytest.approx(trace["cost_usd"])
    assert told.total("llm_unpriced_requests_total") == trace["unpriced_count"]
