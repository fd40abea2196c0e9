"""The standard library's log records as OTLP log records, each on the span in which it was written."""

import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from spanglass._encode import (
    _fixed64,
    _put_attributes,
    _value,
    encode_resource,
    field,
    masked_text,
    text,
    varint,
)
from spanglass._export import read_partial_success
from spanglass._log import log_once
from spanglass._logs import LOGGER as CALLS_LOGGER
from spanglass._logs import TIME_KEY, current_span_context, plain_field
from spanglass._sender import Lane

if TYPE_CHECKING:
    from spanglass._client import Client
    from spanglass._settings import Mask

LOGS_PATH: Final = "/v1/logs"
BODY_CHARS_MAX: Final = 100_000
EXTRAS_MAX: Final = 64
RECORDS_MAX: Final = 5_000
"""Of one request."""
RECORD_OVERHEAD_BYTES: Final = 200
"""What a queued record takes beside its bytes."""

_SEVERITIES: Final = (
    (logging.CRITICAL, 21),
    (logging.ERROR, 17),
    (logging.WARNING, 13),
    (logging.INFO, 9),
    (logging.DEBUG, 5),
)
"""OpenTelemetry's severity number by the least level (its logs data model, appendix B)."""

_OWN_NAMES: Final = frozenset(logging.makeLogRecord({}).__dict__) | {
    *("message", "asctime", "taskName", "trace_id", "span_id", TIME_KEY),
}


class LogShipper:
    """Puts encoded records into a client's queue. Never raises, never waits."""

    def __init__(self, client: "Client") -> None:
        settings = client.settings
        resource = encode_resource(client.provider.resource, settings.resource)
        self._sender = client.exporter.sender
        self._mask = settings.mask
        self._lane = Lane(
            name="log records",
            url=settings.endpoint + LOGS_PATH,
            content_type="application/x-protobuf",
            items_max=RECORDS_MAX,
            frame=lambda items: frame_records(resource, items),
            rejected=read_partial_success,
        )

    def ship(self, record: logging.LogRecord) -> None:
        encoded = encode_record(record, self._mask)
        self._sender.put(self._lane, (record.name, encoded), len(encoded) + RECORD_OVERHEAD_BYTES)


class _Current:
    shipper: LogShipper | None = None


current = _Current()
"""Where records go: set by `init(logs=...)`, empty before it and after `shutdown`."""


class LogHandler(logging.Handler):
    """Ships records as OTLP logs to the server that `spanglass.init(logs=True)` was given.

    `init` puts one on the root logger. Loggers that do not propagate to it need one of their own. What the
    SDK says of itself is not shipped, since it may be about shipping.
    """

    def emit(self, record: logging.LogRecord) -> None:
        shipper = current.shipper
        if shipper is None or (record.name.partition(".")[0] == "spanglass" and record.name != CALLS_LOGGER):
            return
        try:
            shipper.ship(record)
        except Exception as reason:  # noqa: BLE001 a record that cannot be read must not fail its writer
            log_once("log_records", "a log record could not be shipped: %r", reason)


class LogShipping:
    """Records of the root logger on their way to a client's server, until `shutdown`."""

    def __init__(self, client: "Client", level: int) -> None:
        self._shipper = current.shipper = LogShipper(client)
        self._handler = LogHandler(level)
        logging.getLogger().addHandler(self._handler)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here: the client flushes its queue itself."""
        return True

    def shutdown(self, timeout_millis: int = 5_000) -> None:
        logging.getLogger().removeHandler(self._handler)
        if current.shipper is self._shipper:
            current.shipper = None


def encode_record(record: logging.LogRecord, mask: "Mask | None" = None) -> bytes:
    """A record as field 2 of ScopeLogs."""
    body = record.getMessage()[:BODY_CHARS_MAX]
    if mask is not None:
        body = masked_text(mask, body, "log.body") or ""
    written_ns = int(record.created * 1e9)
    pieces = [
        _fixed64(0x09, getattr(record, TIME_KEY, written_ns)),
        b"\x10" + varint(_severity(record.levelno)),
        field(b"\x1a", text(record.levelname)),
        field(b"\x2a", _value("log.body", body)),
    ]
    _put_attributes(pieces, 0x32, _attributes(record), mask)
    trace_id, span_id = _ids(record)
    if trace_id:
        pieces.append(field(b"\x4a", trace_id))
        pieces.append(field(b"\x52", span_id))
    pieces.append(_fixed64(0x59, written_ns))
    return field(b"\x12", b"".join(pieces))


def frame_records(resource: bytes, items: Sequence[tuple[str, bytes]]) -> bytes:
    """ExportLogsServiceRequest: one resource, a scope per logger."""
    by_logger: dict[str, list[bytes]] = {}
    for name, encoded in items:
        by_logger.setdefault(name, []).append(encoded)
    scopes = [
        field(b"\x12", field(b"\x0a", field(b"\x0a", text(name))) + b"".join(records))
        for name, records in by_logger.items()
    ]
    return field(b"\x0a", resource + b"".join(scopes))


def _severity(level: int) -> int:
    return next((number for least, number in _SEVERITIES if level >= least), 1)


def _ids(record: logging.LogRecord) -> tuple[bytes, bytes]:
    """Ids that the record carries (a call's line tells of a span that has ended), else the current span's."""
    try:
        trace_id = bytes.fromhex(getattr(record, "trace_id", ""))
        span_id = bytes.fromhex(getattr(record, "span_id", ""))
    except (TypeError, ValueError):
        trace_id = span_id = b""
    if len(trace_id) == 16 and len(span_id) == 8:
        return trace_id, span_id
    span = current_span_context()
    if span is None:
        return b"", b""
    return span.trace_id.to_bytes(16, "big"), span.span_id.to_bytes(8, "big")


def _attributes(record: logging.LogRecord) -> Mapping[str, Any]:
    """Where the record was written, its exception, and what the application gave as `extra`."""
    attributes: dict[str, Any] = {
        "code.file.path": record.pathname,
        "code.function.name": record.funcName,
        "code.line.number": record.lineno,
    }
    if record.exc_info and record.exc_info[0] is not None:
        kind, error, trace = record.exc_info
        attributes["exception.type"] = kind.__qualname__
        attributes["exception.message"] = str(error)
        attributes["exception.stacktrace"] = "".join(traceback.format_exception(kind, error, trace))
    extras = [name for name in record.__dict__ if name not in _OWN_NAMES][:EXTRAS_MAX]
    for name in extras:
        value = plain_field(name, record.__dict__[name])
        is_plain = isinstance(value, (str, bool, int, float))
        attributes[name] = value if is_plain else repr(value)[:BODY_CHARS_MAX]
    return attributes
