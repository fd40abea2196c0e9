"""Sums of cost as the JSON and the CSV of docs/api.md."""

from collections.abc import Mapping
from typing import Any, Final

from spanglass_server.insight.cost_change import GroupCost, PeriodCost
from spanglass_server.query.ast import And, Expression, Term
from spanglass_server.query.printer import print_filter
from spanglass_server.store.cost import CostCell, CostDimension, CostGroup, CostSums
from spanglass_server.web.spreadsheet import Cell

_FIELDS: Final[Mapping[CostDimension, tuple[str, ...]]] = {
    "feature": ("span.feature",),
    "team": ("span.team",),
    "user_id": ("span.user_id",),
    "session_id": ("span.session_id",),
    "model": ("model",),
    "provider": ("provider",),
    "prompt": ("prompt",),
    "prompt_version": ("prompt", "prompt_version"),
    "key": ("key",),
    "service": ("span.service",),
    "environment": ("span.environment",),
    "release": ("span.release",),
    "trace_name": ("name",),
}
"""Asked of the spans, as a call's feature may be another than its trace's."""


def sums_json(sums: CostSums) -> dict[str, Any]:
    cost = sums.cost_usd if sums.priced_count or not sums.unpriced_count else None
    each = None if cost is None or not sums.trace_count else cost / sums.trace_count
    return {
        "cost_usd": cost,
        "cost_per_trace_usd": each,
        "cost_per_1000_traces_usd": None if each is None else each * 1000,
        "trace_count": sums.trace_count,
        "call_count": sums.call_count,
        "unpriced_count": sums.unpriced_count,
        "unpriced_share": unpriced_share(sums.unpriced_count, sums.priced_count + sums.unpriced_count),
        "input_tokens": sums.input_tokens,
        "output_tokens": sums.output_tokens,
        "total_tokens": sums.input_tokens + sums.output_tokens,
        "classes": _classes(sums),
        "cache": {
            "saved_usd": sums.cache_saved_usd,
            "write_extra_usd": sums.cache_write_extra_usd,
            "hit_ratio": sums.cache_read_tokens / sums.input_tokens if sums.input_tokens > 0 else None,
            "unknown_count": sums.unknown_saving_count,
        },
    }


def unpriced_share(unpriced: int, calls: int) -> float | None:
    return unpriced / calls if calls else None


def _classes(sums: CostSums) -> list[dict[str, Any]]:
    told: list[tuple[str, int | None, float]] = [
        ("input", sums.plain_input_tokens, sums.input_usd),
        ("cache_read", sums.cache_read_tokens, sums.cache_read_usd),
        ("cache_write", sums.cache_write_tokens, sums.cache_write_usd),
        ("output", max(0, sums.output_tokens - sums.reasoning_tokens), sums.output_usd),
        ("reasoning", sums.reasoning_tokens, sums.reasoning_usd),
        ("request", None, sums.request_usd),
        ("reported", None, sums.reported_usd),
    ]
    return [{"name": name, "tokens": tokens, "cost_usd": usd} for name, tokens, usd in told if tokens or usd]


def group_json(
    group: CostGroup, previous: CostSums | None, by: CostDimension, total_usd: float
) -> dict[str, Any]:
    return {
        "name": group_name(group.values),
        "filter": group_filter(group.values, by),
        "share": group.sums.cost_usd / total_usd if total_usd > 0 else None,
        "previous": None if previous is None else sums_json(previous),
        **sums_json(group.sums),
    }


def group_name(values: tuple[str, ...]) -> str:
    return " ".join(value for value in values if value)


def group_filter(values: tuple[str, ...], by: CostDimension) -> str:
    terms: list[Expression] = [
        Term(field=field, operator="=", value=value) if value else Term(field=field, operator="=", value=None)
        for field, value in zip(_FIELDS[by], values, strict=True)
    ]
    return print_filter(terms[0] if len(terms) == 1 else And(operands=tuple(terms)), "traces")


CSV_COLUMNS: Final = (
    *("cost_usd", "share", "previous_cost_usd", "traces", "calls", "cost_per_trace_usd"),
    *("cost_per_1000_traces_usd", "unpriced_calls", "unpriced_share", "input_tokens", "output_tokens"),
    *("plain_input_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "input_usd"),
    *("cache_read_usd", "cache_write_usd", "output_usd", "reasoning_usd", "request_usd", "reported_usd"),
    "cache_saved_usd",
)


def csv_row(group: CostGroup, previous: CostSums | None, by: CostDimension, total_usd: float) -> list[Cell]:
    """The group's name, then the columns."""
    told, sums = group_json(group, previous, by, total_usd), group.sums
    return [
        *(told["name"], told["cost_usd"], told["share"]),
        None if previous is None else previous.cost_usd,
        *(sums.trace_count, sums.call_count, told["cost_per_trace_usd"], told["cost_per_1000_traces_usd"]),
        *(sums.unpriced_count, told["unpriced_share"], sums.input_tokens, sums.output_tokens),
        *(sums.plain_input_tokens, sums.cache_read_tokens, sums.cache_write_tokens, sums.reasoning_tokens),
        *(sums.input_usd, sums.cache_read_usd, sums.cache_write_usd, sums.output_usd, sums.reasoning_usd),
        *(sums.request_usd, sums.reported_usd, sums.cache_saved_usd),
    ]


def period_cost(request_count: int, cells: list[CostCell]) -> PeriodCost:
    """What the change of a cost is explained by."""
    return PeriodCost(
        request_count=request_count,
        call_count=sum(cell.sums.priced_count + cell.sums.unpriced_count for cell in cells),
        groups={
            (cell.provider, cell.model, cell.feature): _group_cost(cell)
            for cell in cells
            if cell.sums.priced_count
        },
    )


def _group_cost(cell: CostCell) -> GroupCost:
    sums = cell.sums
    return GroupCost(
        priced_count=sums.priced_count,
        plain_tokens=sums.plain_input_tokens,
        read_tokens=sums.cache_read_tokens,
        write_tokens=sums.cache_write_tokens,
        output_tokens=sums.output_tokens,
        plain_usd=sums.input_usd,
        read_usd=sums.cache_read_usd,
        write_usd=sums.cache_write_usd,
        output_usd=sums.output_usd + sums.reasoning_usd,
        other_usd=sums.request_usd + sums.reported_usd,
    )
