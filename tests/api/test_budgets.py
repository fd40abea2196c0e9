"""Budgets over the JSON API, reckoned from real spans in the embedded engine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.budgets import open_budgets
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import budget_models

HOUR_NS = 3600 * SECOND_NS
Spend = Callable[..., None]


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    budgets = open_budgets(url)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", budgets=budgets)
    yield api
    api.close()
    budgets.close()
    directory.close()


@pytest.fixture
def spend(api: JsonApi) -> Spend:
    def store(usd: float, *, ago_ns: int, is_billable: bool = True, **fields: Any) -> None:
        span = api.factory.span(
            start_time_ns=NOW_NS - ago_ns,
            end_time_ns=NOW_NS - ago_ns + SECOND_NS,
            cost_usd=usd,
            is_billable=is_billable,
            **fields,
        )
        api.store([span])

    return store


def put(api: JsonApi, name: str, status: int = 200, **body: Any) -> Any:
    answer = api.client.put(f"/api/v1/budgets/{name}", params={"project": api.project.name}, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_budget_tells_what_its_feature_spent_today(api: JsonApi, spend: Spend) -> None:
    spend(3.0, ago_ns=HOUR_NS // 2, feature="search")
    spend(0.5, ago_ns=2 * HOUR_NS, feature="search")
    spend(7.0, ago_ns=HOUR_NS // 2, feature="chat")
    spend(9.0, ago_ns=HOUR_NS // 2, feature="search", is_billable=False)
    spend(11.0, ago_ns=30 * HOUR_NS, feature="search")
    budget = put(api, "search", scope="feature", value="search", period="day", amount_usd=7)
    assert budget["spent_usd"] == pytest.approx(3.5)
    assert budget["used_ratio"] == pytest.approx(0.5)
    assert budget["remaining_usd"] == pytest.approx(3.5)
    assert not budget["is_exhausted"]


def test_each_scope_counts_its_own_calls(api: JsonApi, spend: Spend) -> None:
    spend(1.0, ago_ns=HOUR_NS, team="growth", user_id="u1", response_model="claude-sonnet-4-6")
    spend(2.0, ago_ns=HOUR_NS, team="core", user_id="u2", request_model="gpt-5", response_model="")
    budgets = {
        "all": {},
        "growth": {"scope": "team", "value": "growth"},
        "u2": {"scope": "user", "value": "u2"},
        "gpt": {"scope": "model", "value": "gpt-5"},
        "nobody": {"scope": "user", "value": "u3"},
    }
    for name, body in budgets.items():
        put(api, name, period="month", amount_usd=10, **body)
    spent = {item["name"]: item["spent_usd"] for item in api.get("/budgets")["items"]}
    assert spent == pytest.approx({"all": 3, "growth": 1, "u2": 2, "gpt": 2, "nobody": 0})


def test_days_begin_where_the_time_zone_says(api: JsonApi, spend: Spend) -> None:
    # It is 15:13 in UTC, 20:58 in Kathmandu (UTC+5:45), 00:13 in Tokyo.
    spend(1.0, ago_ns=5 * 60 * SECOND_NS)
    spend(2.0, ago_ns=20 * HOUR_NS + 50 * 60 * SECOND_NS)
    spend(4.0, ago_ns=21 * HOUR_NS)
    for name, zone in (("utc", "UTC"), ("kathmandu", "Asia/Kathmandu"), ("tokyo", "Asia/Tokyo")):
        put(api, name, period="day", amount_usd=10, time_zone=zone)
    items = {item["name"]: item for item in api.get("/budgets")["items"]}
    assert {name: item["spent_usd"] for name, item in items.items()} == {
        "utc": 1.0,
        "kathmandu": 3.0,
        "tokyo": 1.0,
    }
    assert items["kathmandu"]["period_start"] == "2026-09-20T18:15:00.000000000Z"
    assert items["tokyo"]["period_end"] == "2026-09-22T15:00:00.000000000Z"


def test_what_is_spent_next_shows_at_once(api: JsonApi, spend: Spend) -> None:
    spend(1.0, ago_ns=3 * HOUR_NS)
    assert put(api, "all", period="day", amount_usd=10)["spent_usd"] == 1.0
    spend(2.0, ago_ns=SECOND_NS)
    assert api.get("/budgets/all")["spent_usd"] == 3.0


def test_an_exhausted_budget_tells_since_when(api: JsonApi, spend: Spend) -> None:
    spend(8.0, ago_ns=4 * HOUR_NS)
    spend(4.0, ago_ns=3 * HOUR_NS)
    budget = put(api, "all", period="day", amount_usd=10)
    assert budget["is_exhausted"]
    assert budget["remaining_usd"] == pytest.approx(-2)
    # Within the hour from 12:00, in which it was crossed half way.
    assert budget["exhausted_at"] == "2026-09-21T12:30:00.000000000Z"


def test_burn_rates_tell_how_fast_money_goes(api: JsonApi, spend: Spend) -> None:
    spend(1.0, ago_ns=30 * 60 * SECOND_NS)
    budget = put(api, "all", period="day", amount_usd=24)
    rates = {item["window"]: item["rate"] for item in budget["burn_rates"]}
    assert rates == pytest.approx({"5m": 0, "1h": 1, "6h": 1 / 6, "1d": 1 / 24})


def test_a_budget_is_changed_and_removed_by_its_name(api: JsonApi) -> None:
    first = put(api, "all", period="day", amount_usd=10)
    second = put(api, "all", period="month", amount_usd=300, time_zone="Europe/Berlin")
    assert (second["period"], second["amount_usd"], second["time_zone"]) == ("month", 300, "Europe/Berlin")
    assert second["created_at"] == first["created_at"]
    assert len(api.get("/budgets")["items"]) == 1
    answer = api.client.delete("/api/v1/budgets/all", params={"project": api.project.name})
    assert answer.status_code == 204
    assert api.get("/budgets")["items"] == []
    assert api.problem("/budgets/all")["detail"] == "there is no budget `all`"
    again = api.client.delete("/api/v1/budgets/all", params={"project": api.project.name})
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"scope": "team"}, "which team the budget is for is missing"),
        ({"value": "search"}, "a budget of the whole project has no `value`"),
        ({"time_zone": "Mars/Base"}, "there is no time zone `Mars/Base`"),
    ],
)
def test_a_budget_that_means_nothing_is_refused(api: JsonApi, body: dict[str, Any], words: str) -> None:
    problem = put(api, "b", 400, **({"period": "day", "amount_usd": 1} | body))
    assert problem["detail"] == words


@pytest.mark.parametrize("amount", [0, -1, "NaN", 1e13])
def test_an_amount_is_money(api: JsonApi, amount: object) -> None:
    problem = put(api, "b", 400, period="day", amount_usd=amount)
    assert "amount_usd" in problem["detail"]


def test_projects_keep_their_budgets_apart(api: JsonApi) -> None:
    put(api, "all", period="day", amount_usd=10)
    other = api.directory.create_project(f"other-{api.project.name}"[:60])
    answer = api.client.get("/api/v1/budgets", params={"project": other.name})
    assert answer.json() == {"items": []}


def test_budgets_need_the_scope_admin_to_change(api: JsonApi) -> None:
    api.require_keys()
    key = api.directory.create_key(api.project.id, scopes=frozenset({"read"}))
    headers = {"Authorization": f"Bearer {key.secret_key}"}
    body = {"period": "day", "amount_usd": 1}
    assert api.client.put("/api/v1/budgets/b", json=body, headers=headers).status_code == 403
    assert api.client.delete("/api/v1/budgets/b", headers=headers).status_code == 403
    assert api.client.get("/api/v1/budgets", headers=headers).status_code == 200


def test_answers_have_the_shapes_that_are_documented(api: JsonApi, spend: Spend) -> None:
    spend(1.0, ago_ns=HOUR_NS)
    put(api, "all", period="day", amount_usd=10)
    budget_models.Budgets.model_validate(api.get("/budgets"))
