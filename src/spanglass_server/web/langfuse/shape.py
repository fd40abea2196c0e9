"""Traces, observations and sessions as Langfuse's API gives them.

An observation is a span; the record of a trace that was told without a root span (its id is the trace's) is
the trace itself and no observation. What a Langfuse SDK said of a span stands in its `langfuse.*` attributes
and is given back as it was said; other senders' spans are told in the same words.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

import orjson

from spanglass_server.normalize.identity import decode_metadata
from spanglass_server.normalize.langfuse_spans import TRACE_MARK
from spanglass_server.normalize.origin import decodes_metadata
from spanglass_server.store.views import SpanSums
from spanglass_server.web.api.shape import time_text
from spanglass_server.web.langfuse.usage import cost_details, usage_details

Row: TypeAlias = Mapping[str, Any]
Json: TypeAlias = dict[str, Any]

DEFAULT_ENVIRONMENT: Final = "default"
_TYPES_BY_KIND: Final = {
    "llm": "GENERATION",
    "embedding": "EMBEDDING",
    "retriever": "RETRIEVER",
    "tool": "TOOL",
    "agent": "AGENT",
    "chain": "CHAIN",
    "guardrail": "GUARDRAIL",
    "evaluator": "EVALUATOR",
}
_METADATA_CHARS_MAX: Final = 200
"""Of a value of the metadata in a list, unless its key is asked for."""


class WholeSpan(NamedTuple):
    """A span with its payload, its attributes read once."""

    row: Row
    attributes: Json
    told: "Told"


class Told(NamedTuple):
    """What a Langfuse SDK says of a span."""

    type: str
    level: str
    message: str
    version: str
    is_public: bool
    is_marked_root: bool


def told_of(row: Row, attributes: Mapping[str, Any] | None = None) -> Told:
    """From the columns of a list, or from the attributes of a whole span."""
    if attributes is None:
        return Told(
            row["declared_type"],
            row["declared_level"],
            row["declared_message"],
            row["declared_version"],
            bool(row["is_public"]),
            bool(row["is_marked_root"]),
        )
    version = _word(attributes, "langfuse.version") or _word(as_object(row["resource"]), "service.version")
    return Told(
        _word(attributes, "langfuse.observation.type"),
        _word(attributes, "langfuse.observation.level").upper(),
        _word(attributes, "langfuse.observation.status_message"),
        version,
        _is_true(attributes, "langfuse.trace.public"),
        _is_true(attributes, "langfuse.internal.as_root")
        or _is_true(attributes, "langfuse.internal.is_app_root"),
    )


def read_whole(row: Row) -> WholeSpan:
    """The two attributes that became columns are back under their keys."""
    attributes = as_object(row["attributes"])
    for key, value in ((row["input_key"], row["input"]), (row["output_key"], row["output"])):
        if key:
            attributes[key] = value
    return WholeSpan(row, attributes, told_of(row, attributes))


def is_trace_record(span: WholeSpan) -> bool:
    """The span stands for the trace: Langfuse's first SDKs tell a root as a trace and not as a span."""
    return _is_true(span.attributes, TRACE_MARK)


def observation_core(row: Row, told: Told, project_id: str) -> Json:
    kind = observation_type(row["kind"], told.type)
    return {
        "id": row["span_id"],
        "traceId": row["trace_id"],
        "startTime": micro_text(row["start_time_ns"]),
        "endTime": None if kind == "EVENT" else micro_text(row["end_time_ns"]),
        "projectId": project_id,
        "parentObservationId": parent_of(row),
        "type": kind,
    }


def observation_basic(row: Row, told: Told) -> Json:
    return {
        "name": row["name"],
        "level": level_of(row, told),
        "statusMessage": row["error_message"] or told.message or None,
        "version": told.version or None,
        "environment": row["environment"] or DEFAULT_ENVIRONMENT,
        "bookmarked": False,
        "public": told.is_public,
        "userId": row["user_id"] or None,
        "sessionId": row["session_id"] or None,
        "isRootObservation": parent_of(row) is None or told.is_marked_root,
    }


def observation_time(row: Row) -> Json:
    return {
        "completionStartTime": _first_token_time(row),
        "createdAt": micro_text(row["start_time_ns"]),
        "updatedAt": micro_text(row.get("version", row["end_time_ns"])),
    }


