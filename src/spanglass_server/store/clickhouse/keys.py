"""Keys of the tables in SQL: how a trace, a span or a time becomes a range that the primary index knows.

Every table is partitioned by week (256 of them in a ring) and sorted by project, hour, trace.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spanglass_server.store.clickhouse.engine import Engine, Lane
from spanglass_server.store.ports import TimeRange, TraceKey

HOUR_NS = 3_600_000_000_000

PARTITION = f"positiveModulo(intDiv({{time}}, {168 * HOUR_NS}), 256)"
"""A partition's value, which is its ID as well. A ring: no span's date, however absurd, makes a 257th."""

HOUR_OF_SPAN = f"intDiv(start_time_ns, {HOUR_NS})"
"""The sorting key's second column in `spans` and `traces`, as ClickHouse knows it."""

TRACE_HOURS_MAX = 100
"""A trace that spans more hours is read by its range of time instead of hour by hour."""


class HourKey(NamedTuple):
    """The first three columns of the sorting key of `spans` and `traces`."""

    project_id: str
    hour: int
    trace_id: str


def hour_of(time_ns: int) -> int:
    """As ClickHouse's intDiv: towards zero."""
    return -(-time_ns // HOUR_NS) if time_ns < 0 else time_ns // HOUR_NS


def find_trace_times(engine: Engine, keys: Sequence[TraceKey], *, lane: Lane) -> dict[TraceKey, TimeRange]:
    """When each stored trace's first and last span started; half open. Absent: not stored."""
    if not keys:
        return {}
    table = engine.query_arrow(
        "SELECT project_id, trace_id, min(first_start_ns) AS first_ns, max(last_start_ns) AS last_ns\n"
        "FROM trace_times\n"
        "WHERE (project_id, trace_id) IN {keys:Array(Tuple(String, String))}\n"
        "GROUP BY project_id, trace_id",
        {"keys": [tuple(key) for key in keys]},
        lane=lane,
    )
    return {
        TraceKey(project_id, trace_id): TimeRange(first_ns, last_ns + 1)
        for project_id, trace_id, first_ns, last_ns in zip(
            *(column.to_pylist() for column in table.columns), strict=True
        )
    }


def hour_keys(times: Iterable[tuple[TraceKey, TimeRange]]) -> list[HourKey]:
    return [
        HourKey(key.project_id, hour, key.trace_id)
        for key, during in times
        for hour in range(hour_of(during.from_ns), hour_of(during.to_ns - 1) + 1)
    ]


def is_short(during: TimeRange) -> bool:
    return (during.to_ns - during.from_ns) // HOUR_NS < TRACE_HOURS_MAX
