"""What judging would cost, told from the calls that there were."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.definitions import NOON_NS, SteppingClock, a_connection, a_definition, opened_store

from spanglass_server.model.evaluation import EvaluatorDefinition, JudgeConnection, Spend
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.quality.budget import Budgets
from spanglass_server.quality.estimates import Estimate, Estimator
from spanglass_server.quality.judging import ConnectedJudge, Judging
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore
from spanglass_server.store.ports import TimeRange

DAY_NS = 86_400_000_000_000


class Model:
    provider, model = "openai", "judge-1"


class Desk:
    connection: JudgeConnection = a_connection()

    def find(self, project_id: str, connection: str, model: str) -> ConnectedJudge:
        judge: Any = Model()
        return ConnectedJudge(judge, self.connection)


class Targets:
    """So many, and none that can be opened."""

    def count_history(self, *_: Any, **__: Any) -> int:
        return 600

    def list_history(self, *_: Any, **__: Any) -> list[Any]:
        return []


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlEvaluatorStore]:
    with opened_store(tmp_path_factory.mktemp("estimates")) as opened:
        yield opened


@pytest.fixture
def store(database: SqlEvaluatorStore) -> Iterator[SqlEvaluatorStore]:
    database.put_evaluator(a_definition())
    yield database
    database.delete_evaluator("default", "e1")


def estimate(
    store: SqlEvaluatorStore, definition: EvaluatorDefinition, *, desk: Desk | None = None
) -> Estimate:
    clock, notes = SteppingClock(NOON_NS + 2 * DAY_NS), object()
    judging = Judging(
        desk or Desk(),
        Budgets(store, clock=clock),
        notes,  # type: ignore[arg-type]  # nothing is judged
        prices=PriceBook(with_catalog=False),
        clock=clock,
    )
    targets: Any = Targets()
    scores: Any = object()
    made = Estimator(store, targets, scores, judging, clock=clock)
    during = TimeRange(NOON_NS, NOON_NS + DAY_NS)
    return made.of_run(definition, during, filter_text="", sampling_rate=1.0)


def test_recent_calls_say_what_the_next_ones_cost(store: SqlEvaluatorStore) -> None:
    store.add_spend(Spend("e1", "2027-01-16", 0.03, 30, 30_000, 3_000, 0))
    told = estimate(store, a_definition())
    assert told.basis == "recent_calls"
    assert (told.judged_count, told.input_tokens_per_target) == (600, 1000)
    assert told.usd_expected == pytest.approx(0.6)
    assert told.usd_low is not None
    assert told.usd_high is not None
    assert told.usd_low < 0.6 < told.usd_high


@pytest.mark.parametrize(
    ("spend", "definition"),
    [
        (Spend("e1", "2027-01-16", 0.01, 5, 1, 1, 0), {}),
        (Spend("e1", "2027-01-16", 0.01, 90, 1, 1, 3), {}),
        (Spend("e1", "2027-01-15", 0.01, 90, 1, 1, 0), {"version": 2}),
        (Spend("e1", "2027-01-05", 0.01, 90, 1, 1, 0), {}),
    ],
    ids=["too few", "some without a price", "of another version", "too long ago"],
)
def test_calls_that_say_nothing_of_the_next_ones_are_left_aside(
    store: SqlEvaluatorStore, spend: Spend, definition: dict[str, Any]
) -> None:
    store.add_spend(spend)
    told = estimate(store, a_definition(**definition))
    assert (told.basis, told.usd_expected) == ("nothing", None)


def test_time_follows_concurrency_and_the_slowest_rate(store: SqlEvaluatorStore) -> None:
    assert estimate(store, a_definition(concurrency_max=4)).seconds == pytest.approx(600 * 2 / 4)
    assert estimate(store, a_definition(concurrency_max=64)).seconds == pytest.approx(600 * 2 / 8)
    paced = Desk()
    paced.connection = a_connection(calls_per_minute_max=60)
    assert estimate(store, a_definition(), desk=paced).seconds == pytest.approx(600)
    assert estimate(store, a_definition(calls_per_minute_max=30), desk=paced).seconds == pytest.approx(1200)


def test_what_computes_costs_nothing(store: SqlEvaluatorStore) -> None:
    told = estimate(store, a_definition(kind="length", options="{}"))
    assert (told.basis, told.usd_low, told.usd_high) == ("free", 0, 0)
