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
    "cityHash64(multiIf(trace_id != '', trace_id, session_id != '', session_id,"
    " dataset_run_id != '', dataset_run_id, score_id))"
)
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


def wanted_scores(scope: ScoreScope, bind: Binder) -> str:
    """A condition for what needs nothing else of the traces."""
    held = f"{scores_condition(scope, bind)}\n    AND {_MEASURED}"
    if not _asks_trace(scope):
        return held
    wanted = condition_of(scope.where, "traces", bind)
    return f"{held}\n    AND trace_id IN (SELECT trace_id FROM traces FINAL WHERE {wanted})"


def rows_sql(scope: ScoreScope, grouped: Grouped, bucket_ns: int, bind: Binder) -> str:
    """Rows (name, data_type, key, bucket, rate, unit, value, quality, string_value)."""
    by_trace = scope.at == "trace"
    needs_trace = grouped.needs_trace or (by_trace and bucket_ns > 0)
    held = scores_condition(scope, bind)
    columns = ["name", "data_type", "value", "quality", "string_value", "time_ns", "trace_id", "span_id"]
    columns += ["environment", "author", "source", "evaluator_version"]
    at = "t.start_time_ns" if by_trace else "s.time_ns"
    bucket = f"intDiv({at} - {bind(scope.during.from_ns, 'Int64')}, {bucket_ns:d})" if bucket_ns else "0"
    joins = [_join_traces(scope, held, bind)] if needs_trace else []
    joins += [_join_spans(held)] if grouped.needs_span else []
    joins += [_join_prompts(held)] if grouped.needs_prompts else []
    chosen = f"{held}\n    AND {_MEASURED}"
    if _asks_trace(scope) and not needs_trace:
        wanted = condition_of(scope.where, "traces", bind)
        chosen += f"\n    AND trace_id IN (SELECT trace_id FROM traces FINAL WHERE {wanted})"
    key = "('', '')" if grouped is _NO_GROUP else f"arrayJoin({grouped.keys})"
    return (
        f"SELECT s.name AS name, s.data_type AS data_type, {key} AS key,\n"
        f"toInt64({bucket}) AS bucket, s.rate AS rate, s.unit AS unit,\n"
        "s.value AS value, s.quality AS quality, s.string_value AS string_value\n"
        f"FROM (SELECT {', '.join(columns)},\n    {_RATE} AS rate, {_UNIT} AS unit\n"
        f"FROM scores FINAL\nWHERE {chosen}) AS s" + "".join(f"\n{join}" for join in joins)
    )


def _join_traces(scope: ScoreScope, held: str, bind: Binder) -> str:
    kind = "INNER ANY" if _asks_trace(scope) else "LEFT ANY"
    wanted = condition_of(scope.where, "traces", bind)
    return (
        f"{kind} JOIN (SELECT trace_id, start_time_ns, name, feature, team, service, environment, release,\n"
        f"    models, providers\nFROM traces FINAL\nWHERE {wanted}\n"
        f"    AND trace_id IN (SELECT trace_id FROM scores WHERE {held})) AS t ON s.trace_id = t.trace_id"
    )


def _join_spans(held: str) -> str:
    """The judged spans."""
    return (
        f"LEFT ANY JOIN (SELECT trace_id, span_id, {_MODEL} AS model, provider, prompt_name, prompt_version\n"
        f"FROM spans FINAL\nWHERE {SPANS_OF_TRACES}\n    AND (trace_id, span_id) IN"
        f" (SELECT trace_id, span_id FROM scores WHERE {held} AND span_id != '')) AS c\n"
        "ON s.trace_id = c.trace_id AND s.span_id = c.span_id"
    )


def _join_prompts(held: str) -> str:
    return (
        "LEFT ANY JOIN (SELECT trace_id,"
        " groupUniqArray((toString(prompt_name), toString(prompt_version))) AS prompts\n"
        f"FROM spans FINAL\nWHERE {SPANS_OF_TRACES} AND prompt_name != ''\n"
        f"    AND trace_id IN (SELECT trace_id FROM scores WHERE {held})\n"
        "GROUP BY trace_id) AS p ON s.trace_id = p.trace_id"
    )


def group_of(group_by: ScoreGrouping | None) -> Grouped:
    return _NO_GROUP if group_by is None else _GROUPS[group_by]


