"""One line of JSON per model call."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode
from structlog.testing import LogCapture
from tests.unit.sdk_calls.ended_spans import ended, replay

from spanglass._call_processor import make
from spanglass.logs import log_llm_event

SECOND = 1_000_000_000
START_NS = 1_790_000_000 * SECOND
ANSWERED = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"a secret plan"}]}]',
    "spanglass.feature": "search",
}


@pytest.fixture(autouse=True)
def _unconfigured() -> Iterator[None]:
    was = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    if was is not None:
        structlog.configure(**was)


def write_lines(*spans: Any) -> None:
    processor = make(log_calls=True)
    assert processor is not None
    replay(processor, spans)
    processor.shutdown()


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "spanglass.calls"]


def test_a_call_is_one_line_of_the_standard_library(caplog: pytest.LogCaptureFixture) -> None:
    write_lines(ended(ANSWERED, trace_id=0xA, span_id=0xB, start_ns=START_NS, end_ns=START_NS + 2 * SECOND))

    assert lines(caplog) == [
        {
            "timestamp": "2026-09-21T14:13:22.000Z",
            "event": "llm_call",
            "model": "gpt-4o-mini",
            "provider": "openai",
            "input_tokens": 1000,
            "output_tokens": 100,
            "latency_ms": 2000.0,
            "ttft_ms": 250.0,
            "cost_usd": 0.00021,
            "status": "success",
            "feature": "search",
            "trace_id": f"{0xA:032x}",
            "span_id": f"{0xB:016x}",
        }
    ]


def test_unknown_is_null_and_a_failure_names_its_class(caplog: pytest.LogCaptureFixture) -> None:
    failed = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "house-7b", "spanglass.team": "core"}
    write_lines(ended(failed, status=StatusCode.ERROR, message="Error code: 429 - slow down"))

    (line,) = lines(caplog)
    assert line["status"] == "error"
    assert line["error_type"] == "rate_limit"
    assert line["team"] == "core"
    unknown = ("provider", "input_tokens", "output_tokens", "ttft_ms", "cost_usd", "feature")
    assert [line[name] for name in unknown] == [None] * len(unknown)


def test_what_was_asked_and_answered_is_never_in_the_line(caplog: pytest.LogCaptureFixture) -> None:
    write_lines(ended(ANSWERED))

    assert "secret plan" not in caplog.text


def test_configured_structlog_writes_the_line_with_what_the_application_bound_to_it() -> None:
    captured = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, captured])

    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        write_lines(ended(ANSWERED))

    (line,) = captured.entries
    assert (line["event"], line["log_level"], line["request_id"]) == ("llm_call", "info", "r-1")
    assert line["input_tokens"] == 1000


def test_a_logger_that_is_given_writes_the_line(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("shop.models")
    logger.setLevel(logging.INFO)
    processor = make(log_calls=logger)
    assert processor is not None
    replay(processor, [ended(ANSWERED)])
    processor.shutdown()

    assert [record.name for record in caplog.records] == ["shop.models"]


def test_an_application_without_logging_gets_its_lines_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logger = logging.getLogger("spanglass.calls")
    write_lines(ended(ANSWERED))

    added, logger.handlers, logger.propagate = logger.handlers, [], True
    assert len(added) == 1
    assert json.loads(capfd.readouterr().err)["event"] == "llm_call"


def test_a_call_that_is_not_instrumented_is_told_by_hand(caplog: pytest.LogCaptureFixture) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("answer", attributes={"spanglass.feature": "chat"}) as span:
        log_llm_event(model="gpt-4o-mini", input_tokens=1000, output_tokens=100, latency_ms=12.5, ticket=7)

    (line,) = lines(caplog)
    del line["timestamp"]
    assert line == {
        "event": "llm_call",
        "model": "gpt-4o-mini",
        "provider": None,
        "input_tokens": 1000,
        "output_tokens": 100,
        "latency_ms": 12.5,
        "ttft_ms": None,
        "cost_usd": 0.00021,
        "status": "success",
        "feature": "chat",
        "trace_id": f"{span.get_span_context().trace_id:032x}",
        "span_id": f"{span.get_span_context().span_id:016x}",
        "ticket": 7,
    }


def test_a_cost_that_is_given_is_taken_and_a_failure_is_a_status(caplog: pytest.LogCaptureFixture) -> None:
    log_llm_event(model="gpt-4o-mini", input_tokens=1000, cost_usd=0.5)
    log_llm_event(model="gpt-4o-mini", error_type="timeout")
    log_llm_event(model="house-7b", input_tokens=5)

    told = [(line["cost_usd"], line["status"]) for line in lines(caplog)]
    assert told == [(0.5, "success"), (None, "error"), (None, "success")]


@pytest.mark.parametrize(
    "name",
    ["api_key", "apikey", "OPENAI_API_KEY", "password", "authorization", "access_token", "client_secret"],
)
def test_secrets_are_not_written(name: str, caplog: pytest.LogCaptureFixture) -> None:
    log_llm_event(**{name: "sk-123"})

    assert lines(caplog)[0][name] == "[redacted]"
    assert "sk-123" not in caplog.text


def test_a_value_that_cannot_be_written_is_told_as_text_and_one_that_fails_loses_the_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("broken")

    log_llm_event(model="m", extra=object(), long="x" * 5_000)
    log_llm_event(model="m", extra=Broken())

    (line,) = lines(caplog)
    assert line["extra"].startswith("<object object")
    assert len(line["long"]) == 2_000
