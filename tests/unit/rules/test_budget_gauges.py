"""Gauges of budgets: one set a budget, ended when it is gone."""

from collections.abc import Sequence

import numpy as np

from spanglass_server.model.budget import Budget
from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata, Series, is_stale
from spanglass_server.rules.budgets import BudgetStatus, Spending, assess
from spanglass_server.rules.budgets_gauges import GAUGES, BudgetGauges

NOW_NS = 1_790_000_000_000_000_000


class Written:
    """A SampleWriter that remembers."""

    def __init__(self) -> None:
        self.samples: list[tuple[str, int, dict[Labels, float]]] = []
        self.metadata: list[str] = []

    def write_samples(self, project_id: str, series: Sequence[Series]) -> None:
        values = {each.labels: float(each.values[0]) for each in series}
        self.samples.append((project_id, int(series[0].times_ms[0]), values))

    def write_metadata(self, project_id: str, metadata: Sequence[MetricMetadata]) -> None:
        self.metadata.append(project_id)


def status(name: str) -> BudgetStatus:
    budget = Budget(name, "team", "growth", "day", 10.0, "UTC", 0, 0)
    spending = Spending(hours={NOW_NS // 3_600_000_000_000 * 3_600_000_000_000: 4.0}, minutes={}, since_ns=1)
    return assess(budget, spending, NOW_NS)


def test_each_budget_has_its_gauges() -> None:
    written = Written()
    BudgetGauges(written).write("p", [status("b")], 1_000)
    project_id, time_ms, values = written.samples[0]
    assert (project_id, time_ms) == ("p", 1_000)
    named = {dict(labels)[METRIC_NAME]: (dict(labels), value) for labels, value in values.items()}
    assert named.keys() == {gauge.name for gauge in GAUGES}
    labels, value = named["spanglass_budget_used_ratio"]
    assert value == 0.4
    assert (labels["budget"], labels["scope"], labels["value"], labels["period"]) == (
        "b",
        "team",
        "growth",
        "day",
    )


def test_gauges_of_a_budget_that_is_gone_end() -> None:
    written = Written()
    gauges = BudgetGauges(written)
    gauges.write("p", [status("a"), status("b")], 1_000)
    gauges.write("p", [status("a")], 61_000)
    ended = {dict(labels)["budget"] for labels, value in written.samples[1][2].items() if np.isnan(value)}
    assert ended == {"b"}
    assert all(is_stale(np.array([v])).all() for v in written.samples[1][2].values() if np.isnan(v))
    gauges.write("p", [], 121_000)
    assert all(np.isnan(value) for value in written.samples[2][2].values())
    assert not gauges.projects


def test_types_and_help_are_written_once_a_project() -> None:
    written = Written()
    gauges = BudgetGauges(written)
    for time_ms in (1_000, 61_000):
        gauges.write("p", [status("a")], time_ms)
        gauges.write("q", [status("a")], time_ms)
    assert sorted(written.metadata) == ["p", "q"]
