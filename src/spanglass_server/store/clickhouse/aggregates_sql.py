"""`store.aggregates.AggregateQuery` as SQL with bound values.

A group's key is text. Numbers are grouped by steps of their size (`STEPS`), which is what a heat map shows.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import AGGREGATE_BUCKETS_MAX, AGGREGATE_GROUPS_MAX
from spanglass_server.query.fields import ResolvedField, Target, get_field
from spanglass_server.store.aggregates import AggregateQuery, Measure, parse_measure
from spanglass_server.store.clickhouse.compile_fields import Binder, column_sql, value_sql
from spanglass_server.store.clickhouse.compile_scores import scores_of_range
from spanglass_server.store.clickhouse.reader_aggregates import LISTED
from spanglass_server.store.clickhouse.reader_lists import SPANS_OF_TRACES, condition_of

START: Final = "start_ns"

_NUMBERS: Final = ("number", "duration", "money")
_BILLED: Final = frozenset(
    {
        "cost_usd", "input_tokens", "output_tokens", "total_tokens", "cache_read_tokens",
        "cache_write_tokens", "reasoning_tokens",
    }
)  # fmt: skip
"""Of spans, only the billable one of a model call tells these: others repeat them."""

_FUNCTIONS: Final = {
    "sum": "sum({})",
    "avg": "avg({})",
    "min": "min({})",
    "max": "max({})",
    "p50": "quantileExactOrNull(0.5)({})",
    "p75": "quantileExactOrNull(0.75)({})",
    "p90": "quantileExactOrNull(0.9)({})",
    "p95": "quantileExactOrNull(0.95)({})",
    "p99": "quantileExactOrNull(0.99)({})",
}

_MANTISSAS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
STEPS: Final = (0.0, *(mantissa * 10.0**power for power in range(-7, 16) for mantissa in _MANTISSAS))
"""Lower bounds of the groups of a number: six a decade, read like a ruler."""
_STEPS_SQL: Final = f"[{', '.join(f'{step:g}' for step in STEPS)}]"


class Statement(NamedTuple):
    sql: str
    bind: Binder


class _Joins:
    """What a row has to be joined with before its fields can be read."""

    def __init__(self, target: Target, bind: Binder) -> None:
        self._target, self._bind = target, bind
        self._clauses: dict[str, tuple[str, str]] = {}
        """The column that a join brings, and its SQL, by what it is for."""

    def score(self, name: str) -> str:
        """The mean of the row's scores of this name; NULL where it has none."""
        if (known := self._clauses.get(f"score {name}")) is not None:
            return known[0]
        value, key = f"score{len(self._clauses)}", f"k{len(self._clauses)}"
        ids = "trace_id" if self._target == "traces" else "(trace_id, span_id)"
        of_target = "trace_id != ''" if self._target == "traces" else "span_id != ''"
        sql = (
            f"LEFT ANY JOIN (SELECT {ids} AS {key}, avg(value) AS {value}\n"
            f"FROM {scores_of_range()} AND {of_target} AND name = {self._bind(name)} AND isNotNull(value)\n"
            f"GROUP BY {key}) AS j{key} ON {ids} = {key}"
        )
        self._clauses[f"score {name}"] = (value, sql)
        return value

    def of_spans(self, resolved: ResolvedField) -> str:
        """The different values of a field that the spans of the row's trace have, as an array."""
        if (known := self._clauses.get(resolved.name)) is not None:
            return known[0]
        values, key = f"values{len(self._clauses)}", f"k{len(self._clauses)}"
        value = value_sql(resolved, self._bind)
        one = f"arrayJoin({value})" if resolved.field.type == "list" else _plain_text(resolved, value)
        sql = (
            f"LEFT ANY JOIN (SELECT trace_id AS {key}, groupUniqArray({one}) AS {values}\n"
            f"FROM spans FINAL WHERE {SPANS_OF_TRACES} GROUP BY {key}) AS j{key} ON trace_id = {key}"
        )
        self._clauses[resolved.name] = (f"arrayFilter(one -> one != '', {values})", sql)
        return self._clauses[resolved.name][0]

    def sql(self) -> str:
        return "".join(f"\n{clause}" for _, clause in self._clauses.values())


