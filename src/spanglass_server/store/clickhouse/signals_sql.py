"""Statements of `signals.py`. `at_from` and `at_to` bound spans, `from_ns` and `to_ns` traces."""

from collections.abc import Sequence
from typing import Final

from spanglass_server.query.ast import Expression
from spanglass_server.store.clickhouse.aggregates_sql import STEPS
from spanglass_server.store.clickhouse.call_statistics import of_traces
from spanglass_server.store.clickhouse.compile import trace_condition
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS, Binder
from spanglass_server.store.clickhouse.compile_scores import scores_of_range
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, SPANS_OF_TRACES, condition_of
from spanglass_server.store.signals import MOVER_DIMENSIONS, MOVER_GROUPS_MAX, HeatOf, MoverDimension

_STEPS: Final = f"[{', '.join(f'{step:g}' for step in STEPS)}]"
_AT: Final = (
    "project_id = {project:String} AND start_time_ns >= {at_from:Int64} AND start_time_ns < {at_to:Int64}"
)
_NOW: Final = "start_time_ns >= {now_from:Int64} AND start_time_ns < {now_to:Int64}"
_BEFORE: Final = "start_time_ns >= {before_from:Int64} AND start_time_ns < {before_to:Int64}"
_DURATION: Final = "greatest(end_time_ns - start_time_ns, 0)"


def _spans(where: Expression | None, bind: Binder) -> str:
    return _AT if where is None else f"{_AT}\nAND {of_traces(where, bind)}"


def heat(where: Expression | None, bind: Binder, of: HeatOf, bucket_ns: int) -> str:
    if of == "calls":
        source = f"spans FINAL\nWHERE {_spans(where, bind)} AND is_call"
        span_id = "span_id"
    else:
        # Of traces the range is as wide as of calls, though it bounds their own start.
        wanted = "" if where is None else f"\nAND {trace_condition(where, bind, SPANS_OF_TRACES)}"
        source, span_id = f"traces FINAL\nWHERE {_AT}{wanted}", "''"
    return (
        f"SELECT intDiv(start_time_ns - {{at_from:Int64}}, {bucket_ns:d}) AS bucket,\n"
        f"roundDown(toFloat64({_DURATION}), {_STEPS}) AS low,\n"
        "count() AS count, countIf(status = 'error') AS error_count,\n"
        f"argMax((trace_id, {span_id}, start_time_ns, {_DURATION}),"
        f" (status = 'error', {_DURATION})) AS example\n"
        f"FROM {source}\nGROUP BY bucket, low\nORDER BY bucket, low"
    )


def errors(where: Expression | None, bind: Binder, limit: int) -> str:
    """Of spans that failed without a child that failed: where failures began, not all that they broke."""
    failing = f"{_spans(where, bind)} AND status = 'error'"
    return (
        "SELECT toString(error_type) AS error_type, grouping(spans.error_type) AS is_total,\n"
        "countIf(is_now) AS spans_now, uniqExactIf(trace_id, is_now) AS traces_now,\n"
        "countIf(is_before) AS spans_before, uniqExactIf(trace_id, is_before) AS traces_before,\n"
        "argMaxIf((start_time_ns, error_message, trace_id, span_id), start_time_ns, is_now) AS last,\n"
        f"sumMapIf(map({_MODEL}, 1), is_now AND {_MODEL} != '') AS models,\n"
        "sumMapIf(map(toString(service), 1), is_now AND service != '') AS services\n"
        f"FROM (\nSELECT *, {_NOW} AS is_now, {_BEFORE} AS is_before FROM spans FINAL\n"
        f"WHERE {failing}\n"
        f"AND (trace_id, span_id) NOT IN (SELECT trace_id, parent_span_id FROM spans FINAL WHERE {failing})\n"
        ") AS spans\nWHERE is_now OR is_before\n"
        "GROUP BY GROUPING SETS ((spans.error_type), ())\n"
        f"ORDER BY is_total DESC, traces_now DESC, traces_before DESC, error_type\nLIMIT {limit + 2:d}"
    )


_MODEL: Final = f"toString({EXPRESSIONS['model']})"
_COLUMNS: Final[dict[MoverDimension, str]] = {
    "model": EXPRESSIONS["model"],
    "prompt": "prompt_name",
    "prompt_version": (
        "if(prompt_name = '' AND prompt_version = '', '', concat(prompt_name, '\x1f', prompt_version))"
    ),
}
_KEYS: Final = ",\n".join(
    f"toLowCardinality(toString({_COLUMNS.get(name, name)})) AS d{number}"
    for number, name in enumerate(MOVER_DIMENSIONS)
)
_NAMES: Final = [f"d{number}" for number in range(len(MOVER_DIMENSIONS))]


def _calls(where: Expression | None, bind: Binder) -> str:
    return f"spans FINAL\nWHERE {_spans(where, bind)} AND (is_call OR is_billable)"


def usual_p95(where: Expression | None, bind: Binder) -> str:
    wanted = f"{_calls(where, bind)} AND is_call AND {_BEFORE}"
    return f"SELECT quantileExact(0.95)({_DURATION}) AS p95\nFROM {wanted}"


