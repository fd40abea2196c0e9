"""Own prices above the server's: which one holds when, and how soon a change counts."""

from collections.abc import Sequence

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.ingest.project_prices import ProjectPrices
from spanglass_server.model.own_price import OwnPrice, PriceTier
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.own_prices import read_own_prices
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.usage import NO_USAGE

DAY_NS = 86_400_000_000_000
NOW_NS = 20_700 * DAY_NS
MILLION = NO_USAGE._replace(input_tokens=1_000_000, output_tokens=0)
BASE = PriceBook()


def own(model: str, rate: float | None = None, *, since_day: int | None = None, **fields: object) -> OwnPrice:
    price = OwnPrice(
        id=f"{model}-{since_day}", provider="", model=model,
        valid_from_ns=None if since_day is None else since_day * DAY_NS, valid_to_ns=None,
        rates={} if rate is None else {"input": rate}, request_usd=None, tiers=(), batch_factor=None,
        same_as_provider="", same_as_model="", note="", created_at_ns=1, updated_at_ns=1,
    )  # fmt: skip
    return price._replace(**fields)


def cost(book: PriceBook, model: str, *, provider: str = "openai", at_ns: int = NOW_NS) -> float | None:
    return price_usage(book, provider=provider, model=model, usage=MILLION, at_ns=at_ns).cost_usd


def with_own(*prices: OwnPrice) -> PriceBook:
    return BASE.with_own(read_own_prices(prices))


def test_an_own_price_stands_before_the_catalogs_and_says_so() -> None:
    book = with_own(own("gpt-4o-mini", 7.0))
    priced = price_usage(book, provider="openai", model="gpt-4o-mini", usage=MILLION, at_ns=NOW_NS)
    assert (priced.cost_usd, priced.source) == (7.0, "custom")
    assert priced.price_version.startswith("own ")
    assert cost(book, "gpt-4o") == cost(BASE, "gpt-4o")


def test_the_price_that_began_last_holds_and_the_earlier_one_before_it() -> None:
    book = with_own(own("m*", 1.0, since_day=20_000), own("m1", 2.0, since_day=20_500))
    found = [cost(book, "m1", at_ns=day * DAY_NS) for day in (19_999, 20_000, 20_499, 20_500)]
    assert found == [None, 1.0, 1.0, 2.0]


def test_a_model_that_is_another_costs_what_that_one_does() -> None:
    same = own("ours", same_as_provider="openai", same_as_model="gpt-4o-mini")
    assert cost(with_own(same), "ours", provider="gateway-x") == cost(BASE, "gpt-4o-mini")
    late = same._replace(valid_from_ns=NOW_NS)
    assert cost(with_own(late), "ours", at_ns=NOW_NS - 1) is None
    assert cost(with_own(late), "ours") == cost(BASE, "gpt-4o-mini")


def test_tiers_and_calls_have_prices_too() -> None:
    book = with_own(own("m1", 1.0, tiers=(PriceTier(200_000, {"input": 2.0}),), request_usd=0.5))
    assert cost(book, "m1") == 2.5


class Store:
    def __init__(self) -> None:
        self.prices: list[OwnPrice] = []
        self.is_away = False

    def list(self, project_id: str) -> Sequence[OwnPrice]:
        if self.is_away:
            raise StorageUnavailable("away")
        return [*self.prices] if project_id == "p" else []


def test_a_change_counts_within_two_seconds_for_its_project_alone() -> None:
    store, clock = Store(), [0]
    prices = ProjectPrices(BASE, store.list, monotonic_ns=lambda: clock[0])
    first = prices.of_project("p")
    store.prices = [own("m1", 1.0)]
    assert prices.of_project("p") is first
    clock[0] += 2_000_000_000
    assert cost(prices.of_project("p"), "m1") == 1.0
    assert cost(prices.of_project("q"), "m1") is None

    store.prices = [own("m1", 3.0)]
    prices.forget("p")
    assert cost(prices.of_project("p"), "m1") == 3.0


def test_prices_stay_known_while_the_database_is_away() -> None:
    store, clock = Store(), [0]
    store.prices = [own("m1", 1.0)]
    prices = ProjectPrices(BASE, store.list, monotonic_ns=lambda: clock[0])
    book = prices.of_project("p")
    store.is_away = True
    clock[0] += 60_000_000_000
    assert prices.of_project("p") is book


def test_an_unchanged_book_keeps_what_it_remembers() -> None:
    store, clock = Store(), [0]
    store.prices = [own("m1", 1.0)]
    prices = ProjectPrices(BASE, store.list, monotonic_ns=lambda: clock[0])
    book = prices.of_project("p")
    clock[0] += 60_000_000_000
    assert prices.of_project("p") is book
