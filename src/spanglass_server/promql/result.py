"""What an expression evaluates to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from spanglass_server.model.series import Labels, Series

ResultType: TypeAlias = Literal["scalar", "vector", "matrix", "string"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    labels: Labels
    time_ms: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One of the four values is meant, by `type`; a range query always gives a matrix."""

    type: ResultType
    vector: Sequence[Sample] = ()
    """In the order in which the expression gives it (sort, topk), else by labels."""
    matrix: Sequence[Series] = ()
    """By labels."""
    scalar: float = 0.0
    string: str = ""
    time_ms: int = 0
    """Of an instant query."""
    warnings: Sequence[str] = ()
    """In Prometheus' words, each once."""
    infos: Sequence[str] = ()
