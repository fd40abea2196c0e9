"""Every minute budgets become gauges: of each project that can be read, by whoever holds the lease."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from spanglass_server.app.budgets import keep_budgets, write_gauges
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.budget import Budget
from spanglass_server.model.series import Labels, MetricMetadata, Series
from spanglass_server.rules.budgets_gauges import BudgetGauges
from spanglass_server.rules.budgets_meter import BudgetMeter
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.views import Condition, Grouping, View

NOW_NS = 1_790_000_000_000_000_000
BUDGET = Budget("all", "project", "", "day", 10.0, "UTC", 0, 0)


class Spans:
    """The part of ViewReader that a meter asks: $1 in every project but those that cannot be read."""

    def __init__(self, *unreadable: str) -> None:
        self._unreadable = unreadable

    def bounds(self, project_id: str) -> TimeRange:
        return TimeRange(NOW_NS - 1, NOW_NS)

    def aggregate(
        self,
        project_id: str,
        view: View,
        during: TimeRange,
        where: Sequence[Condition],
        grouping: Grouping,
    ) -> Sequence[Mapping[str, object]]:
        if project_id in self._unreadable:
            raise StorageUnavailable("no")
        return [{"period_ns": NOW_NS // 3_600_000_000_000 * 3_600_000_000_000, "sum_billable_cost_usd": 1.0}]


class Known:
    """Budgets in memory."""

    def __init__(self, by_project: Mapping[str, Sequence[Budget]]) -> None:
        self.by_project = by_project

    def list_all(self) -> Mapping[str, Sequence[Budget]]:
        return self.by_project


class Written:
    def __init__(self) -> None:
        self.samples: list[tuple[str, dict[Labels, float]]] = []

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        self.samples.append((project_id, {each.labels: float(each.values[0]) for each in series}))

    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None: ...


def test_a_project_that_cannot_be_read_leaves_the_others_their_gauges() -> None:
    written = Written()
    budgets = Known({"a": [BUDGET], "b": [BUDGET], "c": [BUDGET]})
    write_gauges(budgets, BudgetMeter(Spans("b")), BudgetGauges(written), NOW_NS)
    assert [project_id for project_id, _ in written.samples] == ["a", "c"]


def test_a_project_whose_read_fails_keeps_its_gauges_as_they_are() -> None:
    written = Written()
    gauges = BudgetGauges(written)
    budgets = Known({"a": [BUDGET]})
    write_gauges(budgets, BudgetMeter(Spans()), gauges, NOW_NS)
    write_gauges(budgets, BudgetMeter(Spans("a")), gauges, NOW_NS)
    assert len(written.samples) == 1
    assert set(gauges.projects) == {"a"}


def test_a_server_without_the_lease_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written()
    holds = [False]

    async def run() -> None:
        task = asyncio.create_task(
            keep_budgets(
                Known({"a": [BUDGET]}),
                BudgetMeter(Spans()),
                BudgetGauges(written),
                may_write=lambda: holds[0],
                clock=lambda: NOW_NS,
            )
        )
        await asyncio.sleep(0.05)
        assert written.samples == []
        holds[0] = True
        for _ in range(200):
            await asyncio.sleep(0.01)
            if written.samples:
                break
        task.cancel()

    monkeypatch.setattr("spanglass_server.app.budgets._WAIT_S", 0.01)
    asyncio.run(run())
    assert [project_id for project_id, _ in written.samples] == ["a"]
