"""Budgets, on both engines."""

from collections.abc import Iterator

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import BUDGETS_PER_PROJECT_MAX
from spanglass_server.model.budget import Budget
from spanglass_server.store.metadata.budgets import SqlBudgets, open_budgets
from spanglass_server.store.metadata.directory import SqlDirectory

P = "default"
BUDGET = Budget(
    name="검색 team",
    scope="team",
    value="성장",
    period="month",
    amount_usd=0.1,
    time_zone="Asia/Seoul",
    created_at_ns=1_700_000_000_000_000_123,
    updated_at_ns=1_700_000_000_000_000_124,
)


@pytest.fixture
def budgets(directory: SqlDirectory, database_url: str) -> Iterator[SqlBudgets]:
    opened = open_budgets(database_url)
    yield opened
    opened.close()


def test_a_budget_is_read_as_it_was_written(budgets: SqlBudgets) -> None:
    budgets.put(P, BUDGET)
    assert budgets.get(P, BUDGET.name) == BUDGET
    assert budgets.list(P) == [BUDGET]


def test_a_change_keeps_when_it_was_made(budgets: SqlBudgets) -> None:
    budgets.put(P, BUDGET)
    changed = BUDGET._replace(amount_usd=5.0, period="day", created_at_ns=7, updated_at_ns=8)
    kept = budgets.put(P, changed)
    assert kept == changed._replace(created_at_ns=BUDGET.created_at_ns)
    assert budgets.list(P) == [kept]


def test_budgets_are_listed_by_name_and_by_project(budgets: SqlBudgets, directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    for project_id, name in ((P, "b"), (shop.id, "c"), (P, "a")):
        budgets.put(project_id, BUDGET._replace(name=name))
    by_project = {key: [each.name for each in found] for key, found in budgets.list_all().items()}
    assert by_project == {P: ["a", "b"], shop.id: ["c"]}
    assert [each.name for each in budgets.list(P)] == ["a", "b"]


def test_a_removed_budget_is_gone(budgets: SqlBudgets) -> None:
    budgets.put(P, BUDGET)
    budgets.delete(P, BUDGET.name)
    assert budgets.list(P) == []
    with pytest.raises(NotFound):
        budgets.get(P, BUDGET.name)
    with pytest.raises(NotFound):
        budgets.delete(P, BUDGET.name)


def test_budgets_go_with_their_project(budgets: SqlBudgets, directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    budgets.put(shop.id, BUDGET)
    directory.delete_project(shop.id)
    assert budgets.list_all() == {}
    with pytest.raises(NotFound):
        budgets.put(shop.id, BUDGET)


def test_a_project_has_no_more_budgets_than_can_be_reckoned(budgets: SqlBudgets) -> None:
    for number in range(BUDGETS_PER_PROJECT_MAX):
        budgets.put(P, BUDGET._replace(name=f"b{number}"))
    with pytest.raises(BadInput, match="the most that one may have"):
        budgets.put(P, BUDGET._replace(name="one more"))
    budgets.put(P, BUDGET._replace(name="b0", amount_usd=9.0))
