"""Reading log records on ClickHouse (`store.ports.LogReader`).

The table is sorted by time, so a page is read in order and ends where it is full.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import LOG_LIST_ATTRIBUTES_BYTES_MAX, LOG_LIST_BODY_CHARS_MAX
from spanglass_server.model.severity import SEVERITIES
from spanglass_server.query.ast import Expression
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.query.printer import print_filter
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_aggregates import bucket_width_ns
from spanglass_server.store.clickhouse.reader_lists import condition_of, range_params
from spanglass_server.store.clickhouse.reader_rows import LOG_COLUMNS, read_rows, select_list
from spanglass_server.store.ports import LogTail, Page, PageRequest, TimeRange

_ORDERS: Mapping[str, bool] = {"-time": True, "time": False}
"""Whether it is descending."""

_UNKNOWN = "unknown"

_LISTED = {
    "body": f"substringUTF8(body, 1, {LOG_LIST_BODY_CHARS_MAX:d})",
    "attributes": f"if(length(attributes) > {LOG_LIST_ATTRIBUTES_BYTES_MAX:d}, '', attributes)",
    "is_cut": (
        f"(length(body) > {LOG_LIST_BODY_CHARS_MAX:d} AND lengthUTF8(body) > {LOG_LIST_BODY_CHARS_MAX:d}"
        f" OR length(attributes) > {LOG_LIST_ATTRIBUTES_BYTES_MAX:d})"
    ),
}
_LIST_COLUMNS = ", ".join(
    # An alias of a column's own name would stand for it in the condition too.
    f"{_LISTED[name]} AS listed_{name}" if name in _LISTED else name
    for name in (*LOG_COLUMNS, "is_cut")
)


class Statement(NamedTuple):
    sql: str
    params: dict[str, Any]


class ClickHouseLogReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_logs(
        self, project_id: str, during: TimeRange, where: Expression | None, page: PageRequest
    ) -> Page:
        if page.order not in _ORDERS:
            raise QueryInvalid(
                f"logs cannot be ordered by `{page.order}`", hint=f"order by one of {', '.join(_ORDERS)}"
            )
        list_id = _list_id(project_id, where, page.order)
        after = decode_cursor(page.cursor, list_id) if page.cursor else None
        if after is not None:
            during = TimeRange(after.from_ns, after.to_ns)
        rows = self._list(
            page_statement(
                project_id,
                during,
                where,
                after=after,
                is_descending=_ORDERS[page.order],
                limit=page.limit + 1,
            )
        )
        items = rows[: page.limit]
        if len(rows) <= page.limit:
            return Page(items, "")
        last = items[-1]
        position = Position(*during, last["time_ns"], last["time_ns"], (last["log_id"],))
        return Page(items, encode_cursor(position, list_id))

    def start_tail(self, project_id: str, where: Expression | None, *, stored_after_ns: int) -> str:
        return _tail_cursor(project_id, where, (stored_after_ns, 0, ""))

    def tail_logs(
        self, project_id: str, during: TimeRange, where: Expression | None, *, after: str, limit: int
    ) -> LogTail:
        position = decode_cursor(after, _list_id(project_id, where, "tail"))
        seen = (position.sort_key, position.start_time_ns, *position.row_id)
        rows = self._list(tail_statement(project_id, during, where, seen=seen, limit=limit))
        if not rows:
            return LogTail([], after)
        last = rows[-1]
        cursor = _tail_cursor(project_id, where, (last["version"], last["time_ns"], last["log_id"]))
        return LogTail(rows, cursor)

    def find_log(self, project_id: str, time_ns: int, log_id: str) -> Mapping[str, Any] | None:
        sql = (
            f"SELECT {select_list(LOG_COLUMNS)}\nFROM logs\n"
            "WHERE project_id = {project:String} AND time_ns = {time_ns:Int64} AND log_id = {log_id:String}\n"
            "LIMIT 1"
        )
        rows = read_rows(self._engine, sql, {"project": project_id, "time_ns": time_ns, "log_id": log_id})
        return rows[0] if rows else None

    def log_histogram(
        self, project_id: str, during: TimeRange, where: Expression | None, *, buckets: int
    ) -> Sequence[Mapping[str, Any]]:
        width = bucket_width_ns(during, buckets)
        rows = self._read(histogram_statement(project_id, during, where, width_ns=width))
        counts: dict[int, dict[str, int]] = {}
        for row in rows:
            counts.setdefault(row["bucket"], {})[_class_name(row["class"])] = row["number"]
        count = -(-(during.to_ns - during.from_ns) // width)
        return [_bucket(during.from_ns + number * width, counts.get(number, {})) for number in range(count)]

    def _read(self, statement: Statement) -> list[Mapping[str, Any]]:
        return read_rows(self._engine, statement.sql, statement.params)

    def _list(self, statement: Statement) -> list[Mapping[str, Any]]:
        rows = self._read(statement)
        return [{name.removeprefix("listed_"): value for name, value in row.items()} for row in rows]


def page_statement(
    project_id: str,
    during: TimeRange,
    where: Expression | None,
    *,
    after: Position | None,
    is_descending: bool,
    limit: int,
) -> Statement:
    bind = Binder()
    if after is not None:
        during = _rest_of(during, after.start_time_ns, is_descending=is_descending)
    wanted = condition_of(where, "logs", bind)
    if after is not None:
        seen = f"({bind(after.start_time_ns, 'Int64')}, {bind(after.row_id[0])})"
        wanted += f"\nAND (time_ns, log_id) {'<' if is_descending else '>'} {seen}"
    direction = "DESC" if is_descending else "ASC"
    sql = (
        f"SELECT {_LIST_COLUMNS}\nFROM logs FINAL\nWHERE {wanted}\n"
        f"ORDER BY time_ns {direction}, log_id {direction}\nLIMIT {limit:d}"
    )
    return Statement(sql, {**range_params(project_id, during), **bind.params})


def _rest_of(during: TimeRange, time_ns: int, *, is_descending: bool) -> TimeRange:
    if is_descending:
        return TimeRange(during.from_ns, min(during.to_ns, time_ns + 1))
    return TimeRange(max(during.from_ns, time_ns), during.to_ns)


def tail_statement(
    project_id: str, during: TimeRange, where: Expression | None, *, seen: tuple[Any, ...], limit: int
) -> Statement:
    bind = Binder()
    wanted = condition_of(where, "logs", bind)
    version = bind(seen[0], "UInt64")
    bound = f"{version}, {bind(seen[1], 'Int64')}, {bind(seen[2])}"
    sql = (
        f"SELECT {_LIST_COLUMNS}, version\nFROM logs FINAL\nWHERE {wanted}\n"
        f"AND version >= {version} AND (version, time_ns, log_id) > ({bound})\n"
        f"ORDER BY version, time_ns, log_id\nLIMIT {limit:d}"
    )
    return Statement(sql, {**range_params(project_id, during), **bind.params})


def histogram_statement(
    project_id: str, during: TimeRange, where: Expression | None, *, width_ns: int
) -> Statement:
    bind = Binder()
    wanted = condition_of(where, "logs", bind)
    sql = (
        f"SELECT intDiv(time_ns - {{from_ns:Int64}}, {width_ns:d}) AS bucket,\n"
        "intDiv(severity_number + 3, 4) AS class, count() AS number\n"
        f"FROM logs FINAL\nWHERE {wanted}\nGROUP BY bucket, class"
    )
    return Statement(sql, {**range_params(project_id, during), **bind.params})


def _class_name(number: int) -> str:
    return SEVERITIES[number - 1] if 1 <= number <= len(SEVERITIES) else _UNKNOWN


def _bucket(start_ns: int, counts: Mapping[str, int]) -> Mapping[str, Any]:
    by_severity = {severity: counts.get(severity, 0) for severity in (*SEVERITIES, _UNKNOWN)}
    return {"start_ns": start_ns, "count": sum(counts.values()), "by_severity": by_severity}


def _tail_cursor(project_id: str, where: Expression | None, seen: tuple[int, int, str]) -> str:
    version, time_ns, log_id = seen
    return encode_cursor(Position(0, 0, version, time_ns, (log_id,)), _list_id(project_id, where, "tail"))


def _list_id(project_id: str, where: Expression | None, order: str) -> str:
    filter_text = print_filter(where, "logs") if where is not None else ""
    return "\n".join(("logs", project_id, order, filter_text))
