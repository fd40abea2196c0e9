"""Spans by hand: `span()`, and what can be said of a span or its trace while it is open."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from opentelemetry import context as context_api
from opentelemetry.trace import INVALID_SPAN, Span, StatusCode, get_current_span, set_span_in_context

from spanglass import semconv
from spanglass._capture import capture_field, capture_text
from spanglass._errors import record_failure
from spanglass._log import log_once, logger
from spanglass._runtime import Runtime, hint_at_init, slot
from spanglass._settings import CAPTURE_CHARS_MAX
from spanglass._traces import traces
from spanglass._usage import usage_attributes

if TYPE_CHECKING:
    from opentelemetry.context import Context

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
Level: TypeAlias = Literal["debug", "info", "warning", "error"]
"""What a person should make of a span; `error` marks it as failed."""

METADATA_KEYS_MAX = 128
"""Of one update."""
_MISSING: Any = object()
"""An argument that was not given, where None is a value."""


class SpanHandle:
    """An open span: the `s` of `with spanglass.span("rerank") as s`."""

    __slots__ = ("_again", "_context", "_kind", "_name", "_otel", "_previous", "_updates")

    def __init__(self, name: str, kind: Kind | None, updates: Mapping[str, Any]) -> None:
        self._name = name
        self._kind = checked_kind(kind)
        self._updates = updates
        self._otel: Span = INVALID_SPAN
        self._context: Context | None = None
        self._previous: Context | None = None
        self._again = 0
        """Blocks within the one that the span is of."""

    def __enter__(self) -> "SpanHandle":
        if self._context is not None:
            self._again += 1
            log_once("span again", "the span %s was entered while it is open: it stays one", self._name)
            return self
        runtime = slot.runtime
        if runtime is None:
            hint_at_init()
            return self
        try:
            self._otel, self._context, self._previous = enter(runtime, self._name, self._kind)
        except Exception:  # noqa: BLE001 - telemetry must not fail the application
            complain("a span could not be started")
            return self
        if self._updates:
            self.update(**self._updates)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._context is None:
            return
        if self._again:
            self._again -= 1
            return
        if error is not None:
            record_failure(self._otel, error)
        leave(self._otel, self._context, self._previous)
        self._context = None

    async def __aenter__(self) -> "SpanHandle":
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def update(self, **facts: Any) -> None:
        """Says more of the span: the arguments of `update_current_span`."""
        update_span(self._otel, facts)

    def score(self, name: str, value: float | bool | str, **facts: Any) -> None:
        """Scores this span: the arguments of `score`."""
        from spanglass._scores import score

        score(name, value, trace_id=self.trace_id, span_id=self.span_id, **facts)

    @property
    def trace_id(self) -> str | None:
        """32 hexadecimal digits; None where nothing is recorded."""
        return trace_id_of(self._otel)

    @property
    def span_id(self) -> str | None:
        """16 hexadecimal digits; None where nothing is recorded."""
        return span_id_of(self._otel)

    @property
    def otel(self) -> Span:
        """The OpenTelemetry span, for its own methods (add_event, add_link, set_attribute ...)."""
        return self._otel


def span(name: str, *, kind: Kind | None = None, **facts: Any) -> SpanHandle:
    """A span around a block: `with spanglass.span("rerank", kind="reranker", input=query) as s:`.

    `facts` are the arguments of `update_current_span`. An exception that leaves the block is recorded on the
    span and goes on. Works as `async with` too.
    """
    return SpanHandle(name, kind, facts)


def checked_kind(kind: str | None) -> Any:
    """The kind as given; one that the server does not know is said once."""
    if kind is not None and kind not in semconv.KINDS:
        log_once(f"kind {kind}", "%r is no kind of span: it is one of %s", kind, ", ".join(semconv.KINDS))
    return kind


def enter(runtime: Runtime, name: str, kind: str | None) -> "tuple[Span, Context, Context]":
    """Starts a span and makes it the current one: (span, its context, the context before)."""
    previous = context_api.get_current()
    started = runtime.tracer.start_span(
        name, previous, attributes=None if kind is None else {semconv.KIND: kind}, start_time=runtime.clock()
    )
    context = set_span_in_context(started, previous)
    context_api.attach(context)
    return started, context, previous


def leave(span: Span, context: "Context", previous: "Context | None") -> None:
    """Ends a span that `enter` started, and makes the context before the current one again."""
    try:
        step_out(span, context, previous)
        runtime = slot.runtime
        span.end(None if runtime is None else runtime.clock())
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("a span could not be ended")


def step_out(span: Span, context: "Context", previous: "Context | None") -> None:
    """Makes the context before the current one, unless another has taken the span's place: a block that the
    garbage collector leaves, at any time and on any thread, must not touch the context of what runs there.

    Contexts are compared, not tokens given back: a token is void in another thread or task than its own.
    """
    current = context_api.get_current()
    if previous is not None and (current is context or _is_inside(get_current_span(current), span)):
        context_api.attach(previous)


def _is_inside(inner: Span, outer: Span) -> bool:
    """The same span with more baggage, or a child that was never left."""
    if inner is outer:
        return True
    parent = getattr(inner, "parent", None)
    return parent is not None and parent.span_id == outer.get_span_context().span_id


def complain(message: str) -> None:
    log_once(message, message + " (details at level debug)")
    logger.debug(message, exc_info=True)


def trace_id_of(span: Span) -> str | None:
    context = span.get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def span_id_of(span: Span) -> str | None:
    context = span.get_span_context()
    return format(context.span_id, "016x") if context.is_valid else None


def current_trace_id() -> str | None:
    """The current trace's id, 32 hexadecimal digits; None outside of any span."""
    return trace_id_of(get_current_span())


