"""Pages of traces and spans, by time or by a value, each continued by a key and never by an offset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.query.ast import Expression
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.query.fields import Target
from spanglass_server.query.printer import print_filter
from spanglass_server.store.clickhouse.compile import span_condition, trace_condition
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS, Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.reader_rows import (
    LIGHT_SPAN_COLUMNS,
    SPAN_COLUMNS,
    TRACE_COLUMNS,
    rows_of,
    select_list,
)
from spanglass_server.store.ports import Page, PageRequest, TimeRange

HOUR_NS = 3_600_000_000_000
INT64_MAX = 2**63 - 1

IN_RANGE = (
    "project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}"
)
SPANS_OF_TRACES = (
    "project_id = {project:String} AND start_time_ns >= {from_ns:Int64} AND start_time_ns <= "
    f"(SELECT max(end_time_ns) FROM traces WHERE {IN_RANGE})"
)
"""The spans of the traces that started in the range: none starts before its trace or after its end."""


def range_params(project_id: str, during: TimeRange) -> dict[str, Parameter]:
    from_ns, to_ns = (min(max(0, edge), INT64_MAX) for edge in during)
    return {"project": project_id, "from_ns": from_ns, "to_ns": to_ns}


def condition_of(where: Expression | None, target: Target, bind: Binder) -> str:
    """The rows of the range, and of them those that the filter wants."""
    if where is None:
        return IN_RANGE
    if target == "traces":
        return f"{IN_RANGE} AND {trace_condition(where, bind, SPANS_OF_TRACES)}"
    return f"{IN_RANGE} AND {span_condition(where, bind, IN_RANGE)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    target: Target
    columns: tuple[str, ...]
    id_columns: tuple[str, ...]
    sort_keys: Mapping[str, str]
    """By the field's name, an Int64 expression that orders as the field does, null where it is absent."""


_SORT_KEYS = {
    "start_time": "start_time_ns",
    "duration": EXPRESSIONS["duration_ns"],
    # Integers compare and travel exactly; a millionth of a micro-dollar tells any two prices apart.
    "cost": "toInt64(least(cost_usd, 9e6) * 1e12)",
    "total_tokens": EXPRESSIONS["total_tokens"],
}
TRACES = Listing(
    target="traces",
    columns=TRACE_COLUMNS,
    id_columns=("trace_id",),
    sort_keys={**_SORT_KEYS, "error_count": "toInt64(error_count)", "span_count": "toInt64(span_count)"},
)
SPANS = Listing(
    target="spans",
    columns=LIGHT_SPAN_COLUMNS,
    id_columns=("trace_id", "span_id"),
    sort_keys={**_SORT_KEYS, "ttft": "ttft_ns"},
)


class _Order(NamedTuple):
    field: str
    is_descending: bool
    key_sql: str

    @property
    def is_by_time(self) -> bool:
        return self.field == "start_time"


def list_page(
    engine: Engine,
    listing: Listing,
    project_id: str,
    during: TimeRange,
    where: Expression | None,
    page: PageRequest,
) -> Page:
    order = _order_of(page.order, listing)
    filter_text = print_filter(where, listing.target) if where is not None else ""
    list_id = "\n".join((listing.target, project_id, page.order, filter_text))
    after = decode_cursor(page.cursor, list_id) if page.cursor else None
    if after is not None:
        during = TimeRange(after.from_ns, after.to_ns)
    finder = _KeyFinder(engine, listing, project_id, where, order)
    keys = finder.find(during, after, page.limit + 1)
    shown = keys[: page.limit]
    items = _rows_of_keys(engine, listing, project_id, shown)
    next_cursor = ""
    if len(keys) > page.limit:
        last = shown[-1]
        next_cursor = encode_cursor(
            Position(*during, last.sort_key, last.start_time_ns, last.row_id), list_id
        )
    return Page(items=items, next_cursor=next_cursor)


def _order_of(order: str, listing: Listing) -> _Order:
    field = order.removeprefix("-")
    key = listing.sort_keys.get(field)
    if key is None:
        allowed = ", ".join(listing.sort_keys)
        raise QueryInvalid(
            f"{listing.target} cannot be ordered by `{field}`", hint=f"order by one of {allowed}"
        )
    is_descending = order.startswith("-")
    absent = -1 if is_descending else INT64_MAX
    return _Order(field, is_descending, key if field == "start_time" else f"ifNull({key}, {absent})")


class _Key(NamedTuple):
    sort_key: int
    start_time_ns: int
    row_id: tuple[str, ...]


