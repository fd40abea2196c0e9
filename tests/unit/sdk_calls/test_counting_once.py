"""A model call is counted once, however many spans of this process tell of it."""

from typing import Any

import pytest
from opentelemetry.trace import StatusCode
from tests.unit.sdk_calls.ended_spans import ended, told_of

from spanglass._calls import Call, read_call, read_kind
from spanglass._settle_calls import HOLD_MAX_NS, TWIN_WAIT_NS, Settler, Telling

SDK = "com.anthropic.sdk.python"


def chat(tokens: tuple[int, int] | None = (10, 5), *, kind: str = "llm", **given: Any) -> Any:
    attributes: dict[str, Any] = {
        "spanglass.kind": kind,
        "gen_ai.request.model": given.pop("model", "gpt-4o"),
    }
    if tokens is not None:
        attributes |= {"gen_ai.usage.input_tokens": tokens[0], "gen_ai.usage.output_tokens": tokens[1]}
    if response_id := given.pop("response_id", ""):
        attributes["gen_ai.response.id"] = response_id
    return ended(attributes, **given)


def tokens_of(calls: list[Call]) -> list[tuple[int | None, int | None]]:
    return [(call.counts.input, call.counts.output) for call in calls]


def test_a_framework_around_a_client_library_tells_one_call() -> None:
    outer = chat(span_id=1, scope="framework", start_ns=100, end_ns=900)
    inner = chat(span_id=2, parent=1, scope="client", start_ns=200, end_ns=800)

    calls = told_of([outer, inner])

    assert [call.span_id for call in calls] == [1]
    assert tokens_of(calls) == [(10, 5)]


def test_the_inner_telling_is_enough_where_the_outer_one_knows_no_usage() -> None:
    outer = chat(None, span_id=1, scope="framework", start_ns=100, end_ns=900)
    inner = chat(span_id=2, parent=1, scope="client", start_ns=200, end_ns=800)

    assert tokens_of(told_of([outer, inner])) == [(10, 5)]


def test_an_attempt_that_failed_counts_beside_the_one_that_succeeded() -> None:
    outer = chat(span_id=1, scope="framework", start_ns=100, end_ns=900)
    failed = chat(None, span_id=2, parent=1, start_ns=200, end_ns=300, status=StatusCode.ERROR)
    inner = chat(span_id=3, parent=1, start_ns=400, end_ns=800)

    calls = told_of([outer, failed, inner])

    assert [(call.status, call.counts.input) for call in calls] == [("error", None), ("success", 10)]


def test_a_model_span_around_several_calls_only_adds_them_up() -> None:
    outer = chat((30, 15), span_id=1, scope="framework", start_ns=100, end_ns=900)
    first = chat((10, 5), span_id=2, parent=1, start_ns=200, end_ns=300)
    second = chat((20, 10), span_id=3, parent=1, start_ns=400, end_ns=800)

    assert tokens_of(told_of([outer, first, second])) == [(10, 5), (20, 10)]


def test_an_agent_that_repeats_the_usage_of_its_calls_is_no_call() -> None:
    agent = chat((30, 15), kind="agent", span_id=1, start_ns=100, end_ns=900)
    first = chat((10, 5), span_id=2, parent=1, start_ns=200, end_ns=300)
    second = chat((20, 10), span_id=3, parent=1, start_ns=400, end_ns=800)

    assert tokens_of(told_of([agent, first, second])) == [(10, 5), (20, 10)]


def test_an_agent_that_alone_tells_a_usage_stands_for_its_call() -> None:
    agent = chat((30, 15), kind="agent", span_id=1, start_ns=100, end_ns=900)

    assert [(call.kind, call.counts.input) for call in told_of([agent])] == [("agent", 30)]


def test_equal_calls_of_one_library_at_the_same_time_all_count() -> None:
    parallel = [chat(span_id=n, parent=9, start_ns=100, end_ns=900) for n in range(1, 4)]
    around = ended({"spanglass.kind": "chain"}, span_id=9, start_ns=50, end_ns=950)

    assert tokens_of(told_of([*parallel, around])) == [(10, 5)] * 3


