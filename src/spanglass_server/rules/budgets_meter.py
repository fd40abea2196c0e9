"""Measures what budgets' calls cost, from billable spans: exact however often a span was sent or re-priced.

A call counts in the hour in which it started. The last hours are read anew each time; what is older is read
again once an hour, which is when spans that come very late, and new prices for old spans, show.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from spanglass_server.model.budget import Budget, BudgetScope
from spanglass_server.rules.budgets import (
    DAY_NS,
    HISTORY_WEEKS,
    HOUR_NS,
    WEEK_NS,
    BudgetStatus,
    Spending,
    assess,
    find_bounds,
)
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import Condition, Grouping, Measure, Order, Period, ViewReader

_TAIL_HOURS: Final = 2
_RELOAD_NS: Final = HOUR_NS
_ROWS_MAX: Final = 100_000
"""200 budgets of one scope over three hours, by the minute, are fewer."""
_COLUMNS: Final[Mapping[BudgetScope, str]] = {
    "team": "team",
    "feature": "feature",
    "user": "user_id",
    "model": "model",
}

_Sums = dict[str, dict[int, float]]
"""By the scope's value and the bucket's start; the value of a whole project is empty."""


@dataclass(slots=True)
class _Ledger:
    """What one project's calls cost by one scope."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    values: frozenset[str] = frozenset()
    from_ns: int = 0
    loaded_at_ns: int = -1
    hours: _Sums = field(default_factory=dict)
    minutes: _Sums = field(default_factory=dict)
    since_ns: int | None = None


class BudgetMeter:
    """Safe to use from many threads. Raises what the reader raises."""

    def __init__(self, views: ViewReader) -> None:
        self._views = views
        self._lock = threading.Lock()
        self._ledgers: dict[tuple[str, BudgetScope], _Ledger] = {}

    def assess(self, project_id: str, budgets: Sequence[Budget], now_ns: int) -> Sequence[BudgetStatus]:
        """In the order of the budgets; those of one scope share their reads."""
        spendings: dict[str, Spending] = {}
        for scope in dict.fromkeys(budget.scope for budget in budgets):
            alike = [budget for budget in budgets if budget.scope == scope]
            spendings |= self._measure(project_id, scope, alike, now_ns)
        return [assess(budget, spendings[budget.name], now_ns) for budget in budgets]

    def forget_project(self, project_id: str) -> None:
        with self._lock:
            for key in [key for key in self._ledgers if key[0] == project_id]:
                del self._ledgers[key]

    def _measure(
        self, project_id: str, scope: BudgetScope, budgets: Sequence[Budget], now_ns: int
    ) -> dict[str, Spending]:
        with self._lock:
            ledger = self._ledgers.setdefault((project_id, scope), _Ledger())
        starts = {b.name: find_bounds(b.period, b.time_zone, now_ns).start_ns for b in budgets}
        with ledger.lock:
            self._refresh(ledger, project_id, scope, budgets, min(starts.values()), now_ns)
            return {
                budget.name: Spending(
                    hours=dict(ledger.hours.get(budget.value, {})),
                    minutes=dict(ledger.minutes.get(budget.value, {})),
                    before_first_hour=self._first_part(project_id, budget, starts[budget.name], now_ns),
                    since_ns=ledger.since_ns,
                )
                for budget in budgets
            }

    def _refresh(
        self,
        ledger: _Ledger,
        project_id: str,
        scope: BudgetScope,
        budgets: Sequence[Budget],
        start_ns: int,
        now_ns: int,
    ) -> None:
        """Bring the ledger to `now`: its tail, or all of it where that is old or lacks something."""
        values = frozenset(budget.value for budget in budgets)
        hour_ns = now_ns // HOUR_NS * HOUR_NS
        from_ns = min(start_ns // HOUR_NS * HOUR_NS, hour_ns - HISTORY_WEEKS * WEEK_NS)
        is_whole = values <= ledger.values and ledger.from_ns <= from_ns
        if not is_whole or not 0 <= now_ns - ledger.loaded_at_ns < _RELOAD_NS:
            ledger.since_ns = self._views.bounds(project_id).from_ns or None
            during = TimeRange(max(from_ns, ledger.since_ns or now_ns), now_ns + 1)
            ledger.hours = self._read(project_id, scope, values, during, "hour")
            ledger.values, ledger.from_ns, ledger.loaded_at_ns = values, from_ns, now_ns
        tail_ns = hour_ns - _TAIL_HOURS * HOUR_NS
        ledger.minutes = self._read(
            project_id, scope, ledger.values, TimeRange(max(0, tail_ns), now_ns + 1), "minute"
        )
        _replace_tail(ledger, tail_ns)

    def _first_part(self, project_id: str, budget: Budget, start_ns: int, now_ns: int) -> float:
        """From the period's start to the full hour in UTC, which is no time in most zones."""
        full_hour_ns = -(-start_ns // HOUR_NS) * HOUR_NS
        during = TimeRange(start_ns, min(full_hour_ns, now_ns + 1))
        if during.from_ns >= during.to_ns:
            return 0.0
        sums = self._read(project_id, budget.scope, frozenset([budget.value]), during, "hour")
        return sum(sums.get(budget.value, {}).values())

    def _read(
        self,
        project_id: str,
        scope: BudgetScope,
        values: frozenset[str],
        during: TimeRange,
        period: Period,
    ) -> _Sums:
        column = _COLUMNS.get(scope)
        measure = Measure("billable_cost_usd", "sum")
        sums: _Sums = {}
        for part in _days_of(during):
            rows = self._views.aggregate(
                project_id,
                "spans",
                part,
                [Condition(column, "any of", tuple(sorted(values)))] if column else [],
                Grouping(
                    [column] if column else [], [measure], period, [Order("period_ns", False)], _ROWS_MAX
                ),
            )
            for row in rows:
                _add(sums, row[column] if column else "", row["period_ns"], row[measure.name])
        return sums


def _days_of(during: TimeRange) -> Iterator[TimeRange]:
    """One read a day, so that no read is long, and others come between."""
    from_ns = during.from_ns
    while from_ns < during.to_ns:
        to_ns = min(during.to_ns, (from_ns // DAY_NS + 1) * DAY_NS)
        yield TimeRange(from_ns, to_ns)
        from_ns = to_ns


def _add(sums: _Sums, value: str, bucket_ns: int, usd: float | None) -> None:
    if usd:
        buckets = sums.setdefault(value, {})
        buckets[bucket_ns] = buckets.get(bucket_ns, 0.0) + usd


def _replace_tail(ledger: _Ledger, tail_ns: int) -> None:
    """The last hours become what the minutes say."""
    for hours in ledger.hours.values():
        for hour in [hour for hour in hours if hour >= tail_ns]:
            del hours[hour]
    for value, minutes in ledger.minutes.items():
        hours = ledger.hours.setdefault(value, {})
        for minute, usd in minutes.items():
            hour = minute // HOUR_NS * HOUR_NS
            hours[hour] = hours.get(hour, 0.0) + usd
