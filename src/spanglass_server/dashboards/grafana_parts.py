"""What the readers of Grafana's JSON share. Every value is somebody else's: nothing here raises."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]


class ImportProblem(NamedTuple):
    panel: str | None
    """Its title; None for the dashboard itself."""
    field: str
    reason: str


class Converted(NamedTuple):
    document: Json
    problems: Sequence[ImportProblem]


class Problems:
    """What was not understood, in the order in which it was met, each once."""

    def __init__(self) -> None:
        self.told: list[ImportProblem] = []

    def tell(self, panel: str | None, field: str, reason: str) -> None:
        problem = ImportProblem(panel, field, reason)
        if problem not in self.told:
            self.told.append(problem)


def object_of(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def items_of(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def text_of(value: object) -> str:
    return value.replace("\0", "")[:20_000] if isinstance(value, str) else ""


def short(value: object) -> str:
    """A title, a name or an id."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "")[:200]


def number_of(value: object) -> float | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


_BRACKETS: Final = re.compile(r"\[\[(\w+)(?::(\w+))?\]\]")


def named(text: str) -> str:
    """With variables of the old form, `[[name]]`, in the one that is read here."""
    return _BRACKETS.sub(lambda found: f"${{{found[1]}{':' + found[2] if found[2] else ''}}}", text)


_COLORS: Final[Mapping[str, str]] = {
    "green": "good", "yellow": "warn", "orange": "warn", "red": "bad", "transparent": "neutral",
    "text": "neutral", "gray": "neutral", "grey": "neutral", "blue": "#4263eb", "purple": "#7048e8",
    "white": "neutral", "black": "neutral",
}  # fmt: skip


def color_of(value: object) -> str | None:
    """`semi-dark-green`, `#F2495C`, `rgba(50, 172, 45, 0.97)`; None where it is none of them."""
    text = short(value).lower()
    if re.fullmatch(r"#[0-9a-f]{6}", text):
        return text
    if parts := re.fullmatch(r"rgba?\((\d{1,3}), ?(\d{1,3}), ?(\d{1,3}).*\)", text):
        return "#" + "".join(f"{min(255, int(part)):02x}" for part in parts.groups())
    return _COLORS.get(text.split("-")[-1])
