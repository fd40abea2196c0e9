"""What a judge may answer on each scale, and the number or label that its answer stands for."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, Field, ValidationError, create_model

from spanglass.evaluators.evaluator import ScoreForm
from spanglass.evaluators.judge.problems import WrongForm

ScaleName: TypeAlias = Literal["1_to_5", "0_to_1", "categories", "yes_no", "claims"]

REASON_CHARS_MAX: Final = 2_000
_FENCED: Final = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)

_Reason = Annotated[str, Field(description="Why, in one to three sentences. Written before the judgement.")]


class Category(BaseModel, extra="forbid", frozen=True):
    label: str = Field(min_length=1, max_length=100, description="What the judge answers.", examples=["good"])
    value: float = Field(
        ge=0, le=1, allow_inf_nan=False, description="What it is worth, 0 to 1.", examples=[1.0]
    )
    meaning: str = Field("", max_length=2_000, description="When it is right to answer so.")


class Verdict(NamedTuple):
    """An answer, as a score has it."""

    value: float | bool | str
    """0 to 1 where it is a number."""
    raw: object
    """As the judge told it."""
    reason: str


class FivePoints(BaseModel):
    reason: _Reason
    score: int = Field(ge=1, le=5, description="The level, a whole number from 1 to 5.")


class Fraction(BaseModel):
    reason: _Reason
    score: float = Field(ge=0, le=1, allow_inf_nan=False, description="A number from 0 to 1.")


class YesNo(BaseModel):
    reason: _Reason
    verdict: Literal["yes", "no"] = Field(description="The answer to the question that the rubric asks.")


class Claim(BaseModel):
    claim: str = Field(description="The claim, in a few words.")
    is_supported: bool = Field(description="Whether the documents say so.")


class Claims(BaseModel):
    claims: list[Claim] = Field(description="Every claim of fact; at most the 30 most important ones.")
    reason: _Reason


@lru_cache(maxsize=512)
def schema_of(scale: ScaleName, labels: tuple[str, ...] = ()) -> type[BaseModel]:
    """The same class for the same scale, so that what is made of it is made once."""
    match scale:
        case "1_to_5":
            return FivePoints
        case "0_to_1":
            return Fraction
        case "yes_no":
            return YesNo
        case "claims":
            return Claims
        case "categories":
            label: Any = (Literal[labels], Field(description="The label that fits best."))
            return create_model("Labelled", reason=(_Reason, ...), label=label)


def form_of(
    name: str, scale: ScaleName, categories: Sequence[Category], better: Literal["higher", "lower"]
) -> ScoreForm:
    match scale:
        case "yes_no":
            return ScoreForm(name, "boolean", better=better)
        case "categories":
            values = tuple((category.label, category.value) for category in categories)
            return ScoreForm(name, "categorical", 0.0, 1.0, values, better)
        case _:
            return ScoreForm(name, "numeric", 0.0, 1.0, (), better)


def read_answer(form: str | Mapping[str, Any] | None, schema: type[BaseModel]) -> BaseModel:
    """An answer in the schema's form: a tool's arguments, or a text that is the form and nothing else.

    Nothing is looked for within a text: it may repeat what was judged.

    Raises WrongForm.
    """
    if form is None:
        raise WrongForm("there was none")
    try:
        if isinstance(form, str):
            fenced = _FENCED.match(form)
            return schema.model_validate_json(fenced[1] if fenced else form)
        return schema.model_validate(form)
    except ValidationError as error:
        raise WrongForm(_words_of(error)) from None


def _words_of(error: ValidationError) -> str:
    told = [
        f"{'.'.join(map(str, found['loc']))}: {found['msg']}" if found["loc"] else "it was no JSON object"
        for found in error.errors(include_url=False, include_input=False, include_context=False)[:3]
    ]
    return "; ".join(told)


def verdict_of(answer: BaseModel) -> Verdict | None:
    """None where there was nothing to judge: an answer without claims."""
    reason = str(getattr(answer, "reason", ""))[:REASON_CHARS_MAX]
    match answer:
        case FivePoints(score=score):
            return Verdict((score - 1) / 4, score, reason)
        case Fraction(score=score):
            return Verdict(score, score, reason)
        case YesNo(verdict=verdict):
            return Verdict(verdict == "yes", verdict, reason)
        case Claims(claims=[]):
            return None
        case Claims(claims=claims):
            return _of_claims(claims, reason)
        case _:
            label = str(getattr(answer, "label", ""))
            return Verdict(label, label, reason)


def _of_claims(claims: Sequence[Claim], reason: str) -> Verdict:
    supported = sum(claim.is_supported for claim in claims)
    unsupported = [claim.claim for claim in claims if not claim.is_supported]
    told = reason + "".join(f"\n- not supported: {claim}" for claim in unsupported)
    return Verdict(supported / len(claims), f"{supported}/{len(claims)}", told[:REASON_CHARS_MAX])
