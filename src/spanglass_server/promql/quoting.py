"""Go's string literals, as PromQL has them."""

import re
from typing import Final

_PLAIN_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
_PLAIN_METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
_ESCAPE: Final = re.compile(
    rb"\\(?:(?P<simple>[abfnrtv\\'\"])|x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    rb"|u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8})|(?P<bad>.?))",
    re.DOTALL,
)
_SIMPLE: Final = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
    b"'": b"'",
    b'"': b'"',
}
_NAMED: Final = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def quote(text: str) -> str:
    """As Go's %q: `"a\\nb"`."""
    return '"' + "".join(map(_quote_character, text)) + '"'


def unquote(literal: str) -> str:
    """The value of a literal, quotes included in it. Raises ValueError, which tells what is wrong."""
    if literal[0] == "`":
        return literal[1:-1]
    body = literal[1:-1].encode("utf-8", "surrogateescape")
    other_quote = b"'" if literal[0] == '"' else b'"'
    return _ESCAPE.sub(lambda found: _unescape(found, other_quote), body).decode("utf-8", "surrogateescape")


def as_text(value: str) -> str:
    """The value of a literal whose bytes that are no UTF-8 became U+FFFD: no label has them, JSON neither."""
    return value.encode(errors="surrogateescape").decode(errors="replace")


def is_plain_label(name: str) -> bool:
    """Whether it needs no quotes as a label's name."""
    return bool(_PLAIN_NAME.match(name))


def is_plain_metric(name: str) -> bool:
    return bool(_PLAIN_METRIC.match(name))


def is_label_name(name: str) -> bool:
    """Whether it may be one at all: any text that is not empty and is UTF-8."""
    return bool(name) and not any("\udc80" <= character <= "\udcff" for character in name)


def _unescape(found: re.Match[bytes], other_quote: bytes) -> bytes:
    if (bad := found["bad"]) is not None or found["simple"] == other_quote:
        character = (bad if bad is not None else other_quote).decode("utf-8", "replace")
        raise ValueError(
            f"unknown escape sequence U+{ord(character):04X} {character!r}"
            if character
            else "escape sequence not terminated"
        )
    if simple := found["simple"]:
        return _SIMPLE[simple]
    if hexadecimal := found["hex"]:
        return bytes([int(hexadecimal, 16)])
    if octal := found["octal"]:
        return bytes([int(octal, 8)])
    point = int(found["four"] or found["eight"], 16)
    if point > 0x10FFFF or 0xD800 <= point < 0xE000:
        raise ValueError("escape sequence is an invalid Unicode code point")
    return chr(point).encode()


def _quote_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in _NAMED:
        return _NAMED[character]
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    if character.isprintable():
        return character
    if point < 0x80:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
