"""`/api/v1/cost` and `/api/v1/prices`: what was spent, why it changed, and what calls are priced by."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.json_api import JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.own_prices import open_own_prices
from spanglass_server.web.api.shape import time_text

HOUR_NS = 3600 * SECOND_NS
START_NS = EPOCH_NS // HOUR_NS * HOUR_NS + HOUR_NS


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, project_id: str, tmp_path: Path) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path}/meta.db"
    directory = open_directory(url, now_ns=lambda: EPOCH_NS, retention_days=0)
    directory.migrate()
    own_prices = open_own_prices(url)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", own_prices=own_prices)
    yield api
    api.close()
    own_prices.close()
    directory.close()


def call(api: JsonApi, hour: int, **fields: Any) -> None:
    """A call of 1,000 plain and 1,000 cached tokens in, 100 out, for 0.0035 USD."""
    known = {
        "input_tokens": 2000, "cache_read_tokens": 1000, "output_tokens": 100, "cost_usd": 0.0035,
        "cost_details": {"input": 0.002, "cache_read": 0.0005, "output": 0.001},
    }  # fmt: skip
    start_ns = START_NS + hour * HOUR_NS
    api.store([api.factory.call(start_time_ns=start_ns, end_time_ns=start_ns + SECOND_NS, **known | fields)])


UNPRICED: dict[str, Any] = {"cost_usd": None, "cost_details": {}, "cost_source": "unpriced"}


def now_range(hour: int) -> dict[str, str]:
    return {"from": _text(hour), "to": _text(hour + 1)}


def _text(hour: int) -> str:
    return time_text(START_NS + hour * HOUR_NS)


def test_groups_add_up_to_the_total_and_tell_what_has_no_price(api: JsonApi) -> None:
    call(api, 0, feature="search", ingest_key="pk-1")
    call(api, 0, feature="search")
    call(api, 0, feature="chat", **UNPRICED)

    found = api.get("/cost", by="feature", **now_range(0))
    total = found["total"]
    assert (total["call_count"], total["trace_count"], total["unpriced_count"]) == (3, 3, 1)
    assert total["cost_usd"] == pytest.approx(0.007)
    assert total["unpriced_share"] == pytest.approx(1 / 3)
    search, chat = found["groups"]
    assert (search["name"], search["share"], search["cost_usd"]) == ("search", 1, pytest.approx(0.007))
    assert search["cost_per_1000_traces_usd"] == pytest.approx(3.5)
    assert (chat["name"], chat["cost_usd"], chat["unpriced_share"]) == ("chat", None, 1)
    classes = {each["name"]: each for each in search["classes"]}
    assert {name: each["tokens"] for name, each in classes.items()} == {
        "input": 2000, "cache_read": 2000, "output": 200,
    }  # fmt: skip
    assert sum(each["cost_usd"] for each in classes.values()) == pytest.approx(search["cost_usd"])
    assert search["cache"]["saved_usd"] == pytest.approx(0.003)
    assert found["group_count"] == 2


def test_a_groups_filter_finds_its_calls_again_and_their_traces(api: JsonApi) -> None:
    call(api, 0, feature="search", ingest_key="pk-1", response_model="m1")
    call(api, 0, response_model="m2", prompt_name="answer", prompt_version="3")

    for by in ("feature", "model", "key", "prompt_version", "trace_name"):
        for group in api.get("/cost", by=by, **now_range(0))["groups"]:
            again = api.get("/cost", by=by, filter=group["filter"], **now_range(0))
            if by != "trace_name":
                assert [each["name"] for each in again["groups"]] == [group["name"]]
            listed = api.get("/traces", filter=group["filter"], **now_range(0))["items"]
            assert len(listed) == group["trace_count"]


def test_compared_periods_are_told_by_group_and_as_effects_that_add_up(api: JsonApi) -> None:
    call(api, 0, feature="old", response_model="m1")
    call(api, 1, feature="new", response_model="m1")
    call(api, 1, feature="new", response_model="m2")
    earlier = {"compare_from": _text(0), "compare_to": _text(1)}

    found = api.get("/cost", by="feature", **now_range(1), **earlier)
    groups = {group["name"]: group for group in found["groups"]}
    assert groups["new"]["previous"]["call_count"] == 0
    assert groups["old"]["call_count"] == 0
    assert groups["old"]["previous"]["cost_usd"] == pytest.approx(0.0035)
    assert found["total"]["previous"]["cost_usd"] == pytest.approx(0.0035)

    change = api.get("/cost/change", **now_range(1), **earlier)
    effects = {effect["name"]: effect["usd"] for effect in change["effects"]}
    assert sum(effects.values()) == pytest.approx(change["after_usd"] - change["before_usd"])
    assert effects["requests"] == pytest.approx(0.0035)


def test_curves_hold_the_same_money_as_the_table(api: JsonApi) -> None:
    for hour, model in enumerate(["m1", "m2", "m1"]):
        call(api, hour, response_model=model)
    span = {"from": _text(0), "to": _text(3)}
    found = api.get("/cost/over-time", by="model", limit=1, **span)
    assert [curve["name"] for curve in found["series"]] == ["m1", None]
    spent = sum(point["cost_usd"] for curve in found["series"] for point in curve["points"])
    assert spent == pytest.approx(api.get("/cost", by="model", **span)["total"]["cost_usd"])


def test_the_file_holds_the_tables_numbers_and_no_formulas(api: JsonApi) -> None:
    call(api, 0, feature="=HYPERLINK(1)")
    answer = api.client.get(
        "/api/v1/cost.csv", params={"project": api.project.name, "by": "feature", **now_range(0)}
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["feature"] == "'=HYPERLINK(1)"
    assert float(row["cost_usd"]) == pytest.approx(0.0035)


PRICE: dict[str, Any] = {"model": "our-*", "rates": {"input": 1.0, "output": 2.0}}


def test_a_price_of_ones_own_is_made_changed_and_removed(api: JsonApi) -> None:
    made = api.client.post("/api/v1/prices/own", params={"project": api.project.name}, json=PRICE)
    assert made.status_code == 201
    price = made.json()
    assert api.get("/prices/own")["items"] == [price]

    changed = {**PRICE, "rates": {"input": 3.0}, "valid_from": "2026-09-01T00:00:00Z"}
    path = f"/api/v1/prices/own/{price['id']}"
    answer = api.client.put(path, params={"project": api.project.name}, json=changed)
    assert answer.json()["rates"] == {"input": 3.0}
    assert answer.json()["valid_from"] == "2026-09-01T00:00:00.000000000Z"
    assert api.client.delete(path, params={"project": api.project.name}).status_code == 204
    assert api.client.delete(path, params={"project": api.project.name}).status_code == 404
    assert api.get("/prices/own")["items"] == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"rates": {"imput": 1.0}}, "did you mean `input`"),
        ({"rates": {}}, "no price"),
        ({"rates": {"input": -1.0}}, "zero or more"),
        ({"valid_from": "2026-09-02T00:00:00Z", "valid_to": "2026-09-01T00:00:00Z"}, "later than"),
        ({"same_as_model": "gpt-4o", "same_as_provider": "openai"}, "not both"),
        ({"rates": {}, "same_as_model": "no-such-model", "same_as_provider": "openai"}, "no price is known"),
    ],
)
def test_a_price_that_says_nothing_clear_is_refused_with_the_reason(
    api: JsonApi, wrong: dict[str, Any], reason: str
) -> None:
    answer = api.client.post(
        "/api/v1/prices/own", params={"project": api.project.name}, json={**PRICE, **wrong}
    )
    assert answer.status_code == 400
    assert reason in answer.text


def test_the_price_list_is_searched_by_words(api: JsonApi) -> None:
    found = api.get("/prices", search="OPENAI gpt-4o-mini", limit=5)
    mini = next(item for item in found["items"] if item["model"] == "gpt-4o-mini")
    assert mini["periods"][-1]["tiers"][-1]["rates"]["input"] == pytest.approx(0.15)
    assert found["total"] >= len(found["items"])


def test_models_without_a_price_are_listed_with_known_models_like_them(api: JsonApi) -> None:
    model = {"provider": "openai", "request_model": "gpt-4o-mini-acme", "response_model": ""}
    call(api, 0, **UNPRICED, **model)
    call(api, 0, **UNPRICED, **model)
    (item,) = api.get("/prices/unpriced", **now_range(0))["items"]
    assert (item["request_model"], item["call_count"], item["input_tokens"]) == ("gpt-4o-mini-acme", 2, 4000)
    assert "gpt-4o-mini" in [each["model"] for each in item["suggestions"]]
    assert not item["is_priced_now"]

    same = {"model": "gpt-4o-mini-acme", "same_as_provider": "openai", "same_as_model": "gpt-4o-mini"}
    assert (
        api.client.post("/api/v1/prices/own", params={"project": api.project.name}, json=same).status_code
        == 201
    )
    assert api.get("/prices/unpriced", **now_range(0))["items"][0]["is_priced_now"]


def test_a_call_that_failed_before_it_cost_anything_is_neither_priced_nor_unpriced(api: JsonApi) -> None:
    call(api, 0, feature="chat", **UNPRICED)
    call(api, 0, feature="chat", **UNPRICED, is_billable=False, status="error")

    total = api.get("/cost", **now_range(0))["total"]
    assert (total["call_count"], total["unpriced_count"], total["unpriced_share"]) == (2, 1, 1)
    assert total["cost_usd"] is None
    assert api.get("/cost/change", **now_range(0))["after_unpriced_share"] == 1
