"""What an evaluator is, and how a kind of evaluator tells what it takes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from pydantic import BaseModel

from spanglass._scores import Score
from spanglass.evaluators.target import EvaluationTarget


class Evaluator(Protocol):
    def evaluate(self, target: EvaluationTarget) -> Sequence[Score] | Awaitable[Sequence[Score]]:
        """The scores of one target. None at all where it cannot be judged by this evaluator (no documents, no
        answer): that is no error. A synchronous one computes and does no I/O; what waits is awaitable.

        Raises EvaluatorProblem, or whatever a user's own function raises.
        """


ProblemScope: TypeAlias = Literal["target", "evaluator"]


class EvaluatorProblem(Exception):
    """An evaluation failed. `message` never holds a key."""

    def __init__(
        self,
        message: str,
        *,
        scope: ProblemScope = "target",
        is_transient: bool = False,
        retry_after_s: float | None = None,
        hint: str = "",
    ) -> None:
        """`scope`: whether other targets may still go well (`target`: the answer could not be read, the text
        is too long) or none will (`evaluator`: wrong key, unknown model, judge down). `is_transient`: the
        same may go well later."""
        super().__init__(message)
        self.message = message
        self.scope = scope
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s
        self.hint = hint


class JudgeReply(NamedTuple):
    """One answer of a model, and what it took."""

    answer: BaseModel
    """An instance of the schema that was asked for."""
    text: str
    """As the model wrote it."""
    provider: str
    model: str
    """The one that answered, where the API tells."""
    input_tokens: int | None
    """All of them, cached ones included."""
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    response_id: str
    attempts: int
    """Requests that were sent for it, refused ones included."""


class JudgeModel(Protocol):
    """A model that judges, behind limits on concurrency and rate."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    async def ask(self, *, system: str, prompt: str, schema: type[BaseModel], max_tokens: int) -> JudgeReply:
        """Tries again, with backoff, after 429, 5xx, timeouts, broken connections and answers that do not fit
        the schema. Raises EvaluatorProblem when that has not helped."""


class Judges(Protocol):
    """The models that are at hand."""

    def find(self, connection: str, model: str) -> JudgeModel:
        """By the connection's name (empty: the only or default one) and model (empty: the connection's own).
        Raises EvaluatorProblem, of scope evaluator, where there is none."""


class ScoreForm(NamedTuple):
    """What the scores of an evaluator look like: a score configuration in the making."""

    name: str
    data_type: Literal["numeric", "categorical", "boolean", "text"]
    min_value: float | None = None
    max_value: float | None = None
    categories: tuple[tuple[str, float], ...] = ()
    """Labels with their values, 0..1."""
    better: Literal["higher", "lower", "none"] = "higher"


class EvaluatorKind(NamedTuple):
    """A built-in evaluator: one file, one line in `spanglass.evaluators.kinds.KINDS`."""

    name: str
    """What a definition says, e.g. `regex`."""
    title: str
    description: str
    """One sentence."""
    options: type[BaseModel]
    """What a definition may set, each with description, default and bounds: the form's fields come from its
    JSON schema."""
    build: Callable[[Any, "Judges"], Evaluator]
    """The evaluator with these options (an instance of `options`). Raises EvaluatorProblem where they cannot
    work, e.g. a judge's connection is not there."""
    forms: Callable[[Any], Sequence[ScoreForm]]
    """The scores it gives with these options."""
    is_judge: bool = False
    """It asks a model: it costs money, needs a connection and is limited by a budget."""
