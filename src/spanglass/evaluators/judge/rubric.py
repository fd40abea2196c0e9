"""Rubrics: what is judged, by which criteria, on which scale. The shipped ones are files in `rubrics/`."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal, NamedTuple

from spanglass.evaluators.judge.answers import Category, ScaleName
from spanglass.evaluators.judge.template import Template, parse_template

SHIPPED: Final = (
    "correctness",
    "faithfulness",
    "answer_relevance",
    "context_relevance",
    "harmfulness",
    "tone",
)
"""In the order in which they are offered."""


class Rubric(NamedTuple):
    name: str
    title: str
    description: str
    """One sentence: what it judges."""
    text: str
    """With variables."""
    scale: ScaleName
    levels: tuple[tuple[str, str], ...]
    """Answer and when it is right, best or highest first."""
    better: Literal["higher", "lower"]

    @property
    def template(self) -> Template:
        return parse_template(self.text)


@lru_cache(maxsize=1)
def shipped_rubrics() -> Mapping[str, Rubric]:
    folder = files("spanglass.evaluators.judge") / "rubrics"
    return {
        name: _read(name, tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))) for name in SHIPPED
    }


def _read(name: str, told: Mapping[str, Any]) -> Rubric:
    return Rubric(
        name=name,
        title=told["title"],
        description=told["description"],
        text=told["text"].strip(),
        scale=told["scale"],
        levels=tuple((level["answer"], level["criterion"].strip()) for level in told.get("levels", ())),
        better=told["better"],
    )


def instructions(text: str, scale: ScaleName, levels: Sequence[tuple[str, str]], guidance: str = "") -> str:
    """A rubric as the judge reads it."""
    parts = [text.strip()]
    if guidance.strip():
        parts.append(f"## What else holds for this application\n\n{guidance.strip()}")
    if levels:
        listed = "\n".join(
            f"- {answer}: {criterion}" if criterion else f"- {answer}" for answer, criterion in levels
        )
        parts.append(f"## Levels\n\n{listed}")
    parts.append(f"## Answer\n\n{_ASKED[scale]}")
    return "\n\n".join(parts)


_ASKED: Final[Mapping[ScaleName, str]] = {
    "1_to_5": "Give the reason first, then the level: a whole number from 1 to 5.",
    "0_to_1": "Give the reason first, then a number from 0 to 1; take the values in between.",
    "categories": "Give the reason first, then the one label that fits best.",
    "yes_no": "Give the reason first, then yes or no.",
    "claims": (
        "List every claim of fact that the answer makes, each with whether the documents support it, then the"
        " reason in one to three sentences. The list is empty where the answer claims nothing."
    ),
}


def own_levels(categories: Sequence[Category]) -> tuple[tuple[str, str], ...]:
    return tuple((category.label, category.meaning) for category in categories)
