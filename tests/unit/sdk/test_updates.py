"""What is said of a span or a trace arrives in the columns of the server's span."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from tests.support.sdk_spans import recorded

import spanglass
from spanglass import semconv
from spanglass._usage import usage_attributes
from spanglass.testing import Capture
from spanglass_server.model.span import KINDS, Span


def told(**facts: Any) -> Span:
    """The server's span of one that all of this was said of."""
    with recorded() as recorder, spanglass.span("told"):
        spanglass.update_current_span(**facts)
    return recorder.spans()["told"]


COLUMNS: list[tuple[dict[str, Any], dict[str, object]]] = [
    ({"kind": "retriever"}, {"kind": "retriever"}),
    ({"input": "plain text"}, {"input": "plain text", "input_preview": "plain text"}),
    ({"output": {"a": [1]}}, {"output": '{"a":[1]}'}),
    (
        {"kind": "llm", "model": "gpt-4o", "provider": "openai"},
        {"request_model": "gpt-4o", "provider": "openai"},
    ),
    ({"kind": "llm", "response_model": "gpt-4o-2024-08-06"}, {"response_model": "gpt-4o-2024-08-06"}),
    ({"kind": "llm", "response_id": "resp_1"}, {"response_id": "resp_1"}),
    ({"operation": "chat"}, {"kind": "llm", "operation": "chat"}),
    (
        {
            "model": "claude-sonnet-4-5",
            "usage": {"input": 100, "output": 20, "cache_read": 30, "cache_write": 10, "reasoning": 5},
        },
        {
            "kind": "llm",
            "input_tokens": 100,
            "output_tokens": 20,
            "cache_read_tokens": 30,
            "cache_write_tokens": 10,
            "reasoning_tokens": 5,
            "cost_source": "catalog",
        },
    ),
    (
        {"kind": "llm", "model": "house-model", "usage": {"input_tokens": 1}, "cost_usd": 0.25},
        {"cost_usd": 0.25, "cost_source": "reported", "reported_cost_usd": 0.25},
    ),
    ({"kind": "cache", "cache_hit": True}, {"kind": "cache", "cache_hit": True}),
    ({"cache_hit": False}, {"kind": "cache", "cache_hit": False}),
    ({"kind": "llm", "finish_reasons": "length"}, {"finish_reasons": ("length",)}),
    ({"kind": "llm", "finish_reasons": ["stop", "tool_calls"]}, {"finish_reasons": ("stop", "tool_call")}),
    ({"kind": "llm", "ttft_s": 0.25}, {"ttft_ns": 250_000_000, "streaming": True}),
    ({"kind": "llm", "streaming": True}, {"streaming": True}),
    (
        {"kind": "llm", "parameters": {"temperature": 0.5, "max_tokens": 10, "stop": ["x"]}},
        {"request_parameters": {"temperature": 0.5, "max_tokens": 10, "stop_sequences": ["x"]}},
    ),
    ({"prompt_name": "greet", "prompt_version": 3}, {"prompt_name": "greet", "prompt_version": "3"}),
    ({"kind": "tool", "tool_name": "search"}, {"kind": "tool", "tool_name": "search"}),
    ({"level": "error", "status_message": "bad"}, {"status": "error", "error_message": "bad"}),
    ({"status": "error", "status_message": "bad"}, {"status": "error", "error_message": "bad"}),
    ({"level": "warning"}, {"status": "unset"}),
    ({"status": "ok"}, {"status": "ok"}),
    (
        {"metadata": {"top_k": 5, "deep": {"a": 1}, "none": None}},
        {"metadata": {"top_k": 5, "deep": {"a": 1}}},
    ),
    ({"documents": ["one", {"content": "two", "score": 0.5}]}, {"kind": "retriever"}),
    ({"attributes": {"feature": "by hand"}}, {"feature": "by hand"}),
]


@pytest.mark.parametrize(("facts", "columns"), COLUMNS, ids=lambda value: str(value)[:60])
def test_the_server_understands_what_is_said_of_a_span(
    facts: dict[str, Any], columns: dict[str, object]
) -> None:
    row = told(**facts)
    for column, expected in columns.items():
        value = getattr(row, column)
        assert (json.loads(value) if isinstance(expected, dict) else value) == expected, column
    assert row.dialect == "spanglass"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_servers(kind: Any) -> None:
    assert kind in semconv.KINDS
    assert told(kind=kind).kind == kind


def test_a_span_can_be_renamed_and_unknown_facts_are_left_out(captured: Capture) -> None:
    with spanglass.span("old") as span:
        span.update(name="new", nonsense=1, input="x")
    assert captured.span("new").input == "x"


def test_a_span_that_is_entered_again_while_it_is_open_is_left_in_order(captured: Capture) -> None:
    span = spanglass.span("once")
    with span:
        with span, spanglass.span("inner"):
            pass
        assert spanglass.current_span_id() == span.span_id
    assert spanglass.current_span_id() is None
    with span:
        pass
    assert captured.tree() == "once\n  inner\nonce"


def test_a_fact_that_cannot_be_read_costs_no_other(captured: Capture) -> None:
    with spanglass.span("s", input="x", documents=5, model="gpt-4o"):
        spanglass.update_current_trace(user_id="u1", metadata="odd", tags=7)  # type: ignore[arg-type]
    (span,) = captured.spans
    assert (span.input, span.user_id) == ("x", "u1")
    assert span.attributes["gen_ai.request.model"] == "gpt-4o"
    assert span.attributes["spanglass.trace_metadata.value"] == "odd"
    assert list(span.attributes["spanglass.tags"]) == ["7"]


