"""The shapes of docs/api.md, for the OpenAPI document. Answers are built as plain dicts (`shape`); tests hold
the two together."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from spanglass_server.model.severity import Severity
from spanglass_server.model.span import Kind, Status
from spanglass_server.query.fields import FieldType, Target
from spanglass_server.web.api.score_models import Score

Object = dict[str, Any]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(Shape):
    """RFC 9457."""

    type: str = Field(examples=["urn:spanglass:problem:query-invalid"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["there is no field `modle`"])
    hint: str | None = Field(examples=["did you mean `model`?\nkind:llm modle:gpt*\n         ^"])
    column: int | None = Field(default=None, description="0-based place in the filter.", examples=[9])
    limit: str | None = Field(default=None, description="The limit that was hit.")


class Identity(Shape):
    service: str | None
    environment: str | None
    release: str | None
    feature: str | None
    team: str | None
    user_id: str | None
    session_id: str | None
    tags: list[str]
    metadata: Object


class Tokens(Shape):
    input_tokens: int | None = Field(description="All input tokens, cached ones included.")
    output_tokens: int | None = Field(description="All output tokens, reasoning included.")
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None


class Trace(Identity, Tokens):
    trace_id: str = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    name: str
    start_time: datetime = Field(examples=["2026-01-31T09:30:00.123456789Z"])
    end_time: datetime
    duration_ms: float
    status: Status
    root_span_id: str | None
    span_count: int
    error_count: int
    llm_call_count: int
    cost_usd: float | None = Field(description="Null where no price is known; never a default.")
    unpriced_count: int
    scores: dict[str, float | bool | str] = Field(
        description="By name: of the trace itself, else of its spans. The mean of numbers, else the newest.",
        examples=[{"quality": 0.8}],
    )
    input_preview: str | None
    output_preview: str | None
    models: list[str]
    providers: list[str]
    kinds: list[str]
    error_types: list[str]


class SpanHead(Identity, Tokens):
    span_id: str = Field(examples=["00f067aa0ba902b7"])
    parent_span_id: str | None
    trace_id: str
    name: str
    kind: Kind
    start_time: datetime
    end_time: datetime
    duration_ms: float
    status: Status
    error_type: str | None
    error_message: str | None
    operation: str | None
    provider: str | None
    request_model: str | None
    response_model: str | None
    response_id: str | None
    cache_write_1h_tokens: int | None
    audio_input_tokens: int | None
    audio_output_tokens: int | None
    cost_usd: float | None
    cost_details: dict[str, float] | None
    cost_source: Literal["catalog", "custom", "reported", "unpriced"] | None
    price_version: str | None
    reported_cost_usd: float | None
    streaming: bool | None
    ttft_ms: float | None
    finish_reasons: list[str]
    cache_hit: bool | None
    warnings: list[str]
    is_call: bool
    is_billable: bool
    critical_path_ms: float | None = Field(description="Computed when a trace is opened, else null.")
    self_time_ms: float | None
    dialect: str | None
    otlp_kind: str | None
    tool_name: str | None
    prompt_name: str | None
    prompt_version: str | None
    input_preview: str | None
    output_preview: str | None
    scores: list[Score]


class Message(Shape):
    role: Literal["system", "user", "assistant", "tool"]
    parts: list[Object]
    name: str | None = None
    finish_reason: str | None = None


class ToolCall(Shape):
    id: str | None
    name: str
    arguments: Any
    result: Any = None


class Document(Shape):
    id: str | None
    content: str | None
    score: float | None
    metadata: Object | None


class SpanEvent(Shape):
    time: datetime
    name: str
    attributes: Object


class SpanLink(Shape):
    trace_id: str
    span_id: str
    attributes: Object


class Span(SpanHead):
    request_parameters: Object | None
    input: Any
    output: Any
    input_messages: list[Message] | None
    output_messages: list[Message] | None
    tool_calls: list[ToolCall] | None
    documents: list[Document] | None
    attributes: Object
    resource: Object
    scope: Object | None
    events: list[SpanEvent]
    links: list[SpanLink]


class Log(Shape):
    log_id: str
    time: datetime
    severity: Severity | None = Field(description="Its class, whatever words the sender has for it.")
    severity_number: int | None = Field(description="OpenTelemetry's, 1 to 24.")
    severity_text: str | None = Field(description="As sent.")
    service: str | None
    environment: str | None
    event_name: str | None
    message: str | None = Field(description="The body's text, or the message of a structured line.")
    fields: Object = Field(description="The other fields of a structured line.")
    body: Any
    attributes: Object
    trace_id: str | None
    span_id: str | None
    resource: Object
    scope: Object | None
    is_cut: bool = Field(description="The body or the attributes are too long for a list.")


class SpanWithLogs(Span):
    logs: list[Log]


class LogPage(Shape):
    items: list[Log]
    next_cursor: str | None
    tail_cursor: str | None = Field(description="What `after` takes, to follow what arrives.")


class LogBucket(Shape):
    start_time: datetime
    count: int
    by_severity: dict[Severity | Literal["unknown"], int]


class LogHistogram(Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    bucket_ms: float
    buckets: list[LogBucket]


class TracePage(Shape):
    items: list[Trace]
    next_cursor: str | None


class SpanPage(Shape):
    items: list[Span | SpanHead]
    next_cursor: str | None


class TraceDetail(Shape):
    trace: Trace
    spans: list[Span | SpanHead]
    scores: list[Score] = Field(description="Of the trace itself, oldest first; its spans have their own.")


class Found(Shape):
    span_ids: list[str]


class FacetValue(Shape):
    value: str
    count: int


class Facet(Shape):
    field: str
    target: Target
    values: list[FacetValue]


class FieldInfo(Shape):
    name: str = Field(examples=["duration"])
    aliases: list[str]
    type: FieldType
    unit: str | None
    description: str
    operators: list[str]
    choices: list[str]
    example: str = Field(examples=["duration>2s"])
    is_facet: bool


class Fields(Shape):
    fields: list[FieldInfo]


class Bucket(Shape):
    start_time: datetime
    count: int
    error_count: int
    duration_p50_ms: float | None
    duration_p90_ms: float | None
    duration_p99_ms: float | None
    total_tokens: int | None
    cost_usd: float | None
    unpriced_count: int


class Histogram(Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    bucket_ms: float
    buckets: list[Bucket]


class Media(Shape):
    media_id: str
    content_type: str
    length_bytes: int
    uploaded_at: datetime
    url: str
    url_expires_at: datetime


class Storage(Shape):
    engine: str
    disk_bytes: int


class ServerStatus(Shape):
    version: str
    auth: Literal["off", "required"]
    project: str
    started_at: datetime
    storage: Storage
    ingest: dict[str, int]


class Project(Shape):
    id: str
    name: str
    retention_days: int | None
    created_at: datetime


class Projects(Shape):
    items: list[Project]


class Retention(BaseModel):
    days: int | None = Field(ge=1, le=36500, description="Null keeps for ever.", examples=[30])
