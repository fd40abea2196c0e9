"""Rows of the store as the JSON of docs/api.md. Plain dicts: a trace may have ten thousand spans."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from fastapi import Response

from spanglass_server.insight.critical_path import SpanTime
from spanglass_server.model.severity import severity_of
from spanglass_server.normalize.log_lines import read_line
from spanglass_server.normalize.messages.render import render
from spanglass_server.normalize.messages.source import RenderLog
from spanglass_server.normalize.values import printable
from spanglass_server.wire.records import EventRecord

Row: TypeAlias = Mapping[str, Any]
Json: TypeAlias = dict[str, Any]


def json_response(content: object, *, status: int = 200) -> Response:
    try:
        body = orjson.dumps(content)
    except orjson.JSONEncodeError:  # Data nested deeper than it writes.
        body = orjson.dumps(printable(content))  # type: ignore[arg-type]  # Plain JSON data.
    return Response(body, status, media_type="application/json")


def time_text(time_ns: int) -> str:
    """RFC 3339 with nanoseconds, UTC."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return f"{_second_text(seconds)}.{nanoseconds:09d}Z"


@lru_cache(maxsize=4096)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def milliseconds(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / 1_000_000


def trace_json(row: Row, scores: Json) -> Json:
    """`scores` as `score_shape.summarize_scores` gives them."""
    return {
        "trace_id": row["trace_id"],
        "name": row["name"],
        "start_time": time_text(row["start_time_ns"]),
        "end_time": time_text(row["end_time_ns"]),
        "duration_ms": milliseconds(row["end_time_ns"] - row["start_time_ns"]),
        "status": row["status"],
        "root_span_id": row["root_span_id"] or None,
        **_identity(row),
        "span_count": row["span_count"],
        "error_count": row["error_count"],
        "llm_call_count": row["llm_call_count"],
        **_tokens(row),
        "cost_usd": row["cost_usd"],
        "unpriced_count": row["unpriced_count"],
        "scores": scores,
        "input_preview": row["input_preview"] or None,
        "output_preview": row["output_preview"] or None,
        "models": row["models"],
        "providers": row["providers"],
        "kinds": row["kinds"],
        "error_types": row["error_types"],
    }


def span_json(row: Row, time: SpanTime | None = None, scores: Sequence[Json] = ()) -> Json:
    """Without payloads: what a waterfall needs."""
    return {
        "span_id": row["span_id"],
        "parent_span_id": row["parent_span_id"] or None,
        "trace_id": row["trace_id"],
        "name": row["name"],
        "kind": row["kind"],
        "start_time": time_text(row["start_time_ns"]),
        "end_time": time_text(row["end_time_ns"]),
        "duration_ms": milliseconds(row["end_time_ns"] - row["start_time_ns"]),
        "status": row["status"],
        "error_type": row["error_type"] or None,
        "error_message": row["error_message"] or None,
        "operation": row["operation"] or None,
        "provider": row["provider"] or None,
        "request_model": row["request_model"] or None,
        "response_model": row["response_model"] or None,
        "response_id": row["response_id"] or None,
        **_tokens(row),
        "cache_write_1h_tokens": row["cache_write_1h_tokens"],
        "audio_input_tokens": row["audio_input_tokens"],
        "audio_output_tokens": row["audio_output_tokens"],
        "cost_usd": row["cost_usd"],
        "cost_details": row["cost_details"] or None,
        "cost_source": row["cost_source"] or None,
        "price_version": row["price_version"] or None,
        "reported_cost_usd": row["reported_cost_usd"],
        "streaming": row["streaming"],
        "ttft_ms": milliseconds(row["ttft_ns"]),
        "finish_reasons": row["finish_reasons"],
        "cache_hit": row["cache_hit"],
        "warnings": row["warnings"],
        "is_call": row["is_call"],
        "is_billable": row["is_billable"],
        "critical_path_ms": milliseconds(time.critical_path_ns) if time else None,
        "self_time_ms": milliseconds(time.self_time_ns) if time else None,
        "dialect": row["dialect"] or None,
        "otlp_kind": row["otlp_kind"] or None,
        **_identity(row),
        "tool_name": row["tool_name"] or None,
        "prompt_name": row["prompt_name"] or None,
        "prompt_version": row["prompt_version"] or None,
        "input_preview": row["input_preview"] or None,
        "output_preview": row["output_preview"] or None,
        "scores": scores,
    }


def whole_span_json(
    row: Row, logs: Sequence[Row], time: SpanTime | None = None, scores: Sequence[Json] = ()
) -> Json:
    """With payloads, messages rendered. `logs` are those of the span."""
    attributes = _attributes(row)
    events = _json_list(row["events"])
    return {
        **span_json(row, time, scores),
        "request_parameters": _json_object(row["request_parameters"]) or None,
        "input": _payload(row["input"]),
        "output": _payload(row["output"]),
        **_messages(row, attributes, events, logs),
        "attributes": attributes,
        "resource": _json_object(row["resource"]),
        "scope": _json_object(row["scope"]) or None,
        "events": [_event_json(event) for event in events],
        "links": _json_list(row["links"]),
    }


def log_json(row: Row) -> Json:
    body = _payload(row["body"])
    line = read_line(body)
    return {
        # With its time in it, the id finds its record without a search.
        "log_id": f"{row['time_ns']:x}-{row['log_id']}",
        "time": time_text(row["time_ns"]),
        "severity": severity_of(row["severity_number"]),
        "severity_number": row["severity_number"] or None,
        "severity_text": row["severity_text"] or None,
        "service": row["service"] or None,
        "environment": row["environment"] or None,
        "event_name": row["event_name"] or None,
        "message": line.message if line else body if isinstance(body, str) else None,
        "fields": line.fields if line else {},
        "body": body,
        "attributes": _json_object(row["attributes"]),
        "trace_id": row["trace_id"] or None,
        "span_id": row["span_id"] or None,
        "resource": _json_object(row["resource"]),
        "scope": _json_object(row["scope"]) or None,
        "is_cut": bool(row.get("is_cut", False)),
    }


def _identity(row: Row) -> Json:
    return {
        "service": row["service"] or None,
        "environment": row["environment"] or None,
        "release": row["release"] or None,
        "feature": row["feature"] or None,
        "team": row["team"] or None,
        "user_id": row["user_id"] or None,
        "session_id": row["session_id"] or None,
        "tags": row["tags"],
        "metadata": _json_object(row["metadata"]),
    }


def _tokens(row: Row) -> Json:
    input_tokens, output_tokens = row["input_tokens"], row["output_tokens"]
    is_unknown = input_tokens is None and output_tokens is None
    return {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": row["cache_read_tokens"],
        "cache_write_tokens": row["cache_write_tokens"],
        "reasoning_tokens": row["reasoning_tokens"],
        "total_tokens": None if is_unknown else (input_tokens or 0) + (output_tokens or 0),
    }


def _messages(row: Row, attributes: Json, events: Sequence[Json], logs: Sequence[Row]) -> Json:
    rendered = render(
        attributes=attributes,
        events=[EventRecord(event["time_ns"], event["name"], event["attributes"]) for event in events],
        logs=[
            RenderLog(log["event_name"], _payload(log["body"]), _json_object(log["attributes"]))
            for log in logs
        ],
        kind=row["kind"],
        dialect=row["dialect"],
        name=row["name"],
    )
    return {
        "input_messages": [message.to_json() for message in rendered.input_messages] or None,
        "output_messages": [message.to_json() for message in rendered.output_messages] or None,
        "tool_calls": [call.to_paired_json() for call in rendered.tool_calls] or None,
        "documents": [document.to_json() for document in rendered.documents] or None,
    }


def _attributes(row: Row) -> Json:
    """All attributes, with the two that became columns back under their keys."""
    attributes = _json_object(row["attributes"])
    for key, value in ((row["input_key"], row["input"]), (row["output_key"], row["output"])):
        if key:
            attributes[key] = value
    return attributes


def _event_json(event: Json) -> Json:
    return {"time": time_text(event["time_ns"]), "name": event["name"], "attributes": event["attributes"]}


def _payload(text: str) -> Any:
    """A JSON value where it was JSON, else the text. A bare number or word is text: `007` is no 7."""
    if not text:
        return None
    if text[0] in '{["':
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def _json_object(text: str) -> Json:
    found: Json = orjson.loads(text) if text else {}
    return found


def _json_list(text: str) -> list[Json]:
    found: list[Json] = orjson.loads(text) if text else []
    return found
