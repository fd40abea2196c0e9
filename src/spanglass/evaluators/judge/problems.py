"""What a judge could not do, and what it took nevertheless."""

from typing import Final, NamedTuple

from spanglass.evaluators.evaluator import EvaluatorProblem, ProblemScope


class JudgeUsage(NamedTuple):
    """Tokens of every answer that came, usable or not: what is billed."""

    input_tokens: int = 0
    """All of them, cached ones included."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    attempts: int = 0
    """Requests that were sent, refused ones included."""

    def plus(self, other: "JudgeUsage") -> "JudgeUsage":
        return JudgeUsage(*(mine + its for mine, its in zip(self, other, strict=True)))


ONE_ATTEMPT: Final = JudgeUsage(attempts=1)


class JudgeProblem(EvaluatorProblem):
    """A judge gave no usable answer. `usage` is what the attempts took all the same."""

    def __init__(
        self,
        message: str,
        *,
        scope: ProblemScope = "target",
        is_transient: bool = False,
        retry_after_s: float | None = None,
        hint: str = "",
        is_ambiguous: bool = False,
        usage: JudgeUsage = JudgeUsage(),  # noqa: B008 - immutable
    ) -> None:
        """`is_ambiguous`: the text may be at fault, or else the connection."""
        super().__init__(
            message, scope=scope, is_transient=is_transient, retry_after_s=retry_after_s, hint=hint
        )
        self.is_ambiguous = is_ambiguous
        self.usage = usage


class FormRefused(Exception):
    """The model cannot be asked for an answer's form in this way."""


class SettingRefused(Exception):
    """The model takes no such setting; it is left out from now on."""


class WrongForm(Exception):
    """An answer does not have the form. Says why in words that hold nothing of what was judged."""
