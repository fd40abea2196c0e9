"""A span's facts: what settling its trace needs to know."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import orjson

from spanglass_server.model.span import (
    INHERITED_FEATURE,
    INHERITED_SESSION,
    INHERITED_TEAM,
    INHERITED_USER,
    Span,
)
from spanglass_server.normalize.facts import SpanFacts
from spanglass_server.normalize.origin import ResourceFacts, read_resource_facts

_FIELD: Final = {name: index for index, name in enumerate(Span._fields)}


def _fields(*names: str) -> Callable[[Span], tuple[Any, ...]]:
    """Reads these fields of a span at once."""
    return itemgetter(*(_FIELD[name] for name in names))


_head: Final = _fields(
    *("trace_id", "span_id", "parent_span_id", "start_time_ns", "end_time_ns"),
    *("name", "kind", "otlp_kind", "dialect"),
)
_middle: Final = _fields(
    *("response_id", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("reasoning_tokens", "cost_usd", "cost_source", "reported_cost_usd"),
)
_origin: Final = _fields("service", "environment", "release")
_identity: Final = _fields("feature", "team", "user_id", "session_id")
_tail: Final = _fields("trace_name", "input_preview", "output_preview")

_KNOWN_MAX: Final = 4096
_scope_names: Final[dict[str, str]] = {}
_resources: Final[dict[str, ResourceFacts]] = {}


def facts_of(span: Span) -> SpanFacts:
    """The digest of a fresh span or of a stored row. Inherited values are not the span's own and left out."""
    resource = _resource_facts(span.resource)
    own = _identity(span) if not span.inherited else _own_identity(span)
    values = (
        *_head(span),
        _scope_name(span.scope),
        span.status,
        span.error_type,
        span.provider,
        span.response_model or span.request_model,
        *_middle(span),
        bool(span.input or span.output or span.input_preview or span.output_preview),
        *_origin(span),
        *own,
        span.tags,
        _trace_metadata(span),
        *_tail(span),
        *resource,
    )
    return tuple.__new__(SpanFacts, values)


def _trace_metadata(span: Span) -> str:
    told = span.trace_metadata
    if not told:
        return span.metadata
    return "" if told == "{}" else told


def _own_identity(span: Span) -> tuple[str, str, str, str]:
    bits = span.inherited
    return (
        "" if bits & INHERITED_FEATURE else span.feature,
        "" if bits & INHERITED_TEAM else span.team,
        "" if bits & INHERITED_USER else span.user_id,
        "" if bits & INHERITED_SESSION else span.session_id,
    )


def _scope_name(scope_json: str) -> str:
    """Senders have few scopes, so each JSON text is decoded once."""
    name = _scope_names.get(scope_json)
    if name is None:
        decoded = orjson.loads(scope_json) if scope_json else {}
        name = str(decoded.get("name") or "")
        if len(_scope_names) >= _KNOWN_MAX:
            _scope_names.clear()
        _scope_names[scope_json] = name
    return name


def _resource_facts(resource_json: str) -> ResourceFacts:
    facts = _resources.get(resource_json)
    if facts is None:
        facts = read_resource_facts(resource_json)
        if len(_resources) >= _KNOWN_MAX:
            _resources.clear()
        _resources[resource_json] = facts
    return facts
