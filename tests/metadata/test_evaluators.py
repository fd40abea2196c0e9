"""Evaluators in the relational store, on both engines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import EVALUATION_FAILURES_MAX, EVALUATORS_PER_PROJECT_MAX
from spanglass_server.model.evaluation import (
    EvaluationFailure,
    EvaluatorDefinition,
    EvaluatorState,
    HistoryRun,
    JudgeConnection,
    LowScoreNotice,
    Spend,
)
from spanglass_server.store.library import Slice
from spanglass_server.store.metadata.directory import SqlDirectory
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore, open_evaluator_store

P = "default"
NOW_NS = 1_790_000_000_000_000_123
DEFINITION = EvaluatorDefinition(
    project_id=P,
    id="e1",
    name="정확도",
    version=1,
    kind="regex",
    options='{"pattern":"환불"}',
    target_type="trace",
    filter="feature:search",
    sampling_rate=0.05,
    delay_s=10.0,
    is_enabled=True,
    concurrency_max=4,
    calls_per_minute_max=None,
    budget_usd_per_day=1.5,
    notice=LowScoreNotice(0.5, "team", 3600.0),
    created_at_ns=NOW_NS,
    updated_at_ns=NOW_NS,
)
STATE = EvaluatorState(
    evaluator_id="e1",
    status="running",
    reason="",
    watermark_version_ns=NOW_NS,
    watermark_trace_id="a" * 800,
    last_scored_at_ns=None,
    last_error="",
    last_error_at_ns=None,
    scored_count=5_000_000_000,
    failed_count=0,
    empty_count=0,
    updated_at_ns=NOW_NS,
)
RUN = HistoryRun(
    project_id=P,
    id="r1",
    evaluator_id="e1",
    evaluator_version=1,
    from_ns=0,
    to_ns=NOW_NS,
    filter="",
    sampling_rate=0.05,
    budget_usd=None,
    status="waiting",
    reason="",
    position_start_ns=0,
    position_trace_id="",
    target_count=10,
    done_count=0,
    scored_count=0,
    failed_count=0,
    empty_count=0,
    skipped_count=0,
    cost_usd=0.0,
    created_at_ns=NOW_NS,
    updated_at_ns=NOW_NS,
)
CONNECTION = JudgeConnection(
    project_id=P,
    name="local",
    provider="openai",
    base_url="http://localhost:11434/v1",
    api_key="env:OPENAI_API_KEY",
    default_model="gemma3",
    input_usd_per_mtok=None,
    output_usd_per_mtok=0.5,
    concurrency_max=4,
    calls_per_minute_max=60,
    created_at_ns=NOW_NS,
    updated_at_ns=NOW_NS,
)


def failure(number: int, **fields: object) -> EvaluationFailure:
    return EvaluationFailure("e1", 1, f"t{number}", "", "too long", 1, NOW_NS + number)._replace(**fields)


@pytest.fixture
def store(directory: SqlDirectory, database_url: str) -> Iterator[SqlEvaluatorStore]:
    opened = open_evaluator_store(database_url)
    yield opened
    opened.close()


def test_a_definition_is_read_as_it_was_written(store: SqlEvaluatorStore) -> None:
    plain = DEFINITION._replace(id="e0", name="length", notice=None, budget_usd_per_day=None)
    store.put_evaluator(DEFINITION)
    store.put_evaluator(plain)
    assert store.find_evaluator(P, "e1") == DEFINITION
    assert store.list_evaluators(P) == [plain, DEFINITION]
    assert store.list_evaluators() == [plain, DEFINITION]


def test_a_changed_definition_keeps_its_state_runs_and_spend(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_states([STATE])
    store.put_run(RUN)
    store.add_spend(Spend("e1", "2026-11-23", 1.0, 1, 10, 2, 0))
    store.put_evaluator(DEFINITION._replace(version=2, name="accuracy"))
    assert store.list_evaluators(P)[0].version == 2
    assert store.find_states(["e1"]) == {"e1": STATE}
    assert store.find_run(P, "r1") == RUN
    assert store.list_spend("e1", days=1, until_day="2026-11-23")


def test_a_name_and_an_id_belong_to_one_evaluator(store: SqlEvaluatorStore, directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    store.put_evaluator(DEFINITION)
    with pytest.raises(BadInput, match="정확도"):
        store.put_evaluator(DEFINITION._replace(id="e2"))
    with pytest.raises(BadInput):
        store.put_evaluator(DEFINITION._replace(project_id=shop.id))
    store.put_evaluator(DEFINITION._replace(id="e2", project_id=shop.id))
    assert store.list_evaluators(P) == [DEFINITION]
    assert store.find_evaluator(shop.id, "e1") is None


def test_a_project_has_a_bounded_number_of_evaluators(store: SqlEvaluatorStore) -> None:
    for number in range(EVALUATORS_PER_PROJECT_MAX):
        store.put_evaluator(DEFINITION._replace(id=f"e{number}", name=f"n{number}"))
    with pytest.raises(BadInput, match="most"):
        store.put_evaluator(DEFINITION._replace(id="more", name="more"))


def test_deleting_an_evaluator_takes_what_belongs_to_it(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_states([STATE])
    store.put_run(RUN)
    store.add_spend(Spend("e1", "2026-11-23", 1.0, 1, 10, 2, 0))
    store.put_failures([failure(1)])
    store.delete_evaluator(P, "e1")
    assert store.find_evaluator(P, "e1") is None
    assert store.find_states(["e1"]) == {}
    assert store.list_open_runs() == []
    assert store.list_spend("e1", days=1, until_day="2026-11-23") == []
    assert store.list_failures("e1", Slice(10, 0)).total == 0
    with pytest.raises(NotFound):
        store.delete_evaluator(P, "e1")


def test_what_is_told_of_a_deleted_evaluator_is_passed_over(store: SqlEvaluatorStore) -> None:
    spend = Spend("e1", "2026-11-23", 1.0, 1, 10, 2, 0)
    store.put_states([STATE])
    store.put_failures([failure(1)])
    assert store.add_spend(spend) == spend
    with pytest.raises(NotFound):
        store.put_run(RUN)
    assert store.update_run(RUN) is False
    assert store.find_states(["e1"]) == {}


def test_deleting_a_project_takes_its_evaluators_and_connections(
    store: SqlEvaluatorStore, directory: SqlDirectory
) -> None:
    shop = directory.create_project("shop")
    store.put_evaluator(DEFINITION._replace(project_id=shop.id))
    store.put_connection(CONNECTION._replace(project_id=shop.id))
    store.put_run(RUN._replace(project_id=shop.id))
    directory.delete_project(shop.id)
    assert store.list_evaluators() == []
    assert store.list_connections(shop.id) == []
    assert store.list_open_runs() == []
    with pytest.raises(NotFound):
        store.put_evaluator(DEFINITION._replace(project_id=shop.id))


def test_states_are_replaced(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_states([STATE])
    failing = STATE._replace(status="failing", reason="the judge is down", last_error_at_ns=NOW_NS)
    store.put_states([failing])
    assert store.find_states(["e1", "other"]) == {"e1": failing}


def test_spend_of_a_day_adds_up_when_many_add_at_once(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    call = Spend("e1", "2026-11-23", 0.25, 1, 100, 10, 0)
    with ThreadPoolExecutor(4) as pool:
        sums = list(pool.map(store.add_spend, [call] * 12))
    assert sorted(spend.call_count for spend in sums) == list(range(1, 13))
    store.add_spend(call._replace(day="2026-11-20", unpriced_count=1))
    store.add_spend(call._replace(day="2026-11-24"))
    assert store.list_spend("e1", days=4, until_day="2026-11-23") == [
        Spend("e1", "2026-11-23", 3.0, 12, 1200, 120, 0),
        Spend("e1", "2026-11-20", 0.25, 1, 100, 10, 1),
    ]
    assert [spend.day for spend in store.list_spend("e1", days=3, until_day="2026-11-23")] == ["2026-11-23"]


def test_failures_are_one_a_target_and_version_and_the_newest_stay(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_failures([failure(number) for number in range(EVALUATION_FAILURES_MAX + 5)])
    again = failure(7, attempts=2, at_ns=NOW_NS + 1_000_000, reason="x" * 10_000)
    store.put_failures([again])
    page = store.list_failures("e1", Slice(2, 0))
    assert page.total == EVALUATION_FAILURES_MAX
    assert [(each.trace_id, each.attempts) for each in page.items] == [("t7", 2), ("t1004", 1)]
    assert len(page.items[0].reason) == 2_000
    oldest = store.list_failures("e1", Slice(1, EVALUATION_FAILURES_MAX - 1)).items[0]
    assert oldest.trace_id == "t5"
    store.remove_failures("e1", [("t7", ""), ("t9", "none")])
    assert store.list_failures("e1", Slice(1, 0)).total == EVALUATION_FAILURES_MAX - 1


def test_failures_are_judged_again_on_request(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_failures([failure(2, attempts=3), failure(1)])
    assert store.list_retries(10) == []
    assert store.request_retries("e1") == 2
    assert store.request_retries("other") == 0
    assert [(each.trace_id, each.attempts) for each in store.list_retries(10)] == [("t1", 0), ("t2", 0)]
    store.put_failures([failure(1, attempts=1)])
    assert [each.trace_id for each in store.list_retries(1)] == ["t2"]


def test_runs_are_listed_newest_first_and_open_ones_oldest_first(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    runs = [RUN._replace(id=f"r{number}", created_at_ns=NOW_NS + number) for number in range(3)]
    for run in runs:
        store.put_run(run)
    done = runs[1]._replace(status="done")
    store.put_run(done)
    assert store.list_runs(P, "e1", Slice(2, 0)) == ([runs[2], done], 3)
    assert store.list_open_runs() == [runs[0], runs[2]]


def test_progress_does_not_bring_back_a_cancelled_run(store: SqlEvaluatorStore) -> None:
    store.put_evaluator(DEFINITION)
    store.put_run(RUN)
    assert store.update_run(RUN._replace(status="running", done_count=3))
    store.put_run(RUN._replace(status="cancelled", done_count=3))
    assert not store.update_run(RUN._replace(status="running", done_count=4))
    found = store.find_run(P, "r1")
    assert found is not None
    assert (found.status, found.done_count) == ("cancelled", 3)


def test_connections_are_a_projects_own(store: SqlEvaluatorStore, directory: SqlDirectory) -> None:
    shop = directory.create_project("shop")
    store.put_connection(CONNECTION)
    store.put_connection(CONNECTION._replace(default_model="llama"))
    store.put_connection(CONNECTION._replace(project_id=shop.id))
    assert store.find_connection(P, "local") == CONNECTION._replace(default_model="llama")
    assert store.list_connections(shop.id) == [CONNECTION._replace(project_id=shop.id)]
    store.delete_connection(P, "local")
    assert store.list_connections(P) == []
    with pytest.raises(NotFound):
        store.delete_connection(P, "local")
