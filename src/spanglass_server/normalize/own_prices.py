"""A project's own prices as periods: above the price file and the built-in list."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from spanglass_server.base.errors import BadInput
from spanglass_server.model.own_price import OwnPrice
from spanglass_server.model.price import PricePeriod, PriceSchedule
from spanglass_server.normalize.price_file import PriceEntry, read_entry

_SECOND_NS: Final = 1_000_000_000
_FREE: Final[Mapping[str, float]] = {"input": 0.0}

FindKnown = Callable[[str, str], PriceSchedule]
"""By provider and model: what is known of it without own prices."""


class OwnEntry(NamedTuple):
    price: OwnPrice
    entry: PriceEntry
    """Whom it is for and when; of a price that is another model's, without rates that mean anything."""

    def periods(self, *, is_batch: bool, find_known: FindKnown) -> Iterator[PricePeriod]:
        own = self.entry.period
        if self.price.same_as_model:
            for known in find_known(self.price.same_as_provider, self.price.same_as_model):
                start = max(own.valid_from_ns, known.valid_from_ns)
                ends = [end for end in (own.valid_to_ns, known.valid_to_ns) if end is not None]
                end = min(ends, default=None)
                if end is None or start < end:
                    yield known._replace(
                        valid_from_ns=start, valid_to_ns=end, source="custom", version=own.version
                    )
        elif not is_batch:
            yield own
        elif self.entry.batch_period is not None:
            yield self.entry.batch_period


def read_own_prices(prices: Sequence[OwnPrice]) -> tuple[OwnEntry, ...]:
    """The one that begins last is tried first, and of those the one that was made last."""
    ordered = sorted(prices, key=lambda price: (price.valid_from_ns or 0, price.created_at_ns), reverse=True)
    return tuple(read_own_price(price) for price in ordered)


def read_own_price(price: OwnPrice) -> OwnEntry:
    """Raises BadInput with all that is wrong with it."""
    problems: list[str] = []
    table = _table(price)
    entry = read_entry(table, f"own {_digest(table, price)}", problems)
    if price.same_as_model and (price.rates or price.tiers or price.request_usd is not None):
        problems.append("give either rates, or the model whose price it is, not both")
    if problems or entry is None:
        raise BadInput("; ".join(problems), hint="prices are USD per million tokens; see docs/prices.md")
    return OwnEntry(price, entry)


def _table(price: OwnPrice) -> dict[str, Any]:
    """As an entry of a price file says it."""
    rates = _FREE if price.same_as_model else price.rates
    table: dict[str, Any] = {"provider": price.provider, "model": price.model, **rates}
    if price.valid_from_ns is not None:
        table["valid_from"] = _moment(price.valid_from_ns)
    if price.valid_to_ns is not None:
        table["valid_to"] = _moment(price.valid_to_ns)
    if price.request_usd is not None:
        table["request"] = price.request_usd
    if price.batch_factor is not None:
        table["batch_factor"] = price.batch_factor
    if price.tiers:
        table["tiers"] = [
            {"above_input_tokens": tier.above_input_tokens, **tier.rates} for tier in price.tiers
        ]
    return table


def _moment(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // _SECOND_NS, UTC)


def _digest(table: Mapping[str, Any], price: OwnPrice) -> str:
    """Of what decides the price: the same price has the same version wherever it was set."""
    told = json.dumps([table, price.same_as_provider, price.same_as_model], default=str, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
