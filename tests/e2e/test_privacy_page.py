"""Rules of redaction in a real browser: chosen, tried, saved, at work."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
EMAIL = "kim@firma.co.kr"


def test_rules_are_chosen_tried_saved_and_hold(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/settings/privacy"))
    page.get_by_label("What happens to E-mail addresses").select_option("mask")
    page.get_by_label("Where to look for E-mail addresses").click()
    page.get_by_label("Inputs", exact=True).check()
    page.keyboard.press("Escape")
    page.get_by_label("What happens to User", exact=True).select_option("hash")
    page.get_by_role("button", name="Add a pattern").click()
    page.get_by_label("Name", exact=True).fill("customer")
    page.get_by_label("Pattern", exact=True).fill("(?=KD)")

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("look-arounds")).to_be_visible()
    page.get_by_label("Pattern", exact=True).fill(r"KD-\d+")

    page.get_by_label("Text", exact=True).fill(f"🙂 {EMAIL} ordered KD-17")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator("mark").filter(has_text=EMAIL)).to_be_visible()
    expect(page.get_by_text("🙂 [email] ordered [customer]")).to_be_visible()

    expect(page.get_by_text("There are changes that are not saved.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("There are changes that are not saved.")).to_have_count(0)

    ask = Ask(
        key=f"{project.name}-1",
        start_ns=time.time_ns() - 60 * SECOND,
        question=f"I am {EMAIL}, KD-17",
        user=EMAIL,
    )
    project.post_traces(traces_body(ask))
    page.reload()
    counts = page.get_by_role("region", name="Last 24 hours")
    expect(counts.get_by_role("row").filter(has_text="customer").first).to_be_visible()
    expect(counts.get_by_role("row").filter(has_text="Whole field")).to_contain_text("Hash")
    expect(page.get_by_label("Where to look for E-mail addresses")).to_have_text("in 1 field")

    page.goto(project.page_url("/traces"))
    expect(page.get_by_text("[customer]").first).to_be_visible()
    expect(page.get_by_text(EMAIL)).to_have_count(0)


def test_the_default_rules_come_back(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/settings/privacy"), locale="ko")
    expect(page.get_by_text("기본 규칙입니다.", exact=False)).to_be_visible()
    page.get_by_label("입력과 출력 저장").uncheck()
    page.get_by_role("button", name="저장", exact=True).click()
    page.get_by_role("button", name="기본값으로").click()
    page.get_by_role("dialog").get_by_role("button", name="기본값으로").click()
    expect(page.get_by_text("기본 규칙입니다.", exact=False)).to_be_visible()
    expect(page.get_by_label("입력과 출력 저장")).to_be_checked()