def movers(where: Expression | None, bind: Binder) -> str:
    """`place` is the dimension's number, beyond them for all calls."""
    sums = ",\n".join(_mover_sums(period) for period in ("now", "before"))
    places = ", ".join(f"grouping({name}) = 0" for name in _NAMES)
    sets = ", ".join(f"({name})" for name in _NAMES)
    return (
        f"SELECT if(indexOf([{places}], 1) = 0, {len(_NAMES)}, indexOf([{places}], 1) - 1) AS place,\n"
        f"concat({', '.join(f'toString({name})' for name in _NAMES)}) AS value,\n{sums}\n"
        f"FROM (\nSELECT {_KEYS},\n{_NOW} AS is_now, {_BEFORE} AS is_before,\n"
        f"is_call, is_billable, status = 'error' AS is_error, toFloat64({_DURATION}) AS duration_ns,\n"
        "is_billable AND isNotNull(cost_usd) AS is_priced, toFloat64(ifNull(cost_usd, 0)) AS usd,\n"
        "is_billable AND isNotNull(coalesce(input_tokens, output_tokens)) AS is_told,\n"
        "toFloat64(ifNull(input_tokens, 0) + ifNull(output_tokens, 0)) AS token_count\n"
        f"FROM {_calls(where, bind)}\n)\nWHERE is_now OR is_before\n"
        f"GROUP BY GROUPING SETS ({sets}, ())\n"
        f"ORDER BY place, calls_now + calls_before DESC, value\nLIMIT {MOVER_GROUPS_MAX:d} BY place"
    )


def _mover_sums(period: str) -> str:
    among = f"is_{period}"
    priced, told = f"{among} AND is_priced", f"{among} AND is_told"
    return (
        f"countIf({among} AND is_call) AS calls_{period},\n"
        f"countIf({among} AND is_call AND is_error) AS errors_{period},\n"
        f"countIf({among} AND is_call AND duration_ns > {{slow_ns:Int64}}) AS slow_{period},\n"
        f"quantileTDigestIf(0.95)(duration_ns, {among} AND is_call) AS p95_{period},\n"
        f"(countIf({priced}), sumIf(usd, {priced}), sumIf(usd * usd, {priced})) AS cost_{period},\n"
        f"(countIf({told}), sumIf(token_count, {told}), sumIf(token_count * token_count, {told}))"
        f" AS tokens_{period}"
    )


def releases(where: Expression | None, bind: Binder, limit: int) -> str:
    return (
        "SELECT toString(release) AS release, toString(service) AS service,"
        " toString(environment) AS environment,\n"
        "min(start_time_ns) AS first_ns, max(start_time_ns) AS last_ns,\n"
        "countIf(start_time_ns >= {began_ns:Int64}) AS traces,\n"
        "countIf(start_time_ns >= {began_ns:Int64} AND status = 'error') AS errors\n"
        f"FROM traces FINAL\nWHERE {condition_of(where, 'traces', bind)} AND release != ''\n"
        "GROUP BY traces.release, traces.service, traces.environment\nHAVING last_ns >= {began_ns:Int64}\n"
        f"ORDER BY first_ns DESC, release, service, environment\nLIMIT {limit:d}"
    )


def before_releases(
    where: Expression | None, bind: Binder, asked: Sequence[tuple[str, str, str, int]]
) -> str:
    """`asked`: release, service, environment, and when it began."""
    wanted = bind(list(asked), "Array(Tuple(String, String, String, Int64))")
    return (
        "SELECT new.1 AS release, new.2 AS service, new.3 AS environment,\n"
        "count() AS traces, countIf(status = 'error') AS errors\n"
        "FROM (SELECT start_time_ns, status, toString(release) AS own, toString(service) AS of_service,\n"
        "toString(environment) AS of_environment FROM traces FINAL\n"
        f"WHERE {condition_of(where, 'traces', bind)}) AS t\n"
        f"INNER JOIN (SELECT arrayJoin({wanted}) AS new, new.2 AS s, new.3 AS e) AS n"
        " ON of_service = s AND of_environment = e\n"
        "WHERE own != new.1 AND start_time_ns < new.4 AND start_time_ns >= new.4 - 86400000000000\n"
        "GROUP BY release, service, environment"
    )


def defects(where: Expression | None, bind: Binder) -> str:
    return (
        "SELECT toInt64(count()) AS spans, toInt64(countIf(is_billable)) AS billable,\n"
        "toInt64(countIf(is_billable AND isNull(cost_usd))) AS unpriced\n"
        f"FROM spans FINAL\nWHERE {_spans(where, bind)}"
    )


def warnings(where: Expression | None, bind: Binder) -> str:
    return (
        "SELECT sumMap(map(word, 1)) AS warnings FROM (\n"
        f"SELECT toString(arrayJoin(warnings)) AS word FROM spans FINAL\nWHERE {_spans(where, bind)})"
    )


def orphans(where: Expression | None, bind: Binder) -> str:
    """A parent is looked for among the spans of up to a day before, too."""
    parents = (
        "SELECT trace_hash, span_hash FROM span_facts WHERE project_id = {project:String}"
        " AND hour BETWEEN {from_hour:Int64} - 24 AND {to_hour:Int64} + 1"
    )
    return (
        "SELECT toInt64(count()) AS orphans FROM spans FINAL\n"
        f"WHERE {_spans(where, bind)} AND parent_span_id != ''\n"
        f"AND (halfMD5(trace_id), halfMD5(parent_span_id)) NOT IN ({parents})"
    )


def unscored(where: Expression | None, bind: Binder) -> str:
    wanted = IN_RANGE if where is None else condition_of(where, "traces", bind)
    return (
        "SELECT toInt64(count()) AS traces, toInt64(countIf(trace_id NOT IN (\n"
        f"SELECT trace_id FROM {scores_of_range()} AND trace_id != ''))) AS unscored\n"
        f"FROM traces FINAL\nWHERE {wanted} AND llm_call_count > 0"
    )
