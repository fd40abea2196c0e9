"""Rules and alerts as Prometheus lists them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from spanglass_server.base.errors import BadInput
from spanglass_server.notify.matchers import is_match
from spanglass_server.rules.reports import AlertReport, GroupReport, RuleReport
from spanglass_server.web.prometheus.endpoint import Answer, Asked
from spanglass_server.web.prometheus.failures import BadParameter
from spanglass_server.web.prometheus.params import Params
from spanglass_server.web.prometheus.series import parse_selectors
from spanglass_server.web.prometheus.values import exponent_text, rfc3339_text

Json: TypeAlias = dict[str, Any]
Selects: TypeAlias = Callable[[RuleReport], bool]

_KINDS: Final[Mapping[str, str]] = {"alert": "alerting", "record": "recording"}
_FILTERS: Final = ("type", "rule_name[]", "match[]")


def list_rules(asked: Asked) -> Answer:
    params = asked.params
    selects, has_alerts = _selects(params), not _is_true(params, "exclude_alerts")
    groups = _chosen_groups(params, asked.services.rules.list_groups(asked.project_id))
    is_filtered = any(params.get(name) for name in _FILTERS)
    shown = []
    for group in groups:
        rules = [_rule_json(rule, has_alerts=has_alerts) for rule in group.rules if selects(rule)]
        if rules or not is_filtered:
            shown.append(_group_json(group, rules))
    page, next_token = _page(params, shown)
    data: Json = {"groups": page}
    if next_token:
        data["groupNextToken"] = next_token
    return Answer(data=orjson.dumps(data))


def list_alerts(asked: Asked) -> Answer:
    alerts = [
        _alert_json(alert)
        for group in asked.services.rules.list_groups(asked.project_id)
        for rule in group.rules
        for alert in rule.alerts
    ]
    return Answer(data=orjson.dumps({"alerts": alerts}))


def _selects(params: Params) -> Selects:
    kind = params.get("type").lower()
    if kind and kind not in _KINDS:
        raise BadParameter("type", f'not supported value "{params.get("type")}"')
    names = params.all("rule_name[]")
    selectors = parse_selectors(params)

    def selects(rule: RuleReport) -> bool:
        return (
            (not kind or rule.kind == _KINDS[kind])
            and (not names or rule.name in names)
            and (not selectors or any(is_match(matchers, dict(rule.labels)) for matchers in selectors))
        )

    return selects


def _chosen_groups(params: Params, groups: Sequence[GroupReport]) -> list[GroupReport]:
    names, files = params.all("rule_group[]"), params.all("file[]")
    return [
        group for group in groups if (not names or group.name in names) and (not files or group.file in files)
    ]


def _page(params: Params, groups: list[Json]) -> tuple[list[Json], str]:
    """The groups asked for by `group_limit` and `group_next_token`, and the next page's token."""
    limit, token = params.number("group_limit"), params.get("group_next_token")
    if token:
        if limit < 0:
            raise BadInput("group_limit needs to be set in order to paginate over the groups")
        tokens = [_token(group) for group in groups]
        if token not in tokens:
            raise BadParameter(
                "group_next_token", f"invalid group_next_token '{token}'. were rule groups changed?"
            )
        groups = groups[tokens.index(token) :]
    if limit < 0:
        return groups, ""
    return groups[:limit], _token(groups[limit]) if len(groups) > limit else ""


def _token(group: Json) -> str:
    return hashlib.sha256(f"{group['file']};{group['name']}".encode()).hexdigest()[:40]


def _group_json(group: GroupReport, rules: list[Json]) -> Json:
    return {
        "name": group.name,
        "file": group.file,
        "rules": rules,
        "interval": group.interval_ms / 1_000,
        "limit": group.limit,
        "evaluationTime": group.duration_s,
        "lastEvaluation": rfc3339_text(group.evaluated_at_ms),
    }


def _rule_json(rule: RuleReport, *, has_alerts: bool) -> Json:
    common: Json = {
        "name": rule.name,
        "query": rule.expression,
        "labels": dict(rule.labels),
        "health": rule.health,
        "evaluationTime": rule.duration_s,
        "lastEvaluation": rfc3339_text(rule.evaluated_at_ms),
        "type": rule.kind,
    }
    if rule.last_error:
        common["lastError"] = rule.last_error
    if rule.kind == "recording":
        return common
    return {
        "state": rule.state,
        **common,
        "duration": rule.for_ms / 1_000,
        "keepFiringFor": rule.keep_firing_for_ms / 1_000,
        "annotations": dict(rule.annotations),
        "alerts": [_alert_json(alert) for alert in rule.alerts] if has_alerts else [],
    }


def _alert_json(alert: AlertReport) -> Json:
    shown: Json = {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "state": alert.state,
        "activeAt": rfc3339_text(alert.active_at_ms),
        "value": exponent_text(alert.value),
    }
    if alert.keep_firing_since_ms:
        shown["keepFiringSince"] = rfc3339_text(alert.keep_firing_since_ms)
    return shown


def _is_true(params: Params, name: str) -> bool:
    text = params.get(name).lower()
    if text not in ("", "true", "false", "1", "0", "t", "f"):
        raise BadParameter(name, f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return text in ("true", "1", "t")
