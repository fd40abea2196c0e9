"""Telemetry that says something that must not be kept in every place where a text can stand."""

import itertools
import json
import time
from collections.abc import Iterator

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_TRACE_ID, _SPAN_ID = bytes(range(16, 32)), bytes(range(1, 9))


class Leaks:
    """Each text is another one, so that one that is found tells its place: `LEAK-user-7`."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._numbers = itertools.count(1)

    def __call__(self, place: str) -> str:
        return f"{self._mark}-{place}-{next(self._numbers)}"


def content_attributes(leak: Leaks) -> Iterator[tuple[str, AnyValue]]:
    """Inputs and outputs as senders spell them."""
    messages = [{"role": "user", "parts": [{"type": "text", "content": f"나는\n{leak('message')} 이야"}]}]
    arguments = json.dumps({"to": leak("argument"), "deep": json.dumps({"x": f"a\n{leak('deep')}"})})
    for key, value in (
        ("gen_ai.input.messages", json.dumps(messages)),
        ("gen_ai.output.messages", json.dumps([{"role": "assistant", "parts": [{"content": arguments}]}])),
        ("gen_ai.system_instructions", leak("instructions")),
        ("gen_ai.tool.call.arguments", arguments),
        ("llm.input_messages.0.message.content", leak("flattened")),
        ("llm.output_messages.0.message.content", leak("answer")),
        ("retrieval.documents.0.document.content", leak("document")),
        ("input.value", leak("input")),
        ("output.value", json.dumps({"answer": leak("output"), "usage": {"input_tokens": 7}})),
        ("traceloop.entity.input", leak("entity")),
    ):
        yield key, AnyValue(string_value=value)
    nested = AnyValue()
    nested.kvlist_value.values.add(key="question").value.string_value = leak("nested")
    nested.kvlist_value.values.add(key="list").value.array_value.values.add().string_value = leak("item")
    yield "langfuse.observation.input", nested


def other_attributes(leak: Leaks) -> Iterator[tuple[str, AnyValue]]:
    for key in (
        *("user.id", "session.id", "langfuse.trace.name", "langfuse.trace.metadata.note", "langfuse.release"),
        *("spanglass.feature", "spanglass.team", "custom.attribute", "metadata", "http.url", "error.message"),
        *("gen_ai.response.id", "gen_ai.prompt.name", "gen_ai.tool.name", "deployment.environment.name"),
    ):
        yield key, AnyValue(string_value=f"is {leak(key)}")
    tags = AnyValue()
    tags.array_value.values.add().string_value = leak("tag")
    yield "langfuse.trace.tags", tags


def spans(content: Leaks, other: Leaks | None, *, trace_id: bytes = _TRACE_ID) -> ExportTraceServiceRequest:
    now_ns = time.time_ns()
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "leaky"
    scope = group.scope_spans.add()
    scope.scope.name = "leaky"
    span = scope.spans.add(trace_id=trace_id, span_id=_SPAN_ID, name="chat", kind=3)
    span.start_time_unix_nano, span.end_time_unix_nano = now_ns - 1_000_000_000, now_ns
    _put(span.attributes, content_attributes(content))
    for key, number in (("gen_ai.usage.input_tokens", 1200), ("gen_ai.usage.output_tokens", 300)):
        span.attributes.add(key=key).value.int_value = number
    for key, text in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-4o")):
        span.attributes.add(key=key).value.string_value = text
    span.attributes.add(key="gen_ai.provider.name").value.string_value = "openai"
    told = span.events.add(name="gen_ai.user.message", time_unix_nano=now_ns)
    told.attributes.add(key="content").value.string_value = content("event")
    if other is not None:
        group.resource.attributes.add(key="host.name").value.string_value = other("resource")
        scope.scope.attributes.add(key="owner").value.string_value = other("scope")
        span.name = f"chat {other('name')}"
        _put(span.attributes, other_attributes(other))
        span.status.code, span.status.message = 2, f"failed for {other('status')}"
        failed = span.events.add(name=f"exception {other('event-name')}", time_unix_nano=now_ns)
        failed.attributes.add(key="exception.message").value.string_value = other("exception")
        failed.attributes.add(key="exception.stacktrace").value.string_value = f"File\n {other('stack')}"
        link = span.links.add(trace_id=bytes(range(32, 48)), span_id=_SPAN_ID)
        link.attributes.add(key="why").value.string_value = other("link")
        judged = span.events.add(name="gen_ai.evaluation.result", time_unix_nano=now_ns)
        for key, text in (("name", "good"), ("score.label", "no"), ("explanation", other("explanation"))):
            judged.attributes.add(key=f"gen_ai.evaluation.{key}").value.string_value = text
    return request


def logs(content: Leaks, other: Leaks | None) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add().scope_logs.add()
    record = group.log_records.add(time_unix_nano=time.time_ns(), event_name="gen_ai.user.message")
    record.body.kvlist_value.values.add(key="content").value.string_value = content("log-content")
    record.attributes.add(key="gen_ai.input.messages").value.string_value = content("log-messages")
    if other is not None:
        record = group.log_records.add(time_unix_nano=time.time_ns(), severity_text="INFO")
        record.body.string_value = json.dumps({"event": f"한글\n{other('line')}", "who": other("line-field")})
        record.attributes.add(key="who").value.string_value = other("log-attribute")
    return request


def metrics(other: Leaks) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="leaky_requests")
    metric.sum.is_monotonic, metric.sum.aggregation_temporality = True, 2
    point = metric.sum.data_points.add(time_unix_nano=time.time_ns(), as_int=1)
    point.attributes.add(key="who").value.string_value = other("label")
    exemplar = point.exemplars.add(time_unix_nano=time.time_ns(), as_int=1, trace_id=_TRACE_ID)
    exemplar.span_id = _SPAN_ID
    exemplar.filtered_attributes.add(key="who").value.string_value = other("exemplar")
    return request


def langfuse_events(content: Leaks, other: Leaks | None) -> list[tuple[str, dict[str, object]]]:
    """Types and bodies."""
    trace: dict[str, object] = {"id": "lf-trace", "input": {"q": content("lf-input")}}
    generation: dict[str, object] = {
        "id": "lf-generation",
        "traceId": "lf-trace",
        "model": "gpt-4o",
        "input": [{"role": "user", "content": f"안녕\n{content('lf-message')}"}],
        "output": content("lf-output"),
        "usage": {"input": 1200, "output": 300},
    }
    if other is None:
        return [("trace-create", trace), ("generation-create", generation)]
    trace |= {
        "name": other("lf-name"),
        "userId": other("lf-user"),
        "sessionId": other("lf-session"),
        "metadata": {"note": other("lf-metadata"), "more": {"x": [other("lf-deep")]}},
        "tags": [other("lf-tag")],
    }
    generation |= {
        "statusMessage": other("lf-status"),
        "level": "ERROR",
        "modelParameters": {"stop": other("lf-parameter")},
    }
    score = {"id": "lf-score", "traceId": "lf-trace", "name": "good", "value": 1, "comment": other("lf-why")}
    return [("trace-create", trace), ("generation-create", generation), ("score-create", score)]


def _put(attributes: object, pairs: Iterator[tuple[str, AnyValue]]) -> None:
    attributes.extend(KeyValue(key=key, value=value) for key, value in pairs)  # type: ignore[attr-defined]
