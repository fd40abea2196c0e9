"""Datasets and experiments in a real browser: collected from a trace, changed, saved, exported, compared."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
EVIL = "<img src=x onerror=alert(1)>"


def post(project: Project, path: str, body: object) -> None:
    project._post(f"/api/v1{path}", json.dumps(body).encode(), "application/json")


def make_dataset(page: Page, project: Project, name: str) -> None:
    page.goto(project.page_url("/datasets"))
    page.get_by_role("button", name="New dataset").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_case_is_collected_from_a_trace_changed_and_found_in_the_version_as_it_was(
    project: Project, open_page: OpenPage, tmp_path: Path
) -> None:
    ask = Ask(key=f"{project.name}-0", start_ns=time.time_ns() - 600 * SECOND)
    project.post_traces(traces_body(ask))
    page = open_page(project.page_url("/datasets"))
    expect(page.get_by_text("No dataset yet")).to_be_visible()
    make_dataset(page, project, "support/questions")
    expect(page.get_by_text("No item yet")).to_be_visible()

    page.goto(project.page_url(f"/traces/{ask.trace_id}"))
    for told in ("Added to support/questions", "In support/questions already"):
        page.get_by_role("button", name="Add to dataset").click()
        page.get_by_role("menuitem", name="support/questions").click()
        expect(page.get_by_text(told)).to_be_visible()

    page.goto(project.page_url("/datasets"))
    page.get_by_role("link", name="support/questions").click()
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("textbox", name="Name (optional)").fill("first")
    page.get_by_role("button", name="Save a version").click()
    expect(page.get_by_text("No change since then")).to_be_visible()

    page.get_by_role("tab", name="Items").click()
    page.get_by_title("Edit the item").click()
    page.get_by_role("textbox", name="Expected output").fill('{"broken": ')
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("textbox", name="Expected output").fill(EVIL)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name=EVIL)).to_be_visible()

    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_text("Since then: 1 items: 0 added, 1 changed, 0 removed")).to_be_visible()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("As of version 1")).to_be_visible()
    expect(page.get_by_role("cell", name=EVIL)).to_have_count(0)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waited:
        page.get_by_role("menuitem", name="JSON lines").click()
    saved = tmp_path / "export.jsonl"
    waited.value.save_as(saved)
    (line,) = saved.read_text().splitlines()
    assert json.loads(line)["source_trace_id"] == ask.trace_id
    assert EVIL not in line


def test_a_file_is_imported_once_its_lines_are_right_and_the_dataset_deleted(
    project: Project, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/datasets"))
    make_dataset(page, project, "imported")
    page.get_by_role("button", name="Import").click()
    dialog = page.get_by_role("dialog")
    for content, told in (
        ("input,expected_output\na,b\n,c\n", "Line 3"),
        ("input,expected_output\na,b\n", "1 added, 0 changed, 0 as before"),
    ):
        dialog.locator("input[type=file]").set_input_files(
            {"name": "cases.csv", "mimeType": "text/csv", "buffer": content.encode()}
        )
        dialog.get_by_role("button", name="Import").click()
        expect(dialog.get_by_text(told)).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("cell", name="a", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No dataset yet")).to_be_visible()


def run(project: Project, name: str, correct: dict[str, int], at_s: int) -> None:
    """A run of the dataset `cases` as Langfuse's older SDKs tell it, with a score for each item."""
    for position, (item_id, value) in enumerate(correct.items()):
        start_ns = time.time_ns() - (at_s + position) * SECOND
        ask = Ask(key=f"{project.name}-{name}-{item_id}", start_ns=start_ns)
        project.post_traces(traces_body(ask))
        project.post_scores({"name": "correct", "value": value, "trace_id": ask.trace_id, "comment": EVIL})
        body = {"runName": name, "datasetItemId": item_id, "traceId": ask.trace_id}
        project._post("/api/public/dataset-run-items", json.dumps(body).encode(), "application/json")


def test_two_runs_are_chosen_and_compared_with_the_baseline_in_the_address(
    project: Project, open_page: OpenPage
) -> None:
    project._post("/api/public/v2/datasets", json.dumps({"name": "cases"}).encode(), "application/json")
    items = [{"id": f"{project.name}-c{n}", "input": f"case {n}", "expected_output": EVIL} for n in range(3)]
    post(project, "/datasets/cases/items", {"items": items})
    ids = [str(item["id"]) for item in items]
    run(project, "before", dict(zip(ids, (1, 1, 0), strict=True)), 600)
    run(project, "after", dict(zip(ids, (1, 0, 0), strict=True)), 300)

    page = open_page(project.page_url("/datasets/cases", tab="experiments"))
    for name in ("before", "after"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    page.get_by_role("link", name="Compare 2").click()
    expect(page.get_by_text("0 better, 1 worse, 2 alike")).to_be_visible()
    first = page.get_by_role("button", name="case").first
    expect(first).to_have_text("case 1")
    expect(page.get_by_text("▼ −1").first).to_be_visible()

    page.get_by_role("combobox", name="Baseline").click()
    page.get_by_role("option", name="after").click()
    expect(page).to_have_url(re.compile("baseline="))
    expect(page.get_by_text("1 better, 0 worse, 2 alike")).to_be_visible()
    page.reload()
    expect(page.get_by_text("1 better, 0 worse, 2 alike")).to_be_visible()

    page.get_by_role("button", name="case 1").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(EVIL).first).to_be_visible()
    drawer.get_by_role("link", name="Open the trace").first.click()
    expect(page.get_by_text("answer_question").first).to_be_visible()


def test_the_pages_speak_korean_on_a_narrow_screen(project: Project, open_page: OpenPage) -> None:
    post_body = json.dumps({"name": "환불 질문"}).encode()
    project._post("/api/public/v2/datasets", post_body, "application/json")
    page = open_page(project.page_url("/logs"), locale="ko-KR", viewport={"width": 390, "height": 844})
    page.get_by_role("link", name="데이터셋").click()
    page.get_by_role("link", name="환불 질문").click()
    expect(page.get_by_text("아직 항목이 없습니다")).to_be_visible()
    page.get_by_role("tab", name="실험").click()
    expect(page.get_by_text("아직 실험이 없습니다")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
