"""PromQL's durations: `1h30m`, `90s`, `1.5` (seconds)."""

import re
from typing import Final

_UNITS_MS: Final = (
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
_DURATION: Final = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit, _ in _UNITS_MS) + r"\Z")
_DURATION_MS_MAX: Final = (1 << 63) // 1_000_000 - 1
"""Prometheus counts durations in 64 bits of nanoseconds."""


def parse_duration_ms(text: str) -> int:
    """Milliseconds of `1h30m`. Raises ValueError in Prometheus' words."""
    found = _DURATION.match(text)
    if not text or found is None:
        raise ValueError(f'not a valid duration string: "{text}"')
    duration_ms = sum(int(found[unit] or 0) * unit_ms for unit, unit_ms in _UNITS_MS)
    if duration_ms > _DURATION_MS_MAX:
        raise ValueError("duration out of range")
    return duration_ms


def seconds_to_ms(seconds: float) -> int:
    """As Prometheus takes a number for a duration: cut to milliseconds. Raises ValueError."""
    if not abs(seconds) * 1000 <= _DURATION_MS_MAX:
        raise ValueError("duration out of range")
    return int(seconds * 1000)


def format_duration_ms(duration_ms: int) -> str:
    """`1h30m`, as Prometheus writes it: years and weeks only where nothing is left over."""
    if duration_ms == 0:
        return "0s"
    if duration_ms < 0:
        return "-" + format_duration_ms(-duration_ms)
    for unit, unit_ms in _UNITS_MS[:2]:
        if duration_ms % unit_ms == 0:
            return f"{duration_ms // unit_ms}{unit}"
    parts = []
    for unit, unit_ms in _UNITS_MS[2:]:
        count, duration_ms = divmod(duration_ms, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
