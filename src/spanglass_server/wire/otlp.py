"""OTLP/protobuf bodies to records. One broken span is refused alone; the rest of its request is kept.

The HTTP and the gRPC receiver share this: the body of a request to `/v1/traces` and the message of
`TraceService/Export` are the same bytes.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from spanglass_server.base.errors import MalformedBody
from spanglass_server.base.limits import (
    ATTRIBUTE_VALUE_CHARS_MAX,
    ATTRIBUTES_PER_SPAN_MAX,
    EVENTS_PER_SPAN_MAX,
    SPANS_PER_REQUEST_MAX,
)
from spanglass_server.wire.attributes import NestingError, decode_attributes, decode_value, text
from spanglass_server.wire.checks import (
    RefusedError,
    check_id,
    check_log_ids,
    check_log_time,
    check_parent_id,
    check_times,
    too_many,
)
from spanglass_server.wire.cuts import ValueCutter
from spanglass_server.wire.records import (
    EventRecord,
    LinkRecord,
    LogRecord,
    Rejection,
    Resource,
    Scope,
    SpanRecord,
)
from spanglass_server.wire.schema import (
    EventMessage,
    ExportLogs,
    ExportTraces,
    LinkMessage,
    LogMessage,
    SpanMessage,
    StatusMessage,
)


class DecodedTraces(NamedTuple):
    records: list[SpanRecord]
    rejections: list[Rejection]
    cut_count: int = 0
    """Values that were too long and were cut off."""


class DecodedLogs(NamedTuple):
    records: list[LogRecord]
    rejections: list[Rejection]
    cut_count: int = 0


class RecordLimits(NamedTuple):
    """What one request and one record may hold. Records beyond `records` are refused; attributes, events and
    links beyond theirs are left out and counted in the record's `dropped_*_count`; values are cut off."""

    records: int = SPANS_PER_REQUEST_MAX
    attributes: int = ATTRIBUTES_PER_SPAN_MAX
    events: int = EVENTS_PER_SPAN_MAX
    value_chars: int = ATTRIBUTE_VALUE_CHARS_MAX


DEFAULT_LIMITS = RecordLimits()

_statuses: dict[bytes, tuple[int, str]] = {b"": (0, "")}
_STATUSES_MAX = 1_024


def decode_traces(body: bytes, limits: RecordLimits = DEFAULT_LIMITS) -> DecodedTraces:
    """ExportTraceServiceRequest. Raises MalformedBody where the bytes are none."""
    request = parse_export(ExportTraces, body, "ExportTraceServiceRequest")
    records: list[SpanRecord] = []
    rejections: list[Rejection] = []
    cutter = ValueCutter(limits.value_chars)
    for position, resource, scope, blobs in _groups(request.resource_spans, "spans"):
        room = limits.records - len(records)
        for index, blob in enumerate(blobs):
            if index >= room:
                rejections.extend(too_many(position, index, len(blobs), limits.records, "span"))
                break
            try:
                record = _decode_span(blob, resource, scope, limits)
                records.append(record if len(blob) <= limits.value_chars else cutter.cut_span(record))
            except (RefusedError, NestingError, DecodeError) as error:
                rejections.append(Rejection(_reason(error), _span_name(blob) or f"{position}[{index}]"))
    return DecodedTraces(records, rejections, cutter.count)


def decode_logs(body: bytes, limits: RecordLimits = DEFAULT_LIMITS) -> DecodedLogs:
    """ExportLogsServiceRequest. Raises MalformedBody where the bytes are none."""
    request = parse_export(ExportLogs, body, "ExportLogsServiceRequest")
    records: list[LogRecord] = []
    rejections: list[Rejection] = []
    cutter = ValueCutter(limits.value_chars)
    for position, resource, scope, blobs in _groups(request.resource_logs, "log_records"):
        room = limits.records - len(records)
        for index, blob in enumerate(blobs):
            if index >= room:
                rejections.extend(too_many(position, index, len(blobs), limits.records, "log record"))
                break
            try:
                record = _decode_log(blob, resource, scope, limits)
                records.append(record if len(blob) <= limits.value_chars else cutter.cut_log(record))
            except (RefusedError, NestingError, DecodeError) as error:
                rejections.append(Rejection(_reason(error), f"{position}[{index}]"))
    return DecodedLogs(records, rejections, cutter.count)


def parse_export(message_class: Any, body: bytes, name: str) -> Any:
    """Raises MalformedBody."""
    try:
        return message_class.FromString(body)
    except DecodeError:
        raise MalformedBody(
            f"the body of {len(body)} bytes is not an OTLP {name} in protobuf",
            hint="check that Content-Type and Content-Encoding say what the body is, and that it was not cut",
        ) from None


