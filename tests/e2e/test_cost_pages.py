"""Costs and the price book in a real browser, from an unpriced model to its cost."""

import csv
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]


def test_an_unpriced_model_gets_a_price_and_its_calls_a_cost(project: Project, open_page: OpenPage) -> None:
    now = time.time_ns()
    known = Ask(key=f"{project.name}-1", start_ns=now - 60 * SECOND, feature="search")
    unknown = Ask(
        key=f"{project.name}-2", start_ns=now - 50 * SECOND, feature="chat", model="gpt-4o-mini-tuned-by-us"
    )
    project.post_traces(traces_body(known, unknown))

    (sent_with,) = project.get("/cost", by="key")["groups"]
    assert sent_with["name"].startswith("pk-sg-")

    page = open_page(project.page_url("/cost"))
    row = page.get_by_role("row").filter(has_text="chat")
    expect(row).to_contain_text("unpriced")
    expect(page.get_by_text("Volume (requests)")).to_be_visible()
    page.get_by_role("link", name="Set prices").click()

    page.get_by_role("button", name="Is the same as").click()
    page.get_by_role("menuitem", name="openai / gpt-4o-mini", exact=True).click()
    expect(page.get_by_text("has a price now")).to_be_visible()
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("1 calls get a price")).to_be_visible()
    page.get_by_role("button", name="Reprice", exact=True).click()
    expect(page.get_by_text("Repriced.")).to_be_visible()
    expect(page.get_by_text("Every model that was called in this time has a price.")).to_be_visible()

    page.get_by_role("link", name="Costs").click()
    row = page.get_by_role("row").filter(has_text="chat")
    expect(row).to_contain_text("$")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").first.click()
    with download.value.path().open(encoding="utf-8-sig") as file:
        features = {line["feature"]: line for line in csv.DictReader(file)}
    assert set(features) == {"search", "chat"}
    assert float(features["chat"]["cost_usd"]) > 0
    assert features["chat"]["unpriced_calls"] == "0"

    row.get_by_role("link", name="chat").click()
    expect(page).to_have_url(re.compile(r"/traces\?.*filter=span\.feature:chat"))
    expect(page.get_by_text("answer_question")).to_have_count(1)
