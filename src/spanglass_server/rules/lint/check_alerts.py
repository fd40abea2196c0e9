"""What surrounds an alert's expression: `for`, annotations, and the labels that templates name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.promql.ast import Aggregation, Binary, Expression, FunctionCall, Range, walk
from spanglass_server.promql.durations import format_duration_ms
from spanglass_server.rules.lint.findings import Problem, Subject
from spanglass_server.rules.lint.shape import shape_of
from spanglass_server.rules.lint.tree import has_comparison, is_scalar, map_children

_NOISY_MS: Final = 1_800_000
"""A ratio over less than this moves with every few requests."""
_LONG_MS: Final = 86_400_000
_FOR_RANGES_MAX: Final = 12
_GIVEN: Final = frozenset({"alertname", "project"})


def find_alerts_without_for(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert or subject.for_ms:
        return
    what = _noisy(subject.expression)
    if what and has_comparison(subject.expression):
        yield Problem(
            severity="warning",
            code="alert-without-for",
            message=f"a noisy {what} is compared without `for`",
            why="One evaluation over the threshold notifies, and the next one may resolve: it flaps.",
            advice="add `for: 5m`",
        )


def _noisy(expression: Expression) -> str:
    """Which kind of value over a short range it has; empty for none."""
    for node in walk(expression):
        ranges = [inner.range_ms for inner in walk(node) if isinstance(inner, Range)]
        if not ranges or min(ranges) >= _NOISY_MS:
            continue
        if isinstance(node, Binary) and node.op == "/" and not is_scalar(node.right):
            return "ratio"
        if isinstance(node, FunctionCall) and node.name == "histogram_quantile":
            return "quantile"
    return ""


def find_absurd_durations(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert or not subject.for_ms:
        return
    ranges = [place.node.range_ms for place in subject.places if isinstance(place.node, Range)]
    longest = max(ranges, default=0)
    for_text = format_duration_ms(subject.for_ms)
    if subject.for_ms >= _LONG_MS:
        yield Problem(
            severity="warning",
            code="for-too-long",
            message=f"`for: {for_text}` waits for days",
            why="It has to be wrong that long, without one good evaluation, before anyone hears of it.",
            advice="use a shorter `for`, and a longer range if the value is noisy",
        )
    elif longest and subject.for_ms > _FOR_RANGES_MAX * longest:
        yield Problem(
            severity="info",
            code="for-too-long",
            message=f"`for: {for_text}` is long beside the range `[{format_duration_ms(longest)}]`",
            why=f"One good evaluation within {for_text} begins the wait anew; a short range has them often.",
            advice="use a shorter `for` and a longer range",
        )
    elif subject.for_ms < subject.interval_ms:
        yield Problem(
            severity="info",
            code="for-too-short",
            message=f"`for: {for_text}` is shorter than the group's interval of"
            f" {format_duration_ms(subject.interval_ms)}",
            why="It waits until the next evaluation, whatever it says.",
            advice=f"use `for: {format_duration_ms(subject.interval_ms)}` or more",
        )


def find_missing_summaries(subject: Subject) -> Iterator[Problem]:
    if subject.is_alert and not {"summary", "description", "message", "title"} & subject.annotations.keys():
        yield Problem(
            severity="info",
            code="missing-summary",
            message="the alert has no annotation `summary`",
            why="Who is notified sees the alert's name and labels, and not what it means.",
            advice="add `annotations: {summary: ...}`",
        )


def find_lost_template_labels(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert:
        return
    shape = shape_of(subject.expression, subject.known)
    for name in sorted(subject.template_labels - subject.labels - _GIVEN):
        if not shape.lacks(name):
            continue
        changed = _with_grouping(subject, subject.expression, name)
        is_better = not shape_of(changed, subject.known).lacks(name)
        yield Problem(
            severity="warning",
            code="template-label-lost",
            message=f"a template names `$labels.{name}`, which the expression's result does not have",
            why=f"The text stays empty there: `{name}` is summed away, or no series carries it.",
            fix=(lambda label: lambda e: _with_grouping(subject, e, label))(name) if is_better else None,
            advice="" if is_better else f"take `$labels.{name}` out of the annotation",
        )


def _with_grouping(subject: Subject, expression: Expression, label: str) -> Expression:
    """Every aggregation that could keep the label does."""
    changed = map_children(expression, lambda child: _with_grouping(subject, child, label))
    if not isinstance(changed, Aggregation):
        return changed
    if shape_of(changed.expression, subject.known).lacks(label) or not shape_of(changed, subject.known).lacks(
        label
    ):
        return changed
    if changed.is_without:
        return replace(changed, labels=tuple(name for name in changed.labels if name != label))
    return replace(changed, labels=(*changed.labels, label))
