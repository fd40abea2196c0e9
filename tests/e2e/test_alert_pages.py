"""Rules, alerts, silences, receivers and budgets in a real browser."""

import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
ALERT_MS_MAX = 30_000
RULES = """groups:
  - name: mine
    interval: 1s
    rules:
      - alert: CallsFail
        expr: sum by (service) (llm_requests_total{status="error"}) > 0
        labels: {severity: critical}
        annotations:
          summary: calls of {{ $labels.service }} fail <b>now</b>
"""
CLASSIC = """groups:
  - name: classic
    rules:
      - alert: Slow
        expr: histogram_quantile(0.99, llm_latency_seconds) > 10
        for: 5m
"""


def send(project: Project, method: str, path: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        project.page_url(f"/api/v1{path}"),
        method=method,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status < 300


def put_rules(project: Project) -> None:
    send(project, "PUT", "/rule-files/mine.yml", {"content": RULES})


def fail_once(project: Project) -> None:
    ask = Ask(key=f"{project.name}-failed", start_ns=time.time_ns() - 20 * SECOND, error="timeout")
    project.post_traces(traces_body(ask))


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=title))


def test_a_quiet_project_says_so_and_leads_to_its_rules(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/alerts"))
    page.get_by_role("link", name="See the rules").click()
    expect(page.get_by_role("heading", name="llm.yml")).to_be_visible()
    page.get_by_role("button", name=re.compile("LLMHighErrorRate")).click()
    expect(page.get_by_text(re.compile("group the failed spans", re.IGNORECASE))).to_be_visible()


def test_a_firing_alert_leads_to_its_traces_and_is_silenced(project: Project, open_page: OpenPage) -> None:
    put_rules(project)
    fail_once(project)
    page = open_page(project.page_url("/alerts"))
    alert = card(page, "CallsFail")
    expect(alert.get_by_text("Firing", exact=True)).to_be_visible(timeout=ALERT_MS_MAX)
    expect(alert.get_by_text("calls of rag-api fail <b>now</b>")).to_be_visible()
    expect(alert.get_by_role("link", name="Traces")).to_have_attribute(
        "href", re.compile("filter=span.service:rag-api")
    )
    alert.get_by_role("button", name="Silence").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Silences 1 alert that is active now")).to_be_visible()
    dialog.get_by_label("Why").fill("we know")
    dialog.get_by_label("By").fill("ada")
    dialog.get_by_role("button", name="Save").click()
    expect(alert.get_by_text("Silenced", exact=True)).to_be_visible(timeout=ALERT_MS_MAX)
    page.get_by_role("link", name="Silences", exact=True).click()
    expect(page.get_by_text("we know")).to_be_visible()
    page.get_by_role("button", name="End now").click()
    page.get_by_role("dialog").get_by_role("button", name="End now").click()
    expect(page.get_by_role("heading", name="Nothing is silenced")).to_be_visible()


def test_the_kind_the_search_and_one_alert_stay_in_the_link(project: Project, open_page: OpenPage) -> None:
    put_rules(project)
    fail_once(project)
    page = open_page(project.page_url("/alerts", kind="firing"))
    expect(card(page, "CallsFail")).to_be_visible(timeout=ALERT_MS_MAX)
    page.get_by_label("Find by name or label").fill("service=nothing")
    expect(page.get_by_role("heading", name="No alert of this kind just now")).to_be_visible()
    expect(page).to_have_url(re.compile("kind=firing.*text=service"))
    expect(open_page(page.url).get_by_role("heading", name="No alert of this kind")).to_be_visible()
    page.get_by_role("button", name="Show all alerts").click()
    expect(card(page, "CallsFail")).to_be_visible()
    expect(page.get_by_label("Find by name or label")).to_have_value("")
    found = next(alert for alert in project.get("/alerts")["items"] if alert["rule"] == "CallsFail")
    alone = open_page(project.page_url("/alerts", text=found["fingerprint"]))
    expect(alone.get_by_role("article")).to_have_count(1)


def test_an_alert_leads_to_its_rule_and_the_rule_to_its_alerts(project: Project, open_page: OpenPage) -> None:
    put_rules(project)
    fail_once(project)
    page = open_page(project.page_url("/alerts"))
    expect(card(page, "CallsFail")).to_be_visible(timeout=ALERT_MS_MAX)
    card(page, "CallsFail").get_by_role("link", name="Rule").click()
    expect(page.get_by_text('sum by (service) (llm_requests_total{status="error"}) > 0')).to_be_visible()
    expect(page.get_by_role("heading", name="llm.yml")).to_have_count(0)
    page.get_by_role("link", name="Its alerts").click()
    expect(card(page, "CallsFail")).to_be_visible()
    assert f"project={project.name}" in page.url


def test_hundreds_of_alerts_are_looked_through(project: Project, open_page: OpenPage) -> None:
    names = [f"Alert{number:03}" for number in range(200)]
    rules = [{"alert": name, "expr": "vector(1)"} for name in names]
    group = {"name": "many", "interval": "1s", "rules": rules}
    send(project, "PUT", "/rule-files/many.yml", {"content": json.dumps({"groups": [group]})})
    page = open_page(project.page_url("/alerts"))
    expect(page.get_by_text("Firing 200")).to_be_visible(timeout=ALERT_MS_MAX)
    assert page.get_by_role("article").count() < 60
    page.get_by_role("article").first.hover()
    page.mouse.wheel(0, 100_000)
    expect(page.get_by_role("heading", name=re.compile("Alert"))).not_to_have_count(0)
    page.get_by_label("Find by name or label").fill("alert137")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(card(page, "Alert137")).to_be_visible()


def test_escape_leaves_the_editor_and_keeps_what_was_written(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/alerts/rules"))
    page.get_by_role("button", name="New rule file").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("mine.yml")
    dialog.get_by_role("textbox", name="New rule file").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog.get_by_label("Name")).to_have_value("mine.yml")
    dialog.get_by_role("button", name="Cancel").press("Enter")
    expect(dialog).to_have_count(0)


def test_a_silence_is_planned_for_later(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/alerts/silences", matchers='{team="search"}'))
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("For").click()
    page.get_by_role("option", name="Other times").click()
    dialog.get_by_label("From").fill("2099-03-05T02:00")
    dialog.get_by_label("Until").fill("2099-03-05T01:00")
    dialog.get_by_label("Why").fill("move")
    dialog.get_by_label("By").fill("ada")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Until").fill("2099-03-05T04:30")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Begins later")).to_be_visible()
    expect(page.get_by_text("until 2099-03-05 04:30")).to_be_visible()


