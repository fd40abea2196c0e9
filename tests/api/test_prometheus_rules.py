"""Rules and alerts in the shape of Prometheus' API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.prometheus_api import NOW_MS, PrometheusApi

from spanglass_server.rules.reports import AlertReport, GroupReport, RuleReport

FIRING = AlertReport(
    labels=(("alertname", "SlowModel"), ("model", "gpt-5")),
    annotations=(("summary", "gpt-5 is slow"),),
    state="firing",
    active_at_ms=NOW_MS - 600_500,
    fired_at_ms=NOW_MS - 300_000,
    keep_firing_since_ms=0,
    value=12.5,
)
SLOW = RuleReport(
    kind="alerting",
    name="SlowModel",
    expression="histogram_quantile(0.99, x) > 10",
    for_ms=300_000,
    keep_firing_for_ms=60_000,
    labels=(("severity", "page"),),
    annotations=(("summary", "{{ $labels.model }} is slow"),),
    state="firing",
    alerts=(FIRING,),
    health="ok",
    evaluated_at_ms=NOW_MS,
    duration_s=0.0125,
)
RECORDED = RuleReport(
    kind="recording",
    name="model:rate5m",
    expression="sum by (model) (rate(llm_requests_total[5m]))",
    labels=(("team", "a"),),
    health="err",
    last_error="storage does not answer",
)


def group(name: str, *rules: RuleReport, file: str = "rules.yml") -> GroupReport:
    return GroupReport(
        name=name,
        file=file,
        interval_ms=30_000,
        limit=0,
        query_offset_ms=0,
        rules=rules,
        evaluated_at_ms=NOW_MS,
        duration_s=0.25,
    )


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PrometheusApi]:
    api = PrometheusApi(tmp_path)
    api.rules.groups = [
        group("models", SLOW, RECORDED),
        group("empty"),
        group("records", RECORDED, file="other.yml"),
    ]
    yield api
    api.close()


def names(api: PrometheusApi, **params: Any) -> list[tuple[str, list[str]]]:
    groups = api.data("/rules", params)["groups"]
    return [(group["name"], [rule["name"] for rule in group["rules"]]) for group in groups]


def test_groups_hold_their_rules_in_prometheus_shape(api: PrometheusApi) -> None:
    alert = {
        "labels": {"alertname": "SlowModel", "model": "gpt-5"},
        "annotations": {"summary": "gpt-5 is slow"},
        "state": "firing",
        "activeAt": "2026-09-21T14:03:19.5Z",
        "value": "1.25e+01",
    }
    groups = api.data("/rules")["groups"]
    assert groups[0] == {
        "name": "models",
        "file": "rules.yml",
        "interval": 30,
        "limit": 0,
        "evaluationTime": 0.25,
        "lastEvaluation": "2026-09-21T14:13:20Z",
        "rules": [
            {
                "type": "alerting",
                "name": "SlowModel",
                "query": "histogram_quantile(0.99, x) > 10",
                "duration": 300,
                "keepFiringFor": 60,
                "labels": {"severity": "page"},
                "annotations": {"summary": "{{ $labels.model }} is slow"},
                "state": "firing",
                "alerts": [alert],
                "health": "ok",
                "evaluationTime": 0.0125,
                "lastEvaluation": "2026-09-21T14:13:20Z",
            },
            {
                "type": "recording",
                "name": "model:rate5m",
                "query": "sum by (model) (rate(llm_requests_total[5m]))",
                "labels": {"team": "a"},
                "health": "err",
                "lastError": "storage does not answer",
                "evaluationTime": 0,
                "lastEvaluation": "0001-01-01T00:00:00Z",
            },
        ],
    }
    assert api.data("/alerts") == {"alerts": [alert]}


def test_rules_are_chosen_by_type_name_group_file_and_label(api: PrometheusApi) -> None:
    assert names(api) == [
        ("models", ["SlowModel", "model:rate5m"]),
        ("empty", []),
        ("records", ["model:rate5m"]),
    ]
    assert names(api, type="alert") == [("models", ["SlowModel"])]
    assert names(api, type="record", **{"rule_group[]": "records"}) == [("records", ["model:rate5m"])]
    assert names(api, **{"rule_name[]": "SlowModel"}) == [("models", ["SlowModel"])]
    assert names(api, **{"file[]": "other.yml"}) == [("records", ["model:rate5m"])]
    assert names(api, **{"match[]": '{severity=~"pa.+"}'}) == [("models", ["SlowModel"])]


def test_alerts_may_be_left_out(api: PrometheusApi) -> None:
    rules = api.data("/rules", {"exclude_alerts": "true", "type": "alert"})["groups"][0]["rules"]
    assert rules[0]["alerts"] == []
    body = api.get("/rules", {"exclude_alerts": "maybe"}, status=400)
    assert body["error"].startswith('invalid parameter "exclude_alerts"')


def test_groups_come_in_pages(api: PrometheusApi) -> None:
    seen, token = [], ""
    while True:
        page = api.data("/rules", {"group_limit": 2, **({"group_next_token": token} if token else {})})
        seen.append([group["name"] for group in page["groups"]])
        token = page.get("groupNextToken", "")
        if not token:
            break
    assert seen == [["models", "empty"], ["records"]]
    body = api.get("/rules", {"group_limit": 2, "group_next_token": "gone"}, status=400)
    assert "were rule groups changed?" in body["error"]
