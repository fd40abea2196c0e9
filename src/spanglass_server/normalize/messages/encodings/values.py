"""Encoding 6: `input.value` and `output.value` (OpenInference), JSON or text whatever the MIME type says, and
our SDK's `spanglass.input` and `spanglass.output`."""

import re
from typing import Final

from spanglass_server.model.message import Message, Role, Text
from spanglass_server.normalize.messages.source import Source, Turns, read_conversation

INPUT_KEYS: Final = ("spanglass.input", "input.value")
OUTPUT_KEYS: Final = ("spanglass.output", "output.value")

OBJECT_REPR: Final = re.compile(r"<[\w.<>]+ object at 0x[0-9a-fA-F]+>")
"""A Python object that someone wrote down instead of its content."""


def read(source: Source) -> Turns:
    return Turns(_side(source, INPUT_KEYS, "user"), _side(source, OUTPUT_KEYS, "assistant"))


def _side(source: Source, keys: tuple[str, ...], role: Role) -> list[Message]:
    messages = read_conversation(source, keys, role)
    return [] if any(_is_object_repr(message) for message in messages) else messages


def _is_object_repr(message: Message) -> bool:
    return any(isinstance(part, Text) and OBJECT_REPR.fullmatch(part.text) for part in message.parts)
