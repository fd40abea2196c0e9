"""What programs on Langfuse's Python SDK 2 did by its decorator, as Spanglass tells it."""

from collections.abc import Callable

import pytest
from genai_prices import Usage, calc_price
from tests.langfuse_sdks.harness import Told, assert_within, nanoseconds

pytestmark = pytest.mark.slow

QUESTION = "How long do refunds take?"
CUT_NS = 1_000
"""The SDK tells whole microseconds."""


@pytest.fixture
def rag(tell: Callable[[str, str], Told]) -> Told:
    return tell("v2", "v2_rag_pipeline.py")


@pytest.fixture
def told(tell: Callable[[str, str], Told]) -> Told:
    return tell("v2", "v2_observe.py")


def test_a_rag_pipeline_is_one_trace_under_one_root_span(rag: Told) -> None:
    assert rag.trace.tree() == {"": ["rag_pipeline"], "rag_pipeline": ["retrieve", "rerank", "generate"]}
    listed = rag.project.get("/api/v1/traces")["items"]
    assert [trace["trace_id"] for trace in listed] == [rag.report["trace_id"]]


def test_the_spans_of_a_rag_pipeline_last_as_long_as_its_functions_ran(rag: Told) -> None:
    for span in rag.trace.spans:
        assert_within(span, rag.report, tolerance_ns=CUT_NS)


def test_a_rag_pipeline_tells_its_tokens_and_their_price(rag: Told) -> None:
    generation, summary = rag.trace.whole("generate"), rag.trace.summary
    tokens = rag.report["input_tokens"], rag.report["output_tokens"]
    price = calc_price(
        Usage(input_tokens=tokens[0], output_tokens=tokens[1]), rag.report["model"], provider_id="anthropic"
    )
    for found in (generation, summary):
        assert (found["input_tokens"], found["output_tokens"]) == tokens
        assert found["cost_usd"] == pytest.approx(float(price.total_price))
    assert generation["span_id"] == rag.report["generation_id"]
    assert (generation["kind"], generation["provider"]) == ("llm", "anthropic")
    assert generation["request_model"] == rag.report["model"]
    assert generation["request_parameters"] == {"max_tokens": 200, "temperature": 0.2}
    assert summary["llm_call_count"] == 1


def test_a_rag_pipeline_tells_who_what_and_how(rag: Told) -> None:
    summary = rag.trace.summary
    assert summary["name"] == "rag_pipeline"
    assert (summary["user_id"], summary["session_id"]) == ("ada", "session-7")
    assert summary["tags"] == ["handbook", "rag"]
    assert (summary["environment"], summary["release"]) == ("staging", "1.4.2")
    own = {"tenant": "acme", "attempt": 1, "is_beta": True, "filters": {"language": "en"}}
    assert summary["metadata"] == own
    assert rag.trace.whole("retrieve")["metadata"].items() >= {"index": "handbook", "limit": 2}.items()
    assert summary["status"] != "error"


def test_a_rag_pipeline_tells_what_went_in_and_came_out(rag: Told) -> None:
    whole = rag.trace.whole
    assert whole("rag_pipeline")["input"] == {"args": [QUESTION], "kwargs": {}}
    assert whole("rag_pipeline")["output"] == rag.report["answer"]
    assert whole("retrieve")["output"] == rag.report["documents"]
    assert whole("rerank")["output"] == rag.report["context"]
    assert whole("generate")["input"] == rag.report["messages"]
    assert whole("generate")["output"] == rag.report["answer"]


def test_the_score_of_a_rag_pipeline_is_on_its_trace(rag: Told) -> None:
    (score,) = rag.project.get("/api/v1/scores", trace_id=rag.report["trace_id"])["items"]
    assert (score["name"], score["value"], score["data_type"]) == ("groundedness", 0.9, "numeric")
    assert score["comment"] == "cites the handbook"
    assert not score["span_id"]
    (listed,) = rag.project.get("/api/v1/traces")["items"]
    assert listed["scores"] == {"groundedness": 0.9}


def test_functions_of_every_kind_nest(told: Told) -> None:
    assert told.trace.tree() == {
        "": ["agent"],
        "agent": ["retrieve", "stream", "look_up", "stream_later", "fail", "generate", "write"],
        "write": ["spell check"],
    }
    kinds = told.trace.kinds()
    assert [name for name, kind in kinds.items() if kind == "llm"] == ["stream", "generate"]


