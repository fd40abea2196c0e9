"""The OTLP receiver over HTTP: raw ASGI, because this is the path every span takes.

A request is read under the queue's budget, decompressed, queued, and answered when it is stored. Answers are
OTLP's: an export response, or google.rpc.Status, in the encoding of the request.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog

from spanglass_server.base.errors import (
    Busy,
    MalformedBody,
    SpanglassError,
    UnsupportedEncoding,
)
from spanglass_server.ingest.budget import QueueBudget, Reservation
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.web.asgi import Header, Receive, Scope, Send, respond
from spanglass_server.web.auth import authenticate_headers, refuse_cross_site, require_permission
from spanglass_server.web.errors import status_of
from spanglass_server.web.intake import key_of
from spanglass_server.web.metric_intake import MetricIntake
from spanglass_server.web.receiving import DisconnectedError, receive_body
from spanglass_server.web.services import Services
from spanglass_server.wire.compression import ContentEncoding, decompress, parse_content_encoding
from spanglass_server.wire.responses import (
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Encoding,
    Signal,
    encode_export_response,
    encode_status,
)

ROUTES: Final[dict[str, Signal]] = {
    "/v1/traces": "traces",
    "/v1/logs": "logs",
    "/v1/metrics": "metrics",
    # Where Langfuse's SDKs send OTLP to.
    "/api/public/otel/v1/traces": "traces",
    "/api/public/otel/v1/logs": "logs",
    "/api/public/otel/v1/metrics": "metrics",
}

_ENCODINGS: Final[dict[str, Encoding]] = {
    "application/x-protobuf": "protobuf",
    "application/protobuf": "protobuf",
    "application/json": "json",
}
_CONTENT_TYPES: Final[dict[Encoding, bytes]] = {
    "protobuf": b"application/x-protobuf",
    "json": b"application/json",
}
_INLINE_BYTES_MAX: Final = 16 << 10
"""Compressed bodies up to this size are decompressed on the event loop; a thread would cost more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpOptions:
    body_bytes_max: int
    decompressed_bytes_max: int
    ack_timeout_s: float


class Sender(NamedTuple):
    project_id: str
    ingest_key: str
    """Public key; empty where the server asks for none."""


