"""The filter language's tree. Parsed by `query.parse`, printed by `query.printer`, compiled by the store."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["=", "<", "<=", ">", ">=", "~"]
"""`=` equals, or matches where the value holds `*`; `~` matches a regular expression (RE2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`field OP value`. Values are typed by the field: str, float in the field's base unit (ns for
    durations, USD for costs), bool, or None for `field:null`. A str with `is_pattern` holds `*` wildcards;
    in it, and only in it, a backslash escapes a star or a backslash."""

    field: str
    """Canonical name; `attributes.KEY`, `resource.KEY`, `metadata.KEY`, `scores.NAME` for open ones."""
    operator: Operator
    value: str | float | bool | None
    is_pattern: bool = False
    column: int = dataclass_field(default=0, compare=False)
    """0-based position in the text, for errors; two terms that ask the same are equal wherever they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Free text: every word must occur in input, output or name (of a log: in its body); quoted, as a
    phrase."""

    text: str
    is_phrase: bool
    column: int = dataclass_field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    operand: "Expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    operands: tuple["Expression", ...]


Expression: TypeAlias = Term | Text | Not | And | Or
