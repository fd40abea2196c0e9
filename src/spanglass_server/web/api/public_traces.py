"""A trace as the public sees it: asked for by the token of a public link and by nothing else.

No caller is authenticated here. What is told is chosen field by field: names, times, status, models, tokens
and costs; with payloads also what went in and came out. Never: the project, who it was for, other traces,
scores, logs, raw attributes, resources.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.insight.critical_path import TimedSpan, measure_spans
from spanglass_server.store.public_links import PublicLink
from spanglass_server.web.api.public_trace_models import PublicSpan, PublicTrace
from spanglass_server.web.api.shape import (
    Json,
    json_response,
    span_json,
    time_text,
    trace_json,
    whole_span_json,
)
from spanglass_server.web.api.traces import SpanId
from spanglass_server.web.callers import Serving
from spanglass_server.web.services import Services

Token = Annotated[str, Path(max_length=200)]

_HEADERS: Final = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}

_TRACE_FIELDS: Final = (
    *("trace_id", "name", "start_time", "end_time", "duration_ms", "status", "root_span_id", "service"),
    *("span_count", "error_count", "llm_call_count", "input_tokens", "output_tokens", "cache_read_tokens"),
    *("cache_write_tokens", "reasoning_tokens", "total_tokens", "cost_usd", "unpriced_count", "models"),
    *("providers", "kinds", "error_types"),
)
_SPAN_FIELDS: Final = (
    *("span_id", "parent_span_id", "trace_id", "name", "kind", "service", "start_time", "end_time"),
    *("duration_ms", "status", "error_type", "operation", "provider", "request_model", "response_model"),
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
    *("total_tokens", "cost_usd", "cost_details", "cost_source", "streaming", "ttft_ms", "finish_reasons"),
    *("cache_hit", "is_call", "is_billable", "critical_path_ms", "self_time_ms", "tool_name"),
)
_PAYLOAD_FIELDS: Final = (
    *("error_message", "request_parameters", "input", "output", "input_messages", "output_messages"),
    *("tool_calls", "documents"),
)


def build_router() -> APIRouter:
    router = APIRouter(tags=["public links"], prefix="/public")
    router.add_api_route("/traces/{token}", get_public_trace, response_model=PublicTrace)
    # Ids of Langfuse's SDKs may hold slashes.
    router.add_api_route("/traces/{token}/spans/{span_id:path}", get_public_span, response_model=PublicSpan)
    return router


def get_public_trace(services: Serving, token: Token) -> Response:
    """The trace that the link opens, and its spans in start order. Needs no key."""
    link = _open(services, token)
    found = services.reader.open_trace(link.project_id, link.trace_id, payloads=False)
    if found is None:
        raise _nothing()
    shape = [(s["span_id"], s["parent_span_id"], s["start_time_ns"], s["end_time_ns"]) for s in found.spans]
    times = measure_spans([TimedSpan(*each) for each in shape])
    return _answer(
        {
            "trace": _pick(trace_json(found.trace, {}), _TRACE_FIELDS),
            "spans": [_pick(span_json(s, times[s["span_id"]]), _SPAN_FIELDS) for s in found.spans],
            "with_payloads": link.with_payloads,
            "shared_by": link.created_by or None,
            "shared_at": time_text(link.created_at_ns),
            "expires_at": time_text(link.expires_at_ns),
        }
    )


def get_public_span(services: Serving, token: Token, span_id: SpanId) -> Response:
    """One span of it; with what went in and came out where the link opens that too. Needs no key."""
    link = _open(services, token)
    span = services.reader.find_span(link.project_id, link.trace_id, span_id)
    if span is None:
        raise _nothing()
    if not link.with_payloads:
        return _answer(_pick(span_json(span), _SPAN_FIELDS))
    logs = _logs_of(services, link, span)
    return _answer(_pick(whole_span_json(span, logs), (*_SPAN_FIELDS, *_PAYLOAD_FIELDS)))


def _open(services: Services, token: str) -> PublicLink:
    """Unknown, revoked and expired links are told alike."""
    link = services.public_links.find(token)
    if link is None or link.expires_at_ns <= services.now_ns():
        raise _nothing()
    return link


def _logs_of(services: Services, link: PublicLink, span: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Some conventions send a call's messages as logs."""
    logs = services.reader.list_trace_logs(link.project_id, link.trace_id)
    return [log for log in logs if log["span_id"] == span["span_id"]]


def _nothing() -> NotFound:
    return NotFound(
        "this link shows nothing", hint="it may have expired or been revoked: ask who gave it to you"
    )


def _pick(told: Json, fields: Sequence[str]) -> Json:
    return {name: told[name] for name in fields}


def _answer(told: Json) -> Response:
    response = json_response(told)
    response.headers.update(_HEADERS)
    return response