def _groups(resource_groups: Any, field: str) -> Iterator[tuple[str, Resource, Scope, Sequence[bytes]]]:
    """Each scope's blobs with where they stand and what they share."""
    is_spans = field == "spans"
    outer, inner = ("resource_spans", "scope_spans") if is_spans else ("resource_logs", "scope_logs")
    for i, group in enumerate(resource_groups):
        resource = decode_resource(group)
        for j, scope_group in enumerate(group.scope_spans if is_spans else group.scope_logs):
            scope = decode_scope(scope_group)
            blobs = scope_group.spans if is_spans else scope_group.log_records
            yield f"{outer}[{i}].{inner}[{j}].{field}", resource, scope, blobs


def decode_resource(group: Any) -> Resource:
    """Of a ResourceSpans, ResourceLogs or ResourceMetrics."""
    return Resource(attributes=_lenient(group.resource.attributes), schema_url=text(group.schema_url))


def decode_scope(group: Any) -> Scope:
    """Of a ScopeSpans, ScopeLogs or ScopeMetrics."""
    scope = group.scope
    return Scope(
        name=text(scope.name),
        version=text(scope.version),
        attributes=_lenient(scope.attributes),
        schema_url=text(group.schema_url),
    )


def _lenient(blobs: Sequence[bytes]) -> dict[str, Any]:
    """Attributes of a resource or a scope: a broken one is left out and costs no record."""
    try:
        return decode_attributes(blobs)
    except (NestingError, DecodeError):
        attributes = {}
        for blob in blobs:
            try:
                attributes.update(decode_attributes((blob,)))
            except (NestingError, DecodeError):
                continue
        return attributes


def _decode_span(blob: bytes, resource: Resource, scope: Scope, limits: RecordLimits) -> SpanRecord:
    span = SpanMessage.FromString(blob)
    trace_id, span_id, parent = span.trace_id, span.span_id, span.parent_span_id
    start, end = span.start_time, span.end_time
    check_id(trace_id, 16, "trace_id")
    check_id(span_id, 8, "span_id")
    if parent:
        parent = check_parent_id(parent)
    check_times(start, end)
    status = span.status
    code, message = _statuses.get(status) or _decode_status(status)
    blobs = span.attributes
    dropped = span.dropped_attributes
    if len(blobs) > limits.attributes:
        dropped += len(blobs) - limits.attributes
        blobs = blobs[: limits.attributes]
    dropped_events = dropped_links = 0
    events: tuple[EventRecord, ...] = ()
    if span.events:
        events, dropped_events = _decode_events(span.events, limits)
    links: tuple[LinkRecord, ...] = ()
    if span.links:
        links, dropped_links = _decode_links(span.links, limits)
    return SpanRecord(
        trace_id.hex(),
        span_id.hex(),
        parent.hex(),
        text(span.name),
        span.kind,
        start,
        end,
        code,
        message,
        decode_attributes(blobs),
        events,
        links,
        resource,
        scope,
        text(span.trace_state),
        dropped,
        dropped_events + span.dropped_events,
        dropped_links + span.dropped_links,
    )


def _decode_status(blob: bytes) -> tuple[int, str]:
    status = StatusMessage.FromString(blob)
    decoded = (status.code, text(status.message))
    if len(_statuses) < _STATUSES_MAX and len(blob) < 64:
        _statuses[blob] = decoded
    return decoded


def _decode_events(blobs: Sequence[bytes], limits: RecordLimits) -> tuple[tuple[EventRecord, ...], int]:
    events = []
    for blob in blobs[: limits.events]:
        event = EventMessage.FromString(blob)
        attributes = decode_attributes(event.attributes[: limits.attributes])
        events.append(EventRecord(event.time, text(event.name), attributes))
    return tuple(events), len(blobs) - len(events)


def _decode_links(blobs: Sequence[bytes], limits: RecordLimits) -> tuple[tuple[LinkRecord, ...], int]:
    links = []
    for blob in blobs[: limits.events]:
        link = LinkMessage.FromString(blob)
        attributes = decode_attributes(link.attributes[: limits.attributes])
        links.append(LinkRecord(link.trace_id.hex(), link.span_id.hex(), attributes))
    return tuple(links), len(blobs) - len(links)


def _decode_log(blob: bytes, resource: Resource, scope: Scope, limits: RecordLimits) -> LogRecord:
    log = LogMessage.FromString(blob)
    trace_id, span_id = check_log_ids(log.trace_id, log.span_id)
    attributes = decode_attributes(log.attributes[: limits.attributes])
    name = text(log.event_name) or attributes.get("event.name")
    return LogRecord(
        check_log_time(log.time or log.observed_time),
        trace_id.hex(),
        span_id.hex(),
        log.severity_number,
        text(log.severity_text),
        name if isinstance(name, str) else "",
        decode_value(log.body),
        attributes,
        resource,
        scope,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, DecodeError):
        return "its bytes are not valid protobuf; check the exporter's encoder"
    return str(error)


def _span_name(blob: bytes) -> str:
    """`trace_id/span_id`, for a message; empty where they cannot be read."""
    try:
        span = SpanMessage.FromString(blob)
    except DecodeError:
        return ""
    return f"{span.trace_id.hex()}/{span.span_id.hex()}" if span.trace_id and span.span_id else ""
