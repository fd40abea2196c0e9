"""Aggregations over instant vectors, at all steps at once."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from spanglass_server.model.series import METRIC_NAME, Labels, Values
from spanglass_server.promql.ast import Aggregation
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions.call import Notes
from spanglass_server.promql.print import format_literal, format_number
from spanglass_server.promql.quoting import is_label_name, quote
from spanglass_server.promql.values import Indexes, Mask, Scalar, String, Value, Vector
from spanglass_server.promql.vectors import prune, take

_INT64_MAX: Final = float(1 << 63)
_PIECE_CELLS: Final = 65_536
"""Values are added up by pieces of so many, which stay in the processor's cache."""


def apply_aggregation(
    node: Aggregation,
    vector: Vector,
    parameter: Value | None,
    *,
    notes: Notes,
    limit: Callable[[int], None],
) -> Vector:
    """Calls `limit` with the samples of a result that may be larger than the vector. Raises EvaluationError
    for parameters that mean nothing."""
    match parameter:
        case String(value=label):
            return _count_values(node, vector, label, limit)
        case Scalar(values=numbers) if node.op == "quantile":
            position = node.parameter.span.position if node.parameter else ""
            _warn_of_quantiles(numbers, position, notes)
            return _quantile(group(node, vector), numbers)
        case Scalar(values=numbers):
            return _topk(node, vector, numbers)
        case _:
            groups = group(node, vector)
            values = _REDUCERS[node.op](groups)
            return Vector(
                labels=groups.labels, values=values, present=groups.present, drop_name=groups.drop_name
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A vector's rows, sorted so that each group's stand together."""

    labels: Sequence[Labels]
    """G."""
    drop_name: Sequence[bool]
    """G."""
    starts: Indexes
    """G: where each group's rows begin."""
    sizes: Indexes
    """G: how many there are of each."""
    rows: Indexes
    """S: the vector's rows in the order of their groups, in their own order inside."""
    values: Values
    """S x T."""
    mask: Mask
    """S x T."""
    present: Mask
    """G x T."""

    def each(self) -> Iterator[slice]:
        """Each group's rows."""
        return (
            slice(start, start + size)
            for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True)
        )

    @property
    def counts(self) -> Values:
        """G x T: present rows."""
        if self.starts.size == len(self.rows):
            return self.mask.astype(np.float64)
        counts: Values = np.add.reduceat(self.mask, self.starts, axis=0, dtype=np.float64)
        return counts


def group(node: Aggregation, vector: Vector) -> Groups:
    """Without the groups that are nowhere present, in the order of their first rows."""
    vector = prune(vector)
    members: dict[Labels, list[int]] = defaultdict(list)
    key_of = grouping_key(node.labels, is_without=node.is_without)
    for row, labels in enumerate(vector.labels):
        members[key_of(labels)].append(row)
    sizes = np.array([len(rows) for rows in members.values()], np.int64)
    order = np.array([row for rows in members.values() for row in rows], np.int64)
    starts = np.cumsum(sizes) - sizes
    is_in_order = len(order) == 0 or bool((np.diff(order) == 1).all())
    mask = vector.present if is_in_order else vector.present[order]
    present = mask
    if len(starts) != len(order):
        present = np.logical_or.reduceat(mask, starts, axis=0)
    drops = vector.drop_name
    return Groups(
        labels=list(members),
        drop_name=[any(drops[row] for row in rows) for rows in members.values()] if drops else (),
        starts=starts,
        sizes=sizes,
        rows=order,
        values=vector.values if is_in_order else vector.values[order],
        mask=mask,
        present=present,
    )


def grouping_key(names: Sequence[str], *, is_without: bool) -> Callable[[Labels], Labels]:
    if is_without:
        dropped = frozenset((*names, METRIC_NAME))
        return lambda labels: tuple(pair for pair in labels if pair[0] not in dropped)
    if not names:
        return lambda labels: ()
    kept = frozenset(names)
    return lambda labels: tuple(pair for pair in labels if pair[0] in kept)


# Sums, compensated as Kahan and Neumaier do


def _sum(groups: Groups) -> Values:
    total, compensation = _sum_pair(groups, np.where(groups.mask, groups.values, 0.0))
    return total + compensation


def _avg(groups: Groups) -> Values:
    counts = groups.counts
    values = np.where(groups.mask, groups.values, 0.0)
    total, compensation = _sum_pair(groups, values)
    mean: Values = total / counts + compensation / counts
    if np.isfinite(mean[groups.present]).all():
        return mean
    # A sum may overflow where the mean does not.
    parts, rest = _sum_pair(groups, values / _spread(groups, counts))
    return np.where(np.isfinite(total), mean, parts + rest)


