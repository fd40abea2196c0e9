"""Annotation queues in a real browser: made, filled, worked off by the keyboard by two people."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
EVIL = "<img src=x onerror=alert(1)>"
QUESTIONS = ("How do refunds work?", "환불은 며칠 걸리나요?", f"What is {EVIL}?")


def post(project: Project, path: str, body: object) -> Any:
    request = urllib.request.Request(
        f"{project.url}/api/v1{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {project.secret_key}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def asks(project: Project) -> list[Ask]:
    """The first is the newest."""
    now = time.time_ns()
    asks = [
        Ask(key=f"{project.name}-{n}", start_ns=now - (600 + n) * SECOND, question=question)
        for n, question in enumerate(QUESTIONS)
    ]
    project.post_traces(traces_body(*asks))
    return asks


@pytest.fixture
def queue_id(project: Project, asks: list[Ask]) -> str:
    """Three items to be judged twice each, in the order of the asks."""
    grade = {"name": "correctness", "data_type": "numeric", "min_value": 1, "max_value": 5}
    config_ids = [
        post(project, "/score-configs", body)["id"]
        for body in (grade, {"name": "grounded", "data_type": "boolean"})
    ]
    queue = post(
        project,
        "/queues",
        {
            "name": f"Refunds {EVIL}",
            "instructions": f"Read {EVIL} first.",
            "config_ids": config_ids,
            "reviewers_wanted": 2,
        },
    )
    assert post(project, f"/queues/{queue['id']}/fill", {})["added"] == len(asks)
    found: str = queue["id"]
    return found


def begin(page: Page, name: str) -> None:
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def see(page: Page, question: str) -> None:
    """The item is there to be judged."""
    expect(page.get_by_text(question, exact=True).first).to_be_visible()
    expect(page.get_by_role("radio", name="4")).to_be_visible()


def type_keys(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def values(project: Project, trace_id: str, author: str) -> dict[str, Any]:
    found = project.get("/scores", trace_id=trace_id, author=author)["items"]
    return {score["name"]: score["value"] for score in found}


def test_two_people_work_a_queue_off_by_the_keyboard_alone(
    project: Project, asks: list[Ask], queue_id: str, open_page: OpenPage
) -> None:
    page = open_page(project.page_url(f"/queues/{queue_id}/review"))
    begin(page, "Ann")

    see(page, QUESTIONS[0])
    type_keys(page, "4", "y", "c")
    page.keyboard.type("one figure is wrong")
    type_keys(page, "Escape", "Enter")

    see(page, QUESTIONS[1])
    type_keys(page, "2", "Enter")
    expect(page.get_by_text("Still missing: grounded")).to_be_visible()
    type_keys(page, "n", "e")
    page.keyboard.type("14일입니다.")
    page.keyboard.press("Control+Enter")

    see(page, QUESTIONS[2])
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="All done")).to_be_visible()
    expect(page.get_by_text("You reviewed 2 items.")).to_be_visible()
    page.keyboard.press("u")
    see(page, QUESTIONS[2])
    type_keys(page, "5", "y", "Enter")
    expect(page.get_by_text("You reviewed 3 items.")).to_be_visible()

    assert values(project, asks[0].trace_id, "Ann") == {"correctness": 4, "grounded": True}
    assert values(project, asks[1].trace_id, "Ann") == {
        "correctness": 2,
        "grounded": False,
        "output": "14일입니다.",
    }
    (score, _) = project.get("/scores", trace_id=asks[0].trace_id)["items"]
    assert (score["source"], score["comment"], score["queue_id"]) == (
        "person",
        "one figure is wrong",
        queue_id,
    )

    second = open_page(project.page_url(f"/queues/{queue_id}/review"))
    begin(second, "Bob")
    for question, grade, grounded in zip(QUESTIONS, "425", "yny", strict=True):
        see(second, question)
        type_keys(second, grade, grounded, "Enter")
    expect(second.get_by_text("3 of 3 done")).to_be_visible()

    second.get_by_role("link", name="Back to the queue").last.click()
    agreement = second.get_by_role("region", name="Agreement")
    expect(agreement.get_by_role("row").filter(has_text="Ann and Bob")).to_have_count(2)
    expect(agreement.get_by_text("100 %").first).to_be_visible()
    expect(second.get_by_role("heading", name=f"Refunds {EVIL}")).to_be_visible()
    expect(second.get_by_role("region", name="Reviewers").get_by_role("row")).to_have_count(3)


def test_what_was_typed_survives_a_reload_and_the_last_review_is_taken_back(
    project: Project, asks: list[Ask], queue_id: str, open_page: OpenPage
) -> None:
    page = open_page(project.page_url(f"/queues/{queue_id}/review"))
    begin(page, "Ann")
    see(page, QUESTIONS[0])
    type_keys(page, "3", "c")
    page.keyboard.type("half a thought")
    page.reload()

    see(page, QUESTIONS[0])
    expect(page.get_by_label("Comment")).to_have_value("half a thought")
    expect(page.get_by_role("radio", name="3")).to_be_checked()
    type_keys(page, "n", "Enter")
    see(page, QUESTIONS[1])

    page.keyboard.press("u")
    see(page, QUESTIONS[0])
    expect(page.get_by_label("Comment")).to_have_value("half a thought")
    assert values(project, asks[0].trace_id, "Ann") == {}
    type_keys(page, "5", "Enter")
    see(page, QUESTIONS[1])
    assert values(project, asks[0].trace_id, "Ann") == {"correctness": 5, "grounded": False}


def test_a_queue_is_made_filled_and_deleted_by_hand(
    project: Project, asks: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/queues"), locale="ko-KR", color_scheme="dark")
    page.get_by_role("link", name="새 대기열").click()
    page.get_by_role("textbox", name="이름").fill("환불 답변")
    page.get_by_role("button", name="새 점수 만들기").click()
    page.get_by_role("textbox", name="점수 이름").fill("helpful")
    page.get_by_text("예/아니요", exact=True).click()
    page.get_by_role("button", name="만들기", exact=True).click()
    expect(page.get_by_text("helpful", exact=True).first).to_be_visible()
    page.get_by_role("button", name="대기열 만들기").click()

    expect(page.get_by_role("heading", name="환불 답변")).to_be_visible()
    page.get_by_role("button", name="필터로 추가").click()
    page.get_by_role("textbox", name="필터", exact=True).fill('input:"환불은"')
    page.get_by_role("button", name="몇 건인지 세기").click()
    expect(page.get_by_text("1건을 추가하게 됩니다.")).to_be_visible()
    page.get_by_role("button", name="추가", exact=True).click()
    expect(page.get_by_text("1건을 추가했습니다.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1건 중 0건 완료")).to_be_visible()

    page.get_by_role("link", name="answer_question").click()
    page.get_by_role("button", name="대기열에 추가").click()
    page.get_by_role("menuitem", name="환불 답변").click()
    expect(page.get_by_text("이미 환불 답변에 있습니다")).to_be_visible()

    page.goto(project.page_url("/queues"))
    page.get_by_role("link", name="환불 답변").click()
    page.get_by_role("button", name="삭제", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="삭제").click()
    expect(page.get_by_text("아직 검수 대기열이 없습니다")).to_be_visible()
