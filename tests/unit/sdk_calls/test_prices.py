"""Costs in the application's own logs and metrics are those that the server works out."""

from itertools import product

import pytest

from spanglass._prices import list_price_usd
from spanglass._usage_objects import Counts
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.usage import Usage

TIMES_NS = [1_790_000_000_000_000_000, 1_795_000_000_000_000_000]
"""In September and November 2026: prices change, batch prices among them."""
BOOK = PriceBook()

CALLS = [
    ("openai", "gpt-4o-mini-2024-07-18"),
    ("openai", "gpt-5-mini"),
    ("openai", "text-embedding-3-small"),
    ("openai", "GPT-4o"),
    ("anthropic", "claude-sonnet-4-5-20250929"),
    ("anthropic", "claude-haiku-4-5"),
    ("aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("gcp.gemini", "gemini-2.5-pro"),
    ("gcp.vertex_ai", "gemini-2.0-flash"),
    ("azure.ai.openai", "gpt-4o"),
    ("mistral_ai", "mistral-large-latest"),
    ("x_ai", "grok-3"),
    ("groq", "llama-3.3-70b-versatile"),
    ("deepseek", "deepseek-chat"),
    ("cohere", "command-r-plus"),
    ("openrouter", "anthropic/claude-3.5-sonnet"),
    ("litellm", "openai/gpt-4o"),
    ("", "gpt-4o"),
    ("", "anthropic/claude-sonnet-4-5"),
    ("openai", "house-7b"),
    ("my-company", "gpt-4o"),
    ("", "house-7b"),
    ("", ""),
]


USAGES = [
    Counts(input=1_000, output=500),
    Counts(input=300_000, output=500, cache_read=250_000, cache_write=10_000, reasoning=100),
    Counts(input=1_000),
    Counts(),
]


@pytest.mark.parametrize(("provider", "model"), CALLS)
def test_a_call_costs_what_the_server_says(provider: str, model: str) -> None:
    for counts, is_batch, at_ns in product(USAGES, (False, True), TIMES_NS):
        usage = Usage(
            input_tokens=counts.input,
            output_tokens=counts.output,
            cache_read_tokens=counts.cache_read,
            cache_write_tokens=counts.cache_write,
            reasoning_tokens=counts.reasoning,
            is_batch=is_batch,
        )
        expected = price_usage(BOOK, provider=provider, model=model, usage=usage, at_ns=at_ns).cost_usd

        cost = list_price_usd(provider, model, counts, at_ns, is_batch=is_batch)

        assert cost == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-15))
