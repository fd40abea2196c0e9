"""The shapes of budgets in docs/api.md, for the OpenAPI document and for what is sent."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.budget import BudgetPeriod, BudgetScope


class BudgetInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scope: BudgetScope = "project"
    value: str = Field(
        default="",
        max_length=1000,
        description="Which team, feature, user or model; empty for the whole project.",
        examples=["search"],
    )
    period: BudgetPeriod
    amount_usd: float = Field(gt=0, le=1e12, allow_inf_nan=False, examples=[500.0])
    time_zone: str = Field(
        default="UTC", max_length=64, description="Where days and months begin.", examples=["Asia/Seoul"]
    )


class BurnRate(BaseModel):
    window: Literal["5m", "1h", "6h", "1d"]
    rate: float = Field(description="1 spends the amount in just one period.")


class Budget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    scope: BudgetScope
    value: str
    period: BudgetPeriod
    amount_usd: float
    time_zone: str
    created_at: datetime
    updated_at: datetime
    period_start: datetime
    period_end: datetime
    spent_usd: float
    remaining_usd: float = Field(description="Negative beyond the budget.")
    used_ratio: float
    forecast_usd: float | None = Field(description="At the period's end; null where nothing tells it yet.")
    forecast_ratio: float | None
    forecast_basis: Literal["profile", "linear", "none"] = Field(
        description="`profile`: the past weeks' usual hours; `linear`: as fast as so far in this period."
    )
    burn_rates: list[BurnRate]
    exhausted_at: datetime | None = Field(
        description="When the amount was, or by the forecast will be, spent; null if not in this period."
    )
    is_exhausted: bool


class Budgets(BaseModel):
    items: list[Budget]
