"""A user's own price file: what it can say, and how it explains every mistake."""

import textwrap
from datetime import UTC, datetime

import pytest

from spanglass_server.base.errors import Misconfigured
from spanglass_server.model.price import Priced
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.price_file import parse_price_file
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.usage import Usage


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


NOW = ns("2026-11-23")


def book(text: str) -> PriceBook:
    return PriceBook.from_text(textwrap.dedent(text), name="prices.toml")


def price(
    text: str,
    usage: Usage,
    *,
    provider: str = "acme",
    model: str = "acme-large",
    at_ns: int = NOW,
) -> Priced:
    return price_usage(book(text), provider=provider, model=model, usage=usage, at_ns=at_ns)


def test_a_model_s_own_rates_are_in_dollars_per_million_tokens() -> None:
    priced = price('[[price]]\nmodel = "acme-large"\ninput = 2\noutput = 8.5', Usage(1_000_000, 200_000))
    assert priced.cost_usd == pytest.approx(2 + 1.7)
    assert priced.details == {"input": pytest.approx(2.0), "output": pytest.approx(1.7)}
    assert priced.source == "custom"
    assert priced.price_version.startswith("custom ")


def test_every_token_class_may_have_its_rate() -> None:
    text = """
    [[price]]
    model = "acme-large"
    input = 1
    output = 10
    cache_read = 0.1
    cache_write = 1.25
    cache_write_1h = 2
    reasoning = 5
    audio_input = 20
    audio_output = 40
    request = 0.01
    """
    usage = Usage(
        input_tokens=1000, output_tokens=500, cache_read_tokens=300, cache_write_tokens=200,
        cache_write_1h_tokens=150, reasoning_tokens=100, audio_input_tokens=50, audio_output_tokens=30,
    )  # fmt: skip
    priced = price(text, usage)
    assert priced.details == {
        "input": pytest.approx(450e-6),
        "cache_read": pytest.approx(30e-6),
        "cache_write": pytest.approx(62.5e-6),
        "cache_write_1h": pytest.approx(300e-6),
        "audio_input": pytest.approx(1000e-6),
        "output": pytest.approx(3700e-6),
        "reasoning": pytest.approx(500e-6),
        "audio_output": pytest.approx(1200e-6),
        "request": pytest.approx(0.01),
    }
    assert priced.cost_usd == pytest.approx(sum(priced.details.values()))


def test_classes_without_a_rate_cost_what_their_whole_does() -> None:
    usage = Usage(1000, 100, cache_read_tokens=400, cache_write_tokens=100, reasoning_tokens=50)
    priced = price('[[price]]\nmodel = "*"\ninput = 1\noutput = 10', usage)
    assert priced.cost_usd == pytest.approx(1000e-6 + 1000e-6)


@pytest.mark.parametrize(
    ("line", "provider", "model", "matches"),
    [
        ('model = "acme-*"', "acme", "acme-large", True),
        ('model = "ACME-large"', "acme", "acme-large", True),
        ('model = "acme"', "acme", "acme-large", False),
        ('model_regex = "acme-(large|small)"', "acme", "acme-small", True),
        ('model_regex = "acme-(large|small)"', "acme", "acme-smaller", False),
        ('provider = "acme"\nmodel = "*"', "acme", "x", True),
        ('provider = "acme"\nmodel = "*"', "other", "x", False),
        ('provider = "google"\nmodel = "*"', "gcp.vertex_ai", "x", True),
        ('provider = "azure.ai.openai"\nmodel = "*"', "azure_openai", "x", True),
    ],
)
def test_entries_match_by_provider_and_by_the_whole_model_name(
    line: str, provider: str, model: str, matches: bool
) -> None:
    priced = price(f"[[price]]\n{line}\ninput = 1", Usage(10, 0), provider=provider, model=model)
    assert (priced.source == "custom") is matches


def test_the_first_entry_that_matches_wins() -> None:
    text = '[[price]]\nmodel = "acme-large"\ninput = 1\n[[price]]\nmodel = "acme-*"\ninput = 9'
    assert price(text, Usage(1_000_000, 0)).cost_usd == pytest.approx(1)
    assert price(text, Usage(1_000_000, 0), model="acme-small").cost_usd == pytest.approx(9)


def test_a_price_holds_from_its_first_day_until_before_its_last() -> None:
    text = """
    [[price]]
    model = "acme-large"
    valid_from = 2026-02-01
    valid_to = 2026-03-01
    input = 3
    [[price]]
    model = "acme-large"
    valid_from = 2026-03-01T06:00:00+06:00
    input = 4
    """
    at = {when: price(text, Usage(1_000_000, 0), at_ns=ns(when)).cost_usd
          for when in ("2026-01-31T23:59:59", "2026-02-01", "2026-02-28T23:59:59", "2026-03-01")}  # fmt: skip
    assert list(at.values()) == [None, pytest.approx(3), pytest.approx(3), pytest.approx(4)]