def test_a_kind_that_nobody_knows_is_said_once(captured: Capture, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        with spanglass.span("s", kind="retreiver"):  # type: ignore[arg-type]
            pass
    assert len(captured.spans) == 2
    (line,) = [record.getMessage() for record in caplog.records]
    assert "retriever" in line


def test_spans_of_others_can_be_told_of_without_init() -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("theirs")
    with tracer.start_as_current_span("theirs") as theirs:
        spanglass.update_current_span(input="the whole text", usage={"input": 3})
    attributes = dict(getattr(theirs, "attributes", {}))
    assert attributes == {"spanglass.input": "the whole text", "gen_ai.usage.input_tokens": 3}


USAGES: list[tuple[object, dict[str, int]]] = [
    ({"input": 3, "output": 4}, {"input": 3, "output": 4}),
    ({"input_tokens": 3, "cache_read_tokens": 1}, {"input": 3, "cache_read": 1}),
    (
        {  # Anthropic: cached tokens beside the input
            "input_tokens": 10,
            "output_tokens": 5,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 20,
        },
        {"input": 130, "output": 5, "cache_read": 100, "cache_write": 20},
    ),
    (
        SimpleNamespace(  # OpenAI, chat completions
            prompt_tokens=10,
            completion_tokens=5,
            total_tokens=15,
            prompt_tokens_details=SimpleNamespace(cached_tokens=8, audio_tokens=0),
            completion_tokens_details=SimpleNamespace(reasoning_tokens=2),
        ),
        {"input": 10, "output": 5, "cache_read": 8, "reasoning": 2},
    ),
    (
        SimpleNamespace(  # OpenAI, responses
            input_tokens=10,
            output_tokens=5,
            input_tokens_details=SimpleNamespace(cached_tokens=8),
            output_tokens_details=SimpleNamespace(reasoning_tokens=2),
        ),
        {"input": 10, "output": 5, "cache_read": 8, "reasoning": 2},
    ),
    (
        SimpleNamespace(  # Gemini
            prompt_token_count=10,
            candidates_token_count=5,
            thoughts_token_count=3,
            cached_content_token_count=4,
            total_token_count=18,
        ),
        {"input": 10, "output": 8, "cache_read": 4, "reasoning": 3},
    ),
    (
        {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 2, "cacheWriteInputTokens": 1},
        {"input": 13, "output": 5, "cache_read": 2, "cache_write": 1},
    ),
    ({}, {}),
    (None, {}),
    ("nonsense", {}),
    ({"input": "many", "output": -1}, {}),
]


@pytest.mark.parametrize(("usage", "expected"), USAGES, ids=lambda value: str(value)[:60])
def test_usage_is_read_from_dictionaries_and_from_providers_objects(
    usage: object, expected: dict[str, int]
) -> None:
    keys = {
        "input": semconv.INPUT_TOKENS,
        "output": semconv.OUTPUT_TOKENS,
        "cache_read": semconv.CACHE_READ_TOKENS,
        "cache_write": semconv.CACHE_WRITE_TOKENS,
        "reasoning": semconv.REASONING_TOKENS,
    }
    assert usage_attributes(usage) == {keys[name]: count for name, count in expected.items()}


def test_what_is_said_of_a_trace_reaches_its_first_span_and_all_later_ones() -> None:
    with recorded() as recorder, spanglass.span("root"):
        with spanglass.span("before"):
            pass
        with spanglass.span("deep"):
            spanglass.update_current_trace(
                name="checkout",
                user_id="u1",
                session_id="s1",
                feature="search",
                team="growth",
                tags=["rag"],
                metadata={"plan": "pro"},
                release="1.2",
            )
        with spanglass.span("after"):
            spanglass.update_current_trace(tags=["beta", "rag"])
    spans = recorder.spans()
    for name in ("root", "deep", "after"):
        span = spans[name]
        assert (span.user_id, span.session_id, span.feature, span.team) == ("u1", "s1", "search", "growth"), (
            name
        )
    assert spans["before"].user_id == ""
    assert spans["after"].tags == spans["root"].tags == ("rag", "beta")
    root = spans["root"]
    assert (root.trace_name, root.release, json.loads(root.metadata)) == ("checkout", "1.2", {"plan": "pro"})
    assert spans["deep"].trace_name == ""


def test_traces_keep_apart(captured: Capture) -> None:
    with spanglass.span("one"):
        spanglass.update_current_trace(user_id="u1")
    with spanglass.span("two"):
        spanglass.update_current_trace(feature="f")
    assert (captured.span("one").user_id, captured.span("two").user_id) == ("u1", None)


def test_observed_arguments_and_results_can_be_searched_and_previewed() -> None:
    @spanglass.observe(kind="chain")
    def answer(question: str) -> str:
        return "Because."

    with recorded() as recorder:
        answer("Why 왜?")
    row = recorder.spans()["answer"]
    assert row.input == '{"question":"Why 왜?"}'
    assert "Why 왜?" in row.input_preview
    assert (row.output, row.output_preview) == ("Because.", "Because.")


def test_an_exception_becomes_the_servers_error() -> None:
    @spanglass.observe(kind="llm")
    def call() -> None:
        raise TimeoutError("too slow")

    with recorded() as recorder, pytest.raises(TimeoutError):
        call()
    row = recorder.spans()["call"]
    assert (row.status, row.error_type, row.error_message) == ("error", "timeout", "too slow")
