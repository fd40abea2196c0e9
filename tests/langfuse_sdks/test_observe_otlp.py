"""What programs on the SDKs 3, 4 and 5 did, as Spanglass tells it."""

from collections.abc import Callable

import pytest
from tests.langfuse_sdks.harness import OBSERVE_OF_SDK, Told, assert_within, nanoseconds

pytestmark = pytest.mark.slow

QUESTION = "How long do refunds take?"
STEPS = ["retrieve", "stream", "look_up", "stream_later", "fail", "block", "generate", "handed over"]


@pytest.fixture(params=OBSERVE_OF_SDK)
def told(request: pytest.FixtureRequest, tell: Callable[[str, str], Told]) -> Told:
    return tell(request.param, OBSERVE_OF_SDK[request.param])


def test_spans_nest_as_the_functions_called_each_other(told: Told) -> None:
    assert told.trace.tree() == {"": ["agent"], "agent": STEPS}
    assert told.trace.summary["root_span_id"] == told.report["agent_id"]


def test_observation_types_become_kinds(told: Told) -> None:
    kinds = ["retriever", "llm", "tool", "chain", "chain", "chain", "llm", "span"]
    assert told.trace.kinds() == {"agent": "agent"} | dict(zip(STEPS, kinds, strict=True))


def test_spans_last_as_long_as_the_functions_ran(told: Told) -> None:
    for name in ("agent", "retrieve", "fail"):
        (span,) = [span for span in told.trace.spans if span["name"] == name]
        assert_within(span, told.report)


def test_the_trace_carries_what_the_program_said_of_it(told: Told) -> None:
    summary = told.trace.summary
    assert summary["name"] == "support agent"
    assert (summary["user_id"], summary["session_id"]) == ("ada", "session-3")
    assert summary["tags"] == ["support", "v3" if told.sdk == "v3" else "v4"]
    assert (summary["environment"], summary["release"]) == ("staging", "1.4.2")
    own = {"tenant": "acme", "attempt": 2, "is_beta": True, "filters": {"language": "en"}}
    # `propagate_attributes`, which 4 and 5 have instead of `update_current_trace`, takes text alone.
    assert summary["metadata"] == (own if told.sdk == "v3" else {"tenant": "acme", "attempt": "2"})
    assert told.trace.whole("agent")["metadata"] == own
    assert (summary["span_count"], summary["llm_call_count"], summary["error_count"]) == (9, 2, 2)
    assert summary["input_preview"] == QUESTION
    assert summary["output_preview"] == told.report["answer"]
    assert told.trace.whole("agent")["attributes"]["langfuse.version"] == "3.1"


def test_arguments_and_results_are_the_spans_input_and_output(told: Told) -> None:
    whole = told.trace.whole
    assert whole("agent")["input"] == {"args": [QUESTION], "kwargs": {}}
    assert whole("retrieve")["input"] == {"args": [QUESTION], "kwargs": {"limit": 1}}
    assert whole("retrieve")["output"] == ["Refunds take 14 days."]
    assert whole("look_up")["output"] == told.report["orders"]
    assert whole("stream")["output"] == told.report["answer"] == "Refunds take 14 days."
    assert whole("stream_later")["output"] == told.report["numbers"] == [0, 1, 2]
    assert whole("generate")["output_messages"] == [
        {"role": "assistant", "parts": [{"type": "text", "text": "14 days."}]}
    ]


def test_metadata_keeps_its_types(told: Told) -> None:
    metadata = told.trace.whole("retrieve")["metadata"]
    assert {"index": "handbook", "limit": 1, "is_cold": False}.items() <= metadata.items()
    assert [type(metadata[name]) for name in ("index", "limit", "is_cold")] == [str, int, bool]


def test_a_generation_has_model_usage_and_cost(told: Told) -> None:
    generation = told.trace.whole("generate")
    assert generation["span_id"] == told.report["generation_id"]
    assert generation["request_model"] == "gpt-5.4-mini"
    # Langfuse's `input` leaves out what was read from a cache.
    assert (generation["input_tokens"], generation["cache_read_tokens"]) == (140, 40)
    assert (generation["output_tokens"], generation["total_tokens"]) == (20, 160)
    assert generation["reported_cost_usd"] == 0.003
    assert told.trace.summary["total_tokens"] == 160
    assert told.trace.summary["cost_usd"] == generation["cost_usd"] > 0


def test_a_streamed_generation_has_its_time_to_first_token_and_parameters(told: Told) -> None:
    streamed = told.trace.whole("stream")
    assert streamed["request_model"] == "claude-haiku-4-5"
    assert streamed["request_parameters"] == {"temperature": 0.2, "max_tokens": 100}
    assert streamed["streaming"] is True
    duration_ns = nanoseconds(streamed["end_time"]) - nanoseconds(streamed["start_time"])
    assert 0 <= streamed["ttft_ms"] * 1e6 <= duration_ns


def test_exceptions_make_spans_of_status_error(told: Told) -> None:
    failed, block = told.trace.whole("fail"), told.trace.whole("block")
    assert (failed["status"], failed["error_message"]) == ("error", "no stock")
    assert (block["status"], block["error_type"]) == ("error", "KeyError")
    assert "shelf" in block["error_message"]
    assert block["input"] == "text as it is"
    assert [event["attributes"]["exception.type"] for event in block["events"]] == ["KeyError"]
    assert told.report["errors"] == ["ValueError('no stock')", "KeyError('shelf')"]


def test_an_event_is_a_moment_with_its_level(told: Told) -> None:
    event = told.trace.whole("handed over")
    assert event["duration_ms"] == 0
    assert event["status"] == "unset"
    assert event["input"] == {"to": 2}
    assert event["attributes"]["langfuse.observation.level"] == "WARNING"
    assert event["attributes"]["langfuse.observation.status_message"] == "queue is long"


def test_scores_arrive_with_their_types(told: Told) -> None:
    found = told.project.get("/api/v1/scores", trace_id=told.report["trace_id"])["items"]
    scores = {score["name"]: score for score in found}
    assert scores.keys() == {"relevance", "steps", "helpful"}
    assert (scores["relevance"]["data_type"], scores["relevance"]["value"]) == ("categorical", "high")
    assert scores["relevance"]["span_id"] == told.report["generation_id"]
    assert (scores["steps"]["data_type"], scores["steps"]["value"]) == ("numeric", 7)
    assert scores["steps"]["span_id"] == told.report["agent_id"]
    assert (scores["helpful"]["data_type"], scores["helpful"]["value"]) == ("boolean", True)
    assert scores["helpful"]["comment"] == "thumbs up"
    assert not scores["helpful"]["span_id"]
