"""Scores as the JSON of docs/api.md."""

from collections.abc import Iterable, Sequence
from statistics import fmean

import orjson

from spanglass_server.model.score import Score
from spanglass_server.web.api.shape import Json, time_text


def score_json(score: Score) -> Json:
    return {
        "id": score.score_id,
        "name": score.name,
        "value": score_value(score),
        "data_type": score.data_type,
        "trace_id": score.trace_id or None,
        "span_id": score.span_id or None,
        "session_id": score.session_id or None,
        "dataset_run_id": score.dataset_run_id or None,
        "comment": score.comment or None,
        "source": score.source,
        "author": score.author or None,
        "config_id": score.config_id or None,
        "queue_id": score.queue_id or None,
        "environment": score.environment or None,
        "metadata": orjson.loads(score.metadata),
        "quality": score.quality,
        "sampling_rate": score.sampling_rate,
        "evaluator_id": score.evaluator_id or None,
        "evaluator_version": score.evaluator_version,
        "is_public": score.is_public,
        "timestamp": time_text(score.time_ns),
        "created_at": time_text(score.created_at_ns),
        "updated_at": time_text(score.version),
    }


def score_value(score: Score) -> float | bool | str | None:
    if score.data_type == "numeric":
        return score.value
    return bool(score.value) if score.data_type == "boolean" else score.string_value


def summarize_scores(scores: Sequence[Score]) -> Json:
    """One value a name, by name: of the scores of the trace itself, else of its spans. The mean where all are
    numbers, else the newest. `scores` are a trace's, oldest first."""
    by_name: dict[str, list[Score]] = {}
    for score in sorted(scores, key=lambda score: score.name):
        by_name.setdefault(score.name, []).append(score)
    return {name: _one_value([s for s in named if not s.span_id] or named) for name, named in by_name.items()}


def _one_value(scores: Sequence[Score]) -> float | bool | str | None:
    numbers = [score.value for score in scores if score.data_type == "numeric" and score.value is not None]
    return fmean(numbers) if len(numbers) == len(scores) else score_value(scores[-1])


def scores_by_span(scores: Iterable[Score]) -> dict[str, list[Json]]:
    """Under the empty id those of the trace itself."""
    found: dict[str, list[Json]] = {}
    for score in scores:
        found.setdefault(score.span_id, []).append(score_json(score))
    return found
