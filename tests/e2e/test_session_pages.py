"""Sessions, users, the service map, saved views and public links in a real browser."""

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
USER = "somebody@example.com"


@pytest.fixture
def talk(project: Project) -> list[Ask]:
    """A session of three turns of one user, and a lonely trace of another."""
    now = time.time_ns()
    session = (("session.id", "chat/1.2"),)
    asks = [
        Ask(key=f"{project.name}-{n}", start_ns=now - (600 - 60 * n) * SECOND, question=question,
            answer=answer, user=USER, extra=session)
        for n, (question, answer) in enumerate(
            [("How do refunds work?", "Within 14 days."), ("And for files?", EVIL), ("Thanks", "**Welcome**")]
        )
    ]  # fmt: skip
    lonely = Ask(key=f"{project.name}-x", start_ns=now - 30 * SECOND, user="other", error="timeout")
    project.post_traces(traces_body(*asks, lonely))
    return [*asks, lonely]


def test_a_session_is_found_and_read_as_a_chat(
    project: Project, talk: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/sessions"))
    row = page.get_by_role("row").filter(has_text="How do refunds work?")
    expect(row).to_contain_text(USER)
    row.click()
    expect(page).to_have_url(re.compile("/sessions/chat%2F1.2"))
    second = page.get_by_label("Turn 2")
    expect(second).to_contain_text("And for files?")
    expect(second).to_contain_text(EVIL)
    expect(page.get_by_label("Turn 3").locator("strong")).to_have_text("Welcome")

    page.reload()
    expect(page.get_by_label("Turn 1")).to_contain_text("Within 14 days.")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the conversation away").click()
        page.get_by_role("menuitem", name="As Markdown").click()
    text = download.value.path().read_text()
    assert text.index("How do refunds work?") < text.index("And for files?") < text.index("Welcome")


def test_all_of_a_users_data_goes_when_the_id_is_typed(
    project: Project, talk: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/users"))
    page.get_by_role("row").filter(has_text=USER).click()
    expect(page.get_by_role("heading", name=USER)).to_be_visible()
    expect(page.get_by_text("Cost by model")).to_be_visible()
    # An id with a dot is a page, not a file.
    page.reload()
    page.get_by_role("button", name="Delete all of this user's data").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("3 traces with 6 spans, of 1 sessions")
    delete = dialog.get_by_role("button", name="Delete all of this user's data")
    expect(delete).to_be_disabled()
    dialog.get_by_role("textbox").fill(USER)
    delete.click()
    expect(dialog.get_by_text("3 traces are gone.")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("This user did nothing in this time range")).to_be_visible()
    left = project.get("/traces")["items"]
    assert [trace["user_id"] for trace in left] == ["other"]


def test_the_map_leads_to_the_traces_of_a_call(
    project: Project, talk: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/map"))
    provider = page.get_by_role("button", name=re.compile("model provider"))
    provider.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("Called by")
    panel.get_by_role("link", name="See the traces").click()
    expect(page).to_have_url(re.compile("filter=provider"))
    expect(page.get_by_role("row").filter(has_text="answer_question")).to_have_count(4)

    page.go_back()
    page.get_by_text("Table", exact=True).click()
    table = page.get_by_role("table", name="Service map")
    expect(table.get_by_role("row").filter(has_text="rag-api")).to_have_count(2)


def test_a_view_is_saved_pinned_opened_and_brought_back(
    project: Project, talk: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/traces", filter="status:error"))
    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name").fill("What failed")
    page.get_by_label("Show beside the filter").check()
    page.get_by_role("button", name="Save", exact=True).click()
    pinned = page.get_by_role("link", name="What failed")
    expect(pinned).to_be_visible()

    page.goto(project.page_url("/traces"))
    pinned.click()
    expect(page).to_have_url(re.compile("filter=status:error"))
    expect(page.get_by_role("row").filter(has_text="answer_question")).to_have_count(1)

    page.get_by_role("button", name="Saved views").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(pinned).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(pinned).to_be_visible()


def test_a_public_link_shows_one_trace_until_it_is_revoked(
    project: Project, talk: list[Ask], open_page: OpenPage
) -> None:
    page = open_page(project.page_url(f"/traces/{talk[0].trace_id}"))
    page.get_by_role("button", name="Public link").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Also show inputs").check()
    dialog.get_by_role("button", name="Make a link").click()
    address = dialog.get_by_label("Copy it now").input_value()

    public = open_page(address)
    expect(public.get_by_text("This is a public page")).to_be_visible()
    expect(public.get_by_role("treeitem")).to_have_count(2)
    expect(public.get_by_role("navigation")).to_have_count(0)
    public.get_by_role("treeitem").last.click()
    expect(public.get_by_text("Within 14 days.").first).to_be_visible()
    assert USER not in public.content()
    assert project.name not in public.content()

    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog.get_by_text("There is no public link to this trace.")).to_be_visible()
    public.reload()
    expect(public.get_by_text("This link shows nothing")).to_be_visible()
