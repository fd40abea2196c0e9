"""Langfuse's merge rules, one by one; that order does not matter is tests/property's."""

import json
from typing import Any

import pytest

from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.normalize.langfuse_merge import FIRST_NAME, TYPE, merge_events
from spanglass_server.normalize.langfuse_spans import (
    Extent,
    observation_extent,
    read_environment,
    read_usage_and_cost,
    trace_extent,
)
from spanglass_server.normalize.outcome import iso_to_ns

T1, T2, T3 = ("2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z")


def ns(text: str) -> int:
    found = iso_to_ns(text)
    assert found is not None
    return found


def told(time_ns: int, body: dict[str, Any], kind: str = "span-create") -> LangfuseEvent:
    return LangfuseEvent(
        project_id="p",
        trace_id="t",
        entity_type="observation",
        entity_id="o",
        event_id=f"e{time_ns}{kind}",
        event_type=kind,
        time_ns=time_ns,
        names_trace=True,
        body=json.dumps(body),
        sdk_version="2.60.10",
        version=1,
    )


def merged(*bodies: dict[str, Any]) -> dict[str, Any]:
    return merge_events(told(time_ns, body) for time_ns, body in enumerate(bodies))


@pytest.mark.parametrize(
    ("bodies", "field", "value"),
    [
        ([{"level": "DEFAULT"}, {"level": "ERROR"}], "level", "ERROR"),
        ([{"model": "a"}, {"model": None}, {}], "model", "a"),
        ([{"usage": {"input": 1}}, {"usage": {}}], "usage", {"input": 1}),
        ([{"output": "said"}, {"output": ""}, {"output": 0}], "output", "said"),
        ([{"output": ""}], "output", ""),
        ([{"output": "a"}, {"output": []}], "output", []),
        ([{"startTime": T2}, {"startTime": T1}], "startTime", T2),
        ([{"endTime": T1}, {"endTime": T2}], "endTime", T2),
        ([{"timestamp": T1}, {"timestamp": T2}], "timestamp", T1),
        ([{"environment": "a"}, {"environment": "b"}], "environment", "a"),
        ([{"tags": ["b", "a"]}, {"tags": ["c", "a"]}], "tags", ["a", "b", "c"]),
        ([{"tags": "alone"}, {"tags": [1, ""]}], "tags", ["alone"]),
        ([{"metadata": {"a": {"x": 1}}}, {"metadata": {"a": {"y": 2}}}], "metadata", {"a": {"x": 1, "y": 2}}),
        ([{"metadata": {"a": {"x": 1}}}, {"metadata": {"a": 5}}], "metadata", {"a": 5}),
        ([{"metadata": {"a": [1, 2]}}, {"metadata": {"a": [3]}}], "metadata", {"a": [3]}),
        ([{"metadata": {"a": 1}}, {"metadata": "plain"}], "metadata", {"a": 1, "metadata": "plain"}),
        ([{"name": "first"}, {"name": "last"}], "name", "last"),
        ([{"name": "first"}, {"name": "last"}], FIRST_NAME, "first"),
    ],
)
def test_events_merge_field_by_field(bodies: list[dict[str, Any]], field: str, value: Any) -> None:
    assert merged(*bodies)[field] == value


def test_a_creation_comes_before_an_update_of_the_same_time() -> None:
    update, creation = told(1, {"name": "b"}, "span-update"), told(1, {"name": "a"}, "span-create")
    assert merge_events([update, creation])["name"] == "b"


@pytest.mark.parametrize(
    ("kinds", "body", "word"),
    [
        (["span-create", "generation-update"], {}, "span"),
        (["generation-update"], {}, "generation"),
        (["span-update", "agent-create"], {}, "agent"),
        (["observation-create"], {"type": "GENERATION"}, "generation"),
        (["observation-update"], {}, "span"),
    ],
)
def test_what_created_an_observation_says_what_it_is(
    kinds: list[str], body: dict[str, Any], word: str
) -> None:
    assert merge_events(told(n, body, kind) for n, kind in enumerate(kinds))[TYPE] == word


@pytest.mark.parametrize(
    ("fields", "usage", "cost"),
    [
        ({"usage": {"input": 1, "output": 2, "total": 3, "unit": "TOKENS"}}, (1, 2, 3), {}),
        ({"usage": {"promptTokens": 1, "completionTokens": 2, "totalTokens": 3}}, (1, 2, 3), {}),
        ({"usage": {"input": 1, "output": None}}, (1, None, None), {}),
        ({"usage": {"input": 1, "inputCost": 0.1}}, (1, None, None), {"input": 0.1}),
        ({"usage": {"totalCost": 0.3}}, (None, None, None), {"total": 0.3}),
        ({"usage": {"input": 9, "output": 9}, "usageDetails": {"input": 1}}, (1, 9, None), {}),
        ({"usageDetails": {"input": 1}, "costDetails": {"input": 0.5}}, (1, None, None), {"input": 0.5}),
        ({"usage": {"input": 100, "unit": "CHARACTERS"}}, (None, None, None), {}),
        ({"usage": "many", "costDetails": ["free"]}, (None, None, None), {}),
    ],
)  # fmt: skip
def test_usage_is_read_in_all_its_shapes(
    fields: dict[str, Any], usage: tuple[int | None, ...], cost: dict[str, float]
) -> None:
    found, found_cost = read_usage_and_cost(fields)
    assert (found.get("input"), found.get("output"), found.get("total")) == usage
    assert found_cost == cost


def test_a_model_apis_own_usage_is_passed_on() -> None:
    raw = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    assert read_usage_and_cost({"usage": raw, "usageDetails": raw})[0] == raw
    assert read_usage_and_cost({"usage": {"input": 7}, "usageDetails": raw})[0] == raw


@pytest.mark.parametrize(
    ("told_name", "name"),
    [
        ("production", "production"),
        ("Prod-EU_1", "prod-eu_1"),
        ("langfuse-staging", "staging"),
        ("no blanks", "default"),
        ("x" * 41, "default"),
        ("", ""),
        (None, ""),
    ],
)
def test_environments_follow_langfuses_rule(told_name: str | None, name: str) -> None:
    assert read_environment(told_name) == name


def test_an_observation_lasts_as_it_was_told() -> None:
    span = {TYPE: "span"}
    assert observation_extent({**span, "startTime": T1, "endTime": T3}, 0) == Extent(ns(T1), ns(T3))
    assert observation_extent({**span, "startTime": T1}, 0) == Extent(ns(T1), ns(T1))
    assert observation_extent({**span, "endTime": T2}, ns(T3)) == Extent(ns(T2), ns(T2))
    assert observation_extent(span, ns(T3)) == Extent(ns(T3), ns(T3))
    assert observation_extent({TYPE: "event", "startTime": T1, "endTime": T3}, 0) == Extent(ns(T1), ns(T1))


def test_a_trace_lasts_as_it_was_told_else_as_its_observations_do() -> None:
    known = Extent(ns(T2), ns(T3))
    assert trace_extent({"start_time": T1, "end_time": T2}, 0, known) == Extent(ns(T1), ns(T2))
    assert trace_extent({"timestamp": T1}, 0, known) == Extent(ns(T1), ns(T3))
    assert trace_extent({"timestamp": T3}, 0, known) == known
    assert trace_extent({}, ns(T1), known) == known
    assert trace_extent({}, ns(T1), None) == Extent(ns(T1), ns(T1))
