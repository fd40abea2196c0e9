"""OTLP/JSON bodies to the same records as protobuf, read leniently.

The OTLP specification's JSON mapping: lowerCamelCase names, ids in hex, 64-bit integers as text, enums as
numbers. What other encoders write is understood too: snake_case names, ids in base64 (protobuf's own JSON
mapping), integers as numbers, enums by name.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import orjson

from spanglass_server.base.errors import MalformedBody
from spanglass_server.base.limits import ATTRIBUTE_DEPTH_MAX
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
from spanglass_server.wire.otlp import DEFAULT_LIMITS, DecodedLogs, DecodedTraces, RecordLimits
from spanglass_server.wire.records import (
    Attributes,
    AttributeValue,
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
_SPECIAL_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


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
    for position, resource, scope, items in _groups(_load(body), names):
        room = limits.records - len(records)
        for index, item in enumerate(items):
            where = f"{position}[{index}]"
            if index >= room:
                rejections.extend(too_many(position, index, len(items), limits.records, noun))
                break
            try:
                record = decode(_object(item, where), resource, scope, limits)
                records.append(cut(cutter, record) if may_cut else record)
            except (RefusedError, NestingError) as error:
                rejections.append(Rejection(str(error), _ids(item) or where))
    return records, rejections, cutter.count


def _load(body: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        decoded = _load_leniently(body)
    if not isinstance(decoded, dict):
        raise MalformedBody(
            "the body is JSON, but not an object",
            hint='an OTLP/JSON body begins with {"resourceSpans": [...]} or {"resourceLogs": [...]}',
        )
    return decoded


def _load_leniently(body: bytes) -> Any:
    """What orjson refuses and senders write: invalid UTF-8, NaN, lone surrogates, a byte order mark."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise MalformedBody(
            f"the body is not JSON: {reason}",
            hint="check that Content-Type and Content-Encoding say what the body is, and that it was not cut",
        ) from None


def _groups(
    request: dict[str, Any], names: tuple[str, str, str]
) -> Iterator[tuple[str, Resource, Scope, list[Any]]]:
    outer, inner, leaf = (_snake(name) for name in names)
    for i, group in enumerate(_field(request, names[0], list, outer)):
        where = f"{outer}[{i}]"
        group = _container(group, where)
        resource = _decode_resource(group, where)
        for j, scope_group in enumerate(_field(group, names[1], list, where)):
            where_scope = f"{where}.{inner}[{j}]"
            scope_group = _container(scope_group, where_scope)
            scope = _decode_scope(scope_group, where_scope)
            items = _field(scope_group, names[2], list, where_scope)
            yield f"{where_scope}.{leaf}", resource, scope, items


