"""Encoding 2: one log record per message, `gen_ai.user.message` to `gen_ai.choice` (GenAI until 1.36).

The body holds content, role and tool calls; a choice holds its message one level down. Emitters disagree on
whether a choice's tool calls stand beside the message or in it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from spanglass_server.model.message import JsonValue, Message, Role
from spanglass_server.normalize.messages.blocks import Block, decoded, known_blocks
from spanglass_server.normalize.messages.conversation import message_of
from spanglass_server.normalize.messages.source import Source, Turns, json_value

INPUT_EVENTS: Final[Mapping[str, Role]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE: Final = "gen_ai.choice"


def read(source: Source) -> Turns:
    return read_events((log.event_name, json_value(log.body)) for log in source.logs)


def read_events(events: Iterable[tuple[str, JsonValue]]) -> Turns:
    """Turns of named message events. Each event's value is the body, whose shape is checked here."""
    before: list[Message] = []
    after: list[Message] = []
    for name, body in events:
        if name in INPUT_EVENTS:
            before.append(_message(body, INPUT_EVENTS[name]))
        elif name == CHOICE:
            after.append(_choice(body))
    return Turns([m for m in before if m.parts], [m for m in after if m.parts])


def _message(body: JsonValue, role: Role) -> Message:
    if not isinstance(body, dict):
        return message_of(body, role)
    if role == "tool" and "tool_call_id" not in body and "id" in body:
        body = {**body, "tool_call_id": body["id"]}
    return message_of({"role": role, **_decoded(body)}, role)


def _choice(body: JsonValue) -> Message:
    if not isinstance(body, dict):
        return message_of(body, "assistant")
    inner = known_blocks(body.get("message"))
    if isinstance(inner, dict):
        beside = {key: body[key] for key in ("tool_calls", "finish_reason") if body.get(key) is not None}
        return message_of({"role": "assistant", **beside, **inner}, "assistant")
    fields = _decoded({key: value for key, value in body.items() if key not in ("message", "index")})
    content = inner if inner is not None else fields.get("content")
    return message_of({"role": "assistant", **fields, "content": content}, "assistant")


def _decoded(body: Block) -> dict[str, JsonValue]:
    """In attributes, blocks and calls are JSON in a text; a user's own JSON stays the text it is."""
    return {
        key: decoded(value) if key == "tool_calls" else known_blocks(value) if key == "content" else value
        for key, value in body.items()
    }
