"""Finished spans as the SDK's processors get them, made without a tracer: from recordings and by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode

from spanglass._call_processor import CallProcessor, Step
from spanglass._calls import Call
from spanglass_server.wire.records import SpanRecord

_CODES = (StatusCode.UNSET, StatusCode.OK, StatusCode.ERROR)


class ListenedTo:
    """A sink that keeps what it is told, and unpriced calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.costs: list[float | None] = []
        self.steps: list[Step] = []

    def tell_call(self, call: Call, cost_usd: float | None, context: Any) -> None:
        self.calls.append(call)
        self.costs.append(cost_usd)

    def tell_step(self, step: Step) -> None:
        self.steps.append(step)

    def cost_usd(self, call: Call) -> float | None:
        return call.reported_cost_usd


def context_of(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False)


def ended(
    attributes: Mapping[str, Any] | None = None,
    *,
    name: str = "chat",
    trace_id: int = 1,
    span_id: int = 1,
    parent: int = 0,
    scope: str = "library",
    start_ns: int = 1_000_000_000,
    end_ns: int = 2_000_000_000,
    status: StatusCode = StatusCode.UNSET,
    message: str | None = None,
    events: Sequence[Event] = (),
    resource: Mapping[str, Any] | None = None,
) -> ReadableSpan:
    return ReadableSpan(
        name=name,
        context=context_of(trace_id, span_id),
        parent=context_of(trace_id, parent) if parent else None,
        resource=Resource(dict(resource or {})),
        attributes=dict(attributes or {}),
        events=events,
        status=Status(status, message),
        start_time=start_ns,
        end_time=end_ns,
        instrumentation_scope=InstrumentationScope(scope, "1.0"),
    )


def recorded(record: SpanRecord) -> ReadableSpan:
    """A span of tests/corpus as it was before it was exported."""
    return ended(
        _plain(record.attributes),
        name=record.name,
        trace_id=int(record.trace_id, 16),
        span_id=int(record.span_id, 16),
        parent=int(record.parent_span_id or "0", 16),
        scope=record.scope.name,
        start_ns=record.start_time_ns,
        end_ns=record.end_time_ns,
        status=_CODES[record.status_code],
        message=record.status_message if record.status_code == 2 else None,
        events=[Event(event.name, _plain(event.attributes), event.time_ns) for event in record.events],
        resource=_plain(record.resource.attributes),
    )


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in attributes.items()}


def told_of(spans: Sequence[ReadableSpan]) -> list[Call]:
    """The calls that a processor tells when these spans start and end at their times, inner ones first."""
    listener = ListenedTo()
    processor = CallProcessor([listener], listener)
    replay(processor, spans)
    processor.shutdown()
    return listener.calls


def replay(processor: CallProcessor, spans: Sequence[ReadableSpan]) -> None:
    by_id = {span.context.span_id: span for span in spans}

    def depth(span: ReadableSpan) -> int:
        parent = by_id.get(span.parent.span_id) if span.parent else None
        return 0 if parent is None else 1 + depth(parent)

    moments = [(span.start_time, 0, depth(span), span) for span in spans]
    moments += [(span.end_time, 1, -depth(span), span) for span in spans]
    for _, is_end, _, span in sorted(moments, key=lambda moment: moment[:3]):
        if is_end:
            processor.on_end(span)
        else:
            processor.on_start(span)  # type: ignore[arg-type]