class Export(NamedTuple):
    sender: Sender
    signal: Signal
    encoding: Encoding
    body: bytes
    reservation: Reservation
    """Released when the request is answered; holds at least the body's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpReceiver:
    """What the HTTP and the gRPC side share."""

    services: Services
    metrics: MetricIntake
    budget: QueueBudget
    counters: Counters
    options: OtlpOptions

    def authenticate(self, headers: Iterable[tuple[str | bytes, str | bytes]]) -> Sender:
        """Raises NotAllowed."""
        caller = require_permission(authenticate_headers(headers, self.services), "ingest")
        return Sender(caller.project.id, key_of(caller.actor))

    async def store(self, export: Export) -> bytes:
        """Queue, wait until it is stored, encode the response. Owns the reservation from here on."""
        (project_id, ingest_key), signal, encoding, body, reservation = export
        if signal == "metrics":
            rejections = await self.metrics.store_otlp(project_id, encoding, body, reservation)
        else:
            request = IngestRequest(project_id, signal, encoding, body, reservation, ingest_key)
            rejections = await self.services.intake.store(request)
        return encode_export_response(signal, rejections, encoding)

    def count(self, error: SpanglassError) -> None:
        outcome = outcome_of(error)
        if isinstance(error, Busy):
            self.counters.count("busy_requests", 1, reason=error.message)
        elif isinstance(error, MalformedBody):
            self.counters.count("malformed_requests", 1, reason=error.message)
        else:
            self.counters.count("refused_requests", 1, status=outcome.status, reason=error.message)


class Outcome(NamedTuple):
    """How an error is told: over HTTP, and as google.rpc.Code."""

    status: int
    code: int
    retry_after_s: int | None


_CODES: Final = {401: UNAUTHENTICATED, 403: PERMISSION_DENIED, 404: NOT_FOUND, 500: INTERNAL}


def outcome_of(error: SpanglassError) -> Outcome:
    status, _ = status_of(error)
    if isinstance(error, Busy):
        return Outcome(status, UNAVAILABLE, error.retry_after_s)
    return Outcome(status, _CODES.get(status, INVALID_ARGUMENT), None)


def describe(error: SpanglassError) -> str:
    return f"{error.message}\nhint: {error.hint}" if error.hint else error.message


class OtlpHttp:
    """An ASGI application for the paths of ROUTES."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver
        self._log = structlog.get_logger("spanglass.otlp")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        encoding = _ENCODINGS.get(content_type.partition(";")[0].strip().lower())
        # Whoever sends something else is probably a person with curl.
        answer_as: Encoding = encoding or "json"
        try:
            if scope["method"] != "POST":
                await _answer_method(send, answer_as)
                return
            if encoding is None:
                raise UnsupportedEncoding(
                    f"Content-Type '{content_type:.60}' is not supported",
                    hint="use application/x-protobuf or application/json",
                )
            body = await self._export(scope, receive, headers, encoding)
        except SpanglassError as error:
            self._receiver.count(error)
            await _answer_error(send, error, answer_as)
        except DisconnectedError:
            self._receiver.counters.count("refused_requests", 1, reason="the client went away while sending")
        except Exception:  # noqa: BLE001 - the edge of a request: log, answer, go on
            self._log.exception("export_failed", path=scope["path"])
            failure = SpanglassError("the export failed", hint="this is a bug of the server; see its log")
            self._receiver.count(failure)
            await _answer_error(send, failure, answer_as)
        else:
            await _answer(send, 200, body, answer_as)

    async def _export(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes], encoding: Encoding
    ) -> bytes:
        receiver = self._receiver
        sender = receiver.authenticate(scope["headers"])
        if b"authorization" not in headers:
            refuse_cross_site("POST", scope["headers"])
        content_encoding = parse_content_encoding(headers.get(b"content-encoding", b"").decode("latin-1"))
        reservation = receiver.budget.open()
        options = receiver.options
        try:
            sent = await receive_body(
                receive,
                headers,
                reservation,
                bytes_max=options.body_bytes_max,
                timeout_s=options.ack_timeout_s,
            )
            body = await self._decompress(sent, content_encoding, reservation)
        except BaseException:
            reservation.release()
            raise
        export = Export(sender, ROUTES[scope["path"]], encoding, body, reservation)
        return await receiver.store(export)

    async def _decompress(self, sent: bytes, encoding: ContentEncoding, reservation: Reservation) -> bytes:
        if encoding == "identity":
            return sent

        def run() -> bytes:
            limit = self._receiver.options.decompressed_bytes_max
            return decompress(sent, encoding, bytes_max=limit, grow=reservation.grow)

        body = run() if len(sent) <= _INLINE_BYTES_MAX else await asyncio.to_thread(run)
        reservation.shrink(len(sent))
        return body


async def _answer_error(send: Send, error: SpanglassError, encoding: Encoding) -> None:
    outcome = outcome_of(error)
    body = encode_status(outcome.code, describe(error), encoding, retry_after_s=outcome.retry_after_s)
    headers: list[Header] = []
    if outcome.retry_after_s is not None:
        headers.append((b"retry-after", str(outcome.retry_after_s).encode()))
    if outcome.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="spanglass", Bearer'))
    await _answer(send, outcome.status, body, encoding, headers)


async def _answer_method(send: Send, encoding: Encoding) -> None:
    body = encode_status(INVALID_ARGUMENT, "OTLP is sent with POST", encoding)
    await _answer(send, 405, body, encoding, [(b"allow", b"POST")])


async def _answer(
    send: Send, status: int, body: bytes, encoding: Encoding, headers: Iterable[Header] = ()
) -> None:
    await respond(send, status, body, _CONTENT_TYPES[encoding], headers)
