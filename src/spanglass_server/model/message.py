"""A conversation as Spanglass shows it, whatever convention it was recorded in."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

JsonValue: TypeAlias = "str | bool | int | float | list[JsonValue] | dict[str, JsonValue] | None"

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
"""Others' words for these four are translated here: `developer` is OpenAI's newer word for system, `model`
and `ai` mean assistant, `human` means user, `function` means tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str

    def to_json(self) -> dict[str, JsonValue]:
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    text: str

    def to_json(self) -> dict[str, JsonValue]:
        return {"type": "reasoning", "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    id: str
    name: str
    arguments: JsonValue
    """Decoded where they were JSON text."""
    result: JsonValue = None
    """Of `Rendered.tool_calls` only: what the tool answered, where this span tells."""
    has_result: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        return {"type": "tool_call", "id": self.id, "name": self.name, "arguments": self.arguments}

    def to_paired_json(self) -> dict[str, JsonValue]:
        """For the span's list `tool_calls`."""
        paired: dict[str, JsonValue] = {"id": self.id, "name": self.name, "arguments": self.arguments}
        if self.has_result:
            paired["result"] = self.result
        return paired


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    id: str
    result: JsonValue
    name: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        return {"type": "tool_result", "id": self.id, "result": self.result}


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image, a sound or a file: by address, by the provider's file id, or as base64 data."""

    kind: Literal["image", "audio", "file"]
    mime_type: str = ""
    url: str = ""
    data: str = ""
    """Base64. Empty where it was larger than the limit: `data_chars` still says how large."""
    data_chars: int = 0
    file_id: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        shown: dict[str, JsonValue] = {"type": self.kind}
        for name in ("mime_type", "url", "data", "file_id"):
            if value := getattr(self, name):
                shown[name] = value
        if self.data_chars and not self.data:
            shown["omitted_chars"] = self.data_chars
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A part in no shape that is known: shown as it came."""

    value: JsonValue

    def to_json(self) -> dict[str, JsonValue]:
        return {"type": "other", "value": self.value}


Part: TypeAlias = Text | Reasoning | ToolCall | ToolResult | Media | Other


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Role
    parts: tuple[Part, ...]
    name: str = ""
    finish_reason: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        shown: dict[str, JsonValue] = {"role": self.role, "parts": [part.to_json() for part in self.parts]}
        if self.name:
            shown["name"] = self.name
        if self.finish_reason:
            shown["finish_reason"] = self.finish_reason
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a retriever found, or a reranker kept, in its order."""

    id: str
    content: str
    score: float | None
    metadata: dict[str, JsonValue]

    def to_json(self) -> dict[str, JsonValue]:
        return {"id": self.id, "content": self.content, "score": self.score, "metadata": self.metadata}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A tool that was offered to the model."""

    name: str
    description: str
    parameters: JsonValue
    """JSON schema of the arguments."""

    def to_json(self) -> dict[str, JsonValue]:
        return {"name": self.name, "description": self.description, "parameters": self.parameters}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The readable content of one span. Everything is in the order it was sent."""

    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    """The calls this span is about: those the model asked for in its output, or the one a tool span made."""
    documents: tuple[Document, ...] = ()
    tools: tuple[ToolDefinition, ...] = ()
