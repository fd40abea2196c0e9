"""The read side of the store on ClickHouse (`store.ports.SpanReader`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spanglass_server.model.span import Span
from spanglass_server.query.ast import Expression
from spanglass_server.query.fields import Target
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.keys import find_trace_times
from spanglass_server.store.clickhouse.reader_aggregates import count_values, histogram
from spanglass_server.store.clickhouse.reader_lists import (
    HOUR_NS,
    IN_RANGE,
    LOGS_IN_RANGE,
    SPANS,
    TRACES,
    WHOLE_SPANS,
    condition_of,
    list_page,
    range_params,
)
from spanglass_server.store.clickhouse.reader_rows import (
    LIGHT_SPAN_COLUMNS,
    LOG_COLUMNS,
    SPAN_COLUMNS,
    TRACE_COLUMNS,
    read_rows,
    read_table,
    select_list,
)
from spanglass_server.store.clickhouse.rows import SPANS as SPAN_CODEC
from spanglass_server.store.ports import OpenTrace, Page, PageRequest, TimeRange, TraceKey

_ITER_BATCH_ROWS = 2_000
_LOG_ROWS_MAX = 10_000
_LOGS_BEFORE_NS, _LOGS_AFTER_NS = HOUR_NS, 24 * HOUR_NS
"""How far from its trace's first and last span start a log is looked for."""

_SEARCHED = ("name", "input", "output", "attributes", "events", "error_message")


class ClickHouseReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_traces(
        self, project_id: str, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page:
        return list_page(self._engine, TRACES, project_id, during, where, page)

    def list_spans(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        page: PageRequest,
        *,
        payloads: bool = False,
    ) -> Page:
        listing = WHOLE_SPANS if payloads else SPANS
        return list_page(self._engine, listing, project_id, during, where, page)

    def open_trace(self, project_id: str, trace_id: str, *, payloads: bool) -> OpenTrace | None:
        starts = self._starts_of(project_id, trace_id)
        if starts is None:
            return None
        traces = self._read_started(
            project_id, trace_id, starts, "traces", TRACE_COLUMNS, "version DESC LIMIT 1"
        )
        columns = SPAN_COLUMNS if payloads else LIGHT_SPAN_COLUMNS
        spans = self._read_started(project_id, trace_id, starts, "spans", columns, "start_time_ns, span_id")
        if not traces or not spans:
            return None
        logs = self._list_logs(project_id, starts, [trace_id]) if payloads else []
        return OpenTrace(traces[0], spans, logs)

    def list_trace_shape(self, project_id: str, trace_id: str) -> Sequence[tuple[str, str, int, int]]:
        columns = ("span_id", "parent_span_id", "start_time_ns", "end_time_ns")
        rows = self._read_trace(project_id, trace_id, "spans", columns, "start_time_ns, span_id")
        return [(r["span_id"], r["parent_span_id"], r["start_time_ns"], r["end_time_ns"]) for r in rows]

    def find_span(self, project_id: str, trace_id: str, span_id: str) -> Mapping[str, Any] | None:
        rows = self._read_trace(
            project_id, trace_id, "spans", SPAN_COLUMNS, "version DESC LIMIT 1",
            where=" AND span_id = {span_id:String}", params={"span_id": span_id},
        )  # fmt: skip
        return rows[0] if rows else None

    def search_trace(self, project_id: str, trace_id: str, text: str) -> Sequence[str]:
        holds = " OR ".join(f"positionCaseInsensitiveUTF8({name}, {{text:String}}) > 0" for name in _SEARCHED)
        rows = self._read_trace(
            project_id, trace_id, "spans", ("span_id",), "start_time_ns, span_id",
            where=f" AND ({holds})", params={"text": text},
        )  # fmt: skip
        return [row["span_id"] for row in rows]

    def list_trace_logs(self, project_id: str, trace_id: str) -> Sequence[Mapping[str, Any]]:
        starts = self._starts_of(project_id, trace_id)
        if starts is None:
            return []
        return self._list_logs(project_id, starts, [trace_id])

    def list_span_logs(
        self, project_id: str, during: TimeRange, spans: Sequence[tuple[str, str]]
    ) -> Sequence[Mapping[str, Any]]:
        wanted = set(spans)
        if not wanted:
            return []
        logs = self._list_logs(project_id, during, sorted({trace_id for trace_id, _ in wanted}))
        return [log for log in logs if (log["trace_id"], log["span_id"]) in wanted]

    def _list_logs(
        self, project_id: str, starts: TimeRange, trace_ids: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        sql = (
            # Copies of a record are alike: picking one costs a third of FINAL, which reads around what the
            # bloom filter found.
            f"SELECT {select_list(LOG_COLUMNS)}\nFROM logs\n"
            f"WHERE {LOGS_IN_RANGE} AND trace_id IN {{trace_ids:Array(String)}}\n"
            f"ORDER BY time_ns, log_id\nLIMIT 1 BY time_ns, log_id\nLIMIT {_LOG_ROWS_MAX:d}"
        )
        during = TimeRange(starts.from_ns - _LOGS_BEFORE_NS, starts.to_ns + _LOGS_AFTER_NS)
        params = {**range_params(project_id, during), "trace_ids": trace_ids}
        return read_rows(self._engine, sql, params)

    def facets(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        field: str,
        prefix: str,
        limit: int,
        target: Target,
    ) -> Sequence[tuple[str, int]]:
        return count_values(
            self._engine, project_id, during, where, field=field, prefix=prefix, limit=limit, target=target
        )

    def histogram(
        self, project_id: str, during: TimeRange, where: Expression | None, *, buckets: int, target: Target
    ) -> Sequence[Mapping[str, Any]]:
        return histogram(self._engine, project_id, during, where, buckets=buckets, target=target)

    def iter_spans(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> Iterator[Sequence[Span]]:
        for hour in self._hours_with_spans(project_id, during):
            start = hour * HOUR_NS
            window = TimeRange(max(during.from_ns, start), min(during.to_ns, start + HOUR_NS))
            yield from self._iter_hour(project_id, window, where)

    def _hours_with_spans(self, project_id: str, during: TimeRange) -> list[int]:
        hour = f"intDiv(start_time_ns, {HOUR_NS:d})"
        sql = f"SELECT DISTINCT {hour} AS hour\nFROM spans\nWHERE {IN_RANGE}\nORDER BY hour"
        rows = read_rows(self._engine, sql, range_params(project_id, during), lane="long")
        return [row["hour"] for row in rows]

    def _iter_hour(
        self, project_id: str, window: TimeRange, where: Expression | None
    ) -> Iterator[Sequence[Span]]:
        after: tuple[str, str] = ("", "")
        while True:
            bind = Binder()
            wanted = condition_of(where, "spans", bind)
            sql = (
                f"SELECT {select_list(SPAN_CODEC.columns)}\nFROM spans FINAL\nWHERE {wanted}\n"
                f"AND (trace_id, span_id) > ({bind(after[0])}, {bind(after[1])})\n"
                f"ORDER BY trace_id, span_id\nLIMIT {_ITER_BATCH_ROWS:d}"
            )
            params = {**range_params(project_id, window), **bind.params}
            batch = SPAN_CODEC.from_table(read_table(self._engine, sql, params, lane="long"))
            if batch:
                yield batch
            if len(batch) < _ITER_BATCH_ROWS:
                return
            after = (batch[-1].trace_id, batch[-1].span_id)

    def _starts_of(self, project_id: str, trace_id: str) -> TimeRange | None:
        """When the trace's spans started: what makes reading it by its id a bounded read."""
        key = TraceKey(project_id, trace_id)
        return find_trace_times(self._engine, [key], lane="read").get(key)

    def _read_trace(
        self,
        project_id: str,
        trace_id: str,
        table: str,
        columns: Sequence[str],
        order_by: str,
        *,
        where: str = "",
        params: Mapping[str, Parameter] | None = None,
    ) -> list[Mapping[str, Any]]:
        starts = self._starts_of(project_id, trace_id)
        if starts is None:
            return []
        return self._read_started(
            project_id, trace_id, starts, table, columns, order_by, where=where, params=params
        )

    def _read_started(
        self,
        project_id: str,
        trace_id: str,
        starts: TimeRange,
        table: str,
        columns: Sequence[str],
        order_by: str,
        *,
        where: str = "",
        params: Mapping[str, Parameter] | None = None,
    ) -> list[Mapping[str, Any]]:
        sql = (
            f"SELECT {select_list(columns)}\nFROM {table} FINAL\n"
            f"WHERE {IN_RANGE} AND trace_id = {{trace_id:String}}{where}\nORDER BY {order_by}"
        )
        bound = {**range_params(project_id, starts), "trace_id": trace_id, **(params or {})}
        return read_rows(self._engine, sql, bound)
