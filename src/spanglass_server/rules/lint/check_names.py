"""Metrics, labels and values of labels that no series has."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.model.series import Matcher
from spanglass_server.promql.ast import Aggregation, Selector
from spanglass_server.promql.patterns import matches
from spanglass_server.rules.lint.findings import Fix, Problem, Subject
from spanglass_server.rules.lint.known import BUILT_IN_PREFIXES, KnownMetric, closest
from spanglass_server.rules.lint.shape import shape_of
from spanglass_server.rules.lint.tree import label_matchers, metric_of, renamed, replacing

_SYNONYMS: Final = {
    "fail": "error",
    "failed": "error",
    "failure": "error",
    "err": "error",
    "ok": "success",
    "success": "ok",
    "unset": "success",
    "succeeded": "success",
    "prompt": "input",
    "completion": "output",
    "cached": "cache_read",
}
_ALERTS: Final = ("ALERTS", "ALERTS_FOR_STATE")


def find_unknown_metrics(subject: Subject) -> Iterator[Problem]:
    known = subject.known
    for selector in _selectors(subject):
        name = metric_of(selector)
        if not name or name in known.metrics or name in known.histograms or name in _ALERTS:
            continue
        is_built_in = name.startswith(BUILT_IN_PREFIXES)
        if not is_built_in and not known.is_complete:
            continue
        suggestion = known.suggest(name)
        hint = f"; did you mean `{suggestion}`?" if suggestion else ""
        yield Problem(
            severity="error" if is_built_in else "warning",
            code="unknown-metric",
            message=f"no series is called `{name}`{hint}",
            why=f"It selects nothing: {_nothing(subject)}.",
            fix=replacing(selector, renamed(selector, suggestion)) if suggestion else None,
            advice="" if suggestion else _LIST_OF_METRICS if is_built_in else "check the name",
        )


_LIST_OF_METRICS: Final = "docs/metrics.md lists the metrics that there are"


def find_unknown_labels(subject: Subject) -> Iterator[Problem]:
    for selector in _selectors(subject):
        metric = subject.known.find(metric_of(selector))
        if metric is None or metric.labels is None:
            continue
        for matcher in label_matchers(selector):
            if matcher.name not in metric.labels and not _matches(matcher, ""):
                yield _unknown_label(subject, selector, metric, metric.labels, matcher)


def _unknown_label(
    subject: Subject, selector: Selector, metric: KnownMetric, labels: frozenset[str], matcher: Matcher
) -> Problem:
    suggestion = closest(matcher.name, labels)
    changed = Matcher(suggestion, matcher.op, matcher.value) if suggestion else None
    hint = f"; did you mean `{suggestion}`?" if suggestion else f", only {_listed(labels)}"
    return Problem(
        severity="error" if metric.is_view else "warning",
        code="unknown-label",
        message=f"`{metric.name}` has no label `{matcher.name}`{hint}",
        why=f"A series without the label does not match: {_nothing(subject)}.",
        fix=replacing(selector, _with_matcher(selector, matcher, changed)),
    )


def find_unknown_groupings(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, Aggregation) or node.is_without:
            continue
        inner = shape_of(node.expression, subject.known)
        for label in node.labels:
            if inner.labels is not None and inner.lacks(label):
                yield _unknown_grouping(node, label, inner.labels)


def _unknown_grouping(node: Aggregation, label: str, labels: frozenset[str]) -> Problem:
    suggestion = closest(label, labels - set(node.labels))
    names = [suggestion if name == label else name for name in node.labels]
    hint = f"; did you mean `{suggestion}`?" if suggestion else ""
    return Problem(
        severity="warning",
        code="unknown-label",
        message=f"`{node.op} by` asks for the label `{label}`, which its series do not have{hint}",
        why=f"The result has no label `{label}`, and all its values are in one group.",
        fix=replacing(node, replace(node, labels=tuple(name for name in names if name))),
    )


def find_unknown_values(subject: Subject) -> Iterator[Problem]:
    for selector in _selectors(subject):
        metric = subject.known.find(metric_of(selector))
        for matcher in label_matchers(selector):
            values = metric.values.get(matcher.name) if metric is not None else None
            if values is None or metric is None or matcher.value == "":
                continue
            if matcher.op in ("=", "=~"):
                if not any(_matches(matcher, value) for value in (*values, "")):
                    yield _unknown_value(subject, selector, metric, matcher, values)
            elif all(_matches(matcher, value) for value in values):
                yield _excluded_nothing(selector, metric, matcher, values)


def _unknown_value(
    subject: Subject, selector: Selector, metric: KnownMetric, matcher: Matcher, values: frozenset[str]
) -> Problem:
    suggestion, fix = _corrected_value(selector, matcher, values)
    return Problem(
        severity="error",
        code="unknown-value",
        message=_never_has(metric, matcher, values) + suggestion,
        why=f"It selects nothing: {_nothing(subject)}.",
        fix=fix,
    )


def _excluded_nothing(
    selector: Selector, metric: KnownMetric, matcher: Matcher, values: frozenset[str]
) -> Problem:
    suggestion, fix = _corrected_value(selector, matcher, values)
    return Problem(
        severity="warning",
        code="unknown-value",
        message=_never_has(metric, matcher, values) + suggestion,
        why="The matcher excludes nothing.",
        fix=fix,
    )


def _never_has(metric: KnownMetric, matcher: Matcher, values: frozenset[str]) -> str:
    return f"`{matcher.name}` of `{metric.name}` is never `{matcher.value}`, only {_listed(values)}"


def _corrected_value(selector: Selector, matcher: Matcher, values: frozenset[str]) -> tuple[str, Fix | None]:
    meant = _meant_bound(matcher.value, values) if matcher.name == "le" else _meant(matcher.value, values)
    if not meant:
        return "", None
    changed = Matcher(matcher.name, "=" if matcher.op in ("=", "=~") else "!=", meant)
    return f"; did you mean `{meant}`?", replacing(selector, _with_matcher(selector, matcher, changed))


def _meant(word: str, values: frozenset[str]) -> str:
    found = _SYNONYMS.get(word.lower(), "")
    return found if found in values else closest(word.lower(), values)


def _meant_bound(word: str, values: frozenset[str]) -> str:
    """The same number written as buckets have it, else the next bucket that holds it; empty for no number."""
    try:
        wanted = float(word)
    except ValueError:
        return ""
    return min((bound for bound in values if float(bound) >= wanted), key=float, default="")


def _selectors(subject: Subject) -> Iterator[Selector]:
    return (place.node for place in subject.places if isinstance(place.node, Selector))


def _with_matcher(selector: Selector, old: Matcher, new: Matcher | None) -> Selector:
    """Changed, or without it."""
    changed = (new if matcher is old else matcher for matcher in selector.matchers)
    return replace(selector, matchers=tuple(matcher for matcher in changed if matcher is not None))


def _matches(matcher: Matcher, value: str) -> bool:
    match matcher.op:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case op:
            return matches(matcher.value, value) == (op == "=~")


def _listed(words: frozenset[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def _nothing(subject: Subject) -> str:
    return "the alert never fires" if subject.is_alert else "nothing is recorded"
