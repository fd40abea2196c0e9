"""How each SDK is set up: a function that decorates `answer` and one that sends what waits.

Runs in the contestant's own environment, with the standard library and the SDK alone. Every SDK captures
arguments and result as it does by default, and exports to the sink at `endpoint` with its default batching.
"""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

Answer = Callable[[str], str]


class Contestant(NamedTuple):
    decorate: Callable[[Answer], Answer]
    flush: Callable[[], object]


def bare(_endpoint: str) -> Contestant:
    return Contestant(lambda answer: answer, lambda: None)


def otel(endpoint: str, *, captures: bool = True) -> Contestant:
    """opentelemetry-sdk with its batch processor and OTLP exporter, attributes set by hand."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    tracer = trace.get_tracer("bench")

    def decorate(answer: Answer) -> Answer:
        def traced(question: str) -> str:
            with tracer.start_as_current_span("answer") as span:
                if captures:
                    span.set_attribute("input.value", question)
                result = answer(question)
                if captures:
                    span.set_attribute("output.value", result)
                return result

        return traced

    return Contestant(decorate, provider.shutdown)


def otel_bare(endpoint: str) -> Contestant:
    return otel(endpoint, captures=False)


def spanglass(endpoint: str, *, captures: bool = True) -> Contestant:
    import spanglass

    spanglass.init(service="bench", endpoint=endpoint)
    observe: Any = spanglass.observe(capture_input=captures, capture_output=captures)
    return Contestant(observe, spanglass.shutdown)


def spanglass_bare(endpoint: str) -> Contestant:
    return spanglass(endpoint, captures=False)


def langfuse2(endpoint: str) -> Contestant:
    os.environ |= {"LANGFUSE_HOST": endpoint, "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    from langfuse.decorators import langfuse_context, observe

    return Contestant(observe(), langfuse_context.flush)


def langfuse5(endpoint: str) -> Contestant:
    os.environ |= {"LANGFUSE_BASE_URL": endpoint, "LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    from langfuse import get_client, observe

    return Contestant(observe(), get_client().shutdown)


def logfire(endpoint: str) -> Contestant:
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{endpoint}/v1/traces"
    import logfire

    logfire.configure(send_to_logfire=False, console=False, inspect_arguments=False, metrics=False)
    return Contestant(logfire.instrument("answer", extract_args=True, record_return=True), logfire.shutdown)


def mlflow(endpoint: str) -> Contestant:
    os.environ |= {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{endpoint}/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
    }
    import mlflow

    def flush() -> None:
        mlflow.flush_trace_async_logging()
        mlflow.tracing.reset()  # Shuts its tracer provider, and so the batch processor, down.

    return Contestant(mlflow.trace, flush)


def opik(endpoint: str) -> Contestant:
    os.environ |= {
        "OPIK_URL_OVERRIDE": endpoint,
        "OPIK_SENTRY_ENABLE": "false",
        "OPIK_CONSOLE_LOGGING_LEVEL": "ERROR",
    }
    import opik

    return Contestant(opik.track(), opik.flush_tracker)


def traceloop(endpoint: str) -> Contestant:
    os.environ |= {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_METRICS_ENABLED": "false"}
    from opentelemetry import trace
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import task

    Traceloop.init(app_name="bench", api_endpoint=endpoint, api_key="bench")
    provider: Any = trace.get_tracer_provider()
    return Contestant(task(name="answer"), provider.shutdown)


CONTESTANTS: dict[str, tuple[Callable[[str], Contestant], str, tuple[str, ...]]] = {
    "bare": (bare, "", ()),
    "otel": (
        otel,
        "opentelemetry.sdk.trace, opentelemetry.exporter.otlp.proto.http.trace_exporter",
        ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    ),
    "otel-no-capture": (
        otel_bare,
        "opentelemetry.sdk.trace, opentelemetry.exporter.otlp.proto.http.trace_exporter",
        ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    ),
    "spanglass": (spanglass, "spanglass", ("-e", ".")),
    "spanglass-no-capture": (spanglass_bare, "spanglass", ("-e", ".")),
    "langfuse-2": (langfuse2, "langfuse.decorators", ("langfuse==2.60.10",)),
    "langfuse-5": (langfuse5, "langfuse", ("langfuse==5.0.4",)),
    "logfire": (logfire, "logfire", ("logfire==5.2.0",)),
    "mlflow": (mlflow, "mlflow", ("opentelemetry-exporter-otlp-proto-http", "mlflow==3.17.2")),
    "opik": (opik, "opik", ("opik==2.2.122",)),
    "traceloop": (traceloop, "traceloop.sdk, traceloop.sdk.decorators", ("httpx", "traceloop-sdk==0.62.4")),
}
"""By name: the set-up, what an application imports, what is installed."""
