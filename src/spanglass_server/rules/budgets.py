"""Budgets reckoned: when a period begins and ends, what was spent in it, and what it will come to. Pure.

Money is in USD, times are nanoseconds. What was spent comes as sums by the hour (`Spending`), cut at the
period's start where that is not a full hour in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spanglass_server.base.errors import Misconfigured
from spanglass_server.model.budget import Budget, BudgetPeriod

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS
WEEK_NS: Final = 7 * DAY_NS

HISTORY_WEEKS: Final = 4
_LINEAR_FRACTION_MIN: Final = 0.02
"""Of the period: before it, what was spent so far says nothing of the rest."""
_LEVEL_DAYS: Final[Mapping[BudgetPeriod, float]] = {"day": 0.125, "month": 2.0}
"""Days of usual spending that the profile weighs against what this period spent so far: one dear hour after
midnight does not multiply the whole day."""

BURN_WINDOWS: Final[Mapping[str, int]] = {
    "5m": 5 * MINUTE_NS,
    "1h": HOUR_NS,
    "6h": 6 * HOUR_NS,
    "1d": DAY_NS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """One period: start_ns <= t < end_ns."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What one budget's calls cost."""

    hours: Mapping[int, float]
    """By the hour's start in UTC; hours without cost may be absent."""
    minutes: Mapping[int, float]
    """The last hours once more, by the minute."""
    before_first_hour: float = 0.0
    """From the period's start to the first full hour in UTC, in zones that are off by half an hour."""
    since_ns: int | None = None
    """The first span of the project ever; None without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    budget: Budget
    period: Bounds
    now_ns: int
    spent_usd: float
    forecast_usd: float | None
    """At the period's end; None where nothing is known to tell it from."""
    forecast_basis: str
    """`profile`, `linear` or `none`."""
    burn_rates: Mapping[str, float]
    """By window: 1 spends the amount in just one period."""
    exhausted_at_ns: int | None
    """When the amount was, or by the forecast will be, spent; None if not within the period."""

    @property
    def used_ratio(self) -> float:
        return self.spent_usd / self.budget.amount_usd


