"""What a finished span tells of a model call, whichever library made the span.

The server reads the same from the same attributes (docs/conventions.md), with more conventions and more care
for odd values. Here are those that a Python process can produce, as tables.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import StatusCode

from spanglass import semconv
from spanglass._failures import classify_error
from spanglass._providers import find_provider
from spanglass._usage_objects import Counts, as_count, as_object, read_counts

MODEL_KINDS: Final = frozenset({"llm", "embedding", "reranker"})

ANTHROPIC_SDK: Final = "com.anthropic.sdk."
"""Scope of the Anthropic SDK's own spans, which double those of any other instrumentation of it."""

LOGFIRE: Final = "logfire"

_OWN: Final = {kind: kind for kind in semconv.KINDS}
_COMMON: Final = _OWN | {
    "chat_model": "llm",
    "generation": "llm",
    "prompt": "chain",
    "parser": "chain",
    "workflow": "chain",
    "task": "chain",
    "memory": "chain",
    "event": "span",
}
_OPERATIONS: Final = {
    "chat": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generate_content": "llm",
    "fetch_response": "llm",
    "llm": "llm",
    "chat_model": "llm",
    "embeddings": "embedding",
    "embedding": "embedding",
    "execute_tool": "tool",
    "tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "plan": "agent",
    "agent": "agent",
    "invoke_workflow": "chain",
    "execute_event_loop_cycle": "chain",
    "execute_task": "chain",
    "agent_step": "chain",
    "workflow": "chain",
    "task": "chain",
    "chain": "chain",
    "retrieval": "retriever",
    "retriever": "retriever",
    "rerank": "reranker",
    "reranker": "reranker",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}

_KINDS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    (semconv.KIND, _OWN),
    ("openinference.span.kind", _COMMON),
    ("langfuse.observation.type", _COMMON | {"span": "chain"}),
    ("langsmith.span.kind", _COMMON),
    ("mlflow.spanType", _COMMON),
    ("traceloop.span.kind", _COMMON),
    ("gen_ai.operation.name", _OPERATIONS),
    (
        "llm.request.type",
        {"chat": "llm", "completion": "llm", "embedding": "embedding", "rerank": "reranker"},
    ),
)
"""Attributes that name a span's kind, in the order in which they are believed."""

_SHAPES: Final = (
    ("all_messages_events", "agent"),
    ("pydantic_ai.all_messages", "agent"),
    ("gen_ai.tool.name", "tool"),
    ("tool.name", "tool"),
    ("gen_ai.retrieval.documents", "retriever"),
    ("spanglass.cache_hit", "cache"),
)
"""What only a span of this kind has."""

