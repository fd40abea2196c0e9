"""OpenTelemetry, set up as an application's own start-up code does it: a provider per service, the public
instrumentations, and a processor that says where finished spans go."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from openinference.instrumentation import TraceConfig
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import Span, Status, StatusCode, Tracer

RELEASES: Final = ("2026.11.1", "2026.11.2")
_ATTRIBUTES_MAX: Final = 2000

Take = Callable[[ReadableSpan], None]


class Outlet(SpanProcessor):
    """Hands finished spans to whoever listens just now, so that history and live traffic share one set-up."""

    def __init__(self) -> None:
        self.take: Take = _nobody

    def on_end(self, span: ReadableSpan) -> None:
        self.take(span)


def _nobody(span: ReadableSpan) -> None:
    """Spans of a warm-up."""


def tracer_provider(service: str, outlet: Outlet, *, release: str) -> TracerProvider:
    resource = Resource.create(
        {
            "service.name": service,
            "service.version": release,
            "service.instance.id": f"{service}-1",
            "deployment.environment.name": "production",
        }
    )
    # Documents and messages become attributes, several each: the SDK's default of 128 is too few.
    limits = SpanLimits(max_attributes=_ATTRIBUTES_MAX)
    provider = TracerProvider(resource=resource, span_limits=limits, shutdown_on_exit=False)
    provider.add_span_processor(outlet)
    return provider


_instrument_lock = threading.Lock()


@contextmanager
def instrumented(provider: TracerProvider) -> Iterator[None]:
    """The public instrumentations of both model clients, on this provider. The Anthropic client also traces
    itself: both are left on, as they are in many real services."""
    with _instrument_lock:
        config = TraceConfig(hide_embedding_vectors=True)
        AnthropicInstrumentor().instrument(tracer_provider=provider, config=config)
        OpenAIInstrumentor().instrument(tracer_provider=provider, config=config)
    try:
        yield
    finally:
        with _instrument_lock:
            AnthropicInstrumentor().uninstrument()
            OpenAIInstrumentor().uninstrument()


@contextmanager
def step(
    tracer: Tracer,
    name: str,
    kind: str,
    *,
    question: object = None,
    attributes: Mapping[str, Any] | None = None,
) -> Iterator[Span]:
    """A span in OpenInference's convention. An exception is recorded on it and goes on."""
    given = dict(attributes or {}) | {"openinference.span.kind": kind}
    with tracer.start_as_current_span(name, attributes=given) as span:
        if question is not None:
            set_payload(span, "input", question)
        yield span


def set_payload(span: Span, side: str, value: object) -> None:
    is_text = isinstance(value, str)
    span.set_attribute(
        f"{side}.value", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
    span.set_attribute(f"{side}.mime_type", "text/plain" if is_text else "application/json")


def set_documents(span: Span, prefix: str, documents: Sequence[tuple[str, str, float]]) -> None:
    """(id, content, score) each, as OpenInference flattens them."""
    for number, (identifier, content, score) in enumerate(documents):
        base = f"{prefix}.{number}.document"
        span.set_attributes(
            {f"{base}.id": identifier, f"{base}.content": content, f"{base}.score": round(score, 4)}
        )


def set_ok(span: Span) -> None:
    span.set_status(Status(StatusCode.OK))
