"""Content blocks of every provider and convention, as parts.

The shapes are told apart by `type` where a block has one (OpenTelemetry, OpenAI, Anthropic, Vercel), by
`part_kind` (pydantic-ai) or by the one key that names the block (Bedrock, Gemini).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, TypeAlias

from spanglass_server.model.message import (
    JsonValue,
    Media,
    Other,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from spanglass_server.normalize.messages.limits import DEPTH_MAX, MEDIA_DATA_CHARS_MAX
from spanglass_server.normalize.values import as_json

Block: TypeAlias = Mapping[str, JsonValue]
MediaKind: TypeAlias = Literal["image", "audio", "file"]


def parts_of(content: JsonValue, depth: int = 0) -> list[Part]:
    """The parts of a message's content: a text, a block, or a list of either."""
    if isinstance(content, str):
        return [Text(text=content)] if content else []
    if content is None:
        return []
    if depth > DEPTH_MAX:
        return [Other(value=content)]
    if isinstance(content, list):
        return [part for item in content for part in parts_of(item, depth + 1)]
    if isinstance(content, dict):
        return _block(content, depth)
    return [Text(text=str(content))]


_CALL_IDS: Final = ("call_id", "toolCallId", "tool_call_id", "toolUseId", "id")


def tool_call(block: Block) -> ToolCall:
    """A call in any of its spellings; OpenAI and Gemini nest name and arguments one level down."""
    inner = first(block, "function", "functionCall", "function_call", "toolUse")
    source = inner if isinstance(inner, dict) else block
    name = first(source, "name", "toolName", "tool_name") or first(block, "name")
    arguments = first(source, "arguments", "args", "input", "parameters")
    if arguments is None and isinstance(inner := block.get("server_tool_call"), dict):
        arguments = {key: value for key, value in inner.items() if key != "type"}
    return ToolCall(
        id=_text(first(source, *_CALL_IDS) or first(block, *_CALL_IDS)),
        name=_text(name),
        arguments=decoded(arguments),
    )


def tool_result(block: Block) -> ToolResult:
    inner = first(block, "functionResponse", "function_response", "toolResult", "server_tool_call_response")
    source = inner if isinstance(inner, dict) else block
    identity = first(source, "tool_use_id", "call_id", "toolCallId", "tool_call_id", "toolUseId", "id")
    result = first(source, "response", "result", "output", "content", "tools")
    return ToolResult(
        id=_text(identity or block.get("id")),
        result=plain_result(result),
        name=_text(first(source, "name", "toolName", "tool_name")),
    )


def plain_result(result: JsonValue) -> JsonValue:
    """What a tool answered, out of the wrapping that providers put around it."""
    if isinstance(result, dict) and set(result) <= {"type", "value"} and "value" in result:
        return result["value"]
    if isinstance(result, list) and result:
        parts = parts_of(result) if all(isinstance(item, dict) and "text" in item for item in result) else []
        if parts and all(isinstance(part, Text) for part in parts):
            return "\n".join(part.text for part in parts if isinstance(part, Text))
    return decoded(result)


def decoded(value: JsonValue) -> JsonValue:
    """Arguments and results as data where they are JSON text; a quoted text as the text it quotes."""
    if not isinstance(value, str) or value[:1] not in ("{", "[", '"'):
        return value
    found = as_json(value)
    return value if found is None else found  # type: ignore[return-value]  # JSON holds no bytes


