"""Trials and estimates as the JSON of docs/api.md."""

from typing import Any

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget
from spanglass_server.normalize.values import printable
from spanglass_server.quality.dry_run import Trial
from spanglass_server.quality.estimates import Estimate
from spanglass_server.quality.judging import JudgeCall
from spanglass_server.store.directory import Project
from spanglass_server.web.api.shape import Json, milliseconds


def trial_json(trial: Trial, judges: Project | None) -> Json:
    return {
        "scores": [_score_json(score) for score in trial.scores],
        "target": _target_json(trial.target),
        "calls": [_call_json(call) for call in trial.calls],
        "cost_usd": trial.cost_usd,
        "duration_ms": trial.duration_ms,
        "judge_project": judges.name if judges else None,
        "judge_trace_id": trial.judge_trace_id or None,
        "problem": trial.problem or None,
        "hint": trial.hint or None,
    }


def estimate_json(estimate: Estimate) -> Json:
    return estimate._asdict()


def _score_json(score: Score) -> Json:
    return {
        "name": score.name,
        "value": score.value,
        "comment": score.comment,
        "metadata": printable(dict[str, Any](score.metadata or {})),
    }


def _call_json(call: JudgeCall) -> Json:
    return {
        "provider": call.provider,
        "model": call.response_model or call.model,
        "connection": call.connection,
        "system": call.system,
        "prompt": call.prompt,
        "answer": call.answer or None,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost_usd": call.cost_usd,
        "duration_ms": milliseconds(call.ended_at_ns - call.started_at_ns),
        "attempts": call.attempts,
        "problem": call.problem or None,
    }


def _target_json(target: EvaluationTarget) -> Json:
    return {
        "trace_id": target.trace_id,
        "span_id": target.span_id or None,
        "name": target.name,
        "input": target.input,
        "output": target.output,
        "reference": target.reference or None,
        "documents": [
            {"id": document.id or None, "content": document.content, "score": document.score}
            for document in target.documents
        ],
        "feature": target.feature or None,
        "model": target.model or None,
    }
