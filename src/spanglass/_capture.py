"""Arguments and results as text: plain texts as they are, everything else as JSON.

One bounded pass over whatever an application passes around. It never raises, runs no more of the
application's own code than a `__repr__`, follows no cycle, and stops at a number of characters and of values:
a huge argument costs what its captured beginning costs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

from spanglass._objects import fields_of, plain_form

VALUES_MAX = 5_000
"""Values of one argument list or result, nested ones included."""
DEPTH_MAX = 16
REPR_CHARS_MAX = 2_000
ARRAY_ITEMS_MAX = 64
"""Arrays up to so many numbers are written out, others described."""
REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|passphrase|secrets?|api_?keys?|secret_?keys?|private_?keys?|access_?keys?"
    r"|signing_?keys?|encryption_?keys?|client_?secret|(?:access|auth|refresh|bearer|session|id|api|csrf|secret)_?tokens?"
    r"|authorization|proxy_authorization|credentials?|cookies?|set_cookie|connection_string|dsn|jwt)$"
    r"|^tokens?$|^auth$"
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a value of this name is a secret: `api_key`, `X-Api-Key`, `dbPassword`, but not
    `max_tokens`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:200]).lower().replace("-", "_")
    return _SECRET_NAME.search(snake) is not None


def capture_text(value: object, chars_max: int) -> str:
    """The value as text of about `chars_max` characters at most. Texts stay as they are; the rest is JSON."""
    if type(value) is str:
        return value if len(value) <= chars_max else _cut(value, chars_max)
    return _Writer(chars_max).text_of(value)


def capture_field(name: str, value: object, chars_max: int) -> bool | float | str:
    """A value that has an attribute of its own: numbers and booleans as they are, secrets redacted."""
    if is_secret_name(name) and not _is_count(name, value):
        return REDACTED
    return value if isinstance(value, bool | int | float) else capture_text(value, chars_max)


def capture_arguments(arguments: Sequence[tuple[str, object]], chars_max: int) -> str:
    """A JSON object of arguments by name, those named like secrets redacted."""
    pieces: list[str] = []
    left = chars_max
    for name, value in arguments:  # the usual call, in a third of the time: few short texts and numbers
        opening = _opening(name)
        if type(value) is str and opening is not None:
            left -= len(value) + len(opening)
            pieces.append(opening + encode_basestring(value))
        elif type(value) is int and opening is not None and -(1 << 63) <= value < 1 << 63:
            left -= 20 + len(opening)
            pieces.append(f"{opening}{value}")
        else:
            return _Writer(chars_max).object_of(arguments)
        if left < 0:
            return _Writer(chars_max).object_of(arguments)
    return "{" + ",".join(pieces) + "}"


@lru_cache(maxsize=4096)
def _opening(name: str) -> str | None:
    """What stands before the value; None for a name that needs a closer look."""
    return None if is_secret_name(name) or len(name) > 200 else encode_basestring(name) + ":"


def _cut(text: str, chars: int) -> str:
    chars = max(chars, 0)
    return f"{text[:chars]}… [{len(text) - chars} more characters]"


class _Writer:
    """Writes JSON into a list of pieces. Every `_put*` adds exactly one value, whatever happens."""

    __slots__ = ("_above", "_left", "_pieces", "_values_left")

    def __init__(self, chars_max: int) -> None:
        self._left = chars_max
        self._values_left = VALUES_MAX
        self._pieces: list[str] = []
        self._above: set[int] = set()
        """ids of the containers that are being written: what is met again is a cycle."""

    def text_of(self, value: object) -> str:
        self._put(value)
        return "".join(self._pieces)

    def object_of(self, pairs: Iterable[tuple[str, object]]) -> str:
        self._put_pairs(pairs)
        return "".join(self._pieces)

    def _put(self, value: Any) -> None:
        kind = type(value)
        if kind is str:
            self._put_text(value)
        elif value is None or value is True or value is False:
            self._put_raw("null" if value is None else "true" if value else "false")
        elif kind is int:
            self._put_raw(str(value) if -(1 << 63) <= value < 1 << 63 else f'"{hex(value)[:200]}"')
        elif kind is float:
            self._put_raw(repr(value) if value - value == 0 else f'"{value!r}"')
        else:
            self._put_guarded(value)

    def _put_raw(self, text: str) -> None:
        self._pieces.append(text)
        self._left -= len(text)
        self._values_left -= 1

    def _put_text(self, text: str) -> None:
        if len(text) > self._left:
            text = _cut(text, self._left)
        self._put_raw(encode_basestring(text))

    def _put_guarded(self, value: Any) -> None:
        """Anything but the plain types, whose own code may fail in any way."""
        if id(value) in self._above:
            self._put_text("[cycle]")
            return
        if len(self._above) >= DEPTH_MAX:
            self._put_text(f"[{type(value).__name__}, nested too deep]")
            return
        start = len(self._pieces)
        self._above.add(id(value))
        try:
            self._put_structure(value)
        except Exception as error:  # noqa: BLE001 - the application's objects may do anything
            del self._pieces[start:]
            self._put_text(f"[{type(value).__name__} cannot be captured: {type(error).__name__}]")
        finally:
            self._above.discard(id(value))

    def _put_structure(self, value: Any) -> None:
        if isinstance(value, dict):
            self._put_pairs(dict.items(value))
        elif isinstance(value, tuple) and (names := getattr(type(value), "_fields", None)):
            self._put_pairs(zip(names, tuple.__iter__(value), strict=False))
        elif isinstance(value, tuple) and _is_secret_pair(value):
            self._put_items((value[0], REDACTED))
        elif isinstance(value, list | tuple | set | frozenset):
            self._put_items(value)
        elif isinstance(value, str):
            self._put(str.__str__(value))
        elif isinstance(value, int | float):  # a subclass, an enumeration's too
            self._put(int.__int__(value) if isinstance(value, int) else float.__float__(value))
        else:
            self._put_object(value)

    def _put_object(self, value: Any) -> None:
        fields = fields_of(value)
        if fields is not None:
            self._put_pairs(fields)
            return
        plain = plain_form(value)
        if isinstance(plain, str):
            self._put_text(plain if len(plain) <= REPR_CHARS_MAX else _cut(plain, REPR_CHARS_MAX))
        elif isinstance(plain, Mapping) and not isinstance(plain, dict):
            self._put_pairs((str(key), plain[key]) for key in islice(iter(plain), self._values_left + 1))
        else:
            self._put(plain)

    def _put_pairs(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """An object. Read whole before anything is written: another thread may change it."""
        if self._is_full():
            self._put_raw('"…"')
            return
        known = list(islice(pairs, self._values_left + 1))
        pieces = self._pieces
        pieces.append("{")
        self._values_left -= 1
        separator = ""
        for key, value in known:
            if self._is_full():
                pieces.append(f'{separator}"…":"cut at the size limit"')
                break
            name = key if type(key) is str else _key_text(key)
            pieces.append(separator + encode_basestring(name if len(name) < 300 else name[:300]) + ":")
            separator = ","
            self._left -= len(name) + 4
            if is_secret_name(name) and not _is_count(name, value):
                self._put_raw(f'"{REDACTED}"')
            else:
                self._put(value)
        pieces.append("}")

    def _put_items(self, items: Iterable[Any]) -> None:
        if self._is_full():
            self._put_raw('"…"')
            return
        known = list(islice(items, self._values_left + 1))
        pieces = self._pieces
        pieces.append("[")
        self._values_left -= 1
        separator = ""
        for value in known:
            pieces.append(separator)
            separator = ","
            self._left -= 1
            if self._is_full():
                pieces.append('"… cut at the size limit"')
                break
            self._put(value)
        pieces.append("]")

    def _is_full(self) -> bool:
        return self._left <= 0 or self._values_left <= 0


def _is_count(name: str, value: object) -> bool:
    """Switches, and counts of a model's tokens; a PIN is a number, too."""
    if value is None or isinstance(value, bool):
        return True
    return isinstance(value, int | float) and name.lower().rstrip("s").endswith("token")


def _is_secret_pair(pair: tuple[Any, ...]) -> bool:
    """A header as HTTP clients hold it: `("Authorization", "Bearer ...")`."""
    return len(pair) == 2 and type(pair[0]) is str and is_secret_name(pair[0])


def _key_text(key: object) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, bytes):  # a header's name
        return key.decode("latin-1")
    if isinstance(key, int | float | bool | None):
        return str(key)
    try:
        return str(key)
    except Exception:  # noqa: BLE001 - the application's objects may do anything
        return f"[{type(key).__name__}]"
