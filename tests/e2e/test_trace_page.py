"""The trace page in a real browser, against a real server, with telemetry as instrumentation sends it."""

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Project

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
MS = 1_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
EVIL = "<img src=x onerror=alert(1)>"


def _value(value: object) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            any_value = AnyValue()
            any_value.array_value.values.extend(_value(item) for item in value)
            return any_value
        case _:
            return AnyValue(string_value=str(value))


class Sender:
    """Builds the spans of one trace; times are milliseconds after its start, ten minutes ago."""

    def __init__(self, trace_id: str = TRACE, *, age_s: float = 600) -> None:
        self.trace_id = trace_id
        self.start_ns = int((time.time() - age_s) * 1e9)
        self.spans: list[Span] = []

    def add(
        self, number: int, parent: int | None, name: str, *, at: float, ms: float, **attributes: object
    ) -> Span:
        span = Span(
            trace_id=bytes.fromhex(self.trace_id),
            span_id=span_bytes(number),
            parent_span_id=b"" if parent is None else span_bytes(parent),
            name=name,
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=self.start_ns + int(at * MS),
            end_time_unix_nano=self.start_ns + int((at + ms) * MS),
        )
        for key, value in attributes.items():
            span.attributes.add(key=key.replace("__", "."), value=_value(value))
        self.spans.append(span)
        return span

    def body(self) -> bytes:
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        for key, value in {
            "service.name": "rag-api",
            "deployment.environment.name": "prod",
            "service.version": "1.4.2",
        }.items():
            group.resource.attributes.add(key=key, value=_value(value))
        scope = group.scope_spans.add()
        scope.scope.name = "rag"
        scope.spans.extend(self.spans)
        return request.SerializeToString()


def span_bytes(number: int) -> bytes:
    return number.to_bytes(8, "big")


def span_id(number: int) -> str:
    return span_bytes(number).hex()


