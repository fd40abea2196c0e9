"""OTLP as an instrumented RAG service sends it (OpenTelemetry GenAI conventions)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

MS = 1_000_000
SECOND = 1_000_000_000

AttributeValue = str | int | float | bool | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to the service: a request span with a model call below it."""

    key: str
    """Ids are derived from it."""
    start_ns: int
    duration_ms: int = 1_200
    name: str = "answer_question"
    question: str = "How do refunds work?"
    answer: str = "Within 14 days."
    model: str = "claude-sonnet-4-5"
    input_tokens: int = 900
    output_tokens: int = 100
    error: str = ""
    """An error type makes both spans fail."""
    feature: str = "search"
    user: str = "user-1"
    tags: Sequence[str] = ()
    service: str = "rag-api"
    extra: tuple[tuple[str, AttributeValue], ...] = ()
    """More attributes of the request span."""

    @property
    def trace_id(self) -> str:
        return self.id_bytes("trace", 16).hex()

    def id_bytes(self, part: str, length: int) -> bytes:
        return hashlib.sha256(f"{self.key}/{part}".encode()).digest()[:length]


def traces_body(*asks: Ask) -> bytes:
    """The request's protobuf bytes."""
    request = ExportTraceServiceRequest()
    for ask in asks:
        group = request.resource_spans.add()
        group.resource.attributes.append(_attribute("service.name", ask.service))
        group.resource.attributes.append(_attribute("deployment.environment.name", "test"))
        scope = group.scope_spans.add()
        scope.scope.name = "tests"
        scope.spans.extend((_request_span(ask), _model_span(ask)))
    return request.SerializeToString()


def _request_span(ask: Ask) -> Span:
    span = _span(ask, "root", ask.name, ask.start_ns, ask.duration_ms)
    attributes: dict[str, AttributeValue] = {
        "spanglass.feature": ask.feature,
        "user.id": ask.user,
        "spanglass.tags": list(ask.tags),
        "input.value": ask.question,
        "output.value": ask.answer,
        **dict(ask.extra),
    }
    span.attributes.extend(_attribute(key, value) for key, value in attributes.items())
    return span


def _model_span(ask: Ask) -> Span:
    start_ns, duration_ms = ask.start_ns + 10 * MS, max(1, ask.duration_ms - 20)
    span = _span(ask, "model", f"chat {ask.model}", start_ns, duration_ms)
    span.parent_span_id = ask.id_bytes("root", 8)
    span.kind = Span.SPAN_KIND_CLIENT
    attributes: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic" if ask.model.startswith("claude") else "openai",
        "gen_ai.request.model": ask.model,
        "gen_ai.response.model": ask.model,
        "gen_ai.usage.input_tokens": ask.input_tokens,
        "gen_ai.usage.output_tokens": ask.output_tokens,
        "gen_ai.input.messages": _messages("user", ask.question),
        "gen_ai.output.messages": _messages("assistant", ask.answer),
    }
    span.attributes.extend(_attribute(key, value) for key, value in attributes.items())
    return span


def _span(ask: Ask, part: str, name: str, start_ns: int, duration_ms: int) -> Span:
    span = Span(
        trace_id=ask.id_bytes("trace", 16),
        span_id=ask.id_bytes(part, 8),
        name=name,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + duration_ms * MS,
    )
    if ask.error:
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = f"{ask.error}: the provider refused"
        span.attributes.append(_attribute("error.type", ask.error))
    else:
        span.status.code = Status.STATUS_CODE_OK
    return span


def _messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def _attribute(key: str, value: AttributeValue) -> KeyValue:
    attribute = KeyValue(key=key)
    match value:
        case bool():
            attribute.value.bool_value = value
        case int():
            attribute.value.int_value = value
        case float():
            attribute.value.double_value = value
        case str():
            attribute.value.string_value = value
        case _:
            items = [KeyValue() for _ in value]
            for item, text in zip(items, value, strict=True):
                item.value.string_value = text
            attribute.value.array_value.values.extend(item.value for item in items)
    return attribute
