"""The price book: what is known, what a project set for itself, and what has no price."""

import secrets
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.model.own_price import OwnPrice, PriceTier
from spanglass_server.model.price import PricePeriod, Rates
from spanglass_server.normalize.own_prices import read_own_price
from spanglass_server.normalize.price_catalog import KnownModel, canonical_provider
from spanglass_server.normalize.prices import ModelKey, PriceBook
from spanglass_server.store.cost import UnpricedModel
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import price_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.params import parse_time_ns, time_range
from spanglass_server.web.services import Services

_MTOK: Final = 1_000_000
_UNPRICED_MAX: Final = 100
_SUGGESTIONS_MAX: Final = 5
_LIKENESS_MIN: Final = 0.45
_MINUTE_NS: Final = 60_000_000_000

PriceId = Annotated[str, Path(max_length=64)]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["prices"])
    router.add_api_route("/prices", list_prices, response_model=models.KnownPrices)
    router.add_api_route("/prices/own", list_own_prices, response_model=models.OwnPrices)
    router.add_api_route(
        "/prices/own", add_own_price, methods=["POST"], response_model=models.OwnPrice, status_code=201
    )
    router.add_api_route(
        "/prices/own/{price_id}", put_own_price, methods=["PUT"], response_model=models.OwnPrice
    )
    router.add_api_route("/prices/own/{price_id}", delete_own_price, methods=["DELETE"], status_code=204)
    router.add_api_route(
        "/prices/unpriced",
        list_unpriced,
        response_model=models.UnpricedModels,
        dependencies=[Depends(long_lane)],
    )
    return router


