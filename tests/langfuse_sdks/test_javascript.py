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