def test_a_link_of_a_message_begins_a_silence(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/alerts/silences", matchers='{alertname="CallsFail",team=~"a|b"}'))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_placeholder("Label").first).to_have_value("alertname")
    expect(dialog.get_by_placeholder("Value").nth(1)).to_have_value("a|b")


def test_a_rule_that_can_never_fire_is_explained_while_it_is_written(
    project: Project, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/alerts/rules"))
    page.get_by_role("button", name="New rule file").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("classic.yml")
    dialog.get_by_role("textbox", name="New rule file").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(CLASSIC)
    corrected = dialog.get_by_text(re.compile(r"sum by \(le\) \(rate\(llm_latency_seconds_bucket"))
    expect(corrected.first).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="classic.yml")).to_be_visible()
    row = page.get_by_role("heading", name="classic.yml").locator("xpath=ancestor::section")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="classic.yml")).to_have_count(0)


def test_the_rules_that_ship_are_switched_off_and_on(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/alerts/rules"))
    page.get_by_role("switch", name="On").press("Space")
    expect(page.get_by_text("Switched off")).to_be_visible()
    assert project.get("/rule-files")["items"][0]["is_enabled"] is False
    page.get_by_role("switch", name="Switched off").press("Space")
    expect(page.get_by_role("switch", name="On")).to_be_checked()


def test_a_rule_is_tried_on_the_past(project: Project, open_page: OpenPage) -> None:
    put_rules(project)
    fail_once(project)
    page = open_page(project.page_url("/alerts/rules"))
    page.get_by_role("button", name=re.compile("CallsFail")).click()
    page.get_by_role("button", name="Would it have fired?").last.click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("It would (not )?have fired"))).to_be_visible()


def test_a_receiver_is_configured_and_tried_and_its_secret_is_not_shown(
    project: Project, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/alerts/receivers"))
    page.get_by_role("button", name="Write a configuration").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Routes and receivers").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        "route:\n  receiver: hook\nreceivers:\n  - name: hook\n    slack_configs:\n"
        "      - api_url: http://127.0.0.1:9/services/verysecret\n"
    )
    dialog.get_by_role("button", name="Save").click()
    hook = card(page, "hook")
    hook.get_by_role("button", name="Send a test").click()
    expect(hook.get_by_text(re.compile("not an address of the public internet")).first).to_be_visible()
    assert "verysecret" not in page.content()
    page.get_by_role("button", name="Change the configuration").click()
    expect(page.get_by_role("dialog").get_by_text("***").first).to_be_visible()
    assert "verysecret" not in page.content()


def test_a_budget_is_set_seen_and_deleted(project: Project, open_page: OpenPage) -> None:
    project.post_traces(traces_body(Ask(key=f"{project.name}-paid", start_ns=time.time_ns() - 5 * SECOND)))
    page = open_page(project.page_url("/alerts/budgets"))
    page.get_by_role("button", name="New budget").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("everything")
    dialog.get_by_label("Amount in US dollars").fill("10")
    dialog.get_by_role("button", name="Save").click()
    budget = card(page, "everything")
    expect(budget.get_by_text(re.compile(r"\$0\.00\d+ of \$10\.00"))).to_be_visible()
    budget.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No budget yet")).to_be_visible()
