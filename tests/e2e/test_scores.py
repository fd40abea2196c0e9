"""Scores in a real browser: seen in the list and in a trace, given and taken back by hand."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def asks(project: Project) -> list[Ask]:
    now = time.time_ns()
    asks = [Ask(key=f"{project.name}-{n}", start_ns=now - (600 + n) * SECOND) for n in range(2)]
    project.post_traces(traces_body(*asks))
    return asks


def of_trace(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^(Scores|점수)$")).first


def of_span(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^(Scores|점수)$")).last


def chip(scores: Locator, name: str) -> Locator:
    return scores.locator("[data-source]").filter(has_text=name)


def give(page: Page, scores: Locator, name: str, value: str, comment: str = "") -> None:
    scores.get_by_role("button", name="Give a score").click()
    page.get_by_role("combobox", name="Name").fill(name)
    page.get_by_role("textbox", name="Value").fill(value)
    page.get_by_role("textbox", name="Comment").fill(comment)
    page.get_by_role("button", name="Save").click()


def test_the_list_has_a_column_of_scores_as_soon_as_a_trace_has_one(
    project: Project, asks: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/traces"))
    expect(page.get_by_text("answer_question").first).to_be_visible()
    expect(page.get_by_role("columnheader", name="Scores")).to_have_count(0)

    project.post_scores({"name": "quality", "value": 0.25, "trace_id": asks[0].trace_id})
    page.reload()
    expect(page.get_by_role("columnheader", name="Scores")).to_be_visible()
    expect(page.get_by_title("quality 0.25")).to_be_visible()


def test_scores_are_shown_where_they_belong_with_who_gave_them_and_why(
    project: Project, asks: list[Ask], open_page: OpenPage
) -> None:
    trace_id = asks[0].trace_id
    root, *_ = project.get(f"/traces/{trace_id}")["spans"]
    project.post_scores(
        {"name": "quality", "value": 2 / 3, "trace_id": trace_id, "source": "evaluator", "author": "judge-3",
         "comment": f"근거 있음 {EVIL}"},
        {"name": EVIL, "value": EVIL, "trace_id": trace_id},
        {"name": "relevance", "value": True, "trace_id": trace_id, "span_id": root["span_id"]},
    )  # fmt: skip
    page = open_page(project.page_url(f"/traces/{trace_id}", span=root["span_id"]), locale="ko-KR")

    expect(chip(of_trace(page), "quality")).to_contain_text("0.667")
    expect(chip(of_trace(page), EVIL)).to_be_visible()
    expect(chip(of_trace(page), "relevance")).to_have_count(0)
    expect(chip(of_span(page), "relevance")).to_contain_text("예")
    chip(of_trace(page), "quality").hover()
    expect(page.get_by_text(f"근거 있음 {EVIL}")).to_be_visible()
    expect(page.get_by_text("judge-3")).to_be_visible()


def test_a_score_is_given_and_undone_by_hand(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    trace_id = asks[0].trace_id
    page = open_page(project.page_url(f"/traces/{trace_id}"))
    give(page, of_trace(page), "quality", "0,75", "one figure is wrong")
    expect(chip(of_trace(page), "quality")).to_contain_text("0.75")

    (stored,) = project.get("/scores", trace_id=trace_id)["items"]
    assert (stored["value"], stored["source"], stored["comment"]) == (0.75, "person", "one figure is wrong")
    assert (stored["span_id"], stored["environment"]) == (None, "test")

    page.get_by_role("button", name="Undo").click()
    expect(chip(of_trace(page), "quality")).to_have_count(0)
    assert project.get("/scores", trace_id=trace_id)["items"] == []


def test_a_removed_score_comes_back_as_it_was(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    trace_id = asks[0].trace_id
    span_id = project.get(f"/traces/{trace_id}")["spans"][1]["span_id"]
    page = open_page(project.page_url(f"/traces/{trace_id}", span=span_id))
    give(page, of_span(page), "quality", "0.5", "as it was")
    expect(chip(of_span(page), "quality")).to_be_visible()
    (before,) = project.get("/scores", trace_id=trace_id)["items"]
    assert before["span_id"] == span_id

    of_span(page).get_by_role("button", name="Remove quality").click()
    expect(chip(of_span(page), "quality")).to_have_count(0)
    of_span(page).get_by_role("button", name="Undo").click()
    expect(chip(of_span(page), "quality")).to_be_visible()

    (after,) = project.get("/scores", trace_id=trace_id)["items"]
    changing = ("created_at", "updated_at")
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }


def test_what_is_no_number_is_not_sent(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    page = open_page(project.page_url(f"/traces/{asks[0].trace_id}"))
    of_trace(page).get_by_role("button", name="Give a score").click()
    page.get_by_role("combobox", name="Name").fill("quality")
    page.get_by_role("textbox", name="Value").fill("good")
    expect(page.get_by_text("Not a number")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()

    page.get_by_text("Word", exact=True).click()
    page.get_by_role("textbox", name="Value").fill("good")
    page.get_by_role("button", name="Save").click()
    expect(chip(of_trace(page), "quality")).to_contain_text("good")


def test_the_list_is_filtered_by_scores(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    project.post_scores({"name": "quality", "value": 0.25, "trace_id": asks[1].trace_id})
    page = open_page(project.page_url("/traces", filter="scores.quality<0.5"))

    expect(page.locator("[role=row][aria-rowindex='1'], [role=row][aria-rowindex='2']").last).to_be_visible()
    expect(page.get_by_title("quality 0.25")).to_have_count(1)
    expect(page.get_by_text("answer_question")).to_have_count(1)
