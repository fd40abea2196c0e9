"""What changed most since the comparison period, and whose calls explain it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Response

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.insight.movers import Kind, Moved, Movement, Mover, find_movement, rank
from spanglass_server.model.score_statistics import Moments
from spanglass_server.query.ast import Term
from spanglass_server.query.printer import print_filter
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import ScoreBreakdown, ScoreScope
from spanglass_server.store.signals import MoverGroup, MoverSums, Observed
from spanglass_server.web.api import signals_models as models
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.overview import QUALITY_SCORES, Comparison, compared_range
from spanglass_server.web.api.shape import Json, json_response, time_text
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.params import Selection, selection_of
from spanglass_server.web.services import Services

MOVERS_MAX: Final = 5
"""Of a measure."""
_SCORED: Final = ("feature", "model", "prompt", "release")
_SCORES_MIN: Final = 20


class _Measure(NamedTuple):
    kind: Kind
    unit: str
    of: Callable[[MoverSums], Observed]


_MEASURES: Final[Mapping[str, _Measure]] = {
    "cost": _Measure("sum", "USD", lambda sums: sums.cost),
    "calls": _Measure("sum", "calls", lambda sums: Observed(sums.calls, sums.calls, sums.calls)),
    "errors": _Measure("mean", "ratio", lambda sums: Observed(sums.calls, sums.errors, sums.errors)),
    "latency": _Measure("mean", "ratio", lambda sums: Observed(sums.calls, sums.slow, sums.slow)),
    "tokens": _Measure("mean", "tokens", lambda sums: sums.tokens),
}


class _Score(NamedTuple):
    name: str | None
    groups: Sequence[Moved]
    """The whole first; empty without scores."""


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["overview"])
    router.add_api_route(
        "/movers", get_movers, response_model=models.Movers, dependencies=[Depends(long_lane)]
    )
    return router


def get_movers(
    caller: Reading,
    services: Serving,
    asked: Annotated[Selection, Depends(selection_of("traces"))],
    compare: Annotated[Comparison, Query(description="As at `/overview`; not `off`.")] = "previous",
) -> Response:
    """Cost, calls, errors, latency, tokens and quality by what explains their change best."""
    during, before = asked.during, compared_range(asked.during, compare)
    if before is None:
        raise QueryInvalid("nothing is compared", hint="compare with `previous`, `day` or `week`")
    groups = services.signals.list_mover_groups(caller.project.id, during, asked.where, before=before)
    filters: dict[tuple[str, str], str] = {
        (group.dimension or "", _label(group)): _filter_of(group) for group in groups
    }
    movements = {
        name: find_movement(measure.kind, *_moved(groups, measure), limit=MOVERS_MAX)
        for name, measure in _MEASURES.items()
    }
    score = _score_groups(services, caller.project.id, asked, before)
    if score.groups:
        movements["quality"] = find_movement("mean", score.groups[0], score.groups[1:], limit=MOVERS_MAX)
    shown = _Shown(groups, filters, score.name)
    return json_response(
        {
            "from": time_text(during.from_ns),
            "to": time_text(during.to_ns),
            "compare_from": time_text(before.from_ns),
            "compare_to": time_text(before.to_ns),
            "measures": [shown.measure_json(name, movements[name]) for name in rank(movements)],
        }
    )


def _moved(groups: Sequence[MoverGroup], measure: _Measure) -> tuple[Moved, list[Moved]]:
    whole, *others = [
        Moved(group.dimension or "", _label(group), measure.of(group.now), measure.of(group.before))
        for group in groups or [MoverGroup(None, (), MoverSums(), MoverSums())]
    ]
    return whole, others


def _label(group: MoverGroup) -> str:
    return " ".join(value for value in group.values if value)


def _filter_of(group: MoverGroup) -> str:
    names = {"prompt_version": ("prompt", "prompt_version")}.get(
        group.dimension or "", (group.dimension or "",)
    )
    return _terms(list(zip(names, group.values, strict=False)))


def _terms(values: Sequence[tuple[str, str]]) -> str:
    terms = [Term(field=name, operator="=", value=value or None) for name, value in values]
    return " ".join(print_filter(term, "traces") for term in terms)


def _score_groups(services: Services, project_id: str, asked: Selection, before: TimeRange) -> _Score:
    """Of the score that the overview's quality is: the most frequent one of which more is better."""

    def read(during: TimeRange, breakdown: ScoreBreakdown) -> dict[tuple[str, str], Observed]:
        scope = ScoreScope(during=during, where=asked.where, names=QUALITY_SCORES)
        found: dict[tuple[str, str], Observed] = {}
        for sums in services.score_statistics.sum_scores(project_id, scope, breakdown):
            key = (sums.group.name, sums.group.group)
            found[key] = _added(found.get(key, Observed()), sums.quality)
        return found

    whole, whole_before = (read(period, ScoreBreakdown()) for period in (asked.during, before))
    if not whole:
        return _Score(None, [])
    name = min(whole, key=lambda key: (-whole[key].size, key))[0]
    now, then = whole[name, ""], whole_before.get((name, ""), Observed())
    if min(now.size, then.size) < _SCORES_MIN:
        return _Score(name, [Moved("", "", now, then)])
    groups = [Moved("", "", now, then)]
    for dimension in _SCORED:
        parts, parts_before = (
            read(period, ScoreBreakdown(group_by=dimension)) for period in (asked.during, before)
        )
        values = sorted({value for score, value in {*parts, *parts_before} if score == name})
        groups += [
            Moved(
                dimension,
                value,
                parts.get((name, value), Observed()),
                parts_before.get((name, value), Observed()),
            )
            for value in values
        ]
    return _Score(name, groups)


