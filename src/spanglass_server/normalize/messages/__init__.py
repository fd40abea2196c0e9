"""Messages, tool calls and documents, rendered from a span's raw telemetry when somebody looks at it."""

from spanglass_server.normalize.messages.render import read_turns, render
from spanglass_server.normalize.messages.source import RenderLog, Source, Turns

__all__ = ["RenderLog", "Source", "Turns", "read_turns", "render"]
