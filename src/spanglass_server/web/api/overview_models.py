"""The shapes of the overview in docs/api.md."""

from datetime import datetime

from pydantic import Field

from spanglass_server.insight.indicators import IndicatorName, Reason, State, Trend
from spanglass_server.model.thresholds import ThresholdName
from spanglass_server.web.api.models import Shape
from spanglass_server.web.api.threshold_rules import OwnerRule


class NamedThreshold(Shape):
    name: ThresholdName
    value: float


class Part(Shape):
    """A number beside the indicator's own."""

    name: str = Field(examples=["p50"])
    value: float | None
    before: float | None


class IndicatorShape(Shape):
    name: IndicatorName
    unit: str = Field(description="`s`, `ratio`, `tokens`, `USD/h` or `quality` (0 to 1).")
    value: float | None
    low: float | None = Field(description="Of the 95 % interval; of `quality` alone.")
    high: float | None
    samples: int = Field(description="Calls, scores, lookups or input tokens behind the value.")
    samples_min: int = Field(description="Fewer are too few to judge by.")
    state: State
    reason: Reason = Field(description="Why it is in the state.")
    before: float | None = Field(description="In the range compared with; null where too little was there.")
    change: float | None
    change_ratio: float | None = Field(description="0.1: a tenth more than before.")
    trend: Trend | None
    series: list[float | None] = Field(description="By bucket, oldest first; null where nothing was.")
    thresholds: list[NamedThreshold]
    rules: list[OwnerRule] = Field(description="Those that watch the thresholds and are switched on.")
    parts: list[Part]
    filter: str = Field(description="The traces behind the value, in the filter language.")
    order: str = Field(description="In which the telling ones come first.")
    score: str | None = Field(
        description="Which score `quality` is: of those the rule watches, the most frequent."
    )


class BudgetState(Shape):
    name: str
    used_ratio: float
    forecast_ratio: float | None
    amount_usd: float
    spent_usd: float
    period: str


class Overview(Shape):
    from_: datetime = Field(alias="from")
    to: datetime
    compare_from: datetime | None
    compare_to: datetime | None
    bucket_ms: float = Field(description="Width of the buckets of `series`.")
    calls: int
    indicators: list[IndicatorShape] = Field(description="latency, errors, tokens, cost, quality, cache.")
    budget: BudgetState | None = Field(description="The one that is worst off, whatever the filter.")
