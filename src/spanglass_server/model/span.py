"""The span as Spanglass understands it: one row, one meaning, whatever convention it came in."""

from typing import Literal, NamedTuple, TypeAlias, get_args

Kind: TypeAlias = Literal[
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "cache",
    "span",
]
KINDS: tuple[str, ...] = get_args(Kind)

Status: TypeAlias = Literal["ok", "error", "unset"]
CostSource: TypeAlias = Literal["catalog", "custom", "reported", "unpriced", ""]
"""Empty where there is nothing to price: the span is no model call, or its usage is unknown."""

INHERITED_FEATURE, INHERITED_TEAM, INHERITED_USER, INHERITED_SESSION = 1, 2, 4, 8
"""Bits of `Span.inherited`: the value came from an ancestor, the trace or the resource, not from the span."""


class Span(NamedTuple):
    """A normalized span; a row of the table `spans`, its fields in the table's column order.

    A named tuple because rows are made by the ten thousand a second and turned into columns by `zip`
    (docs/adr/0001-hot-path-values.md). Absent is None where a field may be None, else the empty value.
    """

    project_id: str
    trace_id: str
    span_id: str
    parent_span_id: str
    start_time_ns: int
    end_time_ns: int
    name: str
    kind: Kind
    otlp_kind: str
    """`unspecified`, `internal`, `server`, `client`, `producer`, `consumer`."""
    dialect: str
    """The convention that was read, e.g. `openinference`; `otel` where none."""
    service: str
    environment: str
    release: str
    status: Status
    error_type: str
    """One of rate_limit, overloaded, timeout, auth, invalid_request, server, content_filter where the error
    says so; else the exception's own type; empty without error."""
    error_message: str
    operation: str
    provider: str
    request_model: str
    response_model: str
    response_id: str
    """The provider's id of the response: the key by which one call told twice is recognized."""
    request_parameters: str
    """JSON object."""
    input_tokens: int | None
    """All input tokens, cached ones included."""
    output_tokens: int | None
    """All output tokens, reasoning included."""
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    """The part of `cache_write_tokens` that is kept an hour, at a higher price."""
    reasoning_tokens: int | None
    audio_input_tokens: int | None
    audio_output_tokens: int | None
    is_batch: bool
    """The call went through a batch API, at its lower price."""
    cost_usd: float | None
    cost_details: dict[str, float]
    """USD by token class: input, output, cache_read, cache_write ...; empty where unpriced."""
    cost_source: CostSource
    price_version: str
    reported_cost_usd: float | None
    """What the sender said it cost; kept beside ours."""
    streaming: bool | None
    ttft_ns: int | None
    finish_reasons: tuple[str, ...]
    """stop, tool_call, length, content_filter, error, or the provider's own word."""
    cache_hit: bool | None
    """Of an application's own (semantic) cache."""
    feature: str
    team: str
    user_id: str
    session_id: str
    inherited: int
    """INHERITED_* bits."""
    tags: tuple[str, ...]
    metadata: str
    """JSON object: the span's own and, as far as this span carries it, its trace's."""
    trace_metadata: str
    """JSON object: the part of `metadata` that speaks of the whole trace; empty where all of it does, or none
    is there."""
    trace_name: str
    """A name for the whole trace that this span carries (Langfuse's), else empty."""
    tool_name: str
    prompt_name: str
    prompt_version: str
    input: str
    output: str
    """Payload texts as sent (JSON or plain); the text index covers them. `input_key` and `output_key` name
    the attributes they were moved from: absent from `attributes`, and put back when a span is read."""
    input_key: str
    output_key: str
    input_preview: str
    output_preview: str
    """Readable first characters, for lists."""
    attributes: str
    """JSON object: all attributes but the two moved ones, types kept."""
    attribute_index: dict[str, str]
    """Scalar attributes with short values as text: what `attributes.KEY` filters on."""
    resource: str
    """JSON object."""
    scope: str
    """JSON object: name, version, attributes."""
    events: str
    """JSON array of {time_ns, name, attributes}."""
    links: str
    """JSON array of {trace_id, span_id, attributes}."""
    warnings: tuple[str, ...]
    """snake_case words, each explained in docs/warnings.md."""
    is_call: bool
    """The one span that stands for a model call, however many spans tell it. Decided per trace."""
    is_billable: bool
    """`is_call`, and the provider charges for it: the call's tokens and cost, where known, are this span's.
    Decided per trace, revised when later spans tell more."""
    version: int
    """Revision: nanoseconds of the commit that wrote the row; the highest wins."""
    ingest_key: str = ""
    """Public key of the API key that it was last sent with; empty where the server asks for none."""


class TraceSummary(NamedTuple):
    """What a list shows of a trace; a row of the table `traces`. Sums are over billable spans only."""

    project_id: str
    trace_id: str
    start_time_ns: int
    end_time_ns: int
    """Of all spans: the earliest start and the latest end."""
    name: str
    root_span_id: str
    """Empty while no root has arrived; the earliest orphan then gives name and previews."""
    status: Status
    """The root's; `error` too where a model call failed and the root did not say ok."""
    service: str
    environment: str
    release: str
    feature: str
    team: str
    user_id: str
    session_id: str
    tags: tuple[str, ...]
    metadata: str
    span_count: int
    error_count: int
    llm_call_count: int
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    unpriced_count: int
    """Billable calls without a price, and calls whose usage is unknown."""
    models: tuple[str, ...]
    providers: tuple[str, ...]
    kinds: tuple[str, ...]
    error_types: tuple[str, ...]
    input_preview: str
    output_preview: str
    is_deleted: bool
    """A tombstone: the trace's start moved to another hour (part of the key), or it was deleted."""
    version: int


class Log(NamedTuple):
    """A normalized log record; a row of the table `logs`."""

    project_id: str
    time_ns: int
    trace_id: str
    span_id: str
    log_id: str
    """Hash of the record's content: the same record sent twice is stored once."""
    severity_number: int
    """OpenTelemetry's, 1 to 24, also where only a word told it; 0 where nothing does (`model.severity`)."""
    severity_text: str
    """As sent."""
    service: str
    environment: str
    event_name: str
    body: str
    """Text, or JSON for a structured body."""
    attributes: str
    """JSON object."""
    attribute_index: dict[str, str]
    """Of the attributes, and of a structured line's fields (`normalize.log_lines`)."""
    resource: str
    scope: str
    version: int
