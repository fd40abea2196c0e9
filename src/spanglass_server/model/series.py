"""Series as Prometheus means them: label sets, samples, matchers, exemplars. Times are milliseconds."""

import hashlib
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Sorted by name, `__name__` among them. A label with an empty value is the same as none: never here."""
Times: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = npt.NDArray[np.float64]
MatchOperator: TypeAlias = Literal["=", "!=", "=~", "!~"]
MetricType: TypeAlias = Literal["counter", "gauge", "histogram", "summary", "unknown"]

METRIC_NAME: Final = "__name__"
STALE_BITS: Final = 0x7FF0000000000002
"""The bits of the NaN that says: from here on the series has no value (Prometheus' `value.StaleNaN`). Other
NaNs are values."""


class Matcher(NamedTuple):
    name: str
    op: MatchOperator
    value: str
    """A regular expression (RE2) matches the whole value."""


class Series(NamedTuple):
    labels: Labels
    times_ms: Times
    """Strictly increasing."""
    values: Values
    """One for each time; may hold stale markers."""


class SeriesSelection(NamedTuple):
    """What a selector needs: samples with from_ms < time <= to_ms of the series that match."""

    matchers: tuple[Matcher, ...]
    from_ms: int
    to_ms: int
    step_ms: int = 0
    """Hint: the distance between evaluations, 0 for an instant query."""
    range_ms: int = 0
    """Hint: the width of the range selector, 0 for an instant selector."""
    function: str = ""
    """Hint: the function or aggregation right around the selector, e.g. `rate`."""


class Exemplar(NamedTuple):
    labels: Labels
    """Its own: `trace_id`, `span_id`."""
    value: float
    time_ms: int


class MetricMetadata(NamedTuple):
    name: str
    """The family's: of a histogram without `_bucket`, of a counter as its series is called."""
    type: MetricType
    help: str
    unit: str


def is_stale(values: Values) -> npt.NDArray[np.bool_]:
    """Which of the values are stale markers."""
    found: npt.NDArray[np.bool_] = np.ascontiguousarray(values, np.float64).view(np.uint64) == STALE_BITS
    return found


def stale_marker() -> float:
    return float(np.array([STALE_BITS], np.uint64).view(np.float64)[0])


def labels_of(pairs: dict[str, str]) -> Labels:
    return tuple(sorted((name, value) for name, value in pairs.items() if value))


_IDS_MAX: Final = 32_768
_ID_CHARS_MAX: Final = 2_048
# Series send their next sample every few seconds.
_ids: dict[Labels, int] = {}


def series_id_of(labels: Labels) -> int:
    """64 bits that stand for a label set, the same in every process."""
    known = _ids.get(labels)
    if known is not None:
        return known
    text = "\xff".join([part for pair in labels for part in pair])
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    series_id = int.from_bytes(digest, "big")
    if len(text) <= _ID_CHARS_MAX:
        if len(_ids) >= _IDS_MAX:
            _ids.clear()
        _ids[labels] = series_id
    return series_id
