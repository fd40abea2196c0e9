"""Providers, models, parameters, outcomes and identity, by every convention's keys."""

import json

import pytest
from tests.support.telemetry import MS, START_NS, record, understand_one

from spanglass_server.normalize.outcome import classify_error, iso_to_ns
from spanglass_server.wire.records import Attributes, EventRecord

CHAT: Attributes = {"gen_ai.operation.name": "chat"}

PROVIDERS: list[tuple[Attributes, str]] = [
    ({"gen_ai.provider.name": "anthropic", "gen_ai.system": "openai"}, "anthropic"),
    ({"gen_ai.system": "Anthropic"}, "anthropic"),
    ({"llm.provider": "azure", "llm.system": "openai"}, "azure.ai.openai"),
    ({"ai.model.provider": "openai.responses"}, "openai"),
    ({"gen_ai.system": "anthropic.messages"}, "anthropic"),
    ({"gen_ai.system": "aws.bedrock"}, "aws.bedrock"),
    ({"gen_ai.system": "azure.ai.openai"}, "azure.ai.openai"),
    ({"gen_ai.provider.name": "gcp.vertex_ai"}, "gcp.vertex_ai"),
    ({"ai.model.provider": "google.vertex.chat"}, "gcp.vertex_ai"),
    ({"ai.model.provider": "google.generative-ai"}, "gcp.gemini"),
    ({"gen_ai.system": "xai"}, "x_ai"),
    ({"gen_ai.system": "mistralai"}, "mistral_ai"),
    (
        {
            "gen_ai.provider.name": "strands-agents",
            "gen_ai.system": "strands-agents",
            "gen_ai.request.model": "claude-x",
        },
        "anthropic",
    ),
    ({"gen_ai.system": "langchain", "langsmith.metadata.ls_provider": "openai"}, "openai"),
    ({"metadata": '{"ls_provider": "anthropic"}', "openinference.span.kind": "LLM"}, "anthropic"),
    ({"mlflow.llm.provider": '"openai"', "mlflow.spanType": '"LLM"'}, "openai"),
    ({"llm.system": "openai", "server.address": "api.groq.com"}, "groq"),
    ({"gen_ai.system": "openai", "server.address": "127.0.0.1"}, "openai"),
    ({"server.address": "api.anthropic.com"}, "anthropic"),
    ({"gen_ai.request.model": "gpt-4o-mini"}, "openai"),
    ({"gen_ai.request.model": "house-model"}, ""),
]


@pytest.mark.parametrize(("attributes", "provider"), PROVIDERS, ids=lambda value: str(value)[:60])
def test_the_provider_is_who_answered(attributes: Attributes, provider: str) -> None:
    assert understand_one(record(CHAT | attributes)).provider == provider


MODELS: list[tuple[Attributes, str, str]] = [
    ({"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024"}, "gpt-4o", "gpt-4o-2024"),
    (
        {"llm.model_name": "gpt-4o-2024", "llm.invocation_parameters": '{"model": "gpt-4o"}'},
        "gpt-4o",
        "gpt-4o-2024",
    ),
    ({"ai.model.id": "gpt-4o", "ai.response.model": "gpt-4o-2024"}, "gpt-4o", "gpt-4o-2024"),
    ({"mlflow.llm.model": '"gpt-4o"', "model": '"gpt-4o"'}, "gpt-4o", "gpt-4o"),
    ({"langfuse.observation.model.name": "gpt-4o"}, "gpt-4o", "gpt-4o"),
    ({"langsmith.metadata.ls_model_name": "gpt-4o"}, "gpt-4o", ""),
    ({"embedding.model_name": "text-embedding-3-small"}, "text-embedding-3-small", ""),
]


@pytest.mark.parametrize(("attributes", "request_model", "response_model"), MODELS)
def test_models_asked_for_and_answering(
    attributes: Attributes, request_model: str, response_model: str
) -> None:
    span = understand_one(record(CHAT | attributes))
    assert (span.request_model, span.response_model) == (request_model, response_model)


IDS: list[tuple[Attributes, str]] = [
    ({"gen_ai.response.id": "r1", "ai.response.id": "r2"}, "r1"),
    ({"ai.response.id": "r2"}, "r2"),
    ({"output.value": '{"id": "chatcmpl-1234", "choices": []}'}, "chatcmpl-1234"),
    ({"mlflow.spanOutputs": '{"id": "msg_01234", "type": "message"}'}, "msg_01234"),
    (
        {"output.value": '{"generations": [[{"message": {"metadata": {"id": "msg_0123"}}}]]}'},
        "msg_0123",
    ),
    ({"output.value": '{"id": "run-0a1b2c3d", "tool_calls": [{"id": "call_abc123"}]}'}, ""),
    ({"output.value": "plain text"}, ""),
]


