"""Shapes of the cost page's answers."""

from pydantic import BaseModel, Field


class CostClass(BaseModel):
    name: str = Field(
        description="input, cache_read, cache_write, output, reasoning, request or reported. They do not"
        " overlap; their costs add up to `cost_usd`."
    )
    tokens: int | None = Field(description="Null for prices by the call, and for costs that senders told.")
    cost_usd: float


class CacheSavings(BaseModel):
    saved_usd: float = Field(
        description="What cached input would have cost at the full price, minus what reading and writing it"
        " cost; negative where writing cost more than reading saved."
    )
    write_extra_usd: float = Field(description="The part that writing cost beyond the full price.")
    hit_ratio: float | None = Field(description="Share of the input tokens that were read from a cache.")
    unknown_count: int = Field(description="Calls whose savings cannot be told.")


class CostSums(BaseModel):
    cost_usd: float | None = Field(description="Null where no call has a known price.")
    cost_per_trace_usd: float | None
    cost_per_1000_traces_usd: float | None
    trace_count: int = Field(description="Requests: traces in which the calls were made.")
    call_count: int
    unpriced_count: int = Field(description="Calls that no number of USD here contains.")
    unpriced_share: float | None = Field(
        description="0 to 1, of the calls that cost something; null without any."
    )
    input_tokens: int
    output_tokens: int
    total_tokens: int
    classes: list[CostClass]
    cache: CacheSavings


class CostGroup(CostSums):
    name: str = Field(description="Empty where calls have no value.")
    filter: str = Field(description="Chooses the group's calls here, and their traces in the list of traces.")
    share: float | None = Field(description="Of the whole cost, 0 to 1.")
    previous: CostSums | None


class CostTotal(CostSums):
    previous: CostSums | None


class CostPeriod(BaseModel):
    from_: str = Field(alias="from")
    to: str


class CostBreakdown(CostPeriod):
    compare: CostPeriod | None
    by: str
    total: CostTotal
    groups: list[CostGroup]
    group_count: int
    is_cut: bool = Field(description="There are more groups than `limit`.")


class CostPoint(BaseModel):
    start_time: str
    cost_usd: float
    call_count: int
    unpriced_count: int


class CostCurve(BaseModel):
    name: str | None = Field(description="Null for all groups beyond the largest.")
    points: list[CostPoint]


class CostOverTime(CostPeriod):
    by: str
    interval_ms: float
    series: list[CostCurve] = Field(description="The costliest groups first. Empty buckets are left out.")


class CostEffect(BaseModel):
    name: str = Field(
        description="requests, calls_per_request, coverage, mix, tokens, cache or price (docs/cost.md)."
    )
    usd: float


class CostChange(CostPeriod):
    compare: CostPeriod
    before_usd: float
    after_usd: float
    effects: list[CostEffect] = Field(description="They add up to the difference.")
    before_unpriced_share: float | None
    after_unpriced_share: float | None
