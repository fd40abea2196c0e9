"""Instant vectors by rows: taken, joined, merged."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spanglass_server.model.series import METRIC_NAME, Labels
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.values import Indexes, Mask, Vector


def drops_of(vector: Vector) -> Sequence[bool]:
    """Of each series, whether its name goes at the end."""
    return vector.drop_name or [False] * len(vector.labels)


def labels_without_dropped_names(vector: Vector) -> Sequence[Labels]:
    if not any(vector.drop_name):
        return vector.labels
    return [
        tuple(pair for pair in labels if pair[0] != METRIC_NAME) if drop else labels
        for labels, drop in zip(vector.labels, vector.drop_name, strict=True)
    ]


def prune(vector: Vector) -> Vector:
    """Without the series that are nowhere present."""
    is_somewhere = vector.present.any(axis=1)
    if is_somewhere.all():
        return vector
    return take(vector, np.flatnonzero(is_somewhere))


def take(vector: Vector, rows: Indexes) -> Vector:
    return Vector(
        labels=[vector.labels[row] for row in rows],
        values=vector.values[rows],
        present=vector.present[rows],
        drop_name=[vector.drop_name[row] for row in rows] if vector.drop_name else (),
    )


def join(vectors: Sequence[Vector]) -> Vector:
    """All their series, one vector after another. At least one is given."""
    if len(vectors) == 1:
        return vectors[0]
    dropped: list[bool] = []
    if any(vector.drop_name for vector in vectors):
        for vector in vectors:
            dropped += drops_of(vector)
    return Vector(
        labels=[labels for vector in vectors for labels in vector.labels],
        values=np.concatenate([vector.values for vector in vectors]),
        present=np.concatenate([vector.present for vector in vectors]),
        drop_name=dropped,
    )


def merge_rows(vector: Vector) -> Vector:
    """One row for each label set. Raises EvaluationError where two of the same label set meet at a step."""
    if len(set(vector.labels)) == len(vector.labels):
        return vector
    rows_of: dict[tuple[Labels, bool], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(vector.labels, drops_of(vector), strict=True)):
        rows_of[key].append(row)
    first = [rows[0] for rows in rows_of.values()]
    values, present = vector.values[first], vector.present[first]
    for index, rows in enumerate(rows_of.values()):
        for row in rows[1:]:
            _merge_into(values[index], present[index], vector.values[row], vector.present[row])
    return Vector(
        labels=[labels for labels, _ in rows_of],
        values=values,
        present=present,
        drop_name=[drop for _, drop in rows_of],
    )


def _merge_into(
    values: npt.NDArray[np.float64], present: Mask, more: npt.NDArray[np.float64], here: Mask
) -> None:
    if (present & here).any():
        raise EvaluationError("vector cannot contain metrics with the same labelset")
    values[here] = more[here]
    present |= here