@pytest.mark.parametrize(("attributes", "response_id"), IDS)
def test_the_response_id_is_the_providers(attributes: Attributes, response_id: str) -> None:
    assert understand_one(record(CHAT | attributes)).response_id == response_id


PARAMETERS: list[tuple[Attributes, str, dict[str, object]]] = [
    (
        {"gen_ai.request.temperature": 0.2, "gen_ai.request.choice.count": 2},
        "app",
        {"temperature": 0.2, "choice_count": 2},
    ),
    (
        {"llm.invocation_parameters": '{"model": "m", "messages": [], "max_tokens": 5, "stop": []}'},
        "app",
        {"max_tokens": 5},
    ),
    (
        {"langfuse.observation.model.parameters": '{"max_tokens": "Infinity", "top_p": 1}'},
        "app",
        {"top_p": 1},
    ),
    ({"ai.settings.maxOutputTokens": 9, "ai.settings.maxRetries": 2}, "ai", {"max_tokens": 9}),
    (
        {"gen_ai.request.max_tokens": "-1", "gen_ai.request.seed": "", "gen_ai.request.temperature": "0.2"},
        "openlit",
        {"temperature": 0.2},
    ),
    (
        {"gen_ai.request.temperature": 1.0, "gen_ai.request.top_p": 1.0, "gen_ai.request.stop_sequences": []},
        "openlit",
        {},
    ),
    ({"llm.top_k": 5, "llm.chat.stop_sequences": ["x"]}, "app", {"top_k": 5, "stop_sequences": ["x"]}),
]


@pytest.mark.parametrize(("attributes", "scope", "expected"), PARAMETERS)
def test_parameters_without_fillers(attributes: Attributes, scope: str, expected: dict[str, object]) -> None:
    text = understand_one(record(CHAT | attributes, scope=scope)).request_parameters
    assert (json.loads(text) if text else {}) == expected


ERRORS: list[tuple[str, str, str, int, str]] = [
    ("rate_limit_error", "", "", 0, "rate_limit"),
    ("", "openai.RateLimitError", "", 0, "rate_limit"),
    ("", "anthropic.OverloadedError", "", 0, "overloaded"),
    ("InternalServerError", "", "Error code: 529 - {'type': 'error'}", 0, "overloaded"),
    ("", "Exception", 'RateLimitError("Error code: 429 - slow down")', 0, "rate_limit"),
    ("429", "", "", 0, "rate_limit"),
    ("", "openai.APITimeoutError", "Request timed out.", 0, "timeout"),
    ("", "TimeoutError", "", 0, "timeout"),
    ("", "openai.AuthenticationError", "", 0, "auth"),
    ("", "", "", 403, "auth"),
    ("", "openai.BadRequestError", "Error code: 400 - content_filter", 0, "content_filter"),
    ("", "openai.BadRequestError", "", 0, "invalid_request"),
    ("", "", "", 500, "server"),
    ("", "ValueError", "no such key", 0, "ValueError"),
    ("", "", "KeyError: 'content'", 0, "KeyError"),
    ("", "", "it broke", 0, "other"),
]


@pytest.mark.parametrize(("named", "exception", "message", "status", "expected"), ERRORS)
def test_errors_by_class(named: str, exception: str, message: str, status: int, expected: str) -> None:
    assert classify_error(named, exception, message, status) == expected


def test_an_error_is_told_by_status_level_or_type() -> None:
    failed = understand_one(record({}, status=2, message="boom"))
    assert (failed.status, failed.error_message) == ("error", "boom")
    event = EventRecord(START_NS, "exception", {"exception.type": "ValueError", "exception.message": "bad"})
    assert understand_one(record({}, status=2, events=[event])).error_type == "ValueError"
    level = {"langfuse.observation.type": "span", "langfuse.observation.level": "ERROR"}
    span = understand_one(record(level | {"langfuse.observation.status_message": "boom"}))
    assert (span.status, span.error_message) == ("error", "boom")
    assert understand_one(record(CHAT | {"error.type": "timeout"})).status == "error"
    assert understand_one(record({"error.type": "404"})).status == "unset"
    assert understand_one(record({}, status=1)).status == "ok"


