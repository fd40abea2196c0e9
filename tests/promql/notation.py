"""Series as the scripts write them: `http_requests{path="/foo"} 0+10x10 _ stale {{schema:0 count:1}}`."""

import re
from collections.abc import Iterator
from typing import Final

from spanglass_server.model.series import Labels, labels_of, stale_marker
from spanglass_server.promql.durations import parse_duration_ms
from spanglass_server.promql.quoting import unquote


class ScriptError(Exception):
    """A line that is not of the language."""


class NativeHistogram(str):
    """A native histogram, as written."""

    __slots__ = ()


Value = float | NativeHistogram | None
"""None: no point."""

_STRING: Final = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`'
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL: Final = re.compile(
    rf"\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_.:]*|{_STRING})\s*(?:=\s*(?P<value>{_STRING})\s*)?"
)
_NUMBER: Final = r"(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
_SEQUENCE: Final = re.compile(
    rf"(?P<first>[+-]?{_NUMBER}|stale|_)(?:(?P<by>[+-]{_NUMBER})?x(?P<more>\d+))?(?=\s|$)"
)
_HISTOGRAMS: Final = re.compile(r"(?P<first>\{\{.*?\}\})(?:[+-]\{\{.*?\}\})?(?:x(?P<more>\d+))?(?=\s|$)")


def parse_series(text: str) -> tuple[Labels, list[Value]]:
    """Raises ScriptError."""
    labels, at = _parse_labels(text)
    return labels, list(_parse_values(text[at:]))


def parse_labels(text: str) -> Labels:
    labels, at = _parse_labels(text)
    if text[at:].strip():
        raise ScriptError(f"{text!r} is no metric")
    return labels


def parse_number(text: str) -> float:
    """Raises ValueError."""
    return float(int(text, 16)) if text.lower().startswith("0x") else float(text)


def parse_time_ms(text: str) -> int:
    """Of `1h30m`, `-5m`, or plain seconds."""
    sign, size = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return sign * parse_duration_ms(size)
    except ValueError:
        pass
    try:
        return sign * round(float(size) * 1000)
    except ValueError:
        raise ScriptError(f"{text!r} is no time") from None


def _parse_labels(text: str) -> tuple[Labels, int]:
    pairs: dict[str, str] = {}
    name = _NAME.match(text)
    at = 0
    if name:
        pairs["__name__"], at = name.group(), name.end()
    if text[at:].lstrip().startswith("{") and not text[at:].lstrip().startswith("{{"):
        at = text.index("{", at) + 1
        while found := _LABEL.match(text, at):
            _take(pairs, found["name"], found["value"])
            at = found.end()
            if not text.startswith(",", at):
                break
            at += 1
        rest = text[at:].lstrip()
        if not rest.startswith("}"):
            raise ScriptError(f"{text!r}: labels do not end at {rest[:20]!r}")
        at = text.index("}", at) + 1
    elif not name:
        raise ScriptError(f"{text!r} begins with no metric")
    return labels_of(pairs), at


def _take(pairs: dict[str, str], name: str, value: str | None) -> None:
    name = unquote(name) if name[0] in "\"'`" else name
    if value is None:
        name, value = "__name__", name
    else:
        value = unquote(value)
    pairs[name] = value


def _parse_values(text: str) -> Iterator[Value]:
    text = text.strip()
    while text:
        found = _HISTOGRAMS.match(text) or _SEQUENCE.match(text)
        if found is None:
            raise ScriptError(f"no value at {text[:40]!r}")
        more = int(found["more"] or 0)
        if found.re is _HISTOGRAMS:
            yield from [NativeHistogram(found["first"])] * (more + 1)
        elif found["first"] == "_":
            yield from [None] * max(more, 1)
        else:
            yield from _expanded(found["first"], found["by"], more)
        text = text[found.end() :].lstrip()


def _expanded(first: str, by: str | None, more: int) -> Iterator[float]:
    value = stale_marker() if first == "stale" else float(first)
    yield value
    for _ in range(more):
        # Without a step the value is repeated: adding zero would lose the stale marker's bits.
        value = value + float(by) if by else value
        yield value
