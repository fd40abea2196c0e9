"""A program with the SDK, a real server, and what the server then answers."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

PROGRAM = """
import spanglass

spanglass.init(service="rag-api", environment="prod", release="1.4.2", endpoint=URL)


@spanglass.observe(kind="retriever")
def retrieve(query):
    documents = [{"id": "d1", "content": "Refunds take five days.", "score": 0.9}]
    spanglass.update_current_span(documents=documents)
    return documents


@spanglass.observe(kind="llm")
def call_model(prompt):
    spanglass.update_current_span(
        model="gpt-4o-mini", provider="openai", usage={"input": 1000, "output": 100, "cache_read": 400}
    )
    for word in ("Five", " ", "days."):
        yield word


@spanglass.evaluated
def brevity(answer):
    return {"value": 0.9, "reason": "two words"}


async def groundedness(target):
    return 1.0 if target.output in target.documents[0].content else 0.0


@spanglass.observe(kind="chain")
def answer(question):
    spanglass.update_current_trace(
        user_id="u1", session_id="s1", feature="search", team="growth", tags=["rag"], metadata={"plan": "pro"}
    )
    with spanglass.span("rerank", kind="reranker") as step:
        step.update(metadata={"top_k": 5})
        step.score("relevance", 0.7)
    retrieve(question)
    text = "".join(call_model(question))
    brevity(text)
    spanglass.score("thumbs", True, comment="liked")
    spanglass.evaluate("length", output=text, options={"at_most": 5}, version=2)
    spanglass.evaluate(groundedness, output=text, documents=["It takes Five days."])
    return text


assert answer("How long do refunds take?") == "Five days."
try:
    with spanglass.span("fails"):
        raise ValueError("no luck")
except ValueError:
    pass
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    process = SpanglassProcess(tmp_path_factory.mktemp("server") / "data")
    program = PROGRAM.replace("URL", repr(process.url))
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
    yield process
    process.terminate()


def get(server: SpanglassProcess, path: str, **query: str) -> Any:
    answer = httpx.get(f"{server.url}/api/v1{path}", params=query, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_trace_is_listed_with_what_was_said_of_it(server: SpanglassProcess) -> None:
    (trace,) = get(server, "/traces", filter="user_id:u1")["items"]
    expected = {
        "name": "answer",
        "service": "rag-api",
        "environment": "prod",
        "release": "1.4.2",
        "feature": "search",
        "team": "growth",
        "user_id": "u1",
        "session_id": "s1",
        "tags": ["rag"],
        "llm_call_count": 1,
        "input_tokens": 1000,
        "output_tokens": 100,
        "unpriced_count": 0,
        "output_preview": "Five days.",
    }
    assert {key: trace[key] for key in expected} == expected
    assert trace["metadata"]["plan"] == "pro"
    assert trace["cost_usd"] > 0
    assert "How long do refunds take?" in trace["input_preview"]


def test_the_spans_nest_and_have_their_kinds(server: SpanglassProcess) -> None:
    (trace,) = get(server, "/traces", filter="user_id:u1")["items"]
    spans = {span["name"]: span for span in get(server, f"/traces/{trace['trace_id']}")["spans"]}
    kinds = {name: span["kind"] for name, span in spans.items()}
    assert kinds == {
        "answer": "chain",
        "rerank": "reranker",
        "retrieve": "retriever",
        "call_model": "llm",
        "brevity": "evaluator",
    }
    root = spans.pop("answer")["span_id"]
    assert {span["parent_span_id"] for span in spans.values()} == {root}
    call = spans["call_model"]
    assert (call["streaming"], call["is_billable"], call["cache_read_tokens"]) == (True, True, 400)
    assert 0 <= call["ttft_ms"] < 60_000
    assert call["output"] == "Five days."
    (document,) = spans["retrieve"]["documents"]
    assert (document["id"], document["content"], document["score"]) == ("d1", "Refunds take five days.", 0.9)


def test_the_scores_are_stored(server: SpanglassProcess) -> None:
    (trace,) = get(server, "/traces", filter="user_id:u1")["items"]
    end = time.monotonic() + 20
    while len(scores := get(server, "/scores", filter=f"trace_id:{trace['trace_id']}")["items"]) < 5:
        assert time.monotonic() < end, scores
        time.sleep(0.1)
    told = {score["name"]: (score["value"], score["comment"]) for score in scores}
    assert told["brevity"] == (0.9, "two words")
    assert told["relevance"][0] == 0.7
    assert told["thumbs"][1] == "liked"
    assert told["length_ok"] == (False, "the answer has 10 characters, at most 5 expected")


def test_what_was_evaluated_in_the_application_says_by_whom_and_how(server: SpanglassProcess) -> None:
    (trace,) = get(server, "/traces", filter="user_id:u1")["items"]
    end = time.monotonic() + 60
    while True:
        items = get(server, "/scores", filter=f"trace_id:{trace['trace_id']}")["items"]
        scores = {score["name"]: score for score in items}
        judging = get(server, "/traces", filter="feature:groundedness")["items"]
        if {"length_ok", "groundedness"} <= scores.keys() and judging:
            break
        assert time.monotonic() < end, (scores, judging)
        time.sleep(0.1)
    expected = {
        "source": "evaluator",
        "author": "length",
        "evaluator_id": "length",
        "evaluator_version": 2,
        "sampling_rate": 1.0,
        "quality": 0.0,
    }
    assert {key: scores["length_ok"][key] for key in expected} == expected
    assert scores["groundedness"]["metadata"]["judge_trace_id"] == judging[0]["trace_id"]
    assert judging[0]["metadata"]["judged_trace_id"] == trace["trace_id"]
    (span,) = get(server, f"/traces/{judging[0]['trace_id']}")["spans"]
    assert span["kind"] == "evaluator"
    assert [link["trace_id"] for link in span["links"]] == [trace["trace_id"]]


def test_the_failure_is_an_error_with_its_message(server: SpanglassProcess) -> None:
    (span,) = get(server, "/spans", filter="name:fails")["items"]
    assert (span["status"], span["error_type"], span["error_message"]) == ("error", "ValueError", "no luck")
