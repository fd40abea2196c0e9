"""What a function is given and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from spanglass_server.model.series import Times, Values
from spanglass_server.promql.values import Scalar, String, Value, Vector, Windows


@dataclass(slots=True)
class Notes:
    """Annotations gathered during one evaluation, in Prometheus' words, each once, in order."""

    warnings: dict[str, None] = field(default_factory=dict)
    infos: dict[str, None] = field(default_factory=dict)

    def warn(self, text: str) -> None:
        self.warnings.setdefault(text)

    def inform(self, text: str) -> None:
        self.infos.setdefault(text)


class QueryTimes(NamedTuple):
    """Of the whole query, also inside its subqueries."""

    start_ms: int = 0
    end_ms: int = 0
    step_ms: int = 0
    """0 for an instant query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    name: str
    arguments: Sequence[Value]
    """Evaluated; an omitted optional one is not there."""
    positions: Sequence[str] = ()
    """Where each argument begins, as `line:column`: annotations end with it, e.g. `... got NaN (1:20)`."""
    times_ms: Times
    """T: the evaluation times."""
    notes: Notes
    absent_labels: tuple[tuple[str, str], ...] = ()
    """Of `absent` and `absent_over_time`: the labels that the selector's equality matchers tell."""
    query: QueryTimes = field(default_factory=QueryTimes)
    check: Callable[[], None] = lambda: None
    """Called between parts of long work; what it raises ends the evaluation."""

    def vector(self, argument: int) -> Vector:
        value = self.arguments[argument]
        if not isinstance(value, Vector):
            raise TypeError(f"argument {argument} of {self.name} is no instant vector")
        return value

    def windows(self, argument: int) -> Windows:
        value = self.arguments[argument]
        if not isinstance(value, Windows):
            raise TypeError(f"argument {argument} of {self.name} is no range vector")
        return value

    def scalar(self, argument: int) -> Values:
        """Its value at each step."""
        value = self.arguments[argument]
        if not isinstance(value, Scalar):
            raise TypeError(f"argument {argument} of {self.name} is no scalar")
        return value.values

    def string(self, argument: int) -> str:
        value = self.arguments[argument]
        if not isinstance(value, String):
            raise TypeError(f"argument {argument} of {self.name} is no string")
        return value.value

    def noted(self, text: str, argument: int) -> str:
        """The message with the position of the argument it is about."""
        position = self.positions[argument] if argument < len(self.positions) else ""
        return f"{text} ({position})" if position else text


Function: TypeAlias = Callable[[Call], Value]
"""Raises promql.errors.EvaluationError for what Prometheus fails on."""
