"""The words of a message that several integrations share: value and threshold, sparkline, differences."""

import math
from collections.abc import Sequence
from typing import Final

from spanglass_server.model.alert import Alert
from spanglass_server.notify.context import AlertDetails, Difference

_BARS: Final = "▁▂▃▄▅▆▇█"
_BARS_MAX: Final = 30
DETAILED_ALERTS_MAX: Final = 3
"""Alerts of a message whose context is looked up; the others have value and labels."""


def value_text(value: float) -> str:
    """Four digits are enough to decide whether to get up."""
    if not math.isfinite(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def summary_of(alert: Alert) -> str:
    """What the rule says in words, else its name."""
    annotations, labels = dict(alert.annotations), dict(alert.labels)
    return annotations.get("summary") or annotations.get("description") or labels.get("alertname", "alert")


def description_of(alert: Alert) -> str:
    """The longer text where there is one beside the summary."""
    annotations = dict(alert.annotations)
    return annotations.get("description", "") if annotations.get("summary") else ""


def value_line(alert: Alert, details: AlertDetails) -> str:
    threshold = f" (threshold {details.threshold})" if details.threshold else ""
    return f"value {value_text(alert.value)}{threshold}"


def sparkline(points: Sequence[float]) -> str:
    """Bars from the least to the greatest value; a gap where there is none. Empty without two values."""
    known = [point for point in points if math.isfinite(point)]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(
        _BARS[round((point - low) * scale)] if math.isfinite(point) else " " for point in _thinned(points)
    ).rstrip()


def difference_text(difference: Difference) -> str:
    return (
        f"{difference.field} = {difference.value}: {difference.share:.0%} of the traces, "
        f"{difference.share_before:.0%} before"
    )


def other_labels(alert: Alert) -> Sequence[tuple[str, str]]:
    return [(name, value) for name, value in alert.labels if name != "alertname"]


def _thinned(points: Sequence[float]) -> Sequence[float]:
    """The greatest of each stretch, so that a short peak stays."""
    if len(points) <= _BARS_MAX:
        return points
    size = len(points) / _BARS_MAX
    stretches = [points[int(n * size) : int((n + 1) * size)] for n in range(_BARS_MAX)]
    return [
        max((point for point in stretch if math.isfinite(point)), default=math.nan) for stretch in stretches
    ]
