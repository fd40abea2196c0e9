"""A budget: how much money one part of a project may cost in a day or a month."""

from typing import Final, Literal, NamedTuple, TypeAlias, get_args

BudgetScope: TypeAlias = Literal["project", "team", "feature", "user", "model"]
BudgetPeriod: TypeAlias = Literal["day", "month"]

BUDGET_SCOPES: Final[tuple[BudgetScope, ...]] = get_args(BudgetScope)


class Budget(NamedTuple):
    name: str
    """Unique in its project; the label `budget` of its gauges."""
    scope: BudgetScope
    value: str
    """Which team, feature, user or model; empty for the whole project."""
    period: BudgetPeriod
    amount_usd: float
    time_zone: str
    """Of the tz database, e.g. `Asia/Seoul`: where days and months begin."""
    created_at_ns: int
    updated_at_ns: int
