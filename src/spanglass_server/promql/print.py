"""The syntax tree -> PromQL's text, as Prometheus writes it on one line. parse(print_expression(e)) == e."""

import math
from decimal import Decimal

from spanglass_server.model.series import Matcher
from spanglass_server.promql.ast import (
    Aggregation,
    At,
    Binary,
    Expression,
    FunctionCall,
    Matching,
    Number,
    Parentheses,
    Range,
    Selector,
    Subquery,
    Text,
    Unary,
)
from spanglass_server.promql.durations import format_duration_ms
from spanglass_server.promql.lex import NOT_METRICS, NUMBER_WORDS
from spanglass_server.promql.quoting import is_plain_label, is_plain_metric, quote


def print_expression(expression: Expression) -> str:
    match expression:
        case Number(value=value):
            return format_literal(value)
        case Text(value=value):
            return quote(value)
        case Selector():
            return _print_selector(expression) + _print_modifiers(expression.offset_ms, expression.at)
        case Range(selector=selector, range_ms=range_ms):
            modifiers = _print_modifiers(selector.offset_ms, selector.at)
            return f"{_print_selector(selector)}[{format_duration_ms(range_ms)}]{modifiers}"
        case Subquery(expression=inner):
            return print_expression(inner) + _print_subquery_range(expression)
        case Parentheses(expression=inner):
            return f"({print_expression(inner)})"
        case Unary(op=op, expression=inner):
            return op + print_expression(inner)
        case Binary():
            return _print_binary(expression)
        case Aggregation():
            return _print_aggregation(expression)
        case FunctionCall(name=name, arguments=arguments):
            return f"{name}({', '.join(map(print_expression, arguments))})"


def format_literal(value: float) -> str:
    """As Go's %g, in expressions and messages: the shortest digits that read back as the same number; `+Inf`,
    `-Inf`, `NaN`."""
    if not math.isfinite(value) or value == 0 or 1e-4 <= abs(value) < 1e6:
        return format_number(value)
    digits = format_number(abs(value)).replace(".", "")
    exponent = Decimal(repr(value)).adjusted()
    significant = digits.strip("0")
    point = "." if len(significant) > 1 else ""
    return f"{'-' if value < 0 else ''}{significant[0]}{point}{significant[1:]}e{exponent:+03d}"


def format_number(value: float) -> str:
    """As label values have numbers: the shortest digits that read back as the same number, without an
    exponent; `+Inf`, `-Inf`, `NaN`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    digits = format(Decimal(repr(value)), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _print_selector(selector: Selector) -> str:
    name, matchers = selector.name, selector.matchers
    inside = list(map(_print_matcher, matchers[1:] if name else matchers))
    if name and (not is_plain_metric(name) or name.lower() in NOT_METRICS):
        return "{" + ",".join([quote(name), *inside]) + "}"
    return name + ("{" + ",".join(inside) + "}" if inside else "" if name else "{}")


def _print_matcher(matcher: Matcher) -> str:
    return f"{_print_label(matcher.name)}{matcher.op}{quote(matcher.value)}"


def _print_label(name: str) -> str:
    return name if is_plain_label(name) else quote(name)


def _print_labels(labels: tuple[str, ...]) -> str:
    # Outside of braces these two words are numbers.
    shown = (quote(name) if name.lower() in NUMBER_WORDS else _print_label(name) for name in labels)
    return f"({', '.join(shown)})"


def _print_modifiers(offset_ms: int, at: At) -> str:
    text = "" if at is None else f" @ {at / 1000:.3f}" if isinstance(at, int) else f" @ {at}()"
    return text + (f" offset {format_duration_ms(offset_ms)}" if offset_ms else "")


def _print_subquery_range(subquery: Subquery) -> str:
    step = format_duration_ms(subquery.step_ms) if subquery.step_ms else ""
    modifiers = _print_modifiers(subquery.offset_ms, subquery.at)
    return f"[{format_duration_ms(subquery.range_ms)}:{step}]{modifiers}"


def _print_binary(node: Binary) -> str:
    words = [node.op]
    if node.is_bool:
        words.append("bool")
    if matching := _print_matching(node.matching):
        words.append(matching)
    left = print_expression(node.left)
    if node.op == "^":
        # A sign binds weaker than the power: +Inf ^ 2 would be +(Inf ^ 2).
        left = left.removeprefix("+") if isinstance(node.left, Number) else left
    return f"{left} {' '.join(words)} {print_expression(node.right)}"


def _print_matching(matching: Matching) -> str:
    if not (matching.is_on or matching.labels or matching.group):
        return ""
    text = f"{'on' if matching.is_on else 'ignoring'} {_print_labels(matching.labels)}"
    if matching.group:
        text += f" group_{matching.group} {_print_labels(matching.include)}"
    return text


def _print_aggregation(node: Aggregation) -> str:
    modifier = " "
    if node.is_without or node.labels:
        modifier = f" {'without' if node.is_without else 'by'} {_print_labels(node.labels)} "
    arguments = [node.expression] if node.parameter is None else [node.parameter, node.expression]
    inside = ", ".join(map(print_expression, arguments))
    return f"{node.op}{modifier if modifier.strip() else ''}({inside})"
