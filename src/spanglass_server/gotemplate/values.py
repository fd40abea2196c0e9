"""What templates work on: plain Python values, and records for what has fields and methods."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Function: TypeAlias = Callable[..., object]
"""Raises TemplateFailed for arguments it cannot take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A value of a Go type with fields or methods. Nothing else of a Python object can be reached."""

    type_name: str
    """Go's, for messages."""
    fields: Mapping[str, object] = field(default_factory=dict)
    methods: Mapping[str, Function] = field(default_factory=dict)
    """Called with the arguments that follow the name in the template."""
    value: object = None
    """What `range`, `len`, `index`, `if`, comparisons and printing take it for; a record without one is a
    struct."""
    text: str | None = None
    """How it prints, if not as its value."""


def plain(value: object) -> object:
    return value.value if isinstance(value, Record) and value.value is not None else value


def is_true(value: object) -> bool:
    """Go's truth: false, 0, nil, and an empty string, array or map are not."""
    value = plain(value)
    return True if isinstance(value, Record) else bool(value)


def is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def type_name(value: object) -> str:
    """Go's name of the value's type."""
    if isinstance(value, Record):
        return value.type_name
    names = (
        (bool, "bool"),
        (int, "int"),
        (float, "float64"),
        (str, "string"),
        (Mapping, "map[string]string"),
    )
    if value is None:
        return "<nil>"
    return next((name for kind, name in names if isinstance(value, kind)), "[]interface {}")
