"""Ranges without samples, offsets, and `absent`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.promql.ast import (
    Binary,
    Expression,
    FunctionCall,
    Number,
    Range,
    Selector,
    Subquery,
    walk,
)
from spanglass_server.promql.durations import format_duration_ms
from spanglass_server.rules.lint.findings import Problem, Subject
from spanglass_server.rules.lint.tree import (
    Place,
    label_matchers,
    metric_of,
    rate_call,
    replacing,
    selectors_in,
    summed,
)

_OF_TWO: Final = (
    "rate",
    "increase",
    "irate",
    "delta",
    "idelta",
    "deriv",
    "predict_linear",
    "changes",
    "resets",
)
_SCRAPE_MS_MIN: Final = 15_000
_SCRAPE_MS_MAX: Final = 60_000
"""Between which samples of others usually stand apart: OpenTelemetry exports, and Prometheus scrapes, once a
minute unless told otherwise."""
_DEFAULT_MS: Final = 300_000
_SILENCE_MS: Final = 900_000


def find_short_ranges(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        parent = place.parent
        if not isinstance(parent, FunctionCall) or parent.name not in _OF_TWO:
            continue
        if isinstance(node, Range):
            yield from _short_range(subject, parent, node)
        elif isinstance(node, Subquery) and node.step_ms and node.range_ms < 2 * node.step_ms:
            yield _too_short(subject, parent, node, node.step_ms, "subquery")


def _short_range(subject: Subject, call: FunctionCall, node: Range) -> Iterator[Problem]:
    metric = subject.known.find(metric_of(node.selector))
    if metric is not None and metric.step_ms:
        if node.range_ms < 2 * metric.step_ms:
            yield _too_short(subject, call, node, metric.step_ms, metric.name)
    elif node.range_ms < 2 * _SCRAPE_MS_MIN:
        yield _too_short(subject, call, node, _SCRAPE_MS_MIN, metric_of(node.selector) or "the series")
    elif node.range_ms < 2 * _SCRAPE_MS_MAX:
        yield _perhaps_too_short(call, node)


def _too_short(
    subject: Subject, call: FunctionCall, node: Range | Subquery, step_ms: int, name: str
) -> Problem:
    range_text, step = format_duration_ms(node.range_ms), format_duration_ms(step_ms)
    better = max(_DEFAULT_MS, 4 * step_ms)
    return Problem(
        severity="error",
        code="range-too-short",
        message=f"`[{range_text}]` is shorter than two samples of {name}, which stand {step} apart",
        why=(
            f"`{call.name}` needs two samples and finds at most one:"
            f" {'the alert never fires' if subject.is_alert else 'nothing is recorded'}."
        ),
        fix=replacing(node, replace(node, range_ms=better)),
    )


def _perhaps_too_short(call: FunctionCall, node: Range) -> Problem:
    return Problem(
        severity="info",
        code="range-too-short",
        message=f"`[{format_duration_ms(node.range_ms)}]` holds two samples only if they come at least every"
        f" {format_duration_ms(node.range_ms // 2)}",
        why=(
            f"`{call.name}` needs two. OpenTelemetry's SDKs export metrics once a minute, and Prometheus"
            " scrapes as often, unless told otherwise."
        ),
        fix=replacing(node, replace(node, range_ms=_DEFAULT_MS)),
    )


def find_offsets(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if isinstance(node, Selector | Subquery) and node.offset_ms < 0:
            yield Problem(
                severity="error",
                code="negative-offset",
                message=f"`offset {format_duration_ms(node.offset_ms)}` looks into the future",
                why="A rule is evaluated as time goes by: what it looks for has not happened yet.",
                fix=replacing(node, replace(node, offset_ms=-node.offset_ms)),
            )
        elif isinstance(node, Binary):
            yield from _overlaps(node)


def _overlaps(binary: Binary) -> Iterator[Problem]:
    """A window beside the same one a little earlier."""
    left, right = _window(binary.left), _window(binary.right)
    if left is None or right is None or left.range_ms != right.range_ms:
        return
    if left.selector.matchers != right.selector.matchers:
        return
    shift = abs(left.selector.offset_ms - right.selector.offset_ms)
    if 0 < shift < left.range_ms:
        later = left if left.selector.offset_ms > right.selector.offset_ms else right
        shared = format_duration_ms(left.range_ms - shift)
        base = later.selector.offset_ms - shift
        moved = replace(later.selector, offset_ms=base + later.range_ms)
        yield Problem(
            severity="warning",
            code="overlapping-offset",
            message=f"`offset {format_duration_ms(shift)}` is shorter than the range"
            f" `[{format_duration_ms(left.range_ms)}]`: both windows share {shared}",
            why="What they share is on both sides of the comparison and hides the change.",
            fix=replacing(later, replace(later, selector=moved)),
        )


def _window(expression: Expression) -> Range | None:
    """The only range in it."""
    found = [node for node in walk(expression) if isinstance(node, Range)]
    return found[0] if len(found) == 1 else None


def find_absences(subject: Subject) -> Iterator[Problem]:
    for place in subject.places:
        node = place.node
        if not isinstance(node, FunctionCall) or node.name not in ("absent", "absent_over_time"):
            continue
        selectors = selectors_in(node)
        if len(selectors) != 1:
            continue
        metric = subject.known.find(metric_of(selectors[0]))
        if metric is not None and metric.is_view:
            yield _never_absent(place, node, selectors[0])
        elif not any(m.op == "=" for m in label_matchers(selectors[0])):
            yield _absent_of_all(node, selectors[0])


def _never_absent(place: Place, call: FunctionCall, selector: Selector) -> Problem:
    bare = replace(selector, offset_ms=0)
    silence = Binary(
        op="<", left=summed(rate_call("increase", bare, _SILENCE_MS), ()), right=Number(value=1.0)
    )
    is_top = all(not isinstance(a, Binary | FunctionCall) for a in place.ancestors)
    return Problem(
        severity="error",
        code="absent-never-true",
        message=f"`{metric_of(selector)}` is not absent once there was a first event",
        why=(
            "It is a view of spans, and its series live on without traffic, with a value that stays as it is:"
            f" `{call.name}` gives nothing and the alert never fires. Silence is an increase below 1."
        ),
        fix=replacing(call, silence) if is_top else None,
    )


def _absent_of_all(call: FunctionCall, selector: Selector) -> Problem:
    name = metric_of(selector) or "the series"
    return Problem(
        severity="info",
        code="absent-without-labels",
        message=f"`{call.name}` is given no label to look for",
        why=(
            f"It tells when not a single series of {name} is left: one that vanishes while another stays goes"
            " unnoticed, and the alert has no labels that say who."
        ),
        advice=f'name what must be there, e.g. `{call.name}({name}{{job="api"}})`',
    )


def find_irates(subject: Subject) -> Iterator[Problem]:
    if not subject.is_alert:
        return
    for place in subject.places:
        node = place.node
        if isinstance(node, FunctionCall) and node.name == "irate":
            yield Problem(
                severity="info",
                code="irate-in-alert",
                message="`irate` looks at the last two samples only",
                why="A single quiet moment resets `for`, so the alert may never fire.",
                fix=replacing(node, replace(node, name="rate")),
            )
