"""Reading an attribute's value whatever its sender made of it.

The same fact arrives typed, as JSON in a string, as a JSON-quoted scalar (`"\\"gold\\""`), as a numeric text
(`"0.2"`), as a Python repr (`"{'cache_read': 1024}"`) or as a filler that means nothing (`-1`, NaN, `""`).
Every reader here takes any attribute value, returns None (or the empty value) where it holds nothing usable,
and never raises.
"""

import ast
import base64
import math
import warnings
from typing import Final

import orjson

from spanglass_server.base.limits import LABEL_CHARS_MAX
from spanglass_server.wire.records import AttributeValue

COUNT_MAX: Final = 2**53 - 1
"""Larger counts are garbage: no call has them, and JSON readers lose their last digits."""

PYTHON_LITERAL_CHARS_MAX: Final = 200_000
"""Longer Python reprs are not read: parsing one costs about a microsecond per ten characters."""


_NOTHING: Final = frozenset({"", "null", "None", "undefined"})


def as_str(value: AttributeValue) -> str:
    """The text, with a JSON-quoted scalar unquoted; empty where there is none. Numbers and booleans as JSON
    writes them; structures as compact JSON."""
    if type(value) is str:
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            decoded = _json_or_none(value)
            return decoded if type(decoded) is str else value
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    return dump_json(value)


def as_word(value: AttributeValue) -> str | None:
    """`as_str` stripped of blanks and cut to a label's length; None where nothing is left or the text is a
    spelled-out nothing."""
    text = value.strip() if type(value) is str else as_str(value)
    if text[:1] == '"':
        text = as_str(text).strip()
    if len(text) > LABEL_CHARS_MAX:
        return cut_label(text)
    return None if text in _NOTHING else text


def cut_label(text: str) -> str:
    """The text if it is short enough to be shown in a list, else its beginning."""
    return text if len(text) <= LABEL_CHARS_MAX else text[: LABEL_CHARS_MAX - 1] + "…"


def as_int(value: AttributeValue) -> int | None:
    """A count: 0 <= n <= 2**53 - 1. Fractions are cut off; negative numbers and booleans are fillers."""
    if type(value) is int:
        return value if 0 <= value <= COUNT_MAX else None
    number = as_float(value)
    return int(number) if number is not None and 0 <= number <= COUNT_MAX else None


def as_float(value: AttributeValue) -> float | None:
    """A finite number of either sign."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return float(value) if abs(value) < 2**1000 else None
    if isinstance(value, str) and 0 < len(value) <= 64:
        try:
            number = float(value.strip(' "'))
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    return None


_BOOLS: Final = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def as_bool(value: AttributeValue) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str):
        return _BOOLS.get(value.strip(' "').lower())
    return None


def as_json(value: AttributeValue) -> AttributeValue:
    """The structure a value holds: itself where it is one, else decoded from JSON or a Python repr (and then
    printable throughout).

    Text that is neither comes back as None, so that a caller can tell a structure from plain text; so do
    scalars that are no text.
    """
    if isinstance(value, (dict, list)):
        return value
    if not isinstance(value, str):
        return None
    head = value.lstrip()[:1]
    if head not in ("{", "[", '"', "("):
        return None
    if head != "(":
        decoded = _json_or_none(value)
        if decoded is not None:
            return decoded
    return _python_literal(value) if head != '"' else None


def as_dict(value: AttributeValue) -> dict[str, AttributeValue]:
    """`as_json` where that is an object, else an empty one. JSON put into a JSON string is decoded twice."""
    decoded = as_json(value)
    if isinstance(decoded, str):
        decoded = as_json(decoded)
    return decoded if isinstance(decoded, dict) else {}


def as_list(value: AttributeValue) -> list[AttributeValue]:
    """`as_json` where that is an array, else an empty one."""
    decoded = as_json(value)
    if isinstance(decoded, str):
        decoded = as_json(decoded)
    return decoded if isinstance(decoded, list) else []


def as_str_list(value: AttributeValue) -> list[str]:
    """Texts of an array, in order, without the empty ones. A JSON array in a string is decoded; any other
    non-empty text is a list of one."""
    if isinstance(value, list):
        items: list[AttributeValue] = value
    elif isinstance(value, str):
        items = as_list(value) if value.lstrip()[:1] in ("[", "(") else []
        if not items:
            return [] if value.strip() in ("", "[]", "()") else [as_str(value)]
    elif value is None or isinstance(value, dict):
        return []
    else:
        items = [value]
    return [text for text in map(as_str, items) if text]


def dump_json(value: AttributeValue) -> str:
    """Compact JSON. Bytes are base64 text, NaN and infinities null, what JSON cannot hold is replaced."""
    try:
        return orjson.dumps(value, default=base64_of_bytes).decode()
    except TypeError:
        return orjson.dumps(printable(value)).decode()


def printable(value: AttributeValue, depth: int = 64) -> AttributeValue:
    """The value with what JSON or UTF-8 cannot hold replaced: lone surrogates by U+FFFD, integers beyond 64
    bits by their digits as text, bytes by base64, nesting beyond `depth` by an ellipsis."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, bytes):
        return base64_of_bytes(value)
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else hex(value)
    if depth <= 0:
        return "…"
    if isinstance(value, dict):
        return {printable_text(str(key)): printable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item, depth - 1) for item in value]
    return printable_text(repr(value))


def printable_text(text: str) -> str:
    """The text with lone surrogates (which UTF-8, and so storage, cannot hold) replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def base64_of_bytes(value: object) -> str:
    """For orjson: bytes as base64 text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no attribute value")


def _json_or_none(text: str) -> AttributeValue:
    try:
        decoded: AttributeValue = orjson.loads(text)
    except ValueError:
        return None
    return decoded


def _python_literal(text: str) -> AttributeValue:
    if len(text) > PYTHON_LITERAL_CHARS_MAX:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            decoded = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    plain = printable(_plain(decoded))
    return plain if isinstance(plain, (dict, list)) else None


def _plain(value: object) -> AttributeValue:
    """A Python literal as an attribute value: tuples and sets are lists, keys are text."""
    if value is None or isinstance(value, (str, bool, int, float, bytes)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value)
