"""Encoding 3: messages as span events: the names of encoding 2 with attributes instead of a body (Strands,
LangSmith), and `gen_ai.content.prompt` / `gen_ai.content.completion` with one text (OpenLIT to 1.34)."""

from collections.abc import Mapping
from typing import Final

from spanglass_server.model.message import JsonValue, Message, Role
from spanglass_server.normalize.messages.conversation import conversation
from spanglass_server.normalize.messages.encodings.log_events import CHOICE, INPUT_EVENTS, read_events
from spanglass_server.normalize.messages.source import Source, Turns, json_value
from spanglass_server.wire.records import Attributes

_TEXT_EVENTS: Final[Mapping[str, tuple[str, Role]]] = {
    "gen_ai.content.prompt": ("gen_ai.prompt", "user"),
    "gen_ai.content.completion": ("gen_ai.completion", "assistant"),
}
_ROLE_LINES: Final[tuple[Role, ...]] = ("system", "user", "assistant", "tool")


def read(source: Source) -> Turns:
    named = read_events((event.name, _body(event.name, event.attributes)) for event in source.events)
    if named.input or named.output:
        return named
    sides: dict[Role, list[Message]] = {"user": [], "assistant": []}
    for event in source.events:
        if event.name in _TEXT_EVENTS:
            key, role = _TEXT_EVENTS[event.name]
            sides[role] += _from_text(json_value(event.attributes.get(key)), role)
    return Turns(sides["user"], sides["assistant"])


def _body(name: str, attributes: Attributes) -> JsonValue:
    if name not in INPUT_EVENTS and name != CHOICE:
        return None
    body = json_value(attributes.get("gen_ai.event.content"))
    if isinstance(body, dict):  # Azure's inference client: the whole body of encoding 2 in one attribute
        return body
    return {
        key.removeprefix("gen_ai.event."): value if isinstance(value, str) else json_value(value)
        for key, value in attributes.items()
    }


def _from_text(value: JsonValue, role: Role) -> list[Message]:
    """OpenLIT writes all messages into one text, each after its role; a missing answer is the word None."""
    if value is None or value == "None":
        return []
    if role == "user" and isinstance(value, str) and value.startswith(tuple(f"{r}: " for r in _ROLE_LINES)):
        return _from_role_lines(value)
    return conversation(value, role) or []


def _from_role_lines(text: str) -> list[Message]:
    turns: list[tuple[Role, list[str]]] = []
    for line in text.split("\n"):
        role = next((r for r in _ROLE_LINES if line.startswith(f"{r}: ")), None)
        if role is not None:
            turns.append((role, [line.removeprefix(f"{role}: ")]))
        elif turns:
            turns[-1][1].append(line)
    return [message for role, lines in turns for message in conversation("\n".join(lines), role) or []]
