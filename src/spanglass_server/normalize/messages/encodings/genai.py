"""Encoding 1: `gen_ai.input.messages` and its kin (OpenTelemetry GenAI from 1.37), as span attributes, or as
attributes of the span's logs (structured) or events (Strands: one attribute an event, to be put together)."""

from collections.abc import Iterator, Mapping

from spanglass_server.model.message import Message, Role
from spanglass_server.normalize.messages.blocks import parts_of
from spanglass_server.normalize.messages.conversation import conversation
from spanglass_server.normalize.messages.source import Source, Turns, json_value
from spanglass_server.wire.records import AttributeValue

INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
SYSTEM = "gen_ai.system_instructions"


def read(source: Source) -> Turns:
    return Turns(_messages(source, INPUT, "user"), _messages(source, OUTPUT, "assistant"))


def read_system(source: Source) -> list[Message]:
    """The system instructions, which stand beside the messages and are often repeated among them."""
    for attributes in _holders(source):
        parts = parts_of(json_value(attributes.get(SYSTEM)))
        if parts:
            return [Message(role="system", parts=tuple(parts))]
    return []


def _messages(source: Source, key: str, role: Role) -> list[Message]:
    own = conversation(source.json(key), role)
    if own:
        return own
    found: list[Message] = []
    for attributes in _holders(source):
        found += conversation(json_value(attributes.get(key)), role) or []
    return found


def _holders(source: Source) -> Iterator[Mapping[str, AttributeValue]]:
    yield source.attributes
    for log in source.logs:
        yield log.attributes
    for event in source.events:
        yield event.attributes
