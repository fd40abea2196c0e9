"""What a group's rules are doing, as text for the database: it outlives restarts and tells other servers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spanglass_server.model.series import Labels
from spanglass_server.rules.evaluator import Active, ActiveAlert
from spanglass_server.rules.files import Rule
from spanglass_server.rules.reports import Health

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleState:
    active: Active
    health: Health = "unknown"
    last_error: str = ""
    warnings: Sequence[str] = ()
    evaluated_at_ms: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    time_ms: int
    """Of the last round; 0 for none."""
    duration_s: float
    evaluations: int
    missed: int
    rules: Mapping[str, Sequence[RuleState]]
    """By the rule's key; several where rules are told apart by their order only."""


NO_STATE: Final = RuleState(active={})
NO_GROUP_STATE: Final = GroupState(time_ms=0, duration_s=0.0, evaluations=0, missed=0, rules={})


def key_of(rule: Rule) -> str:
    """A rule is the same after its file changed where kind, name and labels are."""
    return json.dumps([rule.kind, rule.name, rule.labels], ensure_ascii=False)


def states_of(rules: Sequence[Rule], state: GroupState) -> Sequence[RuleState]:
    """Each rule's, the first of a key to the first rule that has it, and so on."""
    left = {key: list(states) for key, states in state.rules.items()}
    return [found.pop(0) if (found := left.get(key_of(rule))) else NO_STATE for rule in rules]


def encode(state: GroupState) -> str:
    document = {
        "version": _VERSION,
        "time_ms": state.time_ms,
        "duration_s": state.duration_s,
        "evaluations": state.evaluations,
        "missed": state.missed,
        "rules": {key: [_rule_json(rule) for rule in rules] for key, rules in state.rules.items()},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def decode(document: str) -> GroupState:
    """What another version wrote is no state."""
    read: dict[str, Any] = json.loads(document)
    if read.get("version") != _VERSION:
        return NO_GROUP_STATE
    return GroupState(
        time_ms=read["time_ms"],
        duration_s=read["duration_s"],
        evaluations=read["evaluations"],
        missed=read["missed"],
        rules={key: [_to_rule(rule) for rule in rules] for key, rules in read["rules"].items()},
    )


def _rule_json(state: RuleState) -> dict[str, Any]:
    return {
        "alerts": [list(alert) for alert in state.active.values()],
        "health": state.health,
        "last_error": state.last_error,
        "warnings": list(state.warnings),
        "evaluated_at_ms": state.evaluated_at_ms,
        "duration_s": state.duration_s,
    }


def _to_rule(read: dict[str, Any]) -> RuleState:
    alerts = [_to_alert(alert) for alert in read["alerts"]]
    return RuleState(
        active={alert.labels: alert for alert in alerts},
        health=read["health"],
        last_error=read["last_error"],
        warnings=read["warnings"],
        evaluated_at_ms=read["evaluated_at_ms"],
        duration_s=read["duration_s"],
    )


def _to_alert(read: list[Any]) -> ActiveAlert:
    labels, annotations, *rest = read
    return ActiveAlert(_to_labels(labels), _to_labels(annotations), *rest)


def _to_labels(read: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in read)