def known_blocks(value: JsonValue) -> JsonValue:
    """Content blocks where a text is their JSON (and nothing but blocks we know), else the value as it is."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    found = decoded(value)
    if not isinstance(found, str) and (parts := parts_of(found)):
        is_known = all(not isinstance(part, Other) for part in parts)
        if is_known and (isinstance(found, dict) or all(isinstance(item, dict) for item in _items(found))):
            return found
    return value


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def first(block: Block, *keys: str) -> JsonValue:
    """The first of these that is there and says something."""
    for key in keys:
        value = block.get(key)
        if value is not None and value != "":
            return value
    return None


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _block(block: Block, depth: int) -> list[Part]:
    kind = block.get("type") or block.get("part_kind") or block.get("kind")
    if isinstance(kind, str):
        reader = _BY_TYPE.get(kind.replace("-", "_").lower())
        if reader is not None:
            return reader(block, depth)
    for key, reader in _BY_KEY:
        if key in block:
            return reader(block, depth)
    return [Other(value=dict(block))]


def _texts(block: Block, depth: int) -> list[Part]:
    value = first(block, "text", "content", "refusal", "value", "transcript")
    if isinstance(value, dict) and isinstance(inner := value.get("value"), str):
        return parts_of(inner)
    if block.get("thought") is True and isinstance(value, str):
        return [Reasoning(text=value)]
    return parts_of(value, depth + 1)


def _reasoning(block: Block, depth: int) -> list[Part]:
    value = first(
        block, "thinking", "reasoning", "content", "text", "summary", "reasoningText", "reasoningContent"
    )
    parts = parts_of(known_blocks(value), depth + 1)
    texts = [part.text for part in parts if isinstance(part, Text | Reasoning)]
    return [Reasoning(text="\n".join(texts))] if texts else []


def _nested_reasoning(block: Block, depth: int) -> list[Part]:
    inner = block.get("reasoningContent")
    return _reasoning(inner, depth + 1) if isinstance(inner, dict) else []


def _call(block: Block, _depth: int) -> list[Part]:
    return [tool_call(block)]


def _result(block: Block, _depth: int) -> list[Part]:
    return [tool_result(block)]


def _media(kind: MediaKind) -> Callable[[Block, int], list[Part]]:
    def read(block: Block, _depth: int) -> list[Part]:
        return [media(block, kind)]

    return read


def _media_by_modality(block: Block, _depth: int) -> list[Part]:
    modality = block.get("modality")
    return [media(block, modality if modality in ("image", "audio") else "file")]  # type: ignore[arg-type]


def media(block: Block, kind: MediaKind) -> Media:
    """An attachment, wherever its provider put address, type and data: in the block or levels below it."""
    found: dict[str, str] = {}
    layers: list[Block] = [block]
    for _ in range(3):
        layers += [
            inner
            for layer in layers[-3:]
            for key in _MEDIA_LAYERS
            if isinstance(inner := layer.get(key), dict) and inner not in layers
        ]
    for layer in layers:
        for name, keys in _MEDIA_FIELDS.items():
            value = first(layer, *keys)
            if name not in found and isinstance(value, str):
                found[name] = value
    return _bounded_media(kind, found)


def _bounded_media(kind: MediaKind, found: Mapping[str, str]) -> Media:
    mime_type, url, data = found.get("mime_type", ""), found.get("url", ""), found.get("data", "")
    if url.startswith("data:") or data.startswith("data:"):
        head, _, data = (url if url.startswith("data:") else data).partition(",")
        mime_type, url = mime_type or head.removeprefix("data:").partition(";")[0], ""
    if data.startswith(("http://", "https://")):
        url, data = data, ""
    if not mime_type and (extension := found.get("format")):
        mime_type = f"{kind}/{extension}" if kind != "file" else extension
    family = mime_type.partition("/")[0]
    return Media(
        kind=family if kind == "file" and family in ("image", "audio") else kind,  # type: ignore[arg-type]
        mime_type=mime_type,
        url=url,
        data=data if len(data) <= MEDIA_DATA_CHARS_MAX else "",
        data_chars=len(data),
        file_id=found.get("file_id", ""),
    )


_MEDIA_LAYERS: Final = (
    "source", "image", "image_url", "imageUrl", "input_audio", "audio", "file", "document", "video",
    "inlineData", "inline_data", "fileData", "file_data",
)  # fmt: skip
_MEDIA_FIELDS: Final[Mapping[str, Iterable[str]]] = {
    "mime_type": ("mime_type", "media_type", "mimeType", "mediaType"),
    "url": ("url", "uri", "image_url", "imageUrl", "file_uri", "fileUri", "file_url"),
    "data": ("data", "bytes", "content", "file_data", "image", "base64"),
    "file_id": ("file_id", "fileId"),
    "format": ("format",),
}

_BY_TYPE: Final[Mapping[str, Callable[[Block, int], list[Part]]]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "refusal", "summary_text", "text_delta"), _texts),
    **dict.fromkeys(("system_prompt", "user_prompt"), _texts),
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "reasoning_text"), _reasoning),
    **dict.fromkeys(
        (
            "tool_call",
            "tool_use",
            "function_call",
            "function",
            "custom_tool_call",
            "mcp_call",
            "server_tool_use",
        ),
        _call,
    ),
    **dict.fromkeys(("server_tool_call", "builtin_tool_call", "tool_call_chunk"), _call),
    **dict.fromkeys(
        (
            "tool_result",
            "tool_call_response",
            "tool_return",
            "function_call_output",
            "custom_tool_call_output",
        ),
        _result,
    ),
    **dict.fromkeys(("server_tool_call_response", "builtin_tool_return", "web_search_tool_result"), _result),
    **dict.fromkeys(("retry_prompt", "code_execution_tool_result", "mcp_tool_result"), _result),
    **dict.fromkeys(("image", "image_url", "input_image"), _media("image")),
    **dict.fromkeys(("audio", "input_audio", "output_audio"), _media("audio")),
    **dict.fromkeys(("document", "input_file", "video", "container_upload"), _media("file")),
    **dict.fromkeys(("blob", "uri", "file", "media", "binary"), _media_by_modality),
}

_BY_KEY: Final[tuple[tuple[str, Callable[[Block, int], list[Part]]], ...]] = (
    ("toolUse", _call),
    ("toolName", _call),
    ("functionCall", _call),
    ("function_call", _call),
    ("toolResult", _result),
    ("functionResponse", _result),
    ("function_response", _result),
    ("reasoningContent", _nested_reasoning),
    ("inlineData", _media_by_modality),
    ("inline_data", _media_by_modality),
    ("fileData", _media_by_modality),
    ("file_data", _media_by_modality),
    ("image", _media("image")),
    ("document", _media("file")),
    ("text", _texts),
)
