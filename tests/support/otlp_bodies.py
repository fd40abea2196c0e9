"""OTLP bodies for tests, made with the official generated classes: what real exporters send."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACE_ID = bytes(range(1, 17))
SPAN_ID = bytes(range(1, 9))
START_NS = 1_800_000_000_000_000_000


def request_with(*spans: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "rag"
    group.schema_url = "https://opentelemetry.io/schemas/1.30.0"
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = "tests", "1.0"
    scope.spans.extend(spans)
    return request


def span(index: int = 1, **fields: object) -> Span:
    defaults: dict[str, object] = {
        "trace_id": TRACE_ID,
        "span_id": index.to_bytes(8, "big"),
        "name": "chat",
        "kind": Span.SPAN_KIND_CLIENT,
        "start_time_unix_nano": START_NS,
        "end_time_unix_nano": START_NS + 1_000_000,
    }
    return Span(**(defaults | fields))


def body_of(*spans: Span) -> bytes:
    return request_with(*spans).SerializeToString()
