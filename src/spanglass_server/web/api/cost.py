"""What model calls cost: by group, over time, and why it changed."""

from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.insight.cost_change import explain_change
from spanglass_server.store.cost import NO_COST, CostBreakdown, CostDimension, CostGroup, CostSums
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import cost_models as models
from spanglass_server.web.api.cost_shape import (
    CSV_COLUMNS,
    csv_row,
    group_json,
    group_name,
    period_cost,
    sums_json,
    unpriced_share,
)
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, milliseconds, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, parse_time_ns, selection_of
from spanglass_server.web.services import Services
from spanglass_server.web.spreadsheet import csv_response

_MINUTE_NS: Final = 60_000_000_000
_HOUR_NS: Final = 60 * _MINUTE_NS
_INTERVALS: Final = (
    *(_MINUTE_NS, 5 * _MINUTE_NS, 15 * _MINUTE_NS, 30 * _MINUTE_NS, _HOUR_NS, 3 * _HOUR_NS, 6 * _HOUR_NS),
    *(12 * _HOUR_NS, 24 * _HOUR_NS, 7 * 24 * _HOUR_NS),
)
_BUCKETS_MAX: Final = 100
_VANISHED_MAX: Final = 20
"""Groups told that only the comparison period has."""
_CSV_GROUPS_MAX: Final = 10_000

By = Annotated[CostDimension, Query(description="What to group the calls by.")]
Selected = Annotated[Selection, Depends(selection_of("traces"))]


def comparison(
    services: Serving,
    compare_from: Annotated[str, Query(description="Start of the period to compare with.")] = "",
    compare_to: Annotated[str, Query(description="Its end, exclusive.")] = "",
) -> TimeRange | None:
    if not compare_from and not compare_to:
        return None
    if not compare_from or not compare_to:
        raise QueryInvalid("give both `compare_from` and `compare_to`, or neither")
    now_ns = services.now_ns()
    during = TimeRange(
        parse_time_ns(compare_from, now_ns, name="compare_from"),
        parse_time_ns(compare_to, now_ns, name="compare_to"),
    )
    if during.from_ns >= during.to_ns:
        raise QueryInvalid("`compare_from` is not before `compare_to`")
    return during


Compared = Annotated[TimeRange | None, Depends(comparison)]


class _Costs(NamedTuple):
    now: CostBreakdown
    before: CostBreakdown | None
    groups: list[tuple[CostGroup, CostSums | None]]
    """With what they were in the comparison period."""


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["cost"], dependencies=[Depends(long_lane)])
    router.add_api_route("/cost", get_cost, response_model=models.CostBreakdown)
    router.add_api_route("/cost/over-time", get_cost_over_time, response_model=models.CostOverTime)
    router.add_api_route("/cost/change", get_cost_change, response_model=models.CostChange)
    router.add_api_route(
        "/cost.csv",
        get_cost_csv,
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "The groups as a table."}},
    )
    return router


def get_cost(
    caller: Reading,
    services: Serving,
    selection: Selected,
    compared: Compared,
    by: By = "feature",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most groups.")] = 50,
) -> Response:
    """What the calls of the time range cost, in all and by group, the costliest first."""
    costs = _read(services, caller.project.id, selection, compared, by, limit)
    total_usd = costs.now.total.cost_usd
    before = costs.before
    return json_response(
        {
            **_period(selection.during),
            "compare": None if compared is None else _period(compared),
            "by": by,
            "total": {
                "previous": None if before is None else sums_json(before.total),
                **sums_json(costs.now.total),
            },
            "groups": [group_json(group, previous, by, total_usd) for group, previous in costs.groups],
            "group_count": costs.now.group_count,
            "is_cut": costs.now.group_count > len(costs.now.groups),
        }
    )


def get_cost_csv(
    caller: Reading, services: Serving, selection: Selected, compared: Compared, by: By = "feature"
) -> Response:
    """The same table as a file, with up to 10,000 groups."""
    costs = _read(services, caller.project.id, selection, compared, by, _CSV_GROUPS_MAX)
    total_usd = costs.now.total.cost_usd
    rows = [csv_row(group, previous, by, total_usd) for group, previous in costs.groups]
    return csv_response(f"cost-by-{by}", (by, *CSV_COLUMNS), rows)


