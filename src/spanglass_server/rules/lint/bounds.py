"""Between which numbers an expression's values lie, where that is certain."""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Range,
    Selector,
    Unary,
    without_parentheses,
)
from spanglass_server.rules.lint.known import KnownMetric, KnownSeries
from spanglass_server.rules.lint.tree import RATES, metric_of, number_of, selectors_in

Kind: TypeAlias = Literal["", "ratio", "score", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    low: float = -math.inf
    high: float = math.inf
    kind: Kind = ""

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.low:g} or more" if self.low != -math.inf else "any number"
        return f"between {self.low:g} and {self.high:g}"


ANY: Final = Bounds()
_NOT_NEGATIVE: Final = Bounds(low=0.0)
_KEEPING: Final = ("avg", "min", "max", "topk", "bottomk", "quantile", "group")


def bounds_of(expression: Expression, known: KnownSeries) -> Bounds:
    match without_parentheses(expression):
        case Selector() as selector:
            return _of_metric(known.find(metric_of(selector)))
        case FunctionCall() as call:
            return _of_call(call, known)
        case Aggregation(op="count"):
            return _NOT_NEGATIVE
        case Aggregation(op=op, expression=inner) if op in _KEEPING:
            return bounds_of(inner, known)
        case Aggregation(op="sum", expression=inner):
            return _NOT_NEGATIVE if bounds_of(inner, known).low >= 0 else ANY
        case Binary() as binary:
            return _of_binary(binary, known)
        case Unary(op="-", expression=inner):
            return _negated(bounds_of(inner, known))
        case other:
            number = number_of(other)
            return ANY if number is None else Bounds(low=number, high=number)


def _of_metric(metric: KnownMetric | None) -> Bounds:
    is_counter = metric is not None and metric.type == "counter"
    is_budget = metric is not None and metric.name.startswith("spanglass_budget_")
    return _NOT_NEGATIVE if is_counter or is_budget else ANY


def _of_call(call: FunctionCall, known: KnownSeries) -> Bounds:
    if call.name == "histogram_quantile":
        return _of_quantile(call, known)
    argument = without_parentheses(call.arguments[0]) if call.arguments else None
    if call.name in RATES:
        return _NOT_NEGATIVE
    if call.name in ("avg_over_time", "min_over_time", "max_over_time") and isinstance(argument, Range):
        return _of_metric(known.find(metric_of(argument.selector)))
    if call.name in ("abs", "sqrt", "count_over_time", "present_over_time", "absent", "changes", "resets"):
        return _NOT_NEGATIVE
    return ANY


def _of_quantile(call: FunctionCall, known: KnownSeries) -> Bounds:
    names = {metric_of(selector) for selector in selectors_in(call.arguments[1])}
    metric = known.find(names.pop()) if len(names) == 1 else None
    if metric is None or not metric.bucket_max:
        return ANY
    kind: Kind = "score" if metric.family == "llm_quality_score" else "seconds"
    return Bounds(low=0.0, high=metric.bucket_max, kind=kind)


def _of_binary(binary: Binary, known: KnownSeries) -> Bounds:
    left, right = bounds_of(binary.left, known), bounds_of(binary.right, known)
    match binary.op:
        case "/":
            return _of_ratio(binary, left, right)
        case "-":
            return Bounds(low=left.low - right.high, high=left.high - right.low, kind=right.kind)
        case "+":
            return Bounds(low=left.low + right.low, high=left.high + right.high)
        case "*":
            return _of_product(left, right)
        case ">" | ">=" | "<" | "<=" | "==" | "!=" if binary.is_bool:
            return Bounds(low=0.0, high=1.0)
        case "and" | "unless" | ">" | ">=" | "<" | "<=" | "==" | "!=":
            return left
        case _:
            return ANY


def _of_ratio(binary: Binary, left: Bounds, right: Bounds) -> Bounds:
    divisor = number_of(binary.right)
    if divisor is not None and divisor > 0:
        return Bounds(low=left.low / divisor, high=left.high / divisor)
    if _is_mean_score(binary):
        return Bounds(low=0.0, high=1.0, kind="score")
    if _is_part(binary.left, binary.right):
        return Bounds(low=0.0, high=1.0, kind="ratio")
    return _NOT_NEGATIVE if left.low >= 0 and right.low >= 0 else ANY


def _of_product(left: Bounds, right: Bounds) -> Bounds:
    for bounds, factor in ((left, right), (right, left)):
        if factor.low == factor.high and factor.low > 0:
            return Bounds(low=bounds.low * factor.low, high=bounds.high * factor.low)
    return _NOT_NEGATIVE if left.low >= 0 and right.low >= 0 else ANY


def _is_part(part: Expression, whole: Expression) -> bool:
    """The same computation over some of the other's series."""
    match without_parentheses(part), _unguarded(whole):
        case Aggregation(op="sum") as a, Aggregation(op="sum") as b:
            return (a.is_without, set(a.labels)) == (b.is_without, set(b.labels)) and _is_part(
                a.expression, b.expression
            )
        case FunctionCall(name=name) as a, FunctionCall(name=other) as b if name == other and name in RATES:
            return _is_part(a.arguments[0], b.arguments[0])
        case Range(selector=a, range_ms=here), Range(selector=b, range_ms=there):
            return here == there and _is_part(a, b)
        case Selector() as a, Selector() as b:
            same_time = (a.offset_ms, a.at) == (b.offset_ms, b.at)
            return same_time and bool(metric_of(a)) and set(b.matchers) <= set(a.matchers)
        case _:
            return False


def _unguarded(expression: Expression) -> Expression:
    """Without the `> 0` around it."""
    inner = without_parentheses(expression)
    if isinstance(inner, Binary) and inner.op in (">", ">=") and number_of(inner.right) is not None:
        return without_parentheses(inner.left)
    return inner


def _is_mean_score(binary: Binary) -> bool:
    def name_of(expression: Expression) -> str:
        names = {metric_of(selector) for selector in selectors_in(expression)}
        return names.pop() if len(names) == 1 else ""

    return (name_of(binary.left), name_of(binary.right)) == (
        "llm_quality_score_sum",
        "llm_quality_score_count",
    )


def _negated(bounds: Bounds) -> Bounds:
    return Bounds(low=-bounds.high, high=-bounds.low)