def find_bounds(period: BudgetPeriod, time_zone: str, now_ns: int) -> Bounds:
    """The day or month around `now`, as the zone's calendar has it: 23 or 25 hours where clocks change."""
    zone = _zone(time_zone)
    local = datetime.fromtimestamp(now_ns // SECOND_NS, zone)
    start = datetime(local.year, local.month, local.day, tzinfo=zone)
    if period == "month":
        start = start.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        end = start + timedelta(days=1)
    return Bounds(start_ns=_to_ns(start), end_ns=_to_ns(end))


def assess(budget: Budget, spending: Spending, now_ns: int) -> BudgetStatus:
    period = find_bounds(budget.period, budget.time_zone, now_ns)
    spent = spent_between(spending, period.start_ns, now_ns)
    path = _Path.of(budget, spending, period, spent, now_ns)
    return BudgetStatus(
        budget=budget,
        period=period,
        now_ns=now_ns,
        spent_usd=spent,
        forecast_usd=path.at_end(),
        forecast_basis=path.basis,
        burn_rates=_burn_rates(budget, spending, period, now_ns),
        exhausted_at_ns=_crossing(budget.amount_usd, spending, period, spent)
        or path.reaches(budget.amount_usd),
    )


def spent_between(spending: Spending, start_ns: int, now_ns: int) -> float:
    """Since the period's start."""
    first_hour = _ceil_hour(start_ns)
    hours = (usd for hour, usd in spending.hours.items() if first_hour <= hour <= now_ns)
    return spending.before_first_hour + sum(hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """How spending will go on: what it comes to in each coming stretch of at most an hour."""

    basis: str
    spent: float
    steps: tuple[tuple[int, int, float], ...]
    """(start_ns, end_ns, usd), from now to the period's end."""

    @staticmethod
    def of(budget: Budget, spending: Spending, period: Bounds, spent: float, now_ns: int) -> "_Path":
        stretches = tuple(_stretches(now_ns, period.end_ns))
        profile = _profile(spending, _zone(budget.time_zone), period, now_ns)
        if profile is not None:
            level = _level(budget, profile, period, spent, now_ns)
            steps = tuple((a, b, level * profile.expected(a, b)) for a, b in stretches)
            return _Path(basis="profile", spent=spent, steps=steps)
        rate = _linear_rate(spending, period, spent, now_ns)
        if rate is None:
            return _Path(basis="none", spent=spent, steps=())
        return _Path(basis="linear", spent=spent, steps=tuple((a, b, rate * (b - a)) for a, b in stretches))

    def at_end(self) -> float | None:
        return None if self.basis == "none" else self.spent + sum(usd for _, _, usd in self.steps)

    def reaches(self, amount_usd: float) -> int | None:
        spent = self.spent
        for start_ns, end_ns, usd in self.steps:
            if usd > 0 and spent + usd >= amount_usd:
                return start_ns + int((end_ns - start_ns) * (amount_usd - spent) / usd)
            spent += usd
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Profile:
    """The usual USD an hour at each hour of a local week."""

    zone: tzinfo
    hourly: Mapping[tuple[int, int], float]
    """By weekday and hour."""

    def expected(self, start_ns: int, end_ns: int) -> float:
        """Within one hour."""
        return self.hourly.get(_hour_of_week(start_ns, self.zone), 0.0) * (end_ns - start_ns) / HOUR_NS


def _profile(spending: Spending, zone: tzinfo, period: Bounds, now_ns: int) -> _Profile | None:
    """Of the past weeks that are whole; None before there is one, or where they cost nothing."""
    if spending.since_ns is None:
        return None
    end_ns = now_ns // HOUR_NS * HOUR_NS
    weeks = min(HISTORY_WEEKS, (end_ns - spending.since_ns) // WEEK_NS)
    from_ns = end_ns - weeks * WEEK_NS
    hourly: dict[tuple[int, int], float] = {}
    for hour, usd in spending.hours.items():
        if from_ns <= hour < end_ns:
            key = _hour_of_week(hour, zone)
            hourly[key] = hourly.get(key, 0.0) + usd / weeks
    return _Profile(zone=zone, hourly=hourly) if sum(hourly.values()) > 0 else None


def _level(budget: Budget, profile: _Profile, period: Bounds, spent: float, now_ns: int) -> float:
    """How much more or less than usual this period spends."""
    expected = sum(profile.expected(a, b) for a, b in _stretches(period.start_ns, now_ns))
    weight = sum(profile.hourly.values()) / 7 * _LEVEL_DAYS[budget.period]
    return (spent + weight) / (expected + weight)


def _linear_rate(spending: Spending, period: Bounds, spent: float, now_ns: int) -> float | None:
    """USD a nanosecond, since the period began or, in a new project, since its first span."""
    start_ns = max(period.start_ns, spending.since_ns or period.start_ns)
    elapsed = now_ns - start_ns
    if elapsed < _LINEAR_FRACTION_MIN * (period.end_ns - period.start_ns):
        return None
    return spent / elapsed


def _burn_rates(budget: Budget, spending: Spending, period: Bounds, now_ns: int) -> dict[str, float]:
    even = budget.amount_usd / (period.end_ns - period.start_ns)
    return {
        name: _spent_within(spending, now_ns - width, now_ns) / width / even
        for name, width in BURN_WINDOWS.items()
    }


def _spent_within(spending: Spending, from_ns: int, now_ns: int) -> float:
    """By the minute where minutes are known, else by the hour; of the first one the part that lies within."""
    is_short = now_ns - from_ns <= HOUR_NS
    buckets, width = (spending.minutes, MINUTE_NS) if is_short else (spending.hours, HOUR_NS)
    return sum(
        usd * min(1.0, (start + width - from_ns) / width)
        for start, usd in buckets.items()
        if start + width > from_ns and start <= now_ns
    )


def _crossing(amount_usd: float, spending: Spending, period: Bounds, spent: float) -> int | None:
    """When the amount was reached, within the hour in which it was."""
    if spent < amount_usd:
        return None
    total = spending.before_first_hour
    if total >= amount_usd:
        return period.start_ns
    for hour in sorted(hour for hour in spending.hours if hour >= _ceil_hour(period.start_ns)):
        usd = spending.hours[hour]
        if total + usd >= amount_usd:
            return hour + int(HOUR_NS * (amount_usd - total) / usd)
        total += usd
    return None


def _stretches(start_ns: int, end_ns: int) -> Iterable[tuple[int, int]]:
    """From start to end, cut at full hours in UTC."""
    while start_ns < end_ns:
        until = min(end_ns, (start_ns // HOUR_NS + 1) * HOUR_NS)
        yield start_ns, until
        start_ns = until


def _hour_of_week(time_ns: int, zone: tzinfo) -> tuple[int, int]:
    local = datetime.fromtimestamp(time_ns // SECOND_NS, zone)
    return local.weekday(), local.hour


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        hint = "install the tz database, or choose another zone for the budget"
        raise Misconfigured(f"this machine does not know the time zone `{name}`", hint=hint) from None


def _ceil_hour(time_ns: int) -> int:
    return -(-time_ns // HOUR_NS) * HOUR_NS


def _to_ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
