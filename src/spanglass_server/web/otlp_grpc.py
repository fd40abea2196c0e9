"""The OTLP receiver over gRPC, on its own port: the same queue, the same answers in gRPC's words.

Handlers take and give bytes, because an export's message is the body of the HTTP request. They run on the
event loop that serves HTTP.
"""

from collections.abc import Iterable
from typing import Any, Final

import grpc
import structlog

from spanglass_server.base.errors import Misconfigured, SpanglassError
from spanglass_server.web.otlp import Export, OtlpReceiver, describe, outcome_of
from spanglass_server.wire.responses import Signal, encode_status

_SERVICES: Final[dict[str, Signal]] = {
    "opentelemetry.proto.collector.trace.v1.TraceService": "traces",
    "opentelemetry.proto.collector.logs.v1.LogsService": "logs",
    "opentelemetry.proto.collector.metrics.v1.MetricsService": "metrics",
}
_STATUS_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}
_STATUS_DETAILS: Final = "grpc-status-details-bin"
_CONNECTION_STREAMS_MAX: Final = 256
"""Exports in flight on one connection; a sender waits for its own beyond that."""


class OtlpGrpc:
    """Start and stop it on the event loop."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self._receiver = receiver
        self._log = structlog.get_logger("spanglass.otlp_grpc")
        self._server: grpc.aio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """The port it listens on. Raises Misconfigured where that is taken."""
        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", self._receiver.options.body_bytes_max),
                ("grpc.max_concurrent_streams", _CONNECTION_STREAMS_MAX),
                ("grpc.so_reuseport", 0),
            )
        )
        for name, signal in _SERVICES.items():
            handler = grpc.unary_unary_rpc_method_handler(self._handler(signal))
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(name, {"Export": handler}),)
            )
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound = server.add_insecure_port(address)
        except RuntimeError as error:
            raise Misconfigured(
                f"cannot listen for OTLP/gRPC on {address}: {str(error).partition(';')[0]}",
                hint="another process may have it: use --grpc-port PORT, or --grpc-port 0 to do without",
            ) from None
        await server.start()
        self._server = server
        return int(bound)

    async def stop(self, grace_s: float) -> None:
        """Take no new exports, let those in flight finish."""
        if self._server is not None:
            await self._server.stop(grace_s)

    def _handler(self, signal: Signal) -> Any:
        async def export(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            try:
                return await self._export(signal, body, context)
            except SpanglassError as error:
                failure = error
            except Exception:  # noqa: BLE001 - the edge of a request: log, answer, go on
                self._log.exception("export_failed", signal=signal)
                failure = SpanglassError("the export failed", hint="this is a bug of the server; see its log")
            self._receiver.count(failure)
            await _abort(context, failure)
            raise AssertionError("abort raises")

        return export

    async def _export(
        self, signal: Signal, body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]
    ) -> bytes:
        receiver = self._receiver
        sender = receiver.authenticate(_headers(context.invocation_metadata()))
        reservation = receiver.budget.open()
        reservation.grow(len(body))
        return await receiver.store(Export(sender, signal, "protobuf", body, reservation))


def _headers(metadata: Any) -> Iterable[tuple[str, str | bytes]]:
    return [(str(key), value) for key, value in metadata or ()]


async def _abort(context: grpc.aio.ServicerContext[bytes, bytes], error: SpanglassError) -> None:
    outcome = outcome_of(error)
    message = describe(error)
    details = encode_status(outcome.code, message, "protobuf", retry_after_s=outcome.retry_after_s)
    await context.abort(_STATUS_CODES[outcome.code], message, ((_STATUS_DETAILS, details),))
