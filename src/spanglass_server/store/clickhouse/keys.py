"""Keys of the tables in SQL: how a trace, a span or a time becomes a range that the primary index knows.

Every table is partitioned by week (256 of them in a ring) and sorted by project, hour, trace.
"""

import hashlib
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


def trace_hash(trace_id: str) -> int:
    """ClickHouse's halfMD5: the key of `trace_times`."""
    return int.from_bytes(hashlib.md5(trace_id.encode(), usedforsecurity=False).digest()[:8], "big")


def find_trace_times(engine: Engine, keys: Sequence[TraceKey], *, lane: Lane) -> dict[TraceKey, TimeRange]:
    """When each stored trace's first and last span started; half open. Absent: not stored."""
    if not keys:
        return {}
    by_hash = {(key.project_id, trace_hash(key.trace_id)): key for key in keys}
    table = engine.query_arrow(
        "SELECT project_id, trace_hash, min(first_start_ns) AS first_ns, max(last_start_ns) AS last_ns\n"
        "FROM trace_times\n"
        "WHERE project_id IN {projects:Array(String)} AND trace_hash IN {hashes:Array(UInt64)}\n"
        "GROUP BY project_id, trace_hash",
        {
            "projects": sorted({project_id for project_id, _ in by_hash}),
            "hashes": [number for _, number in by_hash],
        },
        lane=lane,
    )
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return {
        by_hash[project_id, number]: TimeRange(first_ns, last_ns + 1)
        for project_id, number, first_ns, last_ns in rows
        if (project_id, number) in by_hash
    }


def hour_keys(times: Iterable[tuple[TraceKey, TimeRange]]) -> list[HourKey]:
    return [
        HourKey(key.project_id, hour, key.trace_id)
        for key, during in times
        for hour in range(hour_of(during.from_ns), hour_of(during.to_ns - 1) + 1)
    ]


def is_short(during: TimeRange) -> bool:
    return (during.to_ns - during.from_ns) // HOUR_NS < TRACE_HOURS_MAX
