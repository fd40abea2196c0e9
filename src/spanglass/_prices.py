"""What a model call cost: its tokens times the list prices of the genai-prices package, where it is installed
(`pip install "spanglass[prices]"`). Unknown stays unknown: there is no default price.

Reading the list takes a fifth of a second, so it happens at the first call that is priced, on the thread that
tells calls. The server prices alike (a test compares), with tariffs of its users besides.
"""

from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any, Final

from spanglass._calls import Call
from spanglass._log import logger
from spanglass._usage_objects import Counts

_SELLERS: Final = {
    "amazon": "aws",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_ai": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "google-generative-ai": "google",
    "google-vertex": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "moonshot": "moonshotai",
    "together-ai": "together",
    "together_ai": "together",
    "togetherai": "together",
    "voyage": "voyageai",
    "x_ai": "x-ai",
}
"""Providers as telemetry names them, by whom the price list calls otherwise."""

_BATCH: Final = {"processing": "batch"}

_GATEWAYS: Final = frozenset({"litellm", "portkey", "helicone", "ai-gateway", "gateway"})
"""They sell others' models under `provider/model`, at the provider's price."""


class ListPrices:
    """Costs by the installed price list."""

    def cost_usd(self, call: Call) -> float | None:
        """The reported cost where there is one, else by the list; None where price or usage is unknown."""
        if call.reported_cost_usd is not None:
            return call.reported_cost_usd
        for model in dict.fromkeys((call.model, call.request_model)):
            cost = list_price_usd(call.provider, model, call.counts, call.start_ns, is_batch=call.is_batch)
            if cost is not None:
                return cost
        return None


def list_price_usd(
    provider: str, model: str, counts: Counts, at_ns: int, *, is_batch: bool = False
) -> float | None:
    """By the list, at the time of the call. An empty provider: the model's name tells who sells it."""
    prices = _price_list() if model and (counts.input is not None or counts.output is not None) else None
    if prices is None:
        return None
    seller, name = _seller(provider, model.strip().lower())
    moment = datetime.fromtimestamp(at_ns / 1e9, UTC)
    try:
        found = prices.calc_price(
            _usage(prices, counts),
            name,
            provider_id=seller,
            genai_request_timestamp=moment,
            price_context=_BATCH if is_batch else None,
        )
    except (LookupError, ValueError):
        return None  # Not in the list; or counts that contradict each other.
    is_priced = _has_batch_price(found, moment) if is_batch else _is_by_tokens(found.model_price)
    return float(found.total_price) if is_priced else None


def _is_by_tokens(price: object) -> bool:
    """What is sold by the page or the hour has no price for tokens: its total of 0 is not a cost."""
    told = ("input_mtok", "output_mtok", "requests_kcount")
    return any(getattr(price, name, None) is not None for name in told)


def _has_batch_price(found: Any, moment: datetime) -> bool:
    """The price of a live call would be a made-up one for a batch; the list knows a maker's own batches."""
    if not any(found.model is own for own in found.provider.models):
        return False
    return any(
        variant.when == _BATCH and (variant.constraint is None or variant.constraint.active(moment))
        for variant in found.model.price_variants or ()
    )


def _seller(provider: str, model: str) -> tuple[str | None, str]:
    """The list's id of who sells the model, None where its name has to tell, and its name there."""
    prefix, _, rest = model.partition("/")
    if not provider or provider in _GATEWAYS:
        return (_SELLERS.get(prefix, prefix), rest) if rest else (None, model)
    seller = _SELLERS.get(provider, provider)
    return (seller, rest) if rest and _SELLERS.get(prefix, prefix) == seller else (seller, model)


def _usage(prices: ModuleType, counts: Counts) -> object:
    told = {
        "input_tokens": counts.input,
        "output_tokens": counts.output,
        "cache_read_tokens": counts.cache_read,
        "cache_write_tokens": counts.cache_write,
    }
    return prices.Usage(**{name: count for name, count in told.items() if count is not None})


@cache
def _price_list() -> ModuleType | None:
    try:
        import genai_prices
    except ImportError:
        logger.info('costs are left out, since no price list is installed: pip install "spanglass[prices]"')
        return None
    return genai_prices
