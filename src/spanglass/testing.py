"""What users test their own instrumentation with: nothing is sent, everything is kept.

    # conftest.py
    from spanglass.testing import captured  # a pytest fixture

    def test_answers_are_traced(captured):
        answer("Why?")
        assert captured.span("answer").output == "Because."
        assert captured.span("retrieve").parent == captured.span("answer")

Without pytest: `with spanglass.testing.capture() as captured: ...`. Every span of the process is kept,
whoever makes it, also where the application has called `init` itself: what was recorded meanwhile goes
nowhere else by way of Spanglass.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace.id_generator import IdGenerator

from spanglass import _propagation, semconv
from spanglass._client import find_provider, processor_of
from spanglass._encode import masked_text, masked_value
from spanglass._runtime import Runtime, slot
from spanglass._settings import Settings, resolve

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

START_NS = 1_750_000_000_000_000_000


class SteppingClock:
    """A clock that goes on by `step_ns` whenever it is read: every span gets times of its own."""

    def __init__(self, start_ns: int = START_NS, step_ns: int = 1_000_000) -> None:
        self.now_ns = start_ns
        self.step_ns = step_ns

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now_ns += round(seconds * 1_000_000_000)


class CountingIds(IdGenerator):
    """Trace ids 1, 2, 3 ... and span ids 1, 2, 3 ..., in the order in which spans start."""

    def __init__(self) -> None:
        self._traces = self._spans = 0

    def generate_trace_id(self) -> int:
        self._traces += 1
        return self._traces

    def generate_span_id(self) -> int:
        self._spans += 1
        return self._spans


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedSpan:
    """An ended span, by the names of Spanglass' API. Absent is None, or empty."""

    name: str
    kind: str
    """As given to `observe` or `span`; `span` where it was not."""
    trace_id: str
    span_id: str
    parent_span_id: str | None
    start_ns: int
    end_ns: int
    status: str
    """ok, error or unset."""
    error_type: str | None
    error_message: str | None
    input: Any
    """Decoded where it is JSON, else the text."""
    output: Any
    metadata: Mapping[str, Any]
    usage: Mapping[str, int]
    """input, output, cache_read, cache_write, reasoning: as far as known."""
    attributes: Mapping[str, Any]
    """All of them, as OpenTelemetry has them."""
    events: Sequence[tuple[str, Mapping[str, Any]]]
    """Name and attributes of each."""
    scope: str
    """Who made it: `spanglass`, or the name of an instrumentation."""
    _capture: "Capture" = field(repr=False, compare=False)

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def parent(self) -> "CapturedSpan | None":
        """None for a root, and where the parent is not captured (yet)."""
        return next((span for span in self._capture.spans if span.span_id == self.parent_span_id), None)

    @property
    def children(self) -> "list[CapturedSpan]":
        """By their start."""
        below = [span for span in self._capture.spans if span.parent_span_id == self.span_id]
        return sorted(below, key=lambda span: span.start_ns)

    def __getattr__(self, name: str) -> Any:
        """feature, team, user_id, session_id and tags, of this span; None where it has none."""
        if name in semconv.TRACE_KEYS:
            return self.attributes.get(semconv.TRACE_KEYS[name])
        raise AttributeError(name)


class Capture:
    """What was recorded: `spans` in the order in which they ended, `scores` in that in which they were
    given."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.spans: list[CapturedSpan] = []
        self.scores: list[dict[str, Any]] = []
        """As they would be sent: `name`, `value`, `trace_id` ..."""

    @property
    def roots(self) -> list[CapturedSpan]:
        return [span for span in self.spans if span.parent is None]

    def named(self, name: str) -> list[CapturedSpan]:
        return [span for span in self.spans if span.name == name]

    def span(self, name: str) -> CapturedSpan:
        """The one span of this name. Raises AssertionError where there is none, or more than one."""
        found = self.named(name)
        if len(found) != 1:
            known = ", ".join(sorted({span.name for span in self.spans})) or "none"
            raise AssertionError(f"{len(found)} spans are named {name!r}; captured: {known}")
        return found[0]

    def tree(self) -> str:
        """The spans as an indented outline, one a line: for assertions that show a trace's shape."""
        lines: list[str] = []
        for root in sorted(self.roots, key=lambda span: span.start_ns):
            _outline(root, 0, lines)
        return "\n".join(lines)

    def clear(self) -> None:
        self.spans.clear()
        self.scores.clear()

    def send_span(self, span: "ReadableSpan") -> None:
        """Takes an ended span; called by the span processor."""
        self.spans.append(_read(span, self))

    def send_score(self, score: dict[str, object]) -> None:
        """Takes a score; called by `score`."""
        self.scores.append(score)

    def flush(self, timeout_s: float) -> bool:
        return True

    def close(self, timeout_s: float) -> bool:
        return True


