"""The fields of the filter language: one ordered table a target, as completion and the API show it.

What a trace knows of itself is a trace field. Everything else that can be asked of a trace is a span field
and means "a span of the trace that matches"; where both have the same name, `span.NAME` asks the spans.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Literal, TypeAlias, get_args

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.severity import SEVERITIES
from spanglass_server.model.span import KINDS, CostSource, Status

Target: TypeAlias = Literal["traces", "spans", "logs"]
FieldType: TypeAlias = Literal[
    "enum", "text", "list", "payload", "number", "duration", "money", "bool", "severity"
]
"""`severity`: an enum whose choices are in order, so that they compare."""

_STATUS = get_args(Status)
_COST_SOURCES = tuple(word for word in get_args(CostSource) if word)

_OPERATORS: Mapping[FieldType, tuple[str, ...]] = {
    "enum": (":",),
    "text": (":", "~"),
    "list": (":", "~"),
    "payload": (":", "~"),
    "number": (":", ">", ">=", "<", "<="),
    "duration": (":", ">", ">=", "<", "<="),
    "money": (":", ">", ">=", "<", "<="),
    "bool": (":",),
    "severity": (":", ">", ">=", "<", "<="),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    type: FieldType
    column: str
    """The field of `model.span` it asks; an open field's key is looked up in it. `scores` and
    `score_names` ask the table of scores instead."""
    description: str
    example: str
    aliases: tuple[str, ...] = ()
    unit: str = ""
    choices: tuple[str, ...] = ()
    is_facet: bool = False
    is_open: bool = False
    """A family: `name` ends with a dot and any key may follow."""
    of_span: bool = False
    """Asks the spans of a trace."""

    @property
    def operators(self) -> tuple[str, ...]:
        return (":", "~", ">", ">=", "<", "<=") if self.is_open else _OPERATORS[self.type]

    @property
    def is_ordered(self) -> bool:
        return self.type in ("number", "duration", "money", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedField:
    field: Field
    key: str = ""
    """What follows the dot of an open field."""

    @property
    def name(self) -> str:
        return self.field.name + self.key


def _shared(whose: Literal["trace", "span"]) -> tuple[Field, ...]:
    """Fields that traces and spans both have."""
    return (
        Field(
            name="name", type="text", column="name", is_facet=True,
            description=f"Name of the {whose}.", example="name:answer*",
        ),
        Field(
            name="status", type="enum", column="status", choices=_STATUS, is_facet=True,
            description=f"How the {whose} ended.", example="status:error",
        ),
        Field(
            name="service", type="text", column="service", is_facet=True,
            description="Service that sent it (`service.name`).", example="service:rag-api",
        ),
        Field(
            name="environment", type="text", column="environment", aliases=("env",), is_facet=True,
            description="Deployment environment.", example="environment:prod",
        ),
        Field(
            name="release", type="text", column="release", is_facet=True,
            description="Release of the service.", example="release:1.4.*",
        ),
        Field(
            name="feature", type="text", column="feature", is_facet=True,
            description="Product feature the work was for.", example="feature:search",
        ),
        Field(
            name="team", type="text", column="team", is_facet=True,
            description="Team that owns the work.", example="team:growth",
        ),
        Field(
            name="user_id", type="text", column="user_id", aliases=("user",), is_facet=True,
            description="End user.", example="user:u1",
        ),
        Field(
            name="session_id", type="text", column="session_id", aliases=("session",), is_facet=True,
            description="Conversation or session.", example="session:s1",
        ),
        Field(
            name="tags", type="list", column="tags", aliases=("tag",), is_facet=True,
            description="Tags; matches where one of them does.", example="tags:(rag or agent)",
        ),
        Field(
            name="duration", type="duration", column="duration_ns", aliases=("latency",), unit="ns",
            description=f"From the start to the end of the {whose}.", example="duration>2s",
        ),
        Field(
            name="cost", type="money", column="cost_usd", aliases=("cost_usd",), unit="USD",
            description=f"Cost of the {whose} in US dollars; null where no price is known.",
            example="cost>0.01",
        ),
        Field(
            name="total_tokens", type="number", column="total_tokens", aliases=("tokens",), unit="tokens",
            description="Input and output tokens.", example="tokens>10k",
        ),
        Field(
            name="input_tokens", type="number", column="input_tokens", unit="tokens",
            description="All input tokens, cached ones included.", example="input_tokens>=4k",
        ),
        Field(
            name="output_tokens", type="number", column="output_tokens", unit="tokens",
            description="All output tokens, reasoning included.", example="output_tokens<100",
        ),
        Field(
            name="cache_read_tokens", type="number", column="cache_read_tokens", unit="tokens",
            description="Input tokens that the provider's cache served.", example="cache_read_tokens>0",
        ),
        Field(
            name="cache_write_tokens", type="number", column="cache_write_tokens", unit="tokens",
            description="Input tokens that were written to the provider's cache.",
            example="cache_write_tokens>0",
        ),
        Field(
            name="reasoning_tokens", type="number", column="reasoning_tokens", unit="tokens",
            description="Output tokens spent on reasoning.", example="reasoning_tokens>1k",
        ),
        Field(
            name="metadata.", type="text", column="metadata", is_open=True,
            description=f"Metadata of the {whose} by key.", example="metadata.tenant:acme",
        ),
        Field(
            name="scores.", type="text", column="scores", is_open=True,
            description=f"A score of the {whose} by its name.", example="scores.quality<0.5",
        ),
        Field(
            name="scores", type="list", column="score_names", aliases=("score",),
            description=f"Names of the {whose}'s scores.", example="scores:quality",
        ),
        Field(
            name="trace_id", type="text", column="trace_id", aliases=("trace",),
            description="Id of the trace, 32 hex digits.",
            example="trace_id:4bf92f3577b34da6a3ce929d0e0e4736",
        ),
    )  # fmt: skip


_TRACE_ONLY = (
    Field(
        name="error_count", type="number", column="error_count", aliases=("errors",), unit="spans",
        description="Spans with an error.", example="error_count>0",
    ),
    Field(
        name="span_count", type="number", column="span_count", aliases=("spans",), unit="spans",
        description="Spans of the trace.", example="span_count>100",
    ),
    Field(
        name="llm_call_count", type="number", column="llm_call_count", aliases=("llm_calls",), unit="calls",
        description="Model calls, each counted once.", example="llm_call_count>=3",
    ),
    Field(
        name="unpriced_count", type="number", column="unpriced_count", aliases=("unpriced",), unit="calls",
        description="Model calls without a known price.", example="unpriced_count>0",
    ),
)  # fmt: skip

_SPAN_ONLY = (
    Field(
        name="kind", type="enum", column="kind", choices=KINDS, is_facet=True,
        description="What the span does.", example="kind:llm",
    ),
    Field(
        name="model", type="text", column="model", is_facet=True,
        description="Model that answered, else the one that was asked for.", example="model:claude*",
    ),
    Field(
        name="provider", type="text", column="provider", is_facet=True,
        description="Provider of the model.", example="provider:anthropic",
    ),
    Field(
        name="operation", type="text", column="operation", is_facet=True,
        description="OpenTelemetry's operation name, such as chat or embeddings.", example="operation:chat",
    ),
    Field(
        name="error_type", type="text", column="error_type", is_facet=True,
        description="Class of the error, such as rate_limit or timeout, else the exception's type.",
        example="error_type:rate_limit",
    ),
    Field(
        name="error_message", type="text", column="error_message", aliases=("error",),
        description="Message of the error.", example="error_message:*overloaded*",
    ),
    Field(
        name="finish_reason", type="list", column="finish_reasons", aliases=("finish_reasons",),
        is_facet=True, description="Why the model stopped.", example="finish_reason:length",
    ),
    Field(
        name="tool", type="text", column="tool_name", aliases=("tool_name",), is_facet=True,
        description="Name of the tool that ran.", example="tool:web_search",
    ),
    Field(
        name="ttft", type="duration", column="ttft_ns", unit="ns",
        description="Time to the first token.", example="ttft>800ms",
    ),
    Field(
        name="streaming", type="bool", column="streaming", is_facet=True,
        description="The answer was streamed.", example="streaming:true",
    ),
    Field(
        name="cache_hit", type="bool", column="cache_hit", is_facet=True,
        description="The application's own cache had the answer.", example="cache_hit:false",
    ),
    Field(
        name="cost_source", type="enum", column="cost_source", choices=_COST_SOURCES, is_facet=True,
        description="Where the cost comes from.", example="cost_source:unpriced",
    ),
    Field(
        name="prompt", type="text", column="prompt_name", aliases=("prompt_name",), is_facet=True,
        description="Name of the managed prompt.", example="prompt:answer-v2",
    ),
    Field(
        name="prompt_version", type="text", column="prompt_version", is_facet=True,
        description="Version of the managed prompt.", example="prompt_version:12",
    ),
    Field(
        name="request_model", type="text", column="request_model", is_facet=True,
        description="Model that was asked for.", example="request_model:gpt-4o*",
    ),
    Field(
        name="response_model", type="text", column="response_model", is_facet=True,
        description="Model that answered.", example="response_model:gpt-4o-2024-08-06",
    ),
    Field(
        name="input", type="payload", column="input",
        description="Words or a phrase in the input.", example='input:"refund policy"',
    ),
    Field(
        name="output", type="payload", column="output",
        description="Words or a phrase in the output.", example='output:"I cannot"',
    ),
    Field(
        name="attributes.", type="text", column="attribute_index", is_open=True,
        description="A raw attribute by key, whatever convention sent it.",
        example='attributes.http.route:"/ask"',
    ),
    Field(
        name="resource.", type="text", column="resource", is_open=True,
        description="A resource attribute by key.", example="resource.host.name:web-1",
    ),
    Field(
        name="dialect", type="text", column="dialect", is_facet=True,
        description="Convention the span was read as.", example="dialect:openinference",
    ),
    Field(
        name="otlp_kind", type="enum", column="otlp_kind", is_facet=True,
        choices=("unspecified", "internal", "server", "client", "producer", "consumer"),
        description="OpenTelemetry's span kind.", example="otlp_kind:server",
    ),
    Field(
        name="is_billable", type="bool", column="is_billable", aliases=("billable",), is_facet=True,
        description="The one span of a model call that carries its tokens and cost.",
        example="billable:true",
    ),
    Field(
        name="is_call", type="bool", column="is_call",
        description="The one span that stands for a model call.", example="is_call:true",
    ),
    Field(
        name="is_root", type="bool", column="is_root", aliases=("root",),
        description="The span has no parent.", example="root:true",
    ),
    Field(
        name="warnings", type="list", column="warnings", aliases=("warning",), is_facet=True,
        description="What was odd about the span when it arrived.", example="has:warnings",
    ),
    Field(
        name="price_version", type="text", column="price_version", is_facet=True,
        description="Version of the prices that were used.", example="price_version:genai-prices*",
    ),
    Field(
        name="key", type="text", column="ingest_key", aliases=("ingest_key",), is_facet=True,
        description="Public key of the API key it was sent with.", example="key:pk-sg-1a2b*",
    ),
    Field(
        name="response_id", type="text", column="response_id",
        description="The provider's id of the response.", example="response_id:msg_01*",
    ),
    Field(
        name="span_id", type="text", column="span_id",
        description="Id of the span, 16 hex digits.", example="span_id:00f067aa0ba902b7",
    ),
    Field(
        name="parent_span_id", type="text", column="parent_span_id", aliases=("parent",),
        description="Id of the parent span.", example="parent_span_id:00f067aa0ba902b7",
    ),
)  # fmt: skip

_LOGS = (
    Field(
        name="severity", type="severity", column="severity", aliases=("level",), choices=SEVERITIES,
        is_facet=True, description="How bad it is, from trace to fatal.", example="severity>=warn",
    ),
    Field(
        name="service", type="text", column="service", is_facet=True,
        description="Service that sent it (`service.name`).", example="service:rag-api",
    ),
    Field(
        name="environment", type="text", column="environment", aliases=("env",), is_facet=True,
        description="Deployment environment.", example="environment:prod",
    ),
    Field(
        name="body", type="payload", column="body", aliases=("message",),
        description="Words or a phrase in the body.", example='body:"connection reset"',
    ),
    Field(
        name="event_name", type="text", column="event_name", aliases=("event",), is_facet=True,
        description="Name of the event that the record tells.", example="event_name:gen_ai.choice",
    ),
    Field(
        name="scope", type="text", column="scope_name", aliases=("logger",), is_facet=True,
        description="Logger, or instrumentation, that wrote it (the scope's name).",
        example="scope:app.payments",
    ),
    Field(
        name="attributes.", type="text", column="attribute_index", is_open=True,
        description="An attribute, or a field of a structured line, by key.",
        example="attributes.http.response.status_code>=500",
    ),
    Field(
        name="resource.", type="text", column="resource", is_open=True,
        description="A resource attribute by key.", example="resource.host.name:web-1",
    ),
    Field(
        name="trace_id", type="text", column="trace_id", aliases=("trace",),
        description="Id of the trace it was written in, 32 hex digits.",
        example="trace_id:4bf92f3577b34da6a3ce929d0e0e4736",
    ),
    Field(
        name="span_id", type="text", column="span_id", aliases=("span",),
        description="Id of the span it was written in, 16 hex digits.", example="span_id:00f067aa0ba902b7",
    ),
)  # fmt: skip


def _renamed(field: Field) -> Field:
    """A field that traces have too, asked of a trace's spans."""
    aliases = tuple("span." + alias for alias in field.aliases)
    return replace(field, name="span." + field.name, aliases=aliases, example="span." + field.example)


