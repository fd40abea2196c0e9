"""What one ended span tells of a model call, convention by convention."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from opentelemetry.sdk.trace import Event
from opentelemetry.trace import StatusCode
from tests.unit.sdk_calls.ended_spans import ended

from spanglass import _failures, _providers
from spanglass._calls import Call, read_cache_hit, read_call, read_kind
from spanglass._usage_objects import Counts, read_counts
from spanglass_server.normalize import outcome
from spanglass_server.normalize.dialects import langfuse
from spanglass_server.normalize.models import canonical_provider

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}


def call_of(attributes: Mapping[str, Any], **given: Any) -> Call:
    span = ended(attributes, **given)
    found = read_call(span, read_kind(dict(attributes), span.name, given.get("scope", "")))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"spanglass.kind": "llm"}, "llm"),
        ({"spanglass.kind": "tool", "gen_ai.operation.name": "chat"}, "tool"),
        ({"openinference.span.kind": "LLM"}, "llm"),
        ({"openinference.span.kind": "EMBEDDING"}, "embedding"),
        ({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}, "llm"),
        ({"langfuse.observation.type": "generation"}, "llm"),
        ({"langfuse.observation.type": "span"}, "chain"),
        ({"langfuse.observation.type": "span", "langfuse.observation.usage_details": "{}"}, "llm"),
        ({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}, "retriever"),
        ({"mlflow.spanType": '"CHAT_MODEL"'}, "llm"),
        ({"traceloop.span.kind": "workflow"}, "chain"),
        ({"gen_ai.operation.name": "generate_content"}, "llm"),
        ({"gen_ai.operation.name": "embeddings"}, "embedding"),
        ({"gen_ai.operation.name": "execute_tool"}, "tool"),
        ({"gen_ai.operation.name": "invoke_agent"}, "agent"),
        ({"llm.request.type": "completion"}, "llm"),
        ({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1}, "llm"),
        ({"gen_ai.usage.input_tokens": 1}, "span"),
        ({"spanglass.cache_hit": True}, "cache"),
        ({"http.request.method": "GET"}, "span"),
        ({}, "span"),
    ],
)
def test_the_kind_of_a_step(attributes: dict[str, Any], kind: str) -> None:
    assert read_kind(attributes, "step", "") == kind


@pytest.mark.parametrize(
    ("name", "scope", "kind"),
    [
        ("semantic_cache.lookup", "", "cache"),
        ("cache", "", "cache"),
        ("cachet", "", "span"),
        ("chat gpt-4o", "openlit.instrumentation.openai", "llm"),
        ("chat gpt-4o", "app", "span"),
    ],
)
def test_a_plain_span_that_its_name_tells_of(name: str, scope: str, kind: str) -> None:
    assert read_kind({}, name, scope) == kind


@pytest.mark.parametrize(
    ("attributes", "counts"),
    [
        (
            {"gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.completion_tokens": 4},
            Counts(input=3, output=4),
        ),
        (
            {"llm.token_count.prompt": 9, "llm.token_count.prompt_details.cache_read": 5},
            Counts(input=9, cache_read=5),
        ),
        ({"llm.usage.prompt_tokens": "12", "llm.usage.completion_tokens": 2.0}, Counts(input=12, output=2)),
        ({"gen_ai.usage.input_tokens": -1, "gen_ai.usage.output_tokens": float("nan")}, Counts()),
        ({"gen_ai.usage.input_tokens": True}, Counts()),
        (
            {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.cache_read.input_tokens": 100},
            Counts(input=105, cache_read=100),
        ),
        (
            {
                "gen_ai.usage.input_tokens": 50,
                "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 10,
                "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 20,
            },
            Counts(input=50, cache_write=30, cache_write_1h=20),
        ),
        (
            {"langfuse.observation.usage_details": '{"input": 5, "output": 2, "input_cached_tokens": 3}'},
            Counts(input=8, output=2, cache_read=3),
        ),
        (
            {"gen_ai.usage.raw": '{"input_tokens": 4, "output_tokens": 1, "cache_read_input_tokens": 6}'},
            Counts(input=10, output=1, cache_read=6),
        ),
        ({"gen_ai.usage.raw": "{broken"}, Counts()),
    ],
)
def test_tokens_are_read_whatever_a_library_makes_of_them(attributes: dict[str, Any], counts: Counts) -> None:
    assert call_of(CHAT | attributes).counts == counts


def test_openlit_leaves_cached_tokens_out_of_anthropics_input() -> None:
    told = CHAT | {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 50,
        "gen_ai.usage.cache_read.input_tokens": 20,
    }
    assert call_of(told, scope="openlit.instrumentation.anthropic").counts.input == 70
    assert call_of(told, scope="other").counts.input == 50


@pytest.mark.parametrize(
    "usage",
    [
        {"input": 5, "output": 2},
        {"input": 5, "output": 2, "total": 7, "cache_read_input_tokens": 3},
        {"input": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 4},
        {"input": 5, "output": 2, "output_reasoning_tokens": 9},
        {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}},
        {"input_tokens": 9, "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 2}},
        {"input_tokens": 9, "output_tokens": 4, "cache_creation": {"ephemeral_1h_input_tokens": 3}},
    ],
)
def test_usage_objects_mean_what_the_server_says(usage: dict[str, Any]) -> None:
    expected = langfuse.read_usage(usage)
    counts = read_counts(usage)
    assert (counts.input, counts.output) == (expected.input, expected.output)
    assert (counts.cache_read, counts.cache_write) == (expected.cache_read, expected.cache_write)
    assert counts.reasoning == expected.reasoning


@pytest.mark.parametrize(
    ("attributes", "cost"),
    [
        ({"spanglass.cost_usd": 0.5, "gen_ai.usage.cost": 9.0}, 0.5),
        ({"operation.cost": 0.25}, 0.25),
        ({"gen_ai.usage.cost": 0}, None),
        ({"gen_ai.usage.cost": float("inf")}, None),
        ({"langfuse.observation.cost_details": '{"input": 0.1, "total": 0.3}'}, 0.3),
        ({"langfuse.observation.cost_details": '{"total": 0}'}, None),
    ],
)
def test_a_reported_cost_is_positive(attributes: dict[str, Any], cost: float | None) -> None:
    assert call_of(CHAT | attributes).reported_cost_usd == cost


@pytest.mark.parametrize(
    ("attributes", "event", "ttft_ns", "streaming"),
    [
        ({"gen_ai.response.time_to_first_chunk": 0.25}, "", 250_000_000, True),
        ({"gen_ai.request.stream": False}, "", None, False),
        ({"llm.invocation_parameters": '{"stream": true}'}, "", None, True),
        ({}, "First Token Stream Event", 400_000_000, True),
        ({"gen_ai.server.time_to_first_token": 0.1}, "", None, None),
        ({"gen_ai.server.time_to_first_token": 0.1, "gen_ai.request.stream": True}, "", 100_000_000, True),
        (
            {"langfuse.observation.completion_start_time": '"1970-01-01T00:00:01.000250Z"'},
            "",
            250_000,
            True,
        ),
        ({"langfuse.observation.completion_start_time": "soon"}, "", None, True),
        ({}, "", None, None),
    ],
)
def test_streams_and_their_first_token(
    attributes: dict[str, Any], event: str, ttft_ns: int | None, streaming: bool | None
) -> None:
    events = [Event(event, {}, 1_400_000_000)] if event else []
    call = call_of(CHAT | attributes, events=events)
    assert (call.ttft_ns, call.streaming) == (ttft_ns, streaming)


def test_a_failure_is_named_by_its_exception() -> None:
    raised = Event("exception", {"exception.type": "openai.RateLimitError", "exception.message": "slow down"})
    call = call_of(CHAT, status=StatusCode.ERROR, events=[raised])
    assert (call.status, call.error_type) == ("error", "rate_limit")


def test_an_error_type_alone_is_a_failure_and_a_status_of_ok_is_none() -> None:
    told = CHAT | {"error.type": "timeout"}
    assert call_of(told).status == "error"
    assert call_of(told, status=StatusCode.OK).status == "success"


@pytest.mark.parametrize(
    ("attributes", "hit"),
    [
        ({"spanglass.cache_hit": True}, True),
        ({"cache.hit": "false"}, False),
        ({"cache_hit": 1}, None),
        ({}, None),
    ],
)
def test_hits_and_misses(attributes: dict[str, Any], hit: bool | None) -> None:
    assert read_cache_hit(attributes) is hit


NAMES = [
    *("openai", "OpenAI", "openai.responses", "azure", "az.ai.openai", "google_genai", "gemini", "vertex_ai"),
    *(
        "google.vertexai.x",
        "bedrock_converse",
        "aws.bedrock",
        "langchain",
        "",
        "none",
        "mistralai",
        "x" * 200,
    ),
    *("litellm", "ai.x", "gcp.gen_ai", "cohere", "anthropic.messages"),
]


@pytest.mark.parametrize("name", NAMES)
def test_providers_are_named_as_the_server_names_them(name: str) -> None:
    assert _providers.canonical_provider(name) == canonical_provider(name)


@pytest.mark.parametrize(
    ("name", "legacy", "address", "model", "provider"),
    [
        ("", "openai", "api.groq.com", "llama-3", "groq"),
        ("openai", "", "api.groq.com", "gpt-4o", "openai"),
        ("", "langchain", "", "claude-sonnet-4-5", "anthropic"),
        ("", "", "my.openai.azure.com:443", "gpt-4o", "azure.ai.openai"),
        ("", "", "127.0.0.1", "house-7b", ""),
    ],
)
def test_the_provider_is_who_answers(name: str, legacy: str, address: str, model: str, provider: str) -> None:
    assert _providers.find_provider(name, legacy, address, model) == provider


RAISED = ["", "openai.APITimeoutError", "ValueError", "Exception"]
MESSAGES = ["", "Error code: 529 - overloaded_error", "content_filter", "MyError: no", "quota exceeded"]


@pytest.mark.parametrize("named", ["", "429", "500", "timeout", "_OTHER", "RateLimitError", "MyError"])
def test_failures_are_classed_as_the_server_classes_them(named: str) -> None:
    for raised, message, status in product(RAISED, MESSAGES, (0, 200, 401, 503)):
        told = _failures.classify_error(named, raised, message, status)
        assert told == outcome.classify_error(named, raised, message, status)
