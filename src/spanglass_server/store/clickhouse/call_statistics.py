"""Sums over model calls (`store.call_statistics.CallStatisticsReader`) on ClickHouse.

All calls are counted from the narrow `span_facts`; calls of some traces from `spans`, which knows the traces.
"""

from collections.abc import Mapping
from typing import Any, Final

from spanglass_server.query.ast import And, Expression, Not, Or, Term, Text
from spanglass_server.store.call_statistics import REACH_NS, CallStatistics, CallSums
from spanglass_server.store.clickhouse.compile import span_condition, trace_condition
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Lane
from spanglass_server.store.clickhouse.keys import HOUR_NS
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, SPANS_OF_TRACES, range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.ports import TimeRange

_LONG_NS: Final = 8 * 86_400 * 1_000_000_000
_OF_CALLS: Final = frozenset(
    {"model", "provider", "request_model", "response_model", "operation", "prompt", "prompt_version", "key"}
)
"""Fields that say which of a trace's calls are meant."""

_SUMS: Final = """\
countIf(is_call) AS calls,
countIf(is_call AND is_error) AS errors,
quantilesExactIf(0.5, 0.99)(duration_ns, is_call) AS quantiles,
sumIf(greatest(input_tokens, 0) + greatest(output_tokens, 0), is_billable) AS tokens,
sumIf(greatest(input_tokens, 0), is_billable) AS sum_input_tokens,
sumIf(greatest(cache_read_tokens, 0), is_billable) AS sum_cache_read_tokens,
sumIf(cost_usd, is_billable AND isFinite(cost_usd)) AS sum_cost_usd,
countIf(is_billable) AS billed,
countIf(is_billable AND NOT isFinite(cost_usd)) AS unpriced,
countIf(is_lookup) AS lookups,
countIf(is_lookup AND is_hit) AS hits"""

_ALL: Final = """\
SELECT end_time_ns - duration_ns AS at, duration_ns, is_call, is_error, is_billable,
    cache_labels != 0 AS is_lookup, is_hit, input_tokens, output_tokens, cache_read_tokens, cost_usd
FROM span_facts FINAL
WHERE project_id = {project:String} AND hour BETWEEN {from_hour:Int64} AND {to_hour:Int64}
AND (is_call OR is_billable OR cache_labels != 0) AND at >= {at_from:Int64} AND at < {at_to:Int64}"""

_SOME: Final = """\
SELECT start_time_ns AS at, greatest(end_time_ns - start_time_ns, 0) AS duration_ns, is_call,
    status = 'error' AS is_error, is_billable, kind = 'cache' AND isNotNull(s.cache_hit) AS is_lookup,
    ifNull(s.cache_hit, false) AS is_hit, ifNull(s.input_tokens, -1) AS input_tokens,
    ifNull(s.output_tokens, -1) AS output_tokens, ifNull(s.cache_read_tokens, -1) AS cache_read_tokens,
    ifNull(if(s.cost_usd < 0, 0, s.cost_usd), nan) AS cost_usd
FROM spans AS s FINAL
WHERE project_id = {project:String} AND start_time_ns >= {at_from:Int64} AND start_time_ns < {at_to:Int64}
AND (is_call OR is_billable OR kind = 'cache')"""


class ClickHouseCallStatistics:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def measure(
        self, project_id: str, during: TimeRange, where: Expression | None, *, bucket_ns: int
    ) -> CallStatistics:
        bind = Binder()
        source = _ALL if where is None else f"{_SOME}\nAND {of_traces(where, bind)}"
        sql = (
            f"SELECT grouping(bucket) AS is_total, intDiv(at - {{at_from:Int64}}, {bucket_ns:d}) AS bucket,\n"
            f"{_SUMS}\nFROM (\n{source}\n)\nGROUP BY GROUPING SETS ((bucket), ())"
        )
        lane: Lane = "long" if during.to_ns - during.from_ns > _LONG_NS else "read"
        rows = read_rows(self._engine, sql, {**call_params(project_id, during), **bind.params}, lane=lane)
        total = next((_sums(row) for row in rows if row["is_total"]), CallSums())
        return CallStatistics(total, {row["bucket"]: _sums(row) for row in rows if not row["is_total"]})


def call_params(project_id: str, during: TimeRange) -> dict[str, Any]:
    """`from_ns` and `to_ns` are of the traces, `at_*` of the calls."""
    at = range_params(project_id, during)
    at_from, at_to = during
    return {
        **range_params(project_id, TimeRange(at_from - REACH_NS, at_to)),
        "at_from": at["from_ns"],
        "at_to": at["to_ns"],
        "from_hour": max(0, at_from) // HOUR_NS,
        "to_hour": at_to // HOUR_NS,
    }


def of_traces(where: Expression, bind: Binder) -> str:
    """The calls of the traces that a filter wants, with the parameters of `call_params`."""
    traces = f"SELECT trace_id FROM traces FINAL WHERE {IN_RANGE}"
    wanted = [f"trace_id IN ({traces} AND {trace_condition(where, bind, SPANS_OF_TRACES)})"]
    own = where.operands if isinstance(where, And) else (where,)
    wanted += [span_condition(part, bind, IN_RANGE) for part in own if _is_of_calls(part)]
    return "\nAND ".join(wanted)


def _is_of_calls(expression: Expression) -> bool:
    match expression:
        case Term(field=field):
            return field in _OF_CALLS
        case Not(operand=operand):
            return _is_of_calls(operand)
        case And(operands=operands) | Or(operands=operands):
            return all(map(_is_of_calls, operands))
        case Text():
            return False


def _sums(row: Mapping[str, Any]) -> CallSums:
    # Of no calls the quantiles would be 0.
    p50, p99 = row["quantiles"] if row["calls"] else (None, None)
    return CallSums(
        calls=row["calls"],
        errors=row["errors"],
        p50_ns=p50,
        p99_ns=p99,
        tokens=row["tokens"],
        input_tokens=row["sum_input_tokens"],
        cache_read_tokens=row["sum_cache_read_tokens"],
        cost_usd=row["sum_cost_usd"],
        billed=row["billed"],
        unpriced=row["unpriced"],
        lookups=row["lookups"],
        hits=row["hits"],
    )