def current_span_id() -> str | None:
    """The current span's id, 16 hexadecimal digits; None outside of any span."""
    return span_id_of(get_current_span())


def update_current_span(
    *,
    name: str | None = None,
    kind: Kind | None = None,
    input: object = _MISSING,
    output: object = _MISSING,
    metadata: Mapping[str, object] | None = None,
    model: str | None = None,
    response_model: str | None = None,
    provider: str | None = None,
    operation: str | None = None,
    response_id: str | None = None,
    usage: object = None,
    cost_usd: float | None = None,
    cache_hit: bool | None = None,
    finish_reasons: str | Iterable[str] | None = None,
    ttft_s: float | None = None,
    streaming: bool | None = None,
    parameters: Mapping[str, object] | None = None,
    documents: Iterable[object] | None = None,
    prompt_name: str | None = None,
    prompt_version: str | int | None = None,
    tool_name: str | None = None,
    agent_name: str | None = None,
    level: Level | None = None,
    status: Literal["ok", "error"] | None = None,
    status_message: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Says more of the current span, whoever started it. What is left out stays as it is.

    `usage` is a dictionary of `input`, `output`, `cache_read`, `cache_write`, `reasoning` token counts
    (cached ones are part of `input`, reasoning of `output`), or the usage object of a provider's API.
    `ttft_s` is the time to the first token in seconds. `documents` are texts, or objects with `id`,
    `content`, `score` and `metadata`. `parameters` are those of the model call (temperature, max_tokens ...).
    `attributes` are any OpenTelemetry attributes.
    """
    facts = {key: value for key, value in locals().items() if value is not None and value is not _MISSING}
    update_span(get_current_span(), facts)


def update_span(span: Span, facts: Mapping[str, Any]) -> None:
    """Sets what `facts` say by the names of `update_current_span`. Never raises."""
    if not span.is_recording():
        return
    try:
        attributes: dict[str, Any] = {}
        for name, value in facts.items():
            if value is None or value is _MISSING:
                continue
            try:
                _read_fact(name, value, attributes)
            except Exception:  # noqa: BLE001 - what one fact lacks must not cost the others
                complain(f"{name} of a span could not be read")
        span.set_attributes(attributes)
        _set_on_span(span, facts)
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("an update of a span was lost")


def _read_fact(name: str, value: Any, attributes: dict[str, Any]) -> None:
    plain = _ATTRIBUTES.get(name)
    if plain is not None:
        attributes[plain] = value
    elif name in _READERS:
        attributes.update(_READERS[name](value))
    elif name not in _ON_SPAN:
        log_once(f"fact {name}", "a span has no %r: see update_current_span", name)


def _chars_max() -> int:
    runtime = slot.runtime
    return CAPTURE_CHARS_MAX if runtime is None else runtime.settings.capture_chars_max


def _metadata(metadata: Mapping[str, object], prefix: str = semconv.METADATA) -> dict[str, Any]:
    """One attribute a key: numbers, booleans and texts as they are, so that filters can compare them."""
    if not isinstance(metadata, Mapping):
        metadata = {"value": metadata}
    return {
        f"{prefix}.{key}": capture_field(str(key), value, _chars_max())
        for key, value in list(metadata.items())[:METADATA_KEYS_MAX]
        if value is not None
    }


def _text(value: object) -> str:
    return capture_text(value, _chars_max())


def _parameters(parameters: Mapping[str, object]) -> dict[str, Any]:
    return {
        semconv.REQUEST_PARAMETER_PREFIX + str(key): capture_field(str(key), value, _chars_max())
        for key, value in parameters.items()
        if value is not None
    }


def _finish_reasons(reasons: str | Iterable[str]) -> dict[str, Any]:
    listed = [reasons] if isinstance(reasons, str) else [str(reason) for reason in reasons]
    return {semconv.FINISH_REASONS: listed}


def _usage(usage: object) -> dict[str, Any]:
    return dict(usage_attributes(usage))


def _documents(documents: Iterable[object]) -> dict[str, Any]:
    listed = [{"content": item} if isinstance(item, str) else item for item in documents]
    return {semconv.RETRIEVAL_DOCUMENTS: _text(listed)}


_ATTRIBUTES = {
    "kind": semconv.KIND,
    "model": semconv.REQUEST_MODEL,
    "response_model": semconv.RESPONSE_MODEL,
    "provider": semconv.PROVIDER,
    "operation": semconv.OPERATION,
    "response_id": semconv.RESPONSE_ID,
    "cost_usd": semconv.COST_USD,
    "cache_hit": semconv.CACHE_HIT,
    "ttft_s": semconv.TIME_TO_FIRST_CHUNK,
    "streaming": semconv.REQUEST_STREAM,
    "prompt_name": semconv.PROMPT_NAME,
    "tool_name": semconv.TOOL_NAME,
    "agent_name": semconv.AGENT_NAME,
    "level": semconv.LEVEL,
}
_READERS: Mapping[str, Any] = {
    "input": lambda value: {semconv.INPUT: _text(value)},
    "output": lambda value: {semconv.OUTPUT: _text(value)},
    "prompt_version": lambda value: {semconv.PROMPT_VERSION: str(value)},
    "status_message": lambda value: {semconv.STATUS_MESSAGE: str(value)},
    "metadata": _metadata,
    "parameters": _parameters,
    "finish_reasons": _finish_reasons,
    "usage": _usage,
    "documents": _documents,
    "attributes": dict,
}
_ON_SPAN = frozenset({"name", "status"})


def _set_on_span(span: Span, facts: Mapping[str, Any]) -> None:
    if facts.get("name"):
        span.update_name(str(facts["name"]))
    status = facts.get("status")
    if status == "error" or facts.get("level") == "error":
        span.set_status(StatusCode.ERROR, facts.get("status_message"))
    elif status == "ok":
        span.set_status(StatusCode.OK)


def update_current_trace(
    *,
    name: str | None = None,
    feature: str | None = None,
    team: str | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    release: str | None = None,
    input: object = _MISSING,
    output: object = _MISSING,
) -> None:
    """Says for whom and what the current trace is. What is left out stays as it is; tags add up.

    `feature`, `team`, `user_id`, `session_id` and `tags` go to the current span, to the trace's first span in
    this process, to every span that starts later, and as W3C baggage to other services. The others go to the
    trace's first span.
    """
    try:
        values: dict[str, Any] = {
            semconv.TRACE_KEYS[key]: str(value)
            for key, value in (
                ("feature", feature),
                ("team", team),
                ("user_id", user_id),
                ("session_id", session_id),
            )
            if value is not None
        }
        if tags is not None:
            is_one = isinstance(tags, str) or not isinstance(tags, Iterable)
            values[semconv.TAGS] = [str(tags)] if is_one else [str(tag) for tag in tags]
        first: dict[str, Any] = _metadata(metadata or {}, semconv.TRACE_METADATA)
        if name is not None:
            first[semconv.TRACE_NAME] = str(name)
        if release is not None:
            first[semconv.RELEASE] = str(release)
        if input is not _MISSING:
            first[semconv.INPUT] = _text(input)
        if output is not _MISSING:
            first[semconv.OUTPUT] = _text(output)
        if not traces.update(values, root_only=first) and slot.runtime is None:
            hint_at_init()
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("an update of a trace was lost")
