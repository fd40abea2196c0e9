"""Evaluators as runs use them: each call reserved, priced and traced, whatever becomes of it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from pydantic import BaseModel
from tests.support.definitions import SteppingClock, a_connection, a_definition, opened_store

from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, JudgeReply
from spanglass.evaluators.judge import JudgeProblem, JudgeUsage
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.evaluation import HistoryRun, JudgeConnection
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.quality.budget import Budgets, OverBudget
from spanglass_server.quality.judging import ConnectedJudge, Evaluation, Judging
from spanglass_server.quality.tracing import JudgeTracer, encode_spans
from spanglass_server.store.metadata.evaluators import SqlEvaluatorStore

TARGET = EvaluationTarget(
    trace_id="ab" * 16, input="Where is it?", output="In the old town.", feature="search"
)


class Model:
    """Answers as it is told to."""

    provider = "openai"
    model = "judge-1"

    def __init__(self) -> None:
        self.problem: EvaluatorProblem | None = None
        self.asked = 0
        self.latency_s = 0.0

    async def ask(self, *, system: str, prompt: str, schema: type[BaseModel], max_tokens: int) -> JudgeReply:
        self.asked += 1
        await asyncio.sleep(self.latency_s)
        if self.problem is not None:
            raise self.problem
        answer = schema.model_validate({"reason": "It says where.", "score": 4})
        return JudgeReply(answer, '{"score":4}', "openai", "judge-1", 1000, 100, None, None, "r1", 1)


class Desk:
    """One connection, whoever asks."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.connection: JudgeConnection = a_connection()

    def find(self, project_id: str, connection: str, model: str) -> ConnectedJudge:
        return ConnectedJudge(self.model, self.connection)


class Notes:
    def __init__(self) -> None:
        self.evaluations: list[Evaluation] = []

    def record(self, evaluation: Evaluation) -> None:
        self.evaluations.append(evaluation)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlEvaluatorStore]:
    with opened_store(tmp_path_factory.mktemp("judging")) as opened:
        yield opened


class Bench:
    def __init__(self, store: SqlEvaluatorStore) -> None:
        self.model, self.notes, clock = Model(), Notes(), SteppingClock()
        self.desk = Desk(self.model)
        self.budgets = Budgets(store, clock=clock)
        self.judging = Judging(
            self.desk, self.budgets, self.notes, prices=PriceBook(with_catalog=False), clock=clock
        )


@pytest.fixture
def bench(database: SqlEvaluatorStore) -> Iterator[Bench]:
    database.put_evaluator(a_definition())
    made = Bench(database)
    yield made
    made.budgets.close()
    database.delete_evaluator("default", "e1")


def test_a_score_says_what_it_took(bench: Bench) -> None:
    (score,) = asyncio.run(bench.judging.build(a_definition()).judge(TARGET)).scores
    facts: Any = score.metadata
    assert facts["judge_model"] == "judge-1"
    assert facts["judge_connection"] == "main"
    assert facts["cost_usd"] == pytest.approx(0.0015)
    assert (facts["input_tokens"], facts["output_tokens"]) == (1000, 100)
    assert facts["judge_trace_id"] == bench.notes.evaluations[0].trace_id
    assert bench.budgets.spent_today_usd("e1") == pytest.approx(0.0015)


def test_calls_at_once_stop_at_the_budget(bench: Bench) -> None:
    ready = bench.judging.build(a_definition(budget_usd_per_day=0.01))
    bench.model.latency_s = 0.01

    async def judge_all() -> list[Any]:
        return await asyncio.gather(*(ready.judge(TARGET) for _ in range(50)), return_exceptions=True)

    results = asyncio.run(judge_all())
    refused = [result for result in results if isinstance(result, OverBudget)]
    assert refused
    assert bench.budgets.spent_today_usd("e1") <= 0.01
    assert bench.model.asked == 50 - len(refused)


def test_what_was_billed_for_nothing_counts_and_what_was_not_does_not(bench: Bench) -> None:
    ready = bench.judging.build(a_definition())
    bench.model.problem = JudgeProblem("unreadable", usage=JudgeUsage(2000, 200, attempts=3))
    with pytest.raises(JudgeProblem):
        asyncio.run(ready.judge(TARGET))
    assert bench.budgets.spent_today_usd("e1") == pytest.approx(0.003)
    bench.model.problem = JudgeProblem("busy", scope="evaluator", is_transient=True)
    with pytest.raises(JudgeProblem):
        asyncio.run(ready.judge(TARGET))
    assert bench.budgets.spent_today_usd("e1") == pytest.approx(0.003)
    assert [each.problem for each in bench.notes.evaluations] == ["unreadable", "busy"]


