"""Rows grouped by dimensions and periods, with measures (`store.views.Grouping`)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.store.clickhouse.engine import Engine, Parameters
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.clickhouse.views import TIME_COLUMNS, get_column
from spanglass_server.store.views import Aggregation, Grouping, Measure, Period, View

_SECOND_NS: Final = 1_000_000_000
_WIDTHS: Final[Mapping[Period, int]] = {
    "minute": 60 * _SECOND_NS,
    "hour": 3_600 * _SECOND_NS,
    "day": 86_400 * _SECOND_NS,
    "week": 7 * 86_400 * _SECOND_NS,
}
_MONDAY_NS: Final = 3 * 86_400 * _SECOND_NS
"""From the Monday before it to the epoch, a Thursday."""

_AGGREGATES: Final[Mapping[Aggregation, str]] = {
    "sum": "sum({})",
    "avg": "avg({})",
    "count": "toInt64(count({}))",
    "max": "max({})",
    "min": "min({})",
    "p50": "quantileExact(0.5)({})",
    "p75": "quantileExact(0.75)({})",
    "p90": "quantileExact(0.9)({})",
    "p95": "quantileExact(0.95)({})",
    "p99": "quantileExact(0.99)({})",
    "uniq": "toInt64(uniqExact({}))",
}


def group_rows(
    engine: Engine, view: View, source: str, wanted: str, params: Parameters, grouping: Grouping
) -> Sequence[Mapping[str, Any]]:
    """`source` and `wanted` are the FROM and the WHERE of the view's rows."""
    keys = _keys(view, grouping)
    values = {measure.name: _measure_sql(view, measure, grouping.bins) for measure in grouping.measures}
    aliases = {name: f"g{number}" for number, name in enumerate([*keys, *values])}
    selected = ", ".join(f"{sql} AS {aliases[name]}" for name, sql in {**keys, **values}.items())
    grouped = f"\nGROUP BY {', '.join(aliases[name] for name in keys)}" if keys else ""
    sql = (
        f"SELECT {selected}\nFROM {source}\nWHERE {wanted}{grouped}\n"
        f"ORDER BY {_order_sql(grouping, aliases)}\nLIMIT {grouping.limit:d}"
    )
    rows = read_rows(engine, sql, params)
    return [{name: _plain(row[alias]) for name, alias in aliases.items()} for row in rows]


def _keys(view: View, grouping: Grouping) -> dict[str, str]:
    keys = {}
    if grouping.period is not None:
        keys["period_ns"] = _period_sql(TIME_COLUMNS[view], grouping.period)
    return keys | {name: get_column(view, name).sql for name in grouping.dimensions}


def _period_sql(time: str, period: Period) -> str:
    if period == "month":
        start = f"toStartOfMonth(fromUnixTimestamp64Nano({time}, 'UTC'))"
        return f"toInt64(toUnixTimestamp(toDateTime({start}, 'UTC'))) * {_SECOND_NS}"
    width = _WIDTHS[period]
    shift = _MONDAY_NS if period == "week" else 0
    return f"intDiv({time} + {shift}, {width}) * {width} - {shift}"


def _measure_sql(view: View, measure: Measure, bins: int) -> str:
    if measure.column == "count":
        if measure.aggregation not in ("count", "sum"):
            raise QueryInvalid(f"`count` cannot be aggregated by `{measure.aggregation}`")
        return "toInt64(count())"
    column = get_column(view, measure.column)
    if column.type != "number" and measure.aggregation not in ("count", "uniq"):
        raise QueryInvalid(f"`{measure.column}` is no number: `{measure.aggregation}` needs one")
    if measure.aggregation == "histogram":
        bars = f"histogramIf({bins:d})(toFloat64(ifNull({column.sql}, 0)), isNotNull({column.sql}))"
        return f"arrayMap(bar -> [bar.1, bar.2, bar.3], {bars})"
    value = column.sql
    if column.type == "text":
        value = f"if({value} = '', NULL, sipHash64({value}))"
    return _AGGREGATES[measure.aggregation].format(value)


def _order_sql(grouping: Grouping, aliases: Mapping[str, str]) -> str:
    terms = []
    for column, is_descending in grouping.order:
        if column not in aliases:
            raise QueryInvalid(f"groups cannot be ordered by `{column}`", hint="order by what is asked for")
        terms.append(f"{aliases[column]} {'DESC' if is_descending else 'ASC'}")
    # The rest of the keys make the order the same in every run.
    return ", ".join(dict.fromkeys([*terms, *(aliases[name] for name in aliases)]))


def _plain(value: Any) -> Any:
    """A mean or a quantile of nothing is nothing."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
