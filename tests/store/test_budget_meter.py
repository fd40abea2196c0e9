"""What budgets' calls cost, measured from stored spans that come late, twice, re-priced and deleted."""

import pytest
from tests.support.spans import SpanFactory

from spanglass_server.model.budget import Budget, BudgetScope
from spanglass_server.model.span import Span
from spanglass_server.rules.budgets import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_views import ClickHouseViewReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter

NOW_NS = 1_790_003_600_000_000_000
"""2026-09-21 15:13:20 in UTC."""


def budget(
    scope: BudgetScope = "project", value: str = "", *, zone: str = "UTC", period: str = "month"
) -> Budget:
    return Budget(f"{scope} {value}", scope, value, period, 100.0, zone, 0, 0)  # type: ignore[arg-type]


class Ledger:
    """One project's spans and a meter over them."""

    def __init__(self, engine: Engine, factory: SpanFactory) -> None:
        self.meter = BudgetMeter(ClickHouseViewReader(engine))
        self._writer = ClickHouseWriter(engine)
        self._factory = factory

    def spend(self, usd: float, *, ago_ns: int, now_ns: int = NOW_NS, **fields: object) -> Span:
        start_ns = now_ns - ago_ns
        span = self._factory.span(
            start_time_ns=start_ns, end_time_ns=start_ns + SECOND_NS, cost_usd=usd, is_billable=True, **fields
        )
        self.store(span)
        return span

    def store(self, span: Span) -> None:
        self._writer.write_batch(spans=[span], traces=[self._factory.summary([span])], logs=[])

    def spent(self, of: Budget | None = None, *, now_ns: int = NOW_NS) -> float:
        (status,) = self.meter.assess(self._factory.project_id, [of or budget()], now_ns)
        return status.spent_usd


@pytest.fixture
def ledger(engine: Engine, span_factory: SpanFactory) -> Ledger:
    return Ledger(engine, span_factory)


def test_a_span_that_is_sent_twice_counts_once(ledger: Ledger) -> None:
    span = ledger.spend(2.0, ago_ns=DAY_NS)
    ledger.store(span)
    assert ledger.spent() == 2.0


def test_recent_changes_show_at_once_and_older_ones_within_the_hour(ledger: Ledger) -> None:
    old = ledger.spend(2.0, ago_ns=DAY_NS)
    new = ledger.spend(1.0, ago_ns=MINUTE_NS)
    assert ledger.spent() == 3.0
    ledger.store(new._replace(cost_usd=5.0, version=new.version + 1))
    ledger.store(old._replace(cost_usd=10.0, version=old.version + 1))
    assert ledger.spent(now_ns=NOW_NS + MINUTE_NS) == 7.0
    assert ledger.spent(now_ns=NOW_NS + HOUR_NS + MINUTE_NS) == 15.0


def test_hours_that_pass_are_neither_lost_nor_counted_twice(ledger: Ledger) -> None:
    total = 0.0
    for minute in range(0, 6 * 60, 20):
        now_ns = NOW_NS + minute * MINUTE_NS
        ledger.spend(1.0, ago_ns=SECOND_NS, now_ns=now_ns)
        total += 1.0
        assert ledger.spent(now_ns=now_ns) == total


def test_a_budget_that_joins_later_knows_the_past(ledger: Ledger) -> None:
    ledger.spend(1.0, ago_ns=5 * DAY_NS, feature="a")
    ledger.spend(2.0, ago_ns=5 * DAY_NS, feature="b")
    assert ledger.spent(budget("feature", "a")) == 1.0
    assert ledger.spent(budget("feature", "b"), now_ns=NOW_NS + SECOND_NS) == 2.0


def test_a_month_that_is_older_than_the_profile_counts_from_its_first_day(ledger: Ledger) -> None:
    now_ns = NOW_NS + 9 * DAY_NS
    ledger.spend(1.0, ago_ns=29 * DAY_NS + 14 * HOUR_NS, now_ns=now_ns)
    ledger.spend(2.0, ago_ns=30 * DAY_NS, now_ns=now_ns)
    # It is September 30th, 15:13: the first of September is 29 days and 15 hours ago.
    assert ledger.spent(now_ns=now_ns) == 1.0


def test_a_new_month_begins_at_nothing(ledger: Ledger) -> None:
    ledger.spend(2.0, ago_ns=MINUTE_NS)
    assert ledger.spent() == 2.0
    assert ledger.spent(now_ns=NOW_NS + 10 * DAY_NS) == 0.0


def test_zones_that_are_off_by_a_part_of_an_hour_cut_at_their_midnight(ledger: Ledger) -> None:
    # In Kathmandu, five hours and three quarters ahead, it is 20:58: the day began 20:58:20 ago.
    kathmandu = budget(zone="Asia/Kathmandu", period="day")
    ledger.spend(1.0, ago_ns=20 * HOUR_NS + 58 * MINUTE_NS)
    ledger.spend(2.0, ago_ns=20 * HOUR_NS + 59 * MINUTE_NS)
    assert ledger.spent(kathmandu) == 1.0
    assert ledger.spent(kathmandu, now_ns=NOW_NS + 10 * MINUTE_NS) == 1.0


def test_a_forgotten_project_is_read_anew(ledger: Ledger, span_factory: SpanFactory) -> None:
    old = ledger.spend(2.0, ago_ns=DAY_NS)
    assert ledger.spent() == 2.0
    ledger.store(old._replace(cost_usd=3.0, version=old.version + 1))
    ledger.meter.forget_project(span_factory.project_id)
    assert ledger.spent() == 3.0
