"""What an evaluator gave becomes scores: their ids, their quality, who gave them. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, ScoreForm
from spanglass_server.base.limits import SCORE_NAME_CHARS_MAX, SCORE_TEXT_CHARS_MAX
from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, read_value

_NAMESPACE: Final = uuid.UUID("8f3c6a52-6e0b-5d0e-9d2f-4f6c7d1b9a10")
SCORES_OF_TARGET_MAX: Final = 50
"""Of one target from one evaluator."""


def score_id(definition: EvaluatorDefinition, trace_id: str, span_id: str, name: str) -> str:
    """One for each evaluator, version, target and name: judged twice, a target still has one score."""
    parts = (definition.id, str(definition.version), trace_id, span_id, name)
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def to_records(
    scores: Sequence[Score],
    definition: EvaluatorDefinition,
    target: EvaluationTarget,
    *,
    forms: Sequence[ScoreForm],
    sampling_rate: float,
    environment: str,
) -> list[ScoreRecord]:
    """`environment`: the trace's. Raises EvaluatorProblem, of the target, for what can be no score."""
    if len(scores) > SCORES_OF_TARGET_MAX:
        raise EvaluatorProblem(f"it gave {len(scores)} scores; {SCORES_OF_TARGET_MAX} are allowed")
    by_name = {form.name: form for form in forms}
    only = forms[0] if len(forms) == 1 else None
    found = [
        _record(
            score,
            definition,
            target,
            form=by_name.get(score.name) if score.name else only,
            sampling_rate=sampling_rate,
            environment=environment,
        )
        for score in scores
    ]
    # The last of a name stands, as if it had been sent later.
    return list({record.score_id: record for record in found}.values())


def expected_ids(
    definition: EvaluatorDefinition, forms: Iterable[ScoreForm], trace_id: str, span_id: str
) -> list[str]:
    """Ids of the scores that a target has once it is judged, or of some of them."""
    return [score_id(definition, trace_id, span_id, form.name) for form in forms]


def _record(
    score: Score,
    definition: EvaluatorDefinition,
    target: EvaluationTarget,
    *,
    form: ScoreForm | None,
    sampling_rate: float,
    environment: str,
) -> ScoreRecord:
    name = (score.name or (form.name if form else definition.name)).strip()[:SCORE_NAME_CHARS_MAX]
    data_type = form.data_type if form else ""
    try:
        value = read_value(score.value, data_type, name)
    except RefusedScoreError as problem:
        raise EvaluatorProblem(problem.reason, hint=problem.hint) from None
    return ScoreRecord(
        score_id=score_id(definition, target.trace_id, target.span_id, name),
        name=name,
        value=value,
        data_type=data_type,
        trace_id=target.trace_id,
        span_id=target.span_id,
        session_id="",
        dataset_run_id="",
        time_ns=None,
        source="evaluator",
        comment=(score.comment or "")[:SCORE_TEXT_CHARS_MAX],
        author=definition.name,
        config_id="",
        queue_id="",
        environment=environment,
        metadata=_plain_metadata(score),
        quality=score.quality if score.quality is not None else quality_of(value, form),
        sampling_rate=sampling_rate,
        evaluator_id=definition.id,
        evaluator_version=definition.version,
    )


def quality_of(value: float | str | bool, form: ScoreForm | None) -> float | None:
    """0 to 1, 1 is best; None where nobody says what is good."""
    if form is None or form.better == "none":
        return None
    share = _share(value, form)
    if share is None:
        return None
    share = min(1.0, max(0.0, share))
    return 1.0 - share if form.better == "lower" else share


def _share(value: float | str | bool, form: ScoreForm) -> float | None:
    if isinstance(value, str):
        return dict(form.categories).get(value)
    low, high = form.min_value, form.max_value
    if low is not None and high is not None and high > low:
        return (float(value) - low) / (high - low)
    return float(value) if 0 <= value <= 1 else None


def _plain_metadata(score: Score) -> dict[str, Any]:
    """What JSON can hold of it; none where it is too long to be kept."""
    text = orjson.dumps(
        dict(score.metadata or {}), default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    )
    plain: dict[str, Any] = orjson.loads(text) if len(text) <= SCORE_TEXT_CHARS_MAX else {}
    return plain