class _KeyFinder:
    """Finds the keys of a page's rows, which reads only what the filter and the order need."""

    def __init__(
        self, engine: Engine, listing: Listing, project_id: str, where: Expression | None, order: _Order
    ) -> None:
        self._engine, self._listing, self._project_id = engine, listing, project_id
        self._where, self._order = where, order

    def find(self, during: TimeRange, after: Position | None, count: int) -> list[_Key]:
        keys: list[_Key] = []
        for window in self._windows(during, after):
            keys += self._find_in(window, after, count - len(keys))
            if len(keys) >= count:
                break
        return keys

    def _windows(self, during: TimeRange, after: Position | None) -> Iterator[TimeRange]:
        if not self._order.is_by_time:
            yield during
        elif self._order.is_descending:
            end = min(during.to_ns, after.start_time_ns + 1) if after else during.to_ns
            yield from _newest_first(TimeRange(during.from_ns, end))
        else:
            start = max(during.from_ns, after.start_time_ns) if after else during.from_ns
            yield from _oldest_first(TimeRange(start, during.to_ns))

    def _find_in(self, window: TimeRange, after: Position | None, count: int) -> list[_Key]:
        bind = Binder()
        wanted = condition_of(self._where, self._listing.target, bind)
        if after is not None:
            wanted += f" AND {self._after(after, bind)}"
        direction = "DESC" if self._order.is_descending else "ASC"
        ids = self._listing.id_columns
        order_by = ", ".join(f"{name} {direction}" for name in ("sort_key", "start_time_ns", *ids))
        sql = (
            f"SELECT {self._order.key_sql} AS sort_key, start_time_ns, {select_list(ids)}\n"
            f"FROM {self._listing.target} FINAL\nWHERE {wanted}\nORDER BY {order_by}\nLIMIT {count:d}"
        )
        table = self._engine.query_arrow(sql, {**range_params(self._project_id, window), **bind.params})
        columns = [column.to_pylist() for column in table.columns]
        return [_Key(key, start, tuple(row_id)) for key, start, *row_id in zip(*columns, strict=True)]

    def _after(self, after: Position, bind: Binder) -> str:
        sign = "<" if self._order.is_descending else ">"
        ids = self._listing.id_columns
        bound = [bind(after.sort_key, "Int64"), bind(after.start_time_ns, "Int64"), *map(bind, after.row_id)]
        left = select_list((self._order.key_sql, "start_time_ns", *ids))
        return f"({left}) {sign} ({', '.join(bound)})"


def _newest_first(during: TimeRange) -> Iterator[TimeRange]:
    """An hour, then ever longer stretches: a page of recent rows reads the last hour alone."""
    end, width = during.to_ns, HOUR_NS
    while end > during.from_ns:
        start = max(during.from_ns, (end - width) // HOUR_NS * HOUR_NS)
        yield TimeRange(start, end)
        end, width = start, width * 8


def _oldest_first(during: TimeRange) -> Iterator[TimeRange]:
    start, width = during.from_ns, HOUR_NS
    while start < during.to_ns:
        end = min(during.to_ns, (start + width) // HOUR_NS * HOUR_NS)
        yield TimeRange(start, end)
        start, width = end, width * 8


def _rows_of_keys(
    engine: Engine, listing: Listing, project_id: str, keys: Sequence[_Key]
) -> list[Mapping[str, Any]]:
    """Whole rows in the order of the keys. A row that was deleted in between is left out."""
    return _fetch(engine, listing, project_id, keys, listing.columns) if keys else []


def add_payloads(
    engine: Engine, project_id: str, spans: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The same spans, whole."""
    keys = [_Key(0, span["start_time_ns"], (span["trace_id"], span["span_id"])) for span in spans]
    return _fetch(engine, SPANS, project_id, keys, SPAN_COLUMNS) if keys else []


def _fetch(
    engine: Engine, listing: Listing, project_id: str, keys: Sequence[_Key], columns: Sequence[str]
) -> list[Mapping[str, Any]]:
    starts = [key.start_time_ns for key in keys]
    last_ids = [key.row_id[-1] for key in keys]
    params: dict[str, Parameter] = {
        **range_params(project_id, TimeRange(min(starts), max(starts) + 1)),
        "traces": sorted({key.row_id[0] for key in keys}),
        "ids": last_ids,
    }
    sql = (
        f"SELECT {select_list(columns)}\nFROM {listing.target} FINAL\n"
        f"WHERE {IN_RANGE} AND trace_id IN {{traces:Array(String)}}"
    )
    if len(listing.id_columns) > 1:
        sql += f" AND {listing.id_columns[-1]} IN {{ids:Array(String)}}"
    else:
        del params["ids"]
    found = {_row_id(row, listing): row for row in rows_of(engine.query_arrow(sql, params))}
    return [found[key.row_id] for key in keys if key.row_id in found]


def _row_id(row: Mapping[str, Any], listing: Listing) -> tuple[str, ...]:
    return tuple(row[name] for name in listing.id_columns)
