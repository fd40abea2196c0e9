"""Generators in a span: current while their body runs, and never in the context of who consumes them.

OpenTelemetry's context is swapped at every step: the body's own before it goes on, the consumer's after it
gave an item. So spans that a body leaves open at a `yield` stay in it, and consumers of two streams at a time
see none of either.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from opentelemetry import context as context_api
from opentelemetry.trace import Span

from spanglass import semconv
from spanglass._errors import record_failure
from spanglass._runtime import Runtime
from spanglass._span import complain
from spanglass._step import Step

if TYPE_CHECKING:
    from opentelemetry.context import Context

Entered: TypeAlias = "tuple[Runtime, Span, Context, Context]"
"""A call that has begun: runtime, span, the span's context, and the one before."""

Start: TypeAlias = "Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, Stream | None]]"
"""Arguments to a generator that has not begun, and its span; None where nothing is recorded."""

ITEMS_MAX = 1_000
"""Items of a stream, other than texts, that are kept for its result. Texts are kept up to capture_chars_max
in all."""


class Stream:
    """The span of a generator. It is made while the span is current, and makes the context before current."""

    __slots__ = (
        "_count",
        "_first_ns",
        "_inside",
        "_is_open",
        "_items",
        "_keeps",
        "_outside",
        "_runtime",
        "_size",
        "_span",
        "_started_ns",
        "_step",
    )

    def __init__(self, step: Step, entered: Entered) -> None:
        self._step = step
        self._runtime, self._span, self._inside, self._outside = entered
        self._started_ns = self._runtime.clock()
        self._first_ns: int | None = None
        self._keeps = step.takes_result(self._runtime) and self._span.is_recording()
        self._items: list[Any] = []
        self._count = 0
        self._size = 0
        self._is_open = True
        context_api.attach(self._outside)

    def resume(self) -> None:
        """Before the body goes on."""
        self._outside = context_api.get_current()
        context_api.attach(self._inside)

    def pause(self) -> None:
        """After the body has given an item, or has ended."""
        self._inside = context_api.get_current()
        context_api.attach(self._outside)

    def take(self, item: Any) -> None:
        if self._first_ns is None:
            self._first_ns = self._runtime.clock()
        self._count += 1
        if not self._keeps:
            return
        if type(item) is str:
            self._size += len(item)
            self._keeps = self._size <= self._runtime.settings.capture_chars_max
        else:
            self._keeps = len(self._items) < ITEMS_MAX
        self._items.append(item)

    def fail(self, error: BaseException) -> None:
        """The body raised; it is the body's context that is current."""
        self.pause()
        record_failure(self._span, error)
        self.end()

    def end(self, result: Any = None) -> None:
        """Ends the span; again is harmless."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._tell(result)
        except Exception:  # noqa: BLE001 - telemetry must not fail the application
            complain("a stream's result could not be captured")
        self._span.end(self._runtime.clock())

    def _tell(self, result: Any) -> None:
        if not self._span.is_recording():
            return
        if self._first_ns is not None:
            seconds = (self._first_ns - self._started_ns) / 1e9
            self._span.set_attributes(
                {semconv.TIME_TO_FIRST_CHUNK: seconds, semconv.STREAM_ITEMS: self._count}
            )
        items: Any = self._items
        missing = self._count - len(items)
        if items and missing and not self._keeps:
            items = [*items, f"… [{missing} more items]"]
        if items and all(type(item) is str for item in items):
            items = "".join(items)
        self._step.take_result(self._runtime, self._span, items or result)


def generator_loop(start: Start) -> Callable[..., Generator[Any, Any, Any]]:
    """A generator function that runs another's generator in a span: `yield from`, with the context
    swapped."""

    def observed(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        body, stream = start(args, kwargs)
        if stream is None:
            return (yield from body)
        step, value = body.send, None
        while True:
            stream.resume()
            try:
                item = step(value)
            except StopIteration as stop:
                stream.pause()
                stream.end(stop.value)
                return stop.value
            except BaseException as error:
                stream.fail(error)
                raise
            stream.pause()
            stream.take(item)
            try:
                step, value = body.send, (yield item)
            except GeneratorExit as leaving:
                _close(body, stream, leaving)
                raise
            except BaseException as error:  # noqa: BLE001 - thrown in by the consumer: the body's to handle
                step, value = body.throw, error

    return observed


def _close(body: Any, stream: Stream, leaving: GeneratorExit) -> None:
    stream.resume()
    try:
        body.close()
    except BaseException as error:
        stream.fail(error)
        raise
    stream.fail(leaving)


def async_generator_loop(start: Start) -> Callable[..., AsyncGenerator[Any, Any]]:
    """The same for async generators."""

    async def observed(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        body, recorded = start(args, kwargs)
        stream = recorded or _Unrecorded()
        step, value = body.asend, None
        while True:
            stream.resume()
            try:
                item = await step(value)
            except StopAsyncIteration:
                stream.pause()
                stream.end()
                return
            except BaseException as error:
                stream.fail(error)
                raise
            stream.pause()
            stream.take(item)
            try:
                step, value = body.asend, (yield item)
            except GeneratorExit as leaving:
                await _aclose(body, stream, leaving)
                raise
            except BaseException as error:  # noqa: BLE001 - thrown in by the consumer: the body's to handle
                step, value = body.athrow, error

    return observed


async def _aclose(body: Any, stream: "Stream | _Unrecorded", leaving: GeneratorExit) -> None:
    stream.resume()
    try:
        await body.aclose()
    except BaseException as error:
        stream.fail(error)
        raise
    stream.fail(leaving)


class _Unrecorded:
    """The stream of a call that is not recorded: an async generator has no `yield from`."""

    def resume(self) -> None: ...

    def pause(self) -> None: ...

    def take(self, item: Any) -> None: ...

    def fail(self, error: BaseException) -> None: ...

    def end(self) -> None: ...
