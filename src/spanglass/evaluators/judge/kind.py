"""The evaluator that asks a model."""

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Final, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, field_validator, model_validator

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, JudgeModel, JudgeReply, Judges, ScoreForm
from spanglass.evaluators.judge.answers import Category, Verdict, form_of, schema_of, verdict_of
from spanglass.evaluators.judge.prompt import JudgePrompt, frame, make_prompt
from spanglass.evaluators.judge.rubric import Rubric, instructions, own_levels, shipped_rubrics
from spanglass.evaluators.judge.template import parse_template, read_texts
from spanglass.evaluators.target import EvaluationTarget

OwnScale: TypeAlias = Literal["1_to_5", "0_to_1", "categories", "yes_no"]
RubricName: TypeAlias = Literal[
    "correctness", "faithfulness", "answer_relevance", "context_relevance", "harmfulness", "tone", "own"
]
_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_.\- ]{0,99}$"
_OWN: Final = "own"


class JudgeOptions(BaseModel, extra="forbid"):
    rubric: RubricName = Field("correctness", description="What is judged; `own` takes the rubric below.")
    score_name: str = Field("", max_length=100, description="Name of the score. Empty: the rubric's.")
    connection: str = Field("", max_length=100, description="The connection to a model. Empty: the only one.")
    model: str = Field("", max_length=200, description="The model. Empty: the connection's own.")
    guidance: str = Field(
        "",
        max_length=10_000,
        description="What else holds for this application, for a rubric that is shipped.",
        examples=["Answers address the customer formally and never name competitors."],
    )
    own_rubric: str = Field(
        "",
        max_length=30_000,
        description=(
            "What to judge and how, with variables: {{input}}, {{output}}, {{documents}}, {{reference}},"
            ' {{messages}}, {{metadata.KEY}}, {{spans."NAME".output}}. What may be missing: {{reference?}}.'
        ),
        examples=["Does {{output}} name a source for each number in it?"],
    )
    own_scale: OwnScale = Field("1_to_5", description="How the model answers by the own rubric.")
    own_categories: list[Category] = Field(
        default_factory=list, max_length=20, description="The labels of the scale `categories`."
    )
    own_better: Literal["higher", "lower"] = Field(
        "higher", description="Which way is better on the own rubric's scale."
    )
    reason_language: str = Field(
        "",
        max_length=50,
        description="Language of the reason. Empty: the model's choice.",
        examples=["한국어"],
    )
    input_tokens_max: int = Field(
        8_000, ge=200, le=500_000, description="Longer texts are shortened to about so many tokens together."
    )
    output_tokens_max: int = Field(1_000, ge=50, le=20_000, description="Most tokens of an answer.")

    @field_validator("score_name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if name and not re.match(_NAME, name):
            raise ValueError("a score's name is letters, digits, _ . - and spaces, and begins with a letter")
        return name

    @field_validator("own_rubric")
    @classmethod
    def _knows_variables(cls, text: str) -> str:
        parse_template(text)
        return text

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.rubric != _OWN:
            return self
        if not parse_template(self.own_rubric).variables:
            raise ValueError("own_rubric: a rubric names what it judges, e.g. {{output}}")
        labels = [category.label for category in self.own_categories]
        if self.own_scale == "categories" and len(set(labels)) < 2:
            raise ValueError("own_categories: the scale categories needs at least two different labels")
        if len(set(labels)) < len(labels):
            raise ValueError("own_categories: each label is there once")
        return self


def rubric_of(options: JudgeOptions) -> Rubric:
    if options.rubric != _OWN:
        return shipped_rubrics()[options.rubric]
    return Rubric(
        name=_OWN,
        title="",
        description="",
        text=options.own_rubric,
        scale=options.own_scale,
        levels=own_levels(options.own_categories) if options.own_scale == "categories" else (),
        better=options.own_better,
    )


class JudgeEvaluator:
    """Asks a model to judge by a rubric. Gives one score, or none where a text that the rubric needs is
    missing."""

    def __init__(
        self,
        options: JudgeOptions,
        judge: JudgeModel,
        *,
        make_nonce: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        rubric = rubric_of(options)
        template = rubric.template
        self._rubric = rubric
        self._judge = judge
        self._make_nonce = make_nonce
        self._name = score_name_of(options)
        self._variables = template.variables
        told = instructions(template.text, rubric.scale, rubric.levels, options.guidance)
        self._system = frame(told, options.reason_language)
        self._schema = schema_of(rubric.scale, tuple(answer for answer, _ in rubric.levels))
        self._input_tokens_max = options.input_tokens_max
        self.output_tokens_max = options.output_tokens_max

    async def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        prompt = self.make_prompt(target)
        if prompt is None:
            return ()
        reply = await self._judge.ask(
            system=prompt.system, prompt=prompt.prompt, schema=self._schema, max_tokens=self.output_tokens_max
        )
        verdict = verdict_of(reply.answer)
        return () if verdict is None else (self._score(verdict, reply, prompt),)

    def make_prompt(self, target: EvaluationTarget) -> JudgePrompt | None:
        """What the judge would be asked; None where there is nothing to judge."""
        texts = read_texts(self._variables, target)
        if texts is None:
            return None
        return make_prompt(self._system, texts, nonce=self._make_nonce(), tokens_max=self._input_tokens_max)

    def _score(self, verdict: Verdict, reply: JudgeReply, prompt: JudgePrompt) -> Score:
        told = {
            "rubric": self._rubric.name,
            "scale": self._rubric.scale,
            "raw": verdict.raw,
            "judge_provider": reply.provider,
            "judge_model": reply.model,
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "attempts": reply.attempts,
            "shortened_texts": prompt.cut_count or None,
            "unseen_characters": prompt.unseen_count or None,
        }
        metadata = {key: value for key, value in told.items() if value is not None}
        return Score(verdict.value, verdict.reason, self._name, metadata)


def score_name_of(options: JudgeOptions) -> str:
    if options.score_name:
        return options.score_name
    return "judgement" if options.rubric == _OWN else options.rubric


def _build(options: JudgeOptions, judges: Judges) -> JudgeEvaluator:
    return JudgeEvaluator(options, judges.find(options.connection, options.model))


def _forms(options: JudgeOptions) -> Sequence[ScoreForm]:
    rubric = rubric_of(options)
    return (form_of(score_name_of(options), rubric.scale, options.own_categories, rubric.better),)


KIND: Final = EvaluatorKind(
    name="judge",
    title="LLM judge",
    description="Asks a language model to judge by a rubric, and says why.",
    options=JudgeOptions,
    build=_build,
    forms=_forms,
    is_judge=True,
)
