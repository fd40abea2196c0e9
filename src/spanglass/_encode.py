"""Finished spans as OTLP protobuf bytes (opentelemetry-proto 1.9), written without the protobuf library.

Building messages with protobuf and serializing them costs five times as much, and importing it more than all
of the SDK. A test decodes what is written here with the generated classes and compares it, field by field,
with what OpenTelemetry's own encoder makes of the same spans.
"""

from collections.abc import Iterable, Mapping, Sequence
from struct import Struct
from typing import TYPE_CHECKING, Any, TypeAlias

from spanglass._log import log_once

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext

    from spanglass._settings import Mask

Pieces: TypeAlias = list[bytes]

VALUE_DEPTH_MAX = 32
"""Arrays and maps inside one another; deeper ones are written as their text. What the server reads."""
CACHED_KEYS_MAX = 10_000
CACHED_NAME_BYTES_MAX = 200
MASK_FAILED = "[mask failed]"

_double = Struct("<d").pack
_times = Struct("<BQBQ").pack
_fixed64 = Struct("<BQ").pack
_flags = Struct("<BBI").pack
_ids = Struct(">HQQHQ").pack
_parent_id = Struct(">HQ").pack
_LOW_64 = 0xFFFF_FFFF_FFFF_FFFF
_HAS_IS_REMOTE, _IS_REMOTE = 0x100, 0x200


def varint(number: int) -> bytes:
    """Base-128, least significant group first; negative numbers as 64 bits in two's complement."""
    if 0 <= number < 0x80:
        return _ONE_BYTE[number]
    if 0 <= number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    number &= 0xFFFF_FFFF_FFFF_FFFF
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


_ONE_BYTE = [bytes((number,)) for number in range(0x80)]


def field(tag: bytes, content: bytes) -> bytes:
    """A length-delimited field."""
    return tag + varint(len(content)) + content


def text(value: str) -> bytes:
    """UTF-8, with `?` for halves of surrogate pairs, which protobuf's strings cannot hold. OpenTelemetry lets
    other values pass as names: they are written as their text."""
    try:
        return value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")
    except AttributeError:
        return str(value).encode("utf-8", "replace")


class _Keys(dict[str, bytes]):
    """Attribute keys as field 1 of a KeyValue: the same few all the time."""

    def __missing__(self, key: str) -> bytes:
        encoded = field(b"\x0a", text(key))
        if len(self) < CACHED_KEYS_MAX:
            self[key] = encoded
        return encoded


_keys = _Keys()


def plain_attributes(attributes: Any) -> Mapping[str, Any]:
    """The dict inside OpenTelemetry's locked mapping: reading that one costs more than encoding it."""
    if attributes is None:
        return {}
    inner = getattr(attributes, "_dict", None)
    return inner if type(inner) is dict else attributes


class _Names(dict[tuple[str, int], bytes]):
    """A span's name and kind, fields 5 and 6: the same few all the time."""

    def __missing__(self, key: tuple[str, int]) -> bytes:
        name, kind = key
        encoded = field(b"\x2a", text(name)) + b"\x30" + varint(kind + 1)
        if len(self) < CACHED_KEYS_MAX and len(encoded) <= CACHED_NAME_BYTES_MAX:
            self[key] = encoded
        return encoded


_names = _Names()


