"""Time intervals of the week, month and year, as Alertmanager means them (its package timeinterval)."""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spanglass_server.notify.yaml_section import Section

Range: TypeAlias = tuple[int, int]
"""First and last, both included; of times in minutes of the day the last is excluded."""

_DAYS: Final = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_TIME: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """A moment is in it where every part that is given holds it."""

    times: tuple[Range, ...] = ()
    weekdays: tuple[Range, ...] = ()
    """0 is Sunday."""
    days_of_month: tuple[Range, ...] = ()
    """Negative ones count from the month's end: -1 is its last day."""
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    zone: tzinfo = UTC

    def holds(self, time_ms: int) -> bool:
        moment = datetime.fromtimestamp(time_ms / 1000, self.zone)
        minute = moment.hour * 60 + moment.minute
        if self.times and not any(first <= minute < last for first, last in self.times):
            return False
        return (
            self._holds_day(moment)
            and _is_in(self.weekdays, _sunday_first(moment.weekday()))
            and _is_in(self.months, moment.month)
            and _is_in(self.years, moment.year)
        )

    def _holds_day(self, moment: datetime) -> bool:
        if not self.days_of_month:
            return True
        length = calendar.monthrange(moment.year, moment.month)[1]
        for first, last in self.days_of_month:
            begin = length + first + 1 if first < 0 else first
            end = length + last + 1 if last < 0 else last
            if max(begin, 1) <= moment.day <= min(end, length):
                return True
        return False


def parse_time_intervals(root: Section) -> Mapping[str, tuple[TimeInterval, ...]]:
    """Both of the top-level lists that name intervals."""
    found: dict[str, tuple[TimeInterval, ...]] = {}
    for key in ("time_intervals", "mute_time_intervals"):
        for section in root.sections(key, what="a time interval"):
            name = section.required_text("name")
            if name in found:
                section.fail(f"the time interval `{name}` stands twice", key="name")
            parts = section.sections("time_intervals", what="a time interval's part")
            found[name] = tuple(_parse_interval(part) for part in parts)
            section.finish()
    return found


def _parse_interval(section: Section) -> TimeInterval:
    times = tuple(_parse_times(part) for part in section.sections("times", what="a time range"))
    interval = TimeInterval(
        times=times,
        weekdays=_ranges(section, "weekdays", _weekday),
        days_of_month=_ranges(section, "days_of_month", _day_of_month),
        months=_ranges(section, "months", _month),
        years=_ranges(section, "years", _year),
        zone=_zone(section),
    )
    section.finish()
    return interval


def _parse_times(section: Section) -> Range:
    first, last = (
        section.parsed(key, section.required_text(key), _minutes) for key in ("start_time", "end_time")
    )
    if first >= last:
        section.fail(
            "`start_time` is not before `end_time`", key="end_time", hint="give two ranges around midnight"
        )
    section.finish()
    return first, last


def _zone(section: Section) -> tzinfo:
    name = section.text("location", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        section.fail(f"`{name}` is not a time zone", key="location", hint="write one such as Europe/Berlin")


def _ranges(section: Section, key: str, parse: "_Parse") -> tuple[Range, ...]:
    def parse_range(text: str) -> Range:
        first, colon, last = text.lower().partition(":")
        begin = parse(first.strip())
        end = parse(last.strip()) if colon else begin
        if begin > end and (begin < 0) == (end < 0):
            raise ValueError(f"`{text}` ends before it begins")
        return begin, end

    return tuple(section.parsed(key, text, parse_range) for text in section.texts(key))


class _Parse:
    def __init__(self, names: Mapping[str, int], allowed: Sequence[range], what: str) -> None:
        self._names = names
        self._allowed = allowed
        self._what = what

    def __call__(self, text: str) -> int:
        if text in self._names:
            return self._names[text]
        if re.fullmatch(r"-?\d{1,4}", text) and any(int(text) in numbers for numbers in self._allowed):
            return int(text)
        raise ValueError(f"`{text}` is not {self._what}")


_SUNDAY_FIRST: Final = {name: (number + 1) % 7 for name, number in _DAYS.items()}
_weekday: Final = _Parse(_SUNDAY_FIRST, (), "a day of the week")
_month: Final = _Parse(_MONTHS, (range(1, 13),), "a month")
_day_of_month: Final = _Parse({}, (range(1, 32), range(-31, 0)), "a day of the month (1 to 31, -31 to -1)")
_year: Final = _Parse({}, (range(0, 10_000),), "a year")


def _sunday_first(weekday: int) -> int:
    """Alertmanager counts from Sunday, so `sunday:tuesday` is a range and `saturday:sunday` is none."""
    return (weekday + 1) % 7


def _minutes(text: str) -> int:
    found = _TIME.match(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else 1441
    if minutes > 1440:
        raise ValueError(f"`{text}` is not a time from 00:00 to 24:00; put it in quotes")
    return minutes


def _is_in(ranges: tuple[Range, ...], number: int) -> bool:
    return not ranges or any(first <= number <= last for first, last in ranges)
