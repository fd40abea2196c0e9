"""What one integration is yet to be told of one group, and when it may be tried: retries and rate limits."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from spanglass_server.model.alert import Alert
from spanglass_server.model.notification import LogEntry, LogKey
from spanglass_server.notify.integrations.base import Integration

RETRY_BASE_MS: Final = 1_000
RETRY_MAX_MS: Final = 60_000
_MINUTE_MS: Final = 60_000

Random = Callable[[], float]
"""From 0 up to 1."""


class Content(NamedTuple):
    """What there is to tell."""

    alerts: tuple[Alert, ...]
    """Of which some are resolved; not those that nobody shall hear of."""
    firing: frozenset[str]
    resolved: frozenset[str]
    repeat_interval_ms: int
    since_ms: int
    """When the group was looked at."""


@dataclass(slots=True)
class Lane:
    key: LogKey
    integration: Integration
    pending: Content | None = None
    newer: Content | None = None
    """What a flush found while a message was in flight."""
    is_in_flight: bool = False
    attempts: int = 0
    """Failures since the last success."""
    retry_at_ms: int = 0
    has_given_up: bool = False
    """The content was refused for good; the group's next flush tries anew."""
    is_deferred: bool = False
    """Waits for the rate limit, and was counted for it."""

    @property
    def is_idle(self) -> bool:
        return self.pending is None and not self.is_in_flight

    def fail(self, now_ms: int, *, retry_after_ms: int, random: Random) -> None:
        """Exponential, with jitter: half to one and a half of it."""
        self.attempts += 1
        delay_ms = min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** min(self.attempts - 1, 10))
        self.retry_at_ms = now_ms + max(int(delay_ms * (0.5 + random())), retry_after_ms)

    def succeed(self) -> None:
        self.attempts = 0
        self.retry_at_ms = 0
        self.has_given_up = False


@dataclass(slots=True)
class RateLimit:
    """At most so many messages in any minute, and none before the time that the receiver itself asked for."""

    messages_max: int
    not_before_ms: int = 0
    _sent_ms: deque[int] = field(default_factory=deque)

    def take(self, now_ms: int) -> bool:
        if now_ms < self.not_before_ms:
            return False
        while self._sent_ms and not 0 <= now_ms - self._sent_ms[0] < _MINUTE_MS:
            self._sent_ms.popleft()
        if len(self._sent_ms) >= self.messages_max:
            return False
        self._sent_ms.append(now_ms)
        return True

    def free_at_ms(self) -> int:
        """When the next message may go, if none may now."""
        is_full = len(self._sent_ms) >= self.messages_max
        return max(self.not_before_ms, self._sent_ms[0] + _MINUTE_MS if is_full else 0)


def needs_telling(content: Content, entry: LogEntry | None, integration: Integration) -> bool:
    """Alertmanager's rule (its DedupStage). `entry`: what the integration was told last."""
    if entry is None:
        return bool(content.firing)
    if not content.firing <= entry.firing:
        return True
    if not content.firing:
        # Whether or not it hears of ends: the log must not go on saying that they fire.
        return bool(entry.firing)
    if integration.sends_resolved and not content.resolved <= entry.resolved:
        return True
    repeat_ms = 0 if integration.hears_each_flush else content.repeat_interval_ms
    return content.since_ms - entry.time_ms >= repeat_ms
