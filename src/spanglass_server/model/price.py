"""Prices of model calls: what a token class costs, from how many input tokens on, and when."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from spanglass_server.model.span import CostSource

PriceSource: TypeAlias = Literal["custom", "catalog"]


class Rates(NamedTuple):
    """USD per token (not per million) and per request, with every fallback filled in.

    A class that a price list does not name costs what its parent class costs: a cached read what plain input
    does, an hour's cache write what any cache write does, reasoning what output does.
    """

    input: float
    cache_read: float
    cache_write: float
    cache_write_1h: float
    audio_input: float
    output: float
    reasoning: float
    audio_output: float
    request: float


class RateStep(NamedTuple):
    """Rates of calls with more input tokens than `above_input_tokens`; all its tokens pay them."""

    above_input_tokens: int
    """-1 for the base rates."""
    rates: Rates


class PricePeriod(NamedTuple):
    """Rates that hold for a while. Half open, UTC: valid_from_ns <= t < valid_to_ns."""

    valid_from_ns: int
    """0 where it has always held."""
    valid_to_ns: int | None
    daily_window_ns: tuple[int, int] | None
    """Holds only between these nanoseconds after midnight UTC, half open."""
    steps: tuple[RateStep, ...]
    """The highest step first; the last is the base. Empty: the period is known to have no price by tokens."""
    source: PriceSource
    version: str
    is_per_request: bool
    """Only the request costs, so a call is priced without knowing its tokens."""


PriceSchedule: TypeAlias = tuple[PricePeriod, ...]
"""The first period that holds at a time decides. Empty: no price is known."""


class Priced(NamedTuple):
    """What a call cost."""

    cost_usd: float | None
    """None where no price or no usage is known; never a made-up number."""
    details: dict[str, float]
    """USD by token class: input (uncached), cache_read, cache_write, cache_write_1h, audio_input, output,
    reasoning (where it has a rate of its own), audio_output, request. Adds up to `cost_usd`; classes without
    tokens are left out."""
    source: CostSource
    """`unpriced` where usage is known and no price is; empty where usage is unknown too."""
    price_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """What repricing did to the billable calls of one model."""

    count: int
    before_usd: float
    after_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RepriceSummary:
    """What repricing changed. Money and counts are of billable spans only, so nothing is counted twice;
    `changed_span_count` counts every row that has to be rewritten."""

    span_count: int
    changed_span_count: int
    newly_priced_count: int
    no_longer_priced_count: int
    before_usd: float
    after_usd: float
    by_model: dict[str, ModelChange]
    """Only models whose price changed."""
