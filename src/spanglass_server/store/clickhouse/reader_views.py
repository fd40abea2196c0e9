"""Counts, numbered pages, groups and sessions (`store.views.ViewReader`) on ClickHouse."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.clickhouse import views
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.conditions import condition_sql
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.keys import (
    HOUR_OF_SPAN,
    find_trace_times,
    hour_keys,
    hour_of,
    is_short,
)
from spanglass_server.store.clickhouse.reader_groups import group_rows
from spanglass_server.store.clickhouse.reader_lists import (
    HOUR_NS,
    IN_RANGE,
    INT64_MAX,
    newest_first,
    range_params,
)
from spanglass_server.store.clickhouse.reader_rows import LIGHT_SPAN_COLUMNS, read_rows, select_list
from spanglass_server.store.ports import TimeRange, TraceKey
from spanglass_server.store.views import (
    SPAN_IDS_MAX,
    After,
    Condition,
    Grouping,
    Order,
    SpanPart,
    SpanSums,
    View,
)

_PARTS: Final[Mapping[SpanPart, tuple[str, ...]]] = {
    "io": ("input", "output", "input_key", "output_key"),
    "attributes": ("attributes", "resource", "scope"),
    "parameters": ("request_parameters",),
}
_DECLARED: Final = (
    f"{views.DECLARED_TYPE} AS declared_type, {views.DECLARED_LEVEL} AS declared_level,\n"
    "attribute_index['langfuse.observation.status_message'] AS declared_message,\n"
    f"{views.VERSION} AS declared_version, {views.IS_PUBLIC} AS is_public,\n"
    f"{views.IS_MARKED_ROOT} AS is_marked_root"
)
_TRACE_ORDERS: Final = frozenset(
    {"id", "start_time", "name", "user_id", "release", "session_id", "is_bookmarked", "cost_usd", "latency_s"}
)
_SESSION_OF: Final = "project_id = {project:String} AND session_id != '' AND start_time_ns < {to_ns:Int64}"


class ClickHouseViewReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bounds(self, project_id: str) -> TimeRange:
        rows = read_rows(
            self._engine,
            "SELECT min(first_start_ns) AS first_ns, max(last_start_ns) + 1 AS last_ns, count() AS n\n"
            "FROM trace_times WHERE project_id = {project:String}",
            {"project": project_id},
        )
        row = rows[0]
        return TimeRange(row["first_ns"], row["last_ns"]) if row["n"] else TimeRange(0, 0)

    def count(self, project_id: str, view: View, during: TimeRange, where: Sequence[Condition]) -> int:
        during = self._within_trace(project_id, view, during, where)
        bind = Binder()
        source, wanted = _rows_of(view, where, bind)
        sql = f"SELECT toInt64(count()) AS n\nFROM {source}\nWHERE {wanted}"
        rows = read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})
        return int(rows[0]["n"])

    def list_traces(
        self,
        project_id: str,
        during: TimeRange,
        where: Sequence[Condition],
        *,
        order: Order,
        limit: int,
        offset: int,
    ) -> Sequence[Mapping[str, Any]]:
        if order.column not in _TRACE_ORDERS:
            raise QueryInvalid(
                f"traces cannot be ordered by `{order.column}`",
                hint=f"order by one of {', '.join(sorted(_TRACE_ORDERS))}",
            )
        bind = Binder()
        source, wanted = _rows_of("traces", where, bind, [order.column])
        direction = "DESC" if order.is_descending else "ASC"
        key = views.get_column("traces", order.column).sql
        sql = (
            f"SELECT packed\nFROM {source}\nWHERE {wanted}\n"
            f"ORDER BY {key} {direction}, trace_id {direction}\nLIMIT {limit:d} OFFSET {offset:d}"
        )
        return read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})

    def list_spans(
        self,
        project_id: str,
        during: TimeRange,
        where: Sequence[Condition],
        *,
        parts: Collection[SpanPart],
        limit: int,
        offset: int = 0,
        after: After | None = None,
    ) -> Sequence[Mapping[str, Any]]:
        during = self._within_trace(project_id, "spans", during, where)
        if after is not None:
            during = TimeRange(during.from_ns, min(during.to_ns, after.start_time_ns + 1))
        # A page that follows the newest is found by going back in time; a numbered one has to count.
        windows = [during] if offset else newest_first(during, HOUR_NS)
        rows: list[Mapping[str, Any]] = []
        for window in windows:
            rows += self._list_spans(project_id, window, where, parts, after, limit - len(rows), offset)
            if len(rows) >= limit:
                break
        return rows

    def _within_trace(
        self, project_id: str, view: View, during: TimeRange, where: Sequence[Condition]
    ) -> TimeRange:
        """The part of the range that a trace which is asked for by its id lies in."""
        for condition in where:
            if (view, condition.column, condition.operator) == ("spans", "trace_id", "="):
                key = TraceKey(project_id, str(condition.value))
                times = find_trace_times(self._engine, [key], lane="read").get(key, TimeRange(0, 0))
                start = max(during.from_ns, times.from_ns)
                during = TimeRange(start, max(start, min(during.to_ns, times.to_ns)))
        return during

    def _list_spans(
        self,
        project_id: str,
        window: TimeRange,
        where: Sequence[Condition],
        parts: Collection[SpanPart],
        after: After | None,
        limit: int,
        offset: int,
    ) -> list[Mapping[str, Any]]:
        bind = Binder()
        source, wanted = _rows_of("spans", where, bind)
        if after is not None:
            key = f"({bind(after.start_time_ns, 'Int64')}, {bind(after.trace_id)}, {bind(after.span_id)})"
            wanted += f"\nAND (start_time_ns, trace_id, span_id) < {key}"
        columns = _span_columns(parts)
        # What is computed of a row is computed of the page's rows alone.
        sql = (
            f"SELECT {select_list(columns)}, version,\n{_DECLARED}\n"
            f"FROM (SELECT {select_list(_read_columns(columns))}\nFROM {source}\nWHERE {wanted}\n"
            f"ORDER BY start_time_ns DESC, trace_id DESC, span_id DESC\nLIMIT {limit:d} OFFSET {offset:d})\n"
            "ORDER BY start_time_ns DESC, trace_id DESC, span_id DESC"
        )
        return read_rows(self._engine, sql, {**range_params(project_id, window), **bind.params})

    def list_trace_heads(
        self, project_id: str, traces: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        if not traces:
            return []
        wanted, params = spans_of_traces(project_id, traces)
        columns = _span_columns(("io", "attributes"))
        roots = [(row["trace_id"], row["root_span_id"]) for row in traces if row["root_span_id"]]
        sql = (
            f"SELECT {select_list(columns)}, version,\n{_DECLARED}\nFROM spans FINAL\n"
            f"PREWHERE {wanted}\n"
            "WHERE ((trace_id, span_id) IN {roots:Array(Tuple(String, String))} OR dialect = 'langfuse'\n"
            "AND (position(attributes, '\"langfuse.trace.') > 0 OR startsWith(input_key, 'langfuse.trace.')\n"
            "OR startsWith(output_key, 'langfuse.trace.')))\nORDER BY start_time_ns, span_id"
        )
        return read_rows(self._engine, sql, {**params, "roots": roots})

    def sum_traces(self, project_id: str, traces: Sequence[Mapping[str, Any]]) -> Mapping[str, SpanSums]:
        if not traces:
            return {}
        wanted, params = spans_of_traces(project_id, traces)
        sql = (
            f"SELECT trace_id, groupArrayIf({SPAN_IDS_MAX:d})(span_id, NOT is_record) AS span_ids,\n"
            "sumIf(cost, NOT is_record) AS cost_usd, max(is_open) AS is_public,\n"
            "argMinIf(told, start_time_ns, told != '') AS told_version\n"
            f"FROM (SELECT trace_id, span_id, start_time_ns, {views.COST} AS cost, {views.VERSION} AS told,\n"
            f"{views.IS_PUBLIC} AS is_open, {views.IS_TRACE_RECORD} AS is_record\n"
            f"FROM spans FINAL\nPREWHERE {wanted}\nORDER BY start_time_ns, span_id)\nGROUP BY trace_id"
        )
        rows = read_rows(self._engine, sql, params)
        return {
            row["trace_id"]: SpanSums(
                row["span_ids"], row["cost_usd"], row["told_version"], bool(row["is_public"])
            )
            for row in rows
        }

    def find_trace_id(self, project_id: str, span_id: str) -> str | None:
        for window in newest_first(self.bounds(project_id), HOUR_NS):
            rows = read_rows(
                self._engine,
                f"SELECT trace_id FROM spans\nWHERE {IN_RANGE} AND span_id = {{span_id:String}}\n"
                "ORDER BY start_time_ns DESC LIMIT 1",
                {**range_params(project_id, window), "span_id": span_id},
            )
            if rows:
                found: str = rows[0]["trace_id"]
                return found
        return None

    def find_traces(self, project_id: str, trace_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        keys = [TraceKey(project_id, trace_id) for trace_id in trace_ids]
        times = find_trace_times(self._engine, keys, lane="read")
        if not times:
            return {}
        during = TimeRange(min(t.from_ns for t in times.values()), max(t.to_ns for t in times.values()))
        rows = read_rows(
            self._engine,
            f"SELECT packed\nFROM traces FINAL\nWHERE {IN_RANGE} AND trace_id IN {{trace_ids:Array(String)}}",
            {**range_params(project_id, during), "trace_ids": list(trace_ids)},
        )
        return {row["trace_id"]: row for row in rows}

    def aggregate(
        self,
        project_id: str,
        view: View,
        during: TimeRange,
        where: Sequence[Condition],
        grouping: Grouping,
    ) -> Sequence[Mapping[str, Any]]:
        during = self._within_trace(project_id, view, during, where)
        bind = Binder()
        names = [*grouping.dimensions, *(m.column for m in grouping.measures if m.column != "count")]
        source, wanted = _rows_of(view, where, bind, names)
        params = {**range_params(project_id, during), **bind.params}
        return group_rows(self._engine, view, source, wanted, params, grouping)

    def list_sessions(
        self, project_id: str, during: TimeRange, *, environments: Sequence[str], limit: int, offset: int
    ) -> Sequence[Mapping[str, Any]]:
        bind = Binder()
        sql = (
            "SELECT session_id, argMin(environment, start_time_ns) AS environment,\n"
            "min(start_time_ns) AS first_ns, max(end_time_ns) AS last_ns, toInt64(count()) AS trace_count,\n"
            "toInt64(sum(error_count)) AS error_count, sum(ifNull(input_tokens, 0)) AS input_tokens,\n"
            "sum(ifNull(output_tokens, 0)) AS output_tokens, sum(cost_usd) AS cost_usd,\n"
            "arraySort(groupUniqArrayIf(100)(user_id, user_id != '')) AS user_ids\n"
            f"FROM traces FINAL\nWHERE {_SESSION_OF}\nGROUP BY session_id\n"
            f"HAVING {_session_condition(environments, bind)}\n"
            f"ORDER BY first_ns DESC, session_id DESC\nLIMIT {limit:d} OFFSET {offset:d}"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})
        return [_session_row(row) for row in rows]

    def count_sessions(self, project_id: str, during: TimeRange, *, environments: Sequence[str]) -> int:
        bind = Binder()
        sql = (
            "SELECT toInt64(count()) AS n FROM (SELECT session_id, min(start_time_ns) AS first_ns,\n"
            "argMin(environment, start_time_ns) AS environment\n"
            f"FROM traces FINAL\nWHERE {_SESSION_OF}\nGROUP BY session_id\n"
            f"HAVING {_session_condition(environments, bind)})"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})
        return int(rows[0]["n"])


def _rows_of(
    view: View, where: Sequence[Condition], bind: Binder, names: Iterable[str] = ()
) -> tuple[str, str]:
    """Where the wanted rows come from, and what they are wanted by."""
    columns = [(condition, views.get_column(view, condition.column)) for condition in where]
    held = [condition_sql(condition, column, bind) for condition, column in columns]
    needed = [*(column for _, column in columns), *(views.get_column(view, name) for name in names)]
    return views.source_sql(view, needed), "\nAND ".join([views.ROWS_IN_RANGE[view], *held])


def _span_columns(parts: Collection[SpanPart]) -> tuple[str, ...]:
    further = [name for part in _PARTS if part in parts for name in _PARTS[part]]
    return tuple(dict.fromkeys([*LIGHT_SPAN_COLUMNS, *further]))


def _read_columns(columns: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*columns, "version", "attribute_index", "resource"]))


def spans_of_traces(project_id: str, traces: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Parameter]]:
    """The spans of traces that lie anywhere in time: none starts before its trace or after its end. Where one
    of them lasts for days, by their ids within the hours of them all.

    A condition for PREWHERE, over columns of the sorting key alone: payloads of other rows are not read
    (measured: a third of the time of the same WHERE).
    """
    times = [
        (
            TraceKey(project_id, row["trace_id"]),
            TimeRange(row["start_time_ns"], min(INT64_MAX, row["end_time_ns"] + 1)),
        )
        for row in traces
    ]
    if all(is_short(during) for _, during in times):
        condition = f"(project_id, {HOUR_OF_SPAN}, trace_id) IN {{keys:Array(Tuple(String, Int64, String))}}"
        return condition, {"keys": [tuple(key) for key in hour_keys(times)]}
    condition = (
        f"project_id = {{project:String}} AND {HOUR_OF_SPAN} >= {{from_hour:Int64}}"
        f" AND {HOUR_OF_SPAN} <= {{to_hour:Int64}} AND trace_id IN {{trace_ids:Array(String)}}"
    )
    return condition, {
        "project": project_id,
        "from_hour": hour_of(min(t.from_ns for _, t in times)),
        "to_hour": hour_of(max(t.to_ns for _, t in times)),
        "trace_ids": [key.trace_id for key, _ in times],
    }


def _session_condition(environments: Sequence[str], bind: Binder) -> str:
    started = "first_ns >= {from_ns:Int64}"
    if not environments:
        return started
    named = bind(list(environments), "Array(String)")
    return f"{started} AND if(environment = '', 'default', environment) IN {named}"


def _session_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "session_id": row["session_id"],
        "environment": row["environment"],
        "start_time_ns": row["first_ns"],
        "end_time_ns": row["last_ns"],
        "trace_count": row["trace_count"],
        "error_count": row["error_count"],
        "total_tokens": row["input_tokens"] + row["output_tokens"],
        "cost_usd": row["cost_usd"],
        "user_ids": row["user_ids"],
    }
