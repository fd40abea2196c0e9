"""What an OTLP body says, as plain records: bytes are gone, meaning has not yet come.

Records are named tuples, not dataclasses: the hot path makes tens of thousands a second, and a tuple
is the cheapest immutable value Python has (docs/adr/0001-hot-path-values.md).
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

AttributeValue: TypeAlias = (
    "str | bool | int | float | bytes | list[AttributeValue] | dict[str, AttributeValue] | None"
)
"""OTLP's AnyValue. A kvlist is a dict, an array a list; an unset value is None."""

Attributes: TypeAlias = dict[str, AttributeValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One per ResourceSpans; every record of it holds the same object."""

    attributes: Attributes
    schema_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One per ScopeSpans; every record of it holds the same object."""

    name: str
    version: str
    attributes: Attributes
    schema_url: str = ""


class EventRecord(NamedTuple):
    time_ns: int
    name: str
    attributes: Attributes


class LinkRecord(NamedTuple):
    trace_id: str
    span_id: str
    attributes: Attributes


class SpanRecord(NamedTuple):
    """One span as sent. Ids are lower-case hex (Langfuse events may bring any text up to 800 characters)."""

    trace_id: str
    span_id: str
    parent_span_id: str
    """Empty for a root."""
    name: str
    otlp_kind: int
    """OTLP SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer."""
    start_time_ns: int
    end_time_ns: int
    status_code: int
    """OTLP StatusCode: 0 unset, 1 ok, 2 error."""
    status_message: str
    attributes: Attributes
    events: tuple[EventRecord, ...]
    links: tuple[LinkRecord, ...]
    resource: Resource
    scope: Scope
    trace_state: str = ""
    dropped_attributes_count: int = 0
    dropped_events_count: int = 0
    dropped_links_count: int = 0


class LogRecord(NamedTuple):
    """One OTLP log record as sent. `trace_id` and `span_id` are empty where the sender gave none."""

    time_ns: int
    """`time_unix_nano`, else `observed_time_unix_nano`, else 0."""
    trace_id: str
    span_id: str
    severity_number: int
    severity_text: str
    event_name: str
    """The record's `event_name`, else its attribute `event.name`, else empty."""
    body: AttributeValue
    attributes: Attributes
    resource: Resource
    scope: Scope


class Rejection(NamedTuple):
    """One span or log record that was not taken: why, and which."""

    reason: str
    """A sentence that names what was wrong, where, and what to do."""
    item: str
    """`trace_id/span_id` where known, else a position such as `resource_spans[0].scope_spans[1].spans[7]`."""