def test_finish_reasons_in_every_place() -> None:
    def reasons(attributes: Attributes, *events: EventRecord) -> tuple[str, ...]:
        return understand_one(record(CHAT | attributes, events=events)).finish_reasons

    assert reasons({"gen_ai.response.finish_reasons": ["stop", "length"]}) == ("stop", "length")
    assert reasons({"gen_ai.response.finish_reasons": '["end_turn"]'}) == ("stop",)
    assert reasons({"llm.finish_reason": "tool_use"}) == ("tool_call",)
    assert reasons({"gen_ai.completion.0.finish_reason": "function_call"}) == ("tool_call",)
    assert reasons({"ai.response.finishReason": "tool-calls"}) == ("tool_call",)
    assert reasons({"anthropic.message.stop_reason": "refusal"}) == ("content_filter",)
    assert reasons({"gen_ai.output.messages": '[{"role":"a","finish_reason":"max_tokens"}]'}) == ("length",)
    assert reasons({}, EventRecord(START_NS, "gen_ai.choice", {"finish_reason": "end_turn"})) == ("stop",)
    assert reasons({"output.value": '{"stop_reason": "SAFETY"}'}) == ("content_filter",)
    assert reasons({"gen_ai.response.finish_reasons": ["pause_turn"]}) == ("pause_turn",)
    assert reasons({}) == ()


def test_time_to_first_token_in_every_unit() -> None:
    def ttft_ms(attributes: Attributes, scope: str = "app", *events: EventRecord) -> float | None:
        ns = understand_one(record(CHAT | attributes, scope=scope, events=events)).ttft_ns
        return None if ns is None else ns / MS

    assert ttft_ms({"gen_ai.response.time_to_first_chunk": 0.25}) == 250
    assert ttft_ms({"gen_ai.client.operation.time_to_first_chunk": 0.25}) == 250
    assert ttft_ms({"ai.response.msToFirstChunk": 250.0}, "ai") == 250
    assert ttft_ms({"gen_ai.server.time_to_first_token": 250}, "strands.telemetry.tracer") == 250
    assert (
        ttft_ms({"gen_ai.server.time_to_first_token": 0.25, "gen_ai.request.stream": True}, "openlit") == 250
    )
    assert ttft_ms({"gen_ai.server.time_to_first_token": 0.25}, "openlit") is None
    first = EventRecord(START_NS + 250 * MS, "First Token Stream Event", {})
    assert ttft_ms({}, "openinference.instrumentation.openai", first) == 250
    at = {"langfuse.observation.completion_start_time": '"2026-09-21T14:13:20.250Z"'}
    assert iso_to_ns("2026-09-21T14:13:20.250Z") == START_NS + 250 * MS
    assert ttft_ms(at, "langfuse-sdk") == 250
    early = {"langfuse.observation.completion_start_time": '"2020-01-01T00:00:00Z"'}
    assert ttft_ms(early, "langfuse-sdk") is None


def test_streaming_is_said_or_shown() -> None:
    def streaming(attributes: Attributes) -> bool | None:
        return understand_one(record(CHAT | attributes)).streaming

    assert streaming({"gen_ai.request.stream": False}) is False
    assert streaming({"llm.is_streaming": True}) is True
    assert streaming({"gen_ai.request.is_stream": "True"}) is True
    assert streaming({"langsmith.request.streaming": True}) is True
    assert streaming({"ai.operationId": "ai.streamText.doStream"}) is True
    assert streaming({"llm.invocation_parameters": '{"stream": true}'}) is True
    assert streaming({"gen_ai.response.time_to_first_chunk": 0.1}) is True
    assert streaming({}) is None


