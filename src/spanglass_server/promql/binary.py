"""Binary operators: between scalars, vectors and scalars, and vectors matched by labels."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from spanglass_server.model.series import METRIC_NAME, Labels, Values
from spanglass_server.promql.ast import Binary, Matching
from spanglass_server.promql.check import COMPARISONS
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.labels import format_labels
from spanglass_server.promql.values import Indexes, Mask, Scalar, Value, Vector
from spanglass_server.promql.vectors import drops_of, merge_rows, prune

_Rows: TypeAlias = dict[Labels, list[int]]
"""Rows of a vector by match group."""

_ARITHMETIC: Final[dict[str, Callable[[Values, Values], Values]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
_COMPARISONS: Final[dict[str, Callable[[Values, Values], Mask]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def apply_binary(node: Binary, left: Value, right: Value) -> Vector | Scalar:
    """Raises EvaluationError where series cannot be matched."""
    match left, right:
        case Scalar(), Scalar():
            return Scalar(values=_compute(node.op, left.values, right.values))
        case Vector(), Scalar():
            return _with_scalar(node, left, left.values, np.broadcast_to(right.values, left.values.shape))
        case Scalar(), Vector():
            return _with_scalar(node, right, np.broadcast_to(left.values, right.values.shape), right.values)
        case Vector(), Vector() if node.op in _SET_OPERATORS:
            return prune(_SET_OPERATORS[node.op](left, right, node.matching))
        case Vector(), Vector():
            return _between_vectors(node, left, right)
    raise TypeError(f"{node.op} between {type(left).__name__} and {type(right).__name__}")


def _compute(op: str, left: Values, right: Values) -> Values:
    if op in COMPARISONS:
        return _COMPARISONS[op](left, right).astype(np.float64)
    return _ARITHMETIC[op](left, right)


def _with_scalar(node: Binary, vector: Vector, left: Values, right: Values) -> Vector:
    if node.op not in COMPARISONS:
        return _replaced(vector, _compute(node.op, left, right))
    kept = _COMPARISONS[node.op](left, right)
    if node.is_bool:
        return _replaced(vector, kept.astype(np.float64))
    return prune(
        Vector(
            labels=vector.labels,
            values=vector.values,
            present=vector.present & kept,
            drop_name=vector.drop_name,
        )
    )


def _replaced(vector: Vector, values: Values) -> Vector:
    dropped = [True] * len(vector.labels)
    return Vector(labels=vector.labels, values=values, present=vector.present, drop_name=dropped)


# Set operators


def _and(left: Vector, right: Vector, matching: Matching) -> Vector:
    return _kept(left, left.present & _presence_of_groups(left, right, matching))


def _unless(left: Vector, right: Vector, matching: Matching) -> Vector:
    return _kept(left, left.present & ~_presence_of_groups(left, right, matching))


def _or(left: Vector, right: Vector, matching: Matching) -> Vector:
    added = prune(_kept(right, right.present & ~_presence_of_groups(right, left, matching)))
    return merge_rows(
        Vector(
            labels=[*left.labels, *added.labels],
            values=np.concatenate((left.values, added.values)),
            present=np.concatenate((left.present, added.present)),
            drop_name=[*drops_of(left), *drops_of(added)],
        )
    )


_SET_OPERATORS: Final[dict[str, Callable[[Vector, Vector, Matching], Vector]]] = {
    "and": _and,
    "or": _or,
    "unless": _unless,
}


def _kept(vector: Vector, present: Mask) -> Vector:
    return Vector(labels=vector.labels, values=vector.values, present=present, drop_name=vector.drop_name)


def _presence_of_groups(vector: Vector, other: Vector, matching: Matching) -> Mask:
    """For each row of the vector, at which steps the other has a row of the same match group."""
    groups = _groups_of(other, matching)
    presence = np.zeros((len(groups) + 1, vector.present.shape[1]), np.bool_)
    for index, rows in enumerate(groups.values()):
        presence[index] = other.present[rows].any(axis=0)
    ordinals = {key: index for index, key in enumerate(groups)}
    key_of = _key_maker(matching)
    # Index -1 is the last row, which is nowhere present.
    return presence[[ordinals.get(key_of(labels), -1) for labels in vector.labels]]


# Matching


def _key_maker(matching: Matching) -> Callable[[Labels], Labels]:
    names = frozenset(matching.labels)
    if matching.is_on:
        return lambda labels: tuple(pair for pair in labels if pair[0] in names)
    ignored = names | {METRIC_NAME}
    return lambda labels: tuple(pair for pair in labels if pair[0] not in ignored)


def _groups_of(vector: Vector, matching: Matching) -> _Rows:
    key_of = _key_maker(matching)
    groups: _Rows = defaultdict(list)
    for row, labels in enumerate(vector.labels):
        groups[key_of(labels)].append(row)
    return groups


def _between_vectors(node: Binary, left: Vector, right: Vector) -> Vector:
    matching = node.matching
    many, one = (right, left) if matching.group == "right" else (left, right)
    many_groups, one_groups = _groups_of(many, matching), _groups_of(one, matching)
    if len(one_groups) < len(one.labels):
        # Only where there is anything to match does it matter that no two are of one match group.
        one = _kept(one, one.present & many.present.any(axis=0))
        _check_one_side(one, one_groups, matching)
        one = _one_row_per_match(one, matching)
        one_groups = _groups_of(one, matching)
    pairs = [
        (many_row, one_row)
        for key, many_rows in many_groups.items()
        if key in one_groups
        for many_row in many_rows
        for one_row in one_groups[key]
    ]
    if not pairs:
        return _nothing(left.present.shape[1])
    many_rows, one_rows = np.array(pairs, np.int64).T
    both = many.present[many_rows] & one.present[one_rows]
    label = _result_labels(node)
    labels = [label(many.labels[a], one.labels[b]) for a, b in pairs]
    key_of = _key_maker(matching)
    _check_many_side([key_of(many.labels[a]) for a, _ in pairs], labels, both, matching)
    return _combined(node, labels, both, (many, many_rows), (one, one_rows))


def _combined(
    node: Binary,
    labels: Sequence[Labels],
    both: Mask,
    many: tuple[Vector, Indexes],
    one: tuple[Vector, Indexes],
) -> Vector:
    (many_vector, many_rows), (one_vector, one_rows) = many, one
    many_values, one_values = many_vector.values[many_rows], one_vector.values[one_rows]
    swapped = node.matching.group == "right"
    left, right = (one_values, many_values) if swapped else (many_values, one_values)
    drop_name = [many_vector.drop_name[row] for row in many_rows] if many_vector.drop_name else []
    if node.op not in COMPARISONS:
        values, drop_name = _compute(node.op, left, right), []
    elif node.is_bool:
        values, drop_name = _compute(node.op, left, right), [True] * len(labels)
    else:
        values, both = left, both & _COMPARISONS[node.op](left, right)
    return merge_rows(prune(Vector(labels=labels, values=values, present=both, drop_name=drop_name)))


def _nothing(steps: int) -> Vector:
    return Vector(labels=(), values=np.empty((0, steps)), present=np.empty((0, steps), np.bool_))


def _one_row_per_match(one: Vector, matching: Matching) -> Vector:
    """Series of one match group, which never meet, as one: only the labels that results take count. Otherwise
    series that come and go would be paired each with each."""
    key_of = _key_maker(matching)
    include = frozenset(matching.include)

    def relevant(labels: Labels) -> Labels:
        return tuple(sorted({*key_of(labels), *(pair for pair in labels if pair[0] in include)}))

    labels = [relevant(each) for each in one.labels]
    return merge_rows(Vector(labels=labels, values=one.values, present=one.present))


def _check_one_side(one: Vector, groups: _Rows, matching: Matching) -> None:
    """No group has two series at a step."""
    for key, rows in groups.items():
        if len(rows) == 1:
            continue
        present = one.present[rows]
        steps = np.flatnonzero(present.sum(axis=0) > 1)
        if len(steps):
            meeting = np.array(rows)[present[:, steps[0]]]
            series = sorted(one.labels[row] for row in meeting)
            raise _duplicates(key, series, "left" if matching.group == "right" else "right")


def _duplicates(key: Labels, series: Sequence[Labels], side: str) -> EvaluationError:
    return EvaluationError(
        f"found duplicate series for the match group {format_labels(key)} on the {side} hand-side of the "
        f"operation: [{format_labels(series[0])}, {format_labels(series[1])}];"
        "many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _check_many_side(
    keys: Sequence[Labels], labels: Sequence[Labels], both: Mask, matching: Matching
) -> None:
    """No two results of a step are the same series; without group_left or group_right, no group has two."""
    how = "many-to-one matching must be explicit (group_left/group_right)"
    if matching.group:
        how = "grouping labels must ensure unique matches"
    rows_of: dict[object, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows_of[(key, labels[row]) if matching.group else key].append(row)
    for rows in rows_of.values():
        if len(rows) > 1 and (both[rows].sum(axis=0) > 1).any():
            raise EvaluationError(f"multiple matches for labels: {how}")


def _result_labels(node: Binary) -> Callable[[Labels, Labels], Labels]:
    matching = node.matching
    is_dropped = _label_dropper(node)
    include = frozenset(matching.include)

    def label(many: Labels, one: Labels) -> Labels:
        kept = [pair for pair in many if not is_dropped(pair[0]) and pair[0] not in include]
        if include:
            kept += [pair for pair in one if pair[0] in include]
            kept.sort()
        return tuple(kept)

    return label


def _label_dropper(node: Binary) -> Callable[[str], bool]:
    matching = node.matching
    dropped = frozenset([METRIC_NAME] if node.op not in COMPARISONS else [])
    names = frozenset(matching.labels)
    if matching.group:
        return dropped.__contains__
    if matching.is_on:
        return lambda name: name not in names or name in dropped
    return (names | dropped).__contains__
