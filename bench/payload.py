"""OTLP requests of realistic RAG traces, encoded before the clock starts.

Encoding 2 KB of text a span costs more than storing it, so a generator that encodes while it sends measures
itself. A pool of requests is encoded once; before each sending, ids and times are overwritten in place, so
every trace and span is new to the server and nothing else costs anything.
"""

import dataclasses
import itertools
import json
import random
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

SPANS_PER_TRACE = 5
MODELS = (
    ("anthropic", "claude-sonnet-4-6", 0.4),
    ("anthropic", "claude-haiku-4-5", 0.3),
    ("openai", "gpt-4o-mini", 0.25),
    ("openai", "gpt-4o", 0.05),
)
FEATURES = ("search", "support", "summaries", "onboarding", "reports")
TEAMS = ("growth", "care", "platform")
HEX_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
SPAN_KINDS = (
    Span.SPAN_KIND_SERVER,
    Span.SPAN_KIND_INTERNAL,
    Span.SPAN_KIND_INTERNAL,
    Span.SPAN_KIND_CLIENT,
    Span.SPAN_KIND_INTERNAL,
)
SYLLABLES = [
    "ka",
    "re",
    "ti",
    "mo",
    "lan",
    "ser",
    "vi",
    "do",
    "per",
    "na",
    "con",
    "tra",
    "ble",
    "st",
    "um",
    "or",
]


class Words:
    """Text with the statistics of a language: words of uneven length, drawn by Zipf's law from 20,000."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        vocabulary = {
            "".join(rng.choices(SYLLABLES, k=rng.choice((1, 2, 2, 3, 3, 4)))) for _ in range(60_000)
        }
        self._words = sorted(vocabulary)[:20_000]
        rng.shuffle(self._words)
        self._cumulative = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(self._words))))

    def text(self, chars: int) -> str:
        words = self._rng.choices(self._words, cum_weights=self._cumulative, k=chars // 4)
        return " ".join(words)[:chars].capitalize() + "."


@dataclass(slots=True)
class RequestTemplate:
    """One encoded request whose ids and times are overwritten in place."""

    body: NDArray[np.uint8]
    spans: int
    trace_at: NDArray[np.int64]
    """Offset of each span's trace id; shape [spans]."""
    trace_of: NDArray[np.int64]
    span_at: NDArray[np.int64]
    parent_at: NDArray[np.int64]
    """Offset of the parent id of each span but roots."""
    child_of: NDArray[np.int64]
    """Index of the span each of `parent_at` belongs to."""
    parent_of: NDArray[np.int64]
    start_at: NDArray[np.int64]
    end_at: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    """Start of each span from its trace's start."""
    duration_ns: NDArray[np.int64]
    response_at: NDArray[np.int64]
    """Offset of the 16 hex digits in each model span's response id: repeated, it is one call told twice."""

    def stamp(self, rng: np.random.Generator, trace_start_ns: NDArray[np.int64]) -> tuple[bytes, list[str]]:
        """A body with new ids, its traces starting at the given times (ns), and the hex trace ids."""
        trace_ids = rng.integers(1, 255, size=(int(self.trace_of.max()) + 1, 16), dtype=np.uint8)
        span_ids = rng.integers(1, 255, size=(self.spans, 8), dtype=np.uint8)
        self._put(self.trace_at, trace_ids[self.trace_of])
        self._put(self.span_at, span_ids)
        self._put(self.parent_at, span_ids[self.parent_of])
        self._put(self.response_at, HEX_DIGITS[rng.integers(0, 16, size=(len(self.response_at), 16))])
        start = trace_start_ns[self.trace_of] + self.start_ns
        self._put(self.start_at, start.astype("<u8").view(np.uint8).reshape(-1, 8))
        self._put(self.end_at, (start + self.duration_ns).astype("<u8").view(np.uint8).reshape(-1, 8))
        return self.body.tobytes(), [row.tobytes().hex() for row in trace_ids]

    def _put(self, at: NDArray[np.int64], values: NDArray[np.uint8]) -> None:
        self.body[at[:, None] + np.arange(values.shape[1])] = values

    @property
    def traces(self) -> int:
        return self.spans // SPANS_PER_TRACE

    def copy(self) -> "RequestTemplate":
        """With a body of its own; two threads must not stamp one body."""
        return dataclasses.replace(self, body=self.body.copy())


def make_pool(*, requests: int, traces_per_request: int, seed: int = 1) -> list[RequestTemplate]:
    rng = random.Random(seed)
    words = Words(rng)
    return [_make_template(rng, words, traces_per_request) for _ in range(requests)]


def _make_template(rng: random.Random, words: Words, traces: int) -> RequestTemplate:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in {
        "service.name": "rag-api",
        "service.version": rng.choice(("1.4.1", "1.4.2")),
        "deployment.environment.name": "prod",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }.items():
        resource_spans.resource.attributes.append(_attribute(key, value))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "rag"
    plans = [_add_trace(scope_spans, rng, words) for _ in range(traces)]
    return _locate(request, [span for plan in plans for span in plan])


@dataclass(slots=True)
class _Planned:
    span: Span
    parent: int | None
    start_ns: int
    duration_ns: int


