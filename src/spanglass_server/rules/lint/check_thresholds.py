"""Comparisons that are per series, never or always true, or hit by chance."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Number,
    Range,
    Selector,
    walk,
    without_parentheses,
)
from spanglass_server.rules.lint.bounds import Bounds, bounds_of
from spanglass_server.rules.lint.findings import Fix, Problem, Subject
from spanglass_server.rules.lint.shape import shape_of
from spanglass_server.rules.lint.tree import (
    COMPARISONS,
    RATES,
    is_scalar,
    metric_of,
    number_of,
    replacing,
    selectors_in,
    summed,
    walk_arithmetic,
)

_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_COUNTING: Final = ("count", "group", "count_values")
_COMPUTING: Final = ("rate", "increase", "irate", "deriv", "histogram_quantile", "avg_over_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """value op threshold."""

    node: Binary
    value: Expression
    op: str
    threshold: float
    number: Expression

    def with_threshold(self, threshold: float, op: str = "") -> Fix:
        number = Number(value=round(threshold, 9))
        is_left = self.number is self.node.left
        changed = replace(
            self.node,
            op=self.node.op if not op else _FLIPPED[op] if is_left else op,
            left=number if is_left else self.node.left,
            right=self.node.right if is_left else number,
        )
        return replacing(self.node, changed)


def find_thresholds_per_series(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert:
        return
    for comparison in _comparisons(subject):
        if comparison.threshold == 0:
            continue  # A total is over 0 where any of its parts is.
        for call in walk_arithmetic(comparison.value):
            if isinstance(call, FunctionCall) and call.name in RATES:
                yield from _per_series(subject, call)


def _per_series(subject: Subject, call: FunctionCall) -> Iterator[Problem]:
    argument = without_parentheses(call.arguments[0])
    metric = subject.known.find(metric_of(argument.selector)) if isinstance(argument, Range) else None
    if metric is None or not metric.is_view or metric.labels is None:
        return
    shape = shape_of(call, subject.known)
    open_labels = sorted((shape.labels or frozenset()) - shape.fixed.keys())
    if not open_labels:
        return
    names = ", ".join(f"`{name}`" for name in open_labels)
    yield Problem(
        severity="warning",
        code="threshold-per-series",
        message=f"each series of `{metric.name}` is compared alone with the threshold: it is per series",
        why=(
            f"There is one series for each combination of {names}. A total beyond the threshold that is"
            " spread over several of them alerts nobody. `sum` compares the total."
        ),
        fix=replacing(call, summed(call, sorted(subject.template_labels & set(open_labels)))),
    )


def find_impossible_thresholds(subject: Subject) -> Iterator[Problem]:
    for comparison in _comparisons(subject):
        bounds = bounds_of(comparison.value, subject.known)
        always = _verdict(comparison.op, comparison.threshold, bounds)
        if always is None or (always and not bounds.kind and _selects_by_value(comparison.value)):
            continue
        shown = f"{comparison.op} {comparison.threshold:g}"
        yield Problem(
            severity="error",
            code="always-true" if always else "never-true",
            message=f"`{shown}` is {'always' if always else 'never'} true: the value is {bounds}",
            why=_consequence(subject, always=always) + _scale_hint(comparison, bounds),
            fix=_rescaled(comparison, bounds),
        )


def _selects_by_value(expression: Expression) -> bool:
    """There is a value only if something holds: `count(up == 0) > 0`."""
    return any(
        (isinstance(node, Binary) and node.op in (*COMPARISONS, "and", "unless"))
        or (isinstance(node, FunctionCall) and node.name.startswith("absent"))
        for node in walk(expression)
    )


def _verdict(op: str, threshold: float, bounds: Bounds) -> bool | None:
    """Always, never, or it depends."""
    low, high = bounds.low, bounds.high
    match op:
        case ">":
            return True if low > threshold else False if high <= threshold else None
        case ">=":
            return True if low >= threshold else False if high < threshold else None
        case "<":
            return True if high < threshold else False if low >= threshold else None
        case "<=":
            return True if high <= threshold else False if low > threshold else None
        case "==":
            return None if low <= threshold <= high else False
        case _:
            return None if low <= threshold <= high else True


def _consequence(subject: Subject, *, always: bool) -> str:
    if not subject.is_alert:
        return "It filters nothing." if always else "It lets nothing through."
    return "The alert fires as long as there are series." if always else "The alert never fires."


def _scale_hint(comparison: _Comparison, bounds: Bounds) -> str:
    factor = _factor(comparison.threshold, bounds)
    return {
        100.0: " A ratio is a part of 1: 5 % is 0.05.",
        5.0: " Scores are 0 to 1: 3.5 of 5 is 0.7.",
        1000.0: " The histogram counts seconds, not milliseconds.",
    }.get(factor, "")


def _factor(threshold: float, bounds: Bounds) -> float:
    """By what the threshold was probably meant to be divided; 0 if that is not known."""
    match bounds.kind:
        case "score" if 1 < threshold <= 5:
            return 5.0
        case "ratio" | "score" if 1 < threshold <= 100:
            return 100.0
        case "seconds" if threshold >= 1000:
            return 1000.0
        case _:
            return 0.0


def _rescaled(comparison: _Comparison, bounds: Bounds) -> Fix | None:
    threshold = comparison.threshold
    if factor := _factor(threshold, bounds):
        return comparison.with_threshold(threshold / factor)
    if threshold < 0 and bounds.low == 0 and -threshold < bounds.high:
        return comparison.with_threshold(-threshold)
    if bounds.kind == "seconds" and threshold >= bounds.high and comparison.op in (">", ">="):
        return comparison.with_threshold(bounds.high, ">=")
    return None


def find_equal_floats(subject: Subject) -> Iterator[Problem]:
    for comparison in _comparisons(subject):
        if comparison.op not in ("==", "!=") or comparison.threshold in (0.0, math.inf, -math.inf):
            continue
        if not _is_computed(comparison.value):
            continue
        better = ">=" if comparison.op == "==" else ">"
        yield Problem(
            severity="warning",
            code="float-equality",
            message=f"a computed value is `{comparison.op} {comparison.threshold:g}` by chance only",
            why=(
                "Rates, ratios and quantiles are floating point numbers: next to it, hardly ever equal."
                f" In practice the comparison is {'never' if comparison.op == '==' else 'always'} true."
            ),
            fix=comparison.with_threshold(comparison.threshold, better),
        )


def _is_computed(expression: Expression) -> bool:
    return any(
        (isinstance(node, FunctionCall) and node.name in _COMPUTING)
        or (isinstance(node, Binary) and node.op == "/" and not is_scalar(node.right))
        or (isinstance(node, Aggregation) and node.op == "avg")
        for node in walk(expression)
    ) and not any(isinstance(node, Aggregation) and node.op in _COUNTING for node in walk(expression))


def find_alerts_without_condition(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert:
        return
    top = without_parentheses(subject.expression)
    if isinstance(top, Binary) and top.op in COMPARISONS and top.is_bool and not is_scalar(top):
        yield Problem(
            severity="error",
            code="always-fires",
            message="with `bool` the comparison gives 0 or 1, and both fire",
            why="An alert fires for every series that its expression gives, whatever the value.",
            fix=replacing(top, replace(top, is_bool=False)),
        )
    elif selectors_in(top) and _is_unfiltered(top):  # `vector(1)` is a watchdog.
        yield Problem(
            severity="error",
            code="always-fires",
            message="the expression compares nothing",
            why="An alert fires for every series that its expression gives: this one always does.",
            advice="compare it with a threshold, such as `> 0`",
        )


def _is_unfiltered(expression: Expression) -> bool:
    """Nothing in it can leave a series out by its value or by its absence."""
    match without_parentheses(expression):
        case Binary(op=op, is_bool=is_bool) if op in COMPARISONS and not is_bool:
            return False
        case Binary(op="and" | "unless"):
            return False
        case Binary(left=left, right=right):
            return _is_unfiltered(left) and _is_unfiltered(right)
        case Aggregation(expression=inner):
            return _is_unfiltered(inner)
        case FunctionCall(name="absent" | "absent_over_time"):
            return False
        case Selector(name=name):
            return name != "ALERTS"
        case FunctionCall(arguments=arguments):
            return all(_is_unfiltered(argument) for argument in arguments)
        case _:
            return True


def _comparisons(subject: Subject) -> Iterator[_Comparison]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Binary) or node.op not in COMPARISONS:
            continue
        right, left = number_of(node.right), number_of(node.left)
        if right is not None and left is None:
            yield _Comparison(node=node, value=node.left, op=node.op, threshold=right, number=node.right)
        elif left is not None and right is None:
            op = _FLIPPED[node.op]
            yield _Comparison(node=node, value=node.right, op=op, threshold=left, number=node.left)
