"""Trace and span ids on an application's own log lines."""

import logging

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from structlog.testing import LogCapture

from spanglass.logs import TraceContextFilter, add_trace_context

TRACER = TracerProvider(shutdown_on_exit=False).get_tracer("test")


def test_structlog_lines_inside_a_span_carry_its_ids() -> None:
    captured = LogCapture()
    log = structlog.wrap_logger(None, processors=[add_trace_context, captured])

    with TRACER.start_as_current_span("work") as span:
        log.info("inside")
        log.info("own", trace_id="mine")
    log.info("outside")

    inside, own, outside = captured.entries
    context = span.get_span_context()
    assert (inside["trace_id"], inside["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert own["trace_id"] == "mine"
    assert "trace_id" not in outside


@pytest.fixture
def logger() -> logging.Logger:
    made = logging.Logger("shop")
    return made


def test_records_of_the_standard_library_carry_the_ids_for_any_format(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = logging.StreamHandler()
    handler.addFilter(TraceContextFilter())
    handler.setFormatter(logging.Formatter("%(trace_id)s/%(span_id)s %(message)s"))
    logger.addHandler(handler)

    with TRACER.start_as_current_span("work") as span:
        logger.info("inside")
    logger.info("outside")

    context = span.get_span_context()
    assert capsys.readouterr().err.splitlines() == [
        f"{context.trace_id:032x}/{context.span_id:016x} inside",
        "/ outside",
    ]