def encode_span(span: "ReadableSpan", mask: "Mask | None" = None) -> bytes:
    """A span as field 2 of ScopeSpans. Never raises for what an application may have put into a span."""
    context, parent, attributes = span.context, span.parent, span._attributes
    trace_id = context.trace_id
    ids = _ids(0x0A10, trace_id >> 64, trace_id & _LOW_64, 0x1208, context.span_id)
    head: Pieces = [ids]
    if parent is not None:
        head.append(_parent_id(0x2208, parent.span_id))
    head += (
        _names[span.name, span.kind.value],
        _times(0x39, span.start_time or 0, 0x41, span.end_time or 0),
    )
    _put_attributes(head, 0x4A, attributes, mask)
    if context.trace_state:
        state = ",".join([f"{key}={value}" for key, value in context.trace_state.items()])
        head.append(field(b"\x1a", text(state)))
    if span.dropped_attributes:
        _put_dropped(head, b"\x50", span.dropped_attributes)
    if span._events:
        for event in span.events:
            head.append(field(b"\x5a", _event(event, mask)))
        _put_dropped(head, b"\x60", span.dropped_events)
    if span._links:
        for link in span.links:
            head.append(field(b"\x6a", _link(link, mask)))
        _put_dropped(head, b"\x70", span.dropped_links)
    status = span.status
    if status.status_code.value or status.description:
        head.append(field(b"\x7a", _status(status, mask)))
    head.append(_REMOTE_FLAGS if parent is not None and parent.is_remote else _LOCAL_FLAGS)
    body = b"".join(head)
    return b"\x12" + varint(len(body)) + body


_LOCAL_FLAGS = _flags(0x85, 0x01, _HAS_IS_REMOTE)
_REMOTE_FLAGS = _flags(0x85, 0x01, _HAS_IS_REMOTE | _IS_REMOTE)


def _put_dropped(pieces: Pieces, tag: bytes, count: int) -> None:
    if count:
        pieces.append(tag + varint(count))


def _status(status: Any, mask: "Mask | None") -> bytes:
    message = status.description or ""
    if mask is not None and message:
        message = masked_text(mask, message, "status.message") or ""
    described = field(b"\x12", text(message)) if message else b""
    code = status.status_code.value
    return described + (b"\x18" + varint(code) if code else b"")


def _event(event: Any, mask: "Mask | None") -> bytes:
    pieces: Pieces = [_fixed64(0x09, event.timestamp), field(b"\x12", text(event.name))]
    _put_attributes(pieces, 0x1A, event.attributes, mask)
    _put_dropped(pieces, b"\x20", event.dropped_attributes)
    return b"".join(pieces)


def _link(link: Any, mask: "Mask | None") -> bytes:
    context: SpanContext = link.context
    pieces: Pieces = [
        b"\x0a\x10",
        context.trace_id.to_bytes(16, "big"),
        b"\x12\x08",
        context.span_id.to_bytes(8, "big"),
    ]
    _put_attributes(pieces, 0x22, link.attributes, mask)
    _put_dropped(pieces, b"\x28", link.dropped_attributes)
    pieces.append(b"\x35" + (_HAS_IS_REMOTE | (_IS_REMOTE if context.is_remote else 0)).to_bytes(4, "little"))
    return b"".join(pieces)


def _put_attributes(pieces: Pieces, tag: int, attributes: Any, mask: "Mask | None") -> None:
    """Appends each attribute as a KeyValue. Texts, nearly all of the bytes, are copied only by the last
    join."""
    if attributes is None:
        return
    wire_tag = _ONE_BYTE[tag]
    for key, value in plain_attributes(attributes).items():
        if mask is not None:
            value = masked_value(mask, value, key)
            if value is None:
                continue
        if type(value) is str:
            try:
                content = value.encode()
            except UnicodeEncodeError:
                content = text(value)
            size = varint(len(content))
            prefix = b"\x0a"
        else:
            size, content = b"", _value(key, value)
            prefix = b""
        named = _keys[key]
        inner = len(prefix) + len(size) + len(content)
        inner_size = varint(inner)
        pieces += (
            wire_tag,
            varint(len(named) + 1 + len(inner_size) + inner),
            named,
            b"\x12",
            inner_size,
            prefix,
            size,
            content,
        )