def _added(observed: Observed, moments: Moments) -> Observed:
    """Of sampled scores, as if all had been taken."""
    total = moments.units * moments.s_mean
    squares = moments.units * (moments.s_var + moments.s_mean**2)
    return Observed(observed.size + moments.n1, observed.total + total, observed.squares + squares)


class _Shown(NamedTuple):
    groups: Sequence[MoverGroup]
    filters: Mapping[tuple[str, str], str]
    score: str | None

    def measure_json(self, name: str, movement: Movement) -> Json:
        measure = _MEASURES.get(name)
        now, before = movement.now, movement.before
        whole = next((group for group in self.groups if group.dimension is None), None)
        if name == "latency" and whole is not None:
            now, before = _seconds(whole.now), _seconds(whole.before)
        return {
            "name": name,
            "kind": measure.kind if measure else "mean",
            "unit": "s" if name == "latency" else measure.unit if measure else "quality",
            "now": now,
            "before": before,
            "change_ratio": (now - before) / before if now is not None and before else None,
            "movers": [self._mover_json(name, mover) for mover in movement.movers],
            "score": self.score if name == "quality" else None,
        }

    def _mover_json(self, name: str, mover: Mover) -> Json:
        found = next(
            (
                group
                for group in self.groups
                if group.dimension == mover.dimension and _label(group) == mover.value
            ),
            None,
        )
        measure = _MEASURES.get(name)
        now, before = (_value(measure, observed) for observed in (mover.now, mover.before))
        if name == "latency" and found is not None:
            now, before = _seconds(found.now), _seconds(found.before)
        key = (mover.dimension, mover.value)
        return {
            "dimension": mover.dimension,
            "value": mover.value,
            "now": now,
            "before": before,
            "calls": found.now.calls if found else 0,
            "calls_before": found.before.calls if found else 0,
            "contribution": mover.contribution,
            "effect": mover.effect,
            "filter": self.filters.get(key) or _terms([key]),
        }


def _value(measure: _Measure | None, observed: Observed) -> float | None:
    if measure is not None and measure.kind == "sum":
        return observed.total
    return observed.mean if observed.size else None


def _seconds(sums: MoverSums) -> float | None:
    """P95."""
    return None if sums.p95_ns is None else sums.p95_ns / 1e9
