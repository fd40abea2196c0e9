"""Encoding 11: LangSmith's `gen_ai.prompt` / `gen_ai.completion`, one JSON text each: the exact keys (the
same words with a number after them are encoding 5)."""

from spanglass_server.normalize.messages.source import Source, Turns, read_conversation


def read(source: Source) -> Turns:
    return Turns(
        read_conversation(source, ("gen_ai.prompt",), "user"),
        read_conversation(source, ("gen_ai.completion",), "assistant"),
    )
