"""The overview in a real browser: what stands on it, what leads where, thresholds that move it."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
FAILING = 6


@pytest.fixture
def busy(project: Project) -> Project:
    """Forty requests of the last minutes; some are slow, some fail."""
    now_ns = time.time_ns()
    asks = [
        Ask(
            key=f"{project.name}-{number}",
            start_ns=now_ns - (60 + 5 * number) * SECOND,
            duration_ms=9_000 if number == 39 else 1_200,
            error="timeout" if number < FAILING else "",
        )
        for number in range(40)
    ]
    project.post_traces(traces_body(*asks))
    return project


def test_a_newcomer_is_shown_how_traces_get_here(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/"))
    expect(page).to_have_url(re.compile("/overview"))
    expect(page.get_by_text("spanglass.init")).to_have_count(0)
    page.get_by_role("tab", name=re.compile("Python")).click()
    expect(page.get_by_text("spanglass.init").first).to_be_visible()


def test_a_bad_indicator_leads_to_its_traces(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/overview", **{"from": "now-1h"}))
    card = page.get_by_role("article").filter(has_text="Error rate")
    expect(card).to_contain_text("15 %")
    expect(card).to_contain_text("Bad")
    expect(card.get_by_role("link", name=re.compile("LLMHighErrorRate"))).to_be_visible()
    card.get_by_role("link", name="Error rate of calls").click()
    expect(page).to_have_url(re.compile("/traces"))
    expect(page.get_by_text(re.compile(rf"\b{FAILING} traces"))).to_be_visible()


def test_a_threshold_that_is_changed_moves_the_indicator(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/settings/thresholds"))
    error_rate = page.get_by_label("Error rate of calls, over")
    error_rate.fill("120")
    expect(page.get_by_text("Between 0.01 and 99.99")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    error_rate.fill("40")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.goto(busy.page_url("/overview", **{"from": "now-1h"}))
    card = page.get_by_role("article").filter(has_text="Error rate")
    expect(card).to_contain_text("Threshold 40 %")
    expect(card).to_contain_text("Good")


def test_the_scope_lives_in_the_url(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/overview", compare="week", refresh="30s"), locale="ko")
    expect(page.get_by_role("heading", name="트래픽")).to_be_visible()
    page.get_by_role("combobox", name="필터").fill("service:nobody")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("filter=service:nobody"))
    expect(page).to_have_url(re.compile("compare=week"))
    expect(page.get_by_text("이 기간에 수신된 데이터가 없습니다")).to_be_visible()
    page.get_by_role("button", name="필터 지우기", exact=True).last.click()
    expect(page).not_to_have_url(re.compile("filter="))
    expect(page.get_by_role("article").filter(has_text="호출 오류율")).to_contain_text("15 %")


def test_what_failed_is_told_by_type_and_leads_to_its_traces(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/overview", **{"from": "now-1h"}))
    errors = page.get_by_role("region", name="Errors by type")
    expect(errors.get_by_role("row").filter(has_text="timeout")).to_contain_text(f"{FAILING}")
    errors.get_by_role("button", name="Models and services of timeout").click()
    expect(errors.get_by_role("link", name="claude-sonnet-4-5")).to_be_visible()
    errors.get_by_role("link", name="timeout", exact=True).click()
    expect(page).to_have_url(re.compile("/traces"))
    expect(page.get_by_text(re.compile(rf"\b{FAILING} traces"))).to_be_visible()


def test_a_dot_of_the_heat_map_leads_to_its_trace(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/overview", **{"from": "now-1h"}))
    latency = page.get_by_role("region", name="Latency", exact=True)
    latency.get_by_text("Requests", exact=True).click()
    latency.get_by_role("link", name="9.00 s: open the trace").click()
    expect(page).to_have_url(re.compile(rf"/traces/[0-9a-f]{{32}}.*project={busy.name}"))
    expect(page.get_by_text("9.00 s").first).to_be_visible()


def test_what_the_telemetry_lacks_is_told(busy: Project, open_page: OpenPage) -> None:
    page = open_page(busy.page_url("/overview", **{"from": "now-1h"}), locale="ko")
    honesty = page.get_by_role("region", name="텔레메트리 정직성")
    expect(honesty.get_by_role("listitem").filter(has_text="평가 없음")).to_contain_text("100 %")
    expect(page.get_by_role("region", name="주요 변화")).to_contain_text("우연을 넘어서는 변화가 없습니다.")
