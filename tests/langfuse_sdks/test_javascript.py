"""What programs on Langfuse's JavaScript SDKs did, as Spanglass tells it."""

from collections.abc import Callable

import pytest
from tests.langfuse_sdks.harness import Told, assert_within, nanoseconds

pytestmark = pytest.mark.slow

MS = 1_000_000
QUESTION = "How long do refunds take?"


@pytest.fixture
def told(tell: Callable[[str, str], Told]) -> Told:
    return tell("javascript", "observe.mjs")


def test_the_tree_of_a_javascript_program(told: Told) -> None:
    assert told.trace.tree() == {
        "": ["agent"],
        "agent": ["retrieve", "stream", "fail", "generate", "handed over"],
    }
    assert told.trace.kinds() == {
        "agent": "agent",
        "retrieve": "retriever",
        "stream": "llm",
        "fail": "tool",
        "generate": "llm",
        "handed over": "span",
    }
    assert told.trace.summary["root_span_id"] == told.report["agent_id"]


def test_spans_of_a_javascript_program_last_as_long_as_its_functions_ran(told: Told) -> None:
    for name in ("agent", "retrieve", "fail"):
        (span,) = [span for span in told.trace.spans if span["name"] == name]
        # Both clocks of Node.js, Date and performance, tell whole milliseconds or drift by one.
        assert_within(span, told.report, tolerance_ns=2 * MS)


def test_the_trace_carries_what_the_javascript_program_said_of_it(told: Told) -> None:
    summary = told.trace.summary
    assert (summary["name"], summary["user_id"], summary["session_id"]) == (
        "support agent",
        "ada",
        "session-3",
    )
    assert summary["tags"] == ["support", "js"]
    assert (summary["environment"], summary["release"]) == ("staging", "1.4.2")
    # This SDK sends scalars as text.
    assert {"tenant": "acme", "attempt": "2"}.items() <= summary["metadata"].items()
    assert told.trace.whole("agent")["metadata"]["filters"] == {"language": "en"}


def test_inputs_outputs_and_metadata_of_a_javascript_program(told: Told) -> None:
    retrieved, agent = told.trace.whole("retrieve"), told.trace.whole("agent")
    assert retrieved["input"] == [QUESTION, 1]
    assert retrieved["output"] == ["Refunds take 14 days."]
    assert {"index": "handbook", "nested": {"depth": 1}}.items() <= retrieved["metadata"].items()
    assert agent["input"] == {"question": QUESTION}
    assert agent["output"] == told.report["answer"] == "Refunds take 14 days."


def test_generations_of_a_javascript_program(told: Told) -> None:
    streamed, generation = told.trace.whole("stream"), told.trace.whole("generate")
    assert (streamed["request_model"], streamed["streaming"]) == ("claude-haiku-4-5", True)
    duration_ns = nanoseconds(streamed["end_time"]) - nanoseconds(streamed["start_time"])
    assert 3 * MS <= streamed["ttft_ms"] * MS < duration_ns
    assert generation["span_id"] == told.report["generation_id"]
    assert (generation["input_tokens"], generation["cache_read_tokens"]) == (140, 40)
    assert (generation["output_tokens"], generation["reported_cost_usd"]) == (20, 0.003)


def test_an_exception_in_javascript(told: Told) -> None:
    failed = told.trace.whole("fail")
    assert (failed["status"], failed["error_message"]) == ("error", "no stock")
    assert told.trace.summary["error_count"] == 1


def test_scores_of_a_javascript_program(told: Told) -> None:
    found = told.project.get("/api/v1/scores", trace_id=told.report["trace_id"])["items"]
    scores = {score["name"]: score for score in found}
    assert {name: score["value"] for name, score in scores.items()} == {
        "relevance": "high",
        "helpful": True,
        "steps": 7,
    }
    assert scores["relevance"]["span_id"] == told.report["generation_id"]
    assert scores["helpful"]["comment"] == "thumbs up"


def test_the_javascript_client_reads_what_was_written(told: Told) -> None:
    report = told.report
    read = told.project.run("javascript", "reads.mjs", report["trace_id"], report["generation_id"])
    assert read["trace"] == {
        "name": "support agent",
        "user": "ada",
        "session": "session-3",
        "tags": ["support", "js"],
        "environment": "staging",
        "observations": sorted(told.trace.kinds()),
    }
    assert read["traces"] == [report["trace_id"]]
    assert read["generation"] == {
        "type": "GENERATION",
        "model": "gpt-5.4-mini",
        "usage": {"input": 100, "output": 20, "cache_read_input_tokens": 40, "total": 160},
        "cost": {"input": 0.001, "output": 0.002, "total": 0.003},
        "output": {"role": "assistant", "content": "14 days."},
    }
    assert read["generations"] == ["generate", "stream"]
    assert read["scores"] == ["helpful", "relevance", "steps"]
    assert read["health"] == "OK"
    assert read["prompt"] == {"version": 1, "text": "Answer why at once.", "config": {"temperature": 0.3}}
    assert read["items"] == [{"id": "sum-1", "input": {"a": 1}, "expected": 2}]


def test_the_old_javascript_sdk(tell: Callable[[str, str], Told]) -> None:
    told = tell("javascript", "old.mjs")
    report, ids = told.report, told.report["ids"]
    assert told.trace.tree() == {
        "": ["checkout"],
        "checkout": ["plan", "mail sent", "charge"],
        "plan": ["write"],
    }
    assert nanoseconds(told.trace.summary["start_time"]) == report["start_ms"] * MS
    assert told.trace.summary["duration_ms"] == 3500
    written, charged = told.trace.whole("write"), told.trace.whole("charge")
    assert (written["span_id"], written["ttft_ms"], written["total_tokens"]) == (ids["write"], 250, 55)
    assert (charged["status"], charged["error_message"]) == ("error", "card declined")
    assert report["read"] == {
        "name": "checkout",
        "tags": ["shop", "web"],
        "metadata": {"shop": "north", "visits": 3, "isPaid": False},
        "output": "done",
        "observations": ["charge", "mail sent", "plan", "write"],
        "scores": {"satisfaction": 4.5},
    }
    assert report["generations"] == [[ids["write"], "gpt-5.4-mini", 50, 5]]
    assert report["traces"] == [report["trace_id"]]
    assert report["prompt"] == "Hello Ada"
