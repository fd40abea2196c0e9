"""Dashboards in a real browser: built, arranged, saved, shared, exported, imported, and changed by two."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]


@pytest.fixture
def asked(project: Project) -> Project:
    """A project in which one question was answered."""
    project.post_traces(traces_body(Ask(key=f"{project.name}-0", start_ns=time.time_ns() - 600 * SECOND)))
    return project


def panel(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def add_promql_panel(page: Page, title: str, expression: str) -> None:
    page.get_by_role("button", name="Add panel").first.click()
    page.get_by_role("textbox", name="Title").fill(title)
    page.get_by_role("textbox", name="Expression").fill(expression)
    page.get_by_role("button", name="Apply").click()


def box(locator: Locator) -> Any:
    found = locator.bounding_box()
    assert found is not None
    return found


def dragged(page: Page, handle: Locator, dx: float, dy: float) -> None:
    place = box(handle)
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()


def documents(project: Project) -> list[dict[str, Any]]:
    items = project.get("/dashboards")["items"]
    own = [item["id"] for item in items if not item["is_shipped"]]
    return [project.get(f"/dashboards/{own_id}") for own_id in own]


def test_a_dashboard_is_built_saved_exported_and_imported(
    asked: Project, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(asked.page_url("/dashboards"))
    page.get_by_role("link", name="New dashboard").click()

    add_promql_panel(page, "Requests", "sum by (model) (increase(llm_requests_total[$__range]))")
    expect(panel(page, "Requests").get_by_role("img")).to_be_visible()

    page.get_by_role("button", name="Add panel").click()
    page.get_by_role("textbox", name="Title").fill("By model")
    page.get_by_text("Filter and aggregation").click()
    page.get_by_role("combobox", name="Shown as").click()
    page.get_by_role("option", name="Table").click()
    page.get_by_role("combobox", name="Group by").fill("model")
    page.get_by_role("combobox", name="Group by").press("Enter")
    page.get_by_role("textbox", name="Filter").fill("kind:llms and")
    problem = page.get_by_role("group", name="Query 1").get_by_role("alert")
    expect(problem).to_contain_text("is not a value of `kind`")
    page.get_by_role("textbox", name="Filter").fill("is_call:true model:$model")
    expect(problem).to_contain_text("there is no variable `model`")
    page.get_by_role("button", name="Apply").click()

    page.get_by_role("button", name="Settings").click()
    settings = page.get_by_role("dialog")
    settings.get_by_role("textbox", name="Title").fill("Shop")
    settings.get_by_role("tab", name="Variables").click()
    settings.get_by_role("button", name="Add variable").click()
    settings.get_by_role("textbox", name="Name", exact=True).fill("model")
    settings.get_by_role("combobox", name="Of", exact=True).click()
    page.get_by_role("option", name="Spans").click()
    settings.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name="model", exact=True).click()
    settings.get_by_role("button", name="Apply").click()
    expect(panel(page, "By model").get_by_role("cell").first).to_have_text(re.compile(r"\w+"))

    before = box(panel(page, "By model"))
    assert before["x"] > box(panel(page, "Requests"))["x"]
    dragged(page, page.get_by_role("button", name="Move By model"), dx=-before["width"], dy=0)
    expect.soft(page.get_by_text("Not saved")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/dashboards/[0-9a-f]{16}"))
    expect(page.get_by_text("Not saved")).to_have_count(0)

    page.reload()
    expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    expect(panel(page, "By model").get_by_role("cell").first).to_have_text(re.compile(r"\w+"))
    assert box(panel(page, "By model"))["x"] == box(panel(page, "Requests"))["x"]
    assert box(panel(page, "By model"))["y"] < box(panel(page, "Requests"))["y"]

    page.get_by_role("button", name="More").click()
    with page.expect_download() as waited:
        page.get_by_role("menuitem", name="Export as JSON").click()
    saved = tmp_path / "shop.json"
    waited.value.save_as(saved)
    (kept,) = documents(asked)
    assert json.loads(saved.read_text()) == kept["document"]

    page.get_by_role("link", name="All dashboards").click()
    page.get_by_role("button", name="Import").click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(saved)
    expect(page.get_by_text("Everything in it is understood.")).to_be_visible()
    page.get_by_role("button", name="Import it").click()
    expect(panel(page, "Requests")).to_be_visible()
    assert [one["document"] for one in documents(asked)] == [kept["document"]] * 2


def test_a_variable_chosen_is_in_the_link_and_narrows_the_panels(asked: Project, open_page: OpenPage) -> None:
    page = open_page(asked.page_url("/dashboards/models"))
    scoreboard = panel(page, "Scoreboard")
    expect(scoreboard.get_by_role("row")).not_to_have_count(0)
    expect(scoreboard.get_by_role("cell").first).to_be_visible()
    page.goto(asked.page_url("/dashboards/models", **{"var-model": "no-such-model"}))
    expect(scoreboard.get_by_text("Nothing in this range")).to_be_visible()


def test_panels_are_moved_by_keyboard_and_changes_are_undone(asked: Project, open_page: OpenPage) -> None:
    page = open_page(asked.page_url("/dashboards/new"))
    for title in ("First", "Second"):
        add_promql_panel(page, title, "vector(1)")
    first, second = panel(page, "First"), panel(page, "Second")
    expect(second).to_be_visible()
    assert box(second)["x"] > box(first)["x"]

    handle = page.get_by_role("button", name="Move Second")
    handle.focus()
    page.keyboard.press("Shift+ArrowLeft")
    narrower = box(second)["width"]
    assert narrower < box(first)["width"]
    page.get_by_role("button", name="Undo").click()
    expect(second).to_be_visible()
    assert box(second)["width"] > narrower

    page.get_by_role("link", name="Traces").click()
    expect(page.get_by_text("Leave without saving?")).to_be_visible()
    page.get_by_role("button", name="Stay").click()
    expect(second).to_be_visible()
    page.get_by_role("link", name="Traces").click()
    page.get_by_role("button", name="Leave").click()
    page.wait_for_url(re.compile(r"/traces"))


def test_whoever_saves_second_is_asked(asked: Project, open_page: OpenPage) -> None:
    page = open_page(asked.page_url("/dashboards/new"))
    add_promql_panel(page, "Mine", "vector(1)")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/dashboards/[0-9a-f]{16}"))
    (kept,) = documents(asked)

    other = open_page(page.url)
    for one, title in ((other, "Theirs"), (page, "Ours")):
        one.get_by_role("button", name="Edit").first.click()
        one.get_by_role("button", name="Settings").click()
        one.get_by_role("dialog").get_by_role("textbox", name="Title").fill(title)
        one.get_by_role("dialog").get_by_role("button", name="Apply").click()
        one.get_by_role("button", name="Save").click()
        if one is other:
            expect(one.get_by_text("Not saved")).to_have_count(0)
    expect(page.get_by_text("Somebody else saved meanwhile")).to_be_visible()
    assert documents(asked)[0]["title"] == "Theirs"
    page.get_by_role("button", name="Replace with mine").click()
    expect(page.get_by_text("Somebody else saved meanwhile")).to_have_count(0)
    (now,) = documents(asked)
    assert (now["title"], now["version"], now["id"]) == ("Ours", 3, kept["id"])
