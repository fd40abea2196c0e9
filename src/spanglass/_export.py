"""Finished spans and scores to the sender: a span processor, and the lanes that both leave by.

A span is encoded (about 5 us) by the sender's thread as long as that keeps up, else on the thread that ends
it: the queue then holds bytes that can be counted.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry.sdk.trace import SpanProcessor

from spanglass._encode import (
    Origin,
    encode_resource,
    encode_scope,
    encode_span,
    frame,
    plain_attributes,
    schema_url,
)
from spanglass._http import Poster
from spanglass._log import log_once, logger
from spanglass._sender import Lane, Sender
from spanglass._settings import SCORES_PATH, Settings
from spanglass._traces import traces

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, Span
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope


SPANS_PER_REQUEST_MAX = 10_000
SCORES_PER_REQUEST_MAX = 100
ORIGINS_MAX = 1_000
SMALL_ATTRIBUTES_MAX = 32
SMALL_CHARS_MAX = 64 << 10
SPAN_OVERHEAD_BYTES = 200
"""What a queued span takes beside its bytes."""


class Exporter:
    """Where one client's spans and scores go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sender = Sender(
            self._make_poster,
            queue_bytes_max=settings.queue_bytes_max,
            interval_s=settings.interval_s,
            endpoint=settings.endpoint,
        )
        self._spans = Lane(
            name="spans",
            url=settings.traces_url,
            content_type="application/x-protobuf",
            items_max=SPANS_PER_REQUEST_MAX,
            frame=frame,
            rejected=read_partial_success,
        )
        self._scores = Lane(
            name="scores",
            url=settings.endpoint + SCORES_PATH,
            content_type="application/json",
            items_max=SCORES_PER_REQUEST_MAX,
            frame=_json_array,
            rejected=_rejected_scores,
        )
        self._origins: dict[tuple[int, int], tuple[Resource, InstrumentationScope | None, Origin]] = {}

    def _make_poster(self) -> Poster:
        return Poster(
            headers=self.settings.headers,
            timeout_s=self.settings.timeout_s,
            certificate=self.settings.certificate,
            gzips=self.settings.compression == "gzip",
        )

    def send_span(self, span: "ReadableSpan") -> None:
        size = _small_size(span)
        if size and self.sender.put_later(self._spans, partial(self._encoded, span), size):
            return
        self.sender.put(self._spans, *self._encoded(span))

    def _encoded(self, span: "ReadableSpan") -> tuple[tuple[Origin, bytes], int]:
        encoded = encode_span(span, self.settings.mask)
        return (self._origin(span), encoded), len(encoded) + SPAN_OVERHEAD_BYTES

    def _origin(self, span: "ReadableSpan") -> Origin:
        resource, scope = span.resource, span.instrumentation_scope
        known = self._origins.get((id(resource), id(scope)))
        if known is not None:
            return known[2]
        origin = (
            encode_resource(resource, self.settings.resource),
            schema_url(resource.schema_url),
            encode_scope(scope),
            schema_url(scope.schema_url if scope else None),
        )
        if len(self._origins) >= ORIGINS_MAX:
            self._origins = {}
        self._origins[id(resource), id(scope)] = (resource, scope, origin)
        return origin

    def send_score(self, score: dict[str, object]) -> None:
        """Takes a score in the form of `POST /api/v1/scores`."""
        encoded = json.dumps(score, separators=(",", ":")).encode()
        self.sender.put(self._scores, encoded, len(encoded) + SPAN_OVERHEAD_BYTES)

    def flush(self, timeout_s: float) -> bool:
        return self.sender.flush(timeout_s)

    def close(self, timeout_s: float) -> bool:
        return self.sender.close(timeout_s)


class Outlet(Protocol):
    """Where spans and scores go: to the server, or into a test's hands."""

    settings: Settings

    def send_span(self, span: "ReadableSpan") -> None:
        """Takes an ended span, on the thread that ended it."""

    def flush(self, timeout_s: float) -> bool:
        """Whether everything taken so far has been dealt with in time."""

    def close(self, timeout_s: float) -> bool:
        """The same; takes nothing more."""


class SpanglassProcessor(SpanProcessor):
    """The one processor that a tracer provider gets from us, whatever client is in charge."""

    def __init__(self) -> None:
        self.exporter: Outlet | None = None

    def on_start(self, span: "Span", parent_context: "Context | None" = None) -> None:
        exporter = self.exporter
        if exporter is None:
            return
        try:
            traces.start(span, parent_context, reads_baggage=exporter.settings.has_baggage)
        except Exception:  # noqa: BLE001 - telemetry must not fail the application
            _complain("start")

    def on_end(self, span: "ReadableSpan") -> None:
        exporter = self.exporter
        if exporter is None:
            return
        try:
            parent = span.parent
            if parent is None or parent.is_remote:
                traces.end(span)
            if span.context.trace_flags.sampled:
                exporter.send_span(span)
        except Exception:  # noqa: BLE001 - telemetry must not fail the application
            _complain("end")

    def shutdown(self) -> None:
        if self.exporter is not None:
            self.exporter.close(5.0)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter is None or self.exporter.flush(timeout_millis / 1000)


def _small_size(span: "ReadableSpan") -> int:
    """About the bytes of a small span, which may wait unencoded; 0 for any other."""
    attributes = plain_attributes(span._attributes)
    if len(attributes) > SMALL_ATTRIBUTES_MAX or span._events:
        return 0
    chars = SPAN_OVERHEAD_BYTES + 100
    for value in attributes.values():
        if type(value) is str:
            chars += len(value)
    return chars if chars <= SMALL_CHARS_MAX else 0


def _complain(moment: str) -> None:
    log_once(f"span {moment}", "a span was lost at its %s (details at level debug)", moment)
    logger.debug("a span was lost at its %s", moment, exc_info=True)


def _json_array(items: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


def _rejected_scores(body: bytes) -> tuple[int, str]:
    """How many scores an answer of `POST /api/v1/scores` refuses, and why the first."""
    try:
        rejected: Any = json.loads(body).get("rejected") or []
        return len(rejected), str(rejected[0].get("reason", "")) if rejected else ""
    except (ValueError, AttributeError, TypeError):
        return 0, ""


def read_partial_success(body: bytes) -> tuple[int, str]:
    """`rejected_spans` and `error_message` of an ExportTraceServiceResponse; (0, "") of anything else."""
    try:
        inner = _fields(body).get(1, b"")
        fields = _fields(inner) if isinstance(inner, bytes) else {}
    except (IndexError, ValueError):
        return 0, ""
    count, reason = fields.get(1, 0), fields.get(2, b"")
    if not isinstance(count, int) or not isinstance(reason, bytes):
        return 0, ""
    return count, reason.decode("utf-8", "replace")


def _fields(message: bytes) -> dict[int, int | bytes]:
    """The varint and length-delimited fields of a protobuf message. Raises where it is none."""
    fields: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if key & 7 == 0:
            fields[key >> 3] = value
        elif key & 7 == 2:
            fields[key >> 3] = message[at : at + value]
            at += value
        else:
            raise ValueError(key)
    return fields


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80 or shift > 63:
            return number, at
