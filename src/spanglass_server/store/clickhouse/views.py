"""What can be asked of spans, traces and scores by name (store/views.py): columns, and the joins they need.

Langfuse's words are computed here from what the rows hold: its type of an observation, its level, its version
and environment, and the record of a trace.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.normalize.langfuse_spans import TRACE_MARK
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, SPANS_OF_TRACES
from spanglass_server.store.views import View

ColumnType: TypeAlias = Literal["text", "number", "bool", "time", "list", "map", "number_map", "list_map"]
Join: TypeAlias = Literal["", "trace", "rollup", "span", "span_scores", "trace_scores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    sql: str
    type: ColumnType = "text"
    joins: frozenset[Join] = frozenset()


def _text(sql: str, *joins: Join) -> Column:
    return Column(sql=sql, joins=frozenset(joins))


def _number(sql: str, *joins: Join) -> Column:
    return Column(sql=sql, type="number", joins=frozenset(joins))


DECLARED_TYPE: Final = "attribute_index['langfuse.observation.type']"
DECLARED_LEVEL: Final = "upper(attribute_index['langfuse.observation.level'])"
DECLARED_VERSION: Final = "attribute_index['langfuse.version']"
IS_PUBLIC: Final = "(attribute_index['langfuse.trace.public'] = 'true')"
IS_MARKED_ROOT: Final = (
    "(attribute_index['langfuse.internal.as_root'] = 'true'"
    " OR attribute_index['langfuse.internal.is_app_root'] = 'true')"
)

IS_TRACE_RECORD: Final = f"(span_id = trace_id AND attribute_index['{TRACE_MARK}'] = 'true')"
"""The span that stands for a trace told without a root span."""

OBSERVATION_TYPE: Final = (
    f"multiIf({DECLARED_TYPE} NOT IN ('', 'span'), upper({DECLARED_TYPE}), kind = 'llm', 'GENERATION',"
    f" {DECLARED_TYPE} = 'span' OR kind IN ('span', 'reranker', 'cache'), 'SPAN', upper(kind))"
)
LEVEL: Final = (
    f"multiIf(status = 'error', 'ERROR', {DECLARED_LEVEL} IN ('DEBUG', 'WARNING', 'ERROR'),"
    f" {DECLARED_LEVEL}, 'DEFAULT')"
)
VERSION: Final = (
    f"if({DECLARED_VERSION} != '', {DECLARED_VERSION}, JSONExtractString(resource, 'service.version'))"
)
_ENVIRONMENT: Final = "if(environment = '', 'default', environment)"
_DURATION: Final = EXPRESSIONS["duration_ns"]
_MONTH: Final = "formatDateTime(fromUnixTimestamp64Nano({time}, 'UTC'), '%Y-%m')"
_DAY: Final = "formatDateTime(fromUnixTimestamp64Nano({time}, 'UTC'), '%Y-%m-%d')"


def _cost_of(words: str, *, wanted: bool) -> str:
    """The sum of the cost classes whose name has one of the words, or has none of them."""
    found = f"multiSearchAny(class, [{words}])"
    picked = f"mapFilter((class, usd) -> {found if wanted else f'NOT {found}'}, cost_details)"
    return f"if(empty(cost_details), NULL, arraySum(mapValues({picked})))"


_OUTPUT_COST: Final = _cost_of("'output', 'reasoning', 'completion'", wanted=True)
_INPUT_COST: Final = _cost_of("'output', 'reasoning', 'completion', 'total'", wanted=False)


def _billable(sql: str) -> str:
    """A call is counted once, however many spans tell it."""
    return f"if(is_billable, {sql}, NULL)"


COST: Final = (
    "multiIf(dialect = 'langfuse' AND reported_cost_usd > 0 AND"
    " (is_billable OR kind NOT IN ('llm', 'embedding')), reported_cost_usd, is_billable, cost_usd, NULL)"
)
"""A model call counts once. What a Langfuse SDK says that anything cost is told before our price, as with
Langfuse."""

_SPANS: Final[Mapping[str, Column]] = {
    "id": _text("span_id"),
    "trace_id": _text("trace_id"),
    "parent_id": _text("if(parent_span_id = trace_id, '', parent_span_id)"),
    "name": _text("name"),
    "type": _text(OBSERVATION_TYPE),
    "level": _text(LEVEL),
    "status_message": _text("error_message"),
    "version": _text(VERSION),
    "environment": _text(_ENVIRONMENT),
    "release": _text("release"),
    "user_id": _text("user_id"),
    "feature": _text("feature"),
    "team": _text("team"),
    "session_id": _text("session_id"),
    "model": _text(EXPRESSIONS["model"]),
    "prompt_name": _text("prompt_name"),
    "prompt_version": _text("prompt_version"),
    "tool_name": _text("tool_name"),
    "input": _text("input"),
    "output": _text("output"),
    "start_month": _text(_MONTH.format(time="start_time_ns")),
    "start_time": Column(sql="start_time_ns", type="time"),
    "end_time": Column(sql="end_time_ns", type="time"),
    "is_trace_record": Column(sql=IS_TRACE_RECORD, type="bool"),
    "is_root": Column(sql=f"(parent_span_id IN ('', trace_id) OR {IS_MARKED_ROOT})", type="bool"),
    "metadata": Column(sql="metadata", type="map"),
    "trace_name": _text("t_name", "trace"),
    "trace_release": _text("t_release", "trace"),
    "trace_version": _text("r_version", "rollup"),
    "trace_environment": _text("t_environment", "trace"),
    "tags": Column(sql="t_tags", type="list", joins=frozenset(["trace"])),
    "latency_s": _number(f"{_DURATION} / 1e9"),
    "latency_ms": _number(f"{_DURATION} / 1e6"),
    "ttft_s": _number("ttft_ns / 1e9"),
    "ttft_ms": _number("ttft_ns / 1e6"),
    "streaming_ms": _number(f"({_DURATION} - ttft_ns) / 1e6"),
    "span_input_tokens": _number("input_tokens"),
    "span_output_tokens": _number("output_tokens"),
    "span_total_tokens": _number(EXPRESSIONS["total_tokens"]),
    "input_tokens": _number(_billable("input_tokens")),
    "output_tokens": _number(_billable("output_tokens")),
    "total_tokens": _number(_billable(EXPRESSIONS["total_tokens"])),
    "tokens_per_second": _number(f"{EXPRESSIONS['total_tokens']} / nullIf({_DURATION} / 1e9, 0)"),
    "output_tokens_per_second": _number(f"output_tokens / nullIf(({_DURATION} - ttft_ns) / 1e9, 0)"),
    "input_cost": _number(_billable(_INPUT_COST)),
    "output_cost": _number(_billable(_OUTPUT_COST)),
    "cost_usd": _number(COST),
    "billable_cost_usd": _number(_billable("cost_usd")),
    "score_count": _number("ifNull(c_count, 0)", "span_scores"),
}
_TRACES: Final[Mapping[str, Column]] = {
    "id": _text("trace_id"),
    "name": _text("name"),
    "environment": _text(_ENVIRONMENT),
    "release": _text("release"),
    "version": _text("r_version", "rollup"),
    "user_id": _text("user_id"),
    "session_id": _text("session_id"),
    "start_month": _text(_MONTH.format(time="start_time_ns")),
    "start_time": Column(sql="start_time_ns", type="time"),
    "end_time": Column(sql="end_time_ns", type="time"),
    "is_bookmarked": Column(sql="false", type="bool"),
    "is_public": Column(sql="(r_public > 0)", type="bool", joins=frozenset(["rollup"])),
    "metadata": Column(sql="metadata", type="map"),
    "tags": Column(sql="tags", type="list"),
    "level": _text(
        "multiIf(r_errors > 0, 'ERROR', r_warnings > 0, 'WARNING', r_defaults > 0, 'DEFAULT', 'DEBUG')",
        "rollup",
    ),
    "error_count": _number("r_errors", "rollup"),
    "warning_count": _number("r_warnings", "rollup"),
    "default_count": _number("r_defaults", "rollup"),
    "debug_count": _number("r_debugs", "rollup"),
    "observation_count": _number("r_spans", "rollup"),
    "latency_s": _number(f"{_DURATION} / 1e9"),
    "latency_ms": _number(f"{_DURATION} / 1e6"),
    "input_tokens": _number("input_tokens"),
    "output_tokens": _number("output_tokens"),
    "total_tokens": _number(EXPRESSIONS["total_tokens"]),
    "input_cost": _number("r_input_cost", "rollup"),
    "output_cost": _number("r_output_cost", "rollup"),
    "cost_usd": _number("r_cost", "rollup"),
    "score_count": _number("c_count", "trace_scores"),
    "score_texts": Column(sql="c_texts", type="list_map", joins=frozenset(["trace_scores"])),
    "score_means": Column(sql="c_means", type="number_map", joins=frozenset(["trace_scores"])),
}
_SCORES: Final[Mapping[str, Column]] = {
    "id": _text("score_id"),
    "name": _text("name"),
    "trace_id": _text("trace_id"),
    "span_id": _text("span_id"),
    "session_id": _text("if(session_id != '', session_id, t_session_id)", "trace"),
    "source": _text("source"),
    "data_type": _text("data_type"),
    "config_id": _text("config_id"),
    "environment": _text(_ENVIRONMENT),
    "string_value": _text("string_value"),
    "value": _number("value"),
    "boolean_value": Column(sql="(value > 0)", type="bool"),
    "start_time": Column(sql="time_ns", type="time"),
    "start_month": _text(_MONTH.format(time="time_ns")),
    "start_day": _text(_DAY.format(time="time_ns")),
    "metadata": Column(sql="metadata", type="map"),
    "trace_name": _text("t_name", "trace"),
    "trace_release": _text("t_release", "trace"),
    "trace_version": _text("r_version", "rollup"),
    "user_id": _text("t_user_id", "trace"),
    "tags": Column(sql="t_tags", type="list", joins=frozenset(["trace"])),
    "observation_name": _text("s_name", "span"),
    "observation_model": _text("s_model", "span"),
    "observation_prompt_name": _text("s_prompt_name", "span"),
    "observation_prompt_version": _text("s_prompt_version", "span"),
}
_COLUMNS: Final[Mapping[View, Mapping[str, Column]]] = {
    "spans": _SPANS,
    "traces": _TRACES,
    "scores": _SCORES,
}

SCORES_IN_RANGE: Final = (
    "project_id = {project:String} AND time_ns >= {from_ns:Int64} AND time_ns < {to_ns:Int64}"
)
ROWS_IN_RANGE: Final[Mapping[View, str]] = {
    "spans": IN_RANGE,
    "traces": IN_RANGE,
    "scores": SCORES_IN_RANGE,
}
TIME_COLUMNS: Final[Mapping[View, str]] = {
    "spans": "start_time_ns",
    "traces": "start_time_ns",
    "scores": "time_ns",
}

_SCORED: Final = f"SELECT trace_id FROM scores WHERE {SCORES_IN_RANGE} AND trace_id != ''"
_STARTS_OF_SCORED: Final = (
    "(SELECT min(first_start_ns) FROM trace_times WHERE project_id = {project:String}"
    f" AND trace_hash IN (SELECT halfMD5(trace_id) FROM ({_SCORED})))"
)
_OF_SCORED: Final = (
    f"project_id = {{project:String}} AND start_time_ns >= {_STARTS_OF_SCORED} AND trace_id IN ({_SCORED})"
)
"""Scores may come long after what they judge: their traces are found by the times of traces."""

_OVERLAPPING: Final = (
    "project_id = {project:String} AND start_time_ns < {to_ns:Int64} AND end_time_ns >= {from_ns:Int64}"
)
_ROLLED_SPANS: Final[Mapping[View, str]] = {
    "spans": IN_RANGE,
    "traces": SPANS_OF_TRACES,
    "scores": _OF_SCORED,
}


def _trace_join(view: View) -> str:
    wanted = _OF_SCORED if view == "scores" else _OVERLAPPING
    return (
        "SELECT trace_id AS t_trace_id, name AS t_name, release AS t_release, user_id AS t_user_id,\n"
        f"session_id AS t_session_id, {_ENVIRONMENT} AS t_environment, tags AS t_tags\n"
        f"FROM traces FINAL WHERE {wanted}"
    )


def _rollup_join(view: View) -> str:
    return (
        f"SELECT trace_id AS r_trace_id, argMinIf({VERSION}, start_time_ns, {VERSION} != '') AS r_version,\n"
        f"countIf({IS_PUBLIC}) AS r_public, countIf(NOT {IS_TRACE_RECORD}) AS r_spans,\n"
        f"countIf({LEVEL} = 'ERROR') AS r_errors, countIf({LEVEL} = 'WARNING') AS r_warnings,\n"
        f"countIf({LEVEL} = 'DEFAULT') AS r_defaults, countIf({LEVEL} = 'DEBUG') AS r_debugs,\n"
        f"sum({_billable(_INPUT_COST)}) AS r_input_cost, sum({_billable(_OUTPUT_COST)}) AS r_output_cost,\n"
        f"sum({COST}) AS r_cost\n"
        f"FROM spans FINAL WHERE {_ROLLED_SPANS[view]} GROUP BY r_trace_id"
    )


_SCORES_SINCE: Final = "project_id = {project:String} AND time_ns >= {from_ns:Int64}"
"""What is judged was there before."""

_SPAN_JOIN: Final = (
    "SELECT trace_id AS s_trace_id, span_id AS s_span_id, name AS s_name, prompt_name AS s_prompt_name,\n"
    f"prompt_version AS s_prompt_version, {EXPRESSIONS['model']} AS s_model\n"
    f"FROM spans FINAL WHERE {_OF_SCORED}"
)
_SPAN_SCORES_JOIN: Final = (
    "SELECT trace_id AS c_trace_id, span_id AS c_span_id, count() AS c_count FROM scores FINAL\n"
    f"WHERE {_SCORES_SINCE} AND span_id != '' GROUP BY c_trace_id, c_span_id"
)
_TRACE_SCORES_JOIN: Final = (
    "SELECT c_trace_id, sum(c_rows) AS c_count,\n"
    "mapFromArrays(groupArray(c_name), groupArray(c_mean)) AS c_means,\n"
    "mapFromArrays(groupArray(c_name), groupArray(c_words)) AS c_texts\n"
    "FROM (SELECT trace_id AS c_trace_id, toString(name) AS c_name, count() AS c_rows,\n"
    "ifNull(avg(value), nan) AS c_mean, groupUniqArrayIf(string_value, string_value != '') AS c_words\n"
    "FROM scores FINAL\n"
    f"WHERE {_SCORES_SINCE} AND trace_id != '' GROUP BY c_trace_id, c_name) GROUP BY c_trace_id"
)


def _join_sql(join: Join, view: View) -> str:
    match join:
        case "trace":
            return f"LEFT ANY JOIN ({_trace_join(view)}) AS t ON trace_id = t_trace_id"
        case "rollup":
            return f"LEFT ANY JOIN ({_rollup_join(view)}) AS r ON trace_id = r_trace_id"
        case "span":
            return f"LEFT ANY JOIN ({_SPAN_JOIN}) AS s ON trace_id = s_trace_id AND span_id = s_span_id"
        case "span_scores":
            return (
                f"LEFT ANY JOIN ({_SPAN_SCORES_JOIN}) AS c ON trace_id = c_trace_id AND span_id = c_span_id"
            )
        case "trace_scores":
            return f"LEFT ANY JOIN ({_TRACE_SCORES_JOIN}) AS c ON trace_id = c_trace_id"
        case _:
            return ""


def get_column(view: View, name: str) -> Column:
    column = _COLUMNS[view].get(name)
    if column is None:
        raise QueryInvalid(f"{view} have no `{name}`", hint=f"they have {', '.join(sorted(_COLUMNS[view]))}")
    return column


def source_sql(view: View, columns: Iterable[Column]) -> str:
    """The view's rows, the newest revision of each, with the joins that the columns need."""
    joins = sorted({join for column in columns for join in column.joins})
    return "\n".join([f"{view} FINAL", *(_join_sql(join, view) for join in joins)])
