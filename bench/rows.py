"""Normalized five-span RAG traces as ingest hands them to the store; 2 KB of text on the model span."""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from bench.payload import FEATURES, MODELS, TEAMS, Words
from spanglass_server.model.span import Span, TraceSummary

MS = 1_000_000
SPANS_PER_TRACE = 5

_RESOURCE = json.dumps(
    {
        "deployment.environment.name": "prod",
        "service.name": "rag-api",
        "service.version": "1.4.2",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
)
_EMPTY = Span(
    project_id="",
    trace_id="",
    span_id="",
    parent_span_id="",
    start_time_ns=0,
    end_time_ns=0,
    name="",
    kind="span",
    otlp_kind="internal",
    dialect="otel",
    service="rag-api",
    environment="prod",
    release="1.4.2",
    status="unset",
    error_type="",
    error_message="",
    operation="",
    provider="",
    request_model="",
    response_model="",
    response_id="",
    request_parameters="{}",
    input_tokens=None,
    output_tokens=None,
    cache_read_tokens=None,
    cache_write_tokens=None,
    cache_write_1h_tokens=None,
    reasoning_tokens=None,
    audio_input_tokens=None,
    audio_output_tokens=None,
    is_batch=False,
    cost_usd=None,
    cost_details={},
    cost_source="",
    price_version="",
    reported_cost_usd=None,
    streaming=None,
    ttft_ns=None,
    finish_reasons=(),
    cache_hit=None,
    feature="",
    team="",
    user_id="",
    session_id="",
    inherited=0,
    tags=(),
    metadata="{}",
    trace_metadata="",
    trace_name="",
    tool_name="",
    prompt_name="",
    prompt_version="",
    input="",
    output="",
    input_key="",
    output_key="",
    input_preview="",
    output_preview="",
    attributes="{}",
    attribute_index={},
    resource=_RESOURCE,
    scope='{"name":"rag"}',
    events="[]",
    links="[]",
    warnings=(),
    is_call=False,
    is_billable=False,
    version=1,
)


class TraceMaker:
    """Endless traces from a seed. Texts come from a pool, so that making them costs little beside storing
    them; the pool is far larger than what a compressor sees at once."""

    def __init__(self, *, project_id: str = "bench", seed: int = 1, pool: int = 4_000) -> None:
        self._rng = random.Random(seed)
        words = Words(self._rng)
        self._project_id = project_id
        self._questions = [words.text(self._rng.randint(60, 200)) for _ in range(pool)]
        self._answers = [words.text(self._rng.randint(500, 900)) for _ in range(pool)]
        self._documents = [words.text(self._rng.randint(350, 500)) for _ in range(pool)]

    def traces(self, count: int, *, start_ns: int, step_ns: int) -> Iterator[tuple[list[Span], TraceSummary]]:
        for index in range(count):
            yield self.trace(start_ns + index * step_ns)

    def trace(self, start_ns: int) -> tuple[list[Span], TraceSummary]:
        rng = self._rng
        question, answer = rng.choice(self._questions), rng.choice(self._answers)
        documents = rng.choices(self._documents, k=3)
        provider, model, _ = rng.choices(MODELS, weights=[weight for *_, weight in MODELS])[0]
        is_failure = rng.random() < 0.01
        feature, team = rng.choice(FEATURES), rng.choice(TEAMS)
        user_id, session_id = f"user-{rng.randint(1, 5000)}", f"session-{rng.randint(1, 50_000)}"
        trace_id = f"{rng.getrandbits(128):032x}"
        ids = [f"{rng.getrandbits(64):016x}" for _ in range(SPANS_PER_TRACE)]
        retrieve, rerank, generate = (int(rng.lognormvariate(mu, 0.5) * MS) for mu in (3.4, 3.0, 7.0))
        begins = [
            start_ns + offset for offset in itertools.accumulate((0, 2 * MS, retrieve, rerank, generate))
        ]
        ends = [begins[4] + 4 * MS, begins[2], begins[3], begins[4], begins[4] + 2 * MS]
        tokens_in, tokens_out = rng.randint(400, 900), rng.randint(100, 260)
        cost = round(tokens_in * 3e-6 + tokens_out * 15e-6, 9)
        found = [
            {"id": f"doc-{rng.randint(1, 9999)}", "score": round(rng.random(), 4), "content": text}
            for text in documents
        ]
        prompt = [
            {"role": "system", "parts": [{"type": "text", "content": "Answer from the context."}]},
            {
                "role": "user",
                "parts": [{"type": "text", "content": "\n\n".join(documents)[:1100] + question}],
            },
        ]
        reply = [
            {"role": "assistant", "parts": [{"type": "text", "content": answer}], "finish_reason": "stop"}
        ]
        own: tuple[dict[str, Any], ...] = (
            {
                "name": "rag_pipeline",
                "kind": "chain",
                "otlp_kind": "server",
                "input": question,
                "output": answer,
                "input_key": "input.value",
                "output_key": "output.value",
                "attributes": json.dumps({"http.route": "/ask", "http.response.status_code": 200}),
                "attribute_index": {"http.route": "/ask", "http.response.status_code": "200"},
            },
            {
                "name": "vector_retrieve",
                "kind": "retriever",
                "operation": "retrieval",
                "input": question,
                "output": json.dumps(found),
                "input_key": "gen_ai.retrieval.query.text",
                "output_key": "gen_ai.retrieval.documents",
                "attributes": json.dumps({"db.system.name": "pgvector", "top_k": 3}),
                "attribute_index": {"db.system.name": "pgvector", "top_k": "3"},
            },
            {
                "name": "rerank",
                "kind": "reranker",
                "input": question,
                "input_key": "reranker.query",
                "output": json.dumps([item["id"] for item in found]),
                "output_key": "output.value",
                "attributes": json.dumps({"reranker.model_name": "rerank-v3", "reranker.top_k": 3}),
                "attribute_index": {"reranker.model_name": "rerank-v3", "reranker.top_k": "3"},
            },
            {
                "name": f"chat {model}",
                "kind": "llm",
                "otlp_kind": "client",
                "operation": "chat",
                "provider": provider,
                "request_model": model,
                "response_model": model,
                "response_id": f"resp-{rng.getrandbits(64):016x}",
                "request_parameters": '{"temperature":0.2,"max_tokens":1024}',
                "input_tokens": tokens_in,
                "output_tokens": tokens_out,
                "cost_usd": cost,
                "cost_details": {"input": tokens_in * 3e-6, "output": tokens_out * 15e-6},
                "cost_source": "catalog",
                "price_version": "2026-11",
                "streaming": True,
                "ttft_ns": generate // 4,
                "finish_reasons": ("stop",),
                "input": json.dumps(prompt),
                "output": json.dumps(reply),
                "input_key": "gen_ai.input.messages",
                "output_key": "gen_ai.output.messages",
                "is_call": True,
                "is_billable": True,
                "attributes": json.dumps(
                    {
                        "gen_ai.request.temperature": 0.2,
                        "gen_ai.request.max_tokens": 1024,
                        "gen_ai.request.stream": True,
                    }
                ),
                "attribute_index": {"gen_ai.request.temperature": "0.2", "gen_ai.request.max_tokens": "1024"},
            },
            {
                "name": "check_answer",
                "kind": "guardrail",
                "attributes": '{"guardrail.passed":true}',
                "attribute_index": {"guardrail.passed": "true"},
            },
        )
        spans = [
            _EMPTY._replace(
                project_id=self._project_id,
                trace_id=trace_id,
                span_id=ids[index],
                parent_span_id=ids[0] if index else "",
                start_time_ns=begins[index],
                end_time_ns=ends[index],
                status="error" if is_failure and index in (0, 3) else "unset",
                error_type="overloaded" if is_failure and index in (0, 3) else "",
                feature=feature,
                team=team,
                user_id=user_id,
                session_id=session_id,
                inherited=15 if index else 0,
                input_preview=str(fields.get("input", ""))[:200],
                output_preview=str(fields.get("output", ""))[:200],
                **fields,
            )
            for index, fields in enumerate(own)
        ]
        root = spans[0]
        summary = TraceSummary(
            project_id=self._project_id,
            trace_id=trace_id,
            start_time_ns=root.start_time_ns,
            end_time_ns=root.end_time_ns,
            name=root.name,
            root_span_id=root.span_id,
            status=root.status,
            service=root.service,
            environment=root.environment,
            release=root.release,
            feature=feature,
            team=team,
            user_id=user_id,
            session_id=session_id,
            tags=(),
            metadata="{}",
            span_count=SPANS_PER_TRACE,
            error_count=2 if is_failure else 0,
            llm_call_count=1,
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cache_read_tokens=None,
            cache_write_tokens=None,
            reasoning_tokens=None,
            cost_usd=cost,
            unpriced_count=0,
            models=(model,),
            providers=(provider,),
            kinds=("chain", "retriever", "reranker", "llm", "guardrail"),
            error_types=("overloaded",) if is_failure else (),
            input_preview=root.input_preview,
            output_preview=root.output_preview,
            is_deleted=False,
            version=1,
        )
        return spans, summary
