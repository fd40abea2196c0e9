"""All prices that are known: the user's own first, then the built-in list."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple, Protocol

from spanglass_server.model.price import PricePeriod, PriceSchedule
from spanglass_server.normalize.own_prices import OwnEntry
from spanglass_server.normalize.price_catalog import CATALOG_VERSION, Catalog
from spanglass_server.normalize.price_file import PriceEntry, PriceFile, parse_price_file

REMEMBERED_MODELS_MAX = 20_000
"""Model names come from outside: beyond this many the memory of answers starts anew."""


class ModelKey(NamedTuple):
    provider: str
    model: str
    request_model: str
    is_batch: bool


@cache
def _load_catalog() -> Catalog:
    """One for all books: it never changes."""
    return Catalog()


class Prices(Protocol):
    """What decides what a project's calls cost."""

    def of_project(self, project_id: str) -> "PriceBook": ...
    def load(self) -> None: ...


@dataclass(frozen=True)
class PriceBook:
    """Prices by provider and model. A value: two books of the same version price alike.

    The answers to look-ups are remembered, which nobody can see but in speed; safe to share between threads.
    """

    file: PriceFile | None = None
    with_catalog: bool = True
    own: tuple[OwnEntry, ...] = ()
    """A project's, in the order in which they are tried, before all others."""
    _schedules: dict[ModelKey, PriceSchedule] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def from_text(cls, text: str, *, name: str) -> "PriceBook":
        """The built-in list under a user's price file. Raises Misconfigured, see `parse_price_file`."""
        return cls(file=parse_price_file(text, name=name))

    @property
    def version(self) -> str:
        """Everything that decides a price, e.g. `genai-prices 0.2.3 + custom 3f2a9c01b7de`."""
        named = ([CATALOG_VERSION] if self.with_catalog else []) + ([self.file.version] if self.file else [])
        return " + ".join(named) or "none"

    def of_project(self, project_id: str) -> "PriceBook":
        """One book for all projects."""
        return self

    def with_own(self, own: tuple[OwnEntry, ...]) -> "PriceBook":
        return replace(self, own=own)

    @property
    def catalog(self) -> Catalog:
        return _load_catalog()

    def load(self) -> None:
        """Read the built-in list now (half a second) rather than at the first look-up."""
        if self.with_catalog:
            _ = self.catalog

    def find_schedule(self, key: ModelKey) -> PriceSchedule:
        """Every period that may price these calls, in the order in which they are tried: the user's for the
        response's model, for the request's, then the catalog's likewise. Empty: unpriced."""
        schedule = self._schedules.get(key)
        if schedule is None:
            schedule = self._resolve(key)
            if len(self._schedules) >= REMEMBERED_MODELS_MAX:
                self._schedules.clear()
            self._schedules[key] = schedule
        return schedule

    def _resolve(self, key: ModelKey) -> PriceSchedule:
        models = tuple(dict.fromkeys(model for model in (key.model, key.request_model) if model))
        periods: list[PricePeriod] = []
        for model in models:
            periods += self._own_periods(key, model)
        for model in models:
            periods += self._custom_periods(key, model)
        if self.with_catalog:
            for model in models:
                if found := self.catalog.find_schedule(key.provider, model, is_batch=key.is_batch):
                    periods += found
                    break
        return tuple(periods)

    def _own_periods(self, key: ModelKey, model: str) -> list[PricePeriod]:
        def find_known(provider: str, other: str) -> PriceSchedule:
            return self.with_own(()).find_schedule(ModelKey(provider, other, "", key.is_batch))

        return [
            period
            for own in self.own
            if own.entry.matches(key.provider, model.strip().lower())
            for period in own.periods(is_batch=key.is_batch, find_known=find_known)
        ]

    def _custom_periods(self, key: ModelKey, model: str) -> list[PricePeriod]:
        entries = [e for e in self._entries() if e.matches(key.provider, model.strip().lower())]
        if not key.is_batch:
            return [entry.period for entry in entries]
        return [entry.batch_period for entry in entries if entry.batch_period is not None]

    def _entries(self) -> tuple[PriceEntry, ...]:
        return self.file.entries if self.file else ()
