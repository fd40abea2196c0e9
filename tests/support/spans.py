"""Realistic rows for tests, from a factory whose ids and times count upwards: the same in every run."""

import itertools
from typing import Any

from spanglass_server.model.span import Log, Span, TraceSummary

EPOCH_NS = 1_790_000_000_000_000_000
"""2026-09-21, a Monday, in the middle of an hour."""
SECOND_NS = 1_000_000_000

_BLANK = Span(
    project_id="", trace_id="", span_id="", parent_span_id="", start_time_ns=0, end_time_ns=0,
    name="step", kind="span", otlp_kind="internal", dialect="otel", service="rag-api", environment="prod",
    release="1.4.2", status="unset", error_type="", error_message="", operation="", provider="",
    request_model="", response_model="", response_id="", request_parameters="{}", input_tokens=None,
    output_tokens=None, cache_read_tokens=None, cache_write_tokens=None, cache_write_1h_tokens=None,
    reasoning_tokens=None, audio_input_tokens=None, audio_output_tokens=None, is_batch=False, cost_usd=None,
    cost_details={}, cost_source="", price_version="", reported_cost_usd=None, streaming=None, ttft_ns=None,
    finish_reasons=(), cache_hit=None, feature="", team="", user_id="", session_id="", inherited=0, tags=(),
    metadata="{}", trace_metadata="",
    trace_name="", tool_name="", prompt_name="", prompt_version="", input="", output="",
    input_key="", output_key="", input_preview="", output_preview="", attributes="{}", attribute_index={},
    resource='{"service.name":"rag-api"}', scope='{"name":"rag","version":"","attributes":{}}', events="[]",
    links="[]", warnings=(), is_call=False, is_billable=False, version=1,
)  # fmt: skip
_MODEL_CALL: dict[str, Any] = {
    "name": "chat claude-haiku-4-5", "kind": "llm", "otlp_kind": "client", "operation": "chat",
    "provider": "anthropic", "request_model": "claude-haiku-4-5", "response_model": "claude-haiku-4-5",
    "request_parameters": '{"temperature":0.2}', "input_tokens": 600, "output_tokens": 150,
    "cost_usd": 0.00135, "cost_details": {"input": 0.0006, "output": 0.00075}, "cost_source": "catalog",
    "price_version": "2026-11", "streaming": True, "ttft_ns": 300_000_000, "finish_reasons": ("stop",),
    "input_key": "gen_ai.input.messages", "output_key": "gen_ai.output.messages",
    "input": '[{"role":"user","parts":[{"type":"text","content":"How do refunds work?"}]}]',
    "output": '[{"role":"assistant","parts":[{"type":"text","content":"Within 30 days."}]}]',
    "input_preview": "How do refunds work?", "output_preview": "Within 30 days.",
    "is_call": True, "is_billable": True,
}  # fmt: skip


class SpanFactory:
    """Spans of one project. Ids count, times advance by a millisecond a span from `EPOCH_NS`."""

    def __init__(self, project_id: str) -> None:
        self.project_id = project_id
        self._counter = itertools.count(1)

    def trace_id(self) -> str:
        return f"{next(self._counter):032x}"

    def span(self, **fields: Any) -> Span:
        """A plain span of a trace of its own unless told otherwise; lasts 10 ms."""
        number = next(self._counter)
        start_ns = fields.get("start_time_ns", EPOCH_NS + number * 1_000_000)
        own = {
            "project_id": self.project_id,
            "trace_id": f"{number:032x}",
            "span_id": f"{number:016x}",
            "start_time_ns": start_ns,
            "end_time_ns": start_ns + 10_000_000,
        }
        return _BLANK._replace(**{**own, **fields})

    def call(self, **fields: Any) -> Span:
        """A billable model call with text, tokens and cost."""
        return self.span(**{**_MODEL_CALL, **fields})

    def rag_trace(self, **fields: Any) -> list[Span]:
        """A pipeline of five spans: chain, retriever, reranker, llm, guardrail; `fields` go to each."""
        start_ns = fields.pop("start_time_ns", EPOCH_NS + next(self._counter) * SECOND_NS)
        trace_id = fields.pop("trace_id", None) or self.trace_id()
        common = {"trace_id": trace_id, **fields}
        root = self.span(
            **common, name="rag_pipeline", kind="chain", otlp_kind="server", start_time_ns=start_ns,
            end_time_ns=start_ns + SECOND_NS, attributes='{"http.route":"/ask"}',
            attribute_index={"http.route": "/ask"}, input="How do refunds work?", output="Within 30 days.",
            input_key="input.value", output_key="output.value", input_preview="How do refunds work?",
            output_preview="Within 30 days.",
        )  # fmt: skip
        child = {**common, "parent_span_id": root.span_id}
        return [
            root,
            self.span(**child, name="vector_retrieve", kind="retriever", start_time_ns=start_ns + 2_000_000),
            self.span(**child, name="rerank", kind="reranker", start_time_ns=start_ns + 100_000_000),
            self.call(**child, start_time_ns=start_ns + 200_000_000, end_time_ns=start_ns + 900_000_000),
            self.span(**child, name="check", kind="guardrail", start_time_ns=start_ns + 950_000_000),
        ]

    def summary(self, spans: list[Span], **fields: Any) -> TraceSummary:
        """What a settled trace of these spans shows, by the plainest rules."""
        root, calls = spans[0], [span for span in spans if span.is_billable]
        row = TraceSummary(
            project_id=root.project_id, trace_id=root.trace_id,
            start_time_ns=min(span.start_time_ns for span in spans),
            end_time_ns=max(span.end_time_ns for span in spans), name=root.name, root_span_id=root.span_id,
            status=root.status, service=root.service, environment=root.environment, release=root.release,
            feature=root.feature, team=root.team, user_id=root.user_id, session_id=root.session_id,
            tags=root.tags, metadata=root.metadata, span_count=len(spans),
            error_count=sum(span.status == "error" for span in spans), llm_call_count=len(calls),
            input_tokens=sum(span.input_tokens or 0 for span in calls) if calls else None,
            output_tokens=sum(span.output_tokens or 0 for span in calls) if calls else None,
            cache_read_tokens=None, cache_write_tokens=None, reasoning_tokens=None,
            cost_usd=sum(span.cost_usd or 0 for span in calls) if calls else None,
            unpriced_count=sum(span.cost_usd is None for span in calls),
            models=tuple(sorted({span.response_model for span in calls})),
            providers=tuple(sorted({span.provider for span in calls})),
            kinds=tuple(sorted({span.kind for span in spans})),
            error_types=tuple(sorted({span.error_type for span in spans if span.error_type})),
            input_preview=root.input_preview, output_preview=root.output_preview, is_deleted=False,
            version=max(span.version for span in spans),
        )  # fmt: skip
        return row._replace(**fields)

    def log(self, **fields: Any) -> Log:
        number = next(self._counter)
        row = Log(
            project_id=self.project_id, time_ns=EPOCH_NS + number * 1_000_000, trace_id="", span_id="",
            log_id=f"{number:032x}", severity_number=9, severity_text="INFO", service="rag-api",
            environment="prod", event_name="", body="retrieved 3 documents", attributes="{}",
            attribute_index={}, resource='{"service.name":"rag-api"}', scope="{}", version=1,
        )  # fmt: skip
        return row._replace(**fields)
