"""How any request's body gets into the ingest queue, and when it may be answered."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar

from spanglass_server.base.errors import SpanglassError, StorageUnavailable
from spanglass_server.ingest.batch import Reply
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.ingest.prepare import IngestSignal
from spanglass_server.model.identity import Actor
from spanglass_server.wire.records import Rejection

_T = TypeVar("_T")


class IngestDoor(Protocol):
    def submit(self, request: IngestRequest) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    ingest: IngestDoor
    budget: QueueBudget
    counters: Counters
    ack_timeout_s: float

    async def take(self, project_id: str, signal: IngestSignal, body: bytes) -> Sequence[Rejection]:
        """Store a JSON body and say what of it was rejected. Returns when it is stored.

        Raises QueueFull, StorageUnavailable and MalformedBody.
        """
        reservation = self.budget.open()
        reservation.grow(len(body))
        return await self.store(IngestRequest(project_id, signal, "json", body, reservation))

    async def store(self, request: IngestRequest) -> Sequence[Rejection]:
        """As `take`, for a body that is reserved. Owns the reservation from here on."""
        try:
            reply = self.ingest.submit(request)
        except SpanglassError:
            request.reservation.release()
            raise
        return await await_stored(reply, counters=self.counters, timeout_s=self.ack_timeout_s)


def key_of(actor: Actor) -> str:
    """The public key that it sends with; empty for who needs none."""
    return actor.id if actor.type == "key" else ""


async def await_stored(reply: "Future[_T]", *, counters: Counters, timeout_s: float) -> _T:
    """The reply's result. Raises what it holds, and StorageUnavailable where it does not come in time."""
    waiting = asyncio.wrap_future(reply)
    done, _ = await asyncio.wait((waiting,), timeout=timeout_s)
    if done:
        return waiting.result()
    # Cancelling takes the request out of the queue if it is still there; its commit goes on otherwise.
    waiting.cancel()
    counters.count("timed_out_requests", 1, timeout_s=timeout_s)
    raise StorageUnavailable(
        f"the request was not stored within {timeout_s:g} s (setting ack_timeout_s)",
        hint="try again later; storage is slower than what arrives",
        retry_after_s=5,
    )
