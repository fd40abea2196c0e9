"""A price that a project set for itself."""

from collections.abc import Mapping
from typing import NamedTuple


class PriceTier(NamedTuple):
    """Rates of calls with more input tokens than that; classes it leaves out cost as below it."""

    above_input_tokens: int
    rates: Mapping[str, float]


class OwnPrice(NamedTuple):
    """Either rates of its own, or those of a model that is known."""

    id: str
    provider: str
    """As telemetry names it; empty: whoever sells the model."""
    model: str
    """A name, `*` standing for any letters; compared in lower case."""
    valid_from_ns: int | None
    """None: since ever."""
    valid_to_ns: int | None
    """Exclusive; None: for ever."""
    rates: Mapping[str, float]
    """USD per million tokens by token class, in the price file's words (docs/prices.md)."""
    request_usd: float | None
    """By the call."""
    tiers: tuple[PriceTier, ...]
    batch_factor: float | None
    """Of calls by a batch interface; None: those are unpriced."""
    same_as_provider: str
    same_as_model: str
    """Costs what this model costs, at every time; empty where it has rates of its own."""
    note: str
    created_at_ns: int
    updated_at_ns: int
