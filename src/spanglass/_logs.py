"""One line of JSON per model call, and log records on their way to the server.

Where structlog is configured the application's own processors write the line; else the standard library's
logger `spanglass.calls` does, as JSON text. Prompts and answers are never part of it.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import Context
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import SpanContext, get_current_span

from spanglass import semconv
from spanglass._call_processor import Step
from spanglass._calls import Call
from spanglass._prices import list_price_usd
from spanglass._providers import find_provider
from spanglass._usage_objects import Counts, as_count

if TYPE_CHECKING:
    from spanglass._client import Client

LOGGER: Final = "spanglass.calls"
TIME_KEY: Final = "spanglass_time_ns"
"""Of a record: when what it tells of happened."""
TEXT_CHARS_MAX: Final = 2_000

_LINE: Final = (
    *("model", "provider", "input_tokens", "output_tokens", "latency_ms", "ttft_ms", "cost_usd", "status"),
    *("feature", "trace_id", "span_id"),
)
"""What every line has, null where unknown."""

_SECRET: Final = re.compile(
    r"(^|[_.-])(api_?key|secret(_key)?|password|passwd|authorization|credentials?|"
    r"(access|auth|bearer|refresh|id|api)_?token|token|cookie|private_key)$",
    re.IGNORECASE,
)

Fields = dict[str, Any]


class CallLog:
    """Writes a line for every call it is told of."""

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger

    def tell_call(self, call: Call, cost_usd: float | None, context: Context | None) -> None:
        write = partial(write_line, "llm_call", fields_of(call, cost_usd), call.end_ns, self._logger)
        # In the context of the call, so that what the application has bound to it is in the line.
        context.run(write) if context else write()

    def tell_step(self, step: Step) -> None:
        """Steps have no line."""


def ship_logs(client: "Client", level: int) -> None:
    """Send every record of the standard library's loggers, from `level` on, to the client's server."""
    from spanglass._log_records import LogShipping

    client.extras.append(LogShipping(client, level))


def fields_of(call: Call, cost_usd: float | None) -> Fields:
    """The line of a call without its time. Unknown is null; `team` and `error_type` only where there are."""
    counts = call.counts
    fields: Fields = {
        "model": call.model or None,
        "provider": call.provider or None,
        "input_tokens": counts.input,
        "output_tokens": counts.output,
        "latency_ms": _milliseconds(call.latency_ns),
        "ttft_ms": None if call.ttft_ns is None else _milliseconds(call.ttft_ns),
        "cost_usd": _plain_usd(cost_usd),
        "status": call.status,
        "feature": call.feature or None,
        "trace_id": f"{call.trace_id:032x}",
        "span_id": f"{call.span_id:016x}",
    }
    optional = {
        "team": call.team,
        "error_type": call.error_type,
        "cache_read_tokens": counts.cache_read,
        "cache_write_tokens": counts.cache_write,
        "reasoning_tokens": counts.reasoning,
    }
    return fields | {name: value for name, value in optional.items() if value}


def event_fields(given: Mapping[str, object], time_ns: int) -> Fields:
    """The line of a call that its caller tells, in the order of any call's line: with the ids, feature and
    team of the current span, the list's price where no cost is given, and without secrets."""
    fields: Fields = dict.fromkeys(_LINE)
    fields["status"] = "error" if given.get("error_type") else "success"
    fields.update(_of_current_span())
    fields.update({name: plain_field(name, value) for name, value in given.items() if value is not None})
    if "cost_usd" not in given:
        fields["cost_usd"] = _plain_usd(_list_price(given, time_ns))
    return fields


def _of_current_span() -> Fields:
    context = current_span_context()
    if context is None:
        return {}
    fields = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    attributes = getattr(get_current_span(), "attributes", None) or {}
    told = {"feature": attributes.get(semconv.FEATURE), "team": attributes.get(semconv.TEAM)}
    return fields | {name: value for name, value in told.items() if value}


def _list_price(given: Mapping[str, object], time_ns: int) -> float | None:
    model = str(given.get("model") or "")
    counts = Counts(
        input=as_count(given.get("input_tokens")),
        output=as_count(given.get("output_tokens")),
        cache_read=as_count(given.get("cache_read_tokens")),
        cache_write=as_count(given.get("cache_write_tokens")),
    )
    provider = find_provider(str(given.get("provider") or ""), "", "", model)
    return list_price_usd(provider, model, counts, time_ns)


def write_line(event: str, fields: Fields, time_ns: int, logger: logging.Logger | None = None) -> None:
    """By structlog where the application has configured it, else by the standard library. A logger that is
    given decides itself."""
    structlog = sys.modules.get("structlog")
    if logger is None and structlog is not None and structlog.is_configured():
        structlog.get_logger(LOGGER).info(event, **fields)
        return
    moment = datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    line = {"timestamp": moment.replace("+00:00", "Z"), "event": event} | fields
    chosen = _stdlib_logger() if logger is None else logger
    # For handlers that put a record on its span: by now that has ended, and the current one is around it.
    told: dict[str, object] = {name: fields[name] or "" for name in ("trace_id", "span_id") if name in fields}
    told[TIME_KEY] = time_ns
    chosen.info("%s", json.dumps(line, ensure_ascii=False, default=str), extra=told)


def _stdlib_logger() -> logging.Logger:
    """Lines are written where the application's logs are; to standard error where it has set up none."""
    logger = logging.getLogger(LOGGER)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    return logger


def current_span_context() -> SpanContext | None:
    span = get_current_span().get_span_context()
    return span if span.is_valid else None


def plain_field(name: str, value: object) -> object:
    """The value as a line may carry it: no secret, no long text."""
    if _SECRET.search(name):
        return "[redacted]"
    if isinstance(value, str):
        return value if len(value) <= TEXT_CHARS_MAX else value[: TEXT_CHARS_MAX - 1] + "…"
    return value


def _milliseconds(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)


def _plain_usd(cost_usd: float | None) -> float | None:
    """To a hundredth of a millionth of a cent: sums of binary fractions are not worth their last digits."""
    return None if cost_usd is None else round(cost_usd, 10)
