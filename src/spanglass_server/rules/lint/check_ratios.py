"""Ratios without traffic, means of means."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Number,
    Parentheses,
    Selector,
    walk,
    without_parentheses,
)
from spanglass_server.rules.lint.findings import Problem, Subject
from spanglass_server.rules.lint.shape import shape_of
from spanglass_server.rules.lint.tree import (
    COMPARISONS,
    RATES,
    Place,
    has_comparison,
    is_scalar,
    is_summable,
    label_matchers,
    replacing,
    summed,
)

_MEANS: Final = ("avg", "sum", "quantile", "stddev")
_GUARDS: Final = (">", ">=", "!=")


def find_ratios_without_traffic(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Binary) or node.op != "/" or not _may_be_zero(node.right):
            continue
        if _matters(subject, place) and not _is_guarded(place):
            yield _without_traffic(subject, place, node)


def _may_be_zero(divisor: Expression) -> bool:
    """The rate of something that may not happen at all."""
    is_rate = any(isinstance(node, FunctionCall) and node.name in RATES for node in walk(divisor))
    is_clamped = any(isinstance(node, FunctionCall) and node.name == "clamp_min" for node in walk(divisor))
    return is_rate and not is_clamped and not has_comparison(divisor) and not is_scalar(divisor)


def _is_guarded(place: Place) -> bool:
    """By `and` with a floor of traffic."""
    child = place.node
    for ancestor in reversed(place.ancestors):
        if isinstance(ancestor, Binary) and ancestor.op == "and":
            sides = [without_parentheses(ancestor.left), without_parentheses(ancestor.right)]
            others = [side for side in sides if side is not child]
            if any(isinstance(n, Binary) and n.op in _GUARDS for side in others for n in walk(side)):
                return True
        child = ancestor
    return False


def _matters(subject: Subject, place: Place) -> bool:
    return not subject.is_alert or any(isinstance(a, Binary) and a.op in COMPARISONS for a in place.ancestors)


def _without_traffic(subject: Subject, place: Place, ratio: Binary) -> Problem:
    differs = any(isinstance(a, Binary) and a.op == "!=" for a in place.ancestors)
    if not subject.is_alert:
        why = "NaN is recorded, and every mean or sum over time that meets it becomes NaN."
    elif differs:
        why = "NaN is unequal to everything: the alert fires without traffic."
    else:
        why = (
            "No comparison holds for NaN: the alert never fires, and a firing one resolves, just when nothing"
            " gets through any more. With a floor of traffic idle series are left out on purpose; let a rule"
            " of its own tell of missing traffic."
        )
    divisor = without_parentheses(ratio.right)
    floor = Parentheses(expression=Binary(op=">", left=divisor, right=Number(value=0.0)))
    return Problem(
        severity="warning",
        code="ratio-without-traffic",
        message="without traffic the divisor is 0, and 0 / 0 is NaN",
        why=why,
        fix=replacing(ratio, replace(ratio, right=floor)),
    )


def find_means_of_means(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Aggregation) or node.op not in _MEANS:
            continue
        inner = without_parentheses(node.expression)
        if isinstance(inner, FunctionCall) and inner.name == "histogram_quantile":
            yield _mean_of_quantiles(subject, node, inner)
        elif isinstance(inner, Selector) and any(m.name == "quantile" for m in label_matchers(inner)):
            yield _mean_of_summaries(node)
        elif (
            node.op == "avg" and isinstance(inner, Binary) and inner.op == "/" and not is_scalar(inner.right)
        ):
            yield _mean_of_ratios(subject, node, inner)


def _mean_of_quantiles(subject: Subject, node: Aggregation, call: FunctionCall) -> Problem:
    labels = ("le", *(name for name in _kept(subject, node) if name != "le"))
    total = summed(call.arguments[1], labels)
    return Problem(
        severity="error",
        code="mean-of-quantiles",
        message=f"`{node.op}` of quantiles is no quantile of the whole",
        why=(
            "A quantile cannot be put together from those of parts: a slow series with little traffic"
            " weighs as much as the busiest. Sum the buckets first, then take the quantile."
        ),
        fix=replacing(node, replace(call, arguments=(call.arguments[0], total))),
    )


def _mean_of_summaries(node: Aggregation) -> Problem:
    return Problem(
        severity="warning",
        code="mean-of-quantiles",
        message=f"`{node.op}` of a summary's quantiles is no quantile of the whole",
        why="A quantile cannot be put together from those of parts; a summary has lost what it would take.",
        advice="use a histogram, or look at the worst one with `max`",
    )


def _mean_of_ratios(subject: Subject, node: Aggregation, ratio: Binary) -> Problem:
    labels = _kept(subject, node)
    fix = None
    if is_summable(ratio.left) and is_summable(ratio.right) and not ratio.matching.group:
        parts = replace(ratio, left=summed(ratio.left, labels), right=summed(ratio.right, labels))
        fix = replacing(node, Parentheses(expression=parts))
    return Problem(
        severity="warning",
        code="mean-of-ratios",
        message="`avg` of ratios is no ratio of the whole",
        why=("A series with three requests weighs as much as one with thousands. Divide the sum by the sum."),
        fix=fix,
    )


def _kept(subject: Subject, node: Aggregation) -> tuple[str, ...]:
    if not node.is_without:
        return node.labels
    return tuple(sorted(shape_of(node, subject.known).labels or ()))


def find_quantiles_of_sums(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Aggregation) or node.op != "quantile":
            continue
        inner = without_parentheses(node.expression)
        if isinstance(inner, Aggregation) and inner.op == "sum":
            yield Problem(
                severity="info",
                code="quantile-of-sums",
                message="`quantile` of sums ranks groups, not requests",
                why="It says how large the sum of the 99th of 100 groups is, not how the slowest 1 % did.",
                advice="for a percentile of requests use `histogram_quantile` over a histogram",
            )
