"""A parsed template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a node stands, for messages."""

    line: int
    """From 1."""
    column: int
    """From 0, as Go counts."""
    source: str


@dataclass(frozen=True, slots=True)
class Dot:
    place: Place


@dataclass(frozen=True, slots=True)
class Constant:
    place: Place
    value: str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Field:
    """`.Labels.model`"""

    place: Place
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$labels.model`"""

    place: Place
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).Name`"""

    place: Place
    of: "Argument"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionName:
    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    place: Place
    arguments: "Sequence[Argument]"


@dataclass(frozen=True, slots=True)
class Pipeline:
    place: Place
    variables: Sequence[str]
    is_assignment: bool
    """`=`, else `:=`."""
    commands: Sequence[Command]


Argument: TypeAlias = Dot | Constant | Field | Variable | Chain | FunctionName | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class With:
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Range:
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Call:
    """`{{template "name" pipeline}}`"""

    place: Place
    name: str
    pipeline: Pipeline | None


@dataclass(frozen=True, slots=True)
class Break:
    place: Place


@dataclass(frozen=True, slots=True)
class Continue:
    place: Place


Node: TypeAlias = Text | Action | If | With | Range | Call | Break | Continue
Body: TypeAlias = Sequence[Node]
