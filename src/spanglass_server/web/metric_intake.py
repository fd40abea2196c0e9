"""How samples get into their queue: decoded beside the event loop, then stored by group commit."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import structlog

from spanglass_server.base.errors import BadInput, SpanglassError
from spanglass_server.ingest.budget import Reservation
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.samples import SampleRequest, Written
from spanglass_server.normalize.metric_points import to_samples
from spanglass_server.normalize.sample_groups import DEFAULT_SAMPLE_LIMITS, SampleBatch, SampleLimits
from spanglass_server.web.intake import await_stored
from spanglass_server.wire.otlp_metrics import decode_metrics
from spanglass_server.wire.otlp_metrics_json import decode_metrics_json
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.responses import Encoding

_T = TypeVar("_T")
_DECODERS_MAX: Final = 4
"""Bodies decoded at a time: a decoded one takes many times its bytes."""
_INLINE_BYTES_MAX: Final = 4 << 10
"""Bodies up to this size are decoded on the event loop; a thread would cost more."""


class SampleDoor(Protocol):
    def submit(self, request: SampleRequest) -> "Future[Written]": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricIntake:
    """Its methods own the reservation that they are given."""

    committer: SampleDoor
    counters: Counters
    ack_timeout_s: float
    limits: SampleLimits = DEFAULT_SAMPLE_LIMITS
    _decoders: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_DECODERS_MAX))

    async def store_otlp(
        self, project_id: str, encoding: Encoding, body: bytes, reservation: Reservation
    ) -> Sequence[Rejection]:
        """An ExportMetricsServiceRequest. Raises MalformedBody, and as `store` does."""

        def decode() -> SampleBatch:
            decode = decode_metrics if encoding == "protobuf" else decode_metrics_json
            return to_samples(decode(body, self.limits.samples), self.limits)

        batch = await self.decode(decode, len(body), reservation)
        return (await self.store(project_id, batch, reservation)).rejections

    async def decode(self, decode: Callable[[], _T], size: int, reservation: Reservation) -> _T:
        """What `decode` makes of a body of so many bytes. A bug in it costs its own request only."""
        try:
            if size <= _INLINE_BYTES_MAX:
                return decode()
            async with self._decoders:
                return await asyncio.to_thread(decode)
        except BaseException as error:
            reservation.release()
            if isinstance(error, Exception) and not isinstance(error, SpanglassError):
                structlog.get_logger("spanglass.ingest").exception("prepare_failed", signal="metrics")
                self.counters.count("failed_requests", 1, reason=type(error).__name__)
                raise BadInput(
                    "the request could not be read", hint="this is a bug of the server; its log says more"
                ) from error
            raise

    async def store(self, project_id: str, batch: SampleBatch, reservation: Reservation) -> Written:
        """Returns when it is stored. Raises StorageUnavailable."""
        try:
            reply = self.committer.submit(SampleRequest(project_id, batch, reservation))
        except SpanglassError:
            reservation.release()
            raise
        return await await_stored(reply, counters=self.counters, timeout_s=self.ack_timeout_s)
