"""Catalog prices against the catalog's own calculator, precedence, and what unknown means."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import types
from genai_prices.data import providers

from spanglass_server.model.price import Priced, PriceSchedule, RepriceSummary
from spanglass_server.model.span import Span
from spanglass_server.normalize.cost import merge_summaries, price_usage, reprice, summarize_reprice
from spanglass_server.normalize.prices import REMEMBERED_MODELS_MAX, ModelKey, PriceBook
from spanglass_server.normalize.usage import Usage

BOOK = PriceBook()
NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
USAGE = Usage(1000, 100)


def priced(provider: str, model: str, usage: Usage = USAGE, **more: Any) -> Priced:
    return price_usage(
        BOOK, provider=provider, model=model, usage=usage, at_ns=more.pop("at_ns", NOW), **more
    )


def sampled_models() -> list[tuple[str, str]]:
    """Every model that the catalog can be asked for by its id, a share of the large resellers'."""
    picked = []
    for seller in providers:
        models = seller.models if len(seller.models) < 60 else random.Random(1).sample(seller.models, 60)
        picked += [(seller.id, info.id) for info in models]
    return picked


def catalog_cost(provider: str, model: str, usage: Usage, moment: datetime) -> Decimal | None:
    """What genai-prices itself says; None where it cannot price these classes of tokens."""
    values = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "output_reasoning_tokens": usage.reasoning_tokens,
    }
    reported = types.Usage(**{key: value for key, value in values.items() if value})
    context = {"processing": "batch"} if usage.is_batch else None
    try:
        return BOOK.catalog._snapshot.calc(reported, model, provider, None, moment, context).total_price
    except (LookupError, ValueError):
        return None


def usages(seed: str) -> list[Usage]:
    rng = random.Random(seed)
    found = []
    for size in (500, 150_000, 250_000, 900_000):
        read, write, out = rng.randrange(size // 3), rng.randrange(size // 3), rng.randrange(5_000)
        found.append(Usage(size, out, read, write, rng.randrange(write + 1), rng.randrange(out + 1)))
    return found


def test_costs_are_those_of_the_catalog_s_own_calculator() -> None:
    moments = [datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2025, 3, 1, 3, tzinfo=UTC),
               datetime(2024, 6, 1, 20, tzinfo=UTC)]  # fmt: skip
    compared = 0
    for (provider, model), moment in itertools.product(sampled_models(), moments):
        for usage in usages(model):
            expected = catalog_cost(provider, model, usage, moment)
            ours = priced(provider, model, usage, at_ns=int(moment.timestamp()) * 1_000_000_000)
            if expected is None or ours.cost_usd is None:
                continue
            assert ours.cost_usd == pytest.approx(float(expected), rel=1e-9, abs=1e-15), (
                provider,
                model,
                usage,
            )
            compared += 1
    assert compared > 5_000


def test_batch_costs_are_the_catalog_s_batch_prices() -> None:
    moment = datetime.fromtimestamp(NOW / 1e9, UTC)
    compared = 0
    for provider, model in sampled_models():
        usage = Usage(1000, 100, is_batch=True)
        ours = priced(provider, model, usage)
        if ours.cost_usd is not None:
            expected = catalog_cost(provider, model, usage, moment)
            assert ours.cost_usd == pytest.approx(float(expected or 0), rel=1e-9)
            compared += 1
    assert compared > 50


def test_a_batch_call_of_a_model_without_batch_price_is_unpriced_not_priced_as_a_live_call() -> None:
    live, batch = (
        priced("deepseek", "deepseek-chat"),
        priced("deepseek", "deepseek-chat", USAGE._replace(is_batch=True)),
    )
    assert live.source == "catalog"
    assert batch == Priced(None, {}, "unpriced", "")


