"""A conversation out of any JSON that holds one: a list of messages, a provider's request or response, a
framework's serialized objects. What holds none gives None, so that a caller can tell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from spanglass_server.model.message import (
    JsonValue,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from spanglass_server.normalize.messages.blocks import Block, first, parts_of, plain_result, tool_call
from spanglass_server.normalize.messages.limits import DEPTH_MAX, MESSAGES_MAX

_ROLES: Final[Mapping[str, Role]] = {
    **dict.fromkeys(("system", "developer", "systemmessage", "systemmessagechunk"), "system"),
    **dict.fromkeys(("user", "human", "humanmessage", "humanmessagechunk", "customer"), "user"),
    **dict.fromkeys(
        ("assistant", "ai", "model", "bot", "chatbot", "aimessage", "aimessagechunk"), "assistant"
    ),
    **dict.fromkeys(
        ("tool", "function", "toolmessage", "functionmessage", "tool_message", "observation"), "tool"
    ),
}

_PLAIN_KEYS: Final = (
    "input",
    "output",
    "question",
    "query",
    "answer",
    "prompt",
    "text",
    "result",
    "response",
)
"""A framework's envelope around one text."""
_COMPLETION_KEYS: Final = ("output_text", "completion", "generated_text", "combined_chunk_content")
"""A model's whole answer as one text: older APIs, and Logfire's summary of a stream."""
_CALL_KEYS: Final = frozenset({"toolName", "toolUse", "functionCall", "toolResult", "functionResponse"})
_MESSAGE_KEYS: Final = frozenset({"lc", "type", "role", "kind"}) | _CALL_KEYS
"""An object without any of these is neither a message nor a part of one."""
_LANGCHAIN_KEYS: Final = ("inputs", "outputs", "input_str", "query")
"""OpenLLMetry's LangChain callback wraps a step's value in one of these, beside its tags and arguments."""
_SYSTEM_KEYS: Final = ("system", "instructions", "system_instruction", "systemInstruction", "system_prompt")


def role_of(value: JsonValue, default: Role) -> Role:
    return _ROLES.get(value.strip().lower(), default) if isinstance(value, str) else default


def conversation(value: JsonValue, default: Role, depth: int = 0) -> list[Message] | None:
    """The messages that this JSON value holds; None where it holds nothing like a message."""
    if depth > DEPTH_MAX or value is None:
        return None
    if isinstance(value, str):
        return [Message(role=default, parts=(Text(text=value),))] if value else []
    if isinstance(value, list):
        return _from_list(value, default, depth)
    if not isinstance(value, dict):
        return None
    if (message := _message(value, default)) is not None:
        return [message]
    for is_shape, read in _ENVELOPES:
        if is_shape(value):
            return read(value, default, depth)
    return None


def holds_no_message(items: list[Any]) -> bool:
    """Whether `conversation` would find none in this list, as far as its first item tells at a glance. False
    where it takes a closer look."""
    head = items[-MESSAGES_MAX:][:1]
    return bool(head) and isinstance(head[0], dict) and _MESSAGE_KEYS.isdisjoint(head[0])


def message_of(value: JsonValue, default: Role) -> Message:
    """One message in any shape; what is not understood becomes its text or an `other` part."""
    if isinstance(value, dict) and (message := _message(value, default)) is not None:
        return message
    return Message(role=default, parts=tuple(parts_of(value)))


def system_of(request: JsonValue) -> list[Message]:
    """The system prompt that a provider's request keeps beside its messages."""
    if not isinstance(request, dict):
        return []
    config = request.get("config")
    system = first(request, *_SYSTEM_KEYS)
    if system is None and isinstance(config, dict):
        system = first(config, *_SYSTEM_KEYS)
    if isinstance(system, dict):
        system = first(system, "parts", "content", "text")
    return [build("system", parts)] if (parts := parts_of(system)) else []


def merge_reasoning(messages: Sequence[Message]) -> list[Message]:
    """Some senders tell a turn's reasoning as a message of its own: it belongs to the one that follows."""
    merged: list[Message] = []
    for message in messages:
        last = merged[-1] if merged else None
        if last is not None and last.role == message.role and _is_reasoning(last):
            merged[-1] = Message(
                role=message.role,
                parts=(*last.parts, *message.parts),
                name=message.name,
                finish_reason=message.finish_reason,
            )
        else:
            merged.append(message)
    return merged


def _is_reasoning(message: Message) -> bool:
    return all(isinstance(part, Reasoning) for part in message.parts)


def text_of(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, Text))


def build(role: Role, parts: Iterable[Part], *, name: str = "", finish_reason: str = "") -> Message:
    """A message whose role fits its parts: Anthropic and others send tool results as the user's."""
    kept = tuple(parts)
    if role == "user" and kept and all(isinstance(part, ToolResult) for part in kept):
        role = "tool"
    return Message(role=role, parts=kept, name=name, finish_reason=finish_reason)


