"""Shapes of prices: what the server knows, what a project set, and what has none."""

from pydantic import BaseModel, Field

_RATES = "USD per million tokens by class: input, output, cache_read, cache_write ... (docs/prices.md)."


class Tier(BaseModel):
    above_input_tokens: int = Field(ge=0)
    rates: dict[str, float] = Field(description=_RATES)


class RateTier(Tier):
    above_input_tokens: int = Field(description="-1 for the base rates.")
    request_usd: float


class Period(BaseModel):
    valid_from: str | None
    valid_to: str | None
    daily_from: str | None = Field(description="Holds between these times of the day only, UTC.")
    daily_to: str | None
    tiers: list[RateTier] = Field(description="The highest first. Empty: not sold by tokens.")
    source: str
    version: str


class KnownPrice(BaseModel):
    provider: str
    provider_name: str
    model: str
    name: str
    periods: list[Period] = Field(description="The first that holds at a time decides.")


class KnownPrices(BaseModel):
    version: str = Field(description="Of everything that decides a price.")
    items: list[KnownPrice]
    total: int


class OwnPriceInput(BaseModel):
    provider: str = Field(default="", max_length=200, description="Empty: whoever sells the model.")
    model: str = Field(min_length=1, max_length=200, description="`*` stands for any letters.")
    valid_from: str | None = Field(default=None, description="RFC 3339; null: since ever.")
    valid_to: str | None = None
    rates: dict[str, float] = Field(default_factory=dict, max_length=20, description=_RATES)
    request_usd: float | None = Field(default=None, description="By the call.")
    tiers: list[Tier] = Field(default_factory=list, max_length=10)
    batch_factor: float | None = Field(default=None, description="Of batch calls, e.g. 0.5.")
    same_as_provider: str = Field(default="", max_length=200)
    same_as_model: str = Field(
        default="", max_length=200, description="Costs what this known model costs, instead of `rates`."
    )
    note: str = Field(default="", max_length=1000)


class OwnPrice(OwnPriceInput):
    id: str
    created_at: str
    updated_at: str


class OwnPrices(BaseModel):
    items: list[OwnPrice]


class Suggestion(BaseModel):
    provider: str
    model: str
    name: str


class UnpricedModel(BaseModel):
    provider: str
    request_model: str
    response_model: str
    call_count: int
    input_tokens: int
    output_tokens: int
    last_time: str
    is_priced_now: bool = Field(description="Has got a price since: reprice to use it.")
    suggestions: list[Suggestion] = Field(description="Known models with a price and a name like this one.")


class UnpricedModels(BaseModel):
    items: list[UnpricedModel]
