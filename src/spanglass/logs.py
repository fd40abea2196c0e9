"""Structured logs that find their trace (docs/structured-logs.md).

`add_trace_context` for structlog, `TraceContextFilter` for the standard library: both put the trace's and the
span's id on every line. `log_llm_event` writes the line of a model call that no instrumentation sees.
"""

import logging
from collections.abc import MutableMapping
from time import time_ns
from typing import Any

from spanglass._log import logger as own_logger
from spanglass._log_records import LogHandler
from spanglass._logs import current_span_context, event_fields, write_line

__all__ = ["LogHandler", "TraceContextFilter", "add_trace_context", "log_llm_event"]


def add_trace_context(
    logger: Any, method_name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: `trace_id` and `span_id`, in hex, of the current span. Without one it adds
    nothing; what the line has already stays."""
    span = current_span_context()
    if span is not None:
        event_dict.setdefault("trace_id", f"{span.trace_id:032x}")
        event_dict.setdefault("span_id", f"{span.span_id:016x}")
    return event_dict


class TraceContextFilter(logging.Filter):
    """Gives every record `trace_id` and `span_id` for formatters, empty without a span. Lets every record
    pass. Put it on handlers: those of a logger see only its own records.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "trace_id"):
            span = current_span_context()
            record.trace_id = f"{span.trace_id:032x}" if span else ""
            record.span_id = f"{span.span_id:016x}" if span else ""
        return True


def log_llm_event(
    event_type: str = "llm_call",
    *,
    model: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    latency_ms: float | None = None,
    **fields: object,
) -> None:
    """Write the line of a model call that is not instrumented, as `init(log_calls=True)` does for those that
    are.

    `fields` are further ones: `provider`, `ttft_ms`, `cost_usd`, `status`, `error_type`, `feature`, `team`,
    or your own. Trace and span id, feature and team are those of the current span where they are not given,
    the cost that of the price list (which is read at the first call of all: a fifth of a second). Values
    under names of secrets are redacted. Never raises.
    """
    try:
        given = {
            "model": model,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "latency_ms": latency_ms,
        } | fields
        now_ns = time_ns()
        write_line(event_type, event_fields(given, now_ns), now_ns)
    except Exception:  # noqa: BLE001 a line that cannot be written must not fail the call that it tells of
        own_logger.debug("a log line could not be written", exc_info=True)
