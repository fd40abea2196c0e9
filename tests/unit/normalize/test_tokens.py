"""How many tokens a call used, whatever the sender's way of counting."""

import math

import pytest
from tests.support.telemetry import record, understand_one

from spanglass_server.wire.records import Attributes

CHAT: Attributes = {"gen_ai.operation.name": "chat"}


def counts(attributes: Attributes, scope: str = "app", version: str = "1.0.0") -> dict[str, int | None]:
    span = understand_one(record(attributes, scope=scope, version=version))
    found = {
        "input": span.input_tokens,
        "output": span.output_tokens,
        "read": span.cache_read_tokens,
        "write": span.cache_write_tokens,
        "write_1h": span.cache_write_1h_tokens,
        "reasoning": span.reasoning_tokens,
        "audio": span.audio_input_tokens,
    }
    return {name: count for name, count in found.items() if count is not None}


CASES: list[tuple[str, Attributes, str, dict[str, int]]] = [
    (
        "GenAI after 1.41",
        CHAT
        | {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_write.input_tokens": 10,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "gen_ai.usage.audio.input_tokens": 3,
        },
        "app",
        {"input": 100, "output": 20, "read": 60, "write": 10, "reasoning": 5, "audio": 3},
    ),
    (
        "old OpenLLMetry",
        {
            "llm.request.type": "chat",
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.completion_tokens": 20,
            "gen_ai.usage.cache_read_input_tokens": 60,
            "llm.usage.reasoning_tokens": 7,
            "llm.usage.total_tokens": 120,
        },
        "opentelemetry.instrumentation.openai.v1",
        {"input": 100, "output": 20, "read": 60, "reasoning": 7},
    ),
    (
        "Strands sends both spellings",
        CHAT
        | {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.completion_tokens": 20,
            "gen_ai.usage.cache_read_input_tokens": 60,
            "gen_ai.usage.cache_write_input_tokens": 5,
        },
        "strands.telemetry.tracer",
        {"input": 100, "output": 20, "read": 60, "write": 5},
    ),
    (
        "OpenInference",
        {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": 100,
            "llm.token_count.completion": 20,
            "llm.token_count.prompt_details.cache_input": 60,
            "llm.token_count.completion_details.reasoning": 5,
        },
        "openinference.instrumentation.openai",
        {"input": 100, "output": 20, "read": 60, "reasoning": 5},
    ),
    (
        "AI SDK 6",
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.usage.inputTokens": 100,
            "ai.usage.outputTokens": 20,
            "ai.usage.inputTokenDetails.noCacheTokens": 40,
            "ai.usage.inputTokenDetails.cacheReadTokens": 60,
            "ai.response.providerMetadata": '{"anthropic":{"usage":{"input_tokens":100}}}',
        },
        "ai",
        {"input": 100, "output": 20, "read": 60},
    ),
    (
        "AI SDK 5 with Anthropic leaves cached tokens out, even few",
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "ai.response.providerMetadata": (
                '{"anthropic":{"usage":{"input_tokens":100,"cache_read_input_tokens":30,'
                '"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":5}}}}'
            ),
        },
        "ai",
        {"input": 135, "output": 20, "read": 30, "write": 5, "write_1h": 5},
    ),
    (
        "AI SDK 4 with OpenAI",
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.usage.promptTokens": 100,
            "ai.usage.completionTokens": 20,
            "ai.response.providerMetadata": '{"openai":{"cachedPromptTokens":60,"reasoningTokens":4}}',
        },
        "ai",
        {"input": 100, "output": 20, "read": 60, "reasoning": 4},
    ),
    (
        "AI SDK embeddings",
        {"ai.operationId": "ai.embed.doEmbed", "ai.usage.tokens": 9},
        "ai",
        {"input": 9},
    ),
    (
        "OpenLIT leaves Anthropic's cached tokens out, even few",
        CHAT
        | {
            "gen_ai.provider.name": "anthropic",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 30,
            "gen_ai.client.token.usage": 120,
        },
        "openlit.otel.tracing",
        {"input": 130, "output": 20, "read": 30},
    ),
    (
        "OpenLIT with OpenAI",
        CHAT
        | {
            "gen_ai.provider.name": "openai",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 30,
        },
        "openlit.otel.tracing",
        {"input": 100, "output": 20, "read": 30},
    ),
    (
        "more cached than input tokens prove that these leave them out",
        CHAT | {"gen_ai.usage.input_tokens": 28, "gen_ai.usage.cache_read.input_tokens": 2048},
        "app",
        {"input": 2076, "read": 2048},
    ),
    (
        "Langfuse's own dictionary is disjoint",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": (
                '{"input": 23, "output": 18, "input_cached_tokens": 100, "output_reasoning_tokens": 7}'
            ),
        },
        "langfuse-sdk",
        {"input": 123, "output": 25, "read": 100, "reasoning": 7},
    ),
    (
        "unless its total says otherwise",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": (
                '{"input": 123, "output": 25, "total": 148, "input_cached_tokens": 100}'
            ),
        },
        "langfuse-sdk",
        {"input": 123, "output": 25, "read": 100},
    ),
    (
        "Langfuse passes OpenAI's usage on",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": (
                '{"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,'
                ' "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},'
                ' "completion_tokens_details": {"reasoning_tokens": 5}}'
            ),
        },
        "langfuse-sdk",
        {"input": 100, "output": 20, "read": 60, "reasoning": 5, "audio": 0},
    ),
    (
        "and Anthropic's",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": (
                '{"input_tokens": 23, "output_tokens": 18, "cache_read_input_tokens": 10,'
                ' "cache_creation_input_tokens": 2}'
            ),
        },
        "langfuse-sdk",
        {"input": 35, "output": 18, "read": 10, "write": 2},
    ),
    (
        "MLflow",
        {
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.chat.tokenUsage": (
                '{"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 60,'
                ' "cache_creation_input_tokens": 10, "cache_creation_input_tokens_above_1hr": 4}'
            ),
        },
        "mlflow",
        {"input": 100, "output": 20, "read": 60, "write": 10, "write_1h": 4},
    ),
    (
        "MLflow beside GenAI keys keeps its cache counts",
        {
            "mlflow.spanType": '"LLM"',
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "mlflow.chat.tokenUsage": '{"input_tokens": 100, "cache_read_input_tokens": 60}',
        },
        "mlflow",
        {"input": 100, "output": 20, "read": 60},
    ),
    (
        "LangSmith's Python repr",
        {
            "langsmith.span.kind": "llm",
            "langsmith.metadata.usage_metadata": (
                "{'input_tokens': 100, 'output_tokens': 20, 'input_token_details': {'cache_read': 60},"
                " 'output_token_details': {'reasoning': 5}}"
            ),
        },
        "langsmith",
        {"input": 100, "output": 20, "read": 60, "reasoning": 5},
    ),
    (
        "Logfire's raw usage knows the cached part",
        CHAT
        | {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.raw": '{"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}}',
        },
        "logfire.openai",
        {"input": 100, "output": 20, "read": 60},
    ),
    (
        "pydantic-ai repeats cache writes, which are not summed",
        CHAT
        | {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_creation.input_tokens": 10,
            "gen_ai.usage.details.cache_creation_input_tokens": 10,
            "gen_ai.usage.details.cache_write_tokens": 10,
            "gen_ai.usage.details.cache_read_tokens": 60,
        },
        "pydantic-ai",
        {"input": 100, "output": 20, "read": 60, "write": 10},
    ),
    (
        "the Anthropic SDK knows how long cache writes are kept",
        CHAT
        | {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": 6,
            "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 4,
        },
        "com.anthropic.sdk.python",
        {"input": 100, "output": 20, "write": 10, "write_1h": 4},
    ),
    (
        "NaN, -1 and empty text say nothing",
        CHAT
        | {
            "gen_ai.usage.input_tokens": math.nan,
            "gen_ai.usage.output_tokens": -1,
            "gen_ai.usage.prompt_tokens": "",
        },
        "ai",
        {},
    ),
    (
        "an unusable value gives way to the next key",
        CHAT | {"gen_ai.usage.input_tokens": math.nan, "gen_ai.usage.prompt_tokens": "17"},
        "app",
        {"input": 17},
    ),
    (
        "a fetched response tells no usage",
        {"gen_ai.operation.name": "fetch_response", "gen_ai.usage.input_tokens": 9},
        "app",
        {},
    ),
]


