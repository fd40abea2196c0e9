"""The evaluators in a real browser: a judge is connected, an evaluator tried, made, followed, removed."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body
from tests.support.fake_judge import FakeJudge

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
PATIENCE_MS = 60_000


@pytest.fixture
def judge() -> Iterator[FakeJudge]:
    judge = FakeJudge()
    judge.quality = 1.0
    yield judge
    judge.close()


def ask(project: Project, number: int) -> Ask:
    """Long ago enough for a run over the past to find it."""
    return Ask(key=f"{project.name}-{number}", start_ns=time.time_ns() - (600 + number) * SECOND)


def connect(page: Page, project: Project, judge: FakeJudge) -> None:
    page.goto(project.page_url("/evaluators/judges"))
    expect(page.get_by_role("heading", name="No judge is connected")).to_be_visible()
    page.get_by_role("button", name="Connect a judge").click()
    page.get_by_role("textbox", name="Model").fill("claude-haiku-4-5")
    page.get_by_role("textbox", name="API key").fill("sk-secret")
    page.get_by_role("textbox", name="Address").fill(judge.anthropic_url)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("It answers")).to_be_visible(timeout=PATIENCE_MS)


def test_a_judge_is_connected_an_evaluator_tried_made_run_over_the_past_and_paused(
    project: Project, open_page: OpenPage, judge: FakeJudge
) -> None:
    project.post_traces(traces_body(*(ask(project, number) for number in range(3))))
    page = open_page(project.page_url("/evaluators"))
    expect(page.get_by_role("heading", name="Nothing is evaluated yet")).to_be_visible()
    connect(page, project, judge)

    page.goto(project.page_url("/evaluators/new"))
    page.get_by_role("textbox", name="Name").fill("right answers")
    page.get_by_role("textbox", name="Share").fill("100")
    day = page.get_by_role("region", name="A day like the last one")
    expect(day).to_contain_text("3 would be judged", timeout=PATIENCE_MS)
    expect(day).to_contain_text("about $")
    page.get_by_role("button", name="Try").click()
    trial = page.get_by_role("region", name="Try it on a trace")
    expect(trial.get_by_text("correctness 1")).to_be_visible(timeout=PATIENCE_MS)
    trial.get_by_text("Prompt as sent").click()
    expect(trial.get_by_text("You are a careful judge")).to_be_visible()
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_role("heading", name="right answers")).to_be_visible()
    page.get_by_role("button", name="Run on history").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 would be judged", timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("3 of 3")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()

    scores = project.get("/scores", name="correctness", source="evaluator")["items"]
    assert {score["trace_id"] for score in scores} == {ask(project, number).trace_id for number in range(3)}
    assert {score["author"] for score in scores} == {"right answers"}
    assert "sk-secret" not in page.content()


def test_a_check_that_cannot_be_saved_says_why_and_keeps_what_was_typed(
    project: Project, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/evaluators/new"))
    page.get_by_role("combobox", name="What judges").click()
    page.get_by_role("option", name="Regular expression").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("no apologies")
    page.get_by_role("textbox", name="Pattern").fill("(sorry")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("That did not work")).to_be_visible()
    expect(page.get_by_role("textbox", name="Pattern")).to_have_value("(sorry")
    page.get_by_role("textbox", name="Pattern").fill("sorry")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="no apologies")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Nothing is evaluated yet")).to_be_visible()
