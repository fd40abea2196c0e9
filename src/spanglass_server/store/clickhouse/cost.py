"""Cost by group, over time and by model (`store.cost.CostReader`), read from the calls among the spans."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.query.ast import And, Expression, Not, Or, Term, Text
from spanglass_server.store.clickhouse.compile import span_condition
from spanglass_server.store.clickhouse.compile_fields import EXPRESSIONS, Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, condition_of, range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.cost import (
    CALL_FIELDS,
    NO_COST,
    CostBreakdown,
    CostCell,
    CostDimension,
    CostGroup,
    CostPoint,
    CostSums,
    UnpricedModel,
)
from spanglass_server.store.ports import TimeRange

CELLS_MAX: Final = 10_000
_PART: Final = "\x1f"
"""Between the parts of a group that has two."""

_GROUPS: Final[Mapping[CostDimension, str]] = {
    "feature": "toString(feature)",
    "team": "toString(team)",
    "user_id": "user_id",
    "session_id": "session_id",
    "model": f"toString({EXPRESSIONS['model']})",
    "provider": "toString(provider)",
    "prompt": "toString(prompt_name)",
    "prompt_version": f"concat(toString(prompt_name), '{_PART}', toString(prompt_version))",
    "key": "toString(ingest_key)",
    "service": "toString(service)",
    "environment": "toString(environment)",
    "release": "toString(release)",
    "trace_name": "trace_label",
}
_NAMED: Final = (
    "\nLEFT ANY JOIN (SELECT trace_id AS label_id, toString(name) AS trace_label FROM traces FINAL"
    " WHERE project_id = {project:String} AND start_time_ns < {to_ns:Int64}) AS labels ON trace_id = label_id"
)

_ROW: Final = """trace_id, start_time_ns, status, is_billable, cost_usd,
    {group} AS grp,
    if(is_billable, ifNull(input_tokens, 0), 0) AS t_in,
    if(is_billable, ifNull(output_tokens, 0), 0) AS t_out,
    if(is_billable, ifNull(cache_read_tokens, 0), 0) AS t_read,
    if(is_billable, ifNull(cache_write_tokens, 0), 0) AS t_write,
    if(is_billable, ifNull(reasoning_tokens, 0), 0) AS t_reason,
    greatest(t_in - t_read - t_write, 0) AS t_plain,
    if(is_billable, ifNull(cost_usd, 0), 0) AS usd,
    if(is_billable, cost_details, map()) AS d,
    d['input'] AS d_in, d['audio_input'] AS d_audio, d['cache_read'] AS d_read,
    d['cache_write'] + d['cache_write_1h'] AS d_write,
    d['output'] + d['audio_output'] AS d_out, d['reasoning'] AS d_reason,
    if(d_reason > 0 OR t_out <= 0, 0, d_out * least(t_reason, t_out) / t_out) AS d_shared,
    t_plain - if(d_audio > 0, least(ifNull(audio_input_tokens, 0), t_plain), 0) AS t_rated,
    (t_read + t_write > 0) AS is_cached,
    is_cached AND t_rated > 0 AND d_in > 0 AS is_rated,
    if(is_rated, d_in / t_rated, 0) AS rate,
    isNull(cost_usd) AND (is_billable
        OR (status != 'error' AND isNull(input_tokens) AND isNull(output_tokens))) AS is_unpriced"""
"""A call with its tokens and USD by class. What the price of plain input was, the call itself tells."""

_SUMS: Final[Mapping[str, str]] = {
    "trace_count": "toInt64(uniqExact(sipHash64(trace_id)))",
    "call_count": "toInt64(count())",
    "priced_count": "toInt64(countIf(is_billable AND isNotNull(cost_usd)))",
    "unpriced_count": "toInt64(countIf(is_unpriced))",
    "cost_usd": "sum(usd)",
    "input_tokens": "sum(t_in)",
    "output_tokens": "sum(t_out)",
    "plain_input_tokens": "sum(t_plain)",
    "cache_read_tokens": "sum(t_read)",
    "cache_write_tokens": "sum(t_write)",
    "reasoning_tokens": "sum(t_reason)",
    "input_usd": "sum(d_in + d_audio)",
    "cache_read_usd": "sum(d_read)",
    "cache_write_usd": "sum(d_write)",
    "output_usd": "sum(d_out - d_shared)",
    "reasoning_usd": "sum(d_reason + d_shared)",
    "request_usd": "sum(d['request'])",
    "reported_usd": "sumIf(usd, empty(d))",
    "cache_saved_usd": "sumIf((t_read + t_write) * rate - d_read - d_write, is_rated)",
    "cache_write_extra_usd": "sumIf(d_write - t_write * rate, is_rated)",
    "unknown_saving_count": "toInt64(countIf(is_cached AND NOT is_rated AND is_billable))",
}
assert tuple(_SUMS) == CostSums._fields
_SELECTED: Final = ",\n".join(f"{sql} AS s_{name}" for name, sql in _SUMS.items())


class ClickHouseCostReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def break_down(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        by: CostDimension,
        limit: int,
        keep: Sequence[tuple[str, ...]] = (),
    ) -> CostBreakdown:
        bind = Binder()
        kept = bind([_PART.join(values) for values in keep], "Array(String)")
        sql = (
            f"SELECT grp, grouping(grp) AS is_total, uniqExact(grp) AS group_count,\n{_SELECTED}\n"
            f"FROM ({_calls(where, bind, group=_GROUPS[by], join=_NAMED if by == 'trace_name' else '')})\n"
            f"GROUP BY GROUPING SETS ((grp), ())\n"
            f"ORDER BY is_total = 0, grp IN {kept} DESC, s_cost_usd DESC, s_call_count DESC, grp\n"
            f"LIMIT {1 + len(keep) + limit:d}"
        )
        rows = self._read(sql, project_id, during, bind)
        if not rows:
            return CostBreakdown(NO_COST, 0, [])
        total, *groups = sorted(rows, key=lambda row: -int(row["is_total"] == _TOTAL_MARK))
        found = [CostGroup(_values(row["grp"]), _sums(row)) for row in groups]
        found.sort(key=lambda group: (-group.sums.cost_usd, -group.sums.call_count, group.values))
        return CostBreakdown(_sums(total), total["group_count"], found)

    def follow(
        self,
        project_id: str,
        during: TimeRange,
        where: Expression | None,
        *,
        by: CostDimension,
        groups: Sequence[tuple[str, ...]],
        interval_ns: int,
    ) -> Sequence[CostPoint]:
        bind = Binder()
        asked = bind([_PART.join(values) for values in groups], "Array(String)")
        sql = (
            f"SELECT intDiv(start_time_ns, {interval_ns:d}) * {interval_ns:d} AS start_ns,\n"
            f"grp IN {asked} AS is_asked, if(is_asked, grp, '') AS name,\n"
            "sum(usd) AS cost, toInt64(count()) AS calls, toInt64(countIf(is_unpriced)) AS unpriced\n"
            f"FROM ({_calls(where, bind, group=_GROUPS[by], join=_NAMED if by == 'trace_name' else '')})\n"
            "GROUP BY start_ns, is_asked, name\nORDER BY start_ns, is_asked DESC, name"
        )
        return [
            CostPoint(
                row["start_ns"],
                _values(row["name"]) if row["is_asked"] else None,
                row["cost"],
                row["calls"],
                row["unpriced"],
            )
            for row in self._read(sql, project_id, during, bind)
        ]

    def list_cells(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> tuple[int, Sequence[CostCell]]:
        bind = Binder()
        group = f"(toString(provider), toString({EXPRESSIONS['model']}), toString(feature))"
        sql = (
            f"SELECT grp.1 AS provider, grp.2 AS model, grp.3 AS feature, grouping(grp) AS is_total,\n"
            f"{_SELECTED}\n"
            f"FROM ({_calls(where, bind, group=group)})\n"
            f"GROUP BY GROUPING SETS ((grp), ())\n"
            f"ORDER BY is_total = 0, s_cost_usd DESC, provider, model, feature\nLIMIT {CELLS_MAX + 1:d}"
        )
        rows = self._read(sql, project_id, during, bind)
        totals = [row for row in rows if row["is_total"] == _TOTAL_MARK]
        cells = [
            CostCell(row["provider"], row["model"], row["feature"], _sums(row))
            for row in rows
            if row["is_total"] != _TOTAL_MARK
        ]
        return (totals[0]["s_trace_count"] if totals else 0), cells

    def list_unpriced(self, project_id: str, during: TimeRange, *, limit: int) -> Sequence[UnpricedModel]:
        bind = Binder()
        sql = (
            "SELECT toString(provider) AS provider, toString(request_model) AS request_model,\n"
            "toString(response_model) AS response_model, toInt64(count()) AS call_count,\n"
            "sum(ifNull(input_tokens, 0)) AS input_tokens, sum(ifNull(output_tokens, 0)) AS output_tokens,\n"
            "max(start_time_ns) AS last_time_ns\n"
            f"FROM spans FINAL\nWHERE {IN_RANGE} AND is_billable AND isNull(cost_usd)\n"
            "GROUP BY spans.provider, spans.request_model, spans.response_model\n"
            f"ORDER BY call_count DESC, provider, request_model, response_model\nLIMIT {limit:d}"
        )
        return [UnpricedModel(**row) for row in self._read(sql, project_id, during, bind)]

    def _read(self, sql: str, project_id: str, during: TimeRange, bind: Binder) -> list[Mapping[str, Any]]:
        return read_rows(self._engine, sql, {**range_params(project_id, during), **bind.params})


_TOTAL_MARK: Final = 1


def _calls(where: Expression | None, bind: Binder, *, group: str, join: str = "") -> str:
    of_call, of_trace = split_filter(where)
    wanted = f"{IN_RANGE} AND is_call"
    if of_call is not None:
        wanted += f" AND {span_condition(of_call, bind, IN_RANGE)}"
    if of_trace is not None:
        traces = condition_of(of_trace, "traces", bind)
        wanted += f"\nAND trace_id IN (SELECT trace_id FROM traces FINAL WHERE {traces})"
    return f"SELECT {_ROW.format(group=group)}\nFROM spans FINAL{join}\nWHERE {wanted}"


def split_filter(where: Expression | None) -> tuple[Expression | None, Expression | None]:
    """What is asked of a call, and what of its trace; both have to hold."""
    if where is None:
        return None, None
    operands = where.operands if isinstance(where, And) else (where,)
    of_call = [operand for operand in operands if _is_of_call(operand)]
    of_trace = [operand for operand in operands if not _is_of_call(operand)]
    return _joined(of_call), _joined(of_trace)


def _joined(operands: Sequence[Expression]) -> Expression | None:
    if len(operands) > 1:
        return And(operands=tuple(operands))
    return operands[0] if operands else None


def _is_of_call(expression: Expression) -> bool:
    match expression:
        case Term(field=field):
            return field.removeprefix("span.") in CALL_FIELDS
        case Text():
            return False
        case Not(operand=operand):
            return _is_of_call(operand)
        case And(operands=operands) | Or(operands=operands):
            return all(map(_is_of_call, operands))


def _values(group: str) -> tuple[str, ...]:
    return tuple(group.split(_PART))


def _sums(row: Mapping[str, Any]) -> CostSums:
    return CostSums(*(row[f"s_{name}"] for name in CostSums._fields))
