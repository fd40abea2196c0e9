"""Evaluators as the JSON of docs/api.md."""

from collections.abc import Iterable
from typing import Any

import orjson

from spanglass.evaluators import ScoreForm
from spanglass_server.model.evaluation import EvaluationFailure, HistoryRun
from spanglass_server.quality.service import EvaluatorReport
from spanglass_server.web.api.shape import Json, time_text


def evaluator_json(report: EvaluatorReport) -> Json:
    definition = report.definition
    return {
        "id": definition.id,
        "name": definition.name,
        "version": definition.version,
        "kind": definition.kind,
        "is_judge": report.is_judge,
        "options": orjson.loads(definition.options),
        "target_type": definition.target_type,
        "filter": definition.filter,
        "sampling_rate": definition.sampling_rate,
        "delay_s": definition.delay_s,
        "is_enabled": definition.is_enabled,
        "concurrency_max": definition.concurrency_max,
        "calls_per_minute_max": definition.calls_per_minute_max,
        "budget_usd_per_day": definition.budget_usd_per_day,
        "notice": definition.notice._asdict() if definition.notice else None,
        "scores": forms_json(report.forms),
        "state": _state_json(report),
        "spend": report.spend._asdict(),
        "recent": {"quality": report.recent.mean, "count": report.recent.score_count},
        "created_at": time_text(definition.created_at_ns),
        "updated_at": time_text(definition.updated_at_ns),
    }


def forms_json(forms: Iterable[ScoreForm]) -> list[Json]:
    return [
        {
            **form._asdict(),
            "categories": [{"label": label, "value": value} for label, value in form.categories],
        }
        for form in forms
    ]


def failure_json(failure: EvaluationFailure) -> Json:
    return {
        "trace_id": failure.trace_id,
        "span_id": failure.span_id or None,
        "evaluator_version": failure.evaluator_version,
        "reason": failure.reason,
        "attempts": failure.attempts,
        "at": time_text(failure.at_ns),
    }


def run_json(run: HistoryRun) -> Json:
    return {
        "id": run.id,
        "evaluator_id": run.evaluator_id,
        "evaluator_version": run.evaluator_version,
        "from": time_text(run.from_ns),
        "to": time_text(run.to_ns),
        "filter": run.filter,
        "sampling_rate": run.sampling_rate,
        "budget_usd": run.budget_usd,
        "status": run.status,
        "reason": run.reason or None,
        "target_count": run.target_count,
        "done_count": run.done_count,
        "scored_count": run.scored_count,
        "failed_count": run.failed_count,
        "empty_count": run.empty_count,
        "skipped_count": run.skipped_count,
        "cost_usd": run.cost_usd,
        "created_at": time_text(run.created_at_ns),
        "updated_at": time_text(run.updated_at_ns),
    }


def _state_json(report: EvaluatorReport) -> dict[str, Any]:
    state = report.state
    return {
        "status": report.status,
        "reason": report.reason or None,
        "lag_s": report.lag_s,
        "watermark": time_text(state.watermark_version_ns) if state else None,
        "scored_count": state.scored_count if state else 0,
        "failed_count": state.failed_count if state else 0,
        "empty_count": state.empty_count if state else 0,
        "last_scored_at": _time_or_none(state.last_scored_at_ns if state else None),
        "last_error": (state.last_error or None) if state else None,
        "last_error_at": _time_or_none(state.last_error_at_ns if state else None),
    }


def _time_or_none(time_ns: int | None) -> str | None:
    return None if time_ns is None else time_text(time_ns)
