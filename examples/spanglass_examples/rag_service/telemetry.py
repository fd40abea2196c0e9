"""Telemetry, set up as two services' own start-up code does it.

The RAG service uses Spanglass' SDK, with the instrumentations of both model clients, its logs and a line per
model call. The gateway knows OpenTelemetry alone. Both run in one process here, each with its own provider.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import Span, Status, StatusCode

import spanglass

RELEASES: Final = ("2026.11.1", "2026.11.2")
ENVIRONMENT: Final = "production"
SERVICE: Final = "rag-service"
LOG: Final = logging.getLogger("rag_service")
CALL_LOG: Final = logging.getLogger("rag_service.calls")
_ATTRIBUTES_MAX: Final = 2000

Take = Callable[[ReadableSpan], None]


class Outlet(SpanProcessor):
    """Hands finished spans to whoever listens just now."""

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
            "deployment.environment.name": ENVIRONMENT,
        }
    )
    # Documents and messages become attributes, several each: the SDK's default of 128 is too few.
    limits = SpanLimits(max_attributes=_ATTRIBUTES_MAX)
    provider = TracerProvider(resource=resource, span_limits=limits, shutdown_on_exit=False)
    provider.add_span_processor(outlet)
    return provider


@contextmanager
def instrumented(provider: TracerProvider, *, endpoint: str, api_key: str) -> Iterator[None]:
    """The RAG service under Spanglass. The Anthropic client also traces itself: both tellings of its calls
    are left on, as they are in many real services. Without an endpoint the caller takes what is recorded."""
    spanglass.init(
        service=SERVICE,
        environment=ENVIRONMENT,
        release=RELEASES[-1],
        endpoint=endpoint or None,
        api_key=api_key or None,
        tracer_provider=provider,
        instrument=["openai", "anthropic"],
        log_calls=CALL_LOG,
        logs=logging.INFO if endpoint else False,
    )
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        spanglass.shutdown()


def set_payload(span: Span, side: str, value: object) -> None:
    """Input or output of a span in OpenInference's convention."""
    is_text = isinstance(value, str)
    span.set_attribute(
        f"{side}.value", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
    span.set_attribute(f"{side}.mime_type", "text/plain" if is_text else "application/json")


def set_ok(span: Span) -> None:
    span.set_status(Status(StatusCode.OK))
