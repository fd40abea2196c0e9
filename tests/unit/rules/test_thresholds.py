import re

import pytest
from tests.support.rule_story import Server, World

from spanglass_server.model.thresholds import DEFAULTS, THRESHOLDS, Threshold
from spanglass_server.rules.files import parse_rule_file
from spanglass_server.rules.sources import load_defaults
from spanglass_server.rules.thresholds import OWNERS, PLACES, apply_thresholds, written

SHIPPED = load_defaults()["llm.yml"]


def part_of(alert: str) -> str:
    found = re.search(
        rf"^ +- alert: {alert}$.*?(?=^ +- (?:alert|record): |\Z)", SHIPPED, re.MULTILINE | re.DOTALL
    )
    assert found is not None, alert
    return found[0]


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda threshold: threshold.name)
def test_each_number_stands_once_where_its_threshold_says(threshold: Threshold) -> None:
    for place in PLACES[threshold.name]:
        assert part_of(place.alert).count(written(place, threshold.default)) == 1, place


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda threshold: threshold.name)
def test_an_own_number_stands_in_its_alerts_and_nothing_else_changes(threshold: Threshold) -> None:
    own = (threshold.low + threshold.default) / 2
    adapted = apply_thresholds(SHIPPED, {**DEFAULTS, threshold.name: own})
    changed = [
        (before, after)
        for before, after in zip(SHIPPED.splitlines(), adapted.splitlines(), strict=True)
        if before != after
    ]
    assert len(changed) == len(PLACES[threshold.name])
    before, after = parse_rule_file(SHIPPED, name="llm.yml"), parse_rule_file(adapted, name="llm.yml")
    rules = [
        (old.name, old.expression == new.expression)
        for old_group, new_group in zip(before.groups, after.groups, strict=True)
        for old, new in zip(old_group.rules, new_group.rules, strict=True)
    ]
    assert (OWNERS[threshold.name], False) in rules
    assert all(is_same for name, is_same in rules if name not in {p.alert for p in PLACES[threshold.name]})


def test_the_defaults_are_the_file_as_it_is() -> None:
    assert apply_thresholds(SHIPPED, DEFAULTS) == SHIPPED
    assert apply_thresholds("groups: []\n", {**DEFAULTS, "error_ratio": 0.2}) == "groups: []\n"


BUDGETS = """
groups:
  - name: llm-budgets
    interval: 10s
    rules:
      - alert: LLMBudgetNearlySpent
        expr: spanglass_budget_used_ratio >= 0.8 and spanglass_budget_used_ratio < 1
        for: 30s
"""


@pytest.fixture
def world() -> World:
    return World("default", "other")


@pytest.fixture
def server(world: World) -> Server:
    return Server(world, rules={"llm.yml": BUDGETS})


def set_budget_threshold(server: Server, value: float) -> None:
    server.service.set_thresholds("default", {**DEFAULTS, "budget_used_ratio": value})


def test_a_threshold_is_in_force_at_the_next_evaluation(world: World, server: Server) -> None:
    for project in ("default", "other"):
        world.set("spanglass_budget_used_ratio", 0.7, project=project)
    server.run(60)
    assert server.states() == {"LLMBudgetNearlySpent": "inactive"}
    set_budget_threshold(server, 0.6)
    server.run(20)
    assert server.states() == {"LLMBudgetNearlySpent": "pending"}
    server.run(40)
    assert server.states() == {"LLMBudgetNearlySpent": "firing"}
    assert server.states("other") == {"LLMBudgetNearlySpent": "inactive"}


def test_an_alert_that_fires_keeps_its_state_over_a_change(world: World, server: Server) -> None:
    world.set("spanglass_budget_used_ratio", 0.9)
    server.run(80)
    starts_at_ms = world.told[-1].alert.starts_at_ms
    set_budget_threshold(server, 0.85)
    server.run(20)
    assert server.states() == {"LLMBudgetNearlySpent": "firing"}
    assert world.told[-1].alert.starts_at_ms == starts_at_ms
    set_budget_threshold(server, 0.95)
    server.run(20)
    assert server.states() == {"LLMBudgetNearlySpent": "inactive"}


def test_thresholds_are_those_of_a_file_that_is_switched_on_again(world: World, server: Server) -> None:
    server.service.enable_file("default", "llm.yml", is_enabled=False)
    set_budget_threshold(server, 0.6)
    file = server.service.enable_file("default", "llm.yml", is_enabled=True)
    assert "spanglass_budget_used_ratio >= 0.6 and" in file.text


def test_a_file_of_the_projects_own_says_its_own_numbers(world: World, server: Server) -> None:
    server.service.put_file("default", "llm.yml", BUDGETS)
    set_budget_threshold(server, 0.6)
    assert server.service.get_file("default", "llm.yml").text == BUDGETS


def test_numbers_that_are_the_default_are_not_kept(server: Server, world: World) -> None:
    set_budget_threshold(server, 0.6)
    set_budget_threshold(server, DEFAULTS["budget_used_ratio"])
    assert world.thresholds.list_all() == {}
    assert "spanglass_budget_used_ratio >= 0.8 and" in server.service.get_file("default", "llm.yml").text
