"""Budgets reckoned from spending by the hour."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from spanglass_server.model.budget import Budget, BudgetPeriod
from spanglass_server.rules.budgets import (
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    WEEK_NS,
    BudgetStatus,
    Spending,
    assess,
    find_bounds,
)


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND_NS


def shown(time_ns: int | None) -> str:
    assert time_ns is not None
    return datetime.fromtimestamp(time_ns / SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M")


def budget(period: BudgetPeriod = "day", amount_usd: float = 24.0, time_zone: str = "UTC") -> Budget:
    return Budget("b", "project", "", period, amount_usd, time_zone, 0, 0)


def evenly(from_ns: int, to_ns: int, usd_an_hour: float) -> dict[int, float]:
    return dict.fromkeys(range(from_ns, to_ns, HOUR_NS), usd_an_hour)


def reckon(
    hours: dict[int, float],
    now: str,
    *,
    of: Budget | None = None,
    since: str = "",
    minutes: dict[int, float] | None = None,
) -> BudgetStatus:
    spending = Spending(
        hours=hours, minutes=minutes or {}, since_ns=at(since) if since else min(hours, default=None)
    )
    return assess(of or budget(), spending, at(now))


@pytest.mark.parametrize(
    ("period", "zone", "now", "start", "hours"),
    [
        ("day", "UTC", "2026-11-23T15:00", "2026-11-23 00:00", 24),
        ("day", "Asia/Seoul", "2026-11-23T15:00", "2026-11-23 15:00", 24),
        ("day", "Asia/Kolkata", "2026-11-23T15:00", "2026-11-22 18:30", 24),
        ("day", "Europe/Berlin", "2026-10-25T12:00", "2026-10-24 22:00", 25),
        ("day", "Europe/Berlin", "2026-03-29T12:00", "2026-03-28 23:00", 23),
        ("month", "UTC", "2026-02-28T23:59", "2026-02-01 00:00", 28 * 24),
        ("month", "UTC", "2026-12-31T23:59", "2026-12-01 00:00", 31 * 24),
        ("month", "Europe/Berlin", "2026-10-31T12:00", "2026-09-30 22:00", 31 * 24 + 1),
    ],
)
def test_periods_follow_the_calendar_of_their_zone(
    period: BudgetPeriod, zone: str, now: str, start: str, hours: int
) -> None:
    bounds = find_bounds(period, zone, at(now))
    assert shown(bounds.start_ns) == start
    assert bounds.end_ns - bounds.start_ns == hours * HOUR_NS


def test_what_was_spent_before_the_period_is_not_of_it() -> None:
    hours = evenly(at("2026-11-22T00:00"), at("2026-11-23T06:00"), 2.0)
    status = reckon(hours, "2026-11-23T06:00")
    assert status.spent_usd == pytest.approx(12)
    assert status.used_ratio == pytest.approx(0.5)


def test_without_a_week_of_history_the_forecast_is_linear() -> None:
    hours = evenly(at("2026-11-23T00:00"), at("2026-11-23T06:00"), 2.0)
    status = reckon(hours, "2026-11-23T06:00", since="2026-11-20T00:00")
    assert status.forecast_basis == "linear"
    assert status.forecast_usd == pytest.approx(48)
    assert shown(status.exhausted_at_ns) == "2026-11-23 12:00"


def test_a_new_project_is_reckoned_from_its_first_span() -> None:
    hours = evenly(at("2026-11-23T18:00"), at("2026-11-23T20:00"), 1.0)
    status = reckon(hours, "2026-11-23T20:00")
    assert status.forecast_usd == pytest.approx(2 + 4)


def test_nothing_is_foretold_when_nothing_is_known() -> None:
    status = reckon({at("2026-11-23T00:00"): 1.0}, "2026-11-23T00:10", since="2026-11-20T00:00")
    assert (status.forecast_usd, status.forecast_basis, status.exhausted_at_ns) == (None, "none", None)
    nothing = reckon({}, "2026-11-23T12:00")
    assert (nothing.spent_usd, nothing.forecast_usd) == (0, 0)


def office_hours(weeks: int, until: str) -> dict[int, float]:
    """$10 an hour from 9 to 17 on weekdays."""
    end = at(until)
    hours = range(end - weeks * WEEK_NS, end, HOUR_NS)
    moments = {hour: datetime.fromtimestamp(hour / SECOND_NS, UTC) for hour in hours}
    return {hour: 10.0 for hour, moment in moments.items() if moment.weekday() < 5 and 9 <= moment.hour < 17}


def test_with_history_nights_and_weekends_are_cheap_in_advance() -> None:
    # Monday noon: three of eight office hours are over. A line from midnight would say 60.
    status = reckon(office_hours(4, "2026-11-23T12:00"), "2026-11-23T12:00", since="2026-10-01T00:00")
    assert status.forecast_basis == "profile"
    assert status.spent_usd == pytest.approx(30)
    assert status.forecast_usd == pytest.approx(80)
    # Friday's month holds 21 working days, though a line would count weekends.
    month = budget("month", 2000.0)
    status = reckon(
        office_hours(4, "2026-11-20T00:00"), "2026-11-20T00:00", of=month, since="2026-10-01T00:00"
    )
    assert status.forecast_usd == pytest.approx(21 * 80)


def test_a_period_that_spends_twice_the_usual_is_expected_to_go_on_so() -> None:
    hours = office_hours(4, "2026-11-23T00:00")
    hours |= {at("2026-11-23T09:00") + hour * HOUR_NS: 20.0 for hour in range(4)}
    status = reckon(hours, "2026-11-23T13:00", since="2026-10-01T00:00")
    assert status.spent_usd == pytest.approx(80)
    # Between what is usual and twice that: four hours weigh more than the eighth of a day beside them.
    assert status.forecast_usd is not None
    assert 80 + 60 < status.forecast_usd < 80 + 80


def test_one_dear_hour_after_midnight_does_not_multiply_the_day() -> None:
    hours = evenly(at("2026-10-26T00:00"), at("2026-11-23T00:00"), 1.0)
    hours[at("2026-11-23T00:00")] = 5.0
    status = reckon(hours, "2026-11-23T01:00")
    assert status.forecast_usd is not None
    assert status.forecast_usd < 24 * 2.5


def test_exhaustion_is_foretold_within_the_hour() -> None:
    # $10 an hour in office hours; $45 is reached half way through the fifth of them.
    status = reckon(
        office_hours(4, "2026-11-23T09:00"), "2026-11-23T09:00", of=budget(amount_usd=45.0),
        since="2026-10-01T00:00",
    )  # fmt: skip
    assert shown(status.exhausted_at_ns) == "2026-11-23 13:30"


def test_a_budget_that_lasts_has_no_end() -> None:
    hours = evenly(at("2026-11-23T00:00"), at("2026-11-23T06:00"), 0.5)
    status = reckon(hours, "2026-11-23T06:00", since="2026-11-20T00:00")
    assert status.exhausted_at_ns is None


def test_a_spent_budget_tells_when_that_was() -> None:
    hours = evenly(at("2026-11-23T00:00"), at("2026-11-23T06:00"), 10.0)
    status = reckon(hours, "2026-11-23T06:00")
    assert shown(status.exhausted_at_ns) == "2026-11-23 02:24"


def test_a_day_that_begins_within_an_hour_counts_its_first_part() -> None:
    kolkata = budget(time_zone="Asia/Kolkata")
    hours = {at("2026-11-22T18:00"): 8.0, at("2026-11-22T19:00"): 1.0}
    spending = Spending(hours=hours, minutes={}, before_first_hour=3.0, since_ns=at("2026-11-20T00:00"))
    status = assess(kolkata, spending, at("2026-11-23T15:00"))
    assert status.spent_usd == pytest.approx(4)


def test_burn_rates_are_told_by_the_minute_for_the_last_hour() -> None:
    now = at("2026-11-23T12:30")
    minutes = {now - 2 * MINUTE_NS: 1.0, now - 50 * MINUTE_NS: 3.0}
    hours = {at("2026-11-23T12:00"): 1.0, at("2026-11-23T11:00"): 3.0, at("2026-11-23T06:00"): 4.0}
    status = reckon(hours, "2026-11-23T12:30", minutes=minutes, since="2026-11-20T00:00")
    # $24 a day is $1 an hour. Six hours ago was 06:30, so half of that hour counts.
    assert status.burn_rates == pytest.approx({"5m": 12.0, "1h": 4.0, "6h": (4 + 2) / 6, "1d": 8 / 24})


def test_a_rate_of_one_spends_the_amount_in_one_period() -> None:
    hours = evenly(at("2026-11-22T00:00"), at("2026-11-23T12:00"), 1.0)
    assert reckon(hours, "2026-11-23T12:00").burn_rates["1d"] == pytest.approx(1.0)
