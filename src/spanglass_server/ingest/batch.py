"""What one commit holds: the requests that are answered together."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from spanglass_server.ingest.budget import Reservation
from spanglass_server.ingest.langfuse_memory import Merged
from spanglass_server.ingest.prepare import IngestSignal, Prepared
from spanglass_server.ingest.trace_cache import Settled
from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span
from spanglass_server.wire.records import Rejection

Reply = Future[Sequence[Rejection]]
"""Resolves when the request is stored, to what of it was rejected; else to an error of base/errors.py."""


class Member(NamedTuple):
    """A request in a batch; its body is gone."""

    signal: IngestSignal
    reply: Reply
    reservation: Reservation
    prepared: Prepared
    ingest_key: str


@dataclass(slots=True)
class Batch:
    version: int
    epoch: int = -1
    members: list[Member] = field(default_factory=list)
    row_count: int = 0
    byte_count: int = 0
    merged: Merged | None = None
    """What its Langfuse events came to; None where it has none."""
    settled: Settled | None = None
    settle_s: float = 0.0

    def spans(self) -> list[Span]:
        return [span for member in self.members for span in member.prepared.spans]

    def logs(self) -> list[Log]:
        return [log for member in self.members for log in member.prepared.logs]

    def scores(self) -> list[Score]:
        return [score for member in self.members for score in member.prepared.scores]

    def events(self) -> list[LangfuseEvent]:
        return [event for member in self.members for event in member.prepared.events]

    def keys_of_events(self) -> dict[tuple[str, str], str]:
        """By project and trace, the key that its last event was sent with."""
        return {
            (event.project_id, event.trace_id): member.ingest_key
            for member in self.members
            for event in member.prepared.events
        }
