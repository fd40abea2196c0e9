"""OTLP/JSON bodies to the same records as protobuf, read leniently.

wire/json_fields.py says what is understood beyond the OTLP specification's JSON mapping.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from spanglass_server.wire.attributes import NestingError
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
from spanglass_server.wire.json_fields import (
    as_count,
    as_enum,
    as_id,
    as_integer,
    as_object,
    as_text,
    decode_json_attributes,
    decode_json_value,
    get_field,
    iter_groups,
    limited,
    load_json,
)
from spanglass_server.wire.otlp import DEFAULT_LIMITS, DecodedLogs, DecodedTraces, RecordLimits
from spanglass_server.wire.records import (
    EventRecord,
    LinkRecord,
    LogRecord,
    Rejection,
    Resource,
    Scope,
    SpanRecord,
)

_T = TypeVar("_T", SpanRecord, LogRecord)
_Decode = Callable[[dict[str, Any], Resource, Scope, RecordLimits], _T]
_Cut = Callable[[ValueCutter, _T], _T]

_SPAN_KINDS = {"UNSPECIFIED": 0, "INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
_STATUS_CODES = {"UNSET": 0, "OK": 1, "ERROR": 2}
_SEVERITIES = {
    f"{name}{step or ''}": first + max(step - 1, 0)
    for name, first in (("TRACE", 1), ("DEBUG", 5), ("INFO", 9), ("WARN", 13), ("ERROR", 17), ("FATAL", 21))
    for step in (0, 2, 3, 4)
}


def decode_traces_json(body: bytes, limits: RecordLimits = DEFAULT_LIMITS) -> DecodedTraces:
    """ExportTraceServiceRequest. Raises MalformedBody where the body is no JSON object of that shape."""
    names = ("resourceSpans", "scopeSpans", "spans")
    return DecodedTraces(*_decode(body, limits, names, _decode_span, ValueCutter.cut_span))


def decode_logs_json(body: bytes, limits: RecordLimits = DEFAULT_LIMITS) -> DecodedLogs:
    """ExportLogsServiceRequest. Raises MalformedBody where the body is no JSON object of that shape."""
    names = ("resourceLogs", "scopeLogs", "logRecords")
    return DecodedLogs(*_decode(body, limits, names, _decode_log, ValueCutter.cut_log))


def _decode(
    body: bytes, limits: RecordLimits, names: tuple[str, str, str], decode: _Decode[_T], cut: _Cut[_T]
) -> tuple[list[_T], list[Rejection], int]:
    records: list[_T] = []
    rejections: list[Rejection] = []
    cutter = ValueCutter(limits.value_chars)
    # A body shorter than one value may be holds no value that is too long.
    may_cut = len(body) > limits.value_chars
    noun = "span" if names[2] == "spans" else "log record"
    for position, resource, scope, items in iter_groups(load_json(body), names):
        room = limits.records - len(records)
        for index, item in enumerate(items):
            where = f"{position}[{index}]"
            if index >= room:
                rejections.extend(too_many(position, index, len(items), limits.records, noun))
                break
            try:
                record = decode(as_object(item, where), resource, scope, limits)
                records.append(cut(cutter, record) if may_cut else record)
            except (RefusedError, NestingError) as error:
                rejections.append(Rejection(str(error), _ids(item) or where))
    return records, rejections, cutter.count


def _decode_span(span: dict[str, Any], resource: Resource, scope: Scope, limits: RecordLimits) -> SpanRecord:
    trace_id = as_id(get_field(span, "traceId"), 16, "trace_id")
    span_id = as_id(get_field(span, "spanId"), 8, "span_id")
    parent = as_id(get_field(span, "parentSpanId"), 8, "parent_span_id")
    check_id(trace_id, 16, "trace_id")
    check_id(span_id, 8, "span_id")
    start = as_integer(get_field(span, "startTimeUnixNano"), "start_time_unix_nano")
    end = as_integer(get_field(span, "endTimeUnixNano"), "end_time_unix_nano")
    check_times(start, end)
    status = as_object(span.get("status") or {}, "status")
    attributes, dropped = limited(span, "attributes", limits.attributes)
    events, dropped_events = limited(span, "events", limits.events)
    links, dropped_links = limited(span, "links", limits.events)
    return SpanRecord(
        trace_id.hex(),
        span_id.hex(),
        check_parent_id(parent).hex() if parent else "",
        as_text(span.get("name")),
        as_enum(span.get("kind"), _SPAN_KINDS, "SPAN_KIND_"),
        start,
        end,
        as_enum(status.get("code"), _STATUS_CODES, "STATUS_CODE_"),
        as_text(status.get("message")),
        decode_json_attributes(attributes),
        tuple(_decode_event(as_object(event, "event"), limits) for event in events),
        tuple(_decode_link(as_object(link, "link"), limits) for link in links),
        resource,
        scope,
        as_text(get_field(span, "traceState")),
        dropped + as_count(get_field(span, "droppedAttributesCount")),
        dropped_events + as_count(get_field(span, "droppedEventsCount")),
        dropped_links + as_count(get_field(span, "droppedLinksCount")),
    )


def _decode_event(event: dict[str, Any], limits: RecordLimits) -> EventRecord:
    time_ns = as_integer(get_field(event, "timeUnixNano"), "time_unix_nano of an event")
    attributes, _ = limited(event, "attributes", limits.attributes)
    return EventRecord(time_ns, as_text(event.get("name")), decode_json_attributes(attributes))


def _decode_link(link: dict[str, Any], limits: RecordLimits) -> LinkRecord:
    trace_id = as_id(get_field(link, "traceId"), 16, "trace_id of a link")
    span_id = as_id(get_field(link, "spanId"), 8, "span_id of a link")
    attributes, _ = limited(link, "attributes", limits.attributes)
    return LinkRecord(trace_id.hex(), span_id.hex(), decode_json_attributes(attributes))


def _decode_log(log: dict[str, Any], resource: Resource, scope: Scope, limits: RecordLimits) -> LogRecord:
    trace_id, span_id = check_log_ids(
        as_id(get_field(log, "traceId"), 16, "trace_id"), as_id(get_field(log, "spanId"), 8, "span_id")
    )
    time_ns = as_integer(get_field(log, "timeUnixNano"), "time_unix_nano")
    observed_ns = as_integer(get_field(log, "observedTimeUnixNano"), "observed_time_unix_nano")
    items, _ = limited(log, "attributes", limits.attributes)
    attributes = decode_json_attributes(items)
    name = as_text(get_field(log, "eventName")) or attributes.get("event.name")
    return LogRecord(
        check_log_time(time_ns or observed_ns),
        trace_id.hex(),
        span_id.hex(),
        as_enum(get_field(log, "severityNumber"), _SEVERITIES, "SEVERITY_NUMBER_"),
        as_text(get_field(log, "severityText")),
        name if isinstance(name, str) else "",
        decode_json_value(log.get("body"), 0),
        attributes,
        resource,
        scope,
    )


def _ids(span: Any) -> str:
    """`trace_id/span_id` as sent, for a message; empty where absent."""
    if not isinstance(span, dict):
        return ""
    trace_id, span_id = get_field(span, "traceId"), get_field(span, "spanId")
    if isinstance(trace_id, str) and isinstance(span_id, str) and trace_id and span_id:
        return f"{trace_id:.32}/{span_id:.16}"
    return ""
