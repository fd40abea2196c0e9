"""What goes wrong, and when. The table says it all: an investigation can be checked against it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from spanglass_examples.conditions import Conditions

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0
LIVE_CYCLE_MIN: Final = 48
"""After so many minutes the live incidents begin again."""


class Incident(NamedTuple):
    name: str
    hours_ago: float
    """Its start in the back-filled history, before the demo's start."""
    minutes: float
    """Its length in the history."""
    live_minute: float
    """Its start in live traffic, in minutes of the cycle since the demo's start."""
    live_minutes: float
    conditions: Conditions


INCIDENTS: Final = (
    Incident("slow_provider", 2.5, 40, 4, 4, Conditions(slow_provider="anthropic", provider_slowness=3.5)),
    Incident("slow_retrieval", 5.5, 45, 12, 4, Conditions(retrieval_slowness=25.0)),
    Incident("context_growth", 8.5, 60, 20, 4, Conditions(documents_factor=8)),
    Incident("error_burst", 12.0, 35, 28, 3, Conditions(error_rate=0.55)),
    Incident("cache_collapse", 16.0, 60, 36, 4, Conditions(is_cache_working=False)),
    Incident("cost_spike", 20.0, 50, 43, 4, Conditions(is_costly_model_chosen=True)),
)

NORMAL: Final = Conditions()


def in_history(
    time_s: float, *, started_s: float, incidents: Sequence[Incident] = INCIDENTS
) -> Incident | None:
    """The incident of a moment before the demo started."""
    for incident in incidents:
        since_s = time_s - (started_s - incident.hours_ago * _HOUR_S)
        if 0 <= since_s < incident.minutes * _MINUTE_S:
            return incident
    return None


def in_live(time_s: float, *, started_s: float, incidents: Sequence[Incident] = INCIDENTS) -> Incident | None:
    """The incident of a moment after the demo started."""
    minute = (time_s - started_s) / _MINUTE_S % LIVE_CYCLE_MIN
    for incident in incidents:
        if incident.live_minute <= minute < incident.live_minute + incident.live_minutes:
            return incident
    return None
