"""What the options of the built-in evaluators have in common."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from spanglass.evaluators.target import EvaluationTarget

TextPart: TypeAlias = Literal["output", "input"]

SCORE_NAME = r"^[^\s](?:.{0,198}[^\s])?$"


class EvaluatorOptions(BaseModel):
    """Options are plain values: they are written as JSON and read back alike. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def score_name_field(default: str) -> str:
    """The option that says what an evaluator's score is called."""
    name: str = Field(
        default=default,
        pattern=SCORE_NAME,
        description="What the score is called. Evaluators of one kind that judge different things need names "
        "of their own.",
    )
    return name


def part_field(default: TextPart = "output") -> TextPart:
    """The option that says which text is judged."""
    part: TextPart = Field(
        default=default, description="Which text is judged: the answer (`output`) or the question (`input`)."
    )
    return part


def text_of(target: EvaluationTarget, part: TextPart) -> str:
    return target.output if part == "output" else target.input


PART_NAMES = {"output": "answer", "input": "question"}
"""What a person calls the text."""
