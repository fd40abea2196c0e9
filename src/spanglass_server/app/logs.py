"""How events are written: to stderr, one a line, as text for people or JSON for machines."""

import logging
import sys
from typing import Literal

import structlog
import structlog.tracebacks

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(
    level: Literal["debug", "info", "warning", "error"], format_: Literal["auto", "console", "json"]
) -> None:
    """Once, at start-up. Libraries that log through the standard library are shortened to warnings."""
    is_json = format_ == "json" or (format_ == "auto" and not sys.stderr.isatty())
    renderer = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    # Without the values of variables: they hold payloads and keys.
    told = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    errors = structlog.processors.ExceptionRenderer(told) if is_json else _pass_on
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _pass_on(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
