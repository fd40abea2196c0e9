"""Language models as judges: rubrics, prompts, answers, connections.

judge = connect("anthropic", "claude-haiku-4-5", api_key=...)
evaluator = JudgeEvaluator(JudgeOptions(rubric="faithfulness"), judge)
scores = await evaluator.evaluate(target)
"""

from spanglass.evaluators.judge.answers import Category
from spanglass.evaluators.judge.connection import FORM_MODES, FormMode, Judge, Retries, connect
from spanglass.evaluators.judge.environment import EnvironmentJudges, judges_from_environment
from spanglass.evaluators.judge.kind import KIND, JudgeEvaluator, JudgeOptions, rubric_of, score_name_of
from spanglass.evaluators.judge.limits import Limits
from spanglass.evaluators.judge.problems import JudgeProblem, JudgeUsage
from spanglass.evaluators.judge.prompt import JudgePrompt
from spanglass.evaluators.judge.providers import PROVIDERS, Provider
from spanglass.evaluators.judge.rubric import Rubric, shipped_rubrics
from spanglass.evaluators.texts import estimate_tokens

__all__ = [
    "FORM_MODES",
    "KIND",
    "PROVIDERS",
    "Category",
    "EnvironmentJudges",
    "FormMode",
    "Judge",
    "JudgeEvaluator",
    "JudgeOptions",
    "JudgeProblem",
    "JudgePrompt",
    "JudgeUsage",
    "Limits",
    "Provider",
    "Retries",
    "Rubric",
    "connect",
    "estimate_tokens",
    "judges_from_environment",
    "rubric_of",
    "score_name_of",
    "shipped_rubrics",
]
