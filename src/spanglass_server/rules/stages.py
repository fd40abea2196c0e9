"""Which rules of a group have to wait for which: one that reads what an earlier one records is evaluated
after it, as in Prometheus, where a group's rules run one after another."""

from collections.abc import Sequence
from functools import lru_cache

import re2

from spanglass_server.model.series import METRIC_NAME
from spanglass_server.promql.ast import Selector, walk
from spanglass_server.promql.parse import parse
from spanglass_server.rules.files import Rule

_ALERT_SERIES = ("ALERTS", "ALERTS_FOR_STATE")


def stages_of(rules: Sequence[Rule]) -> Sequence[Sequence[int]]:
    """The rules' indexes; those of one stage read nothing that another of it makes."""
    stages: list[list[int]] = []
    made: set[str] = set()
    for index, rule in enumerate(rules):
        if not stages or any(_reads(rule.expression, name) for name in made):
            stages.append([])
            made = set()
        stages[-1].append(index)
        made.update((rule.name,) if rule.kind == "recording" else _ALERT_SERIES)
    return stages


def _reads(expression: str, name: str) -> bool:
    """Whether it may read series of this name."""
    selectors = _selectors_of(expression)
    return any(all(_matches(op, value, name) for op, value in selector) for selector in selectors)


@lru_cache(maxsize=10_000)
def _selectors_of(expression: str) -> Sequence[Sequence[tuple[str, str]]]:
    """What each selector asks of the name."""
    return [
        [(matcher.op, matcher.value) for matcher in node.matchers if matcher.name == METRIC_NAME]
        for node in walk(parse(expression))
        if isinstance(node, Selector)
    ]


def _matches(op: str, value: str, name: str) -> bool:
    if op in ("=", "!="):
        return (value == name) == (op == "=")
    is_match = re2.fullmatch(value, name) is not None  # type: ignore[no-untyped-call]
    return is_match == (op == "=~")
