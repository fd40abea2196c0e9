"""What notifications leave behind: silences, the log of what was told to whom, attempts."""

from typing import Literal, NamedTuple, TypeAlias

from spanglass_server.model.series import Matcher

SilenceState: TypeAlias = Literal["pending", "active", "expired"]


class Silence(NamedTuple):
    """While it is active, nobody hears of alerts that all matchers match."""

    project_id: str
    id: str
    matchers: tuple[Matcher, ...]
    starts_at_ms: int
    ends_at_ms: int
    """Exclusive. Expiring a silence moves it to now."""
    created_by: str
    comment: str
    updated_at_ms: int

    def state(self, now_ms: int) -> SilenceState:
        if now_ms >= self.ends_at_ms:
            return "expired"
        return "active" if now_ms >= self.starts_at_ms else "pending"


class LogKey(NamedTuple):
    """One integration of one receiver as one group of alerts reaches it."""

    group_key: str
    receiver: str
    integration: str
    """Its kind and place, e.g. `slack[0]`."""


class LogEntry(NamedTuple):
    """What the integration was told last of the group."""

    project_id: str
    key: LogKey
    firing: frozenset[str]
    """Fingerprints of the alerts that it was told to fire."""
    resolved: frozenset[str]
    time_ms: int
    expires_at_ms: int


class Attempt(NamedTuple):
    """One try to deliver a message."""

    project_id: str
    time_ms: int
    duration_ms: int
    receiver: str
    integration: str
    group_key: str
    group_labels: str
    """As `{alertname="HighLatency"}`."""
    status: Literal["firing", "resolved", "test"]
    firing_count: int
    resolved_count: int
    number: int
    """1 for the first try of a message."""
    error: str
    """Empty where it was delivered; never holds a secret."""
    is_retried: bool
    """It failed, and will be tried again."""
