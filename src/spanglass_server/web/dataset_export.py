"""A dataset as a file, some items at a time: JSON lines, which an import takes again, and Parquet."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spanglass_server.store.library import DatasetItem
from spanglass_server.web.api.shape import time_text

Batches = Iterator[Sequence[DatasetItem]]

_NAME_CHARS_MAX: Final = 80
_SCHEMA: Final = pa.schema(
    [
        ("id", pa.string()),
        ("input", pa.string()),
        ("expected_output", pa.string()),
        ("metadata", pa.string()),
        ("status", pa.string()),
        ("source_trace_id", pa.string()),
        ("source_span_id", pa.string()),
        ("created_at", pa.timestamp("ns", tz="UTC")),
        ("updated_at", pa.timestamp("ns", tz="UTC")),
    ]
)
"""Input, expected output and metadata are JSON text; null where an item has none."""


def to_json_lines(batches: Batches) -> Iterator[bytes]:
    for batch in batches:
        yield b"".join(orjson.dumps(_line(item), option=orjson.OPT_APPEND_NEWLINE) for item in batch)


def to_parquet(batches: Batches, about: dict[str, str]) -> Iterator[bytes]:
    """`about` goes into the file's own metadata. A row group a batch, so that memory holds one."""
    sink = _Sink()
    schema = _SCHEMA.with_metadata({f"spanglass.{key}": value for key, value in about.items()})
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_pylist([_row(item) for item in batch], schema))
            yield sink.take()
    yield sink.take()


def content_disposition(name: str, version: str, extension: str) -> str:
    """RFC 6266: a name that any system can store, and the whole one for those that can."""
    whole = f"{name}@{version}" if version else name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", whole)[:_NAME_CHARS_MAX].strip(".-") or "dataset"
    safe = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "-", whole)[:_NAME_CHARS_MAX].strip(". ") or "dataset"
    return (
        f'attachment; filename="{plain}.{extension}"; '
        f"filename*=UTF-8''{quote(f'{safe}.{extension}', safe='')}"
    )


def _line(item: DatasetItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "input": orjson.Fragment(item.input),
        "expected_output": orjson.Fragment(item.expected_output),
        "metadata": orjson.Fragment(item.metadata),
        "status": item.status.lower(),
        "source_trace_id": item.source_trace_id,
        "source_span_id": item.source_observation_id,
        "created_at": time_text(item.created_at_ns),
        "updated_at": time_text(max(item.created_at_ns, item.valid_from_ns)),
    }


def _row(item: DatasetItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "input": _unless_null(item.input),
        "expected_output": _unless_null(item.expected_output),
        "metadata": _unless_null(item.metadata),
        "status": item.status.lower(),
        "source_trace_id": item.source_trace_id,
        "source_span_id": item.source_observation_id,
        "created_at": item.created_at_ns,
        "updated_at": max(item.created_at_ns, item.valid_from_ns),
    }


def _unless_null(text: str) -> str | None:
    return None if text == "null" else text


class _Sink:
    """A file that is only written to and keeps nothing that was taken."""

    closed = False

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: Any) -> int:
        chunk = bytes(data)
        self._chunks.append(chunk)
        return len(chunk)

    def flush(self) -> None: ...
    def close(self) -> None: ...
    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def take(self) -> bytes:
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data