def with_tool_calls(parts: list[Part], calls: JsonValue) -> list[Part]:
    """Parts and a list of calls beside them; a call that is told in both places is kept once."""
    if not isinstance(calls, list):
        return parts
    known = {(part.id, part.name) for part in parts if isinstance(part, ToolCall)}
    for call in calls:
        if isinstance(call, dict):
            found = tool_call(call)
            if (found.id, found.name) not in known or not found.id:
                parts.append(found)
    return parts


def _from_list(items: list[JsonValue], default: Role, depth: int) -> list[Message] | None:
    if not items:
        return []
    if all(isinstance(item, list) for item in items):  # LangChain: a list of batches
        if depth > DEPTH_MAX:
            return None
        inner = [_from_list(item, default, depth + 1) for item in items if isinstance(item, list)]
        return [message for batch in inner for message in batch or []] or None
    if all(isinstance(item, str) for item in items):
        return [build(default, parts_of(items))]
    messages: list[Message] = []
    for item in items[-MESSAGES_MAX:]:
        if isinstance(item, dict) and (message := _message(item, default)) is not None:
            _append(messages, message, is_item=_is_item(item))
        elif isinstance(item, dict) and (parts := _known_parts(item)):
            _append(messages, build(default, parts), is_item=True)
        else:
            return None
    return messages


def _append(messages: list[Message], message: Message, *, is_item: bool) -> None:
    """The Responses API tells one turn as several items (reasoning, text, calls): they are one message."""
    last = messages[-1] if messages else None
    if is_item and last is not None and last.role == message.role and not last.finish_reason:
        messages[-1] = build(last.role, (*last.parts, *message.parts), name=last.name)
    else:
        messages.append(message)


def _is_item(item: Block) -> bool:
    return "role" not in item or (item.get("type") == "message" and "status" in item)


def _known_parts(item: Block) -> list[Part]:
    """Blocks without a message around them, where they are of a known kind."""
    if not isinstance(item.get("type"), str) and not _CALL_KEYS & item.keys():
        return []
    parts = parts_of(dict(item))
    return [] if any(part.to_json()["type"] == "other" for part in parts) else parts


def _message(value: Block, default: Role) -> Message | None:
    """A message object, or None where this is none."""
    if value.get("lc") and isinstance(kwargs := value.get("kwargs"), dict):  # LangChain's dumpd()
        identity = value.get("id")
        name = identity[-1] if isinstance(identity, list) and identity else ""
        if isinstance(name, str) and (name.endswith(("Message", "MessageChunk")) or "role" in kwargs):
            return _fields(kwargs, role_of(kwargs.get("role") or name, default))
        return None
    kind = value.get("type")
    if isinstance(data := value.get("data"), dict) and isinstance(kind, str) and kind.lower() in _ROLES:
        return _fields(data, role_of(kind, default))  # LangChain's message_to_dict()
    if isinstance(value.get("role"), str) and not {"choices", "messages"} & value.keys():
        return _fields(value, role_of(value["role"], default))
    if kind in ("function_call", "custom_tool_call", "reasoning", "mcp_call"):
        return build("assistant", parts_of(dict(value)))
    if kind in ("function_call_output", "custom_tool_call_output"):
        return build("tool", parts_of(dict(value)))
    if isinstance(kind, str) and kind.lower() in _ROLES and "content" in value:
        return _fields(value, role_of(kind, default))
    if isinstance(value.get("parts"), list) and value.get("kind") in (
        "request",
        "response",
    ):  # pydantic-ai's own
        return build("user" if value["kind"] == "request" else "assistant", parts_of(value["parts"]))
    return None


def _fields(value: Block, role: Role) -> Message:
    content = first(value, "content", "parts", "text")
    parts: list[Part] = []
    if reasoning := first(value, "reasoning_content", "reasoning", "thinking"):
        parts += [
            Reasoning(text=part.text) for part in parts_of(reasoning) if isinstance(part, Text | Reasoning)
        ]
    call_id = first(value, "tool_call_id", "toolCallId")
    if role == "tool" and not _holds_results(content):
        result = plain_result(content)
        parts.append(ToolResult(id=str(call_id or ""), result=result, name=_string(value.get("name"))))
    else:
        parts += parts_of(content)
    if isinstance(refusal := value.get("refusal"), str) and refusal:
        parts.append(Text(text=refusal))
    for holder in (value, value.get("additional_kwargs")):
        if isinstance(holder, dict):
            parts = with_tool_calls(parts, holder.get("tool_calls") or holder.get("toolCalls"))
            if isinstance(call := holder.get("function_call"), dict):
                parts = with_tool_calls(parts, [call])
    return build(role, parts, name=_string(value.get("name")), finish_reason=_finish_reason(value))


def _holds_results(content: JsonValue) -> bool:
    blocks = content if isinstance(content, list) else []
    return any(isinstance(part, ToolResult) for block in blocks for part in parts_of(block))


def _finish_reason(value: Block) -> str:
    for holder in (value, value.get("generation_info"), value.get("response_metadata")):
        if isinstance(holder, dict):
            reason = first(holder, "finish_reason", "stop_reason", "finishReason", "stopReason")
            if isinstance(reason, str):
                return reason
    return ""


