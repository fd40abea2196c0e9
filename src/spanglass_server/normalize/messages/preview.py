"""The readable beginning of a payload, for lists, and its plain text, for search.

The first functions are hot: most payloads are a JSON list of messages in OpenTelemetry's or OpenAI's shape,
or a provider's request around one, and these are read straight from the JSON. Everything else takes the long
way through the renderer.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from spanglass_server.model.message import (
    Message,
    Other,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from spanglass_server.normalize.messages.blocks import Block
from spanglass_server.normalize.messages.conversation import conversation, holds_no_message, text_of
from spanglass_server.normalize.values import as_json, dump_json, printable, printable_text

PREVIEW_CHARS_MAX: Final = 256
_SQUEEZED_CHARS_MAX: Final = 1_024
"""What is looked at for a preview: more than it can show, since blanks go."""
PARSED_CHARS_MAX: Final = 300_000
"""A longer payload's preview is its raw beginning: parsing costs about a millisecond per megabyte."""
JOINED_CHARS_MAX: Final = 1_000_000

ASKED_KEYS: Final = ("task", "question", "query", "prompt", "input", "message", "user_input", "text")
SAID_KEYS: Final = ("answer", "final_output", "output", "result", "response", "text", "message")
"""In an object that is no conversation, a text under one of these says most."""

_MISSED: Final = "\0missed"
"""By identity: nothing readable was found."""


def squeeze(text: str) -> str:
    """The first characters, runs of blanks as one blank."""
    head = text[:PREVIEW_CHARS_MAX]
    if "  " not in head and head.isprintable():
        return head.strip()
    return printable_text(" ".join(text[:_SQUEEZED_CHARS_MAX].split())[:PREVIEW_CHARS_MAX])


def input_text_preview(text: str) -> str:
    """Of an input as sent: what the user said last."""
    return _preview(text, "user")


def output_text_preview(text: str) -> str:
    """Of an output as sent: what the model said, else the call it asked for."""
    return _preview(text, "assistant")


def input_preview(messages: Sequence[Message]) -> str:
    said = (text_of(message) for message in reversed(messages) if message.role == "user")
    return squeeze(next((text for text in said if text), "") or joined_text(messages))


def output_preview(messages: Sequence[Message]) -> str:
    texts = [text for message in messages if message.role == "assistant" and (text := text_of(message))]
    return squeeze("\n".join(texts[-1:]) or joined_text(messages))


def joined_text(messages: Iterable[Message]) -> str:
    """All that a conversation says, line by line, for search."""
    lines: list[str] = []
    for message in messages:
        for part in message.parts:
            match part:
                case Text(text=text) | Reasoning(text=text):
                    lines.append(text)
                case ToolCall():
                    lines.append(call_text(part))
                case ToolResult(result=value) | Other(value=value):
                    lines.append(value if isinstance(value, str) else _json(value))
                case _:
                    pass
    return printable_text("\n".join(line for line in lines if line)[:JOINED_CHARS_MAX])


def call_text(call: ToolCall) -> str:
    """`get_weather({"city":"Paris"})`"""
    arguments = call.arguments if isinstance(call.arguments, str) else _json(call.arguments)
    return f"{call.name}({arguments})"


def _json(value: Any) -> str:
    return "" if value is None else dump_json(value)


def _preview(text: str, role: Role) -> str:
    if text[:1] not in ("{", "[", '"') or len(text) > PARSED_CHARS_MAX:
        return squeeze(text)
    try:
        value = orjson.loads(text)
    except ValueError:
        value = as_json(text)
    found = _said(value, role)
    if found is _MISSED:
        found = _long_way(value, role)
    return squeeze(text if found is _MISSED else found)


def _said(value: Any, role: Role) -> str:
    """The text from the two shapes that are nearly all payloads, `_MISSED` where it has another."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = [value] if "role" in value else _turns(value)
    if not isinstance(value, list):
        return _MISSED
    for message in reversed(value):
        if not isinstance(message, dict):
            return _MISSED
        if message.get("role") == role:
            content = message.get("content") or message.get("parts")
            text = content if isinstance(content, str) else _texts(content)
            if text:
                return text
    return _MISSED


def _turns(value: dict[str, Any]) -> Any:
    """A request's messages, or the messages that a response's choices hold."""
    choices = value.get("choices")
    if isinstance(choices, list):
        return [choice.get("message") for choice in choices if isinstance(choice, dict)]
    return value.get("messages")


def _texts(content: Any) -> str:
    texts = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "text":
            text = part.get("content") or part.get("text")
            if not isinstance(text, str):
                return ""
            texts.append(text)
    return "\n".join(texts)


def _long_way(value: Any, role: Role) -> str:
    messages = None
    if not (isinstance(value, list) and holds_no_message(value)):
        messages = conversation(printable(value), role)  # type: ignore[arg-type]  # JSON holds no bytes
    if messages is not None:
        return input_preview(messages) if role == "user" else output_preview(messages)
    if isinstance(value, dict):
        for key in ASKED_KEYS if role == "user" else SAID_KEYS:
            if isinstance(found := value.get(key), str) and found:
                return found
        value = value.get("documents") or value.get("data") or value.get("output")
    return _items_text(value) if isinstance(value, list) else _MISSED


def _items_text(items: list[Any]) -> str:
    """What a retriever found (the documents' texts), or an embedding made (how many vectors of what size)."""
    head = items[0] if items else None
    if isinstance(head, dict) and isinstance(vector := head.get("embedding"), list):
        return f"{len(items)} × {len(vector)}"
    texts = [text for item in items if (text := _document_text(item))]
    return " · ".join(texts) if texts else _MISSED


def _document_text(item: Block | Any) -> str:
    if not isinstance(item, dict):
        return item if isinstance(item, str) else ""
    found = item.get("content") or item.get("page_content") or item.get("text")
    return found if isinstance(found, str) else ""