def _add_trace(scope_spans: ScopeSpans, rng: random.Random, words: Words) -> list[_Planned]:
    question, answer = words.text(rng.randint(60, 200)), words.text(rng.randint(500, 900))
    documents = [words.text(rng.randint(550, 800)) for _ in range(3)]
    provider, model, _ = rng.choices(MODELS, weights=[weight for *_, weight in MODELS])[0]
    is_failure = rng.random() < 0.01
    ms = 1_000_000
    retrieve_ms, rerank_ms = rng.lognormvariate(3.4, 0.5), rng.lognormvariate(3.0, 0.4)
    generate_ms = rng.lognormvariate(7.0, 0.6)
    starts = (0, 2, 2 + retrieve_ms, 2 + retrieve_ms + rerank_ms, 2 + retrieve_ms + rerank_ms + generate_ms)
    lengths = (starts[4] + 4, retrieve_ms, rerank_ms, generate_ms, 2)
    found = [
        {"id": f"doc-{rng.randint(1, 9999)}", "score": round(rng.random(), 4), "content": text}
        for text in documents
    ]
    prompt = [
        {
            "role": "system",
            "parts": [{"type": "text", "content": "Answer from the context. Say so when it is not there."}],
        },
        {
            "role": "user",
            "parts": [{"type": "text", "content": "\n\n".join(documents)[:1300] + "\n\n" + question}],
        },
    ]
    reply = [{"role": "assistant", "parts": [{"type": "text", "content": answer}], "finish_reason": "stop"}]
    input_tokens, output_tokens = rng.randint(400, 900), rng.randint(100, 260)
    attributes: tuple[dict[str, object], ...] = (
        {
            "spanglass.kind": "chain",
            "feature": rng.choice(FEATURES),
            "team": rng.choice(TEAMS),
            "user.id": f"user-{rng.randint(1, 5000)}",
            "session.id": f"session-{rng.randint(1, 50_000)}",
            "http.route": "/ask",
            "http.response.status_code": 500 if is_failure else 200,
            "input.value": question,
            "output.value": answer,
        },
        {
            "gen_ai.operation.name": "retrieval",
            "db.system.name": "pgvector",
            "top_k": 3,
            "gen_ai.retrieval.query.text": question,
            "gen_ai.retrieval.documents": json.dumps(found),
        },
        {
            "openinference.span.kind": "RERANKER",
            "reranker.model_name": "rerank-v3",
            "reranker.top_k": 3,
            "reranker.query": question,
            "output.value": json.dumps(found),
        },
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": f"resp-{rng.getrandbits(64):016x}",
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 1024,
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.request.stream": True,
            "gen_ai.response.time_to_first_chunk": round(generate_ms / 4000, 4),
            "gen_ai.input.messages": json.dumps(prompt),
            "gen_ai.output.messages": json.dumps(reply),
        },
        {"spanglass.kind": "guardrail", "guardrail.passed": True},
    )
    names = ("rag_pipeline", "vector_retrieve", "rerank", f"chat {model}", "check_answer")
    planned = []
    for index, name in enumerate(names):
        span = scope_spans.spans.add()
        span.name = name
        span.kind = SPAN_KINDS[index]
        for key, value in attributes[index].items():
            span.attributes.append(_attribute(key, value))
        if is_failure and index in (0, 3):
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = "overloaded_error: try again later"
        planned.append(
            _Planned(span, None if index == 0 else 0, int(starts[index] * ms), int(lengths[index] * ms))
        )
    return planned


def _attribute(key: str, value: object) -> KeyValue:
    any_value = AnyValue()
    match value:
        case bool():
            any_value.bool_value = value
        case int():
            any_value.int_value = value
        case float():
            any_value.double_value = value
        case list():
            any_value.array_value.values.extend(AnyValue(string_value=str(item)) for item in value)
        case _:
            any_value.string_value = str(value)
    return KeyValue(key=key, value=any_value)


def _locate(request: ExportTraceServiceRequest, planned: list[_Planned]) -> RequestTemplate:
    """Find where ids and times stand in the encoding by writing unique marks there first."""
    marks = random.Random(7)
    spans, times = len(planned), []
    trace_marks = [marks.randbytes(16) for _ in range(spans)]
    span_marks = [marks.randbytes(8) for _ in range(spans)]
    parent_marks = [marks.randbytes(8) for _ in range(spans)]
    for index, plan in enumerate(planned):
        plan.span.trace_id, plan.span.span_id = trace_marks[index], span_marks[index]
        plan.span.parent_span_id = b"" if plan.parent is None else parent_marks[index]
        times.append((marks.getrandbits(62) | 1 << 61, marks.getrandbits(62) | 1 << 61))
        plan.span.start_time_unix_nano, plan.span.end_time_unix_nano = times[-1]
    body = request.SerializeToString()

    def at(mark: bytes) -> int:
        offset = body.find(mark)
        if offset < 0 or body.find(mark, offset + 1) >= 0:
            raise ValueError("a mark is not unique in the encoding")
        return offset

    children = [index for index, plan in enumerate(planned) if plan.parent is not None]
    return RequestTemplate(
        body=np.frombuffer(bytearray(body), dtype=np.uint8),
        spans=spans,
        trace_at=np.array([at(mark) for mark in trace_marks]),
        trace_of=np.arange(spans) // SPANS_PER_TRACE,
        span_at=np.array([at(mark) for mark in span_marks]),
        parent_at=np.array([at(parent_marks[index]) for index in children]),
        child_of=np.array(children),
        parent_of=np.array([index // SPANS_PER_TRACE * SPANS_PER_TRACE for index in children]),
        start_at=np.array([at(start.to_bytes(8, "little")) for start, _ in times]),
        end_at=np.array([at(end.to_bytes(8, "little")) for _, end in times]),
        start_ns=np.array([plan.start_ns for plan in planned]),
        duration_ns=np.array([plan.duration_ns for plan in planned]),
        response_at=np.array([found.start() + 5 for found in re.finditer(rb"resp-[0-9a-f]{16}", body)]),
    )
