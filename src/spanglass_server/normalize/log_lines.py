"""Structured log lines: records whose body is a JSON object that a logger wrote, as structlog, pino, zap, or
a collector that ships files, send them.

Such a body says in its fields what OTLP has places for: the message, the severity, the trace. They are read
where the record itself leaves them empty; the body is kept as it came.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import orjson

from spanglass_server.model.severity import is_severity_number, severity_named
from spanglass_server.wire.records import Attributes, AttributeValue

_MESSAGE_KEYS: Final = ("event", "message", "msg", "@message", "@m")
_SEVERITY_KEYS: Final = ("level", "severity", "log.level", "levelname", "lvl", "@l", "severity_text")
_TRACE_KEYS: Final = ("trace_id", "traceId", "traceID", "trace.id", "otelTraceID")
_SPAN_KEYS: Final = ("span_id", "spanId", "spanID", "span.id", "otelSpanID")

_TRACE_ID: Final = re.compile(
    r"(?!0+\Z)[0-9A-Fa-f]{32}\Z|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z"
)
"""W3C's, or a UUID as Langfuse's first SDKs made them."""
_SPAN_ID: Final = re.compile(r"(?!0+\Z)[0-9A-Fa-f]{16}\Z")

_NUMERIC_LEVELS: Final = (10, 20, 30, 40, 50, 60)
"""What pino and bunyan write as `level`: trace, debug, info, warn, error, fatal, 4 severity numbers apart."""

_DEPTH_MAX: Final = 8


class Line(NamedTuple):
    """A structured line: what it says, and its other fields."""

    message: str
    fields: Attributes


def read_line(body: AttributeValue) -> Line | None:
    """None for a body that is no object, or has no message in it."""
    fields = _object(body)
    if fields is None:
        return None
    for key in _MESSAGE_KEYS:
        if isinstance(message := fields.get(key), str):
            return Line(message, {name: value for name, value in fields.items() if name != key})
    return None


def _object(body: AttributeValue) -> Attributes | None:
    if isinstance(body, str) and body.startswith("{"):
        try:
            body = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
    return body if isinstance(body, dict) else None


def line_severity(fields: Mapping[str, AttributeValue]) -> int:
    """The severity number that the fields tell, 0 where they tell none."""
    for key in _SEVERITY_KEYS:
        if number := _severity(fields.get(key)):
            return number
    told = fields.get("severity_number")
    return told if isinstance(told, int) and is_severity_number(told) else 0


def _severity(value: AttributeValue) -> int:
    if isinstance(value, str):
        return severity_named(value)
    return 4 * _NUMERIC_LEVELS.index(value) + 1 if value in _NUMERIC_LEVELS else 0


def line_trace_id(fields: Mapping[str, AttributeValue]) -> str:
    return _id(fields, _TRACE_KEYS, _TRACE_ID)


def line_span_id(fields: Mapping[str, AttributeValue]) -> str:
    return _id(fields, _SPAN_KEYS, _SPAN_ID)


def _id(fields: Mapping[str, AttributeValue], keys: tuple[str, ...], shape: re.Pattern[str]) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and shape.match(value):
            return value.lower()
    return ""


def flat_fields(fields: Mapping[str, AttributeValue]) -> Attributes:
    """Fields of objects within under their path: `{"http": {"status": 500}}` -> `http.status`."""
    return dict(_flat(fields, "", 0))


def _flat(
    fields: Mapping[str, AttributeValue], prefix: str, depth: int
) -> Iterator[tuple[str, AttributeValue]]:
    for key, value in fields.items():
        if isinstance(value, dict) and depth < _DEPTH_MAX:
            yield from _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            yield prefix + key, value
