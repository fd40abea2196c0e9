"""Langfuse's stand-in for OpenAI's client, of the oldest and the newest SDK, against a model server."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from genai_prices import Usage, calc_price
from tests.langfuse_sdks.harness import Json, Project

pytestmark = pytest.mark.slow


class Chats(NamedTuple):
    report: Json
    spans: dict[str, Json]
    """The generations, whole, by name."""


@pytest.fixture(scope="module", params=["v2", "v5"])
def chats(request: pytest.FixtureRequest, make_project: Callable[[str], Project]) -> Chats:
    project = make_project(f"openai-{request.param}")
    report = project.run(request.param, "openai_chat.py", OPENAI_BASE_URL=f"{project.models_url}/v1")
    found = project.get("/api/v1/spans", filter="kind:llm")["items"]
    path = "/api/v1/traces/{trace_id}/spans/{span_id}"
    return Chats(report, {span["name"]: project.get(path.format_map(span)) for span in found})


def test_each_call_is_one_generation(chats: Chats) -> None:
    assert chats.spans.keys() == {"plain", "streamed", "failed"}


@pytest.mark.parametrize("name", ["plain", "streamed"])
def test_an_answered_call_tells_its_text_tokens_and_price(chats: Chats, name: str) -> None:
    span, told = chats.spans[name], chats.report[name]
    assert (span["provider"], span["request_model"]) == ("openai", "gpt-5.4-mini")
    assert span["input"] == chats.report["messages"]
    assert told["text"] in str(span["output"])
    assert [span["input_tokens"], span["output_tokens"]] == told["tokens"]
    usage = Usage(input_tokens=told["tokens"][0], output_tokens=told["tokens"][1])
    price = calc_price(usage, "gpt-5.4-mini", provider_id="openai")
    assert span["cost_usd"] == pytest.approx(float(price.total_price))


def test_a_streamed_call_has_its_time_to_first_token(chats: Chats) -> None:
    streamed = chats.spans["streamed"]
    assert streamed["streaming"] is True
    assert 0 < streamed["ttft_ms"] <= streamed["duration_ms"]


def test_a_failed_call_tells_why(chats: Chats) -> None:
    failed = chats.spans["failed"]
    assert (failed["status"], failed["request_model"]) == ("error", "no-such-model")
    assert chats.report["failed"] in failed["error_message"]
