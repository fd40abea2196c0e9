"""The ingest on a store in memory, sent Langfuse's events."""

import time
from collections.abc import Mapping
from typing import Any

from tests.support.langfuse_events import Event, batch_of
from tests.support.memory_store import MemoryStore

from spanglass_server.ingest.batch import Reply
from spanglass_server.ingest.budget import QueueBudget
from spanglass_server.ingest.counters import Counters
from spanglass_server.ingest.pipeline import IngestPipeline, IngestRequest, PipelineOptions
from spanglass_server.ingest.prepare import IngestSignal
from spanglass_server.model.span import Span, TraceSummary
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.responses import Encoding

PROJECT = "p"
_NO_OPTIONS: Mapping[str, Any] = {}


class LangfuseBench:
    def __init__(
        self, options: Mapping[str, Any] = _NO_OPTIONS, *, shared: MemoryStore | None = None
    ) -> None:
        """`shared`: a store that other servers write to as well."""
        self.store = shared or MemoryStore()
        self._is_only_writer = shared is None
        self.budget = QueueBudget(50_000_000)
        self._options = PipelineOptions(**{"commit_interval_ms": 0, **options})
        self.pipeline = self._start()

    def restart(self) -> None:
        self.pipeline.stop()
        self.pipeline = self._start()

    def submit(
        self,
        body: bytes,
        signal: IngestSignal = "langfuse",
        encoding: Encoding = "json",
        project: str = PROJECT,
    ) -> Reply:
        reservation = self.budget.open()
        reservation.grow(len(body))
        return self.pipeline.submit(IngestRequest(PROJECT, signal, encoding, body, reservation))

    def tell(self, *events: Event) -> list[Rejection]:
        """One request, answered."""
        return list(self.submit(batch_of(*events)).result(10))

    def tell_otlp(self, body: bytes) -> None:
        assert self.submit(body, "traces", "protobuf").result(10) == []

    def spans(self) -> dict[tuple[str, str], Span]:
        """By trace and span id, without what differs between two tellings of the same. A span that is stored
        twice is an error."""
        found: dict[tuple[str, str], Span] = {}
        for span in self.store.spans.values():
            assert (span.trace_id, span.span_id) not in found
            found[span.trace_id, span.span_id] = span._replace(version=0)
        return found

    def traces(self) -> dict[str, TraceSummary]:
        return {key: trace._replace(version=0) for key, trace in self.store.list_traces(PROJECT).items()}

    def close(self) -> None:
        self.pipeline.stop()
        assert self.budget.used == 0

    def _start(self) -> IngestPipeline:
        pipeline = IngestPipeline(
            self.store,
            PriceBook(with_catalog=False),
            budget=self.budget,
            counters=Counters(),
            clock=time.time_ns,
            is_only_writer=self._is_only_writer,
            options=self._options,
        )
        pipeline.start()
        return pipeline
