"""Numbers over many rows (`store.aggregates.AggregateReader`) on ClickHouse.

Groups are chosen and put in order over the whole range first; a second read then follows them through time.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.store.aggregates import AggregateQuery, AggregateResult, AggregateRow
from spanglass_server.store.clickhouse.aggregates_sql import START, Compiler, Statement
from spanglass_server.store.clickhouse.engine import Engine, Lane
from spanglass_server.store.clickhouse.reader_lists import range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows

_LONG_NS: Final = 8 * 86_400 * 1_000_000_000
"""A week is read among pages; what is longer waits on the lane of long reads, and may take as long."""


class ClickHouseAggregates:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def aggregate(self, project_id: str, query: AggregateQuery) -> AggregateResult:
        compiler = Compiler(query)
        if query.interval_ns is None:
            rows = self._read(project_id, query, compiler.groups())
            return AggregateResult([_row(row, query) for row in rows[: query.limit]], len(rows) > query.limit)
        groups, is_cut = self._groups(project_id, query, compiler)
        if not groups:
            return AggregateResult([], is_cut)
        rows = self._read(project_id, query, compiler.buckets(groups))
        place = {group: number for number, group in enumerate(groups)}
        # Within a group the order of time stays: sorting is stable.
        ordered = sorted((_row(row, query) for row in rows), key=lambda row: place[row.groups])
        return AggregateResult(ordered, is_cut)

    def _groups(
        self, project_id: str, query: AggregateQuery, compiler: Compiler
    ) -> tuple[Sequence[tuple[str, ...]], bool]:
        if not query.group_by:
            return [()], False
        rows = self._read(project_id, query, compiler.groups())
        return [_row(row, query).groups for row in rows[: query.limit]], len(rows) > query.limit

    def _read(self, project_id: str, query: AggregateQuery, statement: Statement) -> list[Mapping[str, Any]]:
        params = {**range_params(project_id, query.during), **statement.bind.params}
        is_long = query.during.to_ns - query.during.from_ns > _LONG_NS
        lane: Lane = "long" if is_long else "read"
        return read_rows(self._engine, statement.sql, params, lane=lane)


def _row(row: Mapping[str, Any], query: AggregateQuery) -> AggregateRow:
    groups = tuple(row[f"g{number}"] for number in range(len(query.group_by)))
    values = tuple(_value(row[f"m{number}"]) for number in range(len(query.measures)))
    return AggregateRow(groups, row.get(START), values)


def _value(value: float | None) -> float | None:
    """A mean of nothing is nothing."""
    return value if value is not None and math.isfinite(value) else None
