"""The statements of score_statistics.py. The place-holders `project`, `from_ns` and `to_ns` are of the traces
that are looked at; everything else is bound under a number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.model.score_statistics import ScoreGrouping
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS, Binder
from spanglass_server.store.clickhouse.engine import Parameter
from spanglass_server.store.clickhouse.keys import HOUR_NS, hour_of
from spanglass_server.store.clickhouse.reader_lists import (
    INT64_MAX,
    SPANS_OF_TRACES,
    condition_of,
    range_params,
)
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import (
    QUANTILE_GROUPS_MAX,
    TRACE_REACH_NS,
    PairQuery,
    QuantileQuery,
    ScoreBreakdown,
    ScoreScope,
)

_DAY_NS: Final = 24 * HOUR_NS
_MODEL: Final = EXPRESSIONS["model"]

_LISTS: Final = {
    "names": "name",
    "data_types": "data_type",
    "sources": "source",
    "authors": "author",
    "environments": "environment",
    "evaluator_ids": "evaluator_id",
    "config_ids": "config_id",
}

_RATE: Final = "if(sampling_rate > 0 AND sampling_rate < 1, sampling_rate, 1.)"
_UNIT: Final = (
    "multiIf(trace_id != '', cityHash64(trace_id), session_id != '', cityHash64(session_id),"
    " dataset_run_id != '', cityHash64(dataset_run_id), cityHash64(score_id))"
)
_TRACE_HASH: Final = "cityHash64(trace_id)"
"""Traces are matched by hashes: half the time and memory of the ids themselves."""
_SPAN_HASH: Final = "cityHash64(trace_id, span_id)"
_MEASURED: Final = "data_type IN ('numeric', 'categorical', 'boolean')"


class Grouped(NamedTuple):
    """How the rows of scores are told apart: an array of (group, version), and what has to be joined."""

    keys: str
    needs_trace: bool = False
    needs_span: bool = False
    needs_prompts: bool = False


def _of_trace(column: str) -> Grouped:
    return Grouped(f"[(toString({column}), '')]", needs_trace=True)


def _of_calls(one: str, of_trace: str) -> Grouped:
    keys = f"if({one} != '', [toString({one})], if(empty({of_trace}), [''], {of_trace}))"
    return Grouped(f"arrayMap(word -> (toString(word), ''), {keys})", needs_trace=True, needs_span=True)


_NO_GROUP: Final = Grouped("[('', '')]")
_GROUPS: Final[Mapping[ScoreGrouping, Grouped]] = {
    "feature": _of_trace("t.feature"),
    "team": _of_trace("t.team"),
    "service": _of_trace("t.service"),
    "environment": _of_trace("if(s.environment != '', s.environment, t.environment)"),
    "release": _of_trace("t.release"),
    "trace_name": _of_trace("t.name"),
    "model": _of_calls("c.model", "t.models"),
    "provider": _of_calls("c.provider", "t.providers"),
    "prompt": Grouped(
        "if(c.prompt_name != '', [(toString(c.prompt_name), toString(c.prompt_version))],"
        " if(empty(p.prompts), [('', '')], p.prompts))",
        needs_span=True,
        needs_prompts=True,
    ),
    "evaluator": Grouped("[(toString(if(s.author != '', s.author, s.source)), '')]"),
    "evaluator_version": Grouped(
        "[(toString(if(s.author != '', s.author, s.source)),"
        " if(s.evaluator_version > 0, toString(s.evaluator_version), ''))]"
    ),
    "source": Grouped("[(toString(s.source), '')]"),
}


def trace_params(project_id: str, scope: ScoreScope) -> dict[str, Parameter]:
    from_ns, to_ns = scope.during
    if scope.at == "score":
        from_ns, to_ns = from_ns - TRACE_REACH_NS, to_ns + _DAY_NS
    return range_params(project_id, TimeRange(from_ns, to_ns))


def scores_condition(scope: ScoreScope, bind: Binder) -> str:
    """Of a row of `scores`, but for what its trace has to be."""
    first, last = (min(max(0, edge), INT64_MAX) for edge in scope.during)
    if scope.at == "trace":  # Scores come after what they judge, years maybe; clocks differ by a day.
        first, last = max(0, first - _DAY_NS), INT64_MAX
    held = [
        "project_id = {project:String}",
        f"time_ns >= {bind(first, 'Int64')} AND time_ns < {bind(last, 'Int64')}",
        f"{HOUR_OF_SCORE} >= {bind(hour_of(first), 'Int64')}"
        f" AND {HOUR_OF_SCORE} <= {bind(hour_of(last), 'Int64')}",
        *_narrowed(scope, bind),
    ]
    return "\n    AND ".join(held)


def _narrowed(scope: ScoreScope, bind: Binder) -> Iterator[str]:
    for field, column in _LISTS.items():
        values: Sequence[Parameter] = getattr(scope, field)
        if values:
            yield f"{column} IN {bind(list(values), 'Array(String)')}"
    if scope.evaluator_versions:
        yield f"evaluator_version IN {bind(list(scope.evaluator_versions), 'Array(UInt32)')}"


def _asks_trace(scope: ScoreScope) -> bool:
    return scope.where is not None or scope.at == "trace"


def _of_wanted_traces(scope: ScoreScope, bind: Binder) -> str:
    wanted = condition_of(scope.where, "traces", bind)
    return f"\n    AND {_TRACE_HASH} IN (SELECT {_TRACE_HASH} FROM traces FINAL WHERE {wanted})"


def wanted_scores(scope: ScoreScope, bind: Binder) -> str:
    """A condition for what needs nothing else of the traces."""
    held = f"{scores_condition(scope, bind)}\n    AND {_MEASURED}"
    return held + _of_wanted_traces(scope, bind) if _asks_trace(scope) else held


def rows_sql(scope: ScoreScope, grouped: Grouped, bucket_ns: int, bind: Binder) -> str:
    """Rows (name, data_type, key, bucket, rate, unit, value, quality, string_value)."""
    by_trace = scope.at == "trace"
    needs_trace = grouped.needs_trace or (by_trace and bucket_ns > 0)
    held = scores_condition(scope, bind)
    columns = ["name", "data_type", "value", "quality", "string_value", "time_ns", "environment"]
    columns += ["author", "source", "evaluator_version", f"{_RATE} AS rate", f"{_UNIT} AS unit"]
    columns += [f"{_TRACE_HASH} AS trace_hash", f"{_SPAN_HASH} AS span_hash"]
    at = "t.start_time_ns" if by_trace else "s.time_ns"
    bucket = f"intDiv({at} - {bind(scope.during.from_ns, 'Int64')}, {bucket_ns:d})" if bucket_ns else "0"
    joins = [_join_traces(scope, held, bind)] if needs_trace else []
    joins += [_join_spans(held)] if grouped.needs_span else []
    joins += [_join_prompts(held)] if grouped.needs_prompts else []
    chosen = f"{held}\n    AND {_MEASURED}"
    if _asks_trace(scope) and not needs_trace:
        chosen += _of_wanted_traces(scope, bind)
    key = "('', '')" if grouped is _NO_GROUP else f"arrayJoin({grouped.keys})"
    return (
        f"SELECT s.name AS name, s.data_type AS data_type, {key} AS key,\n"
        f"toInt64({bucket}) AS bucket, s.rate AS rate, s.unit AS unit,\n"
        "s.value AS value, s.quality AS quality, s.string_value AS string_value\n"
        f"FROM (SELECT {', '.join(columns)}\n"
        f"FROM scores FINAL\nWHERE {chosen}) AS s" + "".join(f"\n{join}" for join in joins)
    )


def _join_traces(scope: ScoreScope, held: str, bind: Binder) -> str:
    kind = "INNER ANY" if _asks_trace(scope) else "LEFT ANY"
    wanted = condition_of(scope.where, "traces", bind)
    return (
        f"{kind} JOIN (SELECT {_TRACE_HASH} AS trace_hash, start_time_ns, name, feature, team, service,\n"
        f"    environment, release, models, providers\nFROM traces FINAL\nWHERE {wanted}\n"
        f"    AND {_TRACE_HASH} IN (SELECT {_TRACE_HASH} FROM scores WHERE {held})) AS t"
        " ON s.trace_hash = t.trace_hash"
    )


def _join_spans(held: str) -> str:
    """The judged spans."""
    return (
        f"LEFT ANY JOIN (SELECT {_SPAN_HASH} AS span_hash, {_MODEL} AS model, provider,"
        " prompt_name, prompt_version\n"
        f"FROM spans FINAL\nWHERE {SPANS_OF_TRACES}\n    AND {_SPAN_HASH} IN"
        f" (SELECT {_SPAN_HASH} FROM scores WHERE {held} AND span_id != '')) AS c"
        " ON s.span_hash = c.span_hash"
    )


def _join_prompts(held: str) -> str:
    return (
        f"LEFT ANY JOIN (SELECT {_TRACE_HASH} AS trace_hash,"
        " groupUniqArray((toString(prompt_name), toString(prompt_version))) AS prompts\n"
        f"FROM spans FINAL\nWHERE {SPANS_OF_TRACES} AND prompt_name != ''\n"
        f"    AND {_TRACE_HASH} IN (SELECT {_TRACE_HASH} FROM scores WHERE {held})\n"
        "GROUP BY trace_hash) AS p ON s.trace_hash = p.trace_hash"
    )


def group_of(group_by: ScoreGrouping | None) -> Grouped:
    return _NO_GROUP if group_by is None else _GROUPS[group_by]


def single_sums_sql(scope: ScoreScope, breakdown: ScoreBreakdown, bind: Binder) -> str:
    """Rows by name, data type, group, version, bucket and rate. Right where each unit has one score, which
    `units` equal to `scores` tells; a third of the time of `unit_sums_sql`."""
    rows = rows_sql(scope, group_of(breakdown.group_by), breakdown.bucket_ns, bind)
    counts = [f"countIf(string_value = {bind(category)})" for category in breakdown.categories]
    measured = ",\n".join(
        f"toInt64(count({x})) AS n_{x}, ifNull(avg({x}), 0) AS mean_{x},"
        f" ifNull(varPopStable({x}), 0) AS var_{x}"
        for x in ("value", "quality")
    )
    shares = f"arrayMap(n -> toInt64(n), [{', '.join(counts)}])" if counts else "CAST([], 'Array(Int64)')"
    return (
        f"SELECT {_KEYS_READ},\n{measured},\n"
        f"toInt64(countIf(string_value != '')) AS n_categories, {shares} AS categories,\n"
        "toInt64(count()) AS scores, toInt64(uniqExact(unit)) AS units\n"
        f"FROM (\n{rows}\n)\nGROUP BY {_KEYS}\nORDER BY {_KEYS}"
    )


_KEYS: Final = "name, data_type, key, bucket, rate"
_KEYS_READ: Final = (
    "toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version, bucket, rate"
)


def unit_sums_sql(scope: ScoreScope, breakdown: ScoreBreakdown, bind: Binder) -> str:
    """As `single_sums_sql`, with moments over units: m0 of values, m1 of qualities, then of each category."""
    rows = rows_sql(scope, group_of(breakdown.group_by), breakdown.bucket_ns, bind)
    counted = [
        f"countIf(string_value = {bind(category)}) AS s_c{place}"
        for place, category in enumerate(breakdown.categories)
    ]
    inner = [
        "count() AS n_all", "count(value) AS n_v", "ifNull(sum(value), 0) AS s_v",
        "count(quality) AS n_q", "ifNull(sum(quality), 0) AS s_q",
        "countIf(string_value != '') AS n_c", *counted,
    ]  # fmt: skip
    measured = [("n_v", "s_v"), ("n_q", "s_q"), *(("n_c", f"s_c{place}") for place in range(len(counted)))]
    moments = ",\n".join(_moments(f"m{place}", n, s) for place, (n, s) in enumerate(measured))
    return (
        f"SELECT {_KEYS_READ},\n{moments},\ntoInt64(sum(n_all)) AS scores, toInt64(count()) AS units\n"
        f"FROM (SELECT {_KEYS}, unit, {', '.join(inner)}\nFROM (\n{rows}\n)\nGROUP BY {_KEYS}, unit)\n"
        f"GROUP BY {_KEYS}\nORDER BY {_KEYS}"
    )


def _moments(name: str, n: str, s: str) -> str:
    """In the order of model.score_statistics.Moments, rate aside. Stable: values may be large and close."""
    powers = [f"sum({'*'.join([f'toFloat64({n})'] * power)})" for power in (1, 2, 3, 4)]
    spread = [
        f"varPopStableIf({n}, {n} > 0)", f"avgIf({s}, {n} > 0)",
        f"varPopStableIf({s}, {n} > 0)", f"covarPopStableIf({s}, {n}, {n} > 0)",
    ]  # fmt: skip
    parts = [f"countIf({n} > 0)", *powers, *spread]
    return f"[{', '.join(f'toFloat64({part})' for part in parts)}] AS {name}"


def names_sql(scope: ScoreScope, bind: Binder) -> str:
    held = scores_condition(scope, bind)
    if _asks_trace(scope):
        held += _of_wanted_traces(scope, bind)
    return (
        "SELECT toString(name) AS name, toString(data_type) AS data_type, toInt64(count()) AS count,\n"
        "arraySort(groupUniqArray(10)(toString(source))) AS sources,\n"
        "arraySort(groupUniqArrayIf(20)((evaluator_id, toString(author), toInt64(evaluator_version)),"
        " evaluator_id != '')) AS evaluators,\n"
        "arraySort(groupUniqArrayIf(50)(toString(author), author != '')) AS authors,\n"
        "toString(argMax(config_id, time_ns)) AS config_id, max(time_ns) AS last_ns\n"
        f"FROM scores FINAL\nWHERE {held}\nGROUP BY name, data_type\nORDER BY count DESC, name, data_type\n"
        "LIMIT 1000"
    )


def categories_sql(scope: ScoreScope, limit: int, bind: Binder) -> str:
    return (
        "SELECT string_value AS category, toInt64(count()) AS count\n"
        f"FROM scores FINAL\nWHERE {wanted_scores(scope, bind)}\n    AND string_value != ''\n"
        f"GROUP BY category\nORDER BY count DESC, category\nLIMIT {limit:d}"
    )


def quantiles_sql(scope: ScoreScope, query: QuantileQuery, bind: Binder) -> str:
    rows = rows_sql(scope, group_of(query.group_by), 0, bind)
    levels = ", ".join(f"{float(level)!r}" for level in query.levels)
    return (
        "SELECT key.1 AS grp, key.2 AS version,\n"
        f"quantilesExactWeighted({levels})(assumeNotNull(value), toUInt32(round(100 / greatest(rate, 1e-7))))"
        " AS quantiles\n"
        f"FROM (\n{rows}\n)\nWHERE isNotNull(value)\nGROUP BY key\n"
        f"ORDER BY count() DESC, key\nLIMIT {QUANTILE_GROUPS_MAX:d}"
    )


def extent_sql(scope: ScoreScope, bind: Binder) -> str:
    return (
        "SELECT min(value) AS least, max(value) AS greatest\n"
        f"FROM scores FINAL\nWHERE {wanted_scores(scope, bind)}\n    AND isNotNull(value)"
    )


def bins_sql(scope: ScoreScope, *, first: float, width: float, bins: int, bind: Binder) -> str:
    offset = f"floor((assumeNotNull(value) - {bind(first, 'Float64')}) / {bind(width, 'Float64')})"
    return (
        f"SELECT toInt64(least({bins - 1:d}, greatest(0, {offset}))) AS number,\n"
        f"toInt64(count()) AS count, sum(1 / {_RATE}) AS weight\n"
        f"FROM scores FINAL\nWHERE {wanted_scores(scope, bind)}\n    AND isNotNull(value)\n"
        "GROUP BY number\nORDER BY number"
    )


def pairs_sql(query: PairQuery, limit: int, bind: Binder) -> str:
    both = ScoreScope(during=query.first.during, at=query.first.at, where=query.first.where)
    kept = "trace_id != ''" if query.is_by_trace else "(trace_id != '' OR session_id != '')"
    held = f"{wanted_scores(both, bind)}\n    AND {kept}"
    sides = [f"({' AND '.join(_narrowed(scope, bind)) or '1'})" for scope in (query.first, query.second)]
    span = "''" if query.is_by_trace else "if(trace_id != '', span_id, '')"
    target = f"(trace_id, {span}, if(trace_id = '', session_id, ''))"
    # Most targets have one side only: they are passed over before anything of them is kept.
    judged_twice = "".join(
        f"\n    AND cityHash64{target} IN (SELECT cityHash64{target} FROM scores WHERE {held} AND {side})"
        for side in sides
    )
    told = "(value, quality, if(data_type = 'numeric', '', string_value), substringUTF8(comment, 1, 500))"
    shown = ",\n".join(
        f"{place}.1 AS {place}_value, {place}.2 AS {place}_quality,"
        f" {place}.3 AS {place}_label, {place}.4 AS {place}_comment"
        for place in ("first", "second")
    )
    return (
        f"SELECT target.1 AS trace_id, target.2 AS span_id, target.3 AS session_id, at_ns,\n{shown}\n"
        "FROM (SELECT target, max(time_ns) AS at_ns,\n"
        "argMaxIf(told, (time_ns, score_id), is_first) AS first,"
        " argMaxIf(told, (time_ns, score_id), is_second) AS second\n"
        f"FROM (SELECT {target} AS target, time_ns, score_id,\n"
        f"    {told} AS told, {sides[0]} AS is_first, {sides[1]} AS is_second\n"
        f"FROM scores FINAL\nWHERE {held} AND (is_first OR is_second){judged_twice})\n"
        "GROUP BY target HAVING countIf(is_first) > 0 AND countIf(is_second) > 0)\n"
        f"ORDER BY at_ns DESC, target\nLIMIT {limit:d}"
    )
