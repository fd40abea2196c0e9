"""What the RAG service logs while it is recorded, and the same told again at another time."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import TraceFlags, get_current_span

from spanglass_examples.rag_service.telemetry import CALL_LOG, LOG

_SEVERITIES: Final = {
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
}
_EXTRAS: Final = ("feature", "hits", "index", "route", "steps")
_FIRST_CHUNK_S: Final = "gen_ai.response.time_to_first_chunk"
_FIRST_TOKEN: Final = "First Token Stream Event"


class Line(NamedTuple):
    time_ns: int
    logger: str
    level: int
    text: str
    extras: Mapping[str, Any]
    span_id: int


class Listener(logging.Handler):
    """Keeps the lines of the RAG service while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []

    def __enter__(self) -> "Listener":
        LOG.addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        LOG.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        told_of = getattr(record, "span_id", "")
        extras: dict[str, Any] = {name: record.__dict__[name] for name in _EXTRAS if name in record.__dict__}
        self.lines.append(
            Line(
                int(record.created * 1e9),
                record.name,
                record.levelno,
                record.getMessage(),
                extras,
                int(told_of, 16) if told_of else get_current_span().get_span_context().span_id,
            )
        )


def retell_lines(
    lines: Sequence[tuple[Line, int]], spans: Mapping[int, ReadableSpan], resource: Resource
) -> list[ReadableLogRecord]:
    """Each line at the time given beside it, or, where it tells of a call, at that call's end. `spans` are
    the retold ones by the ids that they had when they were recorded."""
    told = []
    for line, time_ns in lines:
        span = spans.get(line.span_id)
        if span is None or span.context is None:
            continue
        text = line.text
        if line.logger == CALL_LOG.name:
            time_ns, text = span.end_time or time_ns, _call_line(line.text, span, spans.values())
        record = LogRecord(
            timestamp=time_ns,
            observed_timestamp=time_ns,
            trace_id=span.context.trace_id,
            span_id=span.context.span_id,
            trace_flags=TraceFlags(TraceFlags.SAMPLED),
            severity_text=logging.getLevelName(line.level),
            severity_number=_SEVERITIES[line.level],
            body=text,
            attributes=dict(line.extras),
        )
        told.append(ReadableLogRecord(record, resource, InstrumentationScope(line.logger)))
    return told


def _call_line(text: str, span: ReadableSpan, spans: Iterable[ReadableSpan]) -> str:
    """The line of a call with the times and ids of its retelling."""
    start_ns, end_ns = span.start_time or 0, span.end_time or 0
    moment = datetime.fromtimestamp(end_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    fields = json.loads(text) | {
        "timestamp": moment.replace("+00:00", "Z"),
        "latency_ms": round((end_ns - start_ns) / 1e6, 3),
        "trace_id": f"{span.context.trace_id:032x}",
        "span_id": f"{span.context.span_id:016x}",
    }
    if fields["ttft_ms"] is not None:
        fields["ttft_ms"] = _first_token_ms(span, spans)
    return json.dumps(fields)


def _first_token_ms(span: ReadableSpan, spans: Iterable[ReadableSpan]) -> float | None:
    """By the span itself, else by the client library's own span within it."""
    inner = [other for other in spans if other.parent and other.parent.span_id == span.context.span_id]
    for teller in (span, *inner):
        waited_s = (teller.attributes or {}).get(_FIRST_CHUNK_S)
        if isinstance(waited_s, float):
            return round(waited_s * 1000, 3)
        for event in teller.events:
            if event.name == _FIRST_TOKEN:
                return round((event.timestamp - (teller.start_time or 0)) / 1e6, 3)
    return None
