"""A function of one's own, found by its entry point or given directly.

    # pyproject.toml of the package that has it
    [project.entry-points."spanglass.evaluators"]
    has_price = "my_package.checks:has_price"

The function takes an `EvaluationTarget` and returns what `spanglass.evaluated` reads: a number, a boolean, a
text, a `Score`, a dictionary with `value` or `score`, a list of these, or None for no score. It may be
asynchronous.
"""

import inspect
from collections.abc import Awaitable, Callable, Generator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pydantic import Field

from spanglass._scores import Score, read_scores
from spanglass.evaluators.evaluator import EvaluatorKind, EvaluatorProblem, Judges, ScoreForm
from spanglass.evaluators.options import SCORE_NAME, EvaluatorOptions
from spanglass.evaluators.target import EvaluationTarget
from spanglass.evaluators.texts import valid_unicode

GROUP = "spanglass.evaluators"


class PythonOptions(EvaluatorOptions):
    name: str = Field(
        min_length=1,
        max_length=200,
        description="The name of an entry point in the group `spanglass.evaluators`.",
        examples=["has_price"],
    )
    score_name: str = Field(
        default="",
        pattern=rf"^$|{SCORE_NAME}",
        description="What the score is called where the function does not say. Empty: as the entry point.",
    )
    parameters: dict[str, Any] = Field(
        default={}, description="Given to the function by keyword, beside the target."
    )


class FunctionEvaluator:
    """What the function raises is passed on. One that is not asynchronous may wait: run it in a thread."""

    def __init__(
        self, function: Callable[..., Any], score_name: str, parameters: dict[str, Any] | None = None
    ) -> None:
        self._function = function
        self._score_name = score_name
        self._parameters = parameters or {}

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score] | Awaitable[Sequence[Score]]:
        result = self._function(target, **self._parameters)
        return _Awaited(result, self._read) if inspect.isawaitable(result) else self._read(result)

    def _read(self, result: object) -> Sequence[Score]:
        return [self._named(score) for score in read_scores(result)]

    def _named(self, score: Score) -> Score:
        value, comment = score.value, score.comment
        return score._replace(
            name=score.name or self._score_name,
            value=valid_unicode(value) if isinstance(value, str) else value,
            comment=None if comment is None else valid_unicode(str(comment)),
        )


class _Awaited:
    """The scores of a result that is awaited."""

    def __init__(self, result: Awaitable[Any], read: Callable[[object], Sequence[Score]]) -> None:
        self._result = result
        self._read = read

    def __await__(self) -> Generator[Any, Any, Sequence[Score]]:
        return self._read((yield from self._result.__await__()))

    def close(self) -> None:
        """Gives up what was never awaited, as a coroutine's `close`."""
        if inspect.iscoroutine(self._result):
            self._result.close()


def installed_functions() -> dict[str, str]:
    """The entry points that are installed: name to what it stands for (`my_package.checks:has_price`)."""
    return {found.name: found.value for found in sorted(entry_points(group=GROUP))}


def load_function(name: str) -> Callable[..., Any]:
    """Imports the package that has it. Raises EvaluatorProblem, of scope evaluator."""
    found: EntryPoint | None = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        names = ", ".join(installed_functions()) or "none"
        raise EvaluatorProblem(
            f"no evaluator named {name!r} is installed; installed: {names}",
            scope="evaluator",
            hint=f"install the package that has it (an entry point in the group {GROUP}) where this runs",
        )
    try:
        function = found.load()
    except Exception as error:
        raise EvaluatorProblem(
            f"the evaluator {name!r} ({found.value}) cannot be imported: {type(error).__name__}: {error}",
            scope="evaluator",
        ) from error
    if not callable(function):
        raise EvaluatorProblem(f"the evaluator {name!r} ({found.value}) is no function", scope="evaluator")
    return function  # type: ignore[no-any-return]


def _build(options: PythonOptions, judges: Judges) -> FunctionEvaluator:
    function = load_function(options.name)
    return FunctionEvaluator(function, options.score_name or options.name, dict(options.parameters))


def _forms(options: PythonOptions) -> Sequence[ScoreForm]:
    """The function alone knows."""
    return ()


KIND = EvaluatorKind(
    name="python",
    title="Python function",
    description="A function of your own, from a package that is installed where it runs.",
    options=PythonOptions,
    build=_build,
    forms=_forms,
)
