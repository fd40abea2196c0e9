"""What settling a trace needs to know of each span: small enough to keep in memory for recent traces."""

from typing import NamedTuple

from spanglass_server.model.span import CostSource, Kind, Status


class SpanFacts(NamedTuple):
    """A digest of one span. Made from a fresh `Span` or from a stored row; the two are equal.

    `feature`, `team`, `user_id`, `session_id` are the span's own values, empty where the stored value is
    inherited from elsewhere.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    start_time_ns: int
    end_time_ns: int
    name: str
    kind: Kind
    otlp_kind: str
    dialect: str
    scope_name: str
    status: Status
    error_type: str
    provider: str
    model: str
    """The response's model, else the request's."""
    response_id: str
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    cost_source: CostSource
    reported_cost_usd: float | None
    has_payload: bool
    """The span carries messages, so it can stand for the call in the reader's eyes."""
    service: str
    environment: str
    release: str
    feature: str
    team: str
    user_id: str
    session_id: str
    tags: tuple[str, ...]
    metadata: str
    """What the span says of its trace."""
    trace_name: str
    input_preview: str
    output_preview: str
    resource_feature: str
    resource_team: str


class Verdict(NamedTuple):
    """What settling decided of one span."""

    trace_id: str
    span_id: str
    is_call: bool
    is_billable: bool
    feature: str
    team: str
    user_id: str
    session_id: str
    inherited: int
