"""What the evaluators of personal data and of secrets share: where they look, and a comment that tells what
was found without repeating it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field

from spanglass._scores import Score
from spanglass.evaluators.options import PART_NAMES, TextPart, text_of
from spanglass.evaluators.sensitive import mask_value
from spanglass.evaluators.target import EvaluationTarget

LEAKS_SHOWN_MAX = 5

Parts: TypeAlias = Literal["output", "input", "both"]


class Leak(NamedTuple):
    kind: str
    value: str


def parts_field() -> Parts:
    parts: Parts = Field(
        default="output", description="Where it is looked for: in the answer, in the question, or in both."
    )
    return parts


def score_leaks(
    target: EvaluationTarget, parts: Parts, find: Callable[[TextPart], Sequence[Leak]], score_name: str
) -> Sequence[Score]:
    """One score, true where nothing leaks; none where there is no text."""
    chosen: Sequence[TextPart] = ("output", "input") if parts == "both" else (parts,)
    judged = [part for part in chosen if text_of(target, part)]
    if not judged:
        return ()
    found = [(part, leak) for part in judged for leak in find(part)]
    counts = Counter(leak.kind for _, leak in found)
    return (Score(not found, _describe(found) or "none found", score_name, dict(counts) or None),)


def _shown(value: str) -> str:
    """A mark that stands for it tells nothing."""
    return value if value.startswith("[") else mask_value(value)


def _describe(found: Sequence[tuple[TextPart, Leak]]) -> str:
    told = [
        f"{leak.kind.replace('_', ' ')} in the {PART_NAMES[part]}: {_shown(leak.value)}"
        for part, leak in found[:LEAKS_SHOWN_MAX]
    ]
    if len(found) > LEAKS_SHOWN_MAX:
        told.append(f"and {len(found) - LEAKS_SHOWN_MAX:,} more")
    return "; ".join(told)
