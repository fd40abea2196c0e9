"""Takes facts away with the spans that they are of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from spanglass_server.store.clickhouse.engine import Engine, Lane, Parameters
from spanglass_server.store.clickhouse.keys import hour_of, trace_hash
from spanglass_server.store.clickhouse.llm_ledger import HOURS_SETTINGS
from spanglass_server.store.clickhouse.llm_metrics import Source
from spanglass_server.store.clickhouse.schema import HIDING_DELETE, topology_of
from spanglass_server.store.ports import PlacedSpan, TimeRange, TraceKey

_TABLES: Final[dict[Source, str]] = {"span": "span_facts", "trace": "trace_facts"}
_INT64: Final = np.iinfo(np.int64)


class FactDeletion:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._topology = topology_of(engine, is_fsynced=False)

    def delete_traces(self, times: Mapping[TraceKey, TimeRange]) -> None:
        """`times`: when their spans start."""
        hashes = [(key.project_id, trace_hash(key.trace_id)) for key in times]
        params: Parameters = {
            "projects": sorted({key.project_id for key in times}),
            "first": min(hour_of(during.from_ns) for during in times.values()),
            "last": max(hour_of(during.to_ns) for during in times.values()),
            "hashes": hashes,
        }
        condition = (
            "project_id IN {projects:Array(String)} AND hour >= {first:Int64} AND hour <= {last:Int64}\n"
            "AND (project_id, trace_hash) IN {hashes:Array(Tuple(String, UInt64))}"
        )
        for source, table in _TABLES.items():
            found = self._engine.query_arrow(
                f"SELECT DISTINCT project_id, hour FROM {table} WHERE {condition}", params, lane="admin"
            )
            hours = [(row["project_id"], row["hour"]) for row in found.to_pylist()]
            self._delete(source, hours, condition, params, lane="admin")

    def remove_spans(self, spans: Sequence[PlacedSpan]) -> None:
        keys = [
            (
                span.project_id,
                hour_of(span.start_time_ns),
                trace_hash(span.trace_id),
                trace_hash(span.span_id),
            )
            for span in spans
        ]
        condition = (
            "(project_id, hour, trace_hash, span_hash) IN {keys:Array(Tuple(String, Int64, UInt64, UInt64))}"
        )
        self._delete("span", [key[:2] for key in keys], condition, {"keys": keys}, lane="write")

    def _delete(
        self,
        source: Source,
        hours: Iterable[tuple[str, int]],
        condition: str,
        params: Parameters,
        *,
        lane: Lane,
    ) -> None:
        """Rollups of the hours hold no more, from before to after."""
        distinct = sorted(set(hours))
        if not distinct:
            return
        table = _TABLES[source]
        place = f"{self._topology.table(table)} {self._topology.on_cluster}".rstrip()
        self._touch(source, distinct)
        self._engine.command(f"DELETE FROM {place} WHERE {condition}", params, HIDING_DELETE, lane=lane)
        self._touch(source, distinct)

    def _touch(self, source: Source, hours: Sequence[tuple[str, int]]) -> None:
        count = len(hours)
        rows = {
            "project_id": [project_id for project_id, _ in hours],
            "source": [source] * count,
            "hour": [hour for _, hour in hours],
            "revisions": pa.array([1] * count, pa.uint64()),
            "first_end_ns": pa.array([_INT64.max] * count, pa.int64()),
            "last_end_ns": pa.array([_INT64.min] * count, pa.int64()),
        }
        self._engine.insert_arrow("fact_hours", pa.table(rows), HOURS_SETTINGS)