def sums_sql(scope: ScoreScope, breakdown: ScoreBreakdown, bind: Binder) -> str:
    """Rows by name, data_type, group, version, bucket and rate; see MEASURES for the columns."""
    rows = rows_sql(scope, group_of(breakdown.group_by), breakdown.bucket_ns, bind)
    counted = [
        f"countIf(string_value = {bind(category)}) AS s_c{place}"
        for place, category in enumerate(breakdown.categories)
    ]
    if counted:
        counted.insert(0, "countIf(string_value != '') AS n_c")
    inner = [
        "count() AS n_all", "count(value) AS n_v", "ifNull(sum(value), 0) AS s_v",
        "count(quality) AS n_q", "ifNull(sum(quality), 0) AS s_q", *counted,
    ]  # fmt: skip
    keys = "name, data_type, key, bucket, rate"
    measured = ",\n".join(_moments(f"m{place}", n, s) for place, (n, s) in enumerate(measures_of(breakdown)))
    return (
        "SELECT toString(name) AS name, toString(data_type) AS data_type, key.1 AS grp, key.2 AS version,\n"
        "bucket, rate, toInt64(count()) AS units, toInt64(sum(n_all)) AS count,\n"
        f"{measured}\n"
        f"FROM (SELECT {keys}, unit, {', '.join(inner)}\nFROM (\n{rows}\n)\nGROUP BY {keys}, unit)\n"
        f"GROUP BY {keys}\nORDER BY {keys}"
    )


def measures_of(breakdown: ScoreBreakdown) -> Sequence[tuple[str, str]]:
    """Columns of (n, s): values, qualities, then each category."""
    categories = [("n_c", f"s_c{place}") for place in range(len(breakdown.categories))]
    return [("n_v", "s_v"), ("n_q", "s_q"), *categories]


def _moments(name: str, n: str, s: str) -> str:
    """In the order of model.score_statistics.Moments, rate aside. Stable: values may be large and close."""
    powers = [f"toFloat64(sum({'*'.join(['toFloat64(' + n + ')'] * power)}))" for power in (1, 2, 3, 4)]
    spread = [
        f"varPopStableIf({n}, {n} > 0)", f"avgIf({s}, {n} > 0)",
        f"varPopStableIf({s}, {n} > 0)", f"covarPopStableIf({s}, {n}, {n} > 0)",
    ]  # fmt: skip
    parts = [f"countIf({n} > 0)", *powers, *spread]
    return f"[{', '.join(f'toFloat64({part})' for part in parts)}] AS {name}"


def names_sql(scope: ScoreScope, bind: Binder) -> str:
    held = scores_condition(scope, bind)
    if _asks_trace(scope):
        wanted = condition_of(scope.where, "traces", bind)
        held += f"\n    AND trace_id IN (SELECT trace_id FROM traces FINAL WHERE {wanted})"
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
    everything = ScoreScope(during=query.first.during, at=query.first.at, where=query.first.where)
    first, second = (
        f"({' AND '.join(_narrowed(scope, bind)) or '1'})" for scope in (query.first, query.second)
    )
    span = "''" if query.is_by_trace else "if(trace_id != '', span_id, '')"
    told = "(value, quality, if(data_type = 'numeric', '', string_value), substringUTF8(comment, 1, 500))"
    kept = " AND trace_id != ''" if query.is_by_trace else " AND (trace_id != '' OR session_id != '')"
    sides = [
        f"{place}.1 AS {place}_value, {place}.2 AS {place}_quality,"
        f" {place}.3 AS {place}_label, {place}.4 AS {place}_comment"
        for place in ("first", "second")
    ]
    return (
        f"SELECT target.1 AS trace_id, target.2 AS span_id, target.3 AS session_id, at_ns,\n"
        f"{sides[0]},\n{sides[1]}\n"
        "FROM (SELECT (trace_id, of_span, of_session) AS target, max(time_ns) AS at_ns,\n"
        "argMaxIf(told, (time_ns, score_id), is_first) AS first,"
        " argMaxIf(told, (time_ns, score_id), is_second) AS second\n"
        f"FROM (SELECT trace_id, {span} AS of_span, if(trace_id = '', session_id, '') AS of_session,\n"
        f"    time_ns, score_id, {told} AS told, {first} AS is_first, {second} AS is_second\n"
        f"FROM scores FINAL\nWHERE {wanted_scores(everything, bind)}{kept} AND (is_first OR is_second))\n"
        "GROUP BY target HAVING countIf(is_first) > 0 AND countIf(is_second) > 0)\n"
        f"ORDER BY at_ns DESC, trace_id, span_id, session_id\nLIMIT {limit:d}"
    )
