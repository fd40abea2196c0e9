"""`observe`: a span for every call of a function, whatever sort of function it is."""

import functools
import inspect
import weakref
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, TypeVar, overload

from spanglass._errors import record_failure
from spanglass._log import log_once
from spanglass._runtime import hint_at_init, slot
from spanglass._span import Kind, checked_kind, complain, enter, leave
from spanglass._step import Options, Step
from spanglass._streams import Entered, Stream, async_generator_loop, generator_loop

F = TypeVar("F")


@overload
def observe(function: F, /) -> F: ...


@overload
def observe(
    *,
    name: str | None = None,
    kind: Kind | None = None,
    capture: bool | None = None,
    capture_input: bool | None = None,
    capture_output: bool | None = None,
) -> Callable[[F], F]: ...


def observe(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    kind: Kind | None = None,
    capture: bool | None = None,
    capture_input: bool | None = None,
    capture_output: bool | None = None,
) -> Any:
    """Makes a span of every call: arguments in, result or exception out.

    For functions, coroutines, generators and async generators, methods, class methods and static methods
    (above or below their decorators), and objects that can be called; bare (`@observe`) or with arguments.
    What is decorated keeps its signature, annotations and sort; functions and methods can be pickled. A
    generator's span lasts
    from its first item asked for to its end, and is current only while it runs; so does that of a function
    which returns a generator.

    `name` is the function's own by default, `kind` what the span is (llm, retriever, tool ...). `capture`,
    `capture_input` and `capture_output` switch the recording of arguments and result for this function alone;
    None leaves it to `init(capture=...)`. `self` and `cls` are never recorded.
    """
    plan = Options(
        name=name,
        kind=checked_kind(kind),
        input=capture if capture_input is None else capture_input,
        output=capture if capture_output is None else capture_output,
    )
    if function is None:
        return lambda function: _decorate(function, plan)
    return _decorate(function, plan)


def _decorate(function: Any, options: Options) -> Any:
    if isinstance(function, classmethod | staticmethod):
        return type(function)(_decorate(function.__func__, options))
    if isinstance(function, type):
        return _decorate_class(function, options)
    if not callable(function):
        log_once("observe", "observe() takes functions; %r is left as it is", type(function).__name__)
        return function
    step = Step(function, options)
    target = function if inspect.isroutine(function) else type(function).__call__
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(target):
        return _observe_async_generator(function, step)
    if inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(target):
        return _observe_generator(function, step)
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(target):
        return _observe_coroutine(function, step)
    return _observe_function(function, step)


def _decorate_class(decorated: type, options: Options) -> type:
    """A class whose instances are called: their `__call__` is observed."""
    own = decorated.__dict__.get("__call__")
    if own is None:
        log_once(
            f"observe {decorated.__qualname__}", "observe() on the class %s: it has no __call__", decorated
        )
        return decorated
    named = Options(
        name=options.name or decorated.__qualname__.rpartition("<locals>.")[2],
        kind=options.kind,
        input=options.input,
        output=options.output,
    )
    setattr(decorated, "__call__", _decorate(own, named))  # noqa: B010 - which mypy reads as a method
    return decorated


def _observe_function(function: Any, step: Step) -> Any:
    def observed(*args: Any, **kwargs: Any) -> Any:
        entered = _enter(step, args, kwargs)
        if entered is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            _fail(entered, error)
            raise
        if type(result) in _STREAMS:
            return _continue(step, entered, result)
        _succeed(step, entered, result)
        return result

    return _wrap(observed, function)


def _observe_coroutine(function: Any, step: Step) -> Any:
    async def observed(*args: Any, **kwargs: Any) -> Any:
        entered = _enter(step, args, kwargs)
        if entered is None:
            return await function(*args, **kwargs)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            _fail(entered, error)
            raise
        if type(result) in _STREAMS:
            return _continue(step, entered, result)
        _succeed(step, entered, result)
        return result

    return _wrap(observed, function)


def _observe_generator(function: Any, step: Step) -> Any:
    def start(args: tuple[Any, ...], kwargs: dict[str, Any]) -> "tuple[Any, Stream | None]":
        body = function(*args, **kwargs)  # First: wrong arguments must not leave a span behind.
        entered = _enter(step, args, kwargs)
        return body, None if entered is None else Stream(step, entered)

    return _wrap(generator_loop(start), function)


def _observe_async_generator(function: Any, step: Step) -> Any:
    def start(args: tuple[Any, ...], kwargs: dict[str, Any]) -> "tuple[Any, Stream | None]":
        body = function(*args, **kwargs)  # First: wrong arguments must not leave a span behind.
        entered = _enter(step, args, kwargs)
        return body, None if entered is None else Stream(step, entered)

    return _wrap(async_generator_loop(start), function)


def _wrap(observed: Any, function: Any) -> Any:
    """`functools.wraps`; an object's own attributes are its state, not its function's."""
    updated = ("__dict__",) if inspect.isroutine(function) else ()
    wrapped: Any = functools.wraps(function, updated=updated)(observed)
    for name in _OF_CACHES:
        if hasattr(function, name):
            setattr(wrapped, name, getattr(function, name))
    return wrapped


_OF_CACHES = ("cache_info", "cache_clear")
"""What callers of a `functools.lru_cache` rely on; methods of its type, which `wraps` does not see."""


def _enter(step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Entered | None":
    """Starts the call's span; None where nothing is recorded."""
    runtime = slot.runtime
    if runtime is None:
        hint_at_init()
        return None
    try:
        span, context, previous = enter(runtime, step.name, step.kind)
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("a span could not be started")
        return None
    try:
        step.take_arguments(runtime, span, args, kwargs)
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("arguments could not be captured")
    return runtime, span, context, previous


def _fail(entered: Entered, error: BaseException) -> None:
    _, span, context, previous = entered
    record_failure(span, error)
    leave(span, context, previous)


def _succeed(step: Step, entered: Entered, result: Any) -> None:
    runtime, span, context, previous = entered
    try:
        step.take_result(runtime, span, result)
    except Exception:  # noqa: BLE001 - telemetry must not fail the application
        complain("a result could not be captured")
    leave(span, context, previous)


_STREAMS = frozenset({GeneratorType, AsyncGeneratorType, CoroutineType})
"""Results that have yet to be read: the call's span goes on with them."""


def _continue(step: Step, entered: Entered, result: Any) -> Any:
    """A generator or coroutine that a function returned, in the span of the call that made it."""
    stream = Stream(step, entered)
    continued: Any
    if isinstance(result, GeneratorType):
        continued = generator_loop(lambda args, kwargs: (result, stream))()
    elif isinstance(result, AsyncGeneratorType):
        continued = async_generator_loop(lambda args, kwargs: (result, stream))()
    else:
        continued = _await(result, stream)
    # What is never begun runs no `finally`.
    weakref.finalize(continued, stream.end)
    return continued


async def _await(coroutine: Any, stream: Stream) -> Any:
    stream.resume()
    try:
        result = await coroutine
    except BaseException as error:
        stream.fail(error)
        raise
    stream.pause()
    stream.end(result)
    return result
