"""Merged Langfuse entities as span records, with the attributes that Langfuse's OpenTelemetry SDKs write.

A trace becomes a span as well: the v2 SDKs send the root function as a trace and nothing else, and its
children without a parent. That span has the trace's id; observations without a parent hang under it.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from spanglass_server.normalize.langfuse_merge import FIRST_NAME, TYPE
from spanglass_server.normalize.outcome import iso_to_ns
from spanglass_server.normalize.redaction.rewriting import COUNT_KEY, LANGFUSE_COUNT_KEY
from spanglass_server.normalize.values import as_float
from spanglass_server.wire.checks import TIME_NS_MAX
from spanglass_server.wire.langfuse import Json
from spanglass_server.wire.records import Attributes, Resource, Scope, SpanRecord

TRACE_MARK: Final = "langfuse.internal.is_trace"
"""Attribute of a span that stands for a trace, and is no observation."""

_RESOURCE: Final = Resource(attributes={})
_SCOPE_NAME: Final = "langfuse-sdk"
_INTERNAL: Final = 1
_ERROR: Final = 2
_ENVIRONMENT: Final = re.compile(r"[a-z0-9_-]{1,40}")
_ENVIRONMENT_PREFIX: Final = re.compile(r"^langfuse[-_]")


class Extent(NamedTuple):
    start_ns: int
    end_ns: int


@lru_cache(maxsize=256)
def scope_of(sdk_version: str) -> Scope:
    """The same object for the same version: what spans of one scope share is worked out once a commit."""
    return Scope(name=_SCOPE_NAME, version=sdk_version, attributes={})


def read_time_ns(value: Json) -> int | None:
    time_ns = iso_to_ns(value) if isinstance(value, str) else None
    return time_ns if time_ns is not None and 0 < time_ns <= TIME_NS_MAX else None


def observation_extent(fields: Mapping[str, Json], told_ns: int) -> Extent:
    """Its own times. One that never named its start has that of its first event, `told_ns`; one that has not
    ended yet ends where it starts, as events do."""
    start_ns, end_ns = read_time_ns(fields.get("startTime")), read_time_ns(fields.get("endTime"))
    if start_ns is None:
        start_ns = told_ns if end_ns is None else min(told_ns, end_ns)
    return Extent(start_ns, start_ns if end_ns is None or fields[TYPE] == "event" else end_ns)


def trace_extent(fields: Mapping[str, Json], told_ns: int, known: Extent | None) -> Extent:
    """`start_time` and `end_time` where the SDK told them; else the trace's timestamp and what is `known` of
    its observations; else `told_ns`, the time of its first event."""
    start_ns, end_ns = read_time_ns(fields.get("start_time")), read_time_ns(fields.get("end_time"))
    if start_ns is None:
        starts = [read_time_ns(fields.get("timestamp")), known.start_ns if known else None]
        start_ns = min((time for time in starts if time is not None), default=told_ns)
    if end_ns is None:
        end_ns = max(start_ns, known.end_ns) if known else start_ns
    return Extent(start_ns, end_ns)


def observation_record(
    fields: Mapping[str, Json], *, trace_id: str, span_id: str, extent: Extent, scope: Scope
) -> SpanRecord:
    parent = fields.get("parentObservationId")
    parent_id = parent.lower() if isinstance(parent, str) and _is_hex(parent) else parent
    return _record(
        fields,
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id if isinstance(parent_id, str) and parent_id not in ("", span_id) else trace_id,
        name=_text(fields.get("name")) or _text(fields[TYPE]),
        extent=extent,
        attributes=_observation_attributes(fields),
        scope=scope,
    )


def trace_record(
    trace: Mapping[str, Json] | None,
    own: Mapping[str, Json] | None,
    *,
    trace_id: str,
    parent_id: str,
    extent: Extent,
    scope: Scope,
) -> SpanRecord:
    """The span of a trace. `own` is an observation with the trace's own id, where there is one: both are
    then one span, of the observation's kind. `parent_id` is the root that OpenTelemetry told of the trace."""
    attributes = _trace_attributes(trace) if trace else {}
    if own is not None:
        attributes |= _observation_attributes(own)
    else:
        # First, since only so many attributes are indexed.
        attributes = {"langfuse.observation.type": "span", TRACE_MARK: True, **attributes}
    told = trace or {}
    name = _text((own or {}).get("name")) or _text(told.get(FIRST_NAME)) or "trace"
    return _record(
        own if own is not None else _snake_outcome(told),
        trace_id=trace_id,
        span_id=trace_id,
        parent_id=parent_id,
        name=name,
        extent=extent,
        attributes=attributes,
        scope=scope,
    )


def _snake_outcome(trace: Mapping[str, Json]) -> dict[str, Json]:
    """How a v2 decorator tells a root function's exception."""
    return {"level": trace.get("level"), "statusMessage": trace.get("status_message")}


def _record(
    outcome: Mapping[str, Json],
    *,
    trace_id: str,
    span_id: str,
    parent_id: str,
    name: str,
    extent: Extent,
    attributes: Attributes,
    scope: Scope,
) -> SpanRecord:
    is_failed = _text(outcome.get("level")).upper() == "ERROR"
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent_id,
        name=name,
        otlp_kind=_INTERNAL,
        start_time_ns=extent.start_ns,
        end_time_ns=extent.end_ns,
        status_code=_ERROR if is_failed else 0,
        status_message=_text(outcome.get("statusMessage")) if is_failed else "",
        attributes=attributes,
        events=(),
        links=(),
        resource=_RESOURCE,
        scope=scope,
    )


