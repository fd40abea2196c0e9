"""SQL in a real browser: a statement typed, its rows, its mistakes, its file, its link."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
WAIT_MS = 60_000


@pytest.fixture
def asks(project: Project) -> list[Ask]:
    now = time.time_ns()
    asks = [
        Ask(
            key=f"{project.name}-{n}",
            start_ns=now - (600 + n) * SECOND,
            feature="search" if n % 2 else "chat",
        )
        for n in range(5)
    ]
    project.post_traces(traces_body(*asks))
    return asks


def write(page: Page, statement: str) -> None:
    editor = page.get_by_role("textbox", name="SQL statement")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(statement)
    page.keyboard.press("Control+Enter")


def test_from_a_statement_to_a_trace(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    page = open_page(project.page_url("/sql"))
    expect(page.get_by_role("button", name="P50 and P95 by model")).to_be_visible(timeout=WAIT_MS)
    write(page, "SELECT feature, trace_id, duration_ms FROM traces ORDER BY start_time DESC")
    grid = page.get_by_role("grid", name="Result")
    expect(grid.get_by_role("gridcell", name=asks[0].trace_id)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("status").filter(has_text="5 rows")).to_be_visible()

    grid.get_by_role("button", name="Sort by feature").click()
    expect(grid.get_by_role("gridcell").first).to_have_text("search")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    cell = page.get_by_role("region", name="Cell")
    expect(cell).to_contain_text("trace_id")
    cell.get_by_role("link", name="Open the trace").click()
    page.wait_for_url("**/traces/*", timeout=WAIT_MS)


def test_a_mistake_is_marked_where_it_is(project: Project, asks: list[Ask], open_page: OpenPage) -> None:
    page = open_page(project.page_url("/sql"))
    write(page, "SELECT featur FROM traces")
    expect(page.get_by_text("Unknown expression identifier")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".cm-lintRange-error")).to_have_text("featur")

    write(page, "SELECT * FROM system.tables")
    expect(page.get_by_text("there is no table")).to_be_visible(timeout=WAIT_MS)


def test_a_link_shows_the_statement_its_chart_and_gives_its_file(
    project: Project, asks: list[Ask], open_page: OpenPage, tmp_path: Path
) -> None:
    statement = "SELECT feature, count() AS n FROM traces GROUP BY feature ORDER BY feature"
    page = open_page(project.page_url("/sql", q=statement, view="bar"))
    bars = page.get_by_role("list", name="n", exact=True)
    expect(bars.get_by_role("listitem")).to_have_text(["chat3", "search2"], timeout=WAIT_MS)
    expect(page.get_by_role("textbox", name="SQL statement")).to_contain_text("GROUP BY feature")

    page.get_by_role("button", name="Download").click()
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("menuitem", name="CSV").click()
    file = tmp_path / "query.csv"
    download.value.save_as(file)
    assert file.read_text() == '"feature","n"\n"chat",3\n"search",2\n'


def test_a_column_of_the_list_goes_into_the_statement(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/sql"), locale="ko")
    page.get_by_placeholder("열 찾기").fill("prompt_version")
    page.get_by_role("button", name="prompt_version 넣기").click()
    expect(page.get_by_role("textbox", name="SQL 문")).to_have_text("prompt_version", timeout=WAIT_MS)
