"""The functions that every Go template has, but `and` and `or`, which are evaluated as far as needed."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote_plus

from spanglass_server.gotemplate.errors import TemplateFailed
from spanglass_server.gotemplate.printing import sprint, sprintf
from spanglass_server.gotemplate.values import Function, Record, is_list, is_true, plain, type_name

LAZY: Final = frozenset(("and", "or"))


def _not(value: object) -> bool:
    return not is_true(value)


def _len(value: object) -> int:
    inner = plain(value)
    if isinstance(inner, str):
        return len(inner.encode())
    if isinstance(inner, Mapping | Sequence):
        return len(inner)
    raise TemplateFailed(f"len of type {type_name(value)}")


def _index(value: object, *keys: object) -> object:
    for key in keys:
        value = _index_once(plain(value), key)
    return value


def _index_once(value: object, key: object) -> object:
    if isinstance(value, Mapping):
        return value.get(key, "")
    if not isinstance(value, str) and not is_list(value):
        raise TemplateFailed(f"can't index item of type {type_name(value)}")
    if not isinstance(key, int) or isinstance(key, bool):
        raise TemplateFailed(f"cannot index slice/array with type {type_name(key)}")
    assert isinstance(value, Sequence)
    items = value.encode() if isinstance(value, str) else value
    if not 0 <= key < len(items):
        raise TemplateFailed(f"index out of range: {key}")
    return items[key]


def _slice(value: object, *bounds: object) -> object:
    inner = plain(value)
    if not isinstance(inner, Sequence):
        raise TemplateFailed(f"can't slice item of type {type_name(value)}")
    numbers: list[int] = []
    for bound in bounds:
        if not isinstance(bound, int) or not 0 <= bound <= len(inner):
            raise TemplateFailed(f"index out of range: {sprint([bound])}")
        numbers.append(bound)
    return inner[slice(*numbers[:2])] if len(numbers) != 1 else inner[numbers[0] :]


def _eq(first: object, *others: object) -> bool:
    if not others:
        raise TemplateFailed("missing argument for comparison")
    return any(_is_equal(first, other) for other in others)


def _ne(first: object, second: object) -> bool:
    return not _is_equal(first, second)


def _lt(first: object, second: object) -> bool:
    left, right = _ordered(first, second)
    return bool(left < right)  # type: ignore[operator]


def _le(first: object, second: object) -> bool:
    left, right = _ordered(first, second)
    return bool(left <= right)  # type: ignore[operator]


def _gt(first: object, second: object) -> bool:
    return not _le(first, second) and first == first and second == second


def _ge(first: object, second: object) -> bool:
    return not _lt(first, second) and first == first and second == second


def _is_equal(first: object, second: object) -> bool:
    left, right = plain(first), plain(second)
    if left is None or right is None:
        return left is None and right is None
    if _kind(left) != _kind(right):
        raise TemplateFailed("incompatible types for comparison")
    return left == right


def _ordered(first: object, second: object) -> tuple[object, object]:
    left, right = plain(first), plain(second)
    if _kind(left) != _kind(right):
        raise TemplateFailed("incompatible types for comparison")
    if _kind(left) == "bool":
        raise TemplateFailed("invalid type for comparison")
    return left, right


def _kind(value: object) -> str:
    if isinstance(value, Record) or not isinstance(value, bool | int | float | str):
        raise TemplateFailed("invalid type for comparison")
    return type(value).__name__


def _print(*values: object) -> str:
    return sprint(values)


def _println(*values: object) -> str:
    return sprint(values, is_line=True) + "\n"


def _printf(template: object, *values: object) -> str:
    if not isinstance(template, str):
        raise TemplateFailed(f"wrong type for value; expected string; got {type_name(template)}")
    return sprintf(template, values)


def _html(*values: object) -> str:
    return html.escape(sprint(values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _js(*values: object) -> str:
    text = json.dumps(sprint(values), ensure_ascii=False)[1:-1]
    for character in "'<>&=":
        text = text.replace(character, f"\\u{ord(character):04X}" if character != "'" else "\\'")
    return text


def _urlquery(*values: object) -> str:
    return quote_plus(sprint(values))


BUILTINS: Final[Mapping[str, Function]] = {
    "eq": _eq,
    "ge": _ge,
    "gt": _gt,
    "html": _html,
    "index": _index,
    "js": _js,
    "le": _le,
    "len": _len,
    "lt": _lt,
    "ne": _ne,
    "not": _not,
    "print": _print,
    "printf": _printf,
    "println": _println,
    "slice": _slice,
    "urlquery": _urlquery,
}