def list_prices(
    caller: Reading,
    services: Serving,
    search: Annotated[str, Query(max_length=200, description="Words of provider and model.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """What calls are priced by: the models that the server knows, under the project's own prices."""
    book = services.prices.of_project(caller.project.id)
    words = search.lower().split()
    found = [known for known in _known(book) if _has_words(known, words)]
    items = [
        {**known._asdict(), "periods": [_period_json(period) for period in _schedule(book, known)]}
        for known in found[offset : offset + limit]
    ]
    return json_response({"version": book.version, "items": items, "total": len(found)})


def list_own_prices(caller: Reading, services: Serving) -> Response:
    """What the project pays, where that is not the known price; by model, the latest beginning first."""
    own = services.own_prices.list(caller.project.id)
    return json_response({"items": [_own_json(price) for price in own]})


def add_own_price(caller: Editing, services: Serving, given: models.OwnPriceInput) -> Response:
    """Calls that arrive from now on are priced by it; `POST /reprice` prices earlier ones."""
    return json_response(_put(services, caller.project.id, secrets.token_hex(8), given), status=201)


def put_own_price(
    caller: Editing, services: Serving, price_id: PriceId, given: models.OwnPriceInput
) -> Response:
    """Change it."""
    services.own_prices.get(caller.project.id, price_id)
    return json_response(_put(services, caller.project.id, price_id, given))


def delete_own_price(caller: Editing, services: Serving, price_id: PriceId) -> Response:
    services.own_prices.delete(caller.project.id, price_id)
    services.prices.forget(caller.project.id)
    return Response(status_code=204)


def _put(services: Services, project_id: str, price_id: str, given: models.OwnPriceInput) -> dict[str, Any]:
    price = _read(given, price_id, services.now_ns())
    read_own_price(price)
    _check_known(services.prices.of_project(project_id), price)
    kept = services.own_prices.put(project_id, price)
    services.prices.forget(project_id)
    return _own_json(kept)


def _check_known(book: PriceBook, price: OwnPrice) -> None:
    if not price.same_as_model:
        return
    known = book.with_own(()).find_schedule(ModelKey(price.same_as_provider, price.same_as_model, "", False))
    if not any(period.steps for period in known):
        raise BadInput(
            f"no price is known of `{price.same_as_model}` of `{price.same_as_provider or 'anyone'}`",
            hint="choose a model that `GET /api/v1/prices` lists with rates",
        )


def list_unpriced(
    caller: Reading, services: Serving, during: Annotated[TimeRange, Depends(time_range)]
) -> Response:
    """Models that were called and have no price, with the calls that no cost contains."""
    found = services.costs.list_unpriced(caller.project.id, during, limit=_UNPRICED_MAX)
    book = services.prices.of_project(caller.project.id)
    return json_response({"items": [_unpriced_json(unpriced, book) for unpriced in found]})


def _unpriced_json(unpriced: UnpricedModel, book: PriceBook) -> dict[str, Any]:
    model = unpriced.response_model or unpriced.request_model
    told = unpriced._asdict()
    last_time_ns = told.pop("last_time_ns")
    key = ModelKey(unpriced.provider, model, unpriced.request_model, False)
    return {
        **told,
        "last_time": time_text(last_time_ns),
        "is_priced_now": any(period.steps for period in book.find_schedule(key)),
        "suggestions": [
            {"provider": known.provider, "model": known.model, "name": known.name}
            for known in suggest(unpriced.provider, model, book)
        ],
    }


def suggest(provider: str, model: str, book: PriceBook) -> list[KnownModel]:
    """Known models whose names are like this one, the likest first; of its own provider before others."""
    wanted = _plain(model)
    seller = canonical_provider(provider)
    scored = []
    matcher = SequenceMatcher(None, "", wanted, autojunk=False)
    for known in _known(book):
        matcher.set_seq1(_plain(known.model))
        bonus = 0.15 if known.provider == seller else 0.0
        if matcher.real_quick_ratio() + bonus < _LIKENESS_MIN or matcher.quick_ratio() < _LIKENESS_MIN:
            continue
        likeness = matcher.ratio()
        if likeness >= _LIKENESS_MIN:
            scored.append((-(likeness + bonus), known))
    likest = [known for _, known in sorted(scored)[: 4 * _SUGGESTIONS_MAX]]
    priced = (known for known in likest if any(p.steps for p in _schedule(book, known)))
    return [known for known, _ in zip(priced, range(_SUGGESTIONS_MAX), strict=False)]


def _plain(model: str) -> str:
    return model.lower().rpartition("/")[2]


def _known(book: PriceBook) -> tuple[KnownModel, ...]:
    return _all_known() if book.with_catalog else ()


@lru_cache(maxsize=1)
def _all_known() -> tuple[KnownModel, ...]:
    return tuple(PriceBook().catalog.list_models())


def _schedule(book: PriceBook, known: KnownModel) -> tuple[PricePeriod, ...]:
    return book.find_schedule(ModelKey(known.provider, known.model, "", False))


def _has_words(known: KnownModel, words: list[str]) -> bool:
    text = " ".join(known).lower()
    return all(word in text for word in words)


def _period_json(period: PricePeriod) -> dict[str, Any]:
    window = period.daily_window_ns
    return {
        "valid_from": time_text(period.valid_from_ns) if period.valid_from_ns else None,
        "valid_to": None if period.valid_to_ns is None else time_text(period.valid_to_ns),
        "daily_from": None if window is None else _clock(window[0]),
        "daily_to": None if window is None else _clock(window[1]),
        "tiers": [
            {
                "above_input_tokens": step.above_input_tokens,
                "rates": _rates_json(step.rates),
                "request_usd": step.rates.request,
            }
            for step in period.steps
        ],
        "source": period.source,
        "version": period.version,
    }


def _rates_json(rates: Rates) -> dict[str, float]:
    """USD per million tokens."""
    return {name: round(value * _MTOK, 9) for name, value in rates._asdict().items() if name != "request"}


def _clock(after_midnight_ns: int) -> str:
    minutes = after_midnight_ns // _MINUTE_NS
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _read(given: models.OwnPriceInput, price_id: str, now_ns: int) -> OwnPrice:
    fields = given.model_dump(exclude={"valid_from", "valid_to", "tiers"})
    return OwnPrice(
        **fields,
        id=price_id,
        valid_from_ns=_moment(given.valid_from, now_ns, "valid_from"),
        valid_to_ns=_moment(given.valid_to, now_ns, "valid_to"),
        tiers=tuple(PriceTier(tier.above_input_tokens, tier.rates) for tier in given.tiers),
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
    )


def _moment(text: str | None, now_ns: int, name: str) -> int | None:
    """Whole seconds, as a price file says them."""
    if text is None:
        return None
    return parse_time_ns(text, now_ns, name=name) // 1_000_000_000 * 1_000_000_000


def _own_json(price: OwnPrice) -> dict[str, Any]:
    told = price._asdict()
    for name in ("valid_from", "valid_to"):
        moment = told.pop(f"{name}_ns")
        told[name] = None if moment is None else time_text(moment)
    for name in ("created_at", "updated_at"):
        told[name] = time_text(told.pop(f"{name}_ns"))
    return {**told, "tiers": [tier._asdict() for tier in price.tiers]}
