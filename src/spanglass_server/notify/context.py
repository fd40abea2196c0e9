"""What a message says about an alert beyond its labels: how it came, where it differs, examples, links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from spanglass_server.model.alert import Alert


class Difference(NamedTuple):
    """A value that is more frequent now than in the hour before."""

    field: str
    value: str
    share: float
    """Of the traces that match the alert, now: 0 to 1."""
    share_before: float


class TraceExample(NamedTuple):
    trace_id: str
    name: str
    duration_ms: float
    is_error: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetails:
    """Whatever could be found; each part may be missing."""

    threshold: str = ""
    """The comparison of the expression, e.g. `> 0.05`."""
    points: Sequence[float] = ()
    """The expression's left side over the last hour, oldest first; NaN where there was nothing."""
    differences: Sequence[Difference] = ()
    """At most three, the most different first."""
    examples: Sequence[TraceExample] = ()
    """At most three."""
    traces_url: str = ""
    silence_url: str = ""
    rule_url: str = ""


class AlertContext(Protocol):
    def describe(self, alert: Alert, *, now_ms: int) -> AlertDetails:
        """Never raises and never takes long: a message without context is better than none."""


class NoContext:
    def describe(self, alert: Alert, *, now_ms: int) -> AlertDetails:
        return AlertDetails(rule_url=alert.generator_url)
