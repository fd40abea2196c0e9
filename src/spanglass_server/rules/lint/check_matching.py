"""Operators between vectors whose sides do not match, match only themselves, or match too much."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from spanglass_server.promql.ast import Aggregation, Binary, Expression, Matching, Number, without_parentheses
from spanglass_server.rules.lint.findings import Fix, Problem, Subject
from spanglass_server.rules.lint.shape import Shape, matched, shape_of
from spanglass_server.rules.lint.tree import (
    ARITHMETIC,
    COMPARISONS,
    is_recorded,
    is_scalar,
    is_summable,
    metrics_in,
    replacing,
    selectors_in,
    summed,
)

_SETS: Final = ("and", "unless")


def find_sides_that_never_match(subject: Subject) -> Iterator[Problem]:
    for binary, left, right in _vector_pairs(subject):
        if binary.op in ("or", "unless"):
            continue
        differing = {k for k, v in left.fixed.items() if right.fixed.get(k, v) != v}
        if differing:
            yield _differing(subject, binary, min(differing), left, right)
            continue
        for rich, poor, is_left in ((left, right, True), (right, left, False)):
            lost = sorted(name for name in _carried(rich) if poor.lacks(name))
            if lost:
                yield _lost(subject, binary, lost, is_left=is_left)
                break
            if _is_bare(subject, binary, rich, poor, is_left=is_left):
                yield _bare_beside_sum(subject, binary, is_left=is_left)
                break


def _carried(shape: Shape) -> frozenset[str]:
    return (shape.labels or frozenset()) | shape.fixed.keys()


def _differing(subject: Subject, binary: Binary, label: str, left: Shape, right: Shape) -> Problem:
    values = f"`{left.fixed[label]}` on the left and `{right.fixed[label]}` on the right"
    return Problem(
        severity="error",
        code="sides-never-match",
        message=f"the sides of `{binary.op}` never match: `{label}` is {values}",
        why=f"Series are paired by equal labels, so there are no pairs: {_never(subject)}.",
        fix=replacing(binary, replace(binary, matching=_ignoring(binary.matching, label))),
    )


def _ignoring(matching: Matching, label: str) -> Matching:
    if matching.is_on:
        return replace(matching, labels=tuple(name for name in matching.labels if name != label))
    return replace(matching, labels=(*matching.labels, label))


def _lost(subject: Subject, binary: Binary, lost: list[str], *, is_left: bool) -> Problem:
    here, there = ("left", "right") if is_left else ("right", "left")
    names = ", ".join(f"`{name}`" for name in lost[:4]) + (" ..." if len(lost) > 4 else "")
    return Problem(
        severity="error",
        code="sides-never-match",
        message=f"the sides of `{binary.op}` never match: only the {here} one carries {names}",
        why=(
            f"Series are paired by equal labels; the {there} side does not have"
            f" {'this one' if len(lost) == 1 else 'these'}, so there are no pairs: {_never(subject)}."
        ),
        fix=_aligned(subject, binary),
    )


def _is_bare(subject: Subject, binary: Binary, rich: Shape, poor: Shape, *, is_left: bool) -> bool:
    """Series as they were sent, beside a sum: labels of theirs, such as instance, are missing there."""
    rich_side, poor_side = (binary.left, binary.right) if is_left else (binary.right, binary.left)
    return (
        rich.labels is None
        and poor.labels is not None
        and not binary.matching.is_on
        and isinstance(without_parentheses(poor_side), Aggregation)
        and not isinstance(without_parentheses(rich_side), Aggregation)
        and not any(is_recorded(name) for name in metrics_in(rich_side))
        and bool(metrics_in(rich_side))
    )


def _bare_beside_sum(subject: Subject, binary: Binary, *, is_left: bool) -> Problem:
    here = "left" if is_left else "right"
    return Problem(
        severity="warning",
        code="sides-never-match",
        message=f"the sides of `{binary.op}` hardly match: only the {here} one has all its labels",
        why=(
            "Series are paired by equal labels. The other side is summed, and has no partner for one with"
            f" `instance` or `job`: {_never(subject)}."
        ),
        fix=_aligned(subject, binary),
    )


def find_ratios_of_themselves(subject: Subject) -> Iterator[Problem]:
    for binary, left, right in _vector_pairs(subject):
        if binary.op not in (*COMPARISONS, "/", "-") or binary.matching.group:
            continue
        if metrics_in(binary.left) != metrics_in(binary.right):
            continue
        for narrow, wide in ((left, right), (right, left)):
            labels = sorted(k for k in narrow.fixed if k not in wide.fixed and not wide.lacks(k))
            if labels:
                yield _of_itself(subject, binary, labels[0], narrow.fixed[labels[0]])
                break


def _of_itself(subject: Subject, binary: Binary, label: str, value: str) -> Problem:
    matcher = f'{label}="{value}"'
    result = {"/": "the result is always 1", "-": "the result is always 0"}.get(
        binary.op, "each is compared with itself"
    )
    consequence = (
        f" The alert fires for {'every error' if value == 'error' else f'everything with {matcher}'},"
        " however rare."
        if subject.is_alert and binary.op == "/"
        else ""
    )
    return Problem(
        severity="error",
        code="ratio-of-itself",
        message=f"`{matcher}` is on one side of `{binary.op}` only: its series are paired with themselves",
        why=(
            f"Series are paired by equal labels, `{label}` among them: a series with {matcher} finds only"
            f" itself on the other side, {result}.{consequence} Sum `{label}` away on both sides."
        ),
        fix=_aligned(subject, binary, away=frozenset(labels_fixed_on_one_side(subject, binary))),
    )


def labels_fixed_on_one_side(subject: Subject, binary: Binary) -> set[str]:
    left, right = shape_of(binary.left, subject.known), shape_of(binary.right, subject.known)
    return left.fixed.keys() ^ right.fixed.keys()


def find_sides_that_match_too_much(subject: Subject) -> Iterator[Problem]:
    for binary, left, right in _vector_pairs(subject):
        if binary.op not in (*COMPARISONS, *ARITHMETIC):
            continue
        for side, shape, group in ((binary.right, right, "right"), (binary.left, left, "left")):
            if binary.matching.group == group:
                continue
            whole = shape_of(side, subject.known)
            gone = sorted((whole.labels or frozenset()) - (shape.labels or frozenset()) - whole.fixed.keys())
            if gone and not _is_one_of_each(side, shape):
                yield _too_many(binary, gone, side, shape, group)


def _is_one_of_each(side: Expression, shape: Shape) -> bool:
    """`topk by (a) (1, ...)` leaves one series for each `a`, whatever other labels it carries."""
    side = without_parentheses(side)
    return (
        isinstance(side, Aggregation)
        and side.op in ("topk", "bottomk", "limitk")
        and isinstance(side.parameter, Number)
        and side.parameter.value == 1
        and not side.is_without
        and all(shape.carries(label) for label in side.labels)
    )


def _too_many(binary: Binary, gone: list[str], side: Expression, shape: Shape, name: str) -> Problem:
    labels = ", ".join(f"`{label}`" for label in gone[:4]) + (" ..." if len(gone) > 4 else "")
    total = summed(side, sorted(shape.labels or ()))
    place = "right" if name == "right" else "left"
    return Problem(
        severity="warning",
        code="sides-match-too-much",
        message=f"the {place} side of `{binary.op}` has several series for a pair: they differ by {labels}",
        why="Once there are two of them, the rule fails: `found duplicate series for the match group`.",
        fix=replacing(side, total) if is_summable(side) else None,
    )


def _vector_pairs(subject: Subject) -> Iterator[tuple[Binary, Shape, Shape]]:
    """Operators between two vectors, with the labels by which their sides are compared."""
    for place in subject.places:
        node = place.node
        if not isinstance(node, Binary) or node.op not in (*COMPARISONS, *ARITHMETIC, *_SETS):
            continue
        if is_scalar(node.left) or is_scalar(node.right):
            continue
        left, right = shape_of(node.left, subject.known), shape_of(node.right, subject.known)
        yield node, matched(left, node.matching), matched(right, node.matching)


def _aligned(subject: Subject, binary: Binary, away: frozenset[str] = frozenset()) -> Fix | None:
    """With both sides summed by the same labels; or, where one side tells more, its series all paired with
    the other's one."""
    left, right = without_parentheses(binary.left), without_parentheses(binary.right)
    if binary.op == "/" and (labels := _labels_of_part(left, right)) is not None:
        changed = replace(binary, left=summed(left, labels), right=summed(right, labels), matching=Matching())
        return replacing(binary, changed)
    if not away and (grouped := _grouped_matching(subject, left, right)) and binary.op not in _SETS:
        return replacing(binary, replace(binary, matching=grouped))
    if not (is_summable(left) and is_summable(right)) or binary.op in _SETS:
        small = _common_labels(subject, left, right, away)
        matching = Matching(is_on=True, labels=small)
        return replacing(binary, replace(binary, matching=matching)) if binary.op in _SETS else None
    labels = _common_labels(subject, left, right, away)
    changed = replace(binary, left=summed(left, labels), right=summed(right, labels), matching=Matching())
    return replacing(binary, changed)


