"""Many scores in a real browser: overview, one score, agreement, configurations."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def judged(project: Project) -> list[Ask]:
    """Twelve traces of two features: a judge has looked at all, a person at half."""
    now = time.time_ns()
    asks = [
        Ask(
            key=f"{project.name}-{n}",
            start_ns=now - (600 + n) * SECOND,
            feature="search" if n % 2 else "chat",
        )
        for n in range(12)
    ]
    project.post_traces(traces_body(*asks))
    project.post_scores(
        *(
            {"name": "correctness", "value": 0.9 if n % 2 else 0.3, "trace_id": ask.trace_id,
             "source": "evaluator", "author": "judge", "comment": f"because {n}"}
            for n, ask in enumerate(asks)
        ),
        *(
            {"name": "correctness", "value": 0.1 if n == 1 else 0.9 if n % 2 else 0.3,
             "trace_id": ask.trace_id, "source": "person", "author": EVIL}
            for n, ask in enumerate(asks[:6])
        ),
    )  # fmt: skip
    return asks


def test_a_project_without_scores_is_told_how_to_send_one(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/scores"), locale="ko")
    expect(page.get_by_text("아직 점수가 없습니다")).to_be_visible()

    page.get_by_role("tab", name="HTTP").click()
    expect(page.get_by_text("curl", exact=False).first).to_be_visible()


def test_from_the_overview_through_a_score_to_a_trace(
    project: Project, judged: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/scores"))
    row = page.get_by_role("row").filter(has_text="correctness")
    expect(row).to_contain_text("18")
    expect(row).to_contain_text("±")

    row.get_by_role("link", name="correctness").click()
    expect(page).to_have_url(re.compile("/scores/name/correctness"))
    breakdown = page.locator("section").filter(has_text="Breakdown")
    expect(breakdown.get_by_role("row").filter(has_text="search")).to_contain_text("9")
    expect(breakdown.get_by_role("row").filter(has_text="chat")).to_contain_text("9")

    page.get_by_role("combobox", name="Source").click()
    page.get_by_role("option", name="Person").click()
    expect(page).to_have_url(re.compile("source=person"))
    expect(breakdown.get_by_role("row").filter(has_text="chat")).to_contain_text("3")

    breakdown.get_by_role("button", name="search").click()
    expect(page).to_have_url(re.compile("filter=feature:search"))
    expect(breakdown.get_by_role("row").filter(has_text="chat")).to_have_count(0)

    newest = page.locator("section").filter(has_text="Newest scores")
    newest.get_by_role("checkbox", name="Lowest first").check()
    lowest = newest.get_by_role("row").nth(1)
    expect(lowest).to_contain_text("0.1")
    expect(lowest).to_contain_text(EVIL)
    lowest.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/traces/{judged[1].trace_id}"))


def test_a_judge_is_compared_with_people(project: Project, judged: list[Ask], open_page: OpenPage) -> None:
    page = open_page(project.page_url("/scores/agreement"))
    expect(page.get_by_text("Choose two scores of the same traces")).to_be_visible()

    for side, source in (("First", "Evaluator"), ("Second", "Person")):
        picker = page.get_by_role("group", name=side)
        picker.get_by_role("combobox", name=side).click()
        page.get_by_role("option", name="correctness").click()
        picker.get_by_role("combobox", name="Source").click()
        page.get_by_role("option", name=source).click()

    expect(page.get_by_text("6 pairs")).to_be_visible()
    expect(page.get_by_text("Cohen's kappa").first).to_be_visible()
    disagreement = page.locator("section").filter(has_text="Where they disagree most")
    expect(disagreement.get_by_role("row")).to_have_count(2)
    expect(disagreement).to_contain_text("because 1")
    expect(disagreement.get_by_role("link")).to_have_attribute(
        "href", re.compile(f"/traces/{judged[1].trace_id}")
    )


def test_a_configuration_is_made_and_archived(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/scores/configurations"))
    page.get_by_role("button", name="New configuration").click()
    page.get_by_role("textbox", name="Name").fill("grade")
    page.get_by_role("textbox", name="Least").fill("1")
    page.get_by_role("textbox", name="Greatest").fill("5")
    page.get_by_role("button", name="Save").click()

    card = page.get_by_role("article").filter(has_text="grade")
    expect(card).to_contain_text("1 – 5")
    card.get_by_role("button", name="Archive").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(card).to_contain_text("archived")
    card.get_by_role("button", name="Bring back").click()
    expect(card.get_by_role("button", name="Archive")).to_be_visible()
