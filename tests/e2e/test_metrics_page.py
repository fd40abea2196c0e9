"""PromQL in a real browser: the graph, the table, completion, errors and links."""

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Project
from tests.e2e.telemetry import SECOND, Ask, traces_body

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
BY_MODEL = "sum by (model) (llm_requests_total)"


@pytest.fixture
def calls(project: Project) -> int:
    """Thirty calls of two models over the last half hour, every third with an evil name."""
    now = time.time_ns()
    asks = [
        Ask(
            key=f"{project.name}-{n}",
            start_ns=now - (40 + n * 60) * SECOND,
            model="claude-sonnet-4-5" if n % 3 else '<img src=x onerror="alert(1)">',
            error="timeout" if n % 10 == 0 else "",
        )
        for n in range(30)
    ]
    project.post_traces(traces_body(*asks))
    return len(asks)


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="PromQL expression")


def search_of(page: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def test_an_expression_typed_by_hand_is_drawn_and_stays_in_the_link(
    project: Project, calls: int, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/explore"))
    expect(page.get_by_role("heading", name="Ask your metrics")).to_be_visible()
    editor(page).click()
    page.keyboard.insert_text(BY_MODEL)
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 series")).to_be_visible()
    expect(page.get_by_role("img", name="The expression's series over time")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="claude-sonnet-4-5")).to_contain_text("20")
    assert search_of(page)["expr"] == BY_MODEL
    again = open_page(page.url)
    expect(again.get_by_text("2 series")).to_be_visible()
    expect(editor(again)).to_have_text(BY_MODEL)


def test_the_table_shows_values_at_the_end_of_the_range(
    project: Project, calls: int, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/explore", expr="sum(llm_requests_total)", view="table"))
    expect(page.get_by_role("row").nth(1)).to_contain_text(str(calls))
    page.get_by_text("Graph", exact=True).click()
    expect(page.get_by_role("img", name="The expression's series over time")).to_be_visible()


def test_an_example_is_one_click(project: Project, calls: int, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore"))
    page.get_by_role("button", name=re.compile("Latency, 99th percentile")).click()
    expect(page.get_by_role("row").filter(has_text="claude-sonnet-4-5")).to_contain_text("s")


def test_metrics_and_labels_are_completed(project: Project, calls: int, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore"))
    editor(page).click()
    page.keyboard.type("llm_requests_t", delay=20)
    option = page.get_by_role("option", name=re.compile("llm_requests_total"))
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    expect(editor(page)).to_have_text("llm_requests_total")
    page.keyboard.type("{mod", delay=20)
    expect(page.get_by_role("option", name="model")).to_be_visible()


def test_a_metric_is_found_by_what_it_means(project: Project, calls: int, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore"))
    page.get_by_role("button", name="Metrics", exact=True).click()
    page.get_by_placeholder("Find a metric").fill("cost")
    page.get_by_role("button", name=re.compile("^llm_cost_usd_total")).click()
    expect(editor(page)).to_have_text("llm_cost_usd_total")


def test_a_mistake_is_told_in_prometheus_words(project: Project, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore", expr="sum(rate(llm_requests_total))"))
    expect(page.get_by_text(re.compile("expected type range vector"))).to_be_visible()


def test_an_answer_without_series_says_so(project: Project, calls: int, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore", expr='llm_requests_total{model="none"}'))
    expect(page.get_by_role("heading", name="No series")).to_be_visible()


def test_one_line_is_left_by_a_click_and_all_by_the_next(
    project: Project, calls: int, open_page: OpenPage
) -> None:
    page = open_page(project.page_url("/explore", expr=BY_MODEL))
    line = page.get_by_role("button", name=re.compile("claude-sonnet"))
    line.click()
    expect(page.get_by_role("button", name=re.compile("<img"))).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name=re.compile("<img"))).to_have_attribute("aria-pressed", "true")


def test_another_project_sees_none_of_it(
    project: Project, calls: int, new_project: Callable[[], Project], open_page: OpenPage
) -> None:
    page = open_page(new_project().page_url("/explore", expr="llm_requests_total"))
    expect(page.get_by_role("heading", name="No series")).to_be_visible()
    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type('{model="', delay=20)
    page.wait_for_timeout(1000)
    expect(page.get_by_role("option", name=re.compile("claude"))).to_have_count(0)


def test_the_page_speaks_korean(project: Project, calls: int, open_page: OpenPage) -> None:
    page = open_page(project.page_url("/explore", expr=BY_MODEL), locale="ko-KR")
    expect(page.get_by_text("시계열 2개")).to_be_visible()
