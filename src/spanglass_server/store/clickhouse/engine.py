"""What the store needs of a ClickHouse, embedded or not: four calls, the same SQL, the same errors."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import pyarrow as pa

Parameter: TypeAlias = str | int | float | bool | Sequence["Parameter"] | None
"""Bound to `{name:Type}` in the SQL; sequences bind to Array or, as tuples, to Tuple types."""
Parameters: TypeAlias = Mapping[str, Parameter]
Settings: TypeAlias = Mapping[str, str | int | float]

Lane: TypeAlias = Literal["read", "long", "evaluate", "write", "settle", "admin"]
"""Work that must not wait for other work: pages (`read`), exports and other long reads (`long`), what
evaluators judge as it comes in (`evaluate`), the one writer (`write`), what the next commit has to know of
stored traces (`settle`), and schema, deletion and retention (`admin`). Each lane has connections of its
own."""


class ConfinedFailure(Exception):
    """What ClickHouse says of a statement that a user wrote, as it says it: not for users' eyes, since it may
    quote the text that ran and stored values. `sql_failures.py` tells it in our words."""

    def __init__(self, text: str) -> None:
        super().__init__("a user's statement failed")
        self.text = text


class Engine(Protocol):
    """Safe to call from many threads. A call may block; it waits its turn within its lane at most
    `LANE_WAIT_SECONDS`.

    SQL is ClickHouse's, without FORMAT and without SETTINGS: those are the engine's to add. Settings are
    ClickHouse's own (`max_execution_time`, `max_memory_usage`, ...) and override the lane's defaults.

    Errors: StorageUnavailable, StorageFull, QueryTooLarge, QueryInvalid (see failures.py); nothing else.
    """

    name: str
    """`embedded` or `server`."""

    database: str
    is_embedded: bool
    cluster: str
    """Name of the cluster that holds the tables, else empty."""

    def query_arrow(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "read",
    ) -> pa.Table:
        """The whole result. Strings come as `string`, LowCardinality as plain values, Bool as `bool`."""
        ...

    def command(
        self,
        sql: str,
        params: Parameters | None = None,
        settings: Settings | None = None,
        *,
        lane: Lane = "admin",
    ) -> None:
        """Run a statement that answers nothing: DDL, INSERT ... SELECT, mutations."""
        ...

    def insert_arrow(
        self, table: str, rows: pa.Table | pa.RecordBatch, settings: Settings | None = None
    ) -> None:
        """Insert rows, columns matched by name, on the lane `write`. Durable when it returns. Not all or
        nothing: rows of different partitions are committed one partition after the other."""
        ...

    def query_confined(
        self, sql: str, params: Parameters | None, settings: Settings, *, output: str
    ) -> bytes:
        """Run SQL that holds a user's text, in a session of its own: read-only, with these settings alone, in
        a database that is empty, so that no bare name finds a table. Answers in ClickHouse's format `output`.

        Errors: ConfinedFailure; StorageUnavailable where no session is free within `LANE_WAIT_SECONDS`."""
        ...

    def kill(self, log_comment: str) -> None:
        """End the statements that run with this setting (hex digits) after their current block. It neither
        waits for them nor fails."""
        ...

    def close(self) -> None:
        """Let running calls end, then release the engine. Idempotent."""
        ...


LANE_WAIT_SECONDS = 30.0


def confined_database(database: str) -> str:
    """Where `query_confined` stands; it never holds a table."""
    return f"{database}_sql"


READ_LIMITS: dict[str, str | int | float] = {
    "max_execution_time": 20,
    "timeout_before_checking_execution_speed": 0,
    "max_memory_usage": 600_000_000,
    "max_result_rows": 200_000,
    "max_result_bytes": 400_000_000,
    "result_overflow_mode": "throw",
}
"""Of the lanes `read`, `evaluate` and, but for time, `long`; units: seconds, bytes, rows."""

PRIORITY = {"priority": 1}
"""Of what somebody waits for: a statement of a higher number pauses while such a one runs."""

LANE_DEFAULTS: dict[Lane, dict[str, str | int | float]] = {
    "read": {**READ_LIMITS, **PRIORITY},
    "long": {**READ_LIMITS, "max_execution_time": 300},
    # One core at most: nobody waits for it, and many wait for the others.
    "evaluate": {**READ_LIMITS, "max_execution_time": 60, "max_threads": 1},
    "write": {"max_execution_time": 60, **PRIORITY},
    "settle": {"max_execution_time": 60, **PRIORITY},
    "admin": {},
}

OUTPUT_SETTINGS: dict[str, str | int | float] = {
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
    "output_format_arrow_compression_method": "none",
}


def lane_settings(lane: Lane, settings: Settings | None) -> dict[str, str | int | float]:
    return {**LANE_DEFAULTS[lane], **(settings or {})}