def test_two_libraries_side_by_side_tell_one_call() -> None:
    around = ended({"spanglass.kind": "chain"}, span_id=9, start_ns=50, end_ns=950)
    one = chat(span_id=1, parent=9, scope="one", start_ns=100, end_ns=900)
    other = chat(span_id=2, parent=9, scope="other", start_ns=150, end_ns=850)

    assert len(told_of([around, one, other])) == 1


def test_one_response_told_in_two_traces_is_one_call() -> None:
    one = chat(span_id=1, trace_id=1, scope="one", response_id="msg_1")
    other = chat(span_id=2, trace_id=2, scope="other", response_id="msg_1")

    assert len(told_of([one, other])) == 1


def test_a_framework_whose_spans_are_never_current_tells_one_call_with_the_client_library() -> None:
    """LangChain's callbacks: the client's span within starts a trace of its own."""
    spans = []
    for n in range(1, 4):
        outer, inner = 100 * n, 100 * n + 50
        spans.append(chat(trace_id=n, span_id=n, scope="langchain", start_ns=outer, end_ns=900 + n))
        spans.append(chat(trace_id=n + 9, span_id=n + 9, scope="openai", start_ns=inner, end_ns=890 - n))

    assert len(told_of(spans)) == 3


def test_three_tellings_of_one_call_in_two_traces_are_one() -> None:
    """LangChain's, and within it, in another trace, an instrumentation around the Anthropic SDK's own."""
    same = {"model": "claude-sonnet-4-5"}
    outer = chat(trace_id=1, span_id=1, scope="langchain", start_ns=100, end_ns=900, **same)
    client = chat(trace_id=2, span_id=2, scope="openinference", start_ns=200, end_ns=890, **same)
    own = chat(trace_id=2, span_id=3, parent=2, scope=SDK, start_ns=300, end_ns=880, **same)

    assert len(told_of([outer, client, own])) == 1


def test_calls_one_after_the_other_are_never_one() -> None:
    first = chat(trace_id=1, span_id=1, scope="langchain", start_ns=100, end_ns=200)
    second = chat(trace_id=2, span_id=2, scope="openai", start_ns=300, end_ns=400)

    assert len(told_of([first, second])) == 2


def test_a_stream_that_outlives_the_span_that_opened_it_is_one_call() -> None:
    opened = chat(None, span_id=1, scope="openinference", start_ns=100, end_ns=200)
    stream = chat((11, 18), span_id=2, parent=1, scope=SDK, start_ns=150, end_ns=9_000_000_000)

    assert tokens_of(told_of([opened, stream])) == [(11, 18)]


def test_a_server_that_repeats_response_ids_is_counted_for_each_answer() -> None:
    first = chat(span_id=1, trace_id=1, response_id="fake", start_ns=100, end_ns=200)
    second = chat(span_id=2, trace_id=2, response_id="fake", start_ns=300, end_ns=400)

    assert len(told_of([first, second])) == 2


def test_the_exact_numbers_are_those_of_the_anthropic_sdk_itself() -> None:
    """OpenLLMetry adds a stream's first tokens to the output."""
    model = "claude-sonnet-4-5"
    other = chat((17, 19), model=model, span_id=1, start_ns=100, end_ns=900, response_id="m")
    own = chat(
        (17, 18), model=model, span_id=2, trace_id=2, scope=SDK, start_ns=150, end_ns=850, response_id="m"
    )

    assert tokens_of(told_of([other, own])) == [(17, 18)]


def test_a_failed_call_of_the_anthropic_sdk_in_a_trace_of_its_own_counts_once() -> None:
    failed = {"model": "claude-sonnet-4-5", "status": StatusCode.ERROR}
    other = chat(None, span_id=1, start_ns=100, end_ns=900, **failed)
    own = chat(None, span_id=2, trace_id=2, scope=SDK, start_ns=150, end_ns=850, **failed)

    assert [call.status for call in told_of([other, own])] == ["error"]


