"""Numbers over many traces, spans or logs, by the fields of the filter language.

Synchronous, may block, safe from many threads; bounded and failing as store/ports.py says.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, get_args

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import Target
from spanglass_server.store.ports import TimeRange

Function: TypeAlias = Literal[
    "count", "sum", "avg", "min", "max", "p50", "p75", "p90", "p95", "p99", "uniq", "share"
]
"""`count` has no field: the rows. `uniq` counts different values. `share` is the part of the rows, 0 to 1,
for which a field of yes or no holds, or a status is `error`."""
FUNCTIONS: Final[tuple[Function, ...]] = get_args(Function)


class Measure(NamedTuple):
    function: Function
    field: str = ""
    """Of the filter language, e.g. `duration` (answered in ns), `cost` (USD), `scores.quality`."""

    @property
    def name(self) -> str:
        """As it is written and answered: `p95(duration)`, `count()`."""
        return f"{self.function}({self.field})"


_MEASURE: Final = re.compile(r"\s*(\w+)\s*(?:\(\s*(.*?)\s*\))?\s*", re.DOTALL)


def parse_measure(text: str) -> Measure:
    """`p95(duration)`, `count()` or `count`. Raises QueryInvalid for what is no measure; whether the field is
    there and can be measured so, the reader says."""
    match = _MEASURE.fullmatch(text)
    function = match[1].lower() if match else ""
    for known in FUNCTIONS:
        if match and function == known:
            return Measure(known, match[2] or "")
    raise QueryInvalid(
        f"`{text}` is no measure",
        hint=f"write FUNCTION(FIELD) such as `p95(duration)`; the functions are {', '.join(FUNCTIONS)}",
    )


class AggregateQuery(NamedTuple):
    target: Target
    during: TimeRange
    where: Expression | None
    measures: Sequence[Measure]
    group_by: Sequence[str] = ()
    """Fields of the filter language; a list field (tags) counts a row once for each of its values."""
    interval_ns: int | None = None
    """Width of the buckets of time, aligned to the epoch; None for one number over the whole range."""
    order: str = ""
    """A measure's name, `-` before it for descending, by its value over the whole range; empty: the first
    measure, descending."""
    limit: int = 20
    """Groups. What is left over is told by `AggregateResult.is_cut`."""


class AggregateRow(NamedTuple):
    groups: tuple[str, ...]
    """As `group_by`; empty text where a row has no value."""
    start_ns: int | None
    """Of the bucket."""
    values: tuple[float | None, ...]
    """As `measures`; None where there is nothing to measure."""


class AggregateResult(NamedTuple):
    rows: Sequence[AggregateRow]
    """Groups in order, within a group in the order of time. Empty buckets are absent."""
    is_cut: bool
    """There are more groups than `limit`."""


class AggregateReader(Protocol):
    def aggregate(self, project_id: str, query: AggregateQuery) -> AggregateResult:
        """QueryInvalid for an unknown field, and for one that cannot be measured or grouped so."""