class Compiler:
    """Of one query. Raises QueryInvalid, also for what is beyond a limit."""

    def __init__(self, query: AggregateQuery) -> None:
        _check_size(query)
        self._query = query
        self._order, self._is_descending = _order_of(query)

    def groups(self) -> Statement:
        """The groups in order over the whole range, one more than the limit where there are more."""
        bind = Binder()
        joins = _Joins(self._query.target, bind)
        keys, values = self._keys(joins, bind), self._values(joins, bind)
        wanted = condition_of(self._query.where, self._query.target, bind)
        grouped = f"\nGROUP BY {_names('g', keys)}" if keys else ""
        direction = "DESC" if self._is_descending else "ASC"
        order = ", ".join([f"m{self._order} {direction} NULLS LAST", *_name_list("g", keys)])
        sql = (
            f"SELECT {', '.join([*_aliased('g', keys), *_aliased('m', values)])}\n"
            f"FROM {self._query.target} FINAL{joins.sql()}\nWHERE {wanted}{grouped}\n"
            f"ORDER BY {order}\nLIMIT {self._query.limit + 1:d}"
        )
        return Statement(sql, bind)

    def buckets(self, groups: Sequence[tuple[str, ...]]) -> Statement:
        """The values of these groups by bucket."""
        bind = Binder()
        joins = _Joins(self._query.target, bind)
        keys, values = self._keys(joins, bind), self._values(joins, bind)
        wanted = condition_of(self._query.where, self._query.target, bind)
        if keys:
            chosen = bind(list(groups), f"Array(Tuple({', '.join(['String'] * len(keys))}))")
            wanted += f"\nAND tuple({_names('g', keys)}) IN {chosen}"
        at = "time_ns" if self._query.target == "logs" else "start_time_ns"
        width = self._query.interval_ns
        bucket = f"intDiv({at}, {width:d}) * {width:d} AS {START}"
        grouping = ", ".join([*_name_list("g", keys), START])
        sql = (
            f"SELECT {', '.join([*_aliased('g', keys), bucket, *_aliased('m', values)])}\n"
            f"FROM {self._query.target} FINAL{joins.sql()}\nWHERE {wanted}\n"
            f"GROUP BY {grouping}\nORDER BY {START}"
        )
        return Statement(sql, bind)

    def _keys(self, joins: _Joins, bind: Binder) -> list[str]:
        return [_key_sql(name, self._query.target, joins, bind) for name in self._query.group_by]

    def _values(self, joins: _Joins, bind: Binder) -> list[str]:
        return [_measure_sql(measure, self._query.target, joins, bind) for measure in self._query.measures]


def _aliased(letter: str, expressions: Sequence[str]) -> list[str]:
    return [f"{sql} AS {letter}{number}" for number, sql in enumerate(expressions)]


def _name_list(letter: str, expressions: Sequence[str]) -> list[str]:
    return [f"{letter}{number}" for number in range(len(expressions))]


def _names(letter: str, expressions: Sequence[str]) -> str:
    return ", ".join(_name_list(letter, expressions))


