"""What a function is given and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    name: str
    arguments: Sequence[Value]
    """Evaluated; an omitted optional one is not there."""
    texts: Sequence[str]
    """The arguments as PromQL text, for messages."""
    positions: Sequence[str] = ()
    """Where each argument begins, as `line:column`: annotations end with it, e.g. `... got NaN (1:20)`."""
    times_ms: Times
    """T: the evaluation times."""
    notes: Notes
    absent_labels: tuple[tuple[str, str], ...] = ()
    """Of `absent` and `absent_over_time`: the labels that the selector's equality matchers tell."""
    places: Sequence[str] = ()
    """`line:column` where each argument begins in the query, as Prometheus puts it behind a message; empty
    where that is not known."""
    sample_times_ms: Times | None = None
    """Of `timestamp` right around a selector: S x T, when each of the argument's values was sampled."""

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
        """The message with the place of the argument it is about."""
        place = self.places[argument] if argument < len(self.places) else ""
        return f"{text} ({place})" if place else text


Function: TypeAlias = Callable[[Call], Value]
"""Raises promql.errors.EvaluationError for what Prometheus fails on."""
