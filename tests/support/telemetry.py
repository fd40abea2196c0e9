"""Spans as senders make them, for tests of their meaning."""

import itertools
from collections.abc import Sequence

from spanglass_server.model.span import Span
from spanglass_server.normalize.pipeline import normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.wire.records import Attributes, EventRecord, Resource, Scope, SpanRecord

START_NS = 1_790_000_000_000_000_000
MS = 1_000_000
PRICES = PriceBook()
_ids = itertools.count(1)


def record(
    attributes: Attributes | None = None,
    *,
    name: str = "step",
    scope: str = "app",
    version: str = "1.0.0",
    resource: Attributes | None = None,
    events: Sequence[EventRecord] = (),
    status: int = 0,
    message: str = "",
    trace_id: str = "t1",
    span_id: str = "",
    parent: str = "",
    start_ms: int = 0,
    duration_ms: int = 1000,
    otlp_kind: int = 1,
) -> SpanRecord:
    start_ns = START_NS + start_ms * MS
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id or f"s{next(_ids)}",
        parent_span_id=parent,
        name=name,
        otlp_kind=otlp_kind,
        start_time_ns=start_ns,
        end_time_ns=start_ns + duration_ms * MS,
        status_code=status,
        status_message=message,
        attributes=attributes or {},
        events=tuple(events),
        links=(),
        resource=Resource(attributes={"service.name": "rag-api"} if resource is None else resource),
        scope=Scope(name=scope, version=version, attributes={}),
    )


def understand(*records: SpanRecord) -> list[Span]:
    return normalize_spans(records, project_id="p", prices=PRICES, version=1)


def understand_one(given: SpanRecord) -> Span:
    (span,) = understand(given)
    return span
