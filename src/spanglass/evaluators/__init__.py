"""Evaluators: code that judges what an application answered and gives scores.

The same ones run in the server, over stored traces, and in the application (`spanglass.evaluate`), for those
whose texts may not leave it. Needs `pip install "spanglass[evaluators]"`.
"""

from spanglass.evaluators.evaluator import (
    Evaluator,
    EvaluatorKind,
    EvaluatorProblem,
    JudgeModel,
    JudgeReply,
    Judges,
    ScoreForm,
)
from spanglass.evaluators.sampling import is_sampled
from spanglass.evaluators.target import EvaluationTarget, RetrievedDocument, TargetMessage, TargetSpan

__all__ = [
    "EvaluationTarget",
    "Evaluator",
    "EvaluatorKind",
    "EvaluatorProblem",
    "JudgeModel",
    "JudgeReply",
    "Judges",
    "RetrievedDocument",
    "ScoreForm",
    "TargetMessage",
    "TargetSpan",
    "is_sampled",
]
