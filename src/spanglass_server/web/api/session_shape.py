"""Sessions, turns and users as the JSON of docs/api.md."""

from collections.abc import Mapping, Sequence
from typing import Any

from spanglass_server.insight.turns import Step, Turn
from spanglass_server.model.score import Score
from spanglass_server.store.sessions import NO_SCORES, GroupScores
from spanglass_server.web.api.score_shape import score_json, summarize_scores
from spanglass_server.web.api.shape import Json, Row, milliseconds, time_text, trace_json


def session_json(group: Row, scores: GroupScores | None) -> Json:
    first, last = _ends(group)
    return {
        "session_id": group["id"],
        "start_time": time_text(group["start_time_ns"]),
        "last_time": time_text(group["last_time_ns"]),
        "end_time": time_text(group["end_time_ns"]),
        "duration_ms": milliseconds(group["end_time_ns"] - group["start_time_ns"]),
        "user_ids": group["user_ids"],
        **_sums(group, scores),
        "service": last.get("service") or None,
        "environment": last.get("environment") or None,
        "first_input": first.get("input_preview") or None,
        "last_input": last.get("input_preview") or None,
        "last_output": last.get("output_preview") or None,
    }


def user_json(group: Row, scores: GroupScores | None) -> Json:
    _, last = _ends(group)
    return {
        "user_id": group["id"],
        "start_time": time_text(group["start_time_ns"]),
        "last_time": time_text(group["last_time_ns"]),
        "session_count": group["session_count"],
        **_sums(group, scores),
        "service": last.get("service") or None,
        "environment": last.get("environment") or None,
        "last_input": last.get("input_preview") or None,
    }


def turn_json(trace: Row, turn: Turn, scores: Sequence[Score]) -> Json:
    return {
        "trace": trace_json(trace, summarize_scores(scores)),
        "question": turn.question.to_json() if turn.question else None,
        "answer": turn.answer.to_json() if turn.answer else None,
        "system": turn.system or None,
        "earlier_count": turn.earlier_count,
        "steps": [_step_json(step) for step in turn.steps],
        "is_steps_cut": turn.is_steps_cut,
        "error_message": turn.error_message or None,
        "scores": [score_json(score) for score in scores],
    }


def _step_json(step: Step) -> Json:
    call = step.call
    return {
        "kind": step.kind,
        "name": step.name,
        "span_id": step.span_id or None,
        "status": step.status,
        "duration_ms": milliseconds(step.duration_ns),
        "arguments": call.arguments if call else None,
        "result": call.result if call else None,
        "document_count": step.document_count,
    }


def _ends(group: Row) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return group["first"] or {}, group["last"] or {}


def _sums(group: Row, scores: GroupScores | None) -> Json:
    given = scores or NO_SCORES
    tokens = (group["input_tokens"], group["output_tokens"])
    return {
        "trace_count": group["trace_count"],
        "error_count": group["error_count"],
        "llm_call_count": group["llm_call_count"],
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "total_tokens": None if tokens == (None, None) else (tokens[0] or 0) + (tokens[1] or 0),
        "cost_usd": group["cost_usd"],
        "unpriced_count": group["unpriced_count"],
        "scores": [{"name": one.name, "mean": one.mean, "count": one.scored_count} for one in given.scores],
        "quality": given.quality,
        "quality_count": given.quality_count,
    }