def _value(key: str, value: Any, depth: int = 0) -> bytes:
    """An AnyValue's content."""
    if value is None:
        return b""
    if value is True or value is False:
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, str):
        return field(b"\x0a", text(value))
    if isinstance(value, int):
        if -(1 << 63) <= value < 1 << 63:
            return b"\x18" + varint(value)
        return field(b"\x0a", hex(value).encode())
    if isinstance(value, float):
        return b"\x21" + _double(value)
    if isinstance(value, bytes):
        return field(b"\x3a", value)
    if depth >= VALUE_DEPTH_MAX:
        return field(b"\x0a", b"[nested too deep]")
    if isinstance(value, Mapping):
        pairs = [
            field(b"\x0a", _keys[str(name)] + field(b"\x12", _value(key, item, depth + 1)))
            for name, item in value.items()
        ]
        return field(b"\x32", b"".join(pairs))
    if isinstance(value, Sequence):
        return field(b"\x2a", b"".join([field(b"\x0a", _value(key, item, depth + 1)) for item in value]))
    log_once(f"type of {key}", "the attribute %s holds a %s, which is left out", key, type(value).__name__)
    return b""


def masked_value(mask: "Mask", value: Any, key: str) -> Any:
    """The value with every text in it masked; None where the mask drops a text that stands alone."""
    if isinstance(value, str):
        return masked_text(mask, value, key)
    if isinstance(value, Mapping):
        return {name: masked_value(mask, item, key) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return tuple(masked_value(mask, item, key) for item in value)
    return value


def masked_text(mask: "Mask", value: str, key: str) -> str | None:
    """What a mask that fails was to hide stays hidden."""
    try:
        told = mask(value, key)
    except Exception:  # noqa: BLE001 - the application's own code, on the application's thread
        log_once("mask", "the mask failed on %s: its text is replaced by %s", key, MASK_FAILED)
        return MASK_FAILED
    return told if told is None or type(told) is str else str(told)


def encode_resource(resource: "Resource", wanted: Mapping[str, str]) -> bytes:
    """ResourceSpans' resource, field 1, with the attributes that `wanted` names set to what it says."""
    pieces: Pieces = []
    _put_attributes(pieces, 0x0A, {**resource.attributes, **wanted}, None)
    return field(b"\x0a", b"".join(pieces))


def encode_scope(scope: "InstrumentationScope | None") -> bytes:
    """ScopeSpans' scope, field 1."""
    if scope is None:
        return field(b"\x0a", b"")
    pieces: Pieces = [field(b"\x0a", text(scope.name))]
    if scope.version:
        pieces.append(field(b"\x12", text(scope.version)))
    _put_attributes(pieces, 0x1A, scope.attributes, None)
    return field(b"\x0a", b"".join(pieces))


def schema_url(url: str | None) -> bytes:
    """Field 3 of both ResourceSpans and ScopeSpans."""
    return field(b"\x1a", text(url)) if url else b""


Origin: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""Encoded resource, resource's schema, scope, scope's schema: what spans share."""


def frame(spans: Iterable[tuple[Origin, bytes]]) -> bytes:
    """An ExportTraceServiceRequest of encoded spans, grouped by resource and scope."""
    by_resource: dict[tuple[bytes, bytes], dict[tuple[bytes, bytes], Pieces]] = {}
    for (resource, resource_schema, scope, scope_schema), encoded in spans:
        scopes = by_resource.setdefault((resource, resource_schema), {})
        scopes.setdefault((scope, scope_schema), []).append(encoded)
    request: Pieces = []
    for (resource, resource_schema), scopes in by_resource.items():
        groups: Pieces = [resource]
        size = len(resource) + len(resource_schema)
        for (scope, scope_schema), encoded_spans in scopes.items():
            length = len(scope) + len(scope_schema) + sum(map(len, encoded_spans))
            opening = b"\x12" + varint(length)
            size += len(opening) + length
            groups += (opening, scope, *encoded_spans, scope_schema)
        request += (b"\x0a", varint(size), *groups, resource_schema)
    return b"".join(request)