def _labels_of_part(part: Expression, whole: Expression) -> tuple[str, ...] | None:
    """By which a part, such as the errors, is summed, but for the label that makes it one; None where it is
    no sum of some series of the whole."""
    if not (isinstance(part, Aggregation) and isinstance(whole, Aggregation)) or part.is_without:
        return None
    here, there = selectors_in(part), selectors_in(whole)
    if len(here) != 1 or len(there) != 1 or {part.op, whole.op} != {"sum"}:
        return None
    chosen = set(here[0].matchers) - set(there[0].matchers)
    if not chosen or not set(there[0].matchers) < set(here[0].matchers):
        return None
    return tuple(name for name in part.labels if name not in {matcher.name for matcher in chosen})


def _grouped_matching(subject: Subject, left: Expression, right: Expression) -> Matching | None:
    """Where both are sums, and one by all labels of the other and more."""
    if not (isinstance(left, Aggregation) and isinstance(right, Aggregation)):
        return None
    here, there = (shape_of(side, subject.known).labels for side in (left, right))
    if here is None or there is None:
        return None
    if here > there:
        return Matching(is_on=True, labels=tuple(sorted(there)), group="left")
    if there > here:
        return Matching(is_on=True, labels=tuple(sorted(here)), group="right")
    return None


def _common_labels(
    subject: Subject, left: Expression, right: Expression, away: frozenset[str]
) -> tuple[str, ...]:
    """By which both sides can be summed: as the sums that there are, else what annotations name."""
    sums = [side for side in (left, right) if isinstance(side, Aggregation) and not side.is_without]
    wanted = set(sums[0].labels) if sums else set(subject.template_labels)
    for side in (left, right):
        shape = shape_of(side, subject.known)
        wanted = {name for name in wanted if not shape.lacks(name)}
    return tuple(sorted(wanted - away))


def _never(subject: Subject) -> str:
    return "the alert never fires" if subject.is_alert else "nothing is recorded"
