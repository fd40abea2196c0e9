"""Columns that reads ask for, and Arrow tables as rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.store.ports import PAYLOAD_FIELDS

TRACE_COLUMNS = tuple(
    name for name in TraceSummary._fields if name not in ("project_id", "is_deleted", "version")
)
SPAN_COLUMNS = tuple(
    name for name in Span._fields if name not in ("project_id", "attribute_index", "version")
)
LIGHT_SPAN_COLUMNS = tuple(name for name in SPAN_COLUMNS if name not in PAYLOAD_FIELDS)
LOG_COLUMNS = tuple(name for name in Log._fields if name not in ("project_id", "attribute_index", "version"))


def select_list(columns: Sequence[str]) -> str:
    return ", ".join(columns)


def rows_of(table: pa.Table) -> list[Mapping[str, Any]]:
    names = table.column_names
    columns = [_values(column) for column in table.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


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