def _text(role: str, words: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": words}]}


SYSTEM = _text("system", "You are the shop's assistant. Never invent an order.")
QUESTION = _text("user", f"What is the **refund policy**? 환불 정책을 알려 주세요. {EVIL}")
CALL: dict[str, object] = {
    "role": "assistant",
    "parts": [
        {"type": "reasoning", "content": "The order has to be looked up first."},
        {"type": "text", "content": "I look it up."},
        {"type": "tool_call", "id": "call_1", "name": "lookup_order", "arguments": {"order": 42}},
    ],
    "finish_reason": "tool_call",
}
RESULT: dict[str, object] = {
    "role": "tool",
    "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"state": "delivered"}}],
}
ANSWER: dict[str, object] = {
    "role": "assistant",
    "parts": [
        {
            "type": "text",
            "content": "Within **30 days**, see [the policy](https://example.com/policy).\n\n"
            "[trap](javascript:alert(1)) ![pixel](https://tracker.example/p.png)\n\n"
            "<script>alert(2)</script>\n\n```python\nrefund(42)\n```",
        }
    ],
    "finish_reason": "stop",
}


def rag_trace(trace_id: str = TRACE, **options: Any) -> Sender:
    """A request: retrieval, a model's turn that calls a tool, the tool (which fails once), the answer."""
    sender = Sender(trace_id, **options)
    sender.add(
        1, None, "POST /ask", at=0, ms=4000, user__id="u1", session__id="s1", spanglass__feature="help"
    )
    sender.add(2, 1, "answer", at=50, ms=3900, openinference__span__kind="AGENT")
    sender.add(
        3, 2, "search documents", at=60, ms=300, openinference__span__kind="RETRIEVER", input__value="refund",
        **{
            "retrieval.documents.0.document.id": "policy.md",
            "retrieval.documents.0.document.content": "Goods may be returned within 30 days.",
            "retrieval.documents.0.document.score": 0.875,
        },
    )  # fmt: skip
    _add_call(sender, 4, at=400, model="claude-sonnet-4-5", history=[SYSTEM, QUESTION], output=CALL)
    tool = sender.add(
        5, 2, "execute_tool lookup_order", at=1500, ms=100, gen_ai__operation__name="execute_tool",
        gen_ai__tool__name="lookup_order", gen_ai__tool__call__arguments='{"order": 42}',
        **{f"odd{EVIL}": EVIL, "http.route": "/orders"},
    )  # fmt: skip
    tool.status.code, tool.status.message = Status.STATUS_CODE_ERROR, "order service timed out"
    event = tool.events.add(name="exception", time_unix_nano=tool.end_time_unix_nano)
    for key, words in {
        "exception.type": "TimeoutError",
        "exception.message": "order service timed out",
        "exception.stacktrace": "Traceback (most recent call last):\nTimeoutError: order service timed out",
    }.items():
        event.attributes.add(key=key, value=_value(words))
    sender.add(
        6, 2, "execute_tool lookup_order again", at=1700, ms=200, gen_ai__operation__name="execute_tool",
        gen_ai__tool__name="lookup_order", gen_ai__tool__call__arguments='{"order": 42}',
        gen_ai__tool__call__result='{"state": "delivered"}',
    )  # fmt: skip
    history = [SYSTEM, QUESTION, CALL, RESULT]
    _add_call(sender, 7, at=2000, model="house-model-nobody-prices", history=history, output=ANSWER)
    return sender


def _add_call(
    sender: Sender, number: int, *, at: float, model: str, history: list[dict[str, object]], output: object
) -> None:
    sender.add(
        number, 2, f"chat {model}", at=at, ms=1000, gen_ai__operation__name="chat",
        gen_ai__request__model=model, gen_ai__response__id=f"msg_{sender.trace_id}_{number}",
        gen_ai__provider__name="anthropic" if model.startswith("claude") else "house",
        gen_ai__usage__input_tokens=1000, gen_ai__usage__output_tokens=200,
        gen_ai__usage__cache_read__input_tokens=600, gen_ai__request__temperature=0.2,
        gen_ai__input__messages=json.dumps(history), gen_ai__output__messages=json.dumps([output]),
    )  # fmt: skip


@pytest.fixture
def trace(project: Project) -> Project:
    """A project that holds one trace."""
    project.post_traces(rag_trace().body())
    return project


def head(page: Page) -> Any:
    return page.locator("main > header")


def rows(page: Page) -> Any:
    return page.get_by_role("treeitem")


def row(page: Page, number: int) -> Any:
    return page.locator(f'[data-span="{span_id(number)}"]')


def panel(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def open_trace(open_page: OpenPage, project: Project, path: str = "", **options: Any) -> Page:
    query = options.pop("query", {})
    return open_page(project.page_url(f"/traces/{TRACE}{path}", **query), **options)


def wait_for_marks(page: Page) -> None:
    """Until a match of the search is marked in the panel. (The page's policy forbids `wait_for_function`.)"""
    deadline = time.monotonic() + 5
    while not page.evaluate("CSS.highlights.get('trace-search')?.size ?? 0"):
        assert time.monotonic() < deadline, "no match was marked"
        page.wait_for_timeout(50)


def names(page: Page) -> list[str]:
    return [item.strip() for item in rows(page).locator('[class*="name"]').all_inner_texts()]


def test_a_trace_opens_as_a_tree_with_its_facts(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    expect(page.get_by_role("heading", name="POST /ask").first).to_be_visible()
    expect(page).to_have_title("POST /ask · Spanglass")
    expect(rows(page)).to_have_count(7)
    assert names(page)[:4] == ["POST /ask", "answer", "search documents", "chat claude-sonnet-4-5"]
    expect(row(page, 4)).to_have_attribute("aria-level", "3")
    expect(head(page)).to_contain_text("4.00 s")
    expect(head(page)).to_contain_text("2,400")
    for value in ("rag-api", "prod", "1.4.2", "u1", "s1", "help"):
        expect(head(page).get_by_role("link", name=value, exact=True)).to_be_visible()


def test_a_model_without_a_price_is_unpriced_and_never_free(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(7)})
    expect(head(page)).to_contain_text("1 unpriced")
    expect(row(page, 7)).to_contain_text("unpriced")
    expect(row(page, 4)).to_contain_text("$")
    expect(page.get_by_text("No price is known for this model")).to_be_visible()
    assert "$0 " not in page.content()


def test_a_deep_link_opens_span_view_and_search(trace: Project, open_page: OpenPage) -> None:
    query = {"span": span_id(5), "view": "table", "tab": "events", "q": "lookup"}
    page = open_trace(open_page, trace, query=query)
    expect(panel(page, "execute_tool lookup_order")).to_contain_text("exception")
    expect(page.get_by_role("columnheader", name="Duration")).to_be_visible()
    expect(page.get_by_label("Search in this trace")).to_have_value("lookup")
    page.reload()
    expect(panel(page, "execute_tool lookup_order")).to_contain_text("exception")


def test_a_link_to_a_span_that_is_not_there_says_so(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": "ffffffffffffffff"})
    expect(page.get_by_text("This trace has no span ffffffffffffffff.")).to_be_visible()


def test_an_unknown_trace_says_what_may_have_happened(project: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, project)
    expect(page.get_by_role("heading", name="No such trace")).to_be_visible()


def test_keys_walk_fold_and_find_the_error(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("j")
    expect(row(page, 2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("ArrowRight")
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("ArrowDown")
    expect(row(page, 3)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("k")
    expect(row(page, 2)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("e")
    expect(row(page, 5)).to_have_attribute("aria-selected", "true")
    expect(panel(page, "execute_tool lookup_order").get_by_role("alert")).to_contain_text("timed out")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/traces(\?|$)"))


def test_keys_do_nothing_while_someone_types(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("/")
    page.keyboard.type("jeep")
    expect(page.get_by_label("Search in this trace")).to_have_value("jeep")
    expect(page.get_by_text("no match")).to_be_visible()
    expect(row(page, 1)).to_have_attribute("aria-selected", "true")


def test_folding_survives_a_reload_and_a_jump_opens_what_hides_the_error(
    trace: Project, open_page: OpenPage
) -> None:
    page = open_trace(open_page, trace)
    page.get_by_label("Collapse all").click()
    expect(rows(page)).to_have_count(2)
    page.reload()
    expect(rows(page)).to_have_count(2)
    page.get_by_title("Next error (e)").click()
    expect(row(page, 5)).to_have_attribute("aria-selected", "true")
    page.get_by_label("Expand all").click()
    expect(rows(page)).to_have_count(7)


def test_search_finds_payloads_and_steps_through_matches(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("/")
    page.keyboard.type("delivered")
    expect(page.get_by_text("–/2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(row(page, 6)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("1/2")).to_be_visible()
    wait_for_marks(page)
    page.get_by_label("Search in this trace").blur()
    page.keyboard.press("n")
    expect(row(page, 7)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("N")
    expect(row(page, 6)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search in this trace")).to_have_value("")


def test_messages_are_a_chat_with_the_tools_result_inside_its_call(
    trace: Project, open_page: OpenPage
) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(7)})
    chat = panel(page, "chat house-model-nobody-prices")
    messages = chat.locator("article[data-role]")
    expect(messages).to_have_count(4)
    assert [message.get_attribute("data-role") for message in messages.all()] == [
        "system", "user", "assistant", "assistant",
    ]  # fmt: skip
    call = chat.locator('[data-tool="lookup_order"]')
    expect(call).to_contain_text("delivered")
    expect(chat.get_by_text("환불 정책을 알려 주세요.")).to_be_visible()
    expect(chat.locator("strong", has_text="30 days")).to_be_visible()
    expect(chat.locator("pre code", has_text="refund(42)")).to_be_visible()
    reasoning = chat.get_by_role("button", name=re.compile("Reasoning"))
    expect(reasoning).to_have_attribute("aria-expanded", "false")
    reasoning.click()
    expect(chat.locator("p", has_text="The order has to be looked up first.")).to_be_visible()
    system = chat.get_by_role("button", name="System")
    expect(system).to_have_attribute("aria-expanded", "false")


def test_a_call_shows_tokens_by_class_cost_and_parameters(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(4)})
    overview = panel(page, "chat claude-sonnet-4-5")
    for words in ("Input, uncached 400", "Cache read 600", "Output 200", "1,200 Tokens", "Catalogue price"):
        expect(overview.get_by_text(words).first).to_be_visible()
    expect(overview.get_by_text("temperature")).to_be_visible()


def test_retrieved_documents_come_with_scores(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(3)})
    retrieval = panel(page, "search documents")
    expect(retrieval.get_by_text("policy.md")).to_be_visible()
    expect(retrieval.get_by_text("score 0.875")).to_be_visible()
    expect(retrieval.get_by_text("Goods may be returned within 30 days.")).to_be_visible()


def test_an_error_shows_its_stack_trace(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(5)})
    alert = panel(page, "execute_tool lookup_order").get_by_role("alert")
    alert.get_by_role("button", name=re.compile("Stack trace")).click()
    expect(alert.locator("pre").last).to_contain_text("Traceback (most recent call last):")


def test_an_attribute_leads_to_the_traces_that_share_it(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(5), "tab": "attributes"})
    page.get_by_label("Find an attribute").fill("http.route")
    table_rows = page.locator("section table tr")
    expect(table_rows).to_have_count(1)
    table_rows.hover()
    table_rows.get_by_role("link", name="Show traces with this value").click()
    page.wait_for_url(re.compile(r"/traces\?.*filter="))
    expect(page.get_by_text("POST /ask").first).to_be_visible()


def test_hostile_telemetry_stays_text(trace: Project, open_page: OpenPage) -> None:
    """`open_page` fails the test for any dialog, script error or request to another host."""
    page = open_trace(open_page, trace, query={"span": span_id(7)})
    chat = panel(page, "chat house-model-nobody-prices")
    expect(chat.get_by_text(EVIL).first).to_be_visible()
    expect(chat.get_by_text("<script>alert(2)</script>")).to_be_visible()
    expect(chat.get_by_role("link", name="the policy")).to_have_attribute("rel", re.compile("noopener"))
    expect(chat.get_by_text("trap")).to_be_visible()
    assert page.locator('a[href^="javascript"], img[src^="http"], [onerror]').count() == 0
    expect(chat.get_by_role("link", name=re.compile("pixel"))).to_be_visible()
    page = open_trace(open_page, trace, query={"span": span_id(5), "tab": "attributes"})
    expect(page.locator("th", has_text=f"odd{EVIL}")).to_be_visible()
    page = open_trace(open_page, trace, query={"view": "transcript"})
    expect(page.get_by_text(EVIL).first).to_be_visible()
    page.wait_for_timeout(300)


def test_the_transcript_reads_as_a_conversation_without_repeating_it(
    trace: Project, open_page: OpenPage
) -> None:
    page = open_trace(
        open_page, trace, query={"view": "transcript"}, viewport={"width": 1440, "height": 2400}
    )
    turns = page.locator("li[data-index]")
    expect(turns).to_have_count(5)
    expect(turns.nth(0)).to_contain_text("Goods may be returned")
    expect(turns.nth(1)).to_contain_text("환불 정책을 알려 주세요.")
    expect(turns.nth(2)).to_contain_text("order service timed out")
    expect(turns.nth(3)).to_contain_text("delivered")
    expect(turns.nth(4)).to_contain_text("30 days")
    expect(turns.nth(4)).not_to_contain_text("환불 정책을 알려 주세요.")


def test_the_table_sorts_by_a_column(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("columnheader", name="Duration").get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=-duration"))
    first = page.locator("tbody tr[data-span]").first
    expect(first).to_contain_text("POST /ask")
    page.get_by_role("columnheader", name="Duration").get_by_role("button").click()
    expect(first).to_contain_text("execute_tool lookup_order")


def test_spans_without_their_parent_are_shown_and_said(project: Project, open_page: OpenPage) -> None:
    sender = Sender()
    sender.add(1, None, "root", at=0, ms=100)
    for number in (2, 3, 4):
        sender.add(number, 99, f"lost {number}", at=number, ms=5)
    project.post_traces(sender.body())
    page = open_trace(open_page, project)
    expect(page.get_by_text("3 spans point to a parent that has not arrived.")).to_be_visible()
    expect(rows(page)).to_have_count(4)


def test_a_young_trace_grows_on_the_screen(project: Project, open_page: OpenPage) -> None:
    sender = Sender(age_s=1)
    sender.add(1, None, "root", at=0, ms=500)
    project.post_traces(sender.body())
    page = open_trace(open_page, project)
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(rows(page)).to_have_count(1)
    sender.add(2, 1, "late child", at=100, ms=50)
    project.post_traces(sender.body())
    expect(rows(page)).to_have_count(2)


def test_deleting_asks_first_and_goes_back_to_the_list(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace)
    page.get_by_label("Delete trace").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its 7 spans")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    page.get_by_label("Delete trace").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete trace").click()
    page.wait_for_url(re.compile(r"/traces(\?|$)"))
    page = open_trace(open_page, trace)
    expect(page.get_by_role("heading", name="No such trace")).to_be_visible()


def test_p_and_n_step_through_the_list_and_esc_returns_to_it(project: Project, open_page: OpenPage) -> None:
    ids = [f"{number:032x}" for number in (1, 2, 3)]
    for age, trace_id in zip((300, 200, 100), ids, strict=True):
        sender = Sender(trace_id, age_s=age)
        sender.add(1, None, f"request {trace_id[-1]}", at=0, ms=10)
        project.post_traces(sender.body())
    page = open_page(project.page_url("/traces", filter="name:request*"))
    page.get_by_text("request 2").first.click()
    expect(page.get_by_role("heading", name="request 2").first).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="request 1").first).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="request 3").first).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/traces\?.*filter=name"))


def test_the_page_speaks_korean(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, query={"span": span_id(7)}, locale="ko-KR")
    for words in ("워터폴", "소요 시간", "단가 없음 1건", "스팬 7개", "메시지"):
        expect(page.get_by_text(words).first).to_be_visible()


def test_a_narrow_window_shows_the_span_over_the_tree(trace: Project, open_page: OpenPage) -> None:
    page = open_trace(open_page, trace, viewport={"width": 480, "height": 900})
    expect(rows(page)).to_have_count(7)
    expect(page.get_by_role("dialog")).to_have_count(0)
    row(page, 4).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name="chat claude-sonnet-4-5")).to_be_visible()
    drawer.get_by_label("Close").click()
    expect(drawer).to_have_count(0)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 480


def test_ten_thousand_spans_open_with_a_screenful_of_rows(project: Project, open_page: OpenPage) -> None:
    sender = Sender()
    sender.add(1, None, "batch", at=0, ms=600_000)
    for number in range(2, 10_001):
        parent = 1 if number % 10 == 2 else number - 1 if number % 10 == 3 else number - number % 10 + 2
        sender.add(number, parent if parent < number else 1, f"step {number}", at=number * 50, ms=40)
    for chunk in _chunks(sender.spans, 2_500):
        part = Sender()
        part.spans = list(chunk)
        project.post_traces(part.body())
    page = open_trace(open_page, project)
    expect(page.get_by_text("10,000 spans")).to_be_visible()
    assert rows(page).count() < 80
    page.keyboard.press("End")
    expect(row(page, 10_000)).to_be_visible()
    assert rows(page).count() < 80
    page.keyboard.press("/")
    page.keyboard.type("step 5000")
    page.keyboard.press("Enter")
    expect(row(page, 5_000)).to_have_attribute("aria-selected", "true")


def _chunks(spans: list[Span], size: int) -> Iterable[list[Span]]:
    for start in range(0, len(spans), size):
        yield spans[start : start + size]
