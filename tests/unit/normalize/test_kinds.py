"""What kind of step a span is, by every convention's own word."""

import pytest
from tests.support.telemetry import record, understand, understand_one

from spanglass_server.wire.records import Attributes

CASES: list[tuple[Attributes, str]] = [
    ({"spanglass.kind": "guardrail", "openinference.span.kind": "LLM"}, "guardrail"),
    ({"openinference.span.kind": "LLM"}, "llm"),
    ({"openinference.span.kind": "prompt"}, "chain"),
    ({"openinference.span.kind": "RERANKER"}, "reranker"),
    ({"openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "chat"}, "llm"),
    ({"langfuse.observation.type": "generation"}, "llm"),
    ({"langfuse.observation.type": "span"}, "chain"),
    ({"langfuse.observation.type": "event"}, "span"),
    ({"langfuse.observation.type": "span", "langfuse.observation.usage_details": '{"input": 3}'}, "llm"),
    ({"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"}, "retriever"),
    ({"langsmith.span.kind": "parser"}, "chain"),
    ({"mlflow.spanType": '"CHAT_MODEL"'}, "llm"),
    ({"mlflow.spanType": '"MEMORY"'}, "chain"),
    ({"traceloop.span.kind": "workflow"}, "chain"),
    ({"traceloop.span.kind": "agent"}, "agent"),
    ({"ai.operationId": "ai.generateText.doGenerate"}, "llm"),
    ({"ai.operationId": "ai.streamText.doStream"}, "llm"),
    ({"ai.operationId": "ai.embedMany.doEmbed"}, "embedding"),
    ({"ai.operationId": "ai.rerank.doRerank"}, "reranker"),
    ({"ai.operationId": "ai.toolCall"}, "tool"),
    ({"ai.operationId": "ai.generateText", "ai.usage.promptTokens": 3}, "chain"),
    ({"gen_ai.operation.name": "chat", "gen_ai.tool.name": "get_weather"}, "llm"),
    ({"gen_ai.operation.name": "text_completion"}, "llm"),
    ({"gen_ai.operation.name": "generate_content"}, "llm"),
    ({"gen_ai.operation.name": "fetch_response"}, "llm"),
    ({"gen_ai.operation.name": "embeddings"}, "embedding"),
    ({"gen_ai.operation.name": "execute_tool"}, "tool"),
    ({"gen_ai.operation.name": "invoke_agent"}, "agent"),
    ({"gen_ai.operation.name": "plan"}, "agent"),
    ({"gen_ai.operation.name": "invoke_workflow"}, "chain"),
    ({"gen_ai.operation.name": "retrieval"}, "retriever"),
    ({"gen_ai.operation.name": "search_memory"}, "tool"),
    ({"gen_ai.operation.name": "agent_step"}, "chain"),
    ({"gen_ai.operation.name": "execute_event_loop_cycle"}, "chain"),
    ({"gen_ai.operation.name": "execute_task"}, "chain"),
    ({"gen_ai.operation.name": "RETRIEVER"}, "retriever"),
    ({"llm.request.type": "chat"}, "llm"),
    ({"llm.request.type": "embedding"}, "embedding"),
    ({"llm.request.type": "rerank"}, "reranker"),
    ({"gen_ai.tool.name": "get_weather"}, "tool"),
    ({"mcp.method.name": "tools/call"}, "tool"),
    ({"mcp.method.name": "tools/list"}, "span"),
    ({"all_messages_events": "[]", "gen_ai.usage.input_tokens": 3, "model_name": "gpt-4o"}, "agent"),
    ({"pydantic_ai.all_messages": "[]"}, "agent"),
    ({"retrieval.documents.0.document.id": "d1"}, "retriever"),
    ({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 3}, "llm"),
    ({"gen_ai.request.model": "gpt-4o", "gen_ai.prompt.0.content": "hi"}, "llm"),
    ({"db.system": "chroma", "db.vector.query.top_k": 3}, "retriever"),
    ({"db.system": "postgresql", "db.statement": "select 1"}, "span"),
    ({"http.request.method": "POST", "server.address": "api.openai.com"}, "span"),
    ({"spanglass.cache_hit": True}, "cache"),
    ({}, "span"),
]


@pytest.mark.parametrize(("attributes", "kind"), CASES, ids=lambda value: str(value)[:60])
def test_the_first_convention_that_speaks_decides(attributes: Attributes, kind: str) -> None:
    assert understand_one(record(attributes)).kind == kind


@pytest.mark.parametrize("name", ["semantic_cache", "cache lookup", "CacheLookup", "semantic-cache.get"])
def test_a_plain_span_named_after_a_cache_is_one(name: str) -> None:
    assert understand_one(record({}, name=name)).kind == "cache"


def test_a_name_that_merely_mentions_a_cache_decides_nothing() -> None:
    assert understand_one(record({}, name="update cache policy of user")).kind == "span"
    assert understand_one(record({"gen_ai.operation.name": "chat"}, name="cache lookup")).kind == "llm"


def test_logfires_pending_spans_are_left_out() -> None:
    pending = record({"logfire.span_type": "pending_span"})
    done = record({"logfire.span_type": "span"})
    assert [span.span_id for span in understand(pending, done)] == [done.span_id]


def test_a_cache_hit_is_told_by_our_own_attribute_and_on_cache_spans_by_common_ones() -> None:
    assert understand_one(record({"spanglass.cache_hit": False})).cache_hit is False
    assert understand_one(record({"cache.hit": True}, name="semantic_cache")).cache_hit is True
    assert understand_one(record({"cache.hit": True}, name="GET /")).cache_hit is None


def test_a_model_librarys_span_without_attributes_is_understood_by_its_name() -> None:
    failed = record(
        name="chat gpt-4o-mini",
        scope="openlit.otel.tracing",
        otlp_kind=3,
        status=2,
        message="Error code: 429 - rate limited",
    )
    span = understand_one(failed)
    assert (span.kind, span.provider, span.request_model) == ("llm", "openai", "gpt-4o-mini")
    assert (span.status, span.error_type) == ("error", "rate_limit")
    assert understand_one(record(name="chat gpt-4o-mini", otlp_kind=3)).kind == "span"
    assert understand_one(failed._replace(otlp_kind=1)).kind == "span"


def test_a_private_helper_of_a_model_class_is_no_call() -> None:
    helper: Attributes = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-mini"}
    scope = "openinference.instrumentation.llama_index"
    assert understand_one(record(helper, name="OpenAI._prepare_chat_with_tools", scope=scope)).kind == "chain"
    assert understand_one(record(helper, name="OpenAI.astream_chat", scope=scope)).kind == "llm"
