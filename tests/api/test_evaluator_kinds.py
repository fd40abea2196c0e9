"""The built-in evaluators over stored traces, tried by the API: what they need reaches them, whatever the
convention of the spans."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.evaluating_server import EvaluatingServer

pytestmark = pytest.mark.slow

ANSWER = "환불은 닷새가 걸립니다 [1][7]. kim@firma.kr 로 문의하세요."
TRACE, VERCEL_TRACE = "d1" * 16, "d2" * 16


def _body(trace_id: str, scope: str, *spans: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The first span is the parent of the others; each takes 1.5 s."""
    start_ns = time.time_ns() - 5_000_000_000
    told = [
        {
            "traceId": trace_id,
            "spanId": f"{number:016x}",
            "parentSpanId": "" if number == 1 else f"{1:016x}",
            "name": name,
            "startTimeUnixNano": str(start_ns + number),
            "endTimeUnixNano": str(start_ns + 1_500_000_000),
            "attributes": [{"key": key, "value": _value(value)} for key, value in attributes.items()],
        }
        for number, (name, attributes) in enumerate(spans, 1)
    ]
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": told}]}]}


def _value(value: Any) -> dict[str, Any]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvaluatingServer]:
    found = EvaluatingServer(tmp_path_factory.mktemp("kinds") / "data")
    documents = '[{"id": "kb/refunds.md", "content": "Refunds take five business days."}]'
    texts = {"spanglass.input": "How long do refunds take, please?", "spanglass.output": ANSWER}
    for body in (
        _body(
            TRACE,
            "app",
            ("answer", {**texts, "spanglass.trace_metadata.reference": "닷새 걸립니다."}),
            ("retrieve", {"spanglass.kind": "retriever", "gen_ai.retrieval.documents": documents}),
            (
                "chat",
                {
                    **texts,
                    "spanglass.kind": "llm",
                    "gen_ai.request.model": "gpt-4o-mini",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.usage.input_tokens": 900,
                    "gen_ai.usage.output_tokens": 100,
                },
            ),
        ),
        _body(
            VERCEL_TRACE,
            "ai",
            ("ai.generateText", {"ai.operationId": "ai.generateText", "ai.prompt": '{"prompt": "Why?"}'}),
            (
                "ai.generateText.doGenerate",
                {
                    "ai.operationId": "ai.generateText.doGenerate",
                    "ai.model.id": "gpt-4o-mini",
                    "ai.response.finishReason": "content-filter",
                    "ai.response.msToFirstChunk": 700,
                },
            ),
        ),
    ):
        answer = found.http.post("/v1/traces", json=body)
        assert answer.status_code == 200, answer.text
    yield found
    found.close()


def tried(server: EvaluatingServer, kind: str, trace_id: str = TRACE, **options: Any) -> dict[str, Any]:
    """The scores of a trial by name: value and comment."""
    definition = {"name": "trial", "kind": kind, "options": options}
    trial = server.ask("POST", "/evaluators/try", {"definition": definition, "trace_id": trace_id})
    assert trial["problem"] is None
    return {score["name"]: (score["value"], score["comment"]) for score in trial["scores"]}


@pytest.mark.parametrize(
    ("kind", "options", "name", "value", "comment"),
    [
        ("regex", {"pattern": "환불"}, "regex", True, "the answer matches"),
        ("json_schema", {}, "json_valid", False, "the answer is no JSON"),
        ("length", {"unit": "sentences"}, "length_ok", True, "the answer has 2 sentences"),
        ("language", {}, "language_ok", False, "the language of the answer is Korean"),
        (
            "bounds",
            {"duration_ms_max": 1000},
            "within_bounds",
            False,
            "took 1,500 ms, at most 1,000 expected",
        ),
        ("bounds", {"total_tokens_max": 2000}, "within_bounds", True, "took 1,500 ms; 1,000 tokens"),
        ("bounds", {"cost_usd_max": 0.00001}, "within_bounds", False, "cost 0.000195 USD"),
        ("citations", {}, "citations", 0.5, "citations that point to a retrieved document: 1 of 2; not: ["),
        ("refusal", {}, "no_refusal", True, "no refusal"),
        ("pii", {}, "no_pii", False, "email in the answer: ki"),
        ("secrets", {}, "no_secrets", True, "none found"),
    ],
)
def test_a_kind_judges_a_stored_trace(
    server: EvaluatingServer, kind: str, options: dict[str, Any], name: str, value: Any, comment: str
) -> None:
    found = tried(server, kind, **options)[name]
    assert found[0] == value
    assert found[1].startswith(comment)


def test_the_reference_is_in_the_metadata(server: EvaluatingServer) -> None:
    value, comment = tried(server, "similarity", method="token_f1")["similarity"]
    assert 0 < value < 1
    assert comment.endswith("are in the reference (6)")


def test_other_conventions_names_are_known(server: EvaluatingServer) -> None:
    refused = tried(server, "refusal", VERCEL_TRACE)
    assert refused == {"no_refusal": (False, "the model stopped with content_filter")}
    late = tried(server, "bounds", VERCEL_TRACE, ttft_ms_max=500, duration_ms_max=None)
    assert late == {"within_bounds": (False, "700 ms to the first token, at most 500 expected")}


def test_a_wrong_option_is_told_by_its_name(server: EvaluatingServer) -> None:
    body = {"definition": {"name": "t", "kind": "regex", "options": {"pattern": "(a"}}, "trace_id": TRACE}
    problem = server.ask("POST", "/evaluators/try", body, status=400)
    assert problem["detail"].startswith("`options.pattern`: this is no regular expression of RE2")


def test_the_kinds_are_listed_with_their_options(server: EvaluatingServer) -> None:
    kinds = {kind["name"]: kind for kind in server.ask("GET", "/evaluator-kinds")["items"]}
    assert {"judge", "regex", "citations", "pii", "python"} <= kinds.keys()
    assert "pattern" in str(kinds["regex"])
