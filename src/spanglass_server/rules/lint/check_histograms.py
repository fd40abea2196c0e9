"""Quantiles of classic histograms: `histogram_quantile(q, sum by (le) (rate(x_bucket[5m])))` and what is
missing from it."""

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
    Range,
    Selector,
    Subquery,
    walk,
    without_parentheses,
)
from spanglass_server.rules.lint.findings import Fix, Problem, Subject
from spanglass_server.rules.lint.shape import shape_of
from spanglass_server.rules.lint.tree import (
    RATES,
    Place,
    is_filter,
    is_recorded,
    metric_of,
    number_of,
    rate_call,
    renamed,
    replacing,
    selectors_in,
    substitute,
    summed,
)

RANGE_MS: Final = 300_000
"""Of a correction, where nothing else tells a range."""
_LE: Final = frozenset(["le"])


def find_quantiles_without_buckets(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        if isinstance(place.node, Selector) and _is_in_quantile(place):
            name = metric_of(place.node)
            if name and not name.endswith("_bucket") and not is_recorded(name) and _is_base(subject, name):
                yield _without_bucket(subject, place.node, name)


def _is_base(subject: Subject, name: str) -> bool:
    """Not a bucket by another name, such as a recording rule's."""
    metric = subject.known.find(name)
    return metric is None or (metric.labels is not None and "le" not in metric.labels)


def _without_bucket(subject: Subject, selector: Selector, name: str) -> Problem:
    base = name.removesuffix("_sum").removesuffix("_count")
    what = "never fires" if subject.is_alert else "records nothing"
    return Problem(
        severity="error",
        code="histogram-without-bucket",
        message=f"`histogram_quantile` needs the buckets, `{base}_bucket`, and is given `{name}`",
        why=(
            f"A classic histogram is stored as `{base}_bucket`, `{base}_sum` and `{base}_count`; `{name}` has"
            f" no label `le`, so there is no quantile to tell: the rule {what}."
        ),
        fix=replacing(selector, renamed(selector, f"{base}_bucket")),
    )


def find_base_names(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Selector) or _is_in_quantile(place):
            continue
        name = metric_of(node)
        if name not in subject.known.histograms or name in subject.known.metrics:
            continue
        is_counted = any(isinstance(a, FunctionCall) and a.name in RATES for a in place.ancestors)
        what = "never fires" if subject.is_alert else "records nothing"
        yield Problem(
            severity="error",
            code="histogram-without-bucket",
            message=f"`{name}` is a histogram, and no series has its bare name",
            why=(
                f"There are `{name}_bucket`, `{name}_sum` (of the values) and `{name}_count` (of the"
                f" observations). `{name}` selects nothing: the rule {what}."
            ),
            fix=replacing(node, renamed(node, f"{name}_count")) if is_counted else _mean(subject, place),
            advice="" if is_counted else "for a mean, divide the rate of `_sum` by the rate of `_count`",
        )


def _mean(subject: Subject, place: Place) -> Fix | None:
    """Where the bare name, or `avg` of it, is compared, the mean was meant."""
    node, parent = place.node, place.parent
    labels = tuple(sorted(subject.template_labels))
    outer: tuple[Expression, ...] = place.ancestors
    if isinstance(parent, Aggregation) and parent.op == "avg" and not parent.is_without:
        node, labels, outer = parent, parent.labels, outer[:-1]
    if not isinstance(place.node, Selector) or not (outer and is_filter(outer[-1])):
        return None
    parts = [
        summed(rate_call("rate", renamed(place.node, metric_of(place.node) + part), RANGE_MS), labels)
        for part in ("_sum", "_count")
    ]
    floor = Parentheses(expression=Binary(op=">", left=parts[1], right=Number(value=0.0)))
    return replacing(node, Binary(op="/", left=parts[0], right=floor))


def find_quantiles_without_rate(subject: Subject) -> Iterator[Problem]:
    for call in _quantiles(subject):
        buckets = call.arguments[1]
        if _is_over_time(buckets) or any(is_recorded(metric_of(s)) for s in selectors_in(buckets)):
            continue
        yield Problem(
            severity="error",
            code="quantile-without-rate",
            message="`histogram_quantile` is given counters as they are, without `rate`",
            why=(
                "Buckets count since the first observation ever: the quantile is that of all time, which an"
                " incident hardly moves and which hardly recovers."
            ),
            fix=replacing(call, replace(call, arguments=(call.arguments[0], _rated(buckets)))),
        )


def find_quantiles_without_le(subject: Subject) -> Iterator[Problem]:
    for call in _quantiles(subject):
        buckets = without_parentheses(call.arguments[1])
        if any(is_recorded(metric_of(s)) for s in selectors_in(buckets)):
            continue
        if isinstance(buckets, Aggregation):
            if shape_of(buckets, subject.known).lacks("le"):
                yield _le_summed_away(subject, buckets)
        elif isinstance(buckets, FunctionCall | Selector) and _has_several_series(subject, buckets):
            yield _quantile_per_series(subject, call, buckets)


def _le_summed_away(subject: Subject, buckets: Aggregation) -> Problem:
    labels = tuple(name for name in buckets.labels if name != "le")
    if not buckets.is_without:
        labels = ("le", *labels)
    grouping = f" {'without' if buckets.is_without else 'by'} ({', '.join(buckets.labels)})"
    shown = buckets.op + (grouping if buckets.labels else "")
    return Problem(
        severity="error",
        code="quantile-without-le",
        message=f"`{shown}` puts the buckets together: the label `le` is gone",
        why=(
            "The quantile is told from `le`. Without it the result is empty:"
            f" {'the alert never fires' if subject.is_alert else 'nothing is recorded'}."
        ),
        fix=replacing(buckets, replace(buckets, labels=labels)),
    )


def _quantile_per_series(subject: Subject, call: FunctionCall, buckets: Expression) -> Problem:
    labels = subject.template_labels & (shape_of(buckets, subject.known).labels or frozenset())
    total = summed(buckets, ("le", *sorted(labels - _LE)))
    return Problem(
        severity="warning",
        code="quantile-without-le",
        message="the quantile is of each label set alone, since nothing is summed `by (le)`",
        why=(
            "Each combination of labels is judged by its own few observations, and none stands for the"
            " whole. `sum by (le, ...)` says of what the quantile is."
        ),
        fix=replacing(call, replace(call, arguments=(call.arguments[0], total))),
    )


def find_quantiles_out_of_range(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if isinstance(node, FunctionCall) and node.name in ("histogram_quantile", "quantile_over_time"):
            quantile: Expression | None = node.arguments[0]
        elif isinstance(node, Aggregation) and node.op == "quantile":
            quantile = node.parameter
        else:
            continue
        value = None if quantile is None else number_of(quantile)
        if quantile is None or value is None or 0 <= value <= 1:
            continue
        fix = replacing(quantile, Number(value=round(value / 100, 6))) if 1 < value <= 100 else None
        yield Problem(
            severity="error",
            code="quantile-out-of-range",
            message=f"a quantile is between 0 and 1, not {value:g}",
            why=f"The result is always {'+Inf' if value > 1 else '-Inf'}.",
            fix=fix,
        )


def _quantiles(subject: Subject) -> Iterator[FunctionCall]:
    for place in subject.places:
        if isinstance(place.node, FunctionCall) and place.node.name == "histogram_quantile":
            yield place.node


def _is_in_quantile(place: Place) -> bool:
    return any(isinstance(a, FunctionCall) and a.name == "histogram_quantile" for a in place.ancestors)


def _is_over_time(expression: Expression) -> bool:
    return any(isinstance(node, Range | Subquery) for node in walk(expression))


def _has_several_series(subject: Subject, buckets: Expression) -> bool:
    names = [metric_of(selector) for selector in selectors_in(buckets)]
    if names and names[0] in subject.known.histograms:
        return True
    shape = shape_of(buckets, subject.known)
    return shape.labels is not None and bool(shape.labels - _LE - shape.fixed.keys())


def _rated(buckets: Expression) -> Expression:
    for selector in selectors_in(buckets):
        buckets = substitute(buckets, selector, rate_call("rate", selector, RANGE_MS))
    return buckets
