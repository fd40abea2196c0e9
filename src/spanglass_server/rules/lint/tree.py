"""Looking at expressions and rewriting them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from spanglass_server.model.series import METRIC_NAME, Matcher
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Number,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
    children_of,
    walk,
    without_parentheses,
)

COMPARISONS: Final = ("==", "!=", ">", ">=", "<", "<=")
ARITHMETIC: Final = ("+", "-", "*", "/", "%", "^", "atan2")
RATES: Final = ("rate", "increase", "irate")
COUNTER_SUFFIXES: Final = ("_total", "_count", "_sum", "_bucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    node: Expression
    ancestors: tuple[Expression, ...]
    """Outermost first; parentheses left out."""

    @property
    def parent(self) -> Expression | None:
        return self.ancestors[-1] if self.ancestors else None


def places(expression: Expression, ancestors: tuple[Expression, ...] = ()) -> Iterator[Place]:
    """Every node but parentheses, parents first."""
    if isinstance(expression, Parentheses):
        yield from places(expression.expression, ancestors)
        return
    yield Place(node=expression, ancestors=ancestors)
    for child in children_of(expression):
        yield from places(child, (*ancestors, expression))


def substitute(expression: Expression, old: Expression, new: Expression) -> Expression:
    """With `new` where the very node `old` stands."""
    if expression is old:
        return new
    return map_children(expression, lambda child: substitute(child, old, new))


def map_children(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The node with changed children, each asked for once; itself where none changed."""
    children = children_of(expression)
    changed = tuple(change(child) for child in children)
    if all(new is old for new, old in zip(changed, children, strict=True)):
        return expression
    match expression:
        case Range():
            (selector,) = changed
            if not isinstance(selector, Selector):
                raise TypeError("only a selector can take a selector's place in a range")
            return replace(expression, selector=selector)
        case Subquery() | Parentheses() | Unary():
            return replace(expression, expression=changed[0])
        case Binary():
            return replace(expression, left=changed[0], right=changed[1])
        case Aggregation():
            parameter = changed[0] if len(changed) > 1 else None
            return replace(expression, expression=changed[-1], parameter=parameter)
        case FunctionCall():
            return replace(expression, arguments=changed)
        case _:
            return expression


def metric_of(selector: Selector) -> str:
    """The one metric it selects; empty for several."""
    if selector.name:
        return selector.name
    names = [matcher.value for matcher in selector.matchers if matcher[:2] == (METRIC_NAME, "=")]
    return names[0] if len(names) == 1 else ""


def renamed(selector: Selector, name: str) -> Selector:
    """The same of another metric."""
    matchers = tuple(
        Matcher(METRIC_NAME, "=", name) if matcher[:2] == (METRIC_NAME, "=") else matcher
        for matcher in selector.matchers
    )
    return replace(selector, name=name if selector.name else "", matchers=matchers)


def label_matchers(selector: Selector) -> tuple[Matcher, ...]:
    return tuple(matcher for matcher in selector.matchers if matcher.name != METRIC_NAME)


def selectors_in(expression: Expression) -> tuple[Selector, ...]:
    return tuple(node for node in walk(expression) if isinstance(node, Selector))


def metrics_in(expression: Expression) -> frozenset[str]:
    return frozenset(metric_of(selector) for selector in selectors_in(expression))


def number_of(expression: Expression) -> float | None:
    """The constant that it is."""
    match without_parentheses(expression):
        case Number(value=value):
            return value
        case Unary(op=op, expression=inner):
            value_ = number_of(inner)
            return None if value_ is None else -value_ if op == "-" else value_
        case Binary(op=op, left=left, right=right):
            return _computed(op, number_of(left), number_of(right))
        case _:
            return None


def _computed(op: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right:
            return left / right
        case _:
            return None


def is_scalar(expression: Expression) -> bool:
    match without_parentheses(expression):
        case Number() | Text():
            return True
        case FunctionCall(name="scalar" | "time" | "pi"):
            return True
        case Unary(expression=inner):
            return is_scalar(inner)
        case Binary(left=left, right=right):
            return is_scalar(left) and is_scalar(right)
        case _:
            return False


def rate_call(name: str, selector: Selector, range_ms: int) -> FunctionCall:
    return FunctionCall(name=name, arguments=(Range(selector=selector, range_ms=range_ms),))


def is_filter(expression: Expression) -> bool:
    """A comparison that lets through what it holds for."""
    return isinstance(expression, Binary) and expression.op in COMPARISONS and not expression.is_bool


def grouped(expression: Expression) -> Expression:
    """In parentheses where an operator beside it could tear it apart."""
    return Parentheses(expression=expression) if isinstance(expression, Binary | Unary) else expression


def summed(expression: Expression, labels: Iterable[str]) -> Expression:
    """`sum by (labels) (expression)`; of what is summed already, by these labels instead; of a comparison
    with a constant, such as a floor of traffic, the sum compared with it."""
    inner = without_parentheses(expression)
    if isinstance(inner, Binary) and inner.op in COMPARISONS and number_of(inner.right) is not None:
        return Parentheses(expression=replace(inner, left=summed(inner.left, labels)))
    if isinstance(inner, Aggregation) and inner.op == "sum":
        inner = without_parentheses(inner.expression)
    return Aggregation(op="sum", expression=inner, labels=tuple(labels))


def is_summable(expression: Expression) -> bool:
    """A sum of it means something: no ratio and no quantile."""
    return not any(
        (isinstance(node, Binary) and (node.op == "/" and not is_scalar(node.right)))
        or (isinstance(node, FunctionCall) and node.name in ("histogram_quantile", "histogram_fraction"))
        for node in walk(expression)
    )


def has_comparison(expression: Expression) -> bool:
    return any(isinstance(node, Binary) and node.op in COMPARISONS for node in walk(expression))


def is_recorded(name: str) -> bool:
    """By the convention for the names of recording rules."""
    return ":" in name


def replacing(old: Expression, new: Expression) -> Callable[[Expression], Expression]:
    return lambda expression: substitute(expression, old, new)


def walk_arithmetic(expression: Expression) -> Iterator[Expression]:
    """The expression's value as it is put together: down through arithmetic with constants, and no further
    than to the first call, aggregation or pair of vectors."""
    node = without_parentheses(expression)
    yield node
    match node:
        case Unary(expression=inner):
            yield from walk_arithmetic(inner)
        case Binary(op=op, left=left, right=right) if op in ARITHMETIC:
            if is_scalar(right):
                yield from walk_arithmetic(left)
            elif is_scalar(left):
                yield from walk_arithmetic(right)