def test_a_stream_that_logfire_opens_is_told_by_the_log_at_its_end() -> None:
    opened = chat(None, span_id=1, scope="logfire.openai", start_ns=100, end_ns=200)
    log = chat((10, 5), span_id=2, scope="logfire.openai", start_ns=900, end_ns=900)

    assert [call.span_id for call in told_of([opened, log])] == [2]


def test_an_embedding_inside_a_model_span_is_a_call_of_its_own() -> None:
    outer = chat(span_id=1, start_ns=100, end_ns=900)
    inner = chat((7, 0), kind="embedding", span_id=2, parent=1, start_ns=200, end_ns=300)

    assert sorted(call.kind for call in told_of([outer, inner])) == ["embedding", "llm"]


def test_a_reranker_without_usage_runs_in_the_process_and_is_no_call() -> None:
    assert told_of([chat(None, kind="reranker")]) == []


def telling(span: Any, **given: Any) -> Telling:
    call = read_call(span, read_kind(span.attributes, span.name, ""))
    assert call is not None
    return Telling(call, **given)


def test_a_call_waits_for_nothing_where_one_library_tells_a_providers_calls() -> None:
    settler = Settler()
    settler.add(telling(chat()), 0)

    assert len(settler.settled(0)) == 1
    assert settler.next_due_ns() is None


def test_a_call_waits_shortly_for_its_twin_where_two_libraries_tell_a_providers_calls() -> None:
    settler = Settler()
    settler.add(telling(chat(span_id=1, scope="one", start_ns=0, end_ns=1)), 0)
    settler.add(telling(chat(span_id=2, scope="other", start_ns=5, end_ns=6)), 0)
    settler.settled(0)

    settler.add(telling(chat(span_id=3, scope="one", start_ns=10, end_ns=11)), 0)

    assert settler.next_due_ns() == TWIN_WAIT_NS
    assert [t.call.span_id for t in settler.settled(TWIN_WAIT_NS)] == [2, 3]


@pytest.mark.parametrize(("waited_ns", "told"), [(HOLD_MAX_NS - 1, 0), (HOLD_MAX_NS, 1)])
def test_a_call_waits_for_the_model_span_around_it_but_not_for_ever(waited_ns: int, told: int) -> None:
    settler = Settler()
    settler.add(telling(chat(span_id=2), above=[1], is_held=True), 0)

    assert len(settler.settled(waited_ns)) == told


def test_a_call_goes_soon_after_the_model_span_around_it_has_ended() -> None:
    settler = Settler()
    settler.add(telling(chat(span_id=3, parent=2), above=[2, 1], is_held=True), 0)
    settler.add(telling(chat(span_id=2, parent=1, scope="client"), above=[1], is_held=True), 100)
    assert settler.settled(TWIN_WAIT_NS + 100) == [], "the outermost is still open"

    settler.add(telling(chat(span_id=1, scope="framework")), 200)

    assert len(settler.settled(TWIN_WAIT_NS + 200)) == 1
    assert settler.next_due_ns() is None


def test_a_span_around_that_tells_nothing_lets_the_call_inside_go() -> None:
    settler = Settler()
    settler.add(telling(chat(span_id=2), above=[1], is_held=True), 0)

    settler.release(1, 50)

    assert len(settler.settled(50 + TWIN_WAIT_NS)) == 1


def test_what_was_told_before_the_span_around_ended_is_not_told_again() -> None:
    settler = Settler()
    settler.add(telling(chat(span_id=2, parent=1), above=[1]), 0)
    assert len(settler.settled(0)) == 1

    settler.add(telling(chat(span_id=1, scope="framework", end_ns=3_000_000_000)), 10)

    assert settler.settled(HOLD_MAX_NS) == []
