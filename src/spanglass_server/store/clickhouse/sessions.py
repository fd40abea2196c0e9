"""Sessions and users read: see store/sessions.py, SessionReader."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Expression
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.query.printer import print_filter
from spanglass_server.store.clickhouse.compile import trace_condition
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.keys import HOUR_OF_SPAN, hour_of
from spanglass_server.store.clickhouse.reader_lists import (
    IN_RANGE,
    INT64_MAX,
    SPANS_OF_TRACES,
    range_params,
)
from spanglass_server.store.clickhouse.reader_rows import SPAN_COLUMNS, read_rows, select_list
from spanglass_server.store.clickhouse.reader_views import spans_of_traces
from spanglass_server.store.ports import Page, PageRequest, TimeRange, TraceKey
from spanglass_server.store.sessions import (
    GROUP_ORDERS,
    SPANS_PER_TURN_MAX,
    GroupBy,
    GroupScores,
    ScoreMean,
    UserData,
)

ALL_TIME: Final = TimeRange(0, INT64_MAX)
_JUDGED_WITHIN_NS: Final = 31 * 86_400_000_000_000
"""How long after a trace its scores are looked for."""

_SORT_KEYS: Final = {
    "last_time": "last_ns",
    "start_time": "first_ns",
    "duration": "end_ns - first_ns",
    "trace_count": "trace_count",
    "error_count": "error_count",
    "total_tokens": "toInt64(ifNull(input_sum, 0) + ifNull(output_sum, 0))",
    "cost": "toInt64(ifNull(if(cost_sum > 9e6, 9e6, cost_sum), -1e-12) * 1e12)",
}

_MEASURES: Final = """\
min(start_time_ns) AS first_ns, max(start_time_ns) AS last_ns, max(end_time_ns) AS end_ns,
toInt64(count()) AS trace_count, toInt64(countIf(status = 'error')) AS error_count,
toInt64(sum(llm_call_count)) AS call_count, sum(input_tokens) AS input_sum, sum(output_tokens) AS output_sum,
sum(cost_usd) AS cost_sum, toInt64(sum(unpriced_count)) AS unpriced_sum,
argMin(trace_id, (start_time_ns, trace_id)) AS first_trace_id,
argMax(trace_id, (start_time_ns, trace_id)) AS last_trace_id"""

_FURTHER: Final[Mapping[GroupBy, str]] = {
    "session_id": "toInt64(1) AS session_count, groupUniqArrayIf(10)(user_id, user_id != '') AS user_ids",
    "user_id": (
        "toInt64(uniqExactIf(sipHash64(session_id), session_id != '')) AS session_count,"
        " [user_id] AS user_ids"
    ),
}
_READ: Final = (
    "(kind IN ('llm', 'agent', 'tool', 'retriever', 'guardrail', 'evaluator') OR parent_span_id = '')"
)
"""Of a trace's spans, those that tell what was said, and which of them judges."""


class ClickHouseSessionReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_groups(
        self, project_id: str, by: GroupBy, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page:
        field = page.order.removeprefix("-")
        if field not in _SORT_KEYS:
            raise QueryInvalid(
                f"these cannot be ordered by `{field}`", hint=f"order by one of {', '.join(GROUP_ORDERS)}"
            )
        filter_text = print_filter(where, "traces") if where is not None else ""
        list_id = "\n".join((by, project_id, page.order, filter_text))
        after = decode_cursor(page.cursor, list_id) if page.cursor else None
        if after is not None:
            during = TimeRange(after.from_ns, after.to_ns)
        bind = Binder()
        held = []
        if where is not None:
            held.append(f"countIf({trace_condition(where, bind, SPANS_OF_TRACES)}) > 0")
        is_descending = page.order.startswith("-")
        if after is not None:
            held.append(_behind(after, bind, is_descending=is_descending))
        direction = "DESC" if is_descending else "ASC"
        having = f"\nHAVING {' AND '.join(held)}" if held else ""
        sql = (
            f"SELECT {by} AS group_id, {_MEASURES},\n{_FURTHER[by]}, {_SORT_KEYS[field]} AS sort_key\n"
            f"FROM traces FINAL\nWHERE {IN_RANGE} AND {by} != ''\nGROUP BY {by}{having}\n"
            f"ORDER BY sort_key {direction}, first_ns {direction}, group_id {direction}\n"
            f"LIMIT {page.limit + 1:d}"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})
        shown = rows[: page.limit]
        cursor = ""
        if len(rows) > page.limit:
            last = shown[-1]
            position = Position(*during, last["sort_key"], last["first_ns"], (last["group_id"],))
            cursor = encode_cursor(position, list_id)
        return Page(self._with_ends(project_id, shown), cursor)

    def find_group(
        self, project_id: str, by: GroupBy, group_id: str, during: TimeRange | None = None
    ) -> Mapping[str, Any] | None:
        sql = (
            f"SELECT {by} AS group_id, {_MEASURES},\n{_FURTHER[by]}\n"
            f"FROM traces FINAL\nWHERE {IN_RANGE} AND {by} = {{group_id:String}} AND {by} != ''\n"
            f"GROUP BY {by}"
        )
        params = {**range_params(project_id, during or ALL_TIME), "group_id": group_id}
        found = self._with_ends(project_id, read_rows(self._engine, sql, params))
        return found[0] if found else None

    def score_groups(
        self, project_id: str, by: GroupBy, group_ids: Sequence[str], during: TimeRange
    ) -> Mapping[str, GroupScores]:
        if not group_ids:
            return {}
        in_time = (
            "project_id = {project:String} AND time_ns >= {from_ns:Int64} AND time_ns < {judged_ns:Int64}"
        )
        of_traces = (
            "SELECT gid, score_name, number, quality FROM (\n"
            f"SELECT trace_id, {_SCORE} FROM scores FINAL WHERE {in_time} AND trace_id != '') AS given\n"
            f"INNER JOIN (SELECT trace_id, {by} AS gid FROM traces FINAL\n"
            f"WHERE {IN_RANGE} AND {by} IN {{ids:Array(String)}}) AS judged USING (trace_id)"
        )
        own = (
            f"\nUNION ALL\nSELECT session_id AS gid, {_SCORE} FROM scores FINAL\n"
            f"WHERE {in_time} AND trace_id = '' AND session_id IN {{ids:Array(String)}}"
        )
        sql = (
            "SELECT gid, score_name, toInt64(count(number)) AS numbers, sum(number) AS total,\n"
            "toInt64(count(quality)) AS qualities, sum(quality) AS quality_total\n"
            f"FROM ({of_traces}{own if by == 'session_id' else ''})\n"
            "GROUP BY gid, score_name ORDER BY gid, score_name"
        )
        params: dict[str, Parameter] = {
            **range_params(project_id, during),
            "judged_ns": min(INT64_MAX, during.to_ns + _JUDGED_WITHIN_NS),
            "ids": list(group_ids),
        }
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in read_rows(self._engine, sql, params):
            found[row["gid"]].append(row)
        return {group_id: _scores_of(rows) for group_id, rows in found.items()}

    def load_spans(
        self, project_id: str, traces: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        if not traces:
            return {}
        wanted, params = spans_of_traces(project_id, traces)
        sql = (
            f"SELECT {select_list(SPAN_COLUMNS)}\nFROM spans FINAL\nPREWHERE {wanted}\n"
            f"WHERE {_READ} OR span_id IN {{roots:Array(String)}}\n"
            f"ORDER BY trace_id, (parent_span_id != ''), start_time_ns, span_id\n"
            f"LIMIT {SPANS_PER_TURN_MAX:d} BY trace_id"
        )
        roots = sorted({row["root_span_id"] for row in traces if row["root_span_id"]})
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in read_rows(self._engine, sql, {**params, "roots": roots}):
            found[row["trace_id"]].append(row)
        for spans in found.values():
            spans.sort(key=lambda row: (row["start_time_ns"], row["span_id"]))
        return found

    def count_user(self, project_id: str, user_id: str) -> UserData:
        sql = (
            "SELECT toInt64(count()) AS traces, toInt64(sum(span_count)) AS spans,\n"
            "toInt64(uniqExactIf(session_id, session_id != '')) AS sessions\nFROM traces FINAL\n"
            f"WHERE {IN_RANGE} AND (user_id = {{user:String}} OR trace_id IN ({_TRACES_OF_USER}))"
        )
        row = read_rows(self._engine, sql, {**range_params(project_id, ALL_TIME), "user": user_id})[0]
        return UserData(row["traces"], row["spans"], row["sessions"])

    def list_user_traces(self, project_id: str, user_id: str, *, limit: int) -> Sequence[TraceKey]:
        sql = (
            f"SELECT trace_id FROM traces FINAL\n"
            f"WHERE {IN_RANGE} AND (user_id = {{user:String}} OR trace_id IN ({_TRACES_OF_USER}))\n"
            f"ORDER BY start_time_ns, trace_id LIMIT {limit:d}"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, ALL_TIME), "user": user_id})
        return [TraceKey(project_id, row["trace_id"]) for row in rows]

    def list_sessions_of(self, project_id: str, traces: Sequence[TraceKey]) -> Sequence[str]:
        sql = (
            f"SELECT DISTINCT session_id FROM traces FINAL\nWHERE {IN_RANGE} AND session_id != ''\n"
            "AND trace_id IN {trace_ids:Array(String)} ORDER BY session_id"
        )
        params = {**range_params(project_id, ALL_TIME), "trace_ids": [key.trace_id for key in traces]}
        return [row["session_id"] for row in read_rows(self._engine, sql, params)]

    def list_empty(self, project_id: str, session_ids: Sequence[str]) -> Sequence[str]:
        if not session_ids:
            return []
        sql = (
            f"SELECT DISTINCT session_id FROM traces FINAL\nWHERE {IN_RANGE}\n"
            "AND session_id IN {session_ids:Array(String)}"
        )
        params = {**range_params(project_id, ALL_TIME), "session_ids": list(session_ids)}
        full = {row["session_id"] for row in read_rows(self._engine, sql, params)}
        return [session_id for session_id in session_ids if session_id not in full]

    def _with_ends(self, project_id: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """With the first and the last trace: texts are read of the page's groups alone."""
        keys = {
            (project_id, hour_of(row[time]), row[trace_id])
            for row in rows
            for time, trace_id in (("first_ns", "first_trace_id"), ("last_ns", "last_trace_id"))
        }
        traces: dict[str, Mapping[str, Any]] = {}
        if keys:
            sql = (
                f"SELECT packed FROM traces FINAL\nWHERE (project_id, {HOUR_OF_SPAN}, trace_id)"
                " IN {keys:Array(Tuple(String, Int64, String))}"
            )
            found = read_rows(self._engine, sql, {"keys": sorted(keys)})
            traces = {row["trace_id"]: row for row in found}
        return [_group(row, traces) for row in rows]


_SCORE: Final = (
    "name AS score_name, if(data_type IN ('numeric', 'boolean'), value, NULL) AS number, quality AS quality"
)
_TRACES_OF_USER: Final = (
    "SELECT trace_id FROM spans FINAL WHERE project_id = {project:String} AND user_id = {user:String}"
)


def _behind(after: Position, bind: Binder, *, is_descending: bool) -> str:
    bound = (bind(after.sort_key, "Int64"), bind(after.start_time_ns, "Int64"), bind(after.row_id[0]))
    sign = "<" if is_descending else ">"
    return f"(sort_key, first_ns, group_id) {sign} ({', '.join(bound)})"


def _scores_of(rows: Sequence[Mapping[str, Any]]) -> GroupScores:
    means = [
        ScoreMean(row["score_name"], row["total"] / row["numbers"], row["numbers"])
        for row in rows
        if row["numbers"]
    ]
    count = sum(row["qualities"] for row in rows)
    total = sum(row["quality_total"] or 0.0 for row in rows)
    return GroupScores(means, total / count if count else None, count)


def _group(row: Mapping[str, Any], traces: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return {
        "id": row["group_id"],
        "start_time_ns": row["first_ns"],
        "last_time_ns": row["last_ns"],
        "end_time_ns": row["end_ns"],
        "trace_count": row["trace_count"],
        "error_count": row["error_count"],
        "llm_call_count": row["call_count"],
        "input_tokens": row["input_sum"],
        "output_tokens": row["output_sum"],
        "cost_usd": row["cost_sum"],
        "unpriced_count": row["unpriced_sum"],
        "session_count": row["session_count"],
        "user_ids": sorted(row["user_ids"]),
        "first": traces.get(row["first_trace_id"]),
        "last": traces.get(row["last_trace_id"]),
    }
