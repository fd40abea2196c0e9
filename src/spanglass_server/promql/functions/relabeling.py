"""label_replace and label_join. They look at labels only, so whole series are renamed."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from spanglass_server.model.series import METRIC_NAME, Labels, labels_of
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.patterns import Match, Pattern, compile_pattern, why_no_pattern
from spanglass_server.promql.quoting import as_text, is_label_name
from spanglass_server.promql.values import Vector

_REFERENCE: Final = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
"""In replacements, as Go expands them: $1, ${1}, $name, ${name}; $$ is a dollar."""


def label_replace(call: Call) -> Vector:
    """Sets `destination` to the expanded replacement on series whose source label matches wholly."""
    vector = call.vector(0)
    destination, replacement, source, text = (call.string(number) for number in range(1, 5))
    if why_no_pattern(text):
        raise EvaluationError(f"invalid regular expression in label_replace(): {text}")
    pattern = compile_pattern(text)
    _check(destination, "destination label name in label_replace()")
    sources = [dict(labels).get(source, "") for labels in vector.labels]
    replaced = {value: _replaced(pattern, replacement, value) for value in set(sources)}
    return _with_label(vector, destination, [replaced[value] for value in sources])


def label_join(call: Call) -> Vector:
    """Sets `destination` to the values of the source labels, joined."""
    vector = call.vector(0)
    destination, separator = call.string(1), call.string(2)
    sources = [call.string(number) for number in range(3, len(call.arguments))]
    for source in sources:
        _check(source, "source label name in label_join()")
    _check(destination, "destination label name in label_join()")
    known = [dict(labels) for labels in vector.labels]
    values = [separator.join(labels.get(source, "") for source in sources) for labels in known]
    return _with_label(vector, destination, values)


def _check(name: str, what: str) -> None:
    if not is_label_name(name):
        raise EvaluationError(f"invalid {what}: {as_text(name)}")


def _replaced(pattern: Pattern, replacement: str, value: str) -> str | None:
    match = pattern.fullmatch(value)
    return None if match is None else _expanded(replacement, pattern, match)


def _expanded(replacement: str, pattern: Pattern, match: Match) -> str:
    def value(reference: re.Match[str]) -> str:
        if reference.group() == "$$":
            return "$"
        name = reference.group(1) or reference.group(2)
        if name.isdigit():
            return (match.group(int(name)) or "") if int(name) <= pattern.groups else ""
        return (match.group(name) or "") if name in pattern.groupindex else ""

    return _REFERENCE.sub(value, replacement)


def _with_label(vector: Vector, name: str, values: Sequence[str | None]) -> Vector:
    """The label set to each value, removed where it is empty, left alone where it is None."""
    labels = [
        old if value is None else labels_of(dict(old) | {name: as_text(value)})
        for old, value in zip(vector.labels, values, strict=True)
    ]
    dropped = list(vector.drop_name) or [False] * len(labels)
    if name == METRIC_NAME:
        dropped = [was and value is None for was, value in zip(dropped, values, strict=True)]
    return _merged(vector, labels, dropped)


def _merged(vector: Vector, labels: list[Labels], dropped: list[bool]) -> Vector:
    """Series that became the same one are put together where they are never there at the same step."""
    rows: dict[tuple[Labels, bool], int] = {}
    of = [rows.setdefault(one, len(rows)) for one in zip(labels, dropped, strict=True)]
    if len(rows) == len(labels):
        return Vector(labels=labels, values=vector.values, present=vector.present, drop_name=dropped)
    shape = (len(rows), vector.values.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    for row, target in enumerate(of):
        mask = vector.present[row]
        if (present[target] & mask).any():
            raise EvaluationError("vector cannot contain metrics with the same labelset")
        values[target][mask] = vector.values[row][mask]
        present[target] |= mask
    return Vector(
        labels=[one for one, _ in rows], values=values, present=present, drop_name=[drop for _, drop in rows]
    )


RELABELING: Final[tuple[tuple[str, Function], ...]] = (
    ("label_replace", label_replace),
    ("label_join", label_join),
)
