"""PromQL's syntax tree. Where a node stands in the text is no part of its equality."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from spanglass_server.model.series import Matcher

ValueType: TypeAlias = Literal["scalar", "vector", "matrix", "string"]
"""An instant vector is `vector`, a range vector `matrix`."""
At: TypeAlias = int | Literal["start", "end"] | None
"""The @ modifier: milliseconds, or an end of the query's range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters of the text, from `start` up to `end`."""

    start: int
    end: int
    position: str = ""
    """Where it starts, as `line:column`, both from 1."""


NOWHERE = Span(start=0, end=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    value: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string literal. A byte that is no UTF-8 (`"\\xc5"`) is a lone surrogate, as by Python's
    `surrogateescape`."""

    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    matchers: tuple[Matcher, ...]
    """All of them, the name's first where it is given as such: `up{job="a"}`, `{"up", job="a"}`."""
    name: str = ""
    """The metric's, if it is given as such rather than by a matcher on `__name__`."""
    offset_ms: int = 0
    at: At = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """`selector[5m]`; offset and @ are the selector's."""

    selector: Selector
    range_ms: int
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery:
    expression: "Expression"
    range_ms: int
    step_ms: int = 0
    """0: the default interval."""
    offset_ms: int = 0
    at: At = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parentheses:
    expression: "Expression"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    op: Literal["+", "-"]
    expression: "Expression"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How a binary operator pairs the series of its sides."""

    is_on: bool = False
    """By `labels` only, else by all but `labels` and the name."""
    labels: tuple[str, ...] = ()
    group: Literal["", "left", "right"] = ""
    """The side with many series per match: group_left, group_right."""
    include: tuple[str, ...] = ()
    """Labels copied from the side that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    op: str
    """Lower case: + - * / % ^ atan2 == != < <= > >= and or unless."""
    left: "Expression"
    right: "Expression"
    matching: Matching = Matching()
    is_bool: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    op: str
    """Lower case: sum, topk, ..."""
    expression: "Expression"
    parameter: "Expression | None" = None
    is_without: bool = False
    labels: tuple[str, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    name: str
    arguments: "tuple[Expression, ...]"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Expression: TypeAlias = (
    Number | Text | Selector | Range | Subquery | Parentheses | Unary | Binary | Aggregation | FunctionCall
)


def children_of(expression: Expression) -> tuple[Expression, ...]:
    """In the order of the text, a range's selector among them."""
    match expression:
        case Number() | Text() | Selector():
            return ()
        case Range(selector=selector):
            return (selector,)
        case Subquery(expression=inner) | Parentheses(expression=inner) | Unary(expression=inner):
            return (inner,)
        case Binary(left=left, right=right):
            return (left, right)
        case Aggregation(expression=inner, parameter=parameter):
            return (inner,) if parameter is None else (parameter, inner)
        case FunctionCall(arguments=arguments):
            return arguments


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all inside it, parents first."""
    yield expression
    for child in children_of(expression):
        yield from walk(child)


def without_parentheses(expression: Expression) -> Expression:
    while isinstance(expression, Parentheses):
        expression = expression.expression
    return expression


def position_of(text: str, at: int) -> str:
    """`line:column`, both from 1, as Prometheus' messages tell places."""
    before = text[:at]
    return f"{before.count(chr(10)) + 1}:{at - before.rfind(chr(10))}"
