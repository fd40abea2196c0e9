"""Runs an evaluator as its definition would: by kind and plain options."""

from collections.abc import Mapping
from typing import Any

from spanglass._scores import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem, JudgeModel
from spanglass.evaluators.kinds import find_kind


class NoJudges:
    """An installation without any model."""

    def find(self, connection: str, model: str) -> JudgeModel:
        raise EvaluatorProblem("there is no judge", scope="evaluator")


def scores_of(kind_name: str, options: Mapping[str, Any] | None = None, **facts: Any) -> list[Score]:
    """The scores of a target with these facts."""
    kind = find_kind(kind_name)
    evaluator = kind.build(kind.options.model_validate(options or {}), NoJudges())
    scores = evaluator.evaluate(EvaluationTarget(**facts))
    assert not hasattr(scores, "__await__"), "it waits for something"
    return list(scores)  # type: ignore[arg-type]


def score_of(kind_name: str, options: Mapping[str, Any] | None = None, **facts: Any) -> Score:
    """The one score of a target with these facts."""
    (score,) = scores_of(kind_name, options, **facts)
    return score
