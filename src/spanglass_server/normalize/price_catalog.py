"""The built-in price list: what the genai-prices package knows, as our own schedules.

Nothing is fetched: the prices are those of the installed release, and `PriceBook.version` names it. Source of
the meaning of its fields: https://github.com/pydantic/genai-prices (prices/README.md).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from genai_prices import __version__ as genai_prices_version
from genai_prices import types
from genai_prices.data_snapshot import DataSnapshot

from spanglass_server.model.price import PricePeriod, PriceSchedule, Rates, RateStep

CATALOG_VERSION = f"genai-prices {genai_prices_version}"

BATCH = {"processing": "batch"}
_MTOK = 1_000_000
DAY_NS = 86_400_000_000_000

_PROVIDERS = {
    "amazon": "aws",
    "amazon-bedrock": "aws",
    "amazon_bedrock": "aws",
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure-openai": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "google-generative-ai": "google",
    "google-vertex": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "moonshot_ai": "moonshotai",
    "moonshot": "moonshotai",
    "together-ai": "together",
    "together_ai": "together",
    "togetherai": "together",
    "vertex_ai": "google",
    "vertexai": "google",
    "voyage": "voyageai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""Providers' names in telemetry whose seller has another id in the catalog. Names are compared whole: who is
merely called after OpenAI ("openai-compatible") does not sell at OpenAI's prices."""

_GATEWAYS = frozenset({"litellm", "portkey", "helicone", "ai-gateway", "gateway"})
"""They sell others' models under `provider/model`, at the provider's price."""


def canonical_provider(provider: str) -> str:
    """The catalog's id of a provider as telemetry names it; the name in lower case where it has none."""
    name = provider.strip().lower()
    return _PROVIDERS.get(name, name)


class KnownModel(NamedTuple):
    provider: str
    """The catalog's id."""
    provider_name: str
    model: str
    name: str
    """For people; the model's id where it has none."""


class Catalog:
    """Look-ups in the package's data. Slow (0.1 to 1 ms a look-up): `PriceBook` remembers the answers."""

    def __init__(self) -> None:
        from genai_prices.data import providers  # 1.6 MB of literals: only a server that prices pays for them

        self._snapshot = DataSnapshot(providers=providers, from_auto_update=False)
        self._by_id = {provider.id: provider for provider in providers}

    def find_schedule(self, provider: str, model: str, *, is_batch: bool) -> PriceSchedule:
        """Prices of a model as this provider sells it; empty where the catalog does not know them.

        An empty provider means that telemetry named none: then the model's name decides who sells it.
        """
        found = self._find(provider, model.strip().lower())
        if found is None:
            return ()
        seller, info = found
        return _periods(seller, info, is_batch=is_batch)

    def list_models(self) -> Sequence[KnownModel]:
        """All that it knows, by provider and model, priced by tokens or not."""
        return sorted(
            KnownModel(seller.id, seller.name, info.id, info.name or info.id)
            for seller in self._snapshot.providers
            for info in seller.models
        )

    def _find(self, provider: str, model: str) -> tuple[types.Provider, types.ModelInfo] | None:
        if not model:
            return None
        prefix, _, rest = model.partition("/")
        name = canonical_provider(provider)
        if not name or name in _GATEWAYS:
            if rest and (seller := self._by_id.get(canonical_provider(prefix))):
                return self._find_model(seller, rest)
            return self._find_by_model(model)
        found = self._by_id.get(name) or self._find_by_host(name)
        if found is None:
            return None
        if (match := self._find_model(found, model)) is not None or not rest:
            return match
        return self._find_model(found, rest) if canonical_provider(prefix) in (found.id, "models") else None

    def _find_model(
        self, seller: types.Provider, model: str
    ) -> tuple[types.Provider, types.ModelInfo] | None:
        info = seller.find_model(model, all_providers=self._snapshot.providers)
        return None if info is None else (seller, info)

    def _find_by_model(self, model: str) -> tuple[types.Provider, types.ModelInfo] | None:
        for seller in self._snapshot.providers:
            if seller.model_match is not None and seller.model_match.is_match(model):
                return self._find_model(seller, model)
        return None

    def _find_by_host(self, name: str) -> types.Provider | None:
        """A provider named by the host that was called, e.g. `api.groq.com`."""
        if "." not in name:
            return None
        url = f"https://{name}/"
        return next((found for found in self._snapshot.providers if re.match(found.api_pattern, url)), None)


