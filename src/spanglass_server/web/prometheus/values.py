"""Numbers, times and durations as Prometheus reads and writes them."""

import json
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import numpy as np
import orjson

from spanglass_server.model.series import Times, Values

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,](\d+))?(?:Z|[+-]\d\d:\d\d)\Z")
_DURATION: Final = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\Z", re.ASCII
)
_UNITS_MS: Final = (365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_TIME_MS_MAX: Final = (1 << 63) // 1_000_000
"""Beyond it nanoseconds do not fit 64 bits: the year 2262."""
_ENDS_OF_TIME: Final = {
    "-292273086-05-16T16:47:06Z": -_TIME_MS_MAX,
    "+292277025-08-18T07:12:54.999999999Z": _TIME_MS_MAX,
}
"""How Prometheus writes its least and greatest time, which clients send to ask for everything."""


def parse_time_ms(text: str) -> int | None:
    """Unix seconds with fractions, RFC 3339, or Prometheus' ends of time; None for what is none of them."""
    if text in _ENDS_OF_TIME:
        return _ENDS_OF_TIME[text]
    if _NUMBER.match(text):
        seconds = float(text)
        if not math.isfinite(seconds) or abs(seconds) * 1_000 > _TIME_MS_MAX:
            return None
        return round(seconds * 1_000)
    found = _RFC3339.match(text)
    if not found:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"[.,]\d+", "", text.replace("Z", "+00:00")))
    except ValueError:
        return None
    return round(moment.astimezone(UTC).timestamp()) * 1_000 + int((found[1] or "0").ljust(3, "0")[:3])


def parse_duration_ms(text: str) -> float | None:
    """Seconds with fractions, or a duration such as `1h30m`, in ms; None for what is neither."""
    if _NUMBER.match(text):
        seconds = float(text)
        return seconds * 1_000 if abs(seconds) * 1_000 <= _TIME_MS_MAX else None
    found = _DURATION.match(text)
    if not found or not text:
        return None
    duration_ms = sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS_MS, strict=True))
    return duration_ms if duration_ms <= _TIME_MS_MAX else None


def time_text(time_ms: int) -> str:
    """Seconds, with three digits of fraction where there is one."""
    seconds, rest = divmod(abs(time_ms), 1_000)
    sign = "-" if time_ms < 0 else ""
    return f"{sign}{seconds}.{rest:03d}" if rest else f"{sign}{seconds}"


def value_text(value: float) -> str:
    """As Go's shortest formatting writes it, with an exponent below 1e-6 and from 1e21 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" not in text:
        return text.removesuffix(".0")
    if value and not 1e-6 <= abs(value) < 1e21:
        return text
    mantissa, _, exponent = text.lstrip("-").partition("e")
    digits, places = mantissa.replace(".", ""), int(exponent)
    shown = f"0.{'0' * (-places - 1)}{digits}" if places < 0 else digits.ljust(places + 1, "0")
    return f"-{shown}" if value < 0 else shown


def value_texts(values: Values) -> list[str]:
    """`value_text` of each, for many."""
    if not len(values):
        return []
    shown = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    texts = (shown[1:-1] + b",").replace(b".0,", b",")[:-1].decode().split(",")
    magnitudes = np.abs(values)
    is_alike = (magnitudes == 0) | ((magnitudes >= 1e-5) & (magnitudes < 1e15))
    for index in np.flatnonzero(~is_alike).tolist():
        texts[index] = value_text(float(values[index]))
    return texts


def time_texts(times_ms: Times) -> list[str]:
    """`time_text` of each, for many."""
    if (times_ms % 1_000).any():
        return [time_text(time_ms) for time_ms in times_ms.tolist()]
    return [str(seconds) for seconds in (times_ms // 1_000).tolist()]


def json_text(value: str | dict[str, str]) -> str:
    """JSON. Bytes that an expression wrote and that are no UTF-8 come out as the replacement character."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return (
            json.dumps(value, ensure_ascii=False)
            .encode("utf-8", "surrogateescape")
            .decode("utf-8", "replace")
        )


def exponent_text(value: float) -> str:
    """With an exponent always, as Prometheus tells the values of alerts."""
    if not math.isfinite(value):
        return value_text(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    return f"{mantissa}e{exponent[:1]}{exponent[1:]:0>2}"


def rfc3339_text(time_ms: int) -> str:
    """UTC; of 0, which stands for never, Go's zero time."""
    if time_ms == 0:
        return "0001-01-01T00:00:00Z"
    seconds, rest = divmod(time_ms, 1_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:03d}".rstrip("0").rstrip(".") + "Z" if rest else f"{text}Z"
