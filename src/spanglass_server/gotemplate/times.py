"""Go's times, in UTC: how they print, and `Format` with Go's layouts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from spanglass_server.gotemplate.errors import TemplateFailed
from spanglass_server.gotemplate.values import Function, Record

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS: Final = 1_000_000_000
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_LAYOUT: Final = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|__2|002|01|02|03|04|05|06|15|PM|pm|_2|[.,]0+(?!\d)|[.,]9+(?!\d)"
    r"|[Z-]07:00:00|[Z-]07:00|[Z-]0700|[Z-]07|1|2|3|4|5"
)


def nanoseconds_of(seconds: float) -> int:
    """Of the shortest decimal that is this number, so that 0.128 is 128 ms."""
    return int(Decimal(repr(seconds)) * _SECOND_NS)


def time_record(time_ns: int, *, is_zero: bool = False) -> Record:
    """A time since the epoch. `is_zero`: Go's zero time, which is the first second of the year 1."""
    moment, rest_ns = (datetime(1, 1, 1, tzinfo=UTC), 0) if is_zero else _split(time_ns)
    return Record(
        type_name="time.Time",
        methods=_methods(moment, rest_ns, time_ns, is_zero=is_zero),
        text=f"{moment:%Y-%m-%d %H:%M:%S}{_fraction(rest_ns)} +0000 UTC"
        if moment.year >= 1000
        else f"{moment.year:04d}-{moment:%m-%d %H:%M:%S} +0000 UTC",
    )


def format_time(time_ns: int, layout: str) -> str:
    """Go's `Format`, with layouts such as `2006-01-02T15:04:05Z07:00`. Raises TemplateFailed."""
    moment, rest_ns = _split(time_ns)
    return _format(moment, rest_ns, layout)


def _split(time_ns: int) -> tuple[datetime, int]:
    seconds, rest_ns = divmod(time_ns, _SECOND_NS)
    try:
        return _EPOCH + timedelta(seconds=seconds), rest_ns
    except OverflowError:
        raise TemplateFailed(f"{time_ns} ns is beyond the times that can be shown") from None


def _methods(moment: datetime, rest_ns: int, time_ns: int, *, is_zero: bool) -> Mapping[str, Function]:
    def formatted(layout: object) -> str:
        if not isinstance(layout, str):
            raise TemplateFailed("Format takes a layout such as 2006-01-02")
        return _format(moment, rest_ns, layout)

    def same() -> Record:
        return time_record(time_ns, is_zero=is_zero)

    return {
        "Day": lambda: moment.day,
        "Format": formatted,
        "Hour": lambda: moment.hour,
        "IsZero": lambda: is_zero,
        "Local": same,
        "Minute": lambda: moment.minute,
        "Month": lambda: _MONTHS[moment.month - 1],
        "Second": lambda: moment.second,
        "String": lambda: _format(moment, rest_ns, "2006-01-02 15:04:05.999999999 -0700 MST"),
        "UTC": same,
        "Unix": lambda: time_ns // _SECOND_NS,
        "UnixMilli": lambda: time_ns // 1_000_000,
        "UnixNano": lambda: time_ns,
        "Weekday": lambda: _DAYS[moment.weekday()],
        "Year": lambda: moment.year,
    }


def _format(moment: datetime, rest_ns: int, layout: str) -> str:
    return _LAYOUT.sub(lambda part: _part(moment, rest_ns, part.group()), layout)


def _part(moment: datetime, rest_ns: int, part: str) -> str:
    if part[0] in ".,":
        digits = f"{rest_ns:09d}"[: len(part) - 1].ljust(len(part) - 1, "0")
        shown = digits.rstrip("0") if part[1] == "9" else digits
        return part[0] + shown if shown else ""
    if part[0] in "Z-" and part[1:3] == "07":
        return "Z" if part[0] == "Z" else "+" + part[1:].replace("7", "0")
    hour = moment.hour % 12 or 12
    texts = {
        "January": _MONTHS[moment.month - 1],
        "Jan": _MONTHS[moment.month - 1][:3],
        "Monday": _DAYS[moment.weekday()],
        "Mon": _DAYS[moment.weekday()][:3],
        "MST": "UTC",
        "2006": f"{moment.year:04d}",
        "06": f"{moment.year % 100:02d}",
        "002": f"{moment.timetuple().tm_yday:03d}",
        "__2": f"{moment.timetuple().tm_yday:3d}",
        "01": f"{moment.month:02d}",
        "1": f"{moment.month}",
        "02": f"{moment.day:02d}",
        "_2": f"{moment.day:2d}",
        "2": f"{moment.day}",
        "15": f"{moment.hour:02d}",
        "03": f"{hour:02d}",
        "3": f"{hour}",
        "04": f"{moment.minute:02d}",
        "4": f"{moment.minute}",
        "05": f"{moment.second:02d}",
        "5": f"{moment.second}",
        "PM": "AM" if moment.hour < 12 else "PM",
        "pm": "am" if moment.hour < 12 else "pm",
    }
    return texts[part]


def _fraction(rest_ns: int) -> str:
    digits = f"{rest_ns:09d}".rstrip("0")
    return f".{digits}" if digits else ""
