"""Functions of one's own, by entry point and given directly."""

import asyncio
import sys
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.evaluators import NoJudges, score_of, scores_of

from spanglass import Score
from spanglass.evaluators import EvaluationTarget, EvaluatorProblem
from spanglass.evaluators.kinds import find_kind
from spanglass.evaluators.python import FunctionEvaluator, installed_functions

MODULE = """
from spanglass import Score

NO_FUNCTION = 5

def has_price(target, currency="€"):
    return Score(currency in target.output, f"in {currency}")

async def slowly(target):
    return [0.5, {"name": "other", "value": "good", "reason": "so"}]

def broken(target):
    raise RuntimeError("no luck")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution with entry points, as pip leaves it."""
    (tmp_path / "own_checks.py").write_text(MODULE)
    info = tmp_path / "own_checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-checks\nVersion: 1.0\n")
    names = ("has_price", "slowly", "broken", "NO_FUNCTION", "missing")
    lines = [f"{name.lower()} = own_checks:{name}" for name in names]
    (info / "entry_points.txt").write_text(
        "\n".join(["[spanglass.evaluators]", *lines, "nowhere = no_such_package:check"])
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_checks", None)


def test_an_installed_function_gives_scores_and_takes_parameters(installed: None) -> None:
    score = score_of("python", {"name": "has_price"}, output="5 €")
    assert score == Score(True, "in €", "has_price")
    options = {"name": "has_price", "parameters": {"currency": "₩"}, "score_name": "price"}
    assert score_of("python", options, output="5 €") == Score(False, "in ₩", "price")


def test_an_asynchronous_function_is_awaited(installed: None) -> None:
    kind = find_kind("python")
    evaluator = kind.build(kind.options.model_validate({"name": "slowly"}), NoJudges())

    async def judge() -> Sequence[Score]:
        given = evaluator.evaluate(EvaluationTarget())
        assert isinstance(given, Awaitable)
        return await given

    assert asyncio.run(judge()) == [Score(0.5, name="slowly"), Score("good", "so", "other")]


def test_what_a_function_raises_is_passed_on(installed: None) -> None:
    with pytest.raises(RuntimeError, match="no luck"):
        scores_of("python", {"name": "broken"})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent", "no evaluator named 'absent' is installed; installed: broken, has_price"),
        ("nowhere", "cannot be imported: ModuleNotFoundError"),
        ("missing", "cannot be imported: AttributeError"),
        ("no_function", "is no function"),
    ],
)
def test_a_function_that_is_not_there_is_a_problem_of_the_evaluator(
    installed: None, name: str, reason: str
) -> None:
    with pytest.raises(EvaluatorProblem) as raised:
        scores_of("python", {"name": name})
    assert reason in raised.value.message
    assert raised.value.scope == "evaluator"


def test_what_is_installed_can_be_listed(installed: None) -> None:
    assert installed_functions().items() >= {"has_price": "own_checks:has_price"}.items()


@pytest.mark.parametrize(
    ("result", "scores"),
    [
        (None, []),
        (0.5, [Score(0.5, name="mine")]),
        (True, [Score(True, name="mine")]),
        ("good", [Score("good", name="mine")]),
        ((1, "why"), [Score(1, "why", "mine")]),
        ({"score": 0}, [Score(0, None, "mine")]),
        ([1, Score(2, name="b")], [Score(1, name="mine"), Score(2, name="b")]),
    ],
    ids=str,
)
def test_results_are_read_as_those_of_evaluated(result: object, scores: list[Score]) -> None:
    evaluator = FunctionEvaluator(lambda target: result, "mine")
    assert list(evaluator.evaluate(EvaluationTarget())) == scores  # type: ignore[arg-type]
