"""Rules over `/api/v1`, on the real metadata database and series in memory."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.memory_series import MemorySeries
from tests.support.rule_story import RecordedSamples

from spanglass_server.app.notifications import build_notifications
from spanglass_server.app.rules import build_rules
from spanglass_server.app.settings import load_settings
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.notify.context import NoContext
from spanglass_server.store.metadata.alerting import open_notifications
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.rules import open_rule_store
from spanglass_server.store.metadata.thresholds import open_thresholds
from spanglass_server.web.api import rules
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.errors import install_error_handlers
from spanglass_server.web.services import Services

RULES = """
groups:
- name: heat
  interval: 10s
  rules:
  - record: heat:max
    expr: max(heat)
  - alert: Hot
    expr: heat:max > 5
    for: 0s
    labels: {severity: page}
    annotations: {summary: "{{ $value }} degrees"}
"""
QUANTILE = """
groups:
- name: g
  rules:
  - alert: Slow
    expr: histogram_quantile(0.99, llm_latency_seconds) > 10
"""


class RulesApi:
    """The API of the project `default`; `evaluate` is one turn of the manager, now."""

    def __init__(self, directory: Path, *, rule_files: list[str]) -> None:
        url = f"sqlite:///{directory / 'metadata.db'}"
        settings = load_settings(
            {"data_dir": directory, "rule_files": tuple(rule_files)}, environ={}, directory=directory
        )
        self.directory = open_directory(url)
        self.directory.migrate()
        self.series = MemorySeries()
        self.store, self.notification_store = open_rule_store(url), open_notifications(url)
        notifications = build_notifications(
            settings,
            self.notification_store,
            NoContext(),
            clock=time.time_ns,
            external_url="http://spanglass.example",
            environ={},
        )
        self.thresholds = open_thresholds(url)
        runner = QueryRunner(self.series)
        self.rules = build_rules(
            settings,
            self.store,
            self.directory,
            self.thresholds,
            runner=runner,
            writer=RecordedSamples(self.series),
            sink=notifications.service,
            on_lease=lambda is_held: (
                notifications.service.start() if is_held else notifications.service.stop()
            ),
            external_url="http://spanglass.example",
            now_ns=time.time_ns,
        )
        absent: Any = dict.fromkeys(Services.__dataclass_fields__)
        given = {
            "directory": self.directory,
            "series": self.series,
            "metrics": runner,
            "rules": self.rules.service,
            "notifications": notifications.office,
            "auth_mode": "off",
            "now_ns": time.time_ns,
        }
        app = FastAPI()
        install_error_handlers(app)
        app.include_router(rules.build_router(LongLane()), prefix="/api/v1")
        app.state.services = Services(**{**absent, **given})
        self.client = TestClient(app, raise_server_exceptions=False)

    def call(self, method: str, path: str, body: object = None, *, status: int = 200, **query: Any) -> Any:
        answer = self.client.request(method, f"/api/v1{path}", json=body, params=query)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def heat(self, value: float) -> None:
        now_ms = time.time_ns() // 1_000_000
        points = [(now_ms - ago_s * 1_000, value) for ago_s in range(0, 600, 5)]
        self.series.add("default", "heat", {}, points)

    def evaluate(self) -> None:
        self.rules.manager.tick()

    def close(self) -> None:
        self.rules.manager.stop()
        self.client.close()
        self.store.close()
        self.thresholds.close()
        self.notification_store.close()
        self.directory.close()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "rules"
    path.mkdir()
    return path


@pytest.fixture
def api(tmp_path: Path, disk: Path) -> Iterator[RulesApi]:
    opened = RulesApi(tmp_path, rule_files=[str(disk)])
    yield opened
    opened.close()


def names(api: RulesApi) -> list[str]:
    return [file["name"] for file in api.call("GET", "/rule-files")["items"]]


def test_a_rule_file_that_is_put_is_evaluated_and_shown(api: RulesApi) -> None:
    api.heat(9)
    made = api.call("PUT", "/rule-files/team/a.yml", {"content": RULES})
    assert (made["source"], made["is_enabled"], made["error"], made["groups"], made["rules"]) == (
        "api",
        True,
        None,
        1,
        2,
    )
    api.evaluate()
    (group,) = (one for one in api.call("GET", "/rules")["items"] if one["file"] == "team/a.yml")
    assert (group["name"], group["interval_s"], group["evaluations"], group["missed"]) == ("heat", 10.0, 1, 0)
    recording, alerting = group["rules"]
    assert (recording["type"], recording["health"], recording["alerts"]) == ("recording", "ok", [])
    assert (alerting["state"], alerting["health"]) == ("firing", "ok")
    (alert,) = api.call("GET", "/alerts")["items"]
    assert alert == alerting["alerts"][0]
    assert alert["labels"] == {"alertname": "Hot", "severity": "page"}
    assert alert["annotations"] == {"summary": "9 degrees"}
    assert (alert["state"], alert["value"], alert["value_text"]) == ("firing", 9.0, "9")
    assert (alert["group"], alert["rule"], alert["expr"]) == ("heat", "Hot", "heat:max > 5")
    assert alert["fired_at"] == alert["active_at"]
    assert (alert["silenced_by"], alert["inhibited_by"]) == ([], [])


def test_what_cannot_be_loaded_is_refused_with_its_place(api: RulesApi) -> None:
    problem = api.call("PUT", "/rule-files/a.yml", {"content": "groups:\n- name: g\n  rule: []"}, status=400)
    assert problem["detail"] == 'a.yml: 3:3: group "g": field rule not found'
    assert "rules" in problem["hint"]
    assert "a.yml" not in names(api)


def test_findings_come_with_the_file_and_before_it_is_written(api: RulesApi) -> None:
    made = api.call("PUT", "/rule-files/a.yml", {"content": QUANTILE})
    (finding, *_) = made["findings"]
    assert (finding["severity"], finding["line"], finding["rule"]) == ("error", 6, "Slow")
    assert "llm_latency_seconds_bucket" in finding["corrected"]
    checked = api.call("POST", "/rule-files/check", {"content": QUANTILE})
    assert checked["is_valid"]
    assert [one["code"] for one in checked["findings"]] == [one["code"] for one in made["findings"]]
    broken = api.call("POST", "/rule-files/check", {"content": "groups: [{name: g, rules: [{alert: A}]}]"})
    assert not broken["is_valid"]
    assert [one["message"] for one in broken["findings"]] == ["field 'expr' must be set in rule"]


def test_metrics_that_the_project_has_are_known_to_the_check(api: RulesApi) -> None:
    api.heat(1)
    content = "groups: [{name: g, rules: [{alert: A, expr: 'heatt > 1', for: 5m}]}]"
    codes = [one["code"] for one in api.call("POST", "/rule-files/check", {"content": content})["findings"]]
    assert "unknown-metric" in codes
    content = content.replace("heatt", "heat")
    codes = [one["code"] for one in api.call("POST", "/rule-files/check", {"content": content})["findings"]]
    assert "unknown-metric" not in codes


def test_default_rules_are_switched_off_replaced_and_brought_back(api: RulesApi) -> None:
    (default,) = (file for file in api.call("GET", "/rule-files")["items"] if file["source"] == "default")
    assert (default["name"], default["is_enabled"], default["is_editable"]) == ("llm.yml", True, True)
    off = api.call("PATCH", "/rule-files/llm.yml", {"is_enabled": False})
    assert (off["source"], off["is_enabled"], off["rules"]) == ("default", False, 0)
    assert api.call("GET", "/rules")["items"] == []
    own = api.call("PUT", "/rule-files/llm.yml", {"content": RULES})
    assert (own["source"], own["is_overridden"], own["is_enabled"]) == ("api", True, True)
    assert [group["name"] for group in api.call("GET", "/rules")["items"]] == ["heat"]
    api.call("DELETE", "/rule-files/llm.yml", status=204)
    assert api.call("GET", "/rule-files/llm.yml")["content"] == default["content"]
    problem = api.call("DELETE", "/rule-files/llm.yml", status=404)
    assert "PATCH is_enabled" in problem["hint"]


def test_own_files_are_switched_off_and_on_with_their_text(api: RulesApi) -> None:
    api.call("PUT", "/rule-files/a.yml", {"content": RULES})
    api.call("PATCH", "/rule-files/a.yml", {"is_enabled": False})
    assert api.call("GET", "/rule-files/a.yml")["content"] == RULES
    assert "heat" not in [group["name"] for group in api.call("GET", "/rules")["items"]]
    api.call("PATCH", "/rule-files/a.yml", {"is_enabled": True})
    assert "heat" in [group["name"] for group in api.call("GET", "/rules")["items"]]


def test_files_on_disk_are_shown_and_not_written(api: RulesApi, disk: Path) -> None:
    path = disk / "a.yml"
    path.write_text(RULES)
    (disk / "notes.txt").write_text("no rules")
    api.rules.manager.reload()
    api.evaluate()
    (file,) = (file for file in api.call("GET", "/rule-files")["items"] if file["source"] == "file")
    assert (file["name"], file["is_editable"], file["content"]) == (str(path), False, RULES)
    for method, body in (("PUT", {"content": ""}), ("PATCH", {"is_enabled": False}), ("DELETE", None)):
        problem = api.call(method, f"/rule-files/{path}", body, status=400)
        assert "on the server's disk" in problem["detail"]


@pytest.mark.parametrize("name", ["", ".hidden", "/etc/passwd", "a" * 201, "a//b"])
def test_a_file_needs_a_sensible_name(api: RulesApi, name: str) -> None:
    answer = api.client.put(f"/api/v1/rule-files/{name}", json={"content": ""})
    assert answer.status_code in (400, 404, 405)


def test_a_file_that_is_not_there_is_404(api: RulesApi) -> None:
    api.call("GET", "/rule-files/none.yml", status=404)
    api.call("PATCH", "/rule-files/none.yml", {"is_enabled": True}, status=404)
    api.call("DELETE", "/rule-files/none.yml", status=404)


def test_a_rule_that_fails_says_why(api: RulesApi) -> None:
    api.heat(9)
    rules = "[{alert: A, expr: 'heat > 5'}, {record: r, expr: '\"text\"'}]"
    many = f"groups: [{{name: g, interval: 10s, rules: {rules}}}]"
    api.call("PUT", "/rule-files/a.yml", {"content": many})
    api.evaluate()
    (group,) = (one for one in api.call("GET", "/rules")["items"] if one["file"] == "a.yml")
    assert [rule["health"] for rule in group["rules"]] == ["ok", "err"]
    assert "rule result is not a vector or scalar" in group["rules"][1]["last_error"]


def test_a_backtest_tells_when_it_would_have_fired(api: RulesApi) -> None:
    api.heat(9)
    found = api.call(
        "GET", "/rules/backtest", expr="heat > 5", **{"for": "1m", "from": "now-20m", "step": "30s"}
    )
    assert (found["firing_count"], found["step_s"], found["for_s"]) == (1, 30.0, 60.0)
    (firing,) = found["firings"]
    assert firing["pending_at"] < firing["firing_at"]
    assert (firing["resolved_at"], firing["max_value"], firing["labels"]) == (None, 9.0, {})
    assert found["firing_s"] > 400


def test_a_backtest_takes_a_rule_of_the_project(api: RulesApi) -> None:
    api.call("PUT", "/rule-files/a.yml", {"content": RULES})
    found = api.call(
        "GET", "/rules/backtest", rule="heat/Hot", **{"from": "now-20m", "keep_firing_for": "2m"}
    )
    assert (found["expr"], found["keep_firing_for_s"], found["firings"]) == ("heat:max > 5", 120.0, [])
    assert found["warnings"] == ["heat:max was not recorded in this time: whatever reads it cannot fire"]


def test_a_backtest_says_since_when_what_it_reads_is_recorded(api: RulesApi) -> None:
    api.heat(9)
    api.call("PUT", "/rule-files/a.yml", {"content": RULES})
    api.evaluate()
    found = api.call("GET", "/rules/backtest", rule="heat/Hot", **{"from": "now-3h"})
    (warning,) = found["warnings"]
    assert warning.startswith("heat:max ")
    assert warning.endswith("whatever reads it cannot fire")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"expr": "a", "rule": "b/c"}, 400),
        ({"rule": "no/such"}, 404),
        ({"expr": "sum("}, 400),
        ({"expr": "up", "for": "soon"}, 400),
        ({"expr": "up", "step": "1ms"}, 400),
        ({"expr": "up", "from": "now-3000d", "step": "1s"}, 400),
        ({"expr": '"text"'}, 400),
    ],
)
def test_a_backtest_that_cannot_be_is_refused(api: RulesApi, query: dict[str, str], status: int) -> None:
    problem = api.call("GET", "/rules/backtest", status=status, **query)
    assert problem["detail"]