def _periods(seller: types.Provider, info: types.ModelInfo, *, is_batch: bool) -> PriceSchedule:
    """The catalog's own answer at every moment where it may change, newest first."""
    context = BATCH if is_batch else None
    constraints = list(_constraints(seller, info, is_batch=is_batch))
    starts = [c.start_date for c in constraints if isinstance(c, types.StartDateConstraint)]
    windows = _daily_windows([c for c in constraints if isinstance(c, types.TimeOfDateConstraint)])
    periods = []
    for day in sorted({date(1970, 1, 1), *starts}, reverse=True):
        for window in windows:
            moment = datetime.combine(day, time(), UTC) + timedelta(microseconds=window[0] // 1000)
            if not is_batch or _has_batch_price(seller, info, moment):
                prices = info.get_prices(moment, context)
                periods.append(_period(prices, day, window if len(windows) > 1 else None))
    return tuple(periods)


def _constraints(
    seller: types.Provider, info: types.ModelInfo, *, is_batch: bool
) -> Iterator[types.StartDateConstraint | types.TimeOfDateConstraint | None]:
    if not isinstance(info.prices, types.ModelPrice):
        yield from (price.constraint for price in info.prices)
    if is_batch:
        yield from (variant.constraint for variant in _batch_variants(seller, info))


def _batch_variants(seller: types.Provider, info: types.ModelInfo) -> list[types.PriceVariant]:
    """A model without batch prices has none: the price of a live call would be a made-up one. Of a model that
    a provider resells, the catalog knows only the maker's variants."""
    if not any(info is own for own in seller.models):
        return []
    return [variant for variant in info.price_variants or () if variant.when == BATCH]


def _has_batch_price(seller: types.Provider, info: types.ModelInfo, moment: datetime) -> bool:
    return any(
        (variant.constraint is None or variant.constraint.active(moment))
        and any(value is not None for value in vars(variant.prices).values())
        for variant in _batch_variants(seller, info)
    )


def _daily_windows(constraints: Sequence[types.TimeOfDateConstraint]) -> list[tuple[int, int]]:
    """The day cut wherever a price by the hour begins or ends: nanoseconds after midnight, half open."""
    cuts = {0} | {_after_midnight_ns(t) for c in constraints for t in (c.start_time, c.end_time)}
    return list(pairwise([*sorted(cuts), DAY_NS]))


def _after_midnight_ns(moment: time) -> int:
    if moment.tzinfo is not None:
        moment = datetime.combine(date(1970, 1, 1), moment).astimezone(UTC).time()
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000_000


def _period(prices: types.ModelPrice, day: date, window: tuple[int, int] | None) -> PricePeriod:
    return PricePeriod(
        valid_from_ns=int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000_000,
        valid_to_ns=None,
        daily_window_ns=window,
        steps=_steps(prices),
        source="catalog",
        version=CATALOG_VERSION,
        is_per_request=False,
    )


def _steps(prices: types.ModelPrice) -> tuple[RateStep, ...]:
    """Empty where the model is sold by the hour, the page or the character: tokens don't tell its cost."""
    if prices.input_mtok is None and prices.output_mtok is None and prices.requests_kcount is None:
        return ()
    starts = {-1}
    for value in vars(prices).values():
        if isinstance(value, types.TieredPrices):
            starts.update(tier.start for tier in value.tiers)
    return tuple(RateStep(start, _rates(prices, start)) for start in sorted(starts, reverse=True))


def _rates(prices: types.ModelPrice, above: int) -> Rates:
    def rate(key: str, default: float) -> float:
        value = getattr(prices, key)
        if isinstance(value, types.TieredPrices):
            passed = [tier.price for tier in value.tiers if tier.start <= above]
            value = passed[-1] if passed else value.base
        return default if value is None else float(value / _MTOK)

    plain, output = rate("input_mtok", 0.0), rate("output_mtok", 0.0)
    write = rate("cache_write_mtok", plain)
    requests = prices.requests_kcount
    return Rates(
        input=plain,
        cache_read=rate("cache_read_mtok", plain),
        cache_write=write,
        cache_write_1h=rate("cache_write_1h_mtok", write),
        audio_input=rate("input_audio_mtok", plain),
        output=output,
        reasoning=rate("output_reasoning_mtok", output),
        audio_output=rate("output_audio_mtok", output),
        request=float(requests / 1000) if isinstance(requests, Decimal) else 0.0,
    )
