"""Rules as the JSON of docs/api.md."""

import math
from collections.abc import Mapping, Sequence

from spanglass_server.gotemplate import sprint
from spanglass_server.model.series import Labels, labels_of
from spanglass_server.notify.muting import Mute
from spanglass_server.notify.notification import fingerprint_of
from spanglass_server.rules.backtest import Backtest, BacktestRule, Firing
from spanglass_server.rules.reports import AlertReport, GroupReport, RuleReport
from spanglass_server.rules.sources import LoadedFile
from spanglass_server.web.api.shape import Json, time_text

_MS_NS = 1_000_000
NOT_MUTED = Mute()


def told_labels(labels: Labels, project: str) -> Labels:
    """As receivers and silences see them."""
    return labels_of({"project": project, **dict(labels)})


def group_json(group: GroupReport, mutes: Mapping[Labels, Mute], project: str) -> Json:
    return {
        "name": group.name,
        "file": group.file,
        "interval_s": group.interval_ms / 1000,
        "query_offset_s": group.query_offset_ms / 1000,
        "limit": group.limit,
        "evaluated_at": _time(group.evaluated_at_ms),
        "duration_ms": round(group.duration_s * 1000, 3),
        "evaluations": group.evaluations,
        "missed": group.missed,
        "rules": [_rule_json(rule, group.name, mutes, project) for rule in group.rules],
    }


def alerts_json(groups: Sequence[GroupReport], mutes: Mapping[Labels, Mute], project: str) -> Sequence[Json]:
    return [
        _alert_json(alert, group.name, rule, mutes, project)
        for group in groups
        for rule in group.rules
        for alert in rule.alerts
    ]


def _rule_json(rule: RuleReport, group: str, mutes: Mapping[Labels, Mute], project: str) -> Json:
    return {
        "type": rule.kind,
        "name": rule.name,
        "expr": rule.expression,
        "for_s": rule.for_ms / 1000,
        "keep_firing_for_s": rule.keep_firing_for_ms / 1000,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
        "state": rule.state,
        "health": rule.health,
        "last_error": rule.last_error,
        "warnings": list(rule.warnings),
        "evaluated_at": _time(rule.evaluated_at_ms),
        "duration_ms": round(rule.duration_s * 1000, 3),
        "line": rule.line,
        "alerts": [_alert_json(alert, group, rule, mutes, project) for alert in rule.alerts],
    }


def _alert_json(
    alert: AlertReport, group: str, rule: RuleReport, mutes: Mapping[Labels, Mute], project: str
) -> Json:
    told = told_labels(alert.labels, project)
    mute = mutes.get(told, NOT_MUTED)
    return {
        "fingerprint": fingerprint_of(told),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "state": alert.state,
        "active_at": time_text(alert.active_at_ms * _MS_NS),
        "fired_at": _time(alert.fired_at_ms),
        "keep_firing_since": _time(alert.keep_firing_since_ms),
        "value": _number(alert.value),
        "value_text": sprint([alert.value]),
        "expr": rule.expression,
        "group": group,
        "rule": rule.name,
        "silenced_by": list(mute.silenced_by),
        "inhibited_by": list(mute.inhibited_by),
    }


def file_json(file: LoadedFile) -> Json:
    groups = file.rules.groups if file.rules else ()
    return {
        "name": file.name,
        "source": file.source,
        "is_enabled": file.is_enabled,
        "is_editable": file.source != "file",
        "is_overridden": file.is_overridden,
        "content": file.text,
        "error": file.error or None,
        "updated_at": _time(file.updated_at_ns // _MS_NS),
        "groups": len(groups),
        "rules": sum(len(group.rules) for group in groups),
    }


def backtest_json(found: Backtest, rule: BacktestRule, *, from_ms: int, to_ms: int, step_ms: int) -> Json:
    return {
        "expr": rule.expression,
        "for_s": rule.for_ms / 1000,
        "keep_firing_for_s": rule.keep_firing_for_ms / 1000,
        "from": time_text(from_ms * _MS_NS),
        "to": time_text(to_ms * _MS_NS),
        "step_s": step_ms / 1000,
        "evaluations": found.evaluations,
        "firing_count": found.firing_count,
        "pending_only_count": found.pending_only_count,
        "firing_s": found.firing_ms / 1000,
        "firings": [_firing_json(firing) for firing in found.firings],
        "pending_only": [_firing_json(firing) for firing in found.pending_only],
        "warnings": list(found.warnings),
        "infos": list(found.infos),
    }


def _firing_json(firing: Firing) -> Json:
    return {
        "labels": dict(firing.labels),
        "pending_at": time_text(firing.pending_at_ms * _MS_NS),
        "firing_at": None if firing.firing_at_ms is None else _time(firing.firing_at_ms),
        "resolved_at": None if firing.resolved_at_ms is None else _time(firing.resolved_at_ms),
        "max_value": _number(firing.max_value),
    }


def _time(time_ms: int) -> str | None:
    return time_text(time_ms * _MS_NS) if time_ms else None


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
