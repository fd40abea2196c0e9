"""What is said about classic histograms whose buckets had to be corrected."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from spanglass_server.model.series import Times, Values
from spanglass_server.promql.functions.buckets import Forced
from spanglass_server.promql.functions.call import Call
from spanglass_server.promql.functions.texts import general
from spanglass_server.promql.quoting import quote


@dataclass(slots=True)
class _Extent:
    samples: int
    from_ms: int
    to_ms: int
    lowest: float
    highest: float
    most: float


@dataclass(slots=True)
class Corrections:
    """Gathered over a whole evaluation, told once for each metric name."""

    extents: dict[str, _Extent] = field(default_factory=dict)

    def add(self, name: str, forced: Forced, bounds: Values, times_ms: Times) -> None:
        """`forced` is of N histograms at these N times, at least one count of which was raised."""
        samples = forced.raised.any(axis=0)
        raised, times_ms = bounds[forced.raised.any(axis=1)], times_ms[samples]
        extent = self.extents.setdefault(
            name, _Extent(0, int(times_ms[0]), int(times_ms[0]), np.inf, -np.inf, 0.0)
        )
        extent.samples += int(samples.sum())
        extent.from_ms = min(extent.from_ms, int(times_ms.min()))
        extent.to_ms = max(extent.to_ms, int(times_ms.max()))
        extent.lowest = min(extent.lowest, float(raised.min()))
        extent.highest = max(extent.highest, float(raised.max()))
        extent.most = max(extent.most, float(forced.by.max()))

    def tell(self, call: Call, argument: int) -> None:
        for name, extent in self.extents.items():
            call.notes.inform(call.noted(_text(name, extent), argument))


def _text(name: str, extent: _Extent) -> str:
    whose = f" for metric name {quote(name)}" if name else ""
    return (
        "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
        f"https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile){whose}, "
        f"from buckets {general(extent.lowest)} to {general(extent.highest)}, "
        f"with a max diff of {extent.most:.2g}, over {extent.samples} samples "
        f"from {_time(extent.from_ms)} to {_time(extent.to_ms)}"
    )


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
