"""Times: of the evaluation, of samples, and the parts of dates. All in UTC."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from spanglass_server.model.series import Values
from spanglass_server.promql.functions.call import Call, Function
from spanglass_server.promql.values import Scalar, Vector

_Dates: TypeAlias = npt.NDArray[np.datetime64]
_SECONDS_MAX: Final = 2.0**55
"""As far from 1970 as NumPy tells years reliably: a billion of them."""


def time(call: Call) -> Scalar:
    return Scalar(values=call.times_ms / 1000)


def start(call: Call) -> Scalar:
    return _seconds(call, call.query.start_ms)


def end(call: Call) -> Scalar:
    return _seconds(call, call.query.end_ms)


def span(call: Call) -> Scalar:
    """How long the query's range is."""
    return _seconds(call, call.query.end_ms - call.query.start_ms)


def step(call: Call) -> Scalar:
    return _seconds(call, call.query.step_ms)


def _seconds(call: Call, milliseconds: int) -> Scalar:
    return Scalar(values=np.full(len(call.times_ms), milliseconds / 1000))


def timestamp(call: Call) -> Vector:
    """Of computed values, in seconds: that is when they are evaluated. Selectors tell their samples' times
    themselves."""
    vector = call.vector(0)
    seconds = np.broadcast_to(call.times_ms / 1000, vector.present.shape)
    dropped = (True,) * len(vector.labels)
    return Vector(labels=vector.labels, values=seconds, present=vector.present, drop_name=dropped)


def _part(part: Callable[[_Dates], npt.NDArray[Any]]) -> Function:
    """A part of the date that each value tells in seconds since 1970, of the evaluation's without one."""

    def parted(call: Call) -> Vector:
        if not call.arguments:
            seconds = (call.times_ms // 1000).astype(np.float64)[np.newaxis, :]
            present = np.ones(seconds.shape, np.bool_)
            return Vector(labels=((),), values=_of_seconds(part, seconds), present=present)
        vector = call.vector(0)
        values = _of_seconds(part, vector.values)
        dropped = (True,) * len(vector.labels)
        return Vector(labels=vector.labels, values=values, present=vector.present, drop_name=dropped)

    return parted


def _of_seconds(part: Callable[[_Dates], npt.NDArray[Any]], seconds: Values) -> Values:
    """NaN where there is no such date."""
    is_date = np.abs(seconds) < _SECONDS_MAX
    dates = np.where(is_date, seconds, 0.0).astype(np.int64).astype("datetime64[s]")
    return np.where(is_date, part(dates).astype(np.float64), np.nan)


def _since(dates: _Dates, whole: str, unit: str) -> npt.NDArray[np.int64]:
    """How many of the unit have passed since the whole (day, month, year) began."""
    passed: npt.NDArray[np.int64] = (
        dates.astype(f"datetime64[{unit}]")
        - dates.astype(f"datetime64[{whole}]").astype(f"datetime64[{unit}]")
    ).astype(np.int64)
    return passed


def _days_in_month(dates: _Dates) -> npt.NDArray[np.int64]:
    months = dates.astype("datetime64[M]")
    days: npt.NDArray[np.int64] = (
        (months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")
    ).astype(np.int64)
    return days


CALENDAR: Final[tuple[tuple[str, Function], ...]] = (
    ("time", time),
    ("start", start),
    ("end", end),
    ("range", span),
    ("step", step),
    ("timestamp", timestamp),
    ("minute", _part(lambda dates: _since(dates, "h", "m"))),
    ("hour", _part(lambda dates: _since(dates, "D", "h"))),
    # 1 January 1970 was a Thursday; the week begins with Sunday, 0.
    ("day_of_week", _part(lambda dates: (dates.astype("datetime64[D]").astype(np.int64) + 4) % 7)),
    ("day_of_month", _part(lambda dates: _since(dates, "M", "D") + 1)),
    ("day_of_year", _part(lambda dates: _since(dates, "Y", "D") + 1)),
    ("days_in_month", _part(_days_in_month)),
    ("month", _part(lambda dates: _since(dates, "Y", "M") + 1)),
    ("year", _part(lambda dates: dates.astype("datetime64[Y]").astype(np.int64) + 1970)),
)
