"""Budgets as gauges (`spanglass_budget_*`), so that ordinary rules alert on them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from spanglass_server.model.series import METRIC_NAME, Labels, MetricMetadata, Series, labels_of, stale_marker
from spanglass_server.rules.budgets import BudgetStatus
from spanglass_server.store.series import SampleWriter

GAUGES: Final = (
    MetricMetadata("spanglass_budget_limit_usd", "gauge", "The budget's amount.", "usd"),
    MetricMetadata("spanglass_budget_spent_usd", "gauge", "Spent since the period began.", "usd"),
    MetricMetadata(
        "spanglass_budget_forecast_usd", "gauge", "What the period will have cost at its end.", "usd"
    ),
    MetricMetadata("spanglass_budget_used_ratio", "gauge", "Spent as a part of the amount.", "ratio"),
    MetricMetadata(
        "spanglass_budget_burn_rate",
        "gauge",
        "Speed of spending over the window: at 1 the amount lasts for just one period.",
        "",
    ),
)


class BudgetGauges:
    """Writes gauges; remembers which, so that those of a budget that is gone end at once."""

    def __init__(self, writer: SampleWriter) -> None:
        self._writer = writer
        self._written: dict[str, frozenset[Labels]] = {}

    @property
    def projects(self) -> Collection[str]:
        """Those that have gauges."""
        return self._written.keys()

    def write(self, project_id: str, statuses: Sequence[BudgetStatus], time_ms: int) -> None:
        """All budgets of the project. Raises what the writer raises; then nothing is forgotten."""
        values = dict(pair for status in statuses for pair in _gauges_of(status))
        known = self._written.get(project_id)
        if known is None:
            self._writer.write_metadata(project_id, GAUGES)
        gone = dict.fromkeys((known or frozenset()) - values.keys(), stale_marker())
        self._writer.write_samples(
            project_id, [_series(labels, value, time_ms) for labels, value in (values | gone).items()]
        )
        self._written[project_id] = frozenset(values)
        if not values:
            del self._written[project_id]


def _gauges_of(status: BudgetStatus) -> Iterable[tuple[Labels, float]]:
    budget = status.budget
    common = {
        "budget": budget.name,
        "scope": budget.scope,
        "value": budget.value,
        "period": budget.period,
    }
    yield _named("spanglass_budget_limit_usd", common), budget.amount_usd
    yield _named("spanglass_budget_spent_usd", common), status.spent_usd
    yield _named("spanglass_budget_used_ratio", common), status.used_ratio
    if status.forecast_usd is not None:
        yield _named("spanglass_budget_forecast_usd", common), status.forecast_usd
    for window, rate in status.burn_rates.items():
        yield _named("spanglass_budget_burn_rate", {**common, "window": window}), rate


def _named(name: str, labels: Mapping[str, str]) -> Labels:
    return labels_of({METRIC_NAME: name, **labels})


def _series(labels: Labels, value: float, time_ms: int) -> Series:
    return Series(labels, np.array([time_ms], np.int64), np.array([value], np.float64))