def test_a_price_by_the_hour_holds_in_its_hours() -> None:
    hourly = [
        (seller.id, info)
        for seller in providers
        for info in seller.models
        if isinstance(info.prices, list)
        and any(isinstance(price.constraint, types.TimeOfDateConstraint) for price in info.prices)
    ]
    assert hourly
    for provider, info in hourly:
        for half_hour in range(96):
            moment = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=30 * half_hour)
            ours = priced(provider, info.id, at_ns=int(moment.timestamp()) * 1_000_000_000)
            assert ours.cost_usd == pytest.approx(float(catalog_cost(provider, info.id, USAGE, moment) or 0))


def test_uncached_cached_and_written_tokens_are_each_paid_once() -> None:
    usage = Usage(2207, 18, cache_read_tokens=2048, cache_write_tokens=128)
    found = priced("anthropic", "claude-sonnet-4-5-20250929", usage)
    assert found.details == {
        "input": pytest.approx(31 * 3e-6),
        "cache_read": pytest.approx(2048 * 0.3e-6),
        "cache_write": pytest.approx(128 * 3.75e-6),
        "output": pytest.approx(18 * 15e-6),
    }
    assert found.source == "catalog"
    assert found.price_version == BOOK.version


def test_an_hour_s_cache_write_costs_more() -> None:
    usage = Usage(1000, 0, cache_write_tokens=1000)
    short = priced("anthropic", "claude-sonnet-4-5", usage).cost_usd
    long = priced("anthropic", "claude-sonnet-4-5", usage._replace(cache_write_1h_tokens=1000)).cost_usd
    assert (short, long) == (pytest.approx(1000 * 3.75e-6), pytest.approx(1000 * 6e-6))


def test_parts_that_exceed_the_whole_never_make_a_cost_negative() -> None:
    found = priced("anthropic", "claude-sonnet-4-5", Usage(10, 5, cache_read_tokens=500, reasoning_tokens=90))
    assert "input" not in found.details
    assert all(value >= 0 for value in found.details.values())


SELLERS: list[tuple[str, str, bool]] = [
    ("openai", "gpt-4o-mini-2024-07-18", True),
    ("azure.ai.openai", "gpt-4o-mini", True),
    ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
    ("gcp.vertex_ai", "claude-sonnet-4-5", True),
    ("gcp.gemini", "models/gemini-2.5-flash", True),
    ("x_ai", "grok-4", True),
    ("mistral_ai", "mistral-large-latest", True),
    ("api.groq.com", "llama-3.3-70b-versatile", True),
    ("openai", "openai/gpt-4o-mini", True),
    ("litellm", "anthropic/claude-sonnet-4-5", True),
    ("", "claude-sonnet-4-5", True),
    ("", "gpt-4o-mini", True),
    ("", "my-own-model", False),
    ("openai", "my-own-model", False),
    ("openai-compatible", "gpt-4o-mini", False),
    ("ollama", "llama3", False),
    ("127.0.0.1", "gpt-4o-mini", False),
    ("gateway.example.com", "gpt-4o-mini", False),
    ("anthropic", "", False),
]


@pytest.mark.parametrize(("provider", "model", "is_known"), SELLERS)
def test_who_sells_a_model_decides_its_price_and_nobody_else(
    provider: str, model: str, is_known: bool
) -> None:
    found = priced(provider, model)
    assert found.source == ("catalog" if is_known else "unpriced")
    assert (found.cost_usd is None) is not is_known


def test_the_request_s_model_is_tried_where_the_response_s_has_no_price() -> None:
    asked = priced("openai", "deployment-7", request_model="gpt-4o-mini")
    assert asked == priced("openai", "gpt-4o-mini")
    assert priced("openai", "gpt-4o", request_model="gpt-4o-mini") == priced("openai", "gpt-4o")


def test_unknown_usage_has_no_cost_and_is_not_called_unpriced() -> None:
    assert priced("openai", "gpt-4o-mini", Usage()) == Priced(None, {}, "", "")
    assert priced("openai", "nobody-knows", Usage()) == Priced(None, {}, "", "")


