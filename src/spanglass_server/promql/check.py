"""Whether an expression's types fit, as Prometheus' parser checks it and in its words."""

from collections.abc import Callable
from typing import Final, TypeAlias

from spanglass_server.base.limits import EXPRESSION_MATCHERS_MAX
from spanglass_server.model.series import Matcher
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Number,
    Parentheses,
    Range,
    Selector,
    Span,
    Subquery,
    Text,
    Unary,
    ValueType,
    children_of,
)
from spanglass_server.promql.patterns import matches
from spanglass_server.promql.quoting import quote
from spanglass_server.promql.signatures import SIGNATURES, Signature

Complain: TypeAlias = Callable[[Span, str], Exception]
"""Makes the error that tells what is wrong where."""

COMPARISONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">="))
SET_OPERATORS: Final = frozenset(("and", "or", "unless"))
_DOCUMENTED: Final[dict[ValueType, str]] = {
    "vector": "instant vector",
    "matrix": "range vector",
    "scalar": "scalar",
    "string": "string",
}


def type_of(expression: Expression) -> ValueType:
    match expression:
        case Number():
            return "scalar"
        case Text():
            return "string"
        case Selector() | Aggregation():
            return "vector"
        case Range() | Subquery():
            return "matrix"
        case Parentheses(expression=inner) | Unary(expression=inner):
            return type_of(inner)
        case Binary(left=left, right=right):
            both_scalar = type_of(left) == "scalar" and type_of(right) == "scalar"
            return "scalar" if both_scalar else "vector"
        case FunctionCall(name=name):
            return SIGNATURES[name].result


def documented_type_of(expression: Expression) -> str:
    """In Prometheus' words: `instant vector`."""
    return _DOCUMENTED[type_of(expression)]


def check(expression: Expression, text: str, complain: Complain) -> None:
    """Raises what `complain` makes, for the first thing that does not fit."""
    for child in children_of(expression):
        check(child, text, complain)
    match expression:
        case Aggregation():
            _check_aggregation(expression, complain)
        case Binary():
            _check_binary(expression, text, complain)
        case FunctionCall():
            _check_call(expression, complain)
        case Unary(expression=inner, span=span) if type_of(inner) not in ("scalar", "vector"):
            said = "unary expression only allowed on expressions of type scalar or instant vector"
            raise complain(span, f"{said}, got {quote(documented_type_of(inner))}")
        case Subquery(expression=inner, span=span) if type_of(inner) != "vector":
            said = "subquery is only allowed on instant vector"
            raise complain(span, f"{said}, got {type_of(inner)} instead")
        case Selector():
            _check_selector(expression, complain)


def _check_aggregation(node: Aggregation, complain: Complain) -> None:
    if type_of(node.expression) != "vector":
        raise _wrong_type(node.expression, "vector", "aggregation expression", complain)
    wanted: ValueType = "string" if node.op == "count_values" else "scalar"
    if node.parameter is not None and type_of(node.parameter) != wanted:
        raise _wrong_type(node.parameter, wanted, "aggregation parameter", complain)


def _check_binary(node: Binary, text: str, complain: Complain) -> None:
    left, right = type_of(node.left), type_of(node.right)
    operator = _operator_span(node, text)
    if node.is_bool and node.op not in COMPARISONS:
        raise complain(operator, "bool modifier can only be used on comparison operators")
    if node.op in COMPARISONS and not node.is_bool and left == right == "scalar":
        raise complain(operator, "comparisons between scalars must use BOOL modifier")
    if node.matching.is_on and (both := set(node.matching.labels) & set(node.matching.include)):
        said = f"label {quote(min(both))} must not occur in ON and GROUP clause at once"
        raise complain(operator, said)
    for side in (node.left, node.right):
        if type_of(side) not in ("scalar", "vector"):
            raise complain(side.span, "binary expression must contain only scalar and instant vector types")
    if "scalar" in (left, right):
        _check_with_scalar(node, complain)
    elif node.op in SET_OPERATORS and node.matching.group:
        raise complain(node.span, f"no grouping allowed for {quote(node.op)} operation")


def _check_with_scalar(node: Binary, complain: Complain) -> None:
    if node.matching.labels:
        raise complain(node.span, "vector matching only allowed between instant vectors")
    if node.op in SET_OPERATORS:
        said = f"set operator {quote(node.op)} not allowed in binary scalar expression"
        raise complain(node.span, said)


def _operator_span(node: Binary, text: str) -> Span:
    start, end = node.left.span.end, node.right.span.start
    between = text[start:end]
    return Span(start=start + len(between) - len(between.lstrip()), end=start + len(between.rstrip()))


def _check_call(node: FunctionCall, complain: Complain) -> None:
    signature = SIGNATURES[node.name]
    _check_argument_count(node, signature, complain)
    for index, argument in enumerate(node.arguments):
        wanted = signature.arguments[min(index, len(signature.arguments) - 1)]
        if type_of(argument) != wanted:
            raise _wrong_type(argument, wanted, f"call to function {quote(node.name)}", complain)


def _check_argument_count(node: FunctionCall, signature: Signature, complain: Complain) -> None:
    given, most = len(node.arguments), len(signature.arguments)
    least = most - 1 if signature.optional else most
    if signature.optional == 0 and given != most:
        wanted = f"{most} argument(s)"
    elif given < least:
        wanted = f"at least {least} argument(s)"
    elif signature.optional > 0 and given > least + signature.optional:
        wanted = f"at most {least + signature.optional} argument(s)"
    else:
        return
    raise complain(node.span, f"expected {wanted} in call to {quote(node.name)}, got {given}")


def _wrong_type(node: Expression, wanted: ValueType, context: str, complain: Complain) -> Exception:
    return complain(
        node.span, f"expected type {_DOCUMENTED[wanted]} in {context}, got {documented_type_of(node)}"
    )


def _check_selector(node: Selector, complain: Complain) -> None:
    if len(node.matchers) > EXPRESSION_MATCHERS_MAX:
        raise complain(node.span, f"more than {EXPRESSION_MATCHERS_MAX} matchers in one selector")
    if node.name:
        if twice := [matcher.value for matcher in node.matchers[1:] if matcher.name == "__name__"]:
            said = f"metric name must not be set twice: {quote(node.name)} or {quote(twice[0])}"
            raise complain(node.span, said)
    elif all(map(_may_match_empty, node.matchers)):
        raise complain(node.span, "vector selector must contain at least one non-empty matcher")


def _may_match_empty(matcher: Matcher) -> bool:
    """Whether series without the label match: a selector of only such matchers would read everything."""
    match matcher.op:
        case "=":
            return not matcher.value
        case "!=":
            return bool(matcher.value)
        case "=~":
            return matches(matcher.value, "")
        case "!~":
            return not matches(matcher.value, "")
