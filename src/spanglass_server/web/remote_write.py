"""The receiver of Prometheus' remote write, 1.0 and 2.0: raw ASGI, as the OTLP receiver is.

Answers are plain text, which Prometheus logs. A request of which a part cannot be stored is answered with 400
once the rest is, so that the sender does not send it again; 503 and 429 are what it tries again after.
Sources: the remote write specifications 1.0 and 2.0 of prometheus.io.
"""

from collections.abc import Iterable
from typing import Final

import structlog

from spanglass_server.base.errors import Busy, SpanglassError
from spanglass_server.ingest.samples import Written
from spanglass_server.normalize.remote_series import to_samples
from spanglass_server.normalize.sample_groups import SampleBatch
from spanglass_server.web.asgi import Header, Receive, Scope, Send, respond
from spanglass_server.web.auth import refuse_cross_site
from spanglass_server.web.otlp import OtlpReceiver, describe, outcome_of
from spanglass_server.web.receiving import DisconnectedError, receive_body
from spanglass_server.wire.remote_write import (
    check_content_encoding,
    decode_remote_write,
    decompress_snappy,
    parse_content_type,
)
from spanglass_server.wire.responses import describe as describe_rejections

REMOTE_WRITE_PATH: Final = "/prometheus/api/v1/write"

_TEXT: Final = b"text/plain; charset=utf-8"
_WRITTEN: Final = (
    b"x-prometheus-remote-write-samples-written",
    b"x-prometheus-remote-write-histograms-written",
    b"x-prometheus-remote-write-exemplars-written",
)


class RemoteWriteHttp:
    """An ASGI application for REMOTE_WRITE_PATH."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver
        self._log = structlog.get_logger("spanglass.remote_write")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await respond(send, 405, b"remote write is sent with POST\n", _TEXT, [(b"allow", b"POST")])
            return
        try:
            written = await self._write(scope, receive)
        except SpanglassError as error:
            self._receiver.count(error)
            await _answer_error(send, error)
        except DisconnectedError:
            self._receiver.counters.count("refused_requests", 1, reason="the client went away while sending")
        except Exception:  # noqa: BLE001 - the edge of a request: log, answer, go on
            self._log.exception("remote_write_failed")
            failure = SpanglassError("the write failed", hint="this is a bug of the server; see its log")
            self._receiver.count(failure)
            await _answer_error(send, failure)
        else:
            await _answer_written(send, written)

    async def _write(self, scope: Scope, receive: Receive) -> Written:
        receiver = self._receiver
        headers: dict[bytes, bytes] = dict(scope["headers"])
        project_id = receiver.authenticate(scope["headers"]).project_id
        if b"authorization" not in headers:
            refuse_cross_site("POST", scope["headers"])
        version = parse_content_type(headers.get(b"content-type", b"").decode("latin-1"))
        check_content_encoding(headers.get(b"content-encoding", b"").decode("latin-1"))
        options = receiver.options
        reservation = receiver.budget.open()
        try:
            sent = await receive_body(
                receive,
                headers,
                reservation,
                bytes_max=options.body_bytes_max,
                timeout_s=options.ack_timeout_s,
            )
        except BaseException:
            reservation.release()
            raise

        limits = receiver.metrics.limits

        def decode() -> SampleBatch:
            body = decompress_snappy(sent, bytes_max=options.decompressed_bytes_max, grow=reservation.grow)
            return to_samples(decode_remote_write(body, version, limits.samples), limits)

        batch = await receiver.metrics.decode(decode, len(sent), reservation)
        return await receiver.metrics.store(project_id, batch, reservation)


async def _answer_written(send: Send, written: Written) -> None:
    counts = (written.sample_count, 0, written.exemplar_count)
    headers = [(name, str(count).encode()) for name, count in zip(_WRITTEN, counts, strict=True)]
    if not written.rejections:
        await respond(send, 204, b"", _TEXT, headers)
        return
    reasons = describe_rejections(written.rejections)
    text = f"{len(written.rejections)} samples were rejected, {written.sample_count} stored:\n{reasons}\n"
    await respond(send, 400, text.encode(), _TEXT, headers)


async def _answer_error(send: Send, error: SpanglassError) -> None:
    outcome = outcome_of(error)
    headers: list[Header] = [(name, b"0") for name in _WRITTEN]
    if isinstance(error, Busy):
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if outcome.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="spanglass", Bearer'))
    await _respond(send, outcome.status, describe(error), headers)


async def _respond(send: Send, status: int, text: str, headers: Iterable[Header]) -> None:
    await respond(send, status, f"{text}\n".encode(), _TEXT, headers)