IDENTITY: list[tuple[Attributes, str, str]] = [
    ({"user.id": "u1"}, "user_id", "u1"),
    ({"enduser.id": "u1"}, "user_id", "u1"),
    ({"langfuse.user.id": "u1"}, "user_id", "u1"),
    ({"ai.telemetry.metadata.userId": "u1"}, "user_id", "u1"),
    ({"traceloop.association.properties.user_id": "u1"}, "user_id", "u1"),
    ({"langsmith.metadata.user_id": "u1"}, "user_id", "u1"),
    ({"mlflow.trace.user": '"u1"'}, "user_id", "u1"),
    ({"session.id": "s1", "gen_ai.conversation.id": "c1"}, "session_id", "s1"),
    ({"gen_ai.conversation.id": "c1"}, "session_id", "c1"),
    ({"traceloop.association.properties.thread_id": "s1"}, "session_id", "s1"),
    ({"metadata": '{"thread_id": "s1"}'}, "session_id", "s1"),
    ({"mlflow.trace.session": '"s1"'}, "session_id", "s1"),
    ({"spanglass.feature": "a", "feature": "b"}, "feature", "a"),
    ({"team": "growth"}, "team", "growth"),
    ({"langfuse.trace.name": "chat"}, "trace_name", "chat"),
    (
        {"langfuse.observation.prompt.name": "movie", "langfuse.observation.prompt.version": 3},
        "prompt_name",
        "movie",
    ),
    (
        {"langfuse.observation.prompt.name": "movie", "langfuse.observation.prompt.version": 3},
        "prompt_version",
        "3",
    ),
    ({"ai.telemetry.metadata.langfusePrompt": '{"name": "movie", "version": 2}'}, "prompt_name", "movie"),
    ({"traceloop.prompt.key": "joke"}, "prompt_name", "joke"),
    ({"langfuse.environment": "staging"}, "environment", "staging"),
    ({"langfuse.release": "v2"}, "release", "v2"),
]


@pytest.mark.parametrize(("attributes", "field", "value"), IDENTITY, ids=lambda value: str(value)[:50])
def test_who_and_what_a_span_was_for(attributes: Attributes, field: str, value: str) -> None:
    assert getattr(understand_one(record(attributes)), field) == value


def test_tags_and_metadata() -> None:
    span = understand_one(
        record(
            {
                "langsmith.span.tags": "a, b",
                "langsmith.metadata.tier": "gold",
                "langsmith.metadata.LANGSMITH_ENDPOINT": "x",
                "langsmith.metadata.ls_provider": "y",
            }
        )
    )
    assert span.tags == ("a", "b")
    assert json.loads(span.metadata) == {"tier": "gold"}
    assert understand_one(record({"logfire.tags": ["LLM", "x"]})).tags == ("x",)


@pytest.mark.parametrize(
    ("version", "value", "decoded"),
    [("5.0.4", '"acme"', "acme"), ("5.0.4", "5", 5), ("3.15.0", "5", "5"), ("3.15.0", 5, 5)],
)
def test_langfuse_metadata_is_decoded_as_its_sender_encoded_it(
    version: str, value: str | int, decoded: object
) -> None:
    given = record(
        {"langfuse.trace.metadata.k": value},
        scope="langfuse-sdk",
        version=version,
        resource={"telemetry.sdk.language": "python"},
    )
    assert json.loads(understand_one(given).metadata) == {"k": decoded}


def test_the_resource_tells_service_environment_and_release() -> None:
    resource: Attributes = {
        "service.name": "rag-api",
        "service.version": "1.4.2",
        "deployment.environment": "prod",
    }
    span = understand_one(record({}, resource=resource))
    assert (span.service, span.environment, span.release) == ("rag-api", "prod", "1.4.2")
    strands = understand_one(
        record({}, resource={"service.name": "strands-agents", "service.version": "1.62.0"})
    )
    assert strands.release == ""


def test_a_tools_name_without_the_operation() -> None:
    assert (
        understand_one(
            record({"gen_ai.operation.name": "execute_tool"}, name="execute_tool get_weather")
        ).tool_name
        == "get_weather"
    )
    assert (
        understand_one(
            record({"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search"}, name="ai.toolCall")
        ).tool_name
        == "search"
    )
    assert understand_one(record({"langfuse.observation.type": "tool"}, name="lookup")).tool_name == "lookup"


def test_logfires_readable_message_names_the_span() -> None:
    given = record({"logfire.msg": "Chat with 'gpt-4o'"}, name="Chat with {model!r}")
    assert understand_one(given).name == "Chat with 'gpt-4o'"


def test_unknown_conventions_stay_searchable() -> None:
    span = understand_one(
        record({"acme.customer.tier": "gold", "acme.n": 3, "acme.ok": True, "acme.long": "x" * 300})
    )
    assert span.attribute_index == {"acme.customer.tier": "gold", "acme.n": "3", "acme.ok": "true"}
    assert json.loads(span.attributes) == {
        "acme.customer.tier": "gold",
        "acme.n": 3,
        "acme.ok": True,
        "acme.long": "x" * 300,
    }


