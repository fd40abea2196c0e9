"""Who hears of which alerts: Alertmanager's configuration, as values. config_file.py reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from spanglass_server.model.series import Labels, Matcher
from spanglass_server.notify.integrations.base import Integration
from spanglass_server.notify.intervals import TimeInterval
from spanglass_server.notify.matchers import is_match
from spanglass_server.notify.templates import Templates

RESOLVE_TIMEOUT_MS = 5 * 60_000
MESSAGES_PER_MINUTE_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree. What Alertmanager's child routes inherit is filled in."""

    id: str
    """Its place in the tree, e.g. `0/2`: stays the same while the tree above it does."""
    key: str
    """Alertmanager's: the matchers down to here."""
    receiver: str
    matchers: tuple[Matcher, ...] = ()
    group_by: frozenset[str] = frozenset()
    groups_by_all: bool = False
    """`group_by: ['...']`: each alert is a group of its own."""
    group_wait_ms: int = 30_000
    group_interval_ms: int = 300_000
    repeat_interval_ms: int = 4 * 3_600_000
    continues: bool = False
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    routes: "tuple[Route, ...]" = ()

    def find(self, labels: Mapping[str, str]) -> "Iterator[Route]":
        """The routes that an alert takes, in order: the deepest that match; none where this one does not."""
        if not is_match(self.matchers, labels):
            return
        is_taken = False
        for route in self.routes:
            for found in route.find(labels):
                is_taken = True
                yield found
            if is_match(route.matchers, labels) and not route.continues:
                break
        if not is_taken:
            yield self

    def group_labels(self, labels: Labels) -> Labels:
        if self.groups_by_all:
            return labels
        return tuple(pair for pair in labels if pair[0] in self.group_by)

    def walk(self) -> "Iterator[Route]":
        yield self
        for route in self.routes:
            yield from route.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """Alerts that match `target` are not told while one that matches `source` fires with the same values of
    the labels `equal`."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    name: str
    integrations: tuple[Integration, ...] = ()
    messages_per_minute_max: int = MESSAGES_PER_MINUTE_MAX
    """Of each integration; what is more waits, and tells then what is true by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationConfig:
    route: Route | None = None
    """None where nothing is configured: alerts are shown in the app, and nobody is told."""
    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: Mapping[str, tuple[TimeInterval, ...]] = field(default_factory=dict)
    resolve_timeout_ms: int = RESOLVE_TIMEOUT_MS
    templates: Templates = field(default_factory=Templates)

    def is_muted_by_time(self, route: Route, now_ms: int) -> bool:
        """As Alertmanager: inside any of the route's mute intervals, or outside all of its active ones."""
        if any(self._holds(name, now_ms) for name in route.mute_intervals):
            return True
        active = route.active_intervals
        return bool(active) and not any(self._holds(name, now_ms) for name in active)

    def _holds(self, name: str, now_ms: int) -> bool:
        return any(interval.holds(now_ms) for interval in self.time_intervals[name])


NO_RECEIVERS = NotificationConfig()
