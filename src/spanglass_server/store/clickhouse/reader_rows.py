"""Columns that reads ask for, and Arrow tables as rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from spanglass_server.model.span import Log, Span
from spanglass_server.store.clickhouse.engine import Engine, Lane, Parameters, Settings
from spanglass_server.store.clickhouse.rows import unpack_trace
from spanglass_server.store.ports import PAYLOAD_FIELDS

TRACE_COLUMNS = ("packed",)
SPAN_COLUMNS = tuple(
    name for name in Span._fields if name not in ("project_id", "attribute_index", "version")
)
LIGHT_SPAN_COLUMNS = tuple(name for name in SPAN_COLUMNS if name not in PAYLOAD_FIELDS)
LOG_COLUMNS = tuple(name for name in Log._fields if name not in ("project_id", "attribute_index", "version"))


def select_list(columns: Sequence[str]) -> str:
    return ", ".join(columns)


READ_SETTINGS: Settings = {
    # The sorting key's hour decides the partition, so rows of one key never lie in two.
    "do_not_merge_across_partitions_select_final": 1,
    # A shard holds all rows of a trace, so its sub-selects need no other shard.
    "distributed_product_mode": "local",
}


def read_table(engine: Engine, sql: str, params: Parameters, *, lane: Lane = "read") -> pa.Table:
    return engine.query_arrow(sql, params, READ_SETTINGS, lane=lane)


def read_rows(
    engine: Engine, sql: str, params: Parameters, *, lane: Lane = "read"
) -> list[Mapping[str, Any]]:
    return _rows_of(read_table(engine, sql, params, lane=lane))


def _rows_of(table: pa.Table) -> list[Mapping[str, Any]]:
    names = table.column_names
    columns = [_values(column) for column in table.columns]
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    if "packed" in names:
        return [{**unpack_trace(row.pop("packed")), **row} for row in rows]
    return list(rows)


def _values(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_map(kind):
        return [dict(pairs) for pairs in column.to_pylist()]
    if pa.types.is_list(kind):
        return [tuple(items) for items in column.to_pylist()]
    # numpy makes Python's ints, floats and texts several times faster, but has no integer that may be absent.
    if column.null_count == 0 or pa.types.is_string(kind):
        values: list[Any] = column.to_numpy().tolist()
        return values
    return list(column.to_pylist())