def test_a_reported_cost_counts_only_where_we_know_none() -> None:
    assert priced("openai", "gpt-4o-mini", reported_cost_usd=9.0).source == "catalog"
    assert priced("acme", "acme-1", reported_cost_usd=0.5) == Priced(0.5, {}, "reported", "")
    assert priced("acme", "acme-1", Usage(), reported_cost_usd=0.5) == Priced(0.5, {}, "reported", "")
    assert priced("acme", "acme-1", reported_cost_usd=0.0).source == "unpriced"


def test_the_user_s_price_wins_over_the_catalog_s_and_only_while_it_holds() -> None:
    text = '[[price]]\nprovider = "openai"\nmodel = "gpt-4o-mini*"\nvalid_to = 2026-01-01\ninput = 100'
    book = PriceBook.from_text(text, name="prices.toml")
    before, after = (
        price_usage(book, provider="openai", model="gpt-4o-mini", usage=USAGE, at_ns=when)
        for when in (NOW - 400 * 86_400_000_000_000, NOW)
    )
    assert (before.source, before.cost_usd) == ("custom", pytest.approx(0.1))
    assert after == priced("openai", "gpt-4o-mini")


def test_model_names_from_outside_cannot_fill_the_memory() -> None:
    book = PriceBook(with_catalog=False)
    for number in range(REMEMBERED_MODELS_MAX + 5):
        book.find_schedule(ModelKey("acme", f"model-{number}", "", False))
    assert len(book._schedules) <= REMEMBERED_MODELS_MAX


def test_a_second_look_up_is_answered_from_memory() -> None:
    book = PriceBook()
    key = ModelKey("openai", "gpt-4o-mini", "", False)
    first: PriceSchedule = book.find_schedule(key)
    assert book.find_schedule(key) is first


def span(**fields: Any) -> Span:
    values: dict[str, Any] = dict.fromkeys(Span._fields, "")
    values |= dict.fromkeys(f for f in Span._fields if f.endswith("_tokens") or f.endswith("_usd"))
    values |= {"is_batch": False, "is_billable": True, "start_time_ns": NOW, "cost_details": {}}
    return Span(**(values | fields))


def stored(model: str, cost: float | None, *, is_billable: bool = True, tokens: int = 1000) -> Span:
    return span(
        provider="openai", response_model=model, input_tokens=tokens, output_tokens=0, cost_usd=cost,
        cost_source="unpriced" if cost is None else "catalog",
        price_version="" if cost is None else BOOK.version,
        is_billable=is_billable,
    )  # fmt: skip


def test_repricing_uses_the_time_of_the_call_and_both_models() -> None:
    found = reprice(span(provider="openai", request_model="gpt-4o-mini", input_tokens=1000), BOOK)
    assert found == priced("openai", "gpt-4o-mini", Usage(1000, None))


def test_a_reprice_summary_says_what_changed_and_counts_nothing_twice() -> None:
    spans = [
        stored("gpt-4o-mini", 150e-6),
        stored("gpt-4o", 1.0),
        stored("gpt-4o", None),
        stored("gpt-4o", None, is_billable=False),
        stored("nobody-knows", 0.25),
    ]
    pairs = [(one, reprice(one, BOOK)) for one in spans]
    summary = summarize_reprice(pairs)
    assert (summary.span_count, summary.changed_span_count) == (5, 4)
    assert (summary.newly_priced_count, summary.no_longer_priced_count) == (1, 1)
    assert summary.before_usd == pytest.approx(150e-6 + 1.0 + 0.25)
    assert summary.after_usd == pytest.approx(150e-6 + 2.5e-3 * 2)
    assert {model: change.count for model, change in summary.by_model.items()} == {
        "gpt-4o": 2,
        "nobody-knows": 1,
    }
    halves: list[RepriceSummary] = [summarize_reprice(pairs[:2]), summarize_reprice(pairs[2:])]
    merged = merge_summaries(*halves)
    assert merged.changed_span_count == summary.changed_span_count
    assert merged.after_usd == pytest.approx(summary.after_usd)
    assert merged.by_model.keys() == summary.by_model.keys()