def _read(
    services: Services,
    project_id: str,
    selection: Selection,
    compared: TimeRange | None,
    by: CostDimension,
    limit: int,
) -> _Costs:
    read, where = services.costs.break_down, selection.where
    now = read(project_id, selection.during, where, by=by, limit=limit)
    if compared is None:
        return _Costs(now, None, [(group, None) for group in now.groups])
    shown = [group.values for group in now.groups]
    before = read(project_id, compared, where, by=by, limit=_VANISHED_MAX, keep=shown)
    sums = {group.values: group.sums for group in before.groups}
    groups: list[tuple[CostGroup, CostSums | None]] = [
        (group, sums.pop(group.values, NO_COST)) for group in now.groups
    ]
    if now.group_count <= len(now.groups):
        # What is not among all groups of now has vanished; were they cut, it might only be small.
        groups += [(CostGroup(values, NO_COST), previous) for values, previous in sums.items()]
    return _Costs(now, before, groups)


def get_cost_over_time(
    caller: Reading,
    services: Serving,
    selection: Selected,
    by: By = "feature",
    limit: Annotated[int, Query(ge=1, le=20, description="Groups with a curve of their own.")] = 6,
) -> Response:
    """The cost of the costliest groups over time, and of all others together."""
    project_id, during, where = caller.project.id, selection.during, selection.where
    top = services.costs.break_down(project_id, during, where, by=by, limit=limit)
    interval_ns = interval_of(during)
    asked = [group.values for group in top.groups]
    points = services.costs.follow(project_id, during, where, by=by, groups=asked, interval_ns=interval_ns)
    curves: dict[tuple[str, ...] | None, list[dict[str, Any]]] = {values: [] for values in asked}
    for point in points:
        curves.setdefault(point.values, []).append(
            {
                "start_time": time_text(point.start_ns),
                "cost_usd": point.cost_usd,
                "call_count": point.call_count,
                "unpriced_count": point.unpriced_count,
            }
        )
    series = [
        {"name": None if values is None else group_name(values), "points": found}
        for values, found in curves.items()
    ]
    return json_response(
        {**_period(during), "by": by, "interval_ms": milliseconds(interval_ns), "series": series}
    )


def interval_of(during: TimeRange) -> int:
    """The smallest round width of which at most a hundred cover the range."""
    length = during.to_ns - during.from_ns
    for width in _INTERVALS:
        if length <= width * _BUCKETS_MAX:
            return width
    return -(-length // (_BUCKETS_MAX * _INTERVALS[-1])) * _INTERVALS[-1]


def get_cost_change(caller: Reading, services: Serving, selection: Selected, compared: Compared) -> Response:
    """Why the cost differs from the comparison period's: effects that add up to the difference. Without a
    comparison period, the one of the same length just before is taken."""
    project_id, during, where = caller.project.id, selection.during, selection.where
    earlier = compared or TimeRange(max(0, 2 * during.from_ns - during.to_ns), during.from_ns)
    before, after = (
        period_cost(traces, list(cells))
        for traces, cells in (services.costs.list_cells(project_id, d, where) for d in (earlier, during))
    )
    change = explain_change(before, after)
    shares = [
        unpriced_share(p.call_count - sum(g.priced_count for g in p.groups.values()), p.call_count)
        for p in (before, after)
    ]
    return json_response(
        {
            **_period(during),
            "compare": _period(earlier),
            "before_usd": change.before_usd,
            "after_usd": change.after_usd,
            "effects": [{"name": name, "usd": usd} for name, usd in change.effects.items()],
            "before_unpriced_share": shares[0],
            "after_unpriced_share": shares[1],
        }
    )


def _period(during: TimeRange) -> dict[str, str]:
    return {"from": time_text(during.from_ns), "to": time_text(during.to_ns)}