def _check_size(query: AggregateQuery) -> None:
    if not query.measures:
        raise QueryInvalid("nothing is measured", hint="measure `count()`, `p95(duration)`, `sum(cost)` ...")
    if not 1 <= query.limit <= AGGREGATE_GROUPS_MAX:
        raise QueryInvalid(f"`limit` is between 1 and {AGGREGATE_GROUPS_MAX}")
    if query.interval_ns is None:
        return
    if query.interval_ns <= 0:
        raise QueryInvalid("`interval` is not longer than nothing")
    buckets = -(-(query.during.to_ns - query.during.from_ns) // query.interval_ns)
    if buckets > AGGREGATE_BUCKETS_MAX:
        raise QueryInvalid(
            f"the range has {buckets} intervals, at most {AGGREGATE_BUCKETS_MAX} are answered",
            hint="ask for a longer interval or a shorter range",
        )


def _order_of(query: AggregateQuery) -> tuple[int, bool]:
    """The measure's place, and whether the largest comes first."""
    if not query.order:
        return 0, True
    wanted = parse_measure(query.order.removeprefix("-"))
    names = [measure.name for measure in query.measures]
    if wanted.name not in names:
        raise QueryInvalid(
            f"groups cannot be ordered by `{wanted.name}`", hint=f"order by one of {', '.join(names)}"
        )
    return names.index(wanted.name), query.order.startswith("-")


def _key_sql(name: str, target: Target, joins: _Joins, bind: Binder) -> str:
    resolved = get_field(name, target)
    field = resolved.field
    if field.column in ("scores", "score_names") or field.type == "payload":
        raise QueryInvalid(f"cannot group by `{name}`", hint="fields with is_facet at /api/v1/fields can be")
    if target == "traces" and field.of_span:
        values = LISTED.get(resolved.name) or joins.of_spans(resolved)
        return _each(values)
    if field.type == "list":
        return _each(column_sql(field))
    if field.type in _NUMBERS and not field.is_open:
        number = _number_sql(resolved, target, joins, bind)
        return f"ifNull(toString(roundDown(toFloat64({number}), {_STEPS_SQL})), '')"
    return _plain_text(resolved, value_sql(resolved, bind))


def _each(array: str) -> str:
    """A row for each value, and one with empty text where there is none."""
    return f"toString(arrayJoin(if(empty({array}), [''], {array})))"


def _plain_text(resolved: ResolvedField, value: str) -> str:
    return f"ifNull(toString({value}), '')" if resolved.field.type == "bool" else f"toString({value})"


def _measure_sql(measure: Measure, target: Target, joins: _Joins, bind: Binder) -> str:
    if measure.function == "count":
        if measure.field:
            raise QueryInvalid(
                "`count` counts rows and takes no field", hint=f"use `uniq({measure.field})` or a filter"
            )
        return "count()"
    if not measure.field:
        raise QueryInvalid(f"`{measure.name}`: of which field?", hint=f"write `{measure.function}(duration)`")
    resolved = get_field(measure.field, target)
    if measure.function == "uniq":
        return _uniq_sql(resolved, target, bind)
    if measure.function == "share":
        return _share_sql(resolved, target)
    return _FUNCTIONS[measure.function].format(_number_sql(resolved, target, joins, bind))


def _number_sql(resolved: ResolvedField, target: Target, joins: _Joins, bind: Binder) -> str:
    """The field as a number, NULL where the row has none."""
    field = resolved.field
    if field.column == "scores":
        if field.of_span and target == "traces":
            raise _refuse_span_field(resolved)
        return joins.score(resolved.key)
    if target == "traces" and field.of_span:
        raise _refuse_span_field(resolved)
    if field.is_open:
        return f"toFloat64OrNull({value_sql(resolved, bind)})"
    if field.type not in _NUMBERS:
        raise QueryInvalid(f"`{resolved.name}` is no number", hint=f"use `uniq({resolved.name})`")
    if target == "spans" and field.column in _BILLED:
        return f"if(is_billable, {column_sql(field)}, NULL)"
    return column_sql(field)


def _refuse_span_field(resolved: ResolvedField) -> QueryInvalid:
    return QueryInvalid(
        f"`{resolved.name}` is of spans: a trace has many of it", hint="aggregate over the target `spans`"
    )


def _uniq_sql(resolved: ResolvedField, target: Target, bind: Binder) -> str:
    field = resolved.field
    if field.column in ("scores", "score_names") or field.type in ("payload", *_NUMBERS, "severity"):
        raise QueryInvalid(f"different values of `{resolved.name}` are not counted")
    if target == "traces" and field.of_span:
        if (listed := LISTED.get(resolved.name)) is None:
            raise _refuse_span_field(resolved)
        return f"uniqExactArray({listed})"
    if field.type == "list":
        return f"uniqExactArray({column_sql(field)})"
    text = _plain_text(resolved, value_sql(resolved, bind))
    return f"uniqExactIf(sipHash64({text}), {text} != '')"


def _share_sql(resolved: ResolvedField, target: Target) -> str:
    if target == "traces" and resolved.field.of_span:
        raise _refuse_span_field(resolved)
    if resolved.field.column == "status":
        return "avg(status = 'error')"
    if resolved.field.type != "bool":
        raise QueryInvalid(
            f"`share` needs a field of yes or no, or `status`: `{resolved.name}` is neither",
            hint="fields of the type bool at /api/v1/fields can be",
        )
    return f"avg(toUInt8({column_sql(resolved.field)}))"
