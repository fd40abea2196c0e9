"""A regular expression that an answer must match, or must not.

The expressions are RE2's: no text and no expression takes more than linear time. So there are no
backreferences and no lookaround (https://github.com/google/re2/wiki/Syntax).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import re2
from pydantic import Field, field_validator

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
from spanglass.evaluators.texts import shown, valid_unicode

PATTERN_CHARS_MAX = 10_000


class RegexOptions(EvaluatorOptions):
    pattern: str = Field(
        max_length=PATTERN_CHARS_MAX,
        min_length=1,
        description="A regular expression in RE2's syntax, e.g. `(?i)order #[0-9]{6}`.",
        examples=[r"\[[0-9]+\]", r"(?i)as an ai (language )?model"],
    )
    expect: Literal["match", "no_match"] = Field(
        default="match", description="Whether the text is good where it matches, or where it does not."
    )
    whole_text: bool = Field(
        default=False, description="The expression must match the whole text, not only a part of it."
    )
    ignore_case: bool = Field(default=False, description="Upper and lower case are the same.")
    part: TextPart = part_field()
    score_name: str = score_name_field("regex")

    @field_validator("pattern")
    @classmethod
    def _can_be_compiled(cls, pattern: str) -> str:
        compile_pattern(pattern)
        return pattern


class RegexEvaluator:
    def __init__(self, options: RegexOptions) -> None:
        self._options = options
        self._pattern = compile_pattern(options.pattern, ignores_case=options.ignore_case)

    def evaluate(self, target: EvaluationTarget) -> Sequence[Score]:
        options = self._options
        text = text_of(target, options.part)
        if not text:
            return ()
        search = self._pattern.fullmatch if options.whole_text else self._pattern.search
        found = search(valid_unicode(text))
        passed = (found is not None) == (options.expect == "match")
        return (Score(passed, self._comment(found), options.score_name),)

    def _comment(self, found: Any) -> str:
        part = PART_NAMES[self._options.part]
        if found is None:
            return f"nothing in the {part} matches {shown(self._options.pattern)}"
        return f"the {part} matches {shown(self._options.pattern)}: {shown(found.group())}"


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, *, ignores_case: bool = False) -> Any:
    """Raises ValueError, with RE2's reason."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignores_case
    try:
        return re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    except (re2.error, UnicodeEncodeError) as problem:
        raise ValueError(f"this is no regular expression of RE2: {_reason(problem)}") from None


def _reason(problem: Exception) -> str:
    reason = problem.args[0] if problem.args else problem
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _build(options: RegexOptions, judges: Judges) -> RegexEvaluator:
    return RegexEvaluator(options)


def _forms(options: RegexOptions) -> Sequence[ScoreForm]:
    return (ScoreForm(options.score_name, "boolean"),)


KIND = EvaluatorKind(
    name="regex",
    title="Regular expression",
    description="The answer matches a regular expression, or does not.",
    options=RegexOptions,
    build=_build,
    forms=_forms,
)
