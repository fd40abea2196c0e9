"""Encoding 5: OpenLLMetry's flattened `gen_ai.prompt.N.*` and `gen_ai.completion.N.*` (to about 0.50)."""

from collections.abc import Mapping

from spanglass_server.model.message import JsonValue, Message, Role
from spanglass_server.normalize.messages.blocks import known_blocks
from spanglass_server.normalize.messages.conversation import message_of, role_of
from spanglass_server.normalize.messages.source import Source, Turns, json_value, numbered
from spanglass_server.normalize.values import as_str
from spanglass_server.wire.records import AttributeValue

INPUT_PREFIX, OUTPUT_PREFIX = "gen_ai.prompt.", "gen_ai.completion."


def read(source: Source) -> Turns:
    return Turns(_messages(source, INPUT_PREFIX, "user"), _messages(source, OUTPUT_PREFIX, "assistant"))


def _messages(source: Source, prefix: str, default: Role) -> list[Message]:
    found = [_message(fields, default) for fields in numbered(source.attributes, prefix)]
    return [message for message in found if message.parts]


def _message(fields: Mapping[str, AttributeValue], default: Role) -> Message:
    calls: list[JsonValue] = [
        {key: json_value(value) for key, value in call.items()} for call in numbered(fields, "tool_calls.")
    ]
    return message_of(
        {
            "role": role_of(as_str(fields.get("role")), default),
            "content": known_blocks(_text_or_json(fields.get("content"))),
            "reasoning_content": json_value(fields.get("reasoning")),
            "tool_calls": calls,
            "tool_call_id": as_str(fields.get("tool_call_id")) or None,
            "finish_reason": as_str(fields.get("finish_reason")) or None,
        },
        default,
    )


def _text_or_json(value: AttributeValue) -> JsonValue:
    return value if isinstance(value, str) else json_value(value)
