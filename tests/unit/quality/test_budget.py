"""Judges' budgets: what is reserved, what is spent, and what a restart knows of it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.definitions import SteppingClock, a_definition, opened_store

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.evaluation import Spend
from spanglass_server.quality.budget import Budgets, Charge, OverBudget, Reservation, RunPurse, day_of
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore

CENT = 0.01


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlEvaluatorStore]:
    with opened_store(tmp_path_factory.mktemp("budget")) as opened:
        yield opened


@pytest.fixture
def store(database: SqlEvaluatorStore) -> Iterator[SqlEvaluatorStore]:
    database.put_evaluator(a_definition())
    yield database
    database.delete_evaluator("default", "e1")


@pytest.fixture
def budgets(store: SqlEvaluatorStore, clock: SteppingClock) -> Iterator[Budgets]:
    made = Budgets(store, clock=clock)
    yield made
    made.close()


def spend(budgets: Budgets, usd: float, *, reserved: float = CENT, run: RunPurse | None = None) -> None:
    budgets.settle(budgets.reserve(a_definition(), reserved, run), Charge(usd=usd, input_tokens=7))


def test_calls_stop_at_the_budget_and_the_reason_says_when_they_go_on(budgets: Budgets) -> None:
    for _ in range(100):
        spend(budgets, CENT)
    with pytest.raises(OverBudget) as refused:
        budgets.reserve(a_definition(), CENT)
    assert (
        refused.value.message == "`relevant` spent $1.00 of its $1.00 for today, and a call costs about $0.01"
    )
    assert refused.value.of == "day"
    assert refused.value.scope == "evaluator"
    assert refused.value.until_ns is not None
    assert day_of(refused.value.until_ns) == "2027-01-16"


def test_calls_in_flight_count_as_what_they_may_cost(budgets: Budgets) -> None:
    held = [budgets.reserve(a_definition(budget_usd_per_day=0.05), CENT) for _ in range(5)]
    with pytest.raises(OverBudget):
        budgets.reserve(a_definition(budget_usd_per_day=0.05), CENT)
    budgets.settle(held[0], Charge(usd=0.0, is_answered=False))
    budgets.reserve(a_definition(budget_usd_per_day=0.05), CENT)


def test_many_threads_never_hold_more_than_the_budget(budgets: Budgets) -> None:
    taken: list[Reservation] = []
    lock = threading.Lock()

    def take(_: int) -> None:
        try:
            reservation = budgets.reserve(a_definition(), CENT)
        except OverBudget:
            return
        with lock:
            taken.append(reservation)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(take, range(400)))
    assert len(taken) == 100


def test_recent_calls_know_better_than_an_estimate(budgets: Budgets) -> None:
    spend(budgets, 0.5, reserved=CENT)
    with pytest.raises(OverBudget, match=r"about \$0\.5"):
        budgets.reserve(a_definition(budget_usd_per_day=0.9), CENT)


def test_a_new_day_has_a_budget_of_its_own(budgets: Budgets, clock: SteppingClock) -> None:
    spend(budgets, 1.0)
    assert not budgets.may_spend(a_definition())
    clock.advance_s(12 * 3600)
    assert budgets.may_spend(a_definition(budget_usd_per_day=2.0))
    spend(budgets, CENT, reserved=CENT)
    assert budgets.spent_today_usd("e1") == pytest.approx(CENT)


def test_a_restart_knows_what_was_spent(
    store: SqlEvaluatorStore, budgets: Budgets, clock: SteppingClock
) -> None:
    for _ in range(60):
        spend(budgets, CENT)
    budgets.close()
    again = Budgets(store, clock=clock)
    assert again.spent_today_usd("e1") == pytest.approx(0.6)
    (day,) = store.list_spend("e1", days=1, until_day=day_of(clock()))
    assert (day.call_count, day.input_tokens) == (60, 420)
    again.close()


def test_what_another_server_spends_counts_within_seconds(
    store: SqlEvaluatorStore, budgets: Budgets, clock: SteppingClock
) -> None:
    spend(budgets, 0.25)
    store.add_spend(Spend("e1", day_of(clock()), 0.5, 1, 0, 0, 0))
    clock.advance_s(6)
    assert budgets.spent_today_usd("e1") == pytest.approx(0.75)


def test_a_store_that_is_down_makes_nothing_forgotten(
    store: SqlEvaluatorStore, budgets: Budgets, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Spend) -> Spend:
        raise StorageUnavailable("down")

    with monkeypatch.context() as broken:
        broken.setattr(store, "add_spend", refuse)
        spend(budgets, 0.25)
        budgets.flush()
        assert budgets.spent_today_usd("e1") == pytest.approx(0.25)
    budgets.flush()
    (day,) = store.list_spend("e1", days=1, until_day=day_of(clock()))
    assert day.usd == pytest.approx(0.25)


def test_a_run_has_a_purse_besides(budgets: Budgets) -> None:
    run = RunPurse(budget_usd=0.05, spent_usd=0.03)
    spend(budgets, CENT, run=run)
    spend(budgets, CENT, run=run)
    with pytest.raises(OverBudget, match="the run spent") as refused:
        budgets.reserve(a_definition(), CENT, run)
    assert (refused.value.of, refused.value.until_ns) == ("run", None)
    budgets.reserve(a_definition(), CENT)


def test_answers_that_could_not_be_used_cost_too_and_say_nothing_of_the_next(budgets: Budgets) -> None:
    reservation = budgets.reserve(a_definition(), CENT)
    budgets.settle(reservation, Charge(usd=0.9, is_answered=False))
    assert budgets.spent_today_usd("e1") == pytest.approx(0.9)
    budgets.reserve(a_definition(), CENT)


def test_where_nothing_costs_there_is_no_limit(budgets: Budgets) -> None:
    for _ in range(50):
        budgets.settle(budgets.reserve(a_definition(budget_usd_per_day=None), 0.0), Charge(usd=0.0))
    assert budgets.may_spend(a_definition(budget_usd_per_day=None))
