"""How a step failed, as OpenTelemetry's exception event tells it."""

import os
from traceback import StackSummary, TracebackException
from types import TracebackType

from opentelemetry.trace import Span, StatusCode

from spanglass import semconv
from spanglass._log import log_once, logger

FRAMES_MAX = 64
"""Innermost frames of a stack that are kept."""
MESSAGE_CHARS_MAX = 10_000
STACK_CHARS_MAX = 50_000
_HERE = os.path.dirname(__file__) + os.sep

_LEFT = frozenset({"GeneratorExit", "CancelledError", "Cancelled", "SystemExit"})
"""Exceptions outside of Exception by which a step is left, not failed: a stream nobody reads on, a cancelled
task of asyncio or trio, an orderly exit."""


def record_failure(span: Span, error: BaseException) -> None:
    """Marks the span failed, with type, message and stack of what was raised. Never raises."""
    if not span.is_recording():
        return
    try:
        _record(span, error)
    except Exception:  # noqa: BLE001 - exceptions too may be broken
        log_once("failure", "an exception could not be recorded (details at level debug)")
        logger.debug("an exception could not be recorded", exc_info=True)
        span.set_status(StatusCode.ERROR, type(error).__name__)


def _record(span: Span, error: BaseException) -> None:
    kind = type(error)
    if not isinstance(error, Exception) and kind.__name__ in _LEFT:
        span.set_attribute(semconv.CLOSED_EARLY, True)
        return
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    message = _message(error)
    span.add_event(
        semconv.EXCEPTION_EVENT,
        {
            "exception.type": name,
            "exception.message": message,
            "exception.stacktrace": _stack(error),
            "exception.escaped": "True",
        },
    )
    span.set_attribute(semconv.ERROR_TYPE, name)
    span.set_status(StatusCode.ERROR, message or name)


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MESSAGE_CHARS_MAX]
    except Exception:  # noqa: BLE001 - the application's own __str__
        return f"[{type(error).__name__} without a readable message]"


def _stack(error: BaseException) -> str:
    told = TracebackException(type(error), error, _without_ours(error.__traceback__), limit=-FRAMES_MAX)
    told.stack = StackSummary.from_list([at for at in told.stack if not at.filename.startswith(_HERE)])
    text = "".join(told.format())
    if len(text) <= STACK_CHARS_MAX:
        return text
    half = STACK_CHARS_MAX // 2  # frames come first, and a message may fill all of the rest
    return f"{text[:half]}\n…\n{text[-half:]}"


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """The stack from the first frame that is not the decorator's."""
    while trace is not None and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return trace
