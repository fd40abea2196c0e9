"""The logs page and a trace's logs in a real browser, against a real server."""

import json
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Project
from tests.e2e.log_telemetry import Line, logs_body
from tests.e2e.telemetry import MS, SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
LINES = 260
"""More than two pages of the API."""
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def row(page: Page, number: int) -> Locator:
    """The row with that place in the list, counted from one."""
    return page.locator(f"[role=row][aria-rowindex='{number}']")


def cell(page: Page, number: int, column: str) -> Locator:
    return row(page, number).locator(f"[data-column={column}]")


def details(page: Page) -> Locator:
    return page.get_by_role("region", name="The record's fields")


def filter_box(page: Page) -> Locator:
    return page.get_by_role("combobox", name=re.compile("Filter|필터"))


def search_of(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def expect_count(page: Page, count: int) -> None:
    """The table says how many rows it has; only those in sight are in the document."""
    expect(page.get_by_role("table", name="Logs")).to_have_attribute("aria-rowcount", str(count))


@pytest.fixture(scope="module")
def seeded(new_project: Callable[[], Project]) -> Project:
    """260 records of the last four hours: every tenth an error, every other in Korean, one structured."""
    project = new_project()
    now = time.time_ns()
    lines = [
        Line(
            time_ns=now - (120 + number * 50) * SECOND,
            body=f"request {number} failed" if number % 2 else f"환불 요청 {number}건을 처리했습니다",
            severity="ERROR" if number % 10 == 9 else "WARNING" if number % 10 == 8 else "INFO",
            service="billing" if number % 4 else "rag-api",
            attributes={"http.route": f"/ask/{number % 3}"},
        )
        for number in range(LINES - 1)
    ]
    structured = json.dumps(
        {"event": "llm_call", "level": "warning", "model": "claude-sonnet-4-5", "http": {"status": 529}}
    )
    lines.append(Line(time_ns=now - 60 * SECOND, body=structured, severity="", service="rag-api"))
    project.post_logs(logs_body(*lines))
    return project


def test_rows_show_time_severity_service_and_message(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    expect(cell(page, 1, "severity")).to_have_text("warn")
    expect(cell(page, 1, "message")).to_contain_text("llm_call")
    expect(cell(page, 1, "message")).to_contain_text("model=claude-sonnet-4-5")
    expect(cell(page, 2, "message")).to_have_text("환불 요청 0건을 처리했습니다")
    expect(cell(page, 2, "service")).to_have_text("rag-api")
    expect(cell(page, 11, "severity")).to_have_text("error")
    expect(cell(page, 2, "time").locator("time")).to_have_attribute("title", re.compile(r"\.\d{9}Z"))
    expect(page.get_by_text("260 records")).to_be_visible()
    expect(page.get_by_role("button", name="error 25")).to_be_visible()


def test_scrolling_loads_every_record_but_keeps_the_document_small(
    seeded: Project, open_page: OpenPage
) -> None:
    page = open_page(seeded.page_url("/logs"))
    table = page.get_by_role("table", name="Logs")
    expect(row(page, 1)).to_be_visible()
    for _ in range(12):
        table.evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.wait_for_timeout(150)
    expect(page.get_by_text("That is all: 260")).to_be_visible()
    expect(row(page, LINES)).to_be_visible()
    assert page.locator("[role=row][aria-rowindex]").count() < 90


def test_filters_stand_in_the_url_and_find_words_and_severities(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("severity>=error")
    page.keyboard.press("Enter")
    expect_count(page, 25)
    assert search_of(page)["filter"] == "severity>=error"
    filter_box(page).fill("환불 severity:warn")
    page.keyboard.press("Enter")
    expect_count(page, 26)
    expect(cell(page, 1, "message").locator("mark")).to_have_text("환불")


def test_the_filter_completes_fields_and_severities_of_logs(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("sev")
    page.keyboard.press("Tab")
    expect(filter_box(page)).to_have_value("severity:")
    expect(page.get_by_role("option", name=re.compile("error"))).to_be_visible()
    page.keyboard.type("err")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect_count(page, 25)


def test_a_record_opens_to_its_fields_and_filters_by_them(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    cell(page, 1, "message").click()
    fields = details(page)
    expect(fields.get_by_role("row", name=re.compile("^http.status"))).to_contain_text("529")
    expect(fields.get_by_role("row", name=re.compile("^model"))).to_contain_text("claude-sonnet-4-5")
    expect(fields).to_contain_text("llm_call")
    assert search_of(page)["log"]
    fields.get_by_role("button", name="Only this http.status").click()
    expect_count(page, 1)
    assert search_of(page)["filter"] == "attributes.http.status:529"
    details(page).get_by_role("button", name="Without this severity", exact=True).click()
    expect(page.get_by_text("No record matches")).to_be_visible()
    assert search_of(page)["filter"] == "attributes.http.status:529 -severity:warn"


def test_a_link_shows_the_record_that_it_names_wherever_the_list_is(
    seeded: Project, open_page: OpenPage
) -> None:
    oldest = seeded.get("/logs", order="time", limit=1)["items"][0]
    page = open_page(seeded.page_url("/logs", log=oldest["log_id"]))
    expect(page.get_by_role("region", name="The record of the link")).to_contain_text(oldest["body"])
    page.get_by_role("button", name="Close").click()
    expect(details(page)).to_have_count(0)
    page.goto(seeded.page_url("/logs", log="1-abc"))
    expect(page.get_by_text("The record of the link is no longer stored.")).to_be_visible()


def test_the_keyboard_walks_opens_and_closes(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    expect(row(page, 1)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(row(page, 2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(row(page, 2)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(row(page, 2)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(row(page, 2)).not_to_have_attribute("aria-current", "true")


def test_the_histogram_filters_by_a_click_and_zooms_by_a_drag(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs", **{"from": "now-6h", "to": "now"}))
    page.get_by_role("button", name="error 25").click()
    expect_count(page, 25)
    chart = page.get_by_role("img", name="Records by severity over time")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("from=20"))
    shown = int(page.get_by_role("table", name="Logs").get_attribute("aria-rowcount") or 0)
    assert 0 < shown < 25


def test_facets_narrow_the_list(seeded: Project, open_page: OpenPage) -> None:
    page = open_page(seeded.page_url("/logs"))
    page.get_by_title("Only billing").click()
    expect_count(page, 100)
    expect(page.get_by_text("194 records")).to_be_visible()
    assert search_of(page)["filter"] == "service:billing"


def test_a_tail_shows_what_arrives_and_pauses(project: Project, open_page: OpenPage) -> None:
    now = time.time_ns()
    project.post_logs(logs_body(Line(time_ns=now - 30 * SECOND, body="the first")))
    page = open_page(project.page_url("/logs", live="1"))
    expect(cell(page, 1, "message")).to_have_text("the first")
    project.post_logs(logs_body(Line(time_ns=time.time_ns(), body="the second")))
    expect(cell(page, 1, "message")).to_have_text("the second")
    late = Line(time_ns=now - 10 * SECOND, body="late by its own clock")
    project.post_logs(logs_body(late))
    expect(cell(page, 2, "message")).to_have_text("late by its own clock")
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    project.post_logs(logs_body(Line(time_ns=time.time_ns(), body="while paused")))
    page.wait_for_timeout(2_500)
    expect_count(page, 3)
    page.keyboard.press("l")
    expect(cell(page, 1, "message")).to_have_text("while paused")
    expect_count(page, 4)


def test_what_arrives_waits_while_someone_reads_further_down(project: Project, open_page: OpenPage) -> None:
    now = time.time_ns()
    lines = [Line(time_ns=now - number * SECOND, body=f"line {number}") for number in range(60)]
    project.post_logs(logs_body(*lines))
    page = open_page(project.page_url("/logs", live="1"))
    expect(row(page, 1)).to_be_visible()
    page.get_by_role("table", name="Logs").evaluate("element => element.scrollTo(0, 400)")
    project.post_logs(logs_body(Line(time_ns=time.time_ns(), body="news"), *lines[:1]))
    pill = page.get_by_role("button", name="1 new record")
    expect(pill).to_be_visible()
    expect_count(page, 60)
    pill.click()
    expect(cell(page, 1, "message")).to_have_text("news")


def test_an_empty_project_teaches_how_to_send_logs(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/logs"))
    expect(page.get_by_text("No logs yet")).to_be_visible()
    expect(page.get_by_text("logs=True")).to_be_visible()
    page.get_by_role("tab", name="OpenTelemetry").click()
    expect(page.get_by_text("OTEL_LOGS_EXPORTER=otlp")).to_be_visible()
    project.post_logs(logs_body(Line(time_ns=time.time_ns() - SECOND, body="hello")))
    expect(cell(page, 1, "message")).to_have_text("hello")


def test_a_filter_that_cannot_be_read_is_marked_where_it_is_wrong(
    seeded: Project, open_page: OpenPage
) -> None:
    page = open_page(seeded.page_url("/logs", filter="severity:loud"))
    expect(page.get_by_role("alert")).to_contain_text("`loud` is not a value of `severity`")


@pytest.fixture(scope="module")
def traced(new_project: Callable[[], Project]) -> tuple[Project, Ask]:
    """A trace of two spans with logs on both, one in a JSON line that names its trace itself."""
    project = new_project()
    ask = Ask(key="with-logs", start_ns=time.time_ns() - 300 * SECOND)
    project.post_traces(traces_body(ask))
    shipped = json.dumps(
        {
            "event": "shipped by a collector",
            "trace_id": ask.trace_id,
            "span_id": ask.id_bytes("root", 8).hex(),
        }
    )
    project.post_logs(
        logs_body(
            Line(time_ns=ask.start_ns + 500 * MS, body="the model answers", ask=ask, span="model"),
            Line(time_ns=ask.start_ns + 2 * MS, body=f"accepted {EVIL}", ask=ask),
            Line(time_ns=ask.start_ns + 900 * MS, body=shipped, severity=""),
            Line(time_ns=ask.start_ns + 600 * MS, body="of no trace"),
        )
    )
    return project, ask


def test_a_trace_shows_its_logs_in_order_and_a_click_selects_the_span(
    traced: tuple[Project, Ask], open_page: OpenPage
) -> None:
    project, ask = traced
    page = open_page(project.page_url(f"/traces/{ask.trace_id}"))
    page.get_by_text("Logs", exact=True).nth(1).click()
    assert search_of(page)["view"] == "logs"
    expect_count(page, 3)
    expect(cell(page, 1, "message")).to_have_text(f"accepted {EVIL}")
    expect(cell(page, 1, "after")).to_have_text("+2.0 ms")
    expect(cell(page, 2, "span")).to_have_text(f"chat {ask.model}")
    expect(cell(page, 3, "message")).to_have_text("shipped by a collector")
    cell(page, 2, "message").click()
    expect(page.get_by_role("region", name=f"chat {ask.model}")).to_be_visible()
    assert search_of(page)["span"] == ask.id_bytes("model", 8).hex()
    expect(details(page)).to_contain_text("the model answers")


def test_a_span_shows_its_own_logs(traced: tuple[Project, Ask], open_page: OpenPage) -> None:
    project, ask = traced
    page = open_page(project.page_url(f"/traces/{ask.trace_id}", span=ask.id_bytes("model", 8).hex()))
    page.get_by_role("tab", name=re.compile("^Logs")).click()
    expect(page.get_by_role("table", name="Logs").get_by_role("row")).to_have_count(1)
    expect(cell(page, 1, "message")).to_have_text("the model answers")


def test_a_record_leads_to_its_span(traced: tuple[Project, Ask], open_page: OpenPage) -> None:
    project, ask = traced
    page = open_page(project.page_url("/logs", filter='"the model answers"'))
    row(page, 1).get_by_role("link", name="Open the trace at this record's span").click()
    page.wait_for_url(re.compile(f"/traces/{ask.trace_id}"))
    expect(page.get_by_role("region", name=f"chat {ask.model}")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_phone_shows_records_as_cards(seeded: Project, open_page: OpenPage, color_scheme: str) -> None:
    page = open_page(
        seeded.page_url("/logs"),
        viewport={"width": 390, "height": 844},
        color_scheme=color_scheme,
        locale="ko-KR",
    )
    expect(row(page, 2)).to_contain_text("환불 요청 0건을 처리했습니다")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row(page, 2).click()
    expect(page.get_by_role("region", name="레코드의 필드")).to_be_visible()