_REQUEST_MODEL: Final = (
    *("gen_ai.request.model", "llm.request.model_name", "llm.model_name"),
    *("langfuse.observation.model.name", "mlflow.llm.model", "embedding.model_name", "reranker.model_name"),
    *("langsmith.metadata.ls_model_name", "model_name"),
)
_RESPONSE_MODEL: Final = (
    *("gen_ai.response.model", "llm.response.model_name", "llm.model_name"),
    *("langfuse.observation.model.name", "mlflow.llm.model"),
)
_PROVIDER: Final = ("gen_ai.provider.name", "llm.provider", "langsmith.metadata.ls_provider")
_SYSTEM: Final = ("gen_ai.system", "llm.system", "mlflow.llm.provider")
_ADDRESS: Final = ("server.address", "net.peer.name", "peer.address")

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "input": (
        *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
        "llm.usage.prompt_tokens",
    ),
    "output": (
        *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
        "llm.usage.completion_tokens",
    ),
    "cache_read": (
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        *("llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"),
        *("gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens"),
        "gen_ai.usage.details.cached_tokens",
    ),
    "cache_write": (
        *("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
        *("gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens"),
        *("llm.token_count.prompt_details.cache_write", "gen_ai.usage.details.cache_write_tokens"),
        "gen_ai.usage.details.cache_creation_input_tokens",
    ),
    "cache_write_1h": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "reasoning": (
        *("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
        *("llm.token_count.completion_details.reasoning", "llm.usage.reasoning_tokens"),
        "gen_ai.usage.details.reasoning_tokens",
    ),
}
_USAGE_OBJECTS: Final = (
    *("langfuse.observation.usage_details", "mlflow.chat.tokenUsage", "langsmith.metadata.usage_metadata"),
    *("metadata.usage_object", "gen_ai.usage.raw"),
)
_USAGE: Final = (*_COUNTS["input"], *_COUNTS["output"], *_USAGE_OBJECTS[:3])

_USAGE_KEYS: Final = frozenset(_USAGE)
_TELLING: Final = frozenset(
    (
        *(key for key, _ in _KINDS),
        *(key for key, _ in _SHAPES),
        *_USAGE,
        *("gen_ai.input.messages", "cache.hit", "cache_hit"),
    )
)
"""A span without any of these is a plain one, unless its name says otherwise."""

_COST: Final = (
    *("spanglass.cost_usd", "operation.cost", "llm.cost.total", "gen_ai.usage.cost"),
    *("gen_ai.usage.total_cost", "gen_ai.cost.total_cost"),
)
_TTFT_S: Final = (
    *("gen_ai.response.time_to_first_chunk", "gen_ai.client.operation.time_to_first_chunk"),
    "gen_ai.client.inference.time_to_first_chunk",
)
_STREAM: Final = (
    *("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming", "gen_ai.request.is_stream"),
    "langsmith.request.streaming",
)
_FIRST_TOKEN_EVENTS: Final = frozenset(
    {
        "First Token Stream Event",
        "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
    }
)
_FEATURE: Final = (semconv.FEATURE, "feature")
_TEAM: Final = (semconv.TEAM, "team")
_ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment")

_CACHE_NAME: Final = re.compile(
    r"^(semantic|prompt|response|answer|llm|embedding|query|rag)?[ _.:/-]?cache"
    r"([ _.:/-]?(lookup|get|check|hit|miss|search|query|read|fetch|set|put|write|store|save))?$"
)
_BARE_CALL_NAME: Final = re.compile(r"^(chat|text_completion|generate_content|embeddings) (\S{1,200})$")

Attributes = Mapping[str, Any]


class Call(NamedTuple):
    """One model call, or what one span tells of it. Names are empty and numbers None where unknown.

    Tokens are as in `Counts`: cached ones are parts of the input, reasoning of the output.
    """

    kind: str
    model: str
    """The response's model, else the request's."""
    request_model: str
    provider: str
    counts: Counts
    reported_cost_usd: float | None
    is_batch: bool
    start_ns: int
    end_ns: int
    ttft_ns: int | None
    streaming: bool | None
    status: str
    """`success` or `error`."""
    error_type: str
    feature: str
    team: str
    service: str
    environment: str
    trace_id: int
    span_id: int
    parent_span_id: int
    response_id: str
    scope: str

    @property
    def latency_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def is_carrier(self) -> bool:
        """Whether the span says what the call used or cost."""
        return bool(self.counts.input or self.counts.output or self.reported_cost_usd)


def attributes_of(span: ReadableSpan) -> Attributes:
    """The dictionary inside OpenTelemetry's locked mapping: reading that one costs ten times as much."""
    given = span._attributes
    inner = getattr(given, "_dict", None)
    return inner if type(inner) is dict else given or {}


def scope_of(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope else ""


def says_something(attributes: Attributes, name: str, scope: str) -> bool:
    """Whether an ended span may be of any kind but `span`: all others are passed by here, quickly."""
    return (
        not _TELLING.isdisjoint(attributes)
        or (len(name) <= 64 and "cache" in name.lower())
        or scope.startswith("openlit")
    )


def may_be_call(attributes: Attributes, kind: str) -> bool:
    return kind in MODEL_KINDS or not _USAGE_KEYS.isdisjoint(attributes)


def read_kind(attributes: Attributes, name: str, scope: str) -> str:
    """One of semconv.KINDS; `span` where nothing tells."""
    kind = _told_kind(attributes) or _shape(attributes)
    if kind == "chain" and "langfuse.observation.usage_details" in attributes:
        return "llm"
    if kind in ("span", "chain") and len(name) <= 64 and _CACHE_NAME.match(name.lower()):
        return "cache"
    if kind == "span" and scope.startswith("openlit") and (bare := _BARE_CALL_NAME.match(name)):
        return _OPERATIONS[bare.group(1)]
    if kind == "llm" and scope.endswith("llama_index") and "._" in name:
        return "chain"  # A private helper of a model class.
    return kind


def _told_kind(attributes: Attributes) -> str:
    for key, kinds in _KINDS:
        value = attributes.get(key)
        if isinstance(value, str) and (kind := kinds.get(value.strip('" ').lower())):
            return kind
    return ""


def _shape(attributes: Attributes) -> str:
    for key, kind in _SHAPES:
        if key in attributes:
            return kind
    has_usage = any(key in attributes for key in (*_USAGE, "gen_ai.input.messages"))
    return "llm" if has_usage and _word(attributes, _RESPONSE_MODEL + _REQUEST_MODEL) else "span"


def read_call(
    span: ReadableSpan,
    kind: str,
    ancestors: Sequence[ReadableSpan] = (),
    named: Mapping[str, str] = MappingProxyType({}),
) -> Call | None:
    """The facts of a span of a model kind, or of another that tells a usage; else None.

    `ancestors` are the open spans around it, nearest first: feature and team are inherited from them. `named`
    are attributes that win over the resource's.
    """
    attributes, scope = attributes_of(span), scope_of(span)
    if not may_be_call(attributes, kind):
        return None
    response, request = _word(attributes, _RESPONSE_MODEL), _word(attributes, _REQUEST_MODEL)
    if not request and (bare := _BARE_CALL_NAME.match(span.name)) and scope.startswith("openlit"):
        request = bare.group(2)
    model = response or request
    provider = find_provider(
        _word(attributes, _PROVIDER), _word(attributes, _SYSTEM), _word(attributes, _ADDRESS), model
    )
    context, parent, owner = span.context, span.parent, read_owner(span, ancestors, named)
    error_type = _read_error(span, attributes)
    start_ns, end_ns = span.start_time or 0, span.end_time or 0
    streaming = _read_streaming(attributes, span.events, scope)
    call = Call(
        kind=kind,
        model=model,
        request_model=request or response,
        provider=provider,
        counts=_read_usage(attributes, scope, provider),
        reported_cost_usd=_read_cost(attributes),
        is_batch="batch" in (attributes.get(key) for key in _SERVICE_TIER),
        start_ns=start_ns,
        end_ns=end_ns,
        ttft_ns=_read_ttft(attributes, span.events, start_ns, is_streamed=bool(streaming)),
        streaming=streaming,
        status="error" if error_type else "success",
        error_type=error_type,
        feature=owner.feature,
        team=owner.team,
        service=owner.service,
        environment=owner.environment,
        trace_id=context.trace_id if context else 0,
        span_id=context.span_id if context else 0,
        parent_span_id=parent.span_id if parent else 0,
        response_id=_word(attributes, ("gen_ai.response.id",)),
        scope=scope,
    )
    return call if kind != "reranker" or call.is_carrier else None


_SERVICE_TIER: Final = (
    *("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
    "anthropic.response.service_tier",
)


def is_stream_opener(call: Call) -> bool:
    """Logfire's span of a streamed call, which ends before its stream does: the log that follows, of no
    length, stands for the call."""
    return (
        call.scope.startswith(LOGFIRE)
        and call.start_ns != call.end_ns
        and not call.is_carrier
        and call.status != "error"
        and not call.response_id
    )


def read_cache_hit(attributes: Attributes) -> bool | None:
    """Whether a look-up in a cache found something; None where the span does not tell of one."""
    for key in (semconv.CACHE_HIT, "cache.hit", "cache_hit"):
        value = attributes.get(key)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
    return None


class Owner(NamedTuple):
    """Whose a span is; empty where unknown."""

    feature: str
    team: str
    service: str
    environment: str


def read_owner(
    span: ReadableSpan, ancestors: Sequence[ReadableSpan], named: Mapping[str, str] = MappingProxyType({})
) -> Owner:
    attributes = attributes_of(span)
    resource: Attributes = {**span.resource.attributes, **named}
    chain = [attributes, *(attributes_of(above) for above in ancestors), resource]
    return Owner(
        feature=_inherited(chain, _FEATURE),
        team=_inherited(chain, _TEAM),
        service=_word(resource, ("service.name",)),
        environment=_word(attributes, _ENVIRONMENT) or _word(resource, _ENVIRONMENT),
    )


def _inherited(chain: Sequence[Attributes], keys: tuple[str, ...]) -> str:
    return next((word for word in (_word(attributes, keys) for attributes in chain) if word), "")


def _word(attributes: Attributes, keys: tuple[str, ...]) -> str:
    """The first that is text, without quotes of JSON around it and no longer than a label should be."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and (word := value.strip('" \t\n')):
            return word[:200]
    return ""


def _read_usage(attributes: Attributes, scope: str, provider: str) -> Counts:
    counts = Counts(**{name: _count(attributes, keys) for name, keys in _COUNTS.items()})
    for key in _USAGE_OBJECTS:
        if key in attributes and (usage := as_object(attributes[key])):
            more = read_counts(usage)
            counts = Counts(*(b if a is None else a for a, b in zip(counts, more, strict=True)))
    if counts.input is None and counts.output is None:
        return Counts()
    if counts.cache_write is None:
        counts = counts._replace(cache_write=_writes_by_lifetime(attributes))
    cached = (counts.cache_read or 0) + (counts.cache_write or 0)
    leaves_out = scope.startswith("openlit") and provider in ("anthropic", "aws.bedrock", "gcp.vertex_ai")
    if counts.input is not None and cached and (leaves_out or cached > counts.input):
        counts = counts._replace(input=counts.input + cached)
    return counts


def _writes_by_lifetime(attributes: Attributes) -> int | None:
    prefix = "anthropic.usage.cache_creation.ephemeral_"
    parts = [as_count(attributes.get(f"{prefix}{lifetime}_input_tokens")) for lifetime in ("5m", "1h")]
    return None if parts == [None, None] else sum(part or 0 for part in parts)


def _count(attributes: Attributes, keys: tuple[str, ...]) -> int | None:
    for key in keys:
        if key in attributes and (count := as_count(attributes[key])) is not None:
            return count
    return None


def _read_cost(attributes: Attributes) -> float | None:
    """USD that somebody reported. 0 is what senders write when they know no price: None."""
    for key in _COST:
        value = attributes.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
            return float(value)
    details = as_object(attributes.get("langfuse.observation.cost_details"))
    total = details.get("total")
    return float(total) if isinstance(total, (int, float)) and total > 0 else None


def _read_error(span: ReadableSpan, attributes: Attributes) -> str:
    """The class of the failure; empty where the call did not fail."""
    named = attributes.get("error.type")
    is_failed = span.status.status_code is StatusCode.ERROR or (
        str(attributes.get("langfuse.observation.level", "")).upper() == "ERROR"
    )
    if not is_failed and (named is None or span.status.status_code is StatusCode.OK):
        return ""
    exception = next((event for event in reversed(span.events) if event.name == "exception"), None)
    told: Attributes = (exception.attributes if exception else None) or {}
    reason = attributes.get("langfuse.observation.status_message") or span.status.description or ""
    message = str(told.get("exception.message", ""))
    status = attributes.get("http.response.status_code", attributes.get("http.status_code"))
    return classify_error(
        str(named or ""),
        str(told.get("exception.type", "")),
        f"{str(reason)[:2000]} {message[:2000]}",
        as_count(status) or 0,
    )


def _read_ttft(
    attributes: Attributes, events: Sequence[Event], start_ns: int, *, is_streamed: bool
) -> int | None:
    for key in _TTFT_S:
        value = attributes.get(key)
        if isinstance(value, (int, float)) and 0 <= value < 1e6:
            return int(value * 1e9)
    served_s = attributes.get("gen_ai.server.time_to_first_token")  # OpenLIT's, told of other answers too
    if is_streamed and isinstance(served_s, (int, float)) and 0 < served_s < 1e6:
        return int(served_s * 1e9)
    first_ns = _moment(attributes.get("langfuse.observation.completion_start_time"))
    if first_ns is None:
        first_ns = next((event.timestamp for event in events if event.name in _FIRST_TOKEN_EVENTS), None)
    return first_ns - start_ns if first_ns is not None and first_ns >= start_ns else None


def _moment(text: object) -> int | None:
    """An ISO 8601 time of microseconds, maybe as a JSON string, as nanoseconds since the epoch."""
    if not isinstance(text, str):
        return None
    try:
        told = datetime.fromisoformat(text.strip('"'))
    except ValueError:
        return None
    return round(told.timestamp() * 1e6) * 1000 if told.tzinfo else None


def _read_streaming(attributes: Attributes, events: Sequence[Event], scope: str) -> bool | None:
    for key in _STREAM:
        value = attributes.get(key)
        if isinstance(value, bool):
            return value
    if any(key in attributes for key in (*_TTFT_S, "langfuse.observation.completion_start_time")):
        return True
    if scope.startswith(LOGFIRE) and attributes.get("logfire.span_type") == "log":
        return True  # The end of a stream.
    asked = attributes.get("llm.invocation_parameters")
    if isinstance(asked, str) and '"stream"' in asked:
        stream = as_object(asked).get("stream")
        return stream if isinstance(stream, bool) else None
    return True if any(event.name in _FIRST_TOKEN_EVENTS for event in events) else None
