"""The answer is JSON, valid against a schema (all drafts of JSON Schema from 4 on).

Expressions within the schema are matched in linear time, and `$ref` reaches nothing outside of it: a schema
can neither stall the one who validates nor send it anywhere.
"""

import json
from collections.abc import Sequence
from typing import Any

import jsonschema_rs
from pydantic import Field, field_validator

from spanglass._scores import Score
from spanglass.evaluators.evaluator import EvaluatorKind, EvaluatorProblem, Judges, ScoreForm
from spanglass.evaluators.options import EvaluatorOptions, score_name_field
from spanglass.evaluators.target import EvaluationTarget
from spanglass.evaluators.texts import plural, shown, valid_unicode

ERRORS_SHOWN_MAX = 3
ERRORS_COUNTED_MAX = 100
SCHEMA_CHARS_MAX = 200_000


class JsonSchemaOptions(EvaluatorOptions):
    answer_schema: dict[str, Any] = Field(
        default={},
        description="The JSON schema; empty: any JSON will do. `$schema` names its draft, 2020-12 otherwise.",
        examples=[{"type": "object", "required": ["answer"], "properties": {"answer": {"type": "string"}}}],
    )
    allow_fence: bool = Field(
        default=True,
        description="The JSON may stand in a Markdown code block (```json), with text around it.",
    )
    validate_formats: bool = Field(
        default=False, description="`format` (date, email, uri ...) is checked too, not only noted."
    )
    score_name: str = score_name_field("json_valid")

    @field_validator("answer_schema")
    @classmethod
    def _is_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        make_validator(schema, validates_formats=False)
        return schema


class JsonSchemaEvaluator:
    def __init__(self, options: JsonSchemaOptions) -> None:
        self._options = options
        self._validator = make_validator(options.answer_schema, validates_formats=options.validate_formats)

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        if not target.output:
            return ()
        problem = self._problem(target.output)
        return (Score(not problem, problem or "valid", self._options.score_name),)

    def _problem(self, output: str) -> str:
        text = fenced_json(output) if self._options.allow_fence else output
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            return f"the answer is no JSON: {_json_reason(error)}; it begins with {shown(output, 60)}"
        except RecursionError:
            return "the answer is no JSON that can be read: it is nested too deeply"
        try:
            return describe_errors(self._validator.iter_errors(value))
        except UnicodeEncodeError:
            return "the answer cannot be validated: it has half of a character (a lone surrogate)"
        except ValueError as error:  # nested too deeply
            return f"the answer cannot be validated: {error}"


def describe_errors(errors: Any) -> str:
    """The first errors, each with its place; empty where there is none."""
    told: list[str] = []
    count = 0
    for error in errors:
        count += 1
        if len(told) < ERRORS_SHOWN_MAX:
            told.append(f"{_place(error.instance_path)}: {_cut(error.message)}")
        if count >= ERRORS_COUNTED_MAX:
            break
    if count > len(told):
        more = count - len(told)
        told.append(f"and {plural(more, 'error')} more" if count < ERRORS_COUNTED_MAX else "and more")
    return "; ".join(told)


def _place(path: Sequence[str | int]) -> str:
    """Where in the answer, as a JSON path: `$.items[2].name`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return _cut("$" + "".join(steps))


def _cut(text: str, chars_max: int = 200) -> str:
    text = valid_unicode(text)
    return text if len(text) <= chars_max else text[: chars_max - 1] + "\u2026"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _json_reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} (line {error.lineno}, column {error.colno})"
    return _cut(str(error))


def fenced_json(text: str) -> str:
    """What stands in the first Markdown block that says it is JSON, or in the only one; else the text."""
    blocks = text.split("```")[1:-1:2]
    named = [block for block in blocks if block[:4].lower() == "json"]
    if named:
        return named[0][4:].removeprefix("c").removeprefix("5")
    if len(blocks) == 1 and blocks[0].lstrip()[:1] in ("{", "["):
        return blocks[0]
    return text


def make_validator(schema: dict[str, Any], *, validates_formats: bool) -> Any:
    """Raises ValueError, with the reason, where this is no JSON schema, or refers to another document."""
    if len(json.dumps(schema)) > SCHEMA_CHARS_MAX:
        raise ValueError(f"the schema has more than {SCHEMA_CHARS_MAX:,} characters")
    try:
        return jsonschema_rs.validator_for(
            schema,
            offline=True,
            validate_formats=validates_formats,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        reason = getattr(error, "message", None) or str(error)
        place = _place(getattr(error, "instance_path", ()))
        raise ValueError(f"this is no JSON schema that can be used, at {place}: {_cut(reason)}") from None


def _build(options: JsonSchemaOptions, judges: Judges) -> JsonSchemaEvaluator:
    try:
        return JsonSchemaEvaluator(options)
    except ValueError as error:
        raise EvaluatorProblem(str(error), scope="evaluator") from None


def _forms(options: JsonSchemaOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="json_schema",
    title="JSON schema",
    description="The answer is JSON, valid against a schema.",
    options=JsonSchemaOptions,
    build=_build,
    forms=_forms,
)