def _trace_attributes(fields: Mapping[str, Json]) -> Attributes:
    outcome = _snake_outcome(fields)
    attributes: dict[str, Json] = {
        "langfuse.trace.name": _text(fields.get("name")),
        "user.id": _text(fields.get("userId")),
        "session.id": _text(fields.get("sessionId")),
        "langfuse.trace.tags": fields.get("tags"),
        "langfuse.trace.public": fields.get("public"),
        "langfuse.trace.external_id": _text(fields.get("externalId")),
        "langfuse.observation.level": _text(outcome["level"]),
        "langfuse.observation.status_message": _text(outcome["statusMessage"]),
        **_common_attributes(fields, "langfuse.trace.metadata."),
    }
    return _filled(attributes)


def _observation_attributes(fields: Mapping[str, Json]) -> Attributes:
    usage, cost = read_usage_and_cost(fields)
    version = fields.get("promptVersion")
    attributes: dict[str, Json] = {
        "langfuse.observation.type": _text(fields[TYPE]),
        "langfuse.observation.level": _text(fields.get("level")),
        "langfuse.observation.status_message": _text(fields.get("statusMessage")),
        "langfuse.observation.model.name": _text(fields.get("model")),
        "langfuse.observation.model.parameters": _json(fields.get("modelParameters")),
        "langfuse.observation.usage_details": _json(usage or None),
        "langfuse.observation.cost_details": _json(cost or None),
        "langfuse.observation.completion_start_time": _text(fields.get("completionStartTime")),
        "langfuse.observation.prompt.name": _text(fields.get("promptName")),
        "langfuse.observation.prompt.version": version if isinstance(version, int) else _text(version),
        **_common_attributes(fields, "langfuse.observation.metadata."),
    }
    return _filled(attributes)


def _common_attributes(fields: Mapping[str, Json], metadata_prefix: str) -> dict[str, Json]:
    metadata = fields.get("metadata")
    return {
        "langfuse.observation.input": _json(fields.get("input")),
        "langfuse.observation.output": _json(fields.get("output")),
        "langfuse.version": _text(fields.get("version")),
        "langfuse.release": _text(fields.get("release")),
        "langfuse.environment": read_environment(fields.get("environment")),
        COUNT_KEY: fields.get(LANGFUSE_COUNT_KEY),
        **{
            metadata_prefix + key: _json(value) if isinstance(value, dict | list) else value
            for key, value in (metadata.items() if isinstance(metadata, dict) else ())
        },
    }


def _filled(attributes: Mapping[str, Json]) -> Attributes:
    return {key: value for key, value in attributes.items() if value is not None and value != ""}


def read_environment(value: Json) -> str:
    """By Langfuse's rule: lower case, letters, digits, `-` and `_`, at most 40; anything else is `default`.
    Empty where none was told."""
    if not isinstance(value, str) or not value.strip():
        return ""
    found = _ENVIRONMENT_PREFIX.sub("", value.strip().lower())
    return found if _ENVIRONMENT.fullmatch(found) else "default"


_PLAIN_COUNTS: Final = {
    "input": "input",
    "output": "output",
    "total": "total",
    "promptTokens": "input",
    "completionTokens": "output",
    "totalTokens": "total",
}
_PLAIN_COSTS: Final = {"inputCost": "input", "outputCost": "output", "totalCost": "total"}


def read_usage_and_cost(fields: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, float]]:
    """`usage_details` and `cost_details` out of `usage`, `usageDetails` and `costDetails`.

    `usage` is Langfuse's `{input, output, total, unit, inputCost ...}`, its older camelCase form, or a model
    API's own object, which is passed on. Where both tell counts by the same names, `usageDetails` wins.
    """
    usage, details = _object(fields.get("usage")), _object(fields.get("usageDetails"))
    costs = _costs(usage, _PLAIN_COSTS.get) | _costs(_object(fields.get("costDetails")), lambda key: key)
    unit = _text(usage.get("unit"))
    if unit and unit.upper() != "TOKENS":
        # Characters, images, seconds: nothing to add up with tokens.
        return details, costs
    if not any(key in usage for key in _PLAIN_COUNTS):
        return details or {key: value for key, value in usage.items() if key != "unit"}, costs
    plain: dict[str, Json] = {}
    for key, name in _PLAIN_COUNTS.items():
        if usage.get(key) is not None:
            plain[name] = usage[key]
    if details and not (details.keys() & {"input", "output"}):
        return details, costs
    return {**plain, **details}, costs


def _costs(values: Mapping[str, Json], name_of: Callable[[str], str | None]) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in values.items():
        name, cost = name_of(key), as_float(value)
        if name is not None and cost is not None:
            found[name] = cost
    return found


def _object(value: Json) -> dict[str, Json]:
    return {key: n for key, n in value.items() if n is not None} if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    """Senders give numbers where texts belong (a user's id, a version)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(_json(value))


def _json(value: object) -> str | None:
    """As the SDKs write a value: texts as they are, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _is_hex(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}", text) is not None
