"""One trace judged for somebody to look at: the prompt, the answer, the scores. Stores no score; what a judge
costs counts, and its call is traced, as always."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.quality.judging import Evaluation, JudgeCall, Judgement, Judging, ReadyEvaluator
from spanglass_server.quality.loop import JudgeLoop
from spanglass_server.quality.targets import target_of
from spanglass_server.store.ports import SpanReader

log = structlog.get_logger(__name__)

TRIAL_S_MAX: Final = 90.0


class Trial(NamedTuple):
    target: EvaluationTarget
    scores: Sequence[Score]
    calls: Sequence[JudgeCall]
    judge_trace_id: str
    """Empty where no model was asked."""
    cost_usd: float | None
    """None where a call's cost is not known."""
    duration_ms: float
    problem: str
    """Why there is no score; empty where it went well."""
    hint: str


class Trials:
    """Safe from many threads."""

    def __init__(self, judging: Judging, reader: SpanReader, loop: JudgeLoop) -> None:
        self._judging = judging
        self._reader = reader
        self._loop = loop

    def run(self, definition: EvaluatorDefinition, trace_id: str, span_id: str = "") -> Trial:
        """Raises NotFound, BadInput and Busy; what the evaluator itself meets is told in the answer."""
        target = self._open(definition, trace_id, span_id)
        try:
            ready = self._judging.build(definition)
        except EvaluatorProblem as problem:
            raise BadInput(f"`options`: {problem.message}", hint=problem.hint) from None
        evaluation = ready.begin(target)
        started_s = time.monotonic()
        told, hint = self._judge(ready, evaluation)
        costs = [call.cost_usd for call in evaluation.calls]
        return Trial(
            target=target,
            scores=evaluation.scores,
            calls=evaluation.calls,
            judge_trace_id=evaluation.trace_id if evaluation.calls else "",
            cost_usd=None if None in costs else evaluation.cost_usd,
            duration_ms=(time.monotonic() - started_s) * 1000,
            problem=told,
            hint=hint,
        )

    def _open(self, definition: EvaluatorDefinition, trace_id: str, span_id: str) -> EvaluationTarget:
        if definition.target_type == "span" and not span_id:
            raise BadInput("`span_id` is missing", hint="this evaluator judges spans: name one of the trace")
        opened = self._reader.open_trace(definition.project_id, trace_id, payloads=True)
        if opened is None:
            raise NotFound(f"there is no trace `{trace_id[:64]}`")
        target = target_of(opened, span_id if definition.target_type == "span" else "")
        if target is None:
            raise BadInput(
                "there is nothing here that an evaluator judges",
                hint="what evaluators did themselves is left out; else check `span_id`",
            )
        return target

    def _judge(self, ready: ReadyEvaluator, evaluation: Evaluation) -> tuple[str, str]:
        """The problem and its hint; both empty where it went well."""
        try:
            self._loop.run(_judge(ready, evaluation), timeout_s=TRIAL_S_MAX)
        except EvaluatorProblem as problem:
            return problem.message, problem.hint
        except TimeoutError:
            return f"no verdict within {TRIAL_S_MAX:g} s", "is the judge slow, or the function stuck?"
        return "", ""


async def _judge(ready: ReadyEvaluator, evaluation: Evaluation) -> Judgement:
    if ready.is_judge:
        return await ready.judge_in(evaluation)
    # It computes, or is somebody's own function: the loop is for those that wait.
    return await asyncio.to_thread(_compute, ready, evaluation)


def _compute(ready: ReadyEvaluator, evaluation: Evaluation) -> Judgement:
    try:
        return asyncio.run(ready.judge_in(evaluation))
    except EvaluatorProblem:
        raise
    except Exception as crash:
        # The edge of somebody's own function: its fault is what a trial is to show.
        log.info("evaluator_crashed", kind=ready.definition.kind, error=type(crash).__name__)
        raise EvaluatorProblem(f"{type(crash).__name__}: {crash}") from crash