def test_payloads_are_stored_once() -> None:
    span = understand_one(
        record({"openinference.span.kind": "CHAIN", "input.value": "hi", "output.value": "yo", "k": 1})
    )
    assert (span.input, span.input_key, span.output, span.output_key) == (
        "hi",
        "input.value",
        "yo",
        "output.value",
    )
    assert json.loads(span.attributes) == {"openinference.span.kind": "CHAIN", "k": 1}
    assert set(span.attribute_index) == {"openinference.span.kind", "k"}


def test_dialects_are_recognized_by_scope_then_by_keys() -> None:
    def dialect(attributes: Attributes, scope: str) -> str:
        return understand_one(record(attributes, scope=scope)).dialect

    assert dialect({}, "openinference.instrumentation.crewai") == "openinference"
    assert dialect({}, "opentelemetry.instrumentation.crewai") == "openllmetry"
    assert dialect({}, "opentelemetry.instrumentation.openai.v1") == "openllmetry"
    assert dialect({}, "opentelemetry.instrumentation.openai_v2") == "otel_genai"
    assert dialect({}, "opentelemetry.instrumentation.genai.openai") == "otel_genai"
    assert dialect({"openinference.span.kind": "LLM"}, "my.tracer") == "openinference"
    assert dialect({"gen_ai.operation.name": "chat"}, "my.tracer") == "otel_genai"
    assert (
        dialect({"gen_ai.operation.name": "chat", "langsmith.span.kind": "llm"}, "my.tracer") == "langsmith"
    )
    assert dialect({"http.route": "/"}, "opentelemetry.instrumentation.fastapi") == "otel"


def test_times_that_cannot_be_are_marked() -> None:
    given = record({})._replace(end_time_ns=START_NS - 1)
    span = understand_one(given)
    assert span.end_time_ns == span.start_time_ns
    assert span.warnings == ("end_before_start",)
    late = understand_one(record({})._replace(end_time_ns=2**64 - 1))
    assert "time_out_of_range" in late.warnings


def test_a_gateways_500_for_an_overloaded_provider_is_overload() -> None:
    message = 'AnthropicError - {"type": "error", "error": {"type": "overloaded_error"}}'
    assert classify_error("InternalServerError", "", message, 500) == "overloaded"
    assert classify_error("InternalServerError", "", "boom", 500) == "server"


def test_strands_tells_streaming_by_its_first_token_and_the_finish_reason_in_an_event() -> None:
    event = EventRecord(
        START_NS,
        "gen_ai.client.inference.operation.details",
        {"gen_ai.output.messages": '[{"role": "assistant", "parts": [], "finish_reason": "tool_use"}]'},
    )
    attributes = CHAT | {"gen_ai.server.time_to_first_token": 174}
    span = understand_one(record(attributes, scope="strands.telemetry.tracer", events=[event]))
    assert (span.streaming, span.ttft_ns, span.finish_reasons) == (True, 174 * MS, ("tool_call",))


def test_a_finish_reason_that_a_framework_repeats_is_one() -> None:
    repeated = (
        '{"generations": [{"generation_info": {"stop_reason": "end_turn"}, "stop_reason": "end_turn"}]}'
    )
    assert understand_one(record(CHAT | {"gen_ai.completion": repeated})).finish_reasons == ("stop",)
    choices = '{"choices": [{"finish_reason": "stop"}, {"finish_reason": "stop"}]}'
    assert understand_one(record(CHAT | {"gen_ai.completion": choices})).finish_reasons == ("stop", "stop")


def test_what_storage_cannot_hold_is_replaced_and_marked() -> None:
    span = understand_one(record({"k": "bad \ud800", "n": 2**80}, name="na\udc00me"))
    assert span.warnings == ("unprintable_text",)
    assert span.name == "na\ufffdme"
    assert json.loads(span.attributes)["k"] == "bad \ufffd"


def test_labels_are_short_however_long_they_were_sent() -> None:
    long = "x" * 100_000
    span = understand_one(
        record({"user.id": long, "gen_ai.request.model": long, "spanglass.tags": [long], **CHAT}, name=long)
    )
    labels = [span.name, span.user_id, span.request_model, *span.tags]
    assert [len(label) for label in labels] == [1_000] * 4
    assert all(label.endswith("…") for label in labels)
    assert long in span.attributes
