"""Counts a family's events by label set, part and moment: rollups of hours that hold, facts of all others."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Settings
from spanglass_server.store.clickhouse.keys import HOUR_NS
from spanglass_server.store.clickhouse.llm_matching import Hashes
from spanglass_server.store.clickhouse.llm_metrics import TOKEN_TYPES, TOKENS, Family, Source
from spanglass_server.store.clickhouse.llm_points import MS, Points, nanoseconds
from spanglass_server.store.clickhouse.reader_rows import READ_SETTINGS, read_table

Integers: TypeAlias = npt.NDArray[np.int64]
Column: TypeAlias = npt.NDArray[Any]

_SETTINGS: Final[Settings] = {**READ_SETTINGS, "max_result_rows": 5_000_000}
FACT_TABLES: Final[dict[Source, str]] = {"span": "span_facts", "trace": "trace_facts"}
_COLUMNS: Final = ("labels", "part", "point", "events", "total", "first_end_ns")


class Counts(NamedTuple):
    """Rows of events, added up. Column by column."""

    label_sets: Hashes
    """Each once."""
    label_set: Integers
    """Of each row, its number in `label_sets`."""
    part: Integers
    point: Integers
    """The number of the first of the points that sees them."""
    events: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]
    """Of the events' values."""
    first_end_ns: Integers
    """When the first of them ended."""


class Hours(NamedTuple):
    """The hours in which a project's spans or traces start."""

    number: Integers
    """Since 1970, sorted."""
    first_end_ns: Integers
    last_end_ns: Integers
    is_rolled: npt.NDArray[np.bool_]
    """Its rollup holds."""
    is_archived: npt.NDArray[np.bool_]
    """Its facts are gone: the rollup is all there is."""


def read_hours(engine: Engine, project_id: str, *, to_ns: int) -> Mapping[Source, Hours]:
    """Those that started up to `to_ns`; sources without are absent."""
    bind = Binder()
    project = bind(project_id)
    table = read_table(
        engine,
        "SELECT h.source AS source, h.hour AS hour, h.first_ns AS first_ns, h.last_ns AS last_ns,\n"
        "    s.revisions = h.revisions OR s.is_archived = 1 AS is_rolled, s.is_archived = 1 AS is_archived\n"
        "FROM (\n"
        "    SELECT source, hour, sum(revisions) AS revisions,"
        " min(first_end_ns) AS first_ns, max(last_end_ns) AS last_ns\n"
        f"    FROM fact_hours WHERE project_id = {project} AND hour <= {bind(to_ns // HOUR_NS, 'Int64')}\n"
        "    GROUP BY source, hour\n"
        ") AS h LEFT JOIN (\n"
        "    SELECT source, hour, revisions, is_archived FROM fact_rollup_states FINAL"
        f" WHERE project_id = {project}\n"
        ") AS s ON h.source = s.source AND h.hour = s.hour\nORDER BY source, hour",
        bind.params,
    )
    of_row = np.array(table.column("source").to_pylist(), object)
    columns = [table.column(name).to_numpy() for name in table.column_names[1:]]
    columns[3:] = [column.astype(bool) for column in columns[3:]]
    return {
        source: Hours(*(column[of_row == source] for column in columns))
        for source in dict.fromkeys(of_row.tolist())
    }


def count_events(
    engine: Engine,
    project_id: str,
    family: Family,
    points: Points,
    hours: Hours,
    labels: Hashes | None,
) -> Counts:
    """Everything that ended up to the last point; what ended before the first one counts at it. `labels`:
    only of these label sets."""
    to_ns = nanoseconds(int(points.times_ms[-1]))
    within = points.inner_hours()
    statement = _Statement(project_id, family, points, labels)
    tables = []
    if hours.is_rolled.any():
        tables.append(read_table_of(engine, *statement.of_rollups(hours, within, to_ns)))
    live = statement.of_facts(hours, within, to_ns)
    if live is not None:
        tables.append(read_table_of(engine, *live))
    return _counts(tables)


def read_table_of(engine: Engine, sql: str, bind: Binder) -> pa.Table:
    return engine.query_arrow(sql, bind.params, _SETTINGS, lane="read")


def facts_sql(family: Family, *, moment: str, where: str, hour: str = "") -> str:
    """Rows (labels, part, point, events, total, first_end_ns) of a family's facts, with `hour` by hour."""
    if family is TOKENS:
        return _tokens_sql(moment=moment, where=where, hour=hour)
    return (
        f"SELECT {family.labels}_labels AS labels, toUInt8({family.part}) AS part,"
        f" {moment} AS point,\n"
        f"    {hour and f'{hour}, '}count() AS events, sum(toFloat64({family.value})) AS total,"
        " min(end_time_ns) AS first_end_ns\n"
        f"FROM {FACT_TABLES[family.source]} FINAL\n"
        f"WHERE {where} AND {family.where}\n"
        f"GROUP BY labels, part, point{hour and f', {hour}'}"
    )


