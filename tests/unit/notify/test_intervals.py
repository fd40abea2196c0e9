"""Time intervals: a moment is in them or not."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from spanglass_server.base.errors import BadInput
from spanglass_server.notify.intervals import parse_time_intervals
from spanglass_server.notify.yaml_section import Section, compose


def _holds(part: dict[str, object], moment: str, zone: str = "UTC") -> bool:
    text = yaml.safe_dump({"time_intervals": [{"name": "x", "time_intervals": [part]}]})
    tree = compose(text)
    assert tree is not None
    (interval,) = parse_time_intervals(Section(tree, what="it"))["x"]
    time = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    return interval.holds(int(time.timestamp() * 1000))


_NIGHT = {
    "times": [{"start_time": "22:00", "end_time": "24:00"}, {"start_time": "00:00", "end_time": "06:00"}]
}


@pytest.mark.parametrize(
    ("part", "moment", "expected"),
    [
        (_NIGHT, "2026-01-05T22:00", True),
        (_NIGHT, "2026-01-05T23:59", True),
        (_NIGHT, "2026-01-05T05:59", True),
        (_NIGHT, "2026-01-05T06:00", False),
        ({"weekdays": ["monday:friday"]}, "2026-01-05T12:00", True),
        ({"weekdays": ["monday:friday"]}, "2026-01-04T12:00", False),
        ({"weekdays": ["Saturday", "sunday"]}, "2026-01-04T12:00", True),
        ({"weekdays": ["sunday:tuesday"]}, "2026-01-06T12:00", True),
        ({"days_of_month": ["1:5"]}, "2026-01-05T12:00", True),
        ({"days_of_month": ["-3:-1"]}, "2026-02-26T12:00", True),
        ({"days_of_month": ["-3:-1"]}, "2026-02-25T12:00", False),
        ({"days_of_month": ["-1"]}, "2024-02-29T12:00", True),
        ({"days_of_month": ["31"]}, "2026-02-28T12:00", False),
        ({"days_of_month": ["15:-1"]}, "2026-01-31T12:00", True),
        ({"months": ["december", "1:2"]}, "2026-02-25T12:00", True),
        ({"months": ["december", "1:2"]}, "2026-03-25T12:00", False),
        ({"years": ["2020:2025", "2027"]}, "2026-02-25T12:00", False),
        ({"weekdays": ["monday"], "months": ["february"]}, "2026-01-05T12:00", False),
        ({}, "2026-01-05T12:00", True),
    ],
)
def test_a_moment_is_in_an_interval_or_not(part: dict[str, object], moment: str, expected: bool) -> None:
    assert _holds(part, moment) is expected


def test_times_are_of_the_intervals_own_zone() -> None:
    part = {"times": [{"start_time": "09:00", "end_time": "17:00"}], "location": "Asia/Seoul"}
    assert _holds(part, "2026-07-01T09:00", "Asia/Seoul")
    assert not _holds(part, "2026-07-01T09:00", "UTC")


@pytest.mark.parametrize(
    "part",
    [
        {"times": [{"start_time": "22:00", "end_time": "06:00"}]},
        {"times": [{"start_time": "9:00", "end_time": "10:00"}]},
        {"times": [{"start_time": "09:00", "end_time": "24:01"}]},
        {"times": [{"start_time": "09:00"}]},
        {"weekdays": ["saturday:sunday"]},
        {"weekdays": ["someday"]},
        {"days_of_month": ["0"]},
        {"days_of_month": ["5:1"]},
        {"months": ["13"]},
        {"location": "Mars/Olympus"},
        {"location": "../../etc/passwd"},
        {"time": []},
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(part: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"^line \d+: "):
        _holds(part, "2026-01-05T12:00")
