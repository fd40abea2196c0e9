"""Severities of log records: OpenTelemetry's numbers 1 to 24, in six classes of four."""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

Severity: TypeAlias = Literal["trace", "debug", "info", "warn", "error", "fatal"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""In order, from the least severe."""

_CLASS_SIZE: Final = 4
_SEVERITY_NUMBER_MAX: Final = _CLASS_SIZE * len(SEVERITIES)

_NAMED: Final[Mapping[str, int]] = {
    **{severity: index * _CLASS_SIZE + 1 for index, severity in enumerate(SEVERITIES)},
    "finest": 1,
    "verbose": 1,
    "finer": 2,
    "fine": 5,
    "dbg": 5,
    "information": 9,
    "informational": 9,
    "notice": 10,
    "success": 10,
    "warning": 13,
    "err": 17,
    "severe": 17,
    "exception": 17,
    "critical": 21,
    "crit": 21,
    "alert": 22,
    "emergency": 24,
    "emerg": 24,
    "panic": 24,
    **dict(zip("tdiwef", range(1, _SEVERITY_NUMBER_MAX, _CLASS_SIZE), strict=True)),
}
"""Words of the standard library, structlog, java.util.logging, syslog, zap, zerolog and glog."""

_NUMBERED = re.compile(r"(trace|debug|info|warn|error|fatal)([1-4])\Z")


def severity_of(number: int) -> Severity | None:
    """None for 0, which says that the severity is unknown, and for what is no severity number."""
    return SEVERITIES[(number - 1) // _CLASS_SIZE] if is_severity_number(number) else None


def is_severity_number(number: int) -> bool:
    return 1 <= number <= _SEVERITY_NUMBER_MAX


def severity_numbers(severity: Severity) -> tuple[int, int]:
    """The first and the last number of the class: `error` is 17 to 20."""
    first = SEVERITIES.index(severity) * _CLASS_SIZE + 1
    return first, first + _CLASS_SIZE - 1


def severity_named(word: str) -> int:
    """The number that a logger's word means, `WARNING` or `error2`; 0 for a word that means none."""
    word = word.strip().lower()
    if numbered := _NUMBERED.match(word):
        return _NAMED[numbered[1]] + int(numbered[2]) - 1
    return _NAMED.get(word, 0)
