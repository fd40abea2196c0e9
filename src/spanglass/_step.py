"""What an observed function is called, and what a span gets of its arguments and its result."""

import functools
import inspect
from typing import Any

from opentelemetry.trace import Span

from spanglass import semconv
from spanglass._capture import capture_arguments, capture_text
from spanglass._encode import plain_attributes
from spanglass._runtime import Runtime


class Options:
    __slots__ = ("input", "kind", "name", "output")

    def __init__(
        self, *, name: str | None, kind: str | None, input: bool | None, output: bool | None
    ) -> None:
        self.name = name
        self.kind = kind
        self.input = input
        self.output = output


class Step:
    """What is known of an observed function before it is called."""

    __slots__ = ("_input", "_names", "_output", "_rest", "_skip", "kind", "name")

    def __init__(self, function: Any, options: Options) -> None:
        self.name = options.name or name_of(function)
        self.kind = options.kind
        self._input = options.input
        self._output = options.output
        names, self._rest = _parameters(function)
        self._skip = 1 if names[:1] in (("self",), ("cls",)) else 0
        self._names = names[self._skip :]

    def take_arguments(
        self, runtime: Runtime, span: Span, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        settings = runtime.settings
        if not (settings.is_capturing if self._input is None else self._input) or not span.is_recording():
            return
        given = args[self._skip :] if self._skip else args
        if not given and not kwargs:
            return
        pairs: list[tuple[str, Any]] = list(zip(self._names, given, strict=False))
        if len(given) > len(self._names):
            pairs.append((self._rest, given[len(self._names) :]))
        if kwargs:
            pairs += kwargs.items()
        span.set_attribute(semconv.INPUT, capture_arguments(pairs, settings.capture_chars_max))

    def take_result(self, runtime: Runtime, span: Span, result: Any) -> None:
        if result is None or not self.takes_result(runtime) or not span.is_recording():
            return
        if semconv.OUTPUT in plain_attributes(getattr(span, "_attributes", None)):
            return  # update_current_span(output=...) knew better
        span.set_attribute(semconv.OUTPUT, capture_text(result, runtime.settings.capture_chars_max))

    def takes_result(self, runtime: Runtime) -> bool:
        return runtime.settings.is_capturing if self._output is None else self._output


def name_of(function: Any) -> str:
    """`answer`, `Rag.answer`: the qualified name without the functions around it."""
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    name = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return str(name).rpartition("<locals>.")[2]


def _parameters(function: Any) -> tuple[tuple[str, ...], str]:
    """Names of the parameters that take positional arguments, in order, and the name of `*args`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # builtins without a signature
        return (), "args"
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(parameter.name for parameter in parameters if parameter.kind in positional)
    rest = (parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL)
    return names, next(rest, "args")