def test_times_of_functions_of_every_kind(told: Told) -> None:
    for name in ("agent", "retrieve", "fail", "generate"):
        assert_within(told.trace.whole(name), told.report, tolerance_ns=CUT_NS)


def test_updates_of_the_trace_merge(told: Told) -> None:
    summary = told.trace.summary
    assert (summary["name"], summary["user_id"], summary["session_id"]) == (
        "support agent",
        "ada",
        "session-3",
    )
    own = {"tenant": "acme", "attempt": 2, "is_beta": True}
    own["filters"] = {"language": "en", "country": "kr"}
    assert summary["metadata"] == own
    assert summary["tags"] == ["later", "support", "v2"]


def test_results_of_functions_of_every_kind(told: Told) -> None:
    whole = told.trace.whole
    assert whole("retrieve")["input"] == {"args": [QUESTION], "kwargs": {"limit": 1}}
    assert whole("stream")["output"] == told.report["answer"] == "Refunds take 14 days."
    assert whole("stream_later")["output"] == told.report["numbers"] == [0, 1, 2]
    assert whole("look_up")["output"] == told.report["orders"]
    assert whole("generate")["input"] == [{"role": "user", "content": QUESTION}]
    assert whole("generate")["output"] == {"role": "assistant", "content": "14 days."}
    assert whole("retrieve")["metadata"].items() >= {"limit": 1, "is_cold": False}.items()


def test_usage_and_cost_details(told: Told) -> None:
    generation = told.trace.whole("generate")
    assert (generation["input_tokens"], generation["cache_read_tokens"]) == (140, 40)
    assert (generation["output_tokens"], generation["total_tokens"]) == (20, 160)
    assert generation["reported_cost_usd"] == 0.003


def test_a_streamed_answer_has_its_time_to_first_token(told: Told) -> None:
    streamed = told.trace.whole("stream")
    duration_ns = nanoseconds(streamed["end_time"]) - nanoseconds(streamed["start_time"])
    assert 0 <= streamed["ttft_ms"] * 1e6 <= duration_ns
    assert streamed["request_parameters"] == {"temperature": 0.2, "max_tokens": 100}


def test_an_exception_is_told_where_it_was_raised(told: Told) -> None:
    failed = told.trace.whole("fail")
    assert (failed["status"], failed["error_message"]) == ("error", "no stock")
    assert told.trace.summary["error_count"] == 1
    written = told.trace.whole("write")
    assert written["status"] != "error"
    assert written["attributes"]["langfuse.observation.level"] == "WARNING"
    assert written["attributes"]["langfuse.observation.status_message"] == "shelf is full"


def test_an_exception_of_the_root_function_is_told(told: Told) -> None:
    crashed = told.project.trace(told.report["crashed_trace_id"])
    (root,) = crashed.spans
    assert (root["name"], root["status"], root["error_message"]) == ("crash", "error", "the oven is cold")
    assert crashed.summary["status"] == "error"


def test_a_generation_alone_hangs_under_its_trace(told: Told) -> None:
    alone = told.project.trace(told.report["alone_trace_id"])
    assert alone.summary["total_tokens"] == 10
    assert alone.summary["llm_call_count"] == 1
    (generation,) = [span for span in alone.spans if span["kind"] == "llm"]
    assert generation["parent_span_id"] in (None, told.report["alone_trace_id"])


def test_a_trace_keeps_the_id_that_the_program_chose(told: Told) -> None:
    assert told.report["chosen_trace_id"] == "Bestellung 17/ä"
    chosen = told.project.trace("Bestellung%2017%2F%C3%A4")
    assert chosen.tree() == {"": ["chosen"], "chosen": ["retrieve_again"]}
    assert chosen.summary["trace_id"] == "Bestellung 17/ä"


def test_scores_given_while_a_function_runs(told: Told) -> None:
    found = told.project.get("/api/v1/scores", trace_id=told.report["trace_id"])["items"]
    scores = {score["name"]: score for score in found}
    assert {name: score["value"] for name, score in scores.items()} == {"relevance": "high", "helpful": True}
    assert scores["relevance"]["span_id"] == told.report["generation_id"]