def observation_prompt(row: Row) -> Json:
    version: str = row["prompt_version"]
    return {
        "promptId": None,
        "promptName": row["prompt_name"] or None,
        "promptVersion": int(version) if version.isdecimal() else None,
    }


def observation_metrics(row: Row, told: Told) -> Json:
    is_event = observation_type(row["kind"], told.type) == "EVENT"
    return {
        "latency": None if is_event else (row["end_time_ns"] - row["start_time_ns"]) / 1e9,
        "timeToFirstToken": None if row["ttft_ns"] is None else row["ttft_ns"] / 1e9,
    }


def observation_v1(span: WholeSpan, project_id: str) -> Json:
    """An item of `/observations` and of an opened trace."""
    row, attributes, told = span
    usage, costs = usage_details(row, attributes), cost_details(row, attributes)
    return {
        **observation_core(row, told, project_id),
        **observation_basic(row, told),
        **observation_time(row),
        **observation_prompt(row),
        **observation_metrics(row, told),
        "input": payload(row["input"], row),
        "output": payload(row["output"], row),
        "metadata": observation_metadata(row, attributes),
        "model": model_of(row),
        "modelId": None,
        "modelParameters": model_parameters(row, attributes),
        "usage": _old_usage(row, costs),
        "usageDetails": usage,
        "costDetails": costs,
        "promptTokens": row["input_tokens"] or 0,
        "completionTokens": row["output_tokens"] or 0,
        "totalTokens": _total_tokens(row),
        "unit": "TOKENS",
        "inputPrice": None,
        "outputPrice": None,
        "totalPrice": None,
        "calculatedInputCost": _cost_like(costs, "input"),
        "calculatedOutputCost": _cost_like(costs, "output"),
        "calculatedTotalCost": costs.get("total"),
    }


def observation_metadata(row: Row, attributes: Mapping[str, Any]) -> Json:
    """What the program gave; of senders that are not Langfuse's SDKs the attributes, without
    input and output, as Langfuse has it."""
    if row["dialect"] != "langfuse":
        return {
            "attributes": as_object(row["attributes"]),
            "resourceAttributes": as_object(row["resource"]),
            "scope": as_object(row["scope"]),
        }
    return _metadata_under("langfuse.observation.metadata", row, attributes)


def cut_metadata(metadata: Json, whole: Iterable[str]) -> Json:
    """Long texts cut, but for the keys in `whole`."""
    kept = frozenset(whole)
    return {
        key: value[:_METADATA_CHARS_MAX] if isinstance(value, str) and key not in kept else value
        for key, value in metadata.items()
    }


class TraceTelling(NamedTuple):
    """What a trace's heads (store.views.ViewReader.list_trace_heads) say of the whole."""

    input: Any
    output: Any
    metadata: Json


def tell_trace(trace: Row, heads: Sequence[WholeSpan]) -> TraceTelling:
    """`heads` in start order; the last that says something of the trace wins, as with Langfuse."""
    given: dict[str, Any] = {}
    metadata: Json = {}
    is_langfuse = False
    for head, attributes, _ in heads:
        is_langfuse = is_langfuse or head["dialect"] == "langfuse"
        is_root = head["span_id"] == trace["root_span_id"]
        metadata |= _metadata_under("langfuse.trace.metadata", head, attributes)
        for side in ("input", "output"):
            said = attributes.get(f"langfuse.trace.{side}")
            if said is not None:
                given[side] = payload(said, head)
            elif is_root:
                given.setdefault(side, payload(head[side], head))
    if not is_langfuse:
        metadata = as_object(trace["metadata"])
    return TraceTelling(given.get("input"), given.get("output"), metadata)


def trace_core(trace: Row, sums: SpanSums, telling: TraceTelling | None, project_id: str) -> Json:
    return {
        "id": trace["trace_id"],
        "timestamp": micro_text(trace["start_time_ns"]),
        "name": trace["name"] or None,
        "input": telling.input if telling else None,
        "output": telling.output if telling else None,
        "metadata": telling.metadata if telling else None,
        "sessionId": trace["session_id"] or None,
        "release": trace["release"] or None,
        "version": sums.version or None,
        "userId": trace["user_id"] or None,
        "tags": list(trace["tags"]),
        "public": sums.is_public,
        "bookmarked": False,
        "environment": trace["environment"] or DEFAULT_ENVIRONMENT,
        "externalId": None,
        "projectId": project_id,
        "createdAt": micro_text(trace["start_time_ns"]),
        "updatedAt": micro_text(trace["end_time_ns"]),
        "htmlPath": f"/traces/{quote(trace['trace_id'], safe='')}",
    }