def test_a_tier_s_rates_hold_for_the_whole_call_above_its_threshold() -> None:
    text = """
    [[price]]
    model = "acme-large"
    input = 1
    output = 2
    [[price.tiers]]
    above_input_tokens = 200_000
    input = 10
    [[price.tiers]]
    above_input_tokens = 500_000
    input = 100
    output = 200
    """
    costs = [price(text, Usage(n, 1_000_000)).cost_usd for n in (200_000, 200_001, 500_000, 1_000_000)]
    assert costs == [pytest.approx(2.2), pytest.approx(4.00001), pytest.approx(7), pytest.approx(300)]


def test_batch_calls_cost_a_factor_or_rates_of_their_own_or_have_no_price() -> None:
    usage = Usage(1_000_000, 1_000_000, is_batch=True)
    base = '[[price]]\nmodel = "acme-large"\ninput = 2\noutput = 8\n'
    assert price(base + "batch_factor = 0.5", usage).cost_usd == pytest.approx(5)
    assert price(base + "[price.batch]\ninput = 1\noutput = 1", usage).cost_usd == pytest.approx(2)
    assert price(base, usage).source == "unpriced"


def test_a_model_sold_by_the_request_is_priced_without_knowing_its_tokens() -> None:
    text = '[[price]]\nmodel = "acme-large"\nrequest = 0.002'
    assert price(text, Usage()).cost_usd == pytest.approx(0.002)
    with_tokens = text + "\ninput = 1"
    assert price(with_tokens, Usage()).cost_usd is None


def test_a_free_model_costs_nothing_which_is_not_unpriced() -> None:
    priced = price('[[price]]\nmodel = "*"\ninput = 0\noutput = 0', Usage(10, 10))
    assert (priced.cost_usd, priced.source) == (0.0, "custom")


def test_the_file_s_content_is_its_version() -> None:
    one, other = 'price = [{model = "a", input = 1}]', 'price = [{model = "a", input = 2}]'
    assert book(one).version == book(one).version
    assert book(one).version != book(other).version
    assert book(one).version.startswith("genai-prices ")


MISTAKES: list[tuple[str, str, str]] = [
    ("not TOML", "[[price]\nmodel = 1", "prices.toml: not valid TOML"),
    ("nothing in it", "", "prices.toml: it has no price"),
    ("another top-level key", 'prices = 1\n[[price]]\nmodel = "a"\ninput = 1', "did you mean `price`?"),
    ("a table instead of a list", '[price]\nmodel = "a"', "write `[[price]]` above each entry"),
    ("no model", "[[price]]\ninput = 1", 'price 1 (no model): name the model by either `model = "gpt-4o*"`'),
    ("a misspelt key", '[[price]]\nmodel = "a"\ninputs = 1',
     "price 1 (a): `inputs` is not known; did you mean `input`?"),
    ("no rate", '[[price]]\nmodel = "a"', "price 1 (a): no price: write `input` and `output`"),
    ("a rate in quotes", '[[price]]\nmodel = "a"\ninput = "1"', "`input` must be a number in USD, not '1'"),
    ("a negative rate", '[[price]]\nmodel = "a"\ninput = -1', "`input` must be zero or more, not -1"),
    ("an infinite rate", '[[price]]\nmodel = "a"\ninput = inf', "`input` must be zero or more, not inf"),
    ("a truth for a rate", '[[price]]\nmodel = "a"\ninput = true',
     "`input` must be a number in USD, not True"),
    ("a broken pattern", '[[price]]\nmodel_regex = "("\ninput = 1', "`model_regex` is no regular expression"),
    ("a date in quotes", '[[price]]\nmodel = "a"\ninput = 1\nvalid_from = "2026-01-01"',
     "must be a date without quotes"),
    ("a time without zone", '[[price]]\nmodel = "a"\ninput = 1\nvalid_from = 2026-01-01T00:00:00',
     "needs a time zone"),
    ("an end before its start",
     '[[price]]\nmodel = "a"\ninput = 1\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01',
     "`valid_to` must be later than `valid_from`"),
    ("a tier without threshold", '[[price]]\nmodel = "a"\ninput = 1\n[[price.tiers]]\ninput = 2',
     "`tiers 1: above_input_tokens` must be a whole number of tokens"),
    ("a threshold twice", '[[price]]\nmodel = "a"\ninput = 1\n[[price.tiers]]\nabove_input_tokens = 5\n'
     "[[price.tiers]]\nabove_input_tokens = 5", "`tiers 2: above_input_tokens` = 5 stands twice"),
    ("two batch prices", '[[price]]\nmodel = "a"\ninput = 1\nbatch_factor = 0.5\n[price.batch]\ninput = 1',
     "either `batch_factor` or `[price.batch]`, not both"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_explained_with_file_entry_and_fix(text: str, message: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_price_file(text, name="prices.toml")
    assert message in caught.value.message
    assert caught.value.message.startswith("prices.toml: ")
    assert caught.value.hint


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_price_file('[[price]]\nmodel = "a"\nimput = 1\n[[price]]\ninput = -2', name="prices.toml")
    lines = caught.value.message.splitlines()
    assert all(line.startswith("prices.toml: price ") for line in lines)
    assert len(lines) >= 3