def test_a_call_that_is_given_up_frees_what_it_held(bench: Bench) -> None:
    ready = bench.judging.build(a_definition(budget_usd_per_day=0.004))
    bench.model.latency_s = 30

    async def give_up() -> None:
        task = asyncio.create_task(ready.judge(TARGET))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for _ in range(5):
        asyncio.run(give_up())
    bench.model.latency_s = 0
    assert asyncio.run(ready.judge(TARGET)).scores


def test_a_changed_connection_counts_for_evaluators_that_are_built(bench: Bench) -> None:
    ready = bench.judging.build(a_definition())
    bench.desk.connection = a_connection(input_usd_per_mtok=0.0, output_usd_per_mtok=0.0)
    assert asyncio.run(ready.judge(TARGET)).evaluation.cost_usd == 0


@pytest.mark.parametrize(
    ("prices", "budget", "told"),
    [((None, None), 1.0, "nobody knows what the model"), ((1.0, 5.0), None, "needs a budget")],
)
def test_nothing_is_asked_that_no_budget_holds(
    bench: Bench, prices: tuple[float | None, float | None], budget: float | None, told: str
) -> None:
    """A connection's prices may be changed after an evaluator was made with others."""
    ready = bench.judging.build(a_definition(budget_usd_per_day=budget))
    bench.desk.connection = a_connection(input_usd_per_mtok=prices[0], output_usd_per_mtok=prices[1])
    with pytest.raises(EvaluatorProblem, match=told) as refused:
        asyncio.run(ready.judge(TARGET))
    assert refused.value.scope == "evaluator"
    assert bench.model.asked == 0


def test_a_run_stops_at_its_own_budget(bench: Bench) -> None:
    run = HistoryRun(
        *("default", "r1", "e1", 1, 0, 1, "", 1.0, 0.004, "running", "", 0, "", 9, 0, 0, 0, 0, 0, 0.001, 0, 0)
    )
    ready = bench.judging.build(a_definition(), run=run)
    asyncio.run(ready.judge(TARGET))
    assert ready.run_spent_usd == pytest.approx(0.0025)
    asyncio.run(ready.judge(TARGET))
    with pytest.raises(OverBudget, match="the run spent"):
        asyncio.run(ready.judge(TARGET))


def test_what_computes_is_neither_budgeted_nor_traced(bench: Bench) -> None:
    ready = bench.judging.build(a_definition(kind="length", options='{"at_most":5}', budget_usd_per_day=None))
    judged = asyncio.run(ready.judge(TARGET))
    assert judged.scores[0].value is False
    assert bench.notes.evaluations == []
    assert not ready.is_judge


def test_traces_that_cannot_be_stored_are_dropped_and_counted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spanglass_server.quality.tracing._TRY_AGAIN_S", 0.0)

    def refuse(project_id: str, body: bytes) -> None:
        raise StorageUnavailable("down")

    tracer = JudgeTracer(refuse)
    evaluation = asyncio.run(bench.judging.build(a_definition()).judge(TARGET)).evaluation
    tracer.record(evaluation)
    tracer.close()
    assert tracer.counters() == {"judge_traces_sent": 0, "judge_traces_dropped": 1}


def test_what_waits_is_sent_before_the_end_each_project_apart(bench: Bench) -> None:
    sent: list[tuple[str, int]] = []

    def send(project_id: str, body: bytes) -> None:
        (scope,) = orjson.loads(body)["resourceSpans"][0]["scopeSpans"]
        sent.append((project_id, len(scope["spans"])))

    tracer = JudgeTracer(send)
    evaluation = asyncio.run(bench.judging.build(a_definition()).judge(TARGET)).evaluation
    for _ in range(3):
        tracer.record(evaluation)
    evaluation.definition = a_definition(project_id="other")
    tracer.record(evaluation)
    tracer.close()
    assert sum(spans for project, spans in sent if project == "default") == 6
    assert ("other", 2) in sent
    assert tracer.counters()["judge_traces_sent"] == 4


def test_any_text_can_be_traced(bench: Bench) -> None:
    target = EvaluationTarget(trace_id="not hex", input="\ud800 \x00 🦊" * 10, output="x" * 300_000)
    evaluation = asyncio.run(bench.judging.build(a_definition()).judge(target)).evaluation
    spans = orjson.loads(b"[" + encode_spans(evaluation) + b"]")
    assert "links" not in spans[0]
    assert len(orjson.dumps(spans)) < 600_000
