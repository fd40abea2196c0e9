"""A span's input and output as the row keeps them: the text, where it was, and a readable beginning.

Hot: runs for every span at ingest. The usual span has one attribute for each side, whose text moves to a
column and is stored once. Messages flattened over many attributes, or told as events, stay where they are; a
plain text is built of them, so that search finds them.
"""

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

import orjson

from spanglass_server.normalize.messages import Source, Turns, read_turns
from spanglass_server.normalize.messages.encodings import openinference, openllmetry
from spanglass_server.normalize.messages.preview import (
    input_preview,
    input_text_preview,
    joined_text,
    output_preview,
    output_text_preview,
)
from spanglass_server.normalize.values import as_str_list, dump_json, printable_text
from spanglass_server.wire.records import Attributes, AttributeValue, SpanRecord


class Payload(NamedTuple):
    input: str
    output: str
    input_key: str
    """The attribute whose text `input` is, and which need not be stored again; empty where it was built."""
    output_key: str
    input_preview: str
    """Up to 256 characters: the last thing the user said, blanks squeezed."""
    output_preview: str
    """Up to 256 characters: what the model said, else the call it asked for as `name(arguments)`."""


NO_PAYLOAD: Final = Payload("", "", "", "", "", "")

INPUT_KEYS: Final = (
    "gen_ai.input.messages",
    "langfuse.observation.input",
    "ai.prompt.messages",
    "ai.prompt",
    "spanglass.input",
    "input.value",
    "gen_ai.prompt",
    "traceloop.entity.input",
    "mlflow.spanInputs",
    "events",
    "all_messages_events",
    "pydantic_ai.all_messages",
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "ai.toolCall.input",
    "tool_arguments",
    "gen_ai.retrieval.query.text",
    "reranker.query",
    "ai.value",
    "ai.values",
    "langfuse.trace.input",
    "gen_ai.tool.args",
    "gcp.vertex.agent.llm_request",
    "gcp.vertex.agent.tool_call_args",
    "request_data",
)
OUTPUT_KEYS: Final = (
    "gen_ai.output.messages",
    "langfuse.observation.output",
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "spanglass.output",
    "output.value",
    "gen_ai.completion",
    "traceloop.entity.output",
    "mlflow.spanOutputs",
    "final_result",
    "gen_ai.tool.call.result",
    "ai.toolCall.result",
    "ai.toolCall.output",
    "tool_response",
    "gen_ai.retrieval.documents",
    "langfuse.trace.output",
    "gcp.vertex.agent.llm_response",
    "gcp.vertex.agent.tool_response",
    "response_data",
)
_REQUEST_KEY: Final = "request_data"

_FLATTENED: Final = (
    openinference.INPUT_PREFIX,
    openinference.OUTPUT_PREFIX,
    openllmetry.INPUT_PREFIX,
    openllmetry.OUTPUT_PREFIX,
    "llm.prompts.",
    "llm.choices.",
    "retrieval.documents.",
    "reranker.",
    "embedding.embeddings.",
)
_HISTORY_KEYS: Final = frozenset({"events", "all_messages_events"})
"""pydantic-ai's input holds the answer too."""

_OBJECT_REPR: Final = " object at 0x"


class PayloadKeys(NamedTuple):
    """What a span's attribute keys say of its payload."""

    inputs: tuple[str, ...]
    """Those that may hold the input, the most trusted first."""
    outputs: tuple[str, ...]
    is_flattened: bool
    """Messages or documents are spread over many keys."""


def find_payload_keys(keys: Iterable[str]) -> PayloadKeys:
    given = frozenset(keys)
    return PayloadKeys(
        tuple(key for key in INPUT_KEYS if key in given),
        tuple(key for key in OUTPUT_KEYS if key in given),
        any(key.startswith(_FLATTENED) for key in given),
    )


def extract_payload(record: SpanRecord, keys: PayloadKeys | None = None) -> Payload:
    """Input and output of a span, in the order in which encodings are trusted (docs/conventions.md).

    `keys` is `find_payload_keys` of the span's attributes, where the caller has it."""
    attributes = record.attributes
    if keys is None:
        keys = find_payload_keys(attributes)
    input_key, output_key = _pick(attributes, keys.inputs), _pick(attributes, keys.outputs)
    if output_key and _is_object_repr(attributes[output_key]):
        output_key = ""
    asked = preview = answered = answer = ""
    if input_key:
        asked, input_key = _text(attributes[input_key], input_key)
        preview = input_text_preview(asked)
    if output_key:
        answered, output_key = _text(attributes[output_key], output_key)
        answer = output_text_preview(answered)
    if (not asked or not answered) and (keys.is_flattened or _is_in_events(record, input_key)):
        turns = _turns(record)
        if not asked:
            asked = joined_text(turns.input)
            preview = input_preview(turns.input)
        if not answered:
            answered = joined_text(turns.output)
            answer = output_preview(turns.output)
    if not asked and not answered:
        return NO_PAYLOAD
    return Payload(asked, answered, input_key, output_key, preview, answer)


def _pick(attributes: Attributes, keys: Iterable[str]) -> str:
    for key in keys:
        value = attributes[key]
        if value and (key != _REQUEST_KEY or _has_turns(value)):
            return key
    return ""


def _has_turns(value: AttributeValue) -> bool:
    """Logfire's request is only the model's name where the messages stand elsewhere."""
    return isinstance(value, str) and any(word in value for word in ('"messages"', '"input"', '"prompt"'))


def _is_object_repr(value: AttributeValue) -> bool:
    return isinstance(value, str) and _OBJECT_REPR in value[:400]


def _is_in_events(record: SpanRecord, input_key: str) -> bool:
    """Of the span, or of the history that its input is."""
    return input_key in _HISTORY_KEYS or any(event.name.startswith("gen_ai.") for event in record.events)


def _turns(record: SpanRecord) -> Turns:
    return read_turns(Source(record.attributes, record.events, (), "span", ""))


def _text(value: AttributeValue, key: str) -> tuple[str, str]:
    """The column's text, and the key if the attribute need not be kept beside it."""
    if isinstance(value, str):
        return readable(value), key
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return readable("\n".join(as_str_list(value))), ""
    return dump_json(value), ""


_ESCAPE: Final = "\\u"
_LONG_NUMBER: Final = b"0" * 17
"""So many digits in a row don't fit the numbers that the fast reader makes of them."""
_DIGITS_TO_ZERO: Final = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
"""For a translation: a regular expression takes twenty times as long to find such a number."""


def readable(text: str) -> str:
    """The text with JSON's `\\uXXXX` escapes written as the characters they stand for: search has to find a
    Korean word in a Korean prompt. Data stays equal; what is no valid JSON stays as it is."""
    if _ESCAPE in text and text[:1] in '{["':
        text = _unescaped(text)
    return text if text.isascii() else printable_text(text)


def _unescaped(text: str) -> str:
    try:
        encoded = text.encode()
        if _LONG_NUMBER not in encoded.translate(_DIGITS_TO_ZERO):
            return orjson.dumps(orjson.loads(encoded)).decode()
    except ValueError:
        pass  # NaN, or lone surrogates: what only the standard library reads
    try:
        rewritten = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
        rewritten.encode()
    except (ValueError, RecursionError):
        return text
    return rewritten
