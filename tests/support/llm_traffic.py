"""A small application's telemetry: model calls of several kinds, caches and scores, as OTLP and JSON."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000

Attributes: TypeAlias = Mapping[str, str | int | float | bool]

_MODELS = (("anthropic", "claude-sonnet-4-5"), ("openai", "gpt-4o"), ("acme", "acme-nano-unpriced"))
_FEATURES = (("search", "growth"), ("chat", "core"))


def trace_id_of(number: int) -> str:
    return hashlib.sha256(f"trace {number}".encode()).hexdigest()[:32]


def traces_body(*, count: int, end_ns: int, every_ns: int) -> bytes:
    """`count` traces that start every `every_ns`; the last ends about at `end_ns`."""
    request = ExportTraceServiceRequest()
    for number in range(count):
        start_ns = end_ns - (count - number) * every_ns
        feature, team = _FEATURES[number % 2]
        group = request.resource_spans.add()
        group.resource.attributes.extend(
            _attributes({"service.name": "rag-api", "deployment.environment.name": "prod"})
        )
        group.scope_spans.add().spans.extend(_spans_of(number, start_ns, feature, team))
    return request.SerializeToString()


def scores_of(*, count: int) -> list[dict[str, Any]]:
    return [
        {
            "trace_id": trace_id_of(number),
            "name": "quality",
            "value": (number % 10) / 10,
            "source": "evaluator",
        }
        for number in range(count)
    ]


def _spans_of(number: int, start_ns: int, feature: str, team: str) -> Iterator[Span]:
    provider, model = _MODELS[number % len(_MODELS)]
    is_failed = number % 7 == 3
    latency_ns = (300 + 137 * (number % 11)) * MS_NS
    yield _span(
        number,
        "root",
        "",
        start_ns,
        latency_ns + 60 * MS_NS,
        {"spanglass.feature": feature, "spanglass.team": team},
        name="answer",
    )
    yield _span(
        number,
        "cache",
        "root",
        start_ns + 10 * MS_NS,
        5 * MS_NS,
        {"spanglass.kind": "cache", "spanglass.cache_hit": number % 3 == 0},
        name="answers",
    )
    yield _span(
        number,
        "model",
        "root",
        start_ns + 20 * MS_NS,
        latency_ns,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.request.stream": True,
            "gen_ai.response.time_to_first_chunk": 0.12 + 0.03 * (number % 5),
            "gen_ai.usage.input_tokens": 900 + number,
            "gen_ai.usage.output_tokens": 120,
            "gen_ai.usage.cache_read.input_tokens": 300,
            **({"error.type": "overloaded"} if is_failed else {}),
        },
        name=f"chat {model}",
        is_failed=is_failed,
    )


def _span(
    number: int,
    part: str,
    parent: str,
    start_ns: int,
    duration_ns: int,
    attributes: Attributes,
    *,
    name: str,
    is_failed: bool = False,
) -> Span:
    return Span(
        trace_id=bytes.fromhex(trace_id_of(number)),
        span_id=_span_id(number, part),
        parent_span_id=_span_id(number, parent) if parent else b"",
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + duration_ns,
        attributes=list(_attributes(attributes)),
        status=Status(code=Status.STATUS_CODE_ERROR if is_failed else Status.STATUS_CODE_UNSET),
    )


def _span_id(number: int, part: str) -> bytes:
    return hashlib.sha256(f"span {number} {part}".encode()).digest()[:8]


def _attributes(values: Attributes) -> Iterator[KeyValue]:
    for key, value in values.items():
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
        yield attribute