@cache
def fields_of(target: Target) -> tuple[Field, ...]:
    """The fields in the order in which they are offered."""
    if target == "logs":
        return _LOGS
    span_only = tuple(replace(field, of_span=True) for field in _SPAN_ONLY)
    shared = tuple(replace(field, of_span=True) for field in _shared("span"))
    if target == "spans":
        return (*span_only[:2], *shared, *span_only[2:])
    renamed = tuple(_renamed(field) for field in shared if field.name != "trace_id")
    return (*_shared("trace"), *_TRACE_ONLY, *span_only, *renamed)


@cache
def _by_name(target: Target) -> Mapping[str, Field]:
    names = {name: field for field in fields_of(target) for name in (field.name, *field.aliases)}
    if target == "spans":  # A filter that was written for traces stays valid where it asks only spans.
        names |= {"span." + name: field for name, field in names.items()}
    return names


def find_field(name: str, target: Target) -> ResolvedField | None:
    names = _by_name(target)
    if (field := names.get(name)) is not None:
        return None if field.is_open else ResolvedField(field=field)
    for family, field in names.items():
        if field.is_open and name.startswith(family) and len(name) > len(family):
            return ResolvedField(field=field, key=name[len(family) :])
    return None


def get_field(name: str, target: Target, *, column: int | None = None) -> ResolvedField:
    """Raises QueryInvalid that names the nearest field."""
    if (resolved := find_field(name, target)) is not None:
        return resolved
    if target != "traces" and find_field(name, "traces") is not None:
        raise QueryInvalid(f"`{name}` is a field of traces, not of {target}", column=column)
    near = get_close_matches(name.lower(), _by_name(target), n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else "the fields are listed at /api/v1/fields"
    raise QueryInvalid(f"there is no field `{name}`", hint=hint, column=column)
