"""What rules are doing, as the APIs show it: groups with their rules, rules with their alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from spanglass_server.model.alert import AlertState
from spanglass_server.model.series import Labels

RuleKind: TypeAlias = Literal["alerting", "recording"]
Health: TypeAlias = Literal["unknown", "ok", "err"]
"""`unknown` until it was evaluated once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReport:
    """A pending or firing alert."""

    labels: Labels
    annotations: Labels
    state: AlertState
    active_at_ms: int
    """Since when the expression holds."""
    fired_at_ms: int
    """0 while it is pending."""
    keep_firing_since_ms: int
    """When the expression stopped to hold of an alert that fires on for `keep_firing_for`; else 0."""
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    kind: RuleKind
    name: str
    """The alert's or the recorded series' name."""
    expression: str
    for_ms: int = 0
    keep_firing_for_ms: int = 0
    labels: Labels = ()
    annotations: Labels = ()
    """Templates, as written."""
    state: AlertState = "inactive"
    """Of an alerting rule: firing where any of its alerts is, else pending where any is."""
    alerts: Sequence[AlertReport] = ()
    health: Health = "unknown"
    last_error: str = ""
    warnings: Sequence[str] = ()
    """Annotations of the last evaluation, in Prometheus' words."""
    evaluated_at_ms: int = 0
    """The time of the last evaluation; 0 for never."""
    duration_s: float = 0.0
    """How long that took."""
    line: int = 0
    """Of the rule in its file, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    name: str
    file: str
    """A path, or the name of a file that is kept in the database."""
    interval_ms: int
    limit: int
    query_offset_ms: int
    rules: Sequence[RuleReport]
    evaluated_at_ms: int = 0
    duration_s: float = 0.0
    evaluations: int = 0
    """Rounds since the group is known; restarts do not end the count."""
    missed: int = 0
    """Rounds that were left out: no server evaluated, the round before took too long, or the clock jumped."""
