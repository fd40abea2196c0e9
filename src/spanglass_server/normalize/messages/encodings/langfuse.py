"""Encoding 7: `langfuse.observation.input` / `.output`, else the trace's."""

from typing import Final

from spanglass_server.normalize.messages.source import Source, Turns, read_conversation

INPUT_KEYS: Final = ("langfuse.observation.input", "langfuse.trace.input")
OUTPUT_KEYS: Final = ("langfuse.observation.output", "langfuse.trace.output")


def read(source: Source) -> Turns:
    return Turns(
        read_conversation(source, INPUT_KEYS, "user"), read_conversation(source, OUTPUT_KEYS, "assistant")
    )
