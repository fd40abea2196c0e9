"""The built-in evaluators, in the order in which people are shown them."""

from spanglass.evaluators import (
    bounds,
    citations,
    json_schema,
    judge,
    language,
    length,
    personal_data,
    python,
    refusal,
    regex,
    secret_leak,
    similarity,
)
from spanglass.evaluators.evaluator import EvaluatorKind, EvaluatorProblem

KINDS: tuple[EvaluatorKind, ...] = (
    judge.KIND,
    regex.KIND,
    json_schema.KIND,
    length.KIND,
    language.KIND,
    bounds.KIND,
    similarity.KIND,
    citations.KIND,
    refusal.KIND,
    personal_data.KIND,
    secret_leak.KIND,
    python.KIND,
)

_BY_NAME = {kind.name: kind for kind in KINDS}


def find_kind(name: str) -> EvaluatorKind:
    """Raises EvaluatorProblem, of scope evaluator, where there is none."""
    kind = _BY_NAME.get(name)
    if kind is None:
        raise EvaluatorProblem(
            f"there is no kind of evaluator named {name!r}",
            scope="evaluator",
            hint=f"the kinds are {', '.join(_BY_NAME)}",
        )
    return kind