def _tokens_sql(*, moment: str, where: str, hour: str) -> str:
    """A span is five events here, by the type of tokens: told apart after adding up, when rows are few."""
    by_type = ",\n    ".join(
        f"({number}, countIf({name}_tokens >= 0), sumIf(toFloat64({name}_tokens), {name}_tokens >= 0),"
        f" minIf(end_time_ns, {name}_tokens >= 0))"
        for number, name in enumerate(TOKEN_TYPES)
    )
    return (
        f"SELECT labels, toUInt8(told.1) AS part, point, {hour and f'{hour}, '}told.2 AS events,"
        " told.3 AS total, told.4 AS first_end_ns\n"
        f"FROM (\nSELECT call_labels AS labels, {moment} AS point{hour and f', {hour}'}, [\n    {by_type}\n"
        f"] AS types\nFROM {FACT_TABLES['span']} FINAL\nWHERE {where} AND {TOKENS.where}\n"
        f"GROUP BY labels, point{hour and f', {hour}'}\n) ARRAY JOIN types AS told WHERE told.2 > 0"
    )


class _Statement:
    def __init__(self, project_id: str, family: Family, points: Points, labels: Hashes | None) -> None:
        self._project_id = project_id
        self._family = family
        self._points = points
        self._labels = labels

    def of_rollups(self, hours: Hours, within: Integers, to_ns: int) -> tuple[str, Binder]:
        """Rolled hours, without what ended inside the hours `within`: facts say when. But of archived hours
        there are no facts, and the next mark has to do."""
        bind = Binder()
        conditions = [
            f"project_id = {bind(self._project_id)} AND family = {bind(self._family.name)} AND r.events > 0",
            f"end_mark_ns <= {bind(_mark_after(to_ns), 'Int64')}",
            _in(hours.number[hours.is_rolled], "hour", bind),
        ]
        if len(within):
            outside = f"NOT {_in(within, 'intDiv(end_mark_ns - 1, 3600000000000)', bind)}"
            archived = hours.number[hours.is_archived]
            or_archived = f" OR {_in(archived, 'hour', bind)}" if len(archived) else ""
            conditions.append(f"({outside}{or_archived})")
        if self._labels is not None:
            conditions.append(f"labels_hash IN {bind(self._labels.tolist(), 'Array(UInt64)')}")
        return (
            "SELECT labels_hash AS labels, part,"
            f" toInt64({self._points.index_sql('end_mark_ns')}) AS point, sum(r.events) AS events,\n"
            "    sum(r.total) AS total, min(r.first_end_ns) AS first_end_ns\n"
            f"FROM fact_rollups AS r FINAL\nWHERE {' AND '.join(conditions)}\nGROUP BY labels, part, point",
            bind,
        )

    def of_facts(self, hours: Hours, within: Integers, to_ns: int) -> tuple[str, Binder] | None:
        """Hours without a rollup, and what ended inside the hours `within`. None: nothing to read."""
        fresh = ~hours.is_rolled
        started = hours.first_end_ns <= to_ns
        partly = hours.is_rolled & ~hours.is_archived & _reaches_into(hours, within)
        bind = Binder()
        places = []
        if (fresh & started).any():
            places.append(_in(hours.number[fresh & started], "hour", bind))
        if partly.any():
            ended = _in(within, "intDiv(end_time_ns - 1, 3600000000000)", bind)
            places.append(f"({_in(hours.number[partly], 'hour', bind)} AND {ended})")
        if not places:
            return None
        where = (
            f"project_id = {bind(self._project_id)} AND ({' OR '.join(places)})"
            f" AND end_time_ns <= {bind(to_ns, 'Int64')}"
        )
        if self._labels is not None:
            where += f" AND {self._family.labels}_labels IN {bind(self._labels.tolist(), 'Array(UInt64)')}"
        # Three narrow integers to group by fit into one of 128 bits: half the time.
        moment = f"toUInt32({self._points.index_sql('end_time_ns')})"
        return facts_sql(self._family, moment=moment, where=where), bind


def _mark_after(time_ns: int) -> int:
    """A rollup's mark that is not seen at the time is later than this."""
    return time_ns // HOUR_NS * HOUR_NS + (15_000 * MS if time_ns % HOUR_NS >= 15_000 * MS else 0)


def _reaches_into(hours: Hours, within: Integers) -> npt.NDArray[np.bool_]:
    """Which hours have spans that end inside one of the hours `within` (sorted)."""
    if not len(within):
        return np.zeros(len(hours.number), bool)
    first = np.searchsorted(within, (hours.first_end_ns - 1) // HOUR_NS, side="left")
    last = np.searchsorted(within, (hours.last_end_ns - 1) // HOUR_NS, side="right")
    reaches: npt.NDArray[np.bool_] = first < last
    return reaches


def _in(numbers: Integers, column: str, bind: Binder) -> str:
    first, last = int(numbers[0]), int(numbers[-1])
    if last - first == len(numbers) - 1:
        return f"({column} >= {bind(first, 'Int64')} AND {column} <= {bind(last, 'Int64')})"
    return f"{column} IN {bind(numbers.tolist(), 'Array(Int64)')}"


def _counts(tables: Sequence[pa.Table]) -> Counts:
    columns = [
        np.concatenate([table.column(name).to_numpy() for table in tables]) if tables else np.zeros(0)
        for name in _COLUMNS
    ]
    labels, part, point, events, total, first = columns
    return counts_of(labels, part, point, events, total, first)


def counts_of(
    labels: Column, part: Column, point: Column, events: Column, total: Column, first: Column
) -> Counts:
    label_sets, label_set = np.unique(labels.astype(np.uint64), return_inverse=True)
    return Counts(
        label_sets,
        label_set.astype(np.int64),
        part.astype(np.int64),
        point.astype(np.int64),
        events.astype(np.float64),
        total.astype(np.float64),
        first.astype(np.int64),
    )
