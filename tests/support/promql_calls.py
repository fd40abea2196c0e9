"""PromQL's functions called by hand: windows and vectors without an engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spanglass_server.model.series import Labels, labels_of
from spanglass_server.promql.functions import FUNCTIONS
from spanglass_server.promql.functions.call import Call, Notes
from spanglass_server.promql.values import Scalar, String, Value, Vector, Windows

Samples = Sequence[tuple[int, float]]
"""(milliseconds, value), in the order of time."""


@dataclass(frozen=True, slots=True)
class Called:
    value: Value
    notes: Notes

    def points(self) -> dict[Labels, list[float | None]]:
        """A value for each step, None where there is none."""
        assert isinstance(self.value, Vector)
        return {
            labels: [float(value) if there else None for value, there in zip(values, present, strict=True)]
            for labels, values, present in zip(
                self.value.labels, self.value.values, self.value.present, strict=True
            )
        }

    def only(self) -> list[float | None]:
        """Of the only series."""
        (points,) = self.points().values()
        return points


def call(
    name: str,
    *arguments: Value | float | str,
    times_ms: Sequence[int] = (0,),
    check: Callable[[], None] = lambda: None,
) -> Called:
    notes = Notes()
    given = [_value(argument, len(times_ms)) for argument in arguments]
    positions = [f"1:{number + 1}" for number in range(len(given))]
    value = FUNCTIONS[name](
        Call(
            name=name,
            arguments=given,
            positions=positions,
            times_ms=np.array(times_ms, np.int64),
            notes=notes,
            check=check,
        )
    )
    return Called(value, notes)


def _value(argument: Value | float | str, steps: int) -> Value:
    if isinstance(argument, str):
        return String(value=argument)
    return Scalar(values=np.full(steps, float(argument))) if isinstance(argument, int | float) else argument


def windows(
    series: Sequence[Samples], ends_ms: Sequence[int], range_ms: int, *, name: str = "x_total"
) -> Windows:
    """Of series told apart by the label `number`."""
    first = np.zeros((len(series), len(ends_ms)), np.int64)
    last = np.zeros((len(series), len(ends_ms)), np.int64)
    before = 0
    ends = np.array(ends_ms, np.int64)
    for row, samples in enumerate(series):
        times = np.array([time for time, _ in samples], np.int64)
        first[row] = before + np.searchsorted(times, ends - range_ms, side="right")
        last[row] = before + np.searchsorted(times, ends, side="right")
        before += len(samples)
    return Windows(
        labels=[labels_of({"__name__": name, "number": str(row)}) for row in range(len(series))],
        times_ms=np.array([time for samples in series for time, _ in samples], np.int64),
        values=np.array([value for samples in series for _, value in samples], np.float64),
        first=first,
        last=last,
        ends_ms=ends,
        range_ms=range_ms,
    )


def vector(series: Mapping[Labels, Sequence[float | None]]) -> Vector:
    rows = list(series.values())
    return Vector(
        labels=list(series),
        values=np.array([[0.0 if value is None else value for value in row] for row in rows], np.float64),
        present=np.array([[value is not None for value in row] for row in rows], np.bool_),
    )
