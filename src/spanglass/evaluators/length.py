"""How long an answer is."""

from collections.abc import Callable, Sequence
from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, Judges, ScoreForm
from spanglass.evaluators.options import (
    PART_NAMES,
    EvaluatorOptions,
    TextPart,
    part_field,
    score_name_field,
    text_of,
)
from spanglass.evaluators.target import EvaluationTarget
from spanglass.evaluators.texts import count_sentences, count_words, estimate_tokens, plural

Unit: TypeAlias = Literal["characters", "words", "sentences", "tokens"]

COUNTERS: dict[Unit, Callable[[str], int]] = {
    "characters": len,
    "words": count_words,
    "sentences": count_sentences,
    "tokens": estimate_tokens,
}


class LengthOptions(EvaluatorOptions):
    unit: Unit = Field(
        default="characters",
        description="What is counted. Words: of Chinese, Japanese and Thai each character. Tokens: estimated "
        "from the text.",
    )
    at_least: int | None = Field(default=1, ge=0, description="Fewer are too few; null for no bound.")
    at_most: int | None = Field(default=4000, ge=0, description="More are too many; null for no bound.")
    part: TextPart = part_field()
    score_name: str = score_name_field("length_ok")

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most: no text can be right")
        return self


class LengthEvaluator:
    def __init__(self, options: LengthOptions) -> None:
        self._options = options

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        options = self._options
        text = text_of(target, options.part)
        if not text:
            return ()
        count = COUNTERS[options.unit](text)
        is_short = options.at_least is not None and count < options.at_least
        is_long = options.at_most is not None and count > options.at_most
        comment = f"the {PART_NAMES[options.part]} has {self._amount(count)}"
        if is_short:
            comment += f", at least {options.at_least:,} expected"
        elif is_long:
            comment += f", at most {options.at_most:,} expected"
        score = Score(not (is_short or is_long), comment, options.score_name, {options.unit: count})
        return (score,)

    def _amount(self, count: int) -> str:
        about = "about " if self._options.unit == "tokens" else ""
        return about + plural(count, self._options.unit.removesuffix("s"))


def _build(options: LengthOptions, judges: Judges) -> LengthEvaluator:
    return LengthEvaluator(options)


def _forms(options: LengthOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="length",
    title="Length",
    description="The answer is neither too short nor too long, in characters, words, sentences or tokens.",
    options=LengthOptions,
    build=_build,
    forms=_forms,
)
