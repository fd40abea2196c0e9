"""OTLP attributes (lists of KeyValue, AnyValue) from protobuf bytes to Python values."""

from collections.abc import Iterable
from typing import TypeAlias

from spanglass_server.base.limits import ATTRIBUTE_DEPTH_MAX
from spanglass_server.wire.records import Attributes, AttributeValue
from spanglass_server.wire.schema import AnyValue, ArrayValue, KeyValue

Pair: TypeAlias = tuple[str, AttributeValue]


_RECENT_BYTES_MAX = 96
_RECENT_MAX = 16_384
_KEY_BYTES_MAX = 256
"""Longer keys are not remembered: what a hostile sender can make this hold is bounded in bytes too."""
# Most attributes of most spans were seen a moment ago: the model, the user, the session, the kind.
_recent: dict[bytes, Pair] = {}
_keys: dict[bytes, str] = {}


class NestingError(ValueError):
    """Values nest deeper than ATTRIBUTE_DEPTH_MAX."""


def decode_attributes(blobs: Iterable[bytes]) -> Attributes:
    """The attributes of encoded KeyValues; a key that comes twice keeps its last value.

    Raises protobuf's DecodeError for bytes that are no KeyValue, and NestingError.
    """
    attributes: Attributes = {}
    recall = _recent.get
    for blob in blobs:
        pair = recall(blob)
        if pair is None:
            pair = _decode_new(blob)
        attributes[pair[0]] = pair[1]
    return attributes


def decode_value(blob: bytes, depth: int = 0) -> AttributeValue:
    """The value of an encoded AnyValue. Raises as `decode_attributes` does."""
    value = AnyValue.FromString(blob)
    which = value.WhichOneof("value")
    if which is None:
        return None
    raw = getattr(value, which)
    if which == "string_value":
        return text(raw)
    if which == "array_value" or which == "kvlist_value":
        if depth >= ATTRIBUTE_DEPTH_MAX:
            raise NestingError(f"an attribute nests more than {ATTRIBUTE_DEPTH_MAX} levels deep")
        # ArrayValue and KeyValueList differ only in what their one repeated field holds.
        items = ArrayValue.FromString(raw).values
        if which == "array_value":
            return [decode_value(item, depth + 1) for item in items]
        return dict(_decode_pair(item, depth + 1) for item in items)
    scalar: bool | int | float | bytes = raw
    return scalar


def text(raw: bytes) -> str:
    """UTF-8; what is not becomes U+FFFD, so that one broken string does not cost its request."""
    return raw.decode("utf-8", "replace")


def _decode_new(blob: bytes) -> Pair:
    pair = _decode_string_pair(blob) or _decode_pair(blob, 0)
    # Lists and dicts are not remembered: their holders could change them.
    if len(blob) <= _RECENT_BYTES_MAX and not isinstance(pair[1], list | dict):
        if len(_recent) >= _RECENT_MAX:
            _recent.clear()
        _recent[blob] = pair
    return pair


def _decode_string_pair(blob: bytes) -> Pair | None:
    """`key` and `value.string_value` where the bytes are just these two in this order, as every encoder
    writes them; None for anything else. By hand because this is where the bytes of a prompt go through."""
    end = len(blob)
    if end < 4 or blob[0] != 0x0A or (key_length := blob[1]) > 127:
        return None
    key_end = 2 + key_length
    if key_end + 2 > end or blob[key_end] != 0x12:
        return None
    start = _sized_to_end(blob, key_end + 1, end)
    if start == 0 or start + 2 > end or blob[start] != 0x0A:
        return None
    start = _sized_to_end(blob, start + 1, end)
    if start == 0:
        return None
    return _key(blob[2:key_end]), blob[start:].decode("utf-8", "replace")


def _sized_to_end(blob: bytes, at: int, end: int) -> int:
    """Where the content begins whose length is the varint at `at`, if it ends exactly at `end`; else 0."""
    length, shift = 0, 0
    while at < end and shift < 35:
        byte = blob[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at if at + length == end else 0
        shift += 7
    return 0


def _decode_pair(blob: bytes, depth: int) -> Pair:
    pair = KeyValue.FromString(blob)
    return _key(pair.key), decode_value(pair.value, depth)


def _key(raw: bytes) -> str:
    if len(raw) > _KEY_BYTES_MAX:
        return text(raw)
    key = _keys.get(raw)
    if key is None:
        if len(_keys) >= _RECENT_MAX:
            _keys.clear()
        key = _keys[raw] = text(raw)
    return key
