"""Functions that order what an instant query gives. In range queries they change nothing."""

import re
from functools import cmp_to_key
from typing import Final

import numpy as np

from spanglass_server.model.series import Labels, Values
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.values import Indexes, Vector

_CHUNK: Final = re.compile(r"[0-9]+|[^0-9]+")


def sort(call: Call) -> Vector:
    """Smallest first, NaN last."""
    return _by_value(call, sign=1)


def sort_desc(call: Call) -> Vector:
    """Largest first, NaN last."""
    return _by_value(call, sign=-1)


def _by_value(call: Call, *, sign: int) -> Vector:
    vector = call.vector(0)
    if len(call.times_ms) != 1:
        return vector
    keys: Values = sign * vector.values[:, 0]
    return _taken(vector, np.argsort(keys, kind="stable"))


def sort_by_label(call: Call) -> Vector:
    """By the values of these labels, digits in them as numbers; then by all labels."""
    return _by_labels(call, sign=1)


def sort_by_label_desc(call: Call) -> Vector:
    return _by_labels(call, sign=-1)


def _by_labels(call: Call, *, sign: int) -> Vector:
    vector = call.vector(0)
    names = [call.string(number) for number in range(1, len(call.arguments))]
    if len(call.times_ms) != 1:
        return vector

    def compared(one: int, other: int) -> int:
        return sign * _compared(vector.labels[one], vector.labels[other], names)

    order = sorted(range(len(vector.labels)), key=cmp_to_key(compared))
    return _taken(vector, np.array(order, np.int64))


def _compared(one: Labels, other: Labels, names: list[str]) -> int:
    values, others = dict(one), dict(other)
    for name in names:
        value, against = values.get(name, ""), others.get(name, "")
        if value != against:
            return -1 if _is_before(value, against) else 1
    return (one > other) - (one < other)


def _is_before(value: str, other: str) -> bool:
    """Natural order: runs of digits compare as numbers, everything else as text."""
    chunks, others = _CHUNK.findall(value), _CHUNK.findall(other)
    for chunk, against in zip(chunks, others, strict=False):
        if chunk.isdigit() and against.isdigit():
            if int(chunk) != int(against):
                return int(chunk) < int(against)
        elif chunk != against:
            return bool(chunk < against)
    return len(chunks) <= len(others)


def _taken(vector: Vector, order: Indexes) -> Vector:
    return Vector(
        labels=[vector.labels[row] for row in order],
        values=vector.values[order],
        present=vector.present[order],
        drop_name=[vector.drop_name[row] for row in order] if vector.drop_name else (),
    )


ORDERING: Final[tuple[tuple[str, Function], ...]] = (
    ("sort", sort),
    ("sort_desc", sort_desc),
    ("sort_by_label", sort_by_label),
    ("sort_by_label_desc", sort_by_label_desc),
)
