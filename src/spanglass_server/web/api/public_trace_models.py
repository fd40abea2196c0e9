"""The shapes of what public links show, for the OpenAPI document."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from spanglass_server.model.span import Kind, Status
from spanglass_server.web.api.models import Document, Message, Shape, Tokens, ToolCall


class PublicTraceHead(Tokens):
    trace_id: str
    name: str
    start_time: datetime
    end_time: datetime
    duration_ms: float
    status: Status
    root_span_id: str | None
    service: str | None
    span_count: int
    error_count: int
    llm_call_count: int
    cost_usd: float | None
    unpriced_count: int
    models: list[str]
    providers: list[str]
    kinds: list[str]
    error_types: list[str]


class PublicSpan(Tokens):
    span_id: str
    parent_span_id: str | None
    trace_id: str
    name: str
    kind: Kind
    service: str | None
    start_time: datetime
    end_time: datetime
    duration_ms: float
    status: Status
    error_type: str | None
    operation: str | None
    provider: str | None
    request_model: str | None
    response_model: str | None
    cost_usd: float | None
    cost_details: dict[str, float] | None
    cost_source: Literal["catalog", "custom", "reported", "unpriced"] | None
    streaming: bool | None
    ttft_ms: float | None
    finish_reasons: list[str]
    cache_hit: bool | None
    is_call: bool
    is_billable: bool
    critical_path_ms: float | None
    self_time_ms: float | None
    tool_name: str | None
    error_message: str | None = Field(default=None, description="This and what follows: with payloads only.")
    request_parameters: dict[str, Any] | None = None
    input: Any = None
    output: Any = None
    input_messages: list[Message] | None = None
    output_messages: list[Message] | None = None
    tool_calls: list[ToolCall] | None = None
    documents: list[Document] | None = None


class PublicTrace(Shape):
    trace: PublicTraceHead
    spans: list[PublicSpan] = Field(description="Without payloads; each is asked for by itself.")
    with_payloads: bool
    shared_by: str | None = Field(description="Who to ask.")
    shared_at: datetime
    expires_at: datetime
