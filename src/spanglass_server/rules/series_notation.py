"""The series notation of Prometheus' rule tests: `up{job="api"} 0 1+2x3 _x2 stale`.

`axn` is a and n more of it; `a+bxn` is a and n more, each b higher than the one before; `_` is no sample and
`_xn` n times none; `stale` is a stale marker. Source: Prometheus' documentation, "Unit testing for rules".
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.series import METRIC_NAME, Labels, Series, labels_of, stale_marker
from spanglass_server.promql.errors import Unsupported

SAMPLES_MAX: Final = 5_000_000
"""Of one series; a count of repetitions can be written very large."""

_NUMBER: Final = r"(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
_VALUE: Final = re.compile(
    rf"(?P<first>[+-]?{_NUMBER}|stale)(?:(?P<change>[+-]{_NUMBER})?x(?P<times>\d+))?(?=\s|$)"
)
_NONE: Final = re.compile(r"_(?:x(?P<times>\d+))?(?=\s|$)")
_SPACE: Final = re.compile(r"\s*")
_METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))"
)
_CONTROL: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse_series(text: str) -> tuple[Labels, Sequence[float | None]]:
    """The label set and its values, one a step; None where there is no sample. Raises QueryInvalid with the
    column, and Unsupported for native histograms."""
    labels, position = _parse_labels(text)
    return labels, list(_parse_values(text, position))


def parse_labels(text: str) -> Labels:
    """A metric alone: `up{job="api"}`, `{job="api"}`, `{"dotted.name", job="api"}`. Raises QueryInvalid."""
    labels, position = _parse_labels(text)
    position = _skip(text, position)
    if position != len(text):
        raise _unexpected(text, position, "the end")
    return labels


def to_series(labels: Labels, values: Sequence[float | None], *, start_ms: int, interval_ms: int) -> Series:
    """With the first value at `start_ms` and the others at intervals after it."""
    kept = [index for index, value in enumerate(values) if value is not None]
    times_ms = np.array(kept, np.int64) * interval_ms + start_ms
    return Series(labels, times_ms, np.array([values[index] for index in kept], np.float64))


def _parse_labels(text: str) -> tuple[Labels, int]:
    pairs: dict[str, str] = {}
    position = _skip(text, 0)
    if name := _METRIC.match(text, position):
        pairs[METRIC_NAME] = name.group()
        position = _skip(text, name.end())
    if text.startswith("{", position) and not text.startswith("{{", position):
        position = _parse_pairs(text, position + 1, pairs)
    elif not pairs:
        raise _unexpected(text, position, "a metric")
    return labels_of(pairs), position


def _parse_pairs(text: str, position: int, pairs: dict[str, str]) -> int:
    position = _skip(text, position)
    while not text.startswith("}", position):
        position = _skip(text, _parse_pair(text, position, pairs))
        if text.startswith(",", position):
            position = _skip(text, position + 1)
        elif not text.startswith("}", position):
            raise _unexpected(text, position, "`,` or `}`")
    return position + 1


def _parse_pair(text: str, position: int, pairs: dict[str, str]) -> int:
    begin = position
    name, position = _parse_name(text, position)
    after = _skip(text, position)
    if not text.startswith("=", after):
        if METRIC_NAME in pairs:
            raise _unexpected(text, after, "`=`")
        pairs[METRIC_NAME] = name
        return position
    if name in pairs:
        raise QueryInvalid(f"the label `{name}` is there twice", column=begin + 1)
    start = _skip(text, after + 1)
    value = _STRING.match(text, start)
    if value is None:
        raise _unexpected(text, start, "a string")
    pairs[name] = _unquote(value.group())
    return value.end()


def _parse_name(text: str, position: int) -> tuple[str, int]:
    if quoted := _STRING.match(text, position):
        return _unquote(quoted.group()), quoted.end()
    if bare := _LABEL.match(text, position):
        return bare.group(), bare.end()
    raise _unexpected(text, position, "a label's name")


def _parse_values(text: str, position: int) -> Iterator[float | None]:
    position = _skip(text, position)
    count = 0
    while position < len(text):
        item = _NONE.match(text, position) or _VALUE.match(text, position)
        if item is None:
            raise _bad_value(text, position)
        times = int(item["times"] or 0)
        count += times + 1
        if count > SAMPLES_MAX:
            raise QueryInvalid(f"a series has more than {SAMPLES_MAX:,} samples", column=position + 1)
        if item.re is _NONE:
            yield from (None for _ in range(times if item["times"] else 1))
        else:
            yield from _expand(item["first"], item["change"], times)
        position = _skip(text, item.end())


def _expand(first: str, change: str | None, times: int) -> Iterator[float]:
    value = stale_marker() if first == "stale" else float(first)
    step = float(change) if change else 0.0
    yield value
    for _ in range(times):
        if change:
            value += step
        yield value


def _bad_value(text: str, position: int) -> QueryInvalid:
    if text.startswith("{{", position):
        return Unsupported("native histograms are experimental in Prometheus and are not supported")
    return _unexpected(text, position, "a value such as `1`, `0+1x10`, `_`, `_x3` or `stale`")


def _unexpected(text: str, position: int, expected: str) -> QueryInvalid:
    word = text[position:].split(maxsplit=1)
    found = f"`{word[0][:40]}`" if word else "the end"
    return QueryInvalid(
        f"cannot read the series at column {position + 1}: expected {expected}, found {found}",
        column=position + 1,
    )


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    assert space is not None
    return space.end()


def _unquote(text: str) -> str:
    return text[1:-1] if text[0] == "`" else _ESCAPE.sub(_unescape, text[1:-1])


def _unescape(escape: re.Match[str]) -> str:
    short, byte, octal, four, eight, other = escape.groups()
    if short:
        return _CONTROL.get(short, short)
    if other:
        raise QueryInvalid(f"`\\{other}` is no escape of a string")
    code = int(octal, 8) if octal else int(byte or four or eight, 16)
    if code > 0x10FFFF:
        raise QueryInvalid(f"`{escape.group()}` is no character")
    return chr(code)
