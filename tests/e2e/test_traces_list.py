"""The traces list in a real browser, against a real server."""

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
TRACES = 260
"""More than two pages of the API."""
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def rows_of(page: Page) -> Locator:
    return page.locator("[role=row][aria-rowindex]")


def row(page: Page, number: int) -> Locator:
    """The row with that place in the list, counted from one."""
    return page.locator(f"[role=row][aria-rowindex='{number}']")


def cell(page: Page, number: int, column: str) -> Locator:
    return row(page, number).locator(f"[data-column={column}]")


def filter_box(page: Page) -> Locator:
    return page.get_by_role("combobox", name=re.compile("Filter|필터"))


def search_of(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def expect_count(page: Page, count: int) -> None:
    """The table says how many rows it has; only those in sight are in the document."""
    expect(page.get_by_role("table")).to_have_attribute("aria-rowcount", str(count))


@pytest.fixture(scope="module")
def seeded(new_project: Callable[[], Project]) -> Project:
    """260 traces of the last four hours, the newest first: every tenth failed, every fifth is unpriced."""
    project = new_project()
    now = time.time_ns()
    asks = [
        Ask(
            key=f"seed-{number}",
            start_ns=now - (60 + number * 50) * SECOND,
            duration_ms=500 + number * 10,
            question=f"Question {number} about the refund policy" if number % 2 else "환불 정책이 궁금합니다",
            model="own-model" if number % 5 == 0 else "claude-sonnet-4-5",
            error="rate_limit" if number % 10 == 9 else "",
            feature="search" if number % 3 else "chat",
            user=f"user-{number % 20}",
            tags=["beta"] if number % 4 == 0 else [],
        )
        for number in range(TRACES)
    ]
    project.post_traces(traces_body(*asks))
    return project


def test_rows_show_what_happened_and_unpriced_is_never_zero(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(cell(page, 1, "name")).to_have_text("answer_question")
    expect(cell(page, 1, "input")).to_have_text("환불 정책이 궁금합니다")
    expect(cell(page, 1, "latency")).to_have_text("500 ms")
    expect(cell(page, 1, "tokens")).to_have_text("1.0k")
    expect(cell(page, 1, "cost")).to_have_text("unpriced")
    expect(cell(page, 1, "tags")).to_have_text("beta")
    expect(cell(page, 2, "cost")).to_have_text("$0.00420")
    expect(cell(page, 2, "model")).to_have_text("claude-sonnet-4-5")
    expect(cell(page, 10, "status")).to_have_text("error")
    expect(page.get_by_text("260 traces")).to_be_visible()
    expect(page.get_by_text("26 errors")).to_be_visible()


def test_scrolling_loads_every_trace_but_keeps_the_document_small(
    seeded: Project, open_page: OpenPage
) -> None:
    page = open_page(seeded.page_url("/traces"))
    table = page.get_by_role("table")
    expect(row(page, 1)).to_be_visible()
    for _ in range(12):
        table.evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.wait_for_timeout(150)
    expect(page.get_by_text("That is all: 260")).to_be_visible()
    expect(row(page, TRACES)).to_be_visible()
    assert rows_of(page).count() < 80


def test_a_typed_filter_narrows_the_list_and_stands_in_the_url(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("/")
    expect(filter_box(page)).to_be_focused()
    page.keyboard.type("status:error")
    page.keyboard.press("Enter")
    expect_count(page, 26)
    expect(page.get_by_text("26 traces", exact=True)).to_be_visible()
    assert search_of(page)["filter"] == "status:error"
    page.go_back()
    expect(filter_box(page)).to_have_value("")


def test_free_text_finds_korean_words(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces", filter="환불"))
    expect_count(page, 100)
    expect(page.get_by_text("130 traces")).to_be_visible()


def test_a_filter_that_cannot_be_read_is_marked_where_it_is_wrong(
    seeded: Project, open_page: OpenPage
) -> None:
    page = open_page(seeded.page_url("/traces", filter="status:error modle:gpt"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("modle")
    expect(alert).to_contain_text("did you mean")
    expect(alert).to_contain_text("at character 14")
    expect(alert.locator("mark")).to_have_text("m")
    expect(filter_box(page)).to_have_attribute("aria-invalid", "true")


def test_fields_and_values_are_completed_by_keyboard(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("featu")
    expect(page.get_by_role("option").first).to_contain_text("feature")
    page.keyboard.press("Tab")
    expect(filter_box(page)).to_have_value("feature:")
    chat = page.get_by_role("option").filter(has_text="chat")
    expect(chat).to_contain_text("87")
    page.keyboard.type("ch")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(filter_box(page)).to_have_value("feature:chat ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("87 traces")).to_be_visible()


def test_clicking_values_includes_and_excludes_them(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    facets = page.get_by_role("complementary", name="Fields")
    facets.get_by_role("button", name="chat", exact=True).click()
    expect(filter_box(page)).to_have_value("feature:chat")
    expect(page.get_by_text("87 traces")).to_be_visible()
    facets.get_by_role("button", name="search", exact=True).click()
    expect(filter_box(page)).to_have_value("feature:(chat or search)")
    facets.get_by_role("button", name="Without search").click()
    expect(filter_box(page)).to_have_value("feature:chat -feature:search")
    facets.get_by_role("button", name="Without search").click()
    facets.get_by_role("button", name="chat", exact=True).click()
    expect(filter_box(page)).to_have_value("")


def test_dragging_over_the_chart_zooms_and_back_undoes_it(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(page.get_by_text("260 traces")).to_be_visible()
    area = page.locator(".u-over").bounding_box()
    assert area is not None
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.93, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.97, middle, steps=8)
    page.mouse.up()
    page.wait_for_url(re.compile("from=20"))
    expect(page.get_by_text("260 traces")).not_to_be_visible()
    count = int(page.get_by_role("table").get_attribute("aria-rowcount") or 0)
    assert 20 < count < 120
    page.go_back()
    page.mouse.move(5, 5)
    expect(page.get_by_text("260 traces")).to_be_visible()


def test_sorting_survives_in_the_link(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    page.get_by_role("button", name="Latency").click()
    expect(cell(page, 1, "latency")).to_have_text("3.09 s")
    expect(page.get_by_role("columnheader", name="Latency")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Latency").click()
    expect(cell(page, 1, "latency")).to_have_text("500 ms")
    assert search_of(page)["order"] == "duration"
    again = open_page(page.url)
    expect(cell(again, 1, "latency")).to_have_text("500 ms")
    expect(again.get_by_role("columnheader", name="Latency")).to_have_attribute("aria-sort", "ascending")


def test_the_whole_view_comes_back_from_its_url(seeded: Project, open_page: OpenPage) -> None:
    state = {"filter": "feature:chat", "order": "-cost", "cols": "time,user,spans", "from": "now-6h"}
    page = open_page(seeded.page_url("/traces", **state))
    expect(filter_box(page)).to_have_value("feature:chat")
    expect(page.get_by_role("columnheader")).to_have_text(["Time", "User", "Spans"])
    expect(page.get_by_role("button", name="Time range")).to_have_text("Last 6 hours")
    expect_count(page, 87)


def test_new_traces_come_in_while_the_list_is_live(project: Project, open_page: OpenPage) -> None:
    now = time.time_ns()
    first = [Ask(key=f"old-{n}", start_ns=now - (100 + n) * SECOND, name=f"old {n}") for n in range(60)]
    project.post_traces(traces_body(*first))
    page = open_page(project.page_url("/traces"))
    page.get_by_role("button", name="Live").click()
    expect(cell(page, 1, "name")).to_have_text("old 0")
    project.post_traces(traces_body(Ask(key="new-1", start_ns=now - 5 * SECOND, name="new 1")))
    expect(cell(page, 1, "name")).to_have_text("new 1")

    page.get_by_role("table").evaluate("element => element.scrollTo(0, 600)")
    page.wait_for_timeout(200)
    project.post_traces(traces_body(Ask(key="new-2", start_ns=now - 4 * SECOND, name="new 2")))
    expect(page.get_by_text("1 new trace")).to_be_visible()
    expect_count(page, 61)
    page.get_by_role("button", name="1 new trace").click()
    expect(cell(page, 1, "name")).to_have_text("new 2")
    expect(row(page, 1)).to_be_in_viewport()
    assert search_of(page)["live"] == "1"


def test_the_keyboard_walks_opens_and_comes_back(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces", filter="feature:search"))
    expect(row(page, 1)).to_be_visible()
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(row(page, 2)).to_have_attribute("aria-current", "true")
    target = row(page, 2).get_attribute("href") or ""
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/traces/[0-9a-f]{32}"))
    assert urlsplit(page.url).path == urlsplit(target).path
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/traces\\?"))
    expect(filter_box(page)).to_have_value("feature:search")
    expect(row(page, 2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(row(page, 2)).not_to_have_attribute("aria-current", "true")


def test_keys_do_nothing_while_someone_types(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("jjl?")
    expect(filter_box(page)).to_have_value("jjl?")
    expect(page.locator("[aria-current=true][role=row]")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_help_lists_the_keys_of_this_page(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Follow new traces")
    expect(page.get_by_role("dialog")).to_contain_text("Go to the filter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_chosen_columns_are_remembered(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Service").check()
    page.get_by_role("checkbox", name="Tags").uncheck()
    expect(page.get_by_role("columnheader", name="Service")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="Service")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Tags")).to_have_count(0)


def test_a_copied_link_keeps_its_moments(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces", filter="status:error"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(row(page, 1)).to_be_visible()
    page.get_by_role("button", name="Copy a link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    query = parse_qs(urlsplit(link).query)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", query["from"][0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", query["to"][0])
    assert query["filter"] == ["status:error"]
    expect_count(open_page(link), 26)


def test_the_time_range_takes_presets_and_moments(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    page.get_by_role("button", name="Time range").click()
    page.get_by_role("button", name="Last 15 minutes").click()
    page.wait_for_url(re.compile("from=now-15m"))
    expect(page.get_by_text("260 traces")).not_to_be_visible()
    page.get_by_role("button", name="Time range").click()
    page.get_by_label("From").fill("2020-01-01T00:00:00")
    page.get_by_label("To", exact=True).fill("2020-01-02T00:00:00")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Nothing in this time range")).to_be_visible()
    page.get_by_role("button", name="Show it").click()
    expect(row(page, 1)).to_be_visible()


def test_the_page_speaks_korean_and_remembers_it(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"))
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="한국어").click()
    expect(page.get_by_role("columnheader", name="지연")).to_be_visible()
    expect(cell(page, 1, "cost")).to_have_text("단가 없음")
    page.reload()
    expect(page.get_by_role("columnheader", name="지연")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_a_korean_browser_gets_korean_at_once(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"), locale="ko-KR")
    expect(page.get_by_text("트레이스 260건")).to_be_visible()


def test_colours_follow_the_system_until_someone_chooses(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"), color_scheme="dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    page.get_by_role("button", name="Colours").click()
    page.get_by_role("menuitem", name="Light").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")
    page.reload()
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")


def test_a_narrow_window_shows_cards_without_sideways_scrolling(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/traces"), viewport={"width": 420, "height": 800})
    expect(row(page, 2)).to_contain_text("answer_question")
    expect(row(page, 2)).to_contain_text("510 ms")
    width = page.get_by_role("table").evaluate("element => element.scrollWidth - element.clientWidth")
    assert width == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_hostile_telemetry_stays_text(project: Project, open_page: OpenPage) -> None:
    evil = Ask(
        key="evil",
        start_ns=time.time_ns() - 60 * SECOND,
        name=EVIL,
        question=EVIL,
        user=EVIL,
        feature=EVIL,
        tags=[EVIL, "javascript:alert(3)"],
        error=EVIL,
        extra=((f"attr {EVIL}", EVIL),),
    )
    project.post_traces(traces_body(evil))
    page = open_page(project.page_url("/traces"))
    expect(cell(page, 1, "name")).to_have_text(EVIL)
    expect(cell(page, 1, "input")).to_have_text(EVIL)
    expect(cell(page, 1, "tags")).to_contain_text("javascript:alert(3)")
    facets = page.get_by_role("complementary", name="Fields")
    facets.get_by_role("button", name=EVIL, exact=True).first.click()
    expect_count(page, 1)
    page.keyboard.press("/")
    page.keyboard.press("End")
    page.keyboard.type(" attributes.")
    expect(page.get_by_role("option").first).to_contain_text(f"attributes.attr {EVIL}")
    assert page.locator("img[src=x]").count() == 0


def test_an_empty_project_teaches_how_to_send(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/traces"))
    expect(page.get_by_role("heading", name="Waiting for the first trace")).to_be_visible()
    expect(page.get_by_text(f"OTEL_EXPORTER_OTLP_ENDPOINT={project.url}")).to_be_visible()
    page.get_by_role("tab", name="Langfuse").click()
    expect(page.get_by_text(f"LANGFUSE_HOST={project.url}")).to_be_visible()
    project.post_traces(traces_body(Ask(key="first", start_ns=time.time_ns(), name="the first one")))
    expect(cell(page, 1, "name")).to_have_text("the first one")


def test_a_failed_answer_can_be_tried_again(seeded: Project, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    is_down = True

    def answer(route: Route) -> None:
        if is_down:
            route.fulfill(
                status=503,
                content_type="application/problem+json",
                body='{"title": "busy", "status": 503, "detail": "storage is behind", "hint": "try soon"}',
            )
        else:
            route.continue_()

    page.route("**/api/v1/traces?*", answer)
    page.goto(seeded.page_url("/traces"))
    expect(page.get_by_text("storage is behind")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("try soon")).to_be_visible()
    is_down = False
    page.get_by_role("button", name="Retry").click()
    expect(row(page, 1)).to_be_visible()
