"""Counters taken as they are, and gauges taken for counters."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    FunctionCall,
    Range,
    Selector,
    Subquery,
    without_parentheses,
)
from spanglass_server.rules.lint.check_histograms import RANGE_MS
from spanglass_server.rules.lint.findings import Problem, Subject
from spanglass_server.rules.lint.known import BUILT_IN_PREFIXES
from spanglass_server.rules.lint.tree import (
    ARITHMETIC,
    COMPARISONS,
    COUNTER_SUFFIXES,
    RATES,
    Place,
    is_recorded,
    metric_of,
    metrics_in,
    number_of,
    rate_call,
    replacing,
)

_FOR_GAUGES: Final = {"rate": "deriv", "increase": "delta", "irate": "idelta"}
_COUNTING: Final = ("count", "group", "count_values")
_LOOKING: Final = ("absent", "absent_over_time", "timestamp", "histogram_quantile", "histogram_fraction")
_HOUR_MS: Final = 3_600_000


def find_rates_of_gauges(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        call = place.node
        if not isinstance(call, FunctionCall) or call.name not in RATES:
            continue
        argument = without_parentheses(call.arguments[0])
        name = metric_of(argument.selector) if isinstance(argument, Range) else ""
        if not name:
            continue
        if subject.known.has_type(name, "gauge"):
            yield _rate_of_gauge(call, name)
        elif _is_unlikely_counter(subject, name):
            yield _unlikely_counter(call, name)


def _rate_of_gauge(call: FunctionCall, name: str) -> Problem:
    better = _FOR_GAUGES[call.name]
    return Problem(
        severity="error",
        code="rate-of-gauge",
        message=f"`{call.name}` is for counters, and `{name}` is a gauge",
        why=(
            f"`{call.name}` takes each fall for a restart from 0 and adds what came after it: the result is"
            f" too high whenever the gauge falls. `{better}` tells a gauge's change."
        ),
        fix=replacing(call, replace(call, name=better)),
    )


def _is_unlikely_counter(subject: Subject, name: str) -> bool:
    known = subject.known.find(name)
    if known is None and (subject.known.is_complete or name.startswith(BUILT_IN_PREFIXES)):
        return False  # No series has the name, which is a finding of its own.
    is_unknown = known is None or known.type == "unknown"
    is_named_so = name.endswith(COUNTER_SUFFIXES) or is_recorded(name) or name in subject.known.histograms
    return is_unknown and not is_named_so


def _unlikely_counter(call: FunctionCall, name: str) -> Problem:
    return Problem(
        severity="info",
        code="rate-of-gauge",
        message=f"`{name}` might not be a counter: its name does not end in _total, _sum, _count or _bucket",
        why=f"Of a gauge, `{call.name}` is too high whenever it falls.",
        advice=f"use `{_FOR_GAUGES[call.name]}` if it is a gauge",
    )


def find_raw_counters(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if isinstance(node, Selector) and _is_counter(subject, metric_of(node)) and _is_compared(place):
            yield _raw_counter(subject, place, node)


def _raw_counter(subject: Subject, place: Place, selector: Selector) -> Problem:
    name = metric_of(selector)
    is_ratio = any(
        isinstance(a, Binary) and a.op == "/" and number_of(a.right) is None for a in place.ancestors
    )
    if is_ratio:
        function, range_ms, what = (
            "rate",
            RANGE_MS,
            "The ratio is that of all time, which an incident hardly moves.",
        )
    else:
        function, range_ms = "increase", _HOUR_MS
        what = "Once the threshold is crossed, it stays crossed."
    known = subject.known.find(name)
    return Problem(
        severity="error" if known is not None and known.type == "counter" else "warning",
        code="counter-without-rate",
        message=f"`{name}` is a counter and is compared as it is, without `{function}`",
        why=f"A counter only grows, from the first event on. {what}",
        fix=replacing(selector, rate_call(function, selector, range_ms)),
    )


def _is_counter(subject: Subject, name: str) -> bool:
    known = subject.known.find(name)
    if known is not None and known.type != "unknown":
        return known.type == "counter"
    return name.endswith(("_total", "_bucket")) and not is_recorded(name)


def _is_compared(place: Place) -> bool:
    """Its value, rather than its presence or its growth, is compared or divided."""
    is_compared = False
    child = place.node
    for ancestor in reversed(place.ancestors):
        match ancestor:
            case Range() | Subquery():
                return False
            case FunctionCall(name=name) if name in _LOOKING:
                return False
            case Aggregation(op=op) if op in _COUNTING:
                return False
            case Binary(op=op, left=left, right=right) if op in ("-", *COMPARISONS) and metrics_in(
                left
            ) == metrics_in(right):
                return False  # With itself a while ago.
            case Binary(op="and" | "unless", right=right) if without_parentheses(right) is child:
                return is_compared
            case Binary(op=op) if op in COMPARISONS or op in ARITHMETIC:
                is_compared = is_compared or op in COMPARISONS or op == "/"
        child = ancestor
    return is_compared


def find_rates_of_sums(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        call = place.node
        if not isinstance(call, FunctionCall) or call.name not in RATES:
            continue
        subquery = without_parentheses(call.arguments[0])
        if not isinstance(subquery, Subquery):
            continue
        total = without_parentheses(subquery.expression)
        if isinstance(total, Aggregation) and total.op == "sum":
            yield _rate_of_sum(call, subquery, total)


def _rate_of_sum(call: FunctionCall, subquery: Subquery, total: Aggregation) -> Problem:
    inner = without_parentheses(total.expression)
    fix = None
    if isinstance(inner, Selector):
        moved = replace(inner, offset_ms=inner.offset_ms + subquery.offset_ms)
        fix = replacing(call, replace(total, expression=rate_call(call.name, moved, subquery.range_ms)))
    return Problem(
        severity="error",
        code="rate-of-sum",
        message=f"`{call.name}` is taken of a sum of counters, rather than the sum of their rates",
        why=(
            "When one of them starts anew from 0 the sum falls, which is taken for a restart of the whole:"
            " everything that all of them ever counted is added once more."
        ),
        fix=fix,
    )
