"""Which samples an expression needs: what the caller fetches between `parse` and `evaluate`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from spanglass_server.model.series import Matcher, SeriesSelection, Times
from spanglass_server.promql.ast import (
    Aggregation,
    Binary,
    Expression,
    FunctionCall,
    Range,
    Selector,
    Subquery,
    children_of,
)
from spanglass_server.promql.check import documented_type_of, type_of
from spanglass_server.promql.errors import ExpressionInvalid
from spanglass_server.promql.quoting import quote

LOOKBACK_MS: Final = 300_000
SUBQUERY_STEP_MS: Final = 60_000


class Need(NamedTuple):
    """What a selector reads at the steps of its surroundings; the same for two of them is read once."""

    matchers: tuple[Matcher, ...]
    from_ms: int
    to_ms: int
    range_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    expression: Expression
    start_ms: int
    end_ms: int
    step_ms: int
    """0 for an instant query."""
    lookback_ms: int
    subquery_step_ms: int
    selections: tuple[SeriesSelection, ...]
    """Fetch each; `evaluate` takes the series in this order."""
    indexes: Mapping[Need, int]
    """Which of the selections is whose."""

    @property
    def times_ms(self) -> Times:
        """When the expression is evaluated."""
        if self.step_ms == 0:
            return np.array([self.start_ms], np.int64)
        return np.arange(self.start_ms, self.end_ms + 1, self.step_ms, dtype=np.int64)

    def at_ms(self, node: Selector | Subquery) -> int | None:
        """The time that @ names."""
        match node.at:
            case "start":
                return self.start_ms
            case "end":
                return self.end_ms
            case at:
                return at

    def reach_of(self, node: Selector | Subquery, first_ms: int, last_ms: int) -> tuple[int, int]:
        """The first and the last time that the node looks at, evaluated between the two: offset and @ are
        applied."""
        at_ms = self.at_ms(node)
        if at_ms is not None:
            first_ms = last_ms = at_ms
        return first_ms - node.offset_ms, last_ms - node.offset_ms

    def need_of(self, node: Selector, range_ms: int, first_ms: int, last_ms: int) -> Need:
        first_ms, last_ms = self.reach_of(node, first_ms, last_ms)
        return Need(node.matchers, first_ms - (range_ms or self.lookback_ms), last_ms, range_ms)

    def inner_times_of(self, node: Subquery, first_ms: int, last_ms: int) -> tuple[int, int, int]:
        """First, last and step of the times at which a subquery's expression is evaluated: multiples of the
        step after the first window's start. The last is before the first if there are none."""
        first_ms, last_ms = self.reach_of(node, first_ms, last_ms)
        step_ms = node.step_ms or self.subquery_step_ms
        start_ms = ((first_ms - node.range_ms) // step_ms + 1) * step_ms
        return start_ms, last_ms // step_ms * step_ms, step_ms


def make_plan(
    expression: Expression,
    *,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    lookback_ms: int = LOOKBACK_MS,
    subquery_step_ms: int = SUBQUERY_STEP_MS,
) -> Plan:
    """`step_ms` 0 makes an instant query at `start_ms`, which `end_ms` equals. `subquery_step_ms` is the step
    of subqueries that name none. Raises ExpressionInvalid for a range query of a type that has none."""
    if step_ms and type_of(expression) not in ("scalar", "vector"):
        kind = quote(documented_type_of(expression))
        said = f"invalid expression type {kind} for range query, must be Scalar or instant Vector"
        raise ExpressionInvalid(said)
    plan = Plan(
        expression=expression,
        start_ms=start_ms,
        end_ms=end_ms,
        step_ms=step_ms,
        lookback_ms=lookback_ms,
        subquery_step_ms=subquery_step_ms,
        selections=(),
        indexes=MappingProxyType({}),
    )
    # The last step may lie before the end.
    last_ms = end_ms - (end_ms - start_ms) % step_ms if step_ms else end_ms
    steps = _Steps(start_ms, last_ms, step_ms)
    found = _merged(_selections_of(plan, expression, steps, "")) if start_ms <= end_ms else {}
    return _with_selections(plan, found)


class _Steps(NamedTuple):
    first_ms: int
    last_ms: int
    step_ms: int


def _with_selections(plan: Plan, found: Mapping[Need, SeriesSelection]) -> Plan:
    return Plan(
        expression=plan.expression,
        start_ms=plan.start_ms,
        end_ms=plan.end_ms,
        step_ms=plan.step_ms,
        lookback_ms=plan.lookback_ms,
        subquery_step_ms=plan.subquery_step_ms,
        selections=tuple(found.values()),
        indexes=MappingProxyType({need: index for index, need in enumerate(found)}),
    )


def _merged(selections: Iterator[tuple[Need, SeriesSelection]]) -> dict[Need, SeriesSelection]:
    """Hints that differ between two that need the same are dropped."""
    found: dict[Need, SeriesSelection] = {}
    for need, selection in selections:
        before = found.setdefault(need, selection)
        if before.function != selection.function:
            before = before._replace(function="")
        found[need] = before._replace(step_ms=gcd(before.step_ms, selection.step_ms))
    return found


def _selections_of(
    plan: Plan, node: Expression, steps: _Steps, function: str
) -> Iterator[tuple[Need, SeriesSelection]]:
    match node:
        case Selector():
            yield _selection_of(plan, node, 0, steps, function)
        case Range(selector=selector, range_ms=range_ms):
            yield _selection_of(plan, selector, range_ms, steps, function)
        case Subquery(expression=inner):
            inner_steps = _Steps(*plan.inner_times_of(node, steps.first_ms, steps.last_ms))
            if inner_steps.first_ms <= inner_steps.last_ms:
                yield from _selections_of(plan, inner, inner_steps, function)
        case _:
            for child, name in _children_with_function(node, function):
                yield from _selections_of(plan, child, steps, name)


def _children_with_function(node: Expression, function: str) -> Sequence[tuple[Expression, str]]:
    match node:
        case FunctionCall(name=name, arguments=arguments):
            return [(argument, name) for argument in arguments]
        case Aggregation(op=op, expression=inner, parameter=parameter):
            return [(inner, op)] if parameter is None else [(parameter, ""), (inner, op)]
        case Binary(left=left, right=right):
            return [(left, ""), (right, "")]
        case _:
            return [(child, function) for child in children_of(node)]


def _selection_of(
    plan: Plan, selector: Selector, range_ms: int, steps: _Steps, function: str
) -> tuple[Need, SeriesSelection]:
    need = plan.need_of(selector, range_ms, steps.first_ms, steps.last_ms)
    return need, SeriesSelection(
        matchers=need.matchers,
        from_ms=need.from_ms,
        to_ms=need.to_ms,
        step_ms=steps.step_ms,
        range_ms=range_ms,
        function=function,
    )