def _sum_pair(groups: Groups, values: Values) -> tuple[Values, Values]:
    """G x T: the sum of each group and what got lost in it."""
    if len(groups.sizes) == len(values):
        return values, np.zeros((1, 1))
    total, lost = np.empty(groups.present.shape), np.empty(groups.present.shape)
    halvings = list(_halvings(groups.sizes))
    columns = max(1, _PIECE_CELLS // len(values))
    for start in range(0, values.shape[1], columns):
        part = slice(start, start + columns)
        total[:, part], lost[:, part] = _halved(values[:, part], halvings)
    return total, lost


class _Halving(NamedTuple):
    left: Indexes
    """Rows to which their right neighbour is added."""
    kept: Indexes
    """Rows that are left then."""
    is_pair: Mask
    """Which of them are a sum."""


def _halvings(sizes: Indexes) -> Iterator[_Halving]:
    """How to add up rows in groups of these sizes: neighbours, in all groups at once, until each has one
    row left."""
    while sizes.max() > 1:
        starts = np.cumsum(sizes) - sizes
        position = np.arange(int(sizes.sum())) - np.repeat(starts, sizes)
        is_left = position % 2 == 0
        has_right = position + 1 < np.repeat(sizes, sizes)
        yield _Halving(np.flatnonzero(is_left & has_right), np.flatnonzero(is_left), has_right[is_left])
        sizes = (sizes + 1) // 2


def _halved(values: Values, halvings: Sequence[_Halving]) -> tuple[Values, Values]:
    compensation = np.zeros_like(values)
    for left, kept, is_pair in halvings:
        one, other = values[left], values[left + 1]
        total = one + other
        # What the sum lost of the two, exactly (Knuth's TwoSum).
        other_part = total - one
        lost = (one - (total - other_part)) + (other - other_part)
        lost[~np.isfinite(total)] = 0.0
        lost += compensation[left] + compensation[left + 1]
        values, compensation = values[kept], compensation[kept]
        values[is_pair], compensation[is_pair] = total, lost
    return values, compensation


def _spread(groups: Groups, values: Values) -> Values:
    """G x T -> S x T."""
    return np.repeat(values, groups.sizes, axis=0)


# Others


def _min(groups: Groups) -> Values:
    values: Values = np.fmin.reduceat(_nan_where_absent(groups), groups.starts, axis=0)
    return values


def _max(groups: Groups) -> Values:
    values: Values = np.fmax.reduceat(_nan_where_absent(groups), groups.starts, axis=0)
    return values


def _nan_where_absent(groups: Groups) -> Values:
    return np.where(groups.mask, groups.values, np.nan)


def _count(groups: Groups) -> Values:
    return groups.counts


def _group(groups: Groups) -> Values:
    return np.ones(groups.present.shape)


def _stdvar(groups: Groups) -> Values:
    """In two passes, from each group's first value: equal values have no variance at all."""
    counts = groups.counts
    first = np.empty(groups.present.shape)
    for index, rows in enumerate(groups.each()):
        mask = groups.mask[rows]
        first[index] = groups.values[rows][mask.argmax(axis=0), np.arange(mask.shape[1])]
    shifted = np.where(groups.mask, groups.values - _spread(groups, first), 0.0)
    total, compensation = _sum_pair(groups, shifted)
    mean = total / counts + compensation / counts
    squares = np.where(groups.mask, (shifted - _spread(groups, mean)) ** 2, 0.0)
    total, compensation = _sum_pair(groups, squares)
    return (total + compensation) / counts


def _stddev(groups: Groups) -> Values:
    return np.sqrt(_stdvar(groups))


_REDUCERS: Final[dict[str, Callable[[Groups], Values]]] = {
    "sum": _sum,
    "avg": _avg,
    "min": _min,
    "max": _max,
    "count": _count,
    "group": _group,
    "stddev": _stddev,
    "stdvar": _stdvar,
}


# quantile


def _warn_of_quantiles(numbers: Values, position: str, notes: Notes) -> None:
    outside = [np.nan] if np.isnan(numbers).any() else []
    with_numbers = numbers[~np.isnan(numbers)]
    outside += [float(with_numbers.max())] if (with_numbers > 1).any() else []
    outside += [float(with_numbers.min())] if (with_numbers < 0).any() else []
    for number in outside:
        said = "quantile value should be between 0 and 1"
        notes.warn(f"PromQL warning: {said}, got {format_literal(number)} ({position})")


def _quantile(groups: Groups, quantiles: Values) -> Vector:
    values = np.empty(groups.present.shape)
    for index, rows in enumerate(groups.each()):
        values[index] = _quantile_of_group(groups.values[rows], groups.mask[rows], quantiles)
    return Vector(labels=groups.labels, values=values, present=groups.present, drop_name=groups.drop_name)


def _quantile_of_group(values: Values, mask: Mask, quantiles: Values) -> Values:
    """NaN is smaller than all numbers; between two values it is interpolated."""
    is_nan = np.isnan(values) & mask
    ordered = np.sort(np.where(mask, np.where(is_nan, -np.inf, values), np.inf), axis=0)
    ordered[np.arange(len(ordered))[:, None] < is_nan.sum(axis=0)] = np.nan
    last = np.maximum(mask.sum(axis=0) - 1, 0)
    is_inside = (quantiles >= 0) & (quantiles <= 1)
    rank = np.where(is_inside, quantiles, 0.0) * last
    lower = np.floor(rank).astype(np.int64)
    weight = rank - lower
    steps = np.arange(values.shape[1])
    below, above = ordered[lower, steps], ordered[np.minimum(lower + 1, last), steps]
    found = below * (1 - weight) + above * weight
    outside = np.where(np.isnan(quantiles), np.nan, np.where(quantiles < 0, -np.inf, np.inf))
    return np.where(is_inside, found, outside)


# topk, bottomk, limitk


def _topk(node: Aggregation, vector: Vector, numbers: Values) -> Vector:
    if np.isnan(numbers).any():
        raise EvaluationError("Parameter value is NaN")
    if numbers.size and numbers.max() < 1:
        return take(vector, np.empty(0, np.int64))
    if numbers.size and numbers.max() >= _INT64_MAX:
        raise EvaluationError(f"Scalar value {format_literal(float(numbers.max()))} overflows int64")
    if numbers.size and numbers.min() < -_INT64_MAX:
        raise EvaluationError(f"Scalar value {format_literal(float(numbers.min()))} underflows int64")
    wanted = np.trunc(numbers)
    groups = group(node, vector)
    vector = prune(vector)
    selected = np.zeros(vector.present.shape, np.bool_)
    order: list[npt.NDArray[np.int64]] = []
    for rows in groups.each():
        ranks = _ranks(node.op, groups.values[rows], groups.mask[rows])
        mine = groups.rows[rows]
        selected[mine] = groups.mask[rows] & (ranks < wanted)
        order.append(mine[np.argsort(ranks[:, 0], kind="stable")])
    chosen = Vector(labels=vector.labels, values=vector.values, present=selected, drop_name=vector.drop_name)
    return prune(take(chosen, np.concatenate(order)) if order else chosen)


def _ranks(op: str, values: Values, mask: Mask) -> Indexes:
    """Rows x T: the place of each row at each step, from 0. NaN comes behind all numbers, the absent last. Of
    limitk they are as they come."""
    if op == "limitk":
        values = np.zeros(values.shape)
    key = np.where(mask, -values if op == "topk" else values, 0.0)
    order = np.lexsort((key, np.isnan(values), ~mask), axis=0)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(values))[:, None], axis=0)
    return ranks


# count_values


def _count_values(node: Aggregation, vector: Vector, label: str, limit: Callable[[int], None]) -> Vector:
    if not is_label_name(label):
        raise EvaluationError(f"invalid label name {quote(label)}")
    names = node.labels if node.is_without else (*node.labels, label)
    key_of = grouping_key(names, is_without=node.is_without)
    steps = vector.present.shape[1]
    counts: dict[Labels, Values] = {}
    for row, labels in enumerate(vector.labels):
        others = [pair for pair in labels if pair[0] != label]
        for value, mask in _distinct(vector.values[row], vector.present[row]):
            key = key_of(tuple(sorted([*others, (label, format_number(value))])))
            if key not in counts:
                limit((len(counts) + 1) * steps)
                counts[key] = np.zeros(steps)
            counts[key] += mask
    values = np.array(list(counts.values())).reshape(len(counts), steps)
    return Vector(labels=list(counts), values=values, present=values > 0)


def _distinct(values: Values, present: Mask) -> Iterator[tuple[float, Mask]]:
    """Each value that is present, and where. NaNs are one value."""
    for value in np.unique(values[present]):
        here = np.isnan(values) if np.isnan(value) else values == value
        yield float(value), here & present
