"""Encoding 4: OpenInference's flattened `llm.input_messages.N.message.*` and `llm.output_messages.N...`, and
its older `llm.prompts` / `llm.choices`."""

from collections.abc import Mapping

from spanglass_server.model.message import JsonValue, Message, Part, Role, Text, ToolCall, ToolResult
from spanglass_server.normalize.messages.blocks import decoded, parts_of
from spanglass_server.normalize.messages.conversation import build, role_of
from spanglass_server.normalize.messages.source import Source, Turns, json_value, numbered
from spanglass_server.normalize.values import as_str
from spanglass_server.wire.records import AttributeValue

INPUT_PREFIX, OUTPUT_PREFIX = "llm.input_messages.", "llm.output_messages."
_LEGACY_INPUT, _LEGACY_OUTPUT = "llm.prompts.", "llm.choices."


def read(source: Source) -> Turns:
    if not source.has_prefix(INPUT_PREFIX, OUTPUT_PREFIX, _LEGACY_INPUT, _LEGACY_OUTPUT):
        return Turns()
    return Turns(
        _messages(source, INPUT_PREFIX, "user") or _completions(source, _LEGACY_INPUT, "user"),
        _messages(source, OUTPUT_PREFIX, "assistant") or _completions(source, _LEGACY_OUTPUT, "assistant"),
    )


def _messages(source: Source, prefix: str, default: Role) -> list[Message]:
    found = [_message(fields, default) for fields in numbered(source.attributes, prefix)]
    return [message for message in found if message.parts]


def _completions(source: Source, prefix: str, role: Role) -> list[Message]:
    texts = [
        as_str(f.get("prompt.text", f.get("completion.text"))) for f in numbered(source.attributes, prefix)
    ]
    return [Message(role=role, parts=(Text(text=text),)) for text in texts if text]


def _message(fields: Mapping[str, AttributeValue], default: Role) -> Message:
    role = role_of(as_str(fields.get("message.role")), default)
    call_id = as_str(fields.get("message.tool_call_id"))
    content = fields.get("message.content")
    parts: list[Part] = []
    if role == "tool":
        result = _tool_result(fields, content)
        parts.append(ToolResult(id=call_id, result=result, name=as_str(fields.get("message.name"))))
    else:
        blocks = numbered(fields, "message.contents.")
        parts += [part for block in blocks for part in _content(block)]
        if not blocks:
            parts += parts_of(content if isinstance(content, str) else json_value(content))
    known = {part.id for part in parts if isinstance(part, ToolCall)}
    calls = [_call(call) for call in numbered(fields, "message.tool_calls.")]
    parts += [call for call in calls if not call.id or call.id not in known]
    if name := as_str(fields.get("message.function_call_name")):
        arguments = decoded(as_str(fields.get("message.function_call_arguments_json")))
        parts.append(ToolCall(id="", name=name, arguments=arguments))
    return build(role, parts, name=as_str(fields.get("message.name")) if role != "tool" else "")


def _tool_result(fields: Mapping[str, AttributeValue], content: AttributeValue) -> JsonValue:
    if content is not None:
        return json_value(content)
    texts = [as_str(block.get("message_content.text")) for block in numbered(fields, "message.contents.")]
    return "\n".join(text for text in texts if text)


def _content(block: Mapping[str, AttributeValue]) -> list[Part]:
    if "tool_call.function.name" in block:
        return [_call(block)]
    kind = as_str(block.get("message_content.type"))
    inner: dict[str, JsonValue] = {
        key.removeprefix("message_content."): value if isinstance(value, str) else json_value(value)
        for key, value in block.items()
    }
    if url := inner.get("image.image.url"):
        return parts_of({"type": "image", "url": url})
    if kind in ("tool_use", "tool_call") and "text" not in inner:
        return []
    if kind == "redacted_thinking" or (kind in ("thinking", "reasoning") and not inner.get("text")):
        return []
    return parts_of({**inner, "type": kind or "text"})


def _call(fields: Mapping[str, AttributeValue]) -> ToolCall:
    arguments = fields.get("tool_call.function.arguments")
    return ToolCall(
        id=as_str(fields.get("tool_call.id")),
        name=as_str(fields.get("tool_call.function.name")),
        arguments=json_value(arguments),
    )
