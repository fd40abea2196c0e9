"""One message: the alerts of a group as a receiver hears of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from spanglass_server.model.alert import Alert
from spanglass_server.model.series import Labels

Status: TypeAlias = Literal["firing", "resolved"]

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3


@lru_cache(maxsize=50_000)
def fingerprint_of(labels: Labels) -> str:
    """16 hex digits, Alertmanager's own: FNV-1a over names and values in order, 0xff after each."""
    sum_ = _FNV_OFFSET
    for name, value in labels:
        text = name.encode("utf-8", "replace") + b"\xff" + value.encode("utf-8", "replace") + b"\xff"
        for byte in text:
            sum_ = ((sum_ ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{sum_:016x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    project_id: str
    receiver: str
    group_key: str
    """Alertmanager's: the route's matchers and the group's labels."""
    group_labels: Labels
    alerts: tuple[Alert, ...]
    """At least one; firing ones have no end. In the order of start and labels."""
    now_ms: int
    group_interval_ms: int
    """The next message about the group comes no sooner."""

    @property
    def status(self) -> Status:
        return "firing" if self.firing else "resolved"

    @property
    def firing(self) -> Sequence[Alert]:
        return [alert for alert in self.alerts if not alert.ends_at_ms]

    @property
    def resolved(self) -> Sequence[Alert]:
        return [alert for alert in self.alerts if alert.ends_at_ms]

    @property
    def common_labels(self) -> Labels:
        return _common([alert.labels for alert in self.alerts])

    @property
    def common_annotations(self) -> Labels:
        return _common([alert.annotations for alert in self.alerts])


def _common(all_pairs: Sequence[Labels]) -> Labels:
    rest = [frozenset(pairs) for pairs in all_pairs[1:]]
    return tuple(pair for pair in all_pairs[0] if all(pair in pairs for pairs in rest))