@pytest.mark.parametrize(
    ("attributes", "scope", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_counts(attributes: Attributes, scope: str, expected: dict[str, int]) -> None:
    assert counts(attributes, scope) == expected


def test_what_is_known_to_be_wrong_is_marked() -> None:
    stream = CHAT | {
        "gen_ai.is_streaming": True,
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 19,
    }
    span = understand_one(record(stream, scope="opentelemetry.instrumentation.anthropic", version="0.62.4"))
    assert "output_tokens_overcounted" in span.warnings
    old = {
        "openinference.span.kind": "LLM",
        "llm.token_count.prompt": 27,
        "llm.invocation_parameters": '{"stream": true}',
    }
    span = understand_one(record(old, scope="openinference.instrumentation.anthropic", version="0.1.18"))
    assert "cache_tokens_unknown" in span.warnings


COSTS: list[tuple[Attributes, float | None]] = [
    ({"langfuse.observation.cost_details": '{"input": 0.001, "output": 0.002, "total": 0.003}'}, 0.003),
    ({"langfuse.observation.cost_details": '{"input": 0.001, "output": 0.002}'}, 0.003),
    ({"langfuse.observation.cost_details": '{"total": 0}'}, None),
    ({"operation.cost": 8.55e-05}, 8.55e-05),
    ({"llm.cost.total": 0.5, "llm.cost.prompt": 0.2}, 0.5),
    ({"llm.cost.prompt": 0.2, "llm.cost.completion": 0.3}, 0.5),
    ({"gen_ai.usage.cost": 0}, None),
    ({"gen_ai.usage.cost": "0.25"}, 0.25),
    ({"mlflow.llm.cost": '{"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.3}'}, 0.3),
]


@pytest.mark.parametrize(("attributes", "cost"), COSTS, ids=lambda value: str(value)[:50])
def test_a_reported_cost_is_kept_and_zero_is_unknown(attributes: Attributes, cost: float | None) -> None:
    span = understand_one(record(CHAT | {"gen_ai.usage.input_tokens": 5} | attributes))
    assert span.reported_cost_usd == (pytest.approx(cost) if cost is not None else None)


OPENAI_RESPONSE = (
    '{"id":"resp_12345678","object":"response","status":"completed","model":"gpt-5-mini-2025-08-07",'
    '"output":[{"type":"%s"}],"usage":{"input_tokens":1045,"output_tokens":75,'
    '"input_tokens_details":{"cached_tokens":1024},"output_tokens_details":{"reasoning_tokens":64}}}'
)


@pytest.mark.parametrize(("item", "finish"), [("message", "stop"), ("function_call", "tool_call")])
def test_what_no_attribute_tells_is_read_from_the_response_itself(item: str, finish: str) -> None:
    attributes: Attributes = {"openinference.span.kind": "LLM", "output.value": OPENAI_RESPONSE % item}
    assert counts(attributes) == {"input": 1045, "output": 75, "read": 1024, "reasoning": 64}
    span = understand_one(record(attributes))
    assert (span.response_model, span.finish_reasons) == ("gpt-5-mini-2025-08-07", (finish,))


def test_the_response_completes_counts_and_shows_that_cached_tokens_were_left_out() -> None:
    response = (
        '{"id":"msg_12345678","model":"claude-x","content":[],"usage":{"input_tokens":21,"output_tokens":11,'
        '"cache_read_input_tokens":1024,"cache_creation_input_tokens":16}}'
    )
    told: Attributes = {
        "openinference.span.kind": "LLM",
        "output.value": response,
        "llm.token_count.completion": 11,
    }
    expected = {"input": 1061, "output": 11, "read": 1024, "write": 16}
    assert counts(told | {"llm.token_count.prompt": 21}) == expected
    assert counts(told | {"llm.token_count.prompt": 1061}) == expected


def test_usage_in_the_text_of_an_answer_is_not_the_calls() -> None:
    for text in ('Say {"usage": {"input_tokens": 5}}', '{"usage": {"input_tokens": 5}}'):
        assert counts({"openinference.span.kind": "LLM", "output.value": text}) == {}
    step: Attributes = {"openinference.span.kind": "CHAIN", "output.value": '{"usage":{"input_tokens":5}}'}
    assert counts(step) == {}


def test_litellm_tells_cached_tokens_in_its_usage_object_only() -> None:
    usage = (
        "{'completion_tokens': 11, 'prompt_tokens': 1061, 'prompt_tokens_details': {'cached_tokens': 1024, "
        "'audio_tokens': None}, 'cache_creation_input_tokens': 16, 'cache_read_input_tokens': 1024}"
    )
    told: Attributes = {"llm.request.type": "completion", "gen_ai.usage.input_tokens": 1061}
    told |= {"gen_ai.usage.output_tokens": 11, "metadata.usage_object": usage}
    assert counts(told) == {"input": 1061, "output": 11, "read": 1024, "write": 16}


def test_langfuses_writes_by_lifetime_repeat_the_count_of_all_writes() -> None:
    usage = (
        '{"input": 21, "output": 11, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 1040, '
        '"cache_creation_ephemeral_5m_input_tokens": 1000, "cache_creation_ephemeral_1h_input_tokens": 40}'
    )
    told: Attributes = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.usage_details": usage,
    }
    assert counts(told) == {"input": 1061, "output": 11, "read": 0, "write": 1040, "write_1h": 40}
