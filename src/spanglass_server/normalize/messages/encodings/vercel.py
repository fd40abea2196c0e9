"""Encoding 8: the Vercel AI SDK's `ai.prompt.messages`, `ai.prompt`, `ai.response.*` and `ai.value(s)`."""

from spanglass_server.model.message import JsonValue, Message, Part, Reasoning, Text
from spanglass_server.normalize.messages.blocks import parts_of
from spanglass_server.normalize.messages.conversation import build, with_tool_calls
from spanglass_server.normalize.messages.source import Source, Turns, json_value, read_conversation
from spanglass_server.normalize.values import as_str, as_str_list


def read(source: Source) -> Turns:
    asked = read_conversation(source, ("ai.prompt.messages", "ai.prompt"), "user")
    return Turns(asked or _values(source), _answer(source))


def _values(source: Source) -> list[Message]:
    """What is embedded: a JSON text, or a list of them."""
    texts = [as_str(source.attributes.get("ai.value")), *as_str_list(source.attributes.get("ai.values"))]
    parts: list[Part] = [Text(text=text) for text in texts if text]
    return [build("user", parts)] if parts else []


def _answer(source: Source) -> list[Message]:
    parts: list[Part] = []
    reasoning = source.json("ai.response.reasoning")
    parts += [Reasoning(text=p.text) for p in parts_of(reasoning) if isinstance(p, Text | Reasoning)]
    text = source.attributes.get("ai.response.text") or source.attributes.get("ai.response.object")
    parts += parts_of(text if isinstance(text, str) else json_value(text))
    with_tool_calls(parts, _calls(source.json("ai.response.toolCalls")))
    reason = as_str(source.attributes.get("ai.response.finishReason"))
    return [build("assistant", parts, finish_reason=reason)] if parts else []


def _calls(value: JsonValue) -> JsonValue:
    return value if isinstance(value, list) else []