def _outline(span: CapturedSpan, depth: int, lines: list[str]) -> None:
    lines.append("  " * depth + span.name)
    for child in span.children:
        _outline(child, depth + 1, lines)


@contextmanager
def capture(
    *,
    clock: Callable[[], int] | None = None,
    ids: IdGenerator | None = None,
    **options: Any,
) -> Iterator[Capture]:
    """Keeps what is recorded within the block. `clock` (nanoseconds) and `ids` make spans of Spanglass the
    same every time: `SteppingClock()`, `CountingIds()`. `options` are arguments of `init` (mask, capture
    ...); environment variables do not count."""
    given = options.pop("tracer_provider", None)
    settings = resolve(**options, env={})
    kept = Capture(settings)
    provider = find_provider(given, settings)
    processor = processor_of(provider)
    _propagation.install()
    before = processor.exporter, slot.runtime, slot.is_off
    with _counting(provider, ids):
        chosen = {} if clock is None else {"clock": clock}
        processor.exporter = kept
        slot.runtime = Runtime(
            tracer=provider.get_tracer(semconv.SCOPE), settings=settings, scores=kept, **chosen
        )
        try:
            yield kept
        finally:
            processor.exporter, slot.runtime, slot.is_off = before


@contextmanager
def _counting(provider: "TracerProvider", ids: IdGenerator | None) -> Iterator[None]:
    """The provider's tracers, each of which holds the generator, take their ids from `ids`."""
    if ids is None:
        yield
        return
    tracer = provider.get_tracer(semconv.SCOPE)
    holders: list[Any] = [provider, tracer, *dict(getattr(provider, "_tracers", {})).values()]
    before = [holder.id_generator for holder in holders]
    for holder in holders:
        holder.id_generator = ids
    try:
        yield
    finally:
        for holder, generator in zip(holders, before, strict=True):
            holder.id_generator = generator


_USAGE = {
    "input": semconv.INPUT_TOKENS,
    "output": semconv.OUTPUT_TOKENS,
    "cache_read": semconv.CACHE_READ_TOKENS,
    "cache_write": semconv.CACHE_WRITE_TOKENS,
    "reasoning": semconv.REASONING_TOKENS,
}


def _read(span: "ReadableSpan", kept: Capture) -> CapturedSpan:
    attributes = _masked(dict(span.attributes or {}), kept.settings)
    context, parent = span.context, span.parent
    prefixes = (semconv.METADATA + ".", semconv.TRACE_METADATA + ".")
    message = span.status.description
    if message and kept.settings.mask is not None:
        message = masked_text(kept.settings.mask, message, "status.message")
    return CapturedSpan(
        name=span.name,
        kind=str(attributes.get(semconv.KIND, "span")),
        trace_id=format(context.trace_id, "032x"),
        span_id=format(context.span_id, "016x"),
        parent_span_id=None if parent is None else format(parent.span_id, "016x"),
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        status=span.status.status_code.name.lower(),
        error_type=attributes.get(semconv.ERROR_TYPE),
        error_message=message,
        input=_decoded(attributes.get(semconv.INPUT)),
        output=_decoded(attributes.get(semconv.OUTPUT)),
        metadata={
            key.removeprefix(prefix): value
            for prefix in prefixes
            for key, value in attributes.items()
            if key.startswith(prefix)
        },
        usage={name: attributes[key] for name, key in _USAGE.items() if key in attributes},
        attributes=attributes,
        events=[(event.name, _masked(dict(event.attributes or {}), kept.settings)) for event in span.events],
        scope=span.instrumentation_scope.name if span.instrumentation_scope else "",
        _capture=kept,
    )


def _masked(attributes: dict[str, Any], settings: Settings) -> dict[str, Any]:
    if settings.mask is None:
        return attributes
    masked = {key: masked_value(settings.mask, value, key) for key, value in attributes.items()}
    return {key: value for key, value in masked.items() if value is not None}


def _decoded(text: Any) -> Any:
    if isinstance(text, str) and text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


if TYPE_CHECKING or "pytest" in sys.modules:  # else nobody can ask for a fixture
    import pytest

    @pytest.fixture
    def captured() -> Iterator[Capture]:
        """What the test recorded, with a stepping clock and counting ids."""
        with capture(clock=SteppingClock(), ids=CountingIds()) as kept:
            yield kept
