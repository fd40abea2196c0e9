"""The traces that are open in this process, and what travels with each: feature, team, user, session, tags.

A value set anywhere in a trace goes to its first span here, to every span that starts later (whoever makes
it), and, as W3C baggage, to other services. Contexts cannot carry it: they are immutable, and what a callee
sets would be gone when it returns.
"""

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry import baggage
from opentelemetry.trace import get_current_span

from spanglass import semconv

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

OPEN_TRACES_MAX = 10_000
"""Traces whose first span never ends would pile up: the oldest make room."""
BAGGAGE_VALUE_CHARS_MAX = 1_000
_TRAVELLING = frozenset(semconv.TRACE_KEYS.values())


class OpenTrace:
    """A trace with at least one open span that started here without a local parent."""

    __slots__ = ("open_roots", "root", "values")

    def __init__(self, root: "Span") -> None:
        self.root = root
        self.open_roots = 1
        self.values: dict[str, Any] = {}
        """By attribute name; replaced as a whole, never changed."""


class OpenTraces:
    def __init__(self) -> None:
        self._by_id: dict[int, OpenTrace] = {}
        self._lock = threading.RLock()
        """Reentrant, as the sender's."""

    def find(self, trace_id: int) -> OpenTrace | None:
        return self._by_id.get(trace_id)

    def start(self, span: "Span", context: "Context | None", *, reads_baggage: bool) -> None:
        """Tells of a span that has started: it gets what its trace carries."""
        parent = span.parent
        if parent is None or parent.is_remote:
            trace = self._open(span)
            if reads_baggage and (received := _read_baggage(context)):
                trace.values = {**received, **trace.values}
        else:
            found = self._by_id.get(parent.trace_id)
            if found is None:
                return
            trace = found
        if trace.values:
            span.set_attributes(trace.values)

    def _open(self, span: "Span") -> OpenTrace:
        trace_id = span.context.trace_id
        with self._lock:
            trace = self._by_id.get(trace_id)
            if trace is not None:
                trace.open_roots += 1
                return trace
            trace = self._by_id[trace_id] = OpenTrace(span)
            if len(self._by_id) > OPEN_TRACES_MAX:
                del self._by_id[next(iter(self._by_id))]
            return trace

    def end(self, span: "ReadableSpan") -> None:
        """Tells of a span that has ended and had no local parent."""
        trace_id = span.context.trace_id
        with self._lock:
            trace = self._by_id.get(trace_id)
            if trace is not None:
                trace.open_roots -= 1
                if trace.open_roots <= 0:
                    del self._by_id[trace_id]

    def update(self, values: Mapping[str, Any], *, root_only: Mapping[str, Any]) -> bool:
        """Sets attributes of the current trace. False where there is none, or it is not recorded."""
        span = get_current_span()
        if not span.is_recording():
            return False
        trace = self._by_id.get(span.get_span_context().trace_id)
        if trace is None:
            span.set_attributes({**values, **root_only})
            return True
        if semconv.TAGS in values:
            tags = dict.fromkeys((*trace.values.get(semconv.TAGS, ()), *values[semconv.TAGS]))
            values = {**values, semconv.TAGS: list(tags)}
        trace.values = {**trace.values, **values}
        span.set_attributes(values)
        root = trace.root if trace.root.is_recording() else span
        root.set_attributes({**values, **root_only})
        return True

    def forget(self) -> None:
        """In a forked child nothing but the lock is unusable; spans that were open stay open in both."""
        self._lock = threading.RLock()


traces = OpenTraces()


def _read_baggage(context: "Context | None") -> dict[str, Any]:
    received = baggage.get_all(context)
    if not received:
        return {}
    values: dict[str, Any] = {}
    for key in _TRAVELLING & received.keys():
        text = str(received[key])[:BAGGAGE_VALUE_CHARS_MAX]
        values[key] = _split_tags(text) if key == semconv.TAGS else text
    return values


def _split_tags(text: str) -> list[str]:
    try:
        tags = json.loads(text)
    except ValueError:
        tags = text.split(",")
    return [str(tag) for tag in tags] if isinstance(tags, list) else [text]


def with_baggage(context: "Context | None") -> "Context | None":
    """The context with what its trace carries as baggage: for requests to other services."""
    trace = traces.find(get_current_span(context).get_span_context().trace_id)
    if trace is None:
        return context
    for key, value in trace.values.items():
        text = json.dumps(value, ensure_ascii=False) if key == semconv.TAGS else str(value)
        if len(text) <= BAGGAGE_VALUE_CHARS_MAX:
            context = baggage.set_baggage(key, text, context)
    return context
