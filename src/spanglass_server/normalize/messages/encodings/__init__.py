"""The encodings of messages, one a file, in the order in which they are tried."""

from collections.abc import Callable
from typing import Final

from spanglass_server.normalize.messages.encodings import (
    genai,
    google_adk,
    langfuse,
    langsmith,
    log_events,
    mlflow,
    openinference,
    openllmetry,
    pydantic_ai,
    span_events,
    traceloop,
    values,
    vercel,
)
from spanglass_server.normalize.messages.source import Source, Turns

ENCODINGS: Final[tuple[Callable[[Source], Turns], ...]] = (
    genai.read,
    log_events.read,
    span_events.read,
    openinference.read,
    openllmetry.read,
    values.read,
    langfuse.read,
    vercel.read,
    pydantic_ai.read,
    mlflow.read,
    langsmith.read,
    google_adk.read,
    traceloop.read,
)