def _string(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _request(value: Block, default: Role, depth: int) -> list[Message] | None:
    """A provider's request: messages, contents or input, and the system prompt beside them."""
    turns = first(value, "messages", "contents", "input", "prompt")
    if not isinstance(turns, str | list | dict):
        return None
    role: Role = "user" if default == "assistant" and "messages" not in value else default
    messages = conversation(turns, role, depth + 1)
    if messages is None:
        return None
    return [*system_of(dict(value)), *messages]


def _choices(value: Block, default: Role, _depth: int) -> list[Message] | None:
    messages = []
    for choice in value["choices"] if isinstance(value["choices"], list) else []:
        if isinstance(choice, dict):
            inner = first(choice, "message", "delta", "text")
            messages.append(_with_reason(message_of(inner, default), _finish_reason(choice)))
    return messages


def _candidates(value: Block, default: Role, _depth: int) -> list[Message] | None:
    candidates = value["candidates"] if isinstance(value["candidates"], list) else []
    return [
        _with_reason(message_of(candidate.get("content"), default), _finish_reason(candidate))
        for candidate in candidates
        if isinstance(candidate, dict)
    ]


def _generations(value: Block, default: Role, _depth: int) -> list[Message] | None:
    """LangChain's LLMResult: generations by prompt, each a message or a text."""
    flat: list[JsonValue] = []
    for batch in value["generations"] if isinstance(value["generations"], list) else []:
        flat += batch if isinstance(batch, list) else [batch]
    return [
        _with_reason(message_of(first(item, "message", "text"), default), _finish_reason(item))
        for item in flat
        if isinstance(item, dict)
    ]


def _response(value: Block, default: Role, depth: int) -> list[Message] | None:
    """OpenAI's Responses API (`output` is a list of items), Bedrock's Converse (`output.message`)."""
    output = value["output"]
    if isinstance(output, dict) and "message" in output:
        output = output["message"]
    messages = conversation(output, "assistant" if isinstance(output, list) else default, depth + 1)
    if messages and (reason := _finish_reason(value)):
        messages[-1] = _with_reason(messages[-1], reason)
    return messages


def _wrapped_message(value: Block, default: Role, _depth: int) -> list[Message] | None:
    return [_with_reason(message_of(value["message"], default), _finish_reason(value))]


def _blocks(value: Block, default: Role, _depth: int) -> list[Message] | None:
    return [build(default, parts_of(value["content"]), finish_reason=_finish_reason(value))]


def _content_object(value: Block, default: Role, _depth: int) -> list[Message] | None:
    """Google's agent development kit: one content object as the response."""
    return [_with_reason(message_of(value["content"], default), _finish_reason(value))]


def _completion(value: Block, default: Role, _depth: int) -> list[Message] | None:
    return [build(default, parts_of(first(value, *_COMPLETION_KEYS)), finish_reason=_finish_reason(value))]


def _arguments(value: Block, default: Role, depth: int) -> list[Message] | None:
    """A traced function's arguments, where they are one text or one conversation."""
    arguments, keywords = value.get("args"), value.get("kwargs")
    if isinstance(arguments, list) and len(arguments) == 1 and not keywords:
        return conversation(arguments[0], default, depth + 1)
    if isinstance(keywords, dict) and not arguments:
        return conversation(keywords, default, depth + 1) if keywords else []
    return None


def _langchain(value: Block, default: Role, depth: int) -> list[Message] | None:
    return conversation(first(value, *_LANGCHAIN_KEYS), default, depth + 1)


def _plain(value: Block, default: Role, depth: int) -> list[Message] | None:
    (inner,) = value.values()
    return conversation(inner, default, depth + 1)


def _with_reason(message: Message, reason: str) -> Message:
    if message.finish_reason or not reason:
        return message
    return Message(role=message.role, parts=message.parts, name=message.name, finish_reason=reason)


_ENVELOPES: Final[
    tuple[tuple[Callable[[Block], bool], Callable[[Block, Role, int], list[Message] | None]], ...]
] = (
    (lambda v: "choices" in v, _choices),
    (lambda v: "candidates" in v, _candidates),
    (lambda v: "generations" in v, _generations),
    (lambda v: "args" in v and "kwargs" in v, _arguments),
    (lambda v: isinstance(v.get("message"), dict), _wrapped_message),
    (lambda v: "output" in v and isinstance(v["output"], list | dict), _response),
    (lambda v: isinstance(v.get("messages"), list | str), _request),
    (lambda v: "contents" in v or (("input" in v or "prompt" in v) and len(v) > 1), _request),
    (lambda v: isinstance(v.get("content"), list | str) and "stop_reason" in v, _blocks),
    (lambda v: bool({"tags", "kwargs"} & v.keys()) and any(k in v for k in _LANGCHAIN_KEYS), _langchain),
    (lambda v: isinstance(inner := v.get("content"), dict) and "parts" in inner, _content_object),
    (lambda v: any(isinstance(v.get(key), str) for key in _COMPLETION_KEYS), _completion),
    (lambda v: len(v) == 1 and next(iter(v)) in _PLAIN_KEYS, _plain),
)
"""Tried in order; the first shape that fits reads the value."""
