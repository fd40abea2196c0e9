"""A span's readable content: messages, tool calls, documents and offered tools, from whatever encoding."""

from collections.abc import Mapping, Sequence
from typing import Final

from spanglass_server.model.message import JsonValue, Message, Other, Part, Rendered, Role, Text
from spanglass_server.normalize.messages.conversation import (
    conversation,
    merge_reasoning,
    system_of,
    text_of,
)
from spanglass_server.normalize.messages.documents import read_documents
from spanglass_server.normalize.messages.encodings import ENCODINGS, genai, langfuse, values
from spanglass_server.normalize.messages.limits import MESSAGES_MAX
from spanglass_server.normalize.messages.source import RenderLog, Source, Turns
from spanglass_server.normalize.messages.tools import paired_calls, read_tool_call, read_tools
from spanglass_server.normalize.values import printable, printable_text
from spanglass_server.wire.records import AttributeValue, EventRecord

_REQUESTS: Final = ("input.value", "mlflow.spanInputs", "langfuse.observation.input")
"""A provider's whole request, which may keep the system prompt that flattened messages have lost."""

_SILENT_INPUT: Final = frozenset({"tool"})
"""Kinds whose input is no conversation, though its text may look like one."""
_SILENT_OUTPUT: Final = frozenset({"tool", "retriever", "reranker", "embedding"})

_UNKNOWN_INPUT: Final = (
    *values.INPUT_KEYS,
    *langfuse.INPUT_KEYS,
    "mlflow.spanInputs",
    "gen_ai.prompt",
    "ai.prompt",
)
_UNKNOWN_OUTPUT: Final = (
    *values.OUTPUT_KEYS,
    *langfuse.OUTPUT_KEYS,
    "mlflow.spanOutputs",
    "gen_ai.completion",
    "ai.response.object",
)


def render(
    *,
    attributes: Mapping[str, AttributeValue],
    events: Sequence[EventRecord] = (),
    logs: Sequence[RenderLog] = (),
    kind: str,
    dialect: str = "",
    name: str = "",
) -> Rendered:
    """What a reader wants to see of a span; run when it is opened, so a better renderer improves old data.

    `attributes` are complete (`input` and `output` put back), `logs` are those of this span, `name` is the
    span's, for tool spans that name their tool nowhere else. Never raises: what it does not understand is
    shown as it came on a model call, and left to the raw view on other spans.
    """
    source = _printable(attributes, events, logs, kind, dialect)
    turns = read_turns(source)
    asked = tuple(turns.input[-MESSAGES_MAX:])
    answered = tuple(turns.output[-MESSAGES_MAX:])
    own_call = (read_tool_call(source, printable_text(name)),) if kind == "tool" else ()
    return Rendered(
        input_messages=asked,
        output_messages=answered,
        tool_calls=own_call or paired_calls(answered, (*asked, *answered)),
        documents=read_documents(source),
        tools=read_tools(source),
    )


def _printable(
    attributes: Mapping[str, AttributeValue],
    events: Sequence[EventRecord],
    logs: Sequence[RenderLog],
    kind: str,
    dialect: str,
) -> Source:
    """Without what JSON cannot hold, so that whatever is found can be shown."""
    return Source(
        _printable_fields(attributes),
        [event._replace(attributes=_printable_fields(event.attributes)) for event in events],
        [RenderLog(log.event_name, printable(log.body), _printable_fields(log.attributes)) for log in logs],
        kind,
        dialect,
    )


def _printable_fields(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return {key: printable(value) for key, value in attributes.items()}


def read_turns(source: Source) -> Turns:
    """Both sides of the conversation, each from the first encoding that tells it."""
    asked: Sequence[Message] = ()
    answered: Sequence[Message] = ()
    wants_input, wants_output = source.kind not in _SILENT_INPUT, source.kind not in _SILENT_OUTPUT
    for read in ENCODINGS:
        if not (wants_input or wants_output):
            break
        found = read(source)
        if wants_input and found.input:
            asked, wants_input = found.input, False
        if wants_output and found.output:
            answered, wants_output = found.output, False
    if source.kind == "llm":
        asked = asked or _as_it_came(source, _UNKNOWN_INPUT, "user")
        answered = answered or _as_it_came(source, _UNKNOWN_OUTPUT, "assistant")
    return Turns(_with_system(source, asked), merge_reasoning(answered))


def _with_system(source: Source, asked: Sequence[Message]) -> Sequence[Message]:
    """System instructions first, unless the messages repeat them (OpenLIT tells them twice)."""
    if source.kind in _SILENT_INPUT:
        return asked
    said = {text_of(message) for message in asked if message.role == "system"}
    system = genai.read_system(source)
    if not said and not system and asked:
        system = next((found for key in _REQUESTS if (found := system_of(source.json(key)))), [])
    return [*(message for message in system if text_of(message) not in said), *asked]


def _as_it_came(source: Source, keys: tuple[str, ...], role: Role) -> list[Message]:
    """A model call's payload in no known shape: its text (structured output is JSON text), else its value."""
    for key in keys:
        raw, value = source.attributes.get(key), source.json(key)
        if value is None or conversation(value, role) == []:
            continue
        if isinstance(raw, str) and values.OBJECT_REPR.search(raw[:400]):
            continue
        return [Message(role=role, parts=(_shown(raw, value),))]
    return []


def _shown(raw: AttributeValue, value: JsonValue) -> Part:
    return Text(text=raw) if isinstance(raw, str) and isinstance(value, str) else Other(value=value)