def trace_metrics(trace: Row, cost_usd: float | None) -> Json:
    """The SDKs' models ask for a cost even where none is known."""
    return {
        "latency": (trace["end_time_ns"] - trace["start_time_ns"]) / 1e9,
        "totalCost": cost_usd or 0.0,
    }


def session_json(session: Row, project_id: str) -> Json:
    return {
        "id": session["session_id"],
        "createdAt": micro_text(session["start_time_ns"]),
        "projectId": project_id,
        "environment": session["environment"] or DEFAULT_ENVIRONMENT,
    }


def page_meta(page: int, limit: int, total: int) -> Json:
    return {"page": page, "limit": limit, "totalItems": total, "totalPages": -(-total // limit)}


def micro_text(time_ns: int) -> str:
    """RFC 3339 with microseconds: what the SDKs' clocks have, and their parsers take."""
    return f"{time_text(time_ns)[:-4]}Z"


def observation_type(kind: str, declared: str) -> str:
    if declared and declared != "span":
        return declared.upper()
    if kind == "llm":
        return "GENERATION"
    return "SPAN" if declared else _TYPES_BY_KIND.get(kind, "SPAN")


def level_of(row: Row, told: Told) -> str:
    if row["status"] == "error":
        return "ERROR"
    return told.level if told.level in ("DEBUG", "WARNING", "ERROR") else "DEFAULT"


def parent_of(row: Row) -> str | None:
    parent: str = row["parent_span_id"]
    return parent if parent and parent != row["trace_id"] else None


def model_of(row: Row) -> str | None:
    return row["response_model"] or row["request_model"] or None


def model_parameters(row: Row, attributes: Mapping[str, Any]) -> Json:
    """As the SDK sent them, else under their usual names. Values that are objects are told as JSON text."""
    told = as_object(attributes.get("langfuse.observation.model.parameters"))
    given = told or as_object(row["request_parameters"])
    return {
        key: orjson.dumps(value).decode() if isinstance(value, dict) else value
        for key, value in given.items()
    }


def payload(value: Any, row: Row) -> Any:
    """What the program passed. Langfuse's SDKs write all but texts as JSON; of others only structures are
    read as such: the text `007` is no number."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    if row["dialect"] != "langfuse" and value[0] not in '{["':
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def as_object(value: Any) -> Json:
    """A JSON object, or its text; anything else is empty."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _metadata_under(name: str, row: Row, attributes: Mapping[str, Any]) -> Json:
    """Metadata that is no object stands under the key `metadata`, as with Langfuse."""
    scope = as_object(row["scope"])
    language = _word(as_object(row["resource"]), "telemetry.sdk.language")
    decodes = decodes_metadata(scope.get("name", ""), scope.get("version", ""), language)
    found: Json = {}
    if name in attributes:
        value = decode_metadata(attributes[name], decodes_all=decodes)
        found = dict(value) if isinstance(value, dict) else {"metadata": value}
    for key, value in attributes.items():
        if key.startswith(f"{name}."):
            found[key.removeprefix(f"{name}.")] = decode_metadata(value, decodes_all=decodes)
    return found


def _first_token_time(row: Row) -> str | None:
    return None if row["ttft_ns"] is None else micro_text(row["start_time_ns"] + row["ttft_ns"])


def _total_tokens(row: Row) -> int:
    return (row["input_tokens"] or 0) + (row["output_tokens"] or 0)


def _old_usage(row: Row, costs: Mapping[str, float]) -> Json:
    """The SDKs' models ask for three numbers even where nothing is known."""
    return {
        "input": row["input_tokens"] or 0,
        "output": row["output_tokens"] or 0,
        "total": _total_tokens(row),
        "unit": "TOKENS",
        "inputCost": _cost_like(costs, "input"),
        "outputCost": _cost_like(costs, "output"),
        "totalCost": costs.get("total"),
    }


def _cost_like(costs: Mapping[str, float], word: str) -> float | None:
    found = [usd for key, usd in costs.items() if word in key]
    return sum(found) if found else None


def _word(attributes: Mapping[str, Any], key: str) -> str:
    value = attributes.get(key)
    return "" if value is None else str(value)


def _is_true(attributes: Mapping[str, Any], key: str) -> bool:
    return attributes.get(key) in (True, "true")
