"""The overview and its thresholds over the JSON API, from real spans in the embedded engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.rules.service import RuleService
from spanglass_server.rules.sources import RuleSources
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.budgets import open_budgets
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.rules import open_rule_store
from spanglass_server.store.metadata.thresholds import open_thresholds

MINUTE_NS = 60 * SECOND_NS
HOUR = {"from": "now-1h", "to": "now"}
unsaved: dict[str, list[list[Span]]] = {}
"""Traces by project: stored together, since each commit takes its time."""


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    budgets, store, thresholds = open_budgets(url), open_rule_store(url), open_thresholds(url)
    sources = RuleSources(store, list_thresholds=thresholds.list_all, monotonic_ns=lambda: 0)
    rules = RuleService(
        store, sources, directory, thresholds, interval_ms=60_000, query_offset_ms=0, now_ns=lambda: NOW_NS
    )
    limits = MediaLimits(media_bytes_max=1000, media_project_bytes_max=10_000)
    library = open_library(url, now_ns=lambda: NOW_NS, limits=limits)
    api = JsonApi(
        embedded_engine, directory, f"shop-{project_id}", budgets=budgets, rules=rules, library=library
    )
    yield api
    api.close()
    for opened in (library, budgets, store, thresholds, directory):
        opened.close()


def call(api: JsonApi, *, minutes_ago: float = 10, seconds: float = 1, **fields: Any) -> None:
    """Stored when the overview is asked for."""
    start_ns = NOW_NS - int(minutes_ago * MINUTE_NS)
    usual = {"cost_usd": 0.01, "input_tokens": 900, "output_tokens": 100, "cache_read_tokens": 0}
    end_ns = start_ns + int(seconds * SECOND_NS)
    unsaved.setdefault(api.project.id, []).append(
        [
            api.factory.call(
                start_time_ns=start_ns,
                end_time_ns=end_ns,
                **{"status": "ok", "is_call": True, "is_billable": True, **usual, **fields},
            )
        ]
    )


def lookup(api: JsonApi, *, is_hit: bool) -> None:
    start_ns = NOW_NS - 10 * MINUTE_NS
    span = api.factory.span(
        kind="cache", cache_hit=is_hit, start_time_ns=start_ns, end_time_ns=start_ns + SECOND_NS
    )
    unsaved.setdefault(api.project.id, []).append([span])


def save(api: JsonApi) -> None:
    api.store(*unsaved.pop(api.project.id, []), llm_call_count=1)


def indicators(api: JsonApi, **params: Any) -> dict[str, Any]:
    save(api)
    answer = api.get("/overview", **{**HOUR, **params})
    return {found["name"]: found for found in answer["indicators"]}


def put_thresholds(api: JsonApi, status: int = 200, **thresholds: float) -> Any:
    answer = api.client.put(
        "/api/v1/thresholds", params={"project": api.project.name}, json={"thresholds": thresholds}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_an_empty_project_has_not_enough_data_of_anything(api: JsonApi) -> None:
    found = indicators(api)
    assert list(found) == ["latency", "errors", "tokens", "cost", "quality", "cache"]
    assert {one["state"] for one in found.values()} == {"not_enough_data"}
    assert {one["value"] for one in found.values()} == {None}
    assert all(len(one["series"]) == 48 and set(one["series"]) == {None} for one in found.values())


def test_slow_calls_are_bad_and_their_traces_are_named(api: JsonApi) -> None:
    for number in range(30):
        call(api, seconds=9 if number < 2 else 1)
    latency = indicators(api)["latency"]
    assert latency["state"] == "bad"
    assert latency["value"] == pytest.approx(9)
    assert latency["parts"] == [{"name": "p50", "value": pytest.approx(1), "before": None}]
    assert [rule["name"] for rule in latency["rules"]] == ["LLMHighLatencyP99"]
    assert latency["rules"][0]["source"] == "default"
    behind = api.get("/traces", **HOUR, filter=latency["filter"], order=latency["order"])["items"]
    assert [trace["duration_ms"] for trace in behind] == [9000, 9000]


def test_errors_are_told_against_the_time_before(api: JsonApi) -> None:
    for number in range(40):
        call(api, status="error" if number < 8 else "ok", error_type="timeout" if number < 8 else "")
        call(api, minutes_ago=70, status="error" if number < 4 else "ok")
    errors = indicators(api)["errors"]
    assert (errors["state"], errors["trend"], errors["samples"]) == ("bad", "worse", 40)
    assert (errors["value"], errors["before"]) == (pytest.approx(0.2), pytest.approx(0.1))
    assert errors["change_ratio"] == pytest.approx(1.0)
    behind = api.get("/traces", **HOUR, filter=errors["filter"])["items"]
    assert len(behind) == 8
    off = indicators(api, compare="off")["errors"]
    assert (off["before"], off["trend"]) == (None, None)


def test_a_few_calls_are_too_few_to_judge_by(api: JsonApi) -> None:
    for _ in range(19):
        call(api, status="error")
    errors = indicators(api)["errors"]
    assert (errors["state"], errors["reason"], errors["value"]) == ("not_enough_data", "few_samples", 1.0)


def test_tokens_that_grow_are_bad(api: JsonApi) -> None:
    for _ in range(25):
        call(api, input_tokens=2900)
        call(api, minutes_ago=80)
    tokens = indicators(api)["tokens"]
    assert (tokens["state"], tokens["value"], tokens["before"]) == ("bad", 3000, 1000)
    assert indicators(api, compare="week")["tokens"]["reason"] == "few_before"


def test_cost_tells_the_budget_that_is_worst_off(api: JsonApi) -> None:
    for _ in range(4):
        call(api, cost_usd=2.5)
    put = {"scope": "project", "period": "day"}
    save(api)
    for name, amount in (("large", 1000.0), ("small", 8.0)):
        api.client.put(
            f"/api/v1/budgets/{name}",
            params={"project": api.project.name},
            json={**put, "amount_usd": amount},
        )
    answer = api.get("/overview", **HOUR)
    cost = next(one for one in answer["indicators"] if one["name"] == "cost")
    assert (cost["value"], cost["state"], cost["reason"]) == (pytest.approx(10), "bad", "budget_spent")
    assert answer["budget"]["name"] == "small"
    assert answer["budget"]["used_ratio"] == pytest.approx(1.25)


def test_unpriced_calls_are_no_free_ones(api: JsonApi) -> None:
    for _ in range(3):
        call(api, cost_usd=None)
    cost = indicators(api)["cost"]
    assert cost["value"] is None
    assert cost["parts"][1] == {"name": "unpriced", "value": 1.0, "before": None}


def test_a_cache_that_seldom_hits_has_room_to_improve(api: JsonApi) -> None:
    for number in range(60):
        lookup(api, is_hit=number < 6)
    cache = indicators(api)["cache"]
    assert (cache["state"], cache["value"], cache["samples"]) == ("warning", pytest.approx(0.1), 60)


def test_a_prompt_cache_is_told_where_there_is_no_other(api: JsonApi) -> None:
    for _ in range(20):
        call(api, input_tokens=10_000, cache_read_tokens=7_000)
    cache = indicators(api)["cache"]
    assert (cache["state"], cache["value"]) == ("good", pytest.approx(0.7))
    assert cache["thresholds"] == [{"name": "prompt_cache_ratio", "value": 0.2}]


def test_quality_is_of_one_score_with_its_interval(api: JsonApi) -> None:
    for value in (0.5, 0.6, 0.7) * 10:
        call(api)
        trace = api.factory.trace_id()
        body = {"name": "quality", "value": value, "trace_id": trace}
        answer = api.client.post("/api/v1/scores", params={"project": api.project.name}, json=body)
        assert answer.status_code < 300, answer.text
    quality = indicators(api, to="now+1m")["quality"]
    assert (quality["state"], quality["score"], quality["samples"]) == ("bad", "quality", 30)
    assert quality["low"] < quality["value"] < quality["high"]
    assert quality["value"] == pytest.approx(0.6)


def rounded(found: Any) -> Any:
    """Sums of floats differ in their last digits by the order of adding."""
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    if isinstance(found, list):
        return [rounded(value) for value in found]
    return round(found, 9) if isinstance(found, float) else found


def test_a_filter_that_finds_everything_says_the_same_as_none(api: JsonApi) -> None:
    for number in range(40):
        call(
            api,
            minutes_ago=2 + number,
            seconds=number / 7,
            status="error" if number % 9 == 0 else "ok",
            cost_usd=None if number % 5 == 0 else 0.1 * number,
            cache_read_tokens=number,
        )
        lookup(api, is_hit=number % 3 == 0)
    everything = indicators(api)
    filtered = indicators(api, filter="span_count>0")
    assert rounded(filtered) == rounded(everything)
    assert everything["latency"]["samples"] == 40


def test_a_filter_by_model_chooses_among_the_calls(api: JsonApi) -> None:
    for number in range(50):
        model = "gpt-4o" if number < 25 else "haiku"
        call(api, seconds=8 if model == "haiku" else 1, request_model=model, response_model=model)
    assert indicators(api, filter="model:haiku")["latency"]["value"] == pytest.approx(8)
    assert indicators(api, filter="model:gpt*")["latency"]["value"] == pytest.approx(1)


def test_another_projects_calls_are_not_counted(api: JsonApi, embedded_engine: EmbeddedEngine) -> None:
    call(api)
    other = JsonApi(embedded_engine, api.directory, f"{api.project.name}-other")
    for _ in range(30):
        call(other)
    save(other)
    other.close()
    save(api)
    assert api.get("/overview", **HOUR)["calls"] == 1


def test_own_thresholds_change_the_state_and_the_rule(api: JsonApi) -> None:
    for _ in range(30):
        call(api, seconds=3)
    assert indicators(api)["latency"]["state"] == "good"
    put_thresholds(api, latency_p99_seconds=2.5)
    latency = indicators(api)["latency"]
    assert latency["state"] == "bad"
    assert latency["thresholds"] == [{"name": "latency_p99_seconds", "value": 2.5}]
    assert "> 2.5" in latency["rules"][0]["expr"]
    kept = {one["name"]: one for one in api.get("/thresholds")["items"]}
    assert kept["latency_p99_seconds"]["is_default"] is False
    reset = {one["name"]: one for one in put_thresholds(api)["items"]}
    assert reset["latency_p99_seconds"]["value"] == 5


def test_thresholds_that_make_no_sense_are_refused(api: JsonApi) -> None:
    assert "between 0.0001 and 0.9999" in put_thresholds(api, 400, error_ratio=3)["hint"]
    assert "no threshold `speed`" in put_thresholds(api, 400, speed=3)["detail"]
    assert all(one["is_default"] for one in api.get("/thresholds")["items"])