def _container(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedBody(f"{where} is not an object", hint="see the OTLP specification's JSON mapping")
    return value


def _field(holder: dict[str, Any], name: str, type_: type, where: str) -> Any:
    """The field in camelCase or snake_case; an empty value of `type_` where it is absent or null."""
    value = _get(holder, name)
    if value is None:
        return type_()
    if not isinstance(value, type_):
        noun = "an array" if type_ is list else "an object"
        raise MalformedBody(
            f"{name} in {where} is not {noun}", hint="see the OTLP specification's JSON mapping"
        )
    return value


def _decode_resource(group: dict[str, Any], where: str) -> Resource:
    resource = _field(group, "resource", dict, where)
    return Resource(
        attributes=_lenient(resource.get("attributes")), schema_url=_text(_get(group, "schemaUrl"))
    )


def _decode_scope(group: dict[str, Any], where: str) -> Scope:
    scope = _field(group, "scope", dict, where)
    return Scope(
        name=_text(scope.get("name")),
        version=_text(scope.get("version")),
        attributes=_lenient(scope.get("attributes")),
        schema_url=_text(_get(group, "schemaUrl")),
    )


def _lenient(items: Any) -> Attributes:
    """Attributes of a resource or a scope: a broken one is left out and costs no record."""
    attributes: Attributes = {}
    for item in items if isinstance(items, list) else ():
        try:
            attributes.update(_decode_attributes([item]))
        except (RefusedError, NestingError):
            continue
    return attributes


def _decode_span(span: dict[str, Any], resource: Resource, scope: Scope, limits: RecordLimits) -> SpanRecord:
    trace_id = _id(_get(span, "traceId"), 16, "trace_id")
    span_id = _id(_get(span, "spanId"), 8, "span_id")
    parent = _id(_get(span, "parentSpanId"), 8, "parent_span_id")
    check_id(trace_id, 16, "trace_id")
    check_id(span_id, 8, "span_id")
    start = _integer(_get(span, "startTimeUnixNano"), "start_time_unix_nano")
    end = _integer(_get(span, "endTimeUnixNano"), "end_time_unix_nano")
    check_times(start, end)
    status = _object(span.get("status") or {}, "status")
    attributes, dropped = _limited(span, "attributes", limits.attributes)
    events, dropped_events = _limited(span, "events", limits.events)
    links, dropped_links = _limited(span, "links", limits.events)
    return SpanRecord(
        trace_id.hex(),
        span_id.hex(),
        check_parent_id(parent).hex() if parent else "",
        _text(span.get("name")),
        _enum(span.get("kind"), _SPAN_KINDS, "SPAN_KIND_"),
        start,
        end,
        _enum(status.get("code"), _STATUS_CODES, "STATUS_CODE_"),
        _text(status.get("message")),
        _decode_attributes(attributes),
        tuple(_decode_event(_object(event, "event"), limits) for event in events),
        tuple(_decode_link(_object(link, "link"), limits) for link in links),
        resource,
        scope,
        _text(_get(span, "traceState")),
        dropped + _count(_get(span, "droppedAttributesCount")),
        dropped_events + _count(_get(span, "droppedEventsCount")),
        dropped_links + _count(_get(span, "droppedLinksCount")),
    )


def _decode_event(event: dict[str, Any], limits: RecordLimits) -> EventRecord:
    time_ns = _integer(_get(event, "timeUnixNano"), "time_unix_nano of an event")
    attributes, _ = _limited(event, "attributes", limits.attributes)
    return EventRecord(time_ns, _text(event.get("name")), _decode_attributes(attributes))


def _decode_link(link: dict[str, Any], limits: RecordLimits) -> LinkRecord:
    trace_id = _id(_get(link, "traceId"), 16, "trace_id of a link")
    span_id = _id(_get(link, "spanId"), 8, "span_id of a link")
    attributes, _ = _limited(link, "attributes", limits.attributes)
    return LinkRecord(trace_id.hex(), span_id.hex(), _decode_attributes(attributes))


def _decode_log(log: dict[str, Any], resource: Resource, scope: Scope, limits: RecordLimits) -> LogRecord:
    trace_id, span_id = check_log_ids(
        _id(_get(log, "traceId"), 16, "trace_id"), _id(_get(log, "spanId"), 8, "span_id")
    )
    time_ns = _integer(_get(log, "timeUnixNano"), "time_unix_nano")
    observed_ns = _integer(_get(log, "observedTimeUnixNano"), "observed_time_unix_nano")
    items, _ = _limited(log, "attributes", limits.attributes)
    attributes = _decode_attributes(items)
    name = _text(_get(log, "eventName")) or attributes.get("event.name")
    return LogRecord(
        check_log_time(time_ns or observed_ns),
        trace_id.hex(),
        span_id.hex(),
        _enum(_get(log, "severityNumber"), _SEVERITIES, "SEVERITY_NUMBER_"),
        _text(_get(log, "severityText")),
        name if isinstance(name, str) else "",
        _decode_value(log.get("body"), 0),
        attributes,
        resource,
        scope,
    )


def _decode_attributes(items: list[Any]) -> Attributes:
    attributes: Attributes = {}
    for item in items:
        pair = _object(item, "attribute")
        attributes[_text(pair.get("key"))] = _decode_value(pair.get("value"), 0)
    return attributes


def _decode_value(value: Any, depth: int) -> AttributeValue:
    """AnyValue. Bare JSON scalars, which some senders write for {"stringValue": ...}, are taken too."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if not isinstance(value, dict):
        raise RefusedError('an attribute\'s value is not an object such as {"stringValue": "..."}')
    if depth >= ATTRIBUTE_DEPTH_MAX:
        raise NestingError(f"an attribute nests more than {ATTRIBUTE_DEPTH_MAX} levels deep")
    for name, content in value.items():
        decode = _VALUES.get(name)
        if decode is not None and content is not None:
            return decode(content, depth)
    return None


def _decode_array(content: Any, depth: int) -> AttributeValue:
    items = _object(content, "arrayValue").get("values") or []
    if not isinstance(items, list):
        raise RefusedError("values of an arrayValue is not an array")
    return [_decode_value(item, depth + 1) for item in items]


def _decode_kvlist(content: Any, depth: int) -> AttributeValue:
    items = _object(content, "kvlistValue").get("values") or []
    if not isinstance(items, list):
        raise RefusedError("values of a kvlistValue is not an array")
    pairs = (_object(item, "attribute") for item in items)
    return {_text(pair.get("key")): _decode_value(pair.get("value"), depth + 1) for pair in pairs}


def _decode_double(content: Any, _depth: int) -> AttributeValue:
    if isinstance(content, int | float):
        return float(content)
    if isinstance(content, str):
        try:
            return _SPECIAL_NUMBERS[content] if content in _SPECIAL_NUMBERS else float(content)
        except ValueError:
            pass
    raise RefusedError("doubleValue is not a number")


def _decode_bool(content: Any, _depth: int) -> AttributeValue:
    if isinstance(content, bool):
        return content
    raise RefusedError("boolValue is neither true nor false")


def _decode_bytes(content: Any, _depth: int) -> AttributeValue:
    try:
        return base64.b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise RefusedError("bytesValue is not base64") from None


_VALUES: dict[str, Callable[[Any, int], AttributeValue]] = {
    "stringValue": lambda content, _depth: _text(content),
    "intValue": lambda content, _depth: _integer(content, "intValue"),
    "doubleValue": _decode_double,
    "boolValue": _decode_bool,
    "arrayValue": _decode_array,
    "kvlistValue": _decode_kvlist,
    "bytesValue": _decode_bytes,
}
_VALUES |= {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): _VALUES[name] for name in _VALUES}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _get(holder: dict[str, Any], name: str) -> Any:
    value = holder.get(name)
    return holder.get(_snake(name)) if value is None else value


def _object(value: Any, noun: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{noun} is not an object")
    return value


def _limited(holder: dict[str, Any], name: str, limit: int) -> tuple[list[Any], int]:
    """At most `limit` items, and how many were cut off."""
    items = holder.get(name) or []
    if not isinstance(items, list):
        raise RefusedError(f"{name} is not an array")
    return items[:limit], max(len(items) - limit, 0)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedError(f"{value!r:.40} stands where text belongs")
    return value


def _integer(value: Any, field: str) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str) and len(value) <= 20:
        try:
            return int(value)
        except ValueError:
            pass
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise RefusedError(f"{field} is not an integer")


def _count(value: Any) -> int:
    return max(_integer(value, "a dropped count"), 0)


def _enum(value: Any, names: dict[str, int], prefix: str) -> int:
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return names.get(value.upper().removeprefix(prefix), 0)
    number = _integer(value, prefix.rstrip("_").lower())
    return number if number in names.values() else 0


def _id(value: Any, size: int, field: str) -> bytes:
    if value is None or value == "":
        return b""
    if not isinstance(value, str):
        raise RefusedError(f"{field} is not text in hex")
    try:
        # Base64 of 8 or 16 bytes is shorter than their hex, so the length tells which it is.
        is_base64 = len(value) == 4 * math.ceil(size / 3)
        return base64.b64decode(value, validate=True) if is_base64 else bytes.fromhex(value)
    except (ValueError, binascii.Error):
        raise RefusedError(f"{field} {value!r:.40} is neither hex nor base64") from None


def _ids(span: Any) -> str:
    """`trace_id/span_id` as sent, for a message; empty where absent."""
    if not isinstance(span, dict):
        return ""
    trace_id, span_id = _get(span, "traceId"), _get(span, "spanId")
    if isinstance(trace_id, str) and isinstance(span_id, str) and trace_id and span_id:
        return f"{trace_id:.32}/{span_id:.16}"
    return ""
