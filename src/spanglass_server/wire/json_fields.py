"""Reading the JSON of OTLP leniently: what the decoders of traces, logs and metrics share.

The OTLP specification's JSON mapping: lowerCamelCase names, ids in hex, 64-bit integers as text, enums as
numbers. What other encoders write is understood too: snake_case names, ids in base64 (protobuf's own JSON
mapping), integers as numbers, enums by name.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from spanglass_server.base.errors import MalformedBody
from spanglass_server.base.limits import ATTRIBUTE_DEPTH_MAX
from spanglass_server.wire.attributes import NestingError
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.records import Attributes, AttributeValue, Resource, Scope

_SPECIAL_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def load_json(body: bytes) -> dict[str, Any]:
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        decoded = _load_leniently(body)
    if not isinstance(decoded, dict):
        raise MalformedBody(
            "the body is JSON, but not an object",
            hint='an OTLP/JSON body begins with {"resourceSpans": [...]} or the like',
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


def iter_groups(
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
    value = get_field(holder, name)
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
        attributes=_lenient(resource.get("attributes")),
        schema_url=_lenient_text(get_field(group, "schemaUrl")),
    )


def _decode_scope(group: dict[str, Any], where: str) -> Scope:
    scope = _field(group, "scope", dict, where)
    return Scope(
        name=_lenient_text(scope.get("name")),
        version=_lenient_text(scope.get("version")),
        attributes=_lenient(scope.get("attributes")),
        schema_url=_lenient_text(get_field(group, "schemaUrl")),
    )


def _lenient_text(value: Any) -> str:
    """Of a resource or a scope: what is no text is left out and costs no record."""
    return value if isinstance(value, str) else ""


def _lenient(items: Any) -> Attributes:
    """Attributes of a resource or a scope: a broken one is left out and costs no record."""
    attributes: Attributes = {}
    for item in items if isinstance(items, list) else ():
        try:
            attributes.update(decode_json_attributes([item]))
        except (RefusedError, NestingError):
            continue
    return attributes


def decode_json_attributes(items: list[Any]) -> Attributes:
    attributes: Attributes = {}
    for item in items:
        pair = as_object(item, "attribute")
        attributes[as_text(pair.get("key"))] = decode_json_value(pair.get("value"), 0)
    return attributes


def decode_json_value(value: Any, depth: int) -> AttributeValue:
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
    items = as_object(content, "arrayValue").get("values") or []
    if not isinstance(items, list):
        raise RefusedError("values of an arrayValue is not an array")
    return [decode_json_value(item, depth + 1) for item in items]


def _decode_kvlist(content: Any, depth: int) -> AttributeValue:
    items = as_object(content, "kvlistValue").get("values") or []
    if not isinstance(items, list):
        raise RefusedError("values of a kvlistValue is not an array")
    pairs = (as_object(item, "attribute") for item in items)
    return {as_text(pair.get("key")): decode_json_value(pair.get("value"), depth + 1) for pair in pairs}


def as_number(value: Any, field: str) -> float:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return _SPECIAL_NUMBERS[value] if value in _SPECIAL_NUMBERS else float(value)
        except ValueError:
            pass
    raise RefusedError(f"{field} is not a number")


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
    "stringValue": lambda content, _depth: as_text(content),
    "intValue": lambda content, _depth: as_integer(content, "intValue"),
    "doubleValue": lambda content, _depth: as_number(content, "doubleValue"),
    "boolValue": _decode_bool,
    "arrayValue": _decode_array,
    "kvlistValue": _decode_kvlist,
    "bytesValue": _decode_bytes,
}
_VALUES |= {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): _VALUES[name] for name in _VALUES}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def get_field(holder: dict[str, Any], name: str) -> Any:
    value = holder.get(name)
    return holder.get(_snake(name)) if value is None else value


def as_object(value: Any, noun: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError(f"{noun} is not an object")
    return value


def limited(holder: dict[str, Any], name: str, limit: int) -> tuple[list[Any], int]:
    """At most `limit` items, and how many were cut off."""
    items = holder.get(name) or []
    if not isinstance(items, list):
        raise RefusedError(f"{name} is not an array")
    return items[:limit], max(len(items) - limit, 0)


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedError(f"{value!r:.40} stands where text belongs")
    return value


def as_integer(value: Any, field: str) -> int:
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


def as_count(value: Any) -> int:
    return max(as_integer(value, "a dropped count"), 0)


def as_enum(value: Any, names: dict[str, int], prefix: str) -> int:
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return names.get(value.upper().removeprefix(prefix), 0)
    number = as_integer(value, prefix.rstrip("_").lower())
    return number if number in names.values() else 0


def as_id(value: Any, size: int, field: str) -> bytes:
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
