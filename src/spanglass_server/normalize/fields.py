"""The facts a dialect can state about a span, as slots of a list, with the reader of each.

A dialect (dialects/*.py) says which attribute keys fill which slot; table.py compiles them into one lookup.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from spanglass_server.normalize.values import (
    as_bool,
    as_dict,
    as_float,
    as_int,
    as_str,
    as_str_list,
    as_word,
)
from spanglass_server.wire.records import AttributeValue

Reader: TypeAlias = Callable[[AttributeValue], Any]
"""Reads an attribute's value; None where it holds nothing usable, so that the next key in order is tried."""

Slots: TypeAlias = list[Any]
"""One value a field, None where no attribute gave one. Each field's type is its reader's."""

(
    KIND,
    OPERATION,
    VERCEL_OPERATION,
    REQUEST_TYPE,
    LOGFIRE_SPAN_TYPE,
    LOGFIRE_MESSAGE,
    PROVIDER,
    SYSTEM,
    SERVER_ADDRESS,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    MODEL,
    FALLBACK_MODEL,
    RESPONSE_ID,
    INVOCATION_PARAMETERS,
    MODEL_PARAMETERS,
    STREAM,
    SERVICE_TIER,
    FINISH_REASONS,
    TTFT_NS,
    SERVER_TTFT,
    COMPLETION_START,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    REASONING_TOKENS,
    AUDIO_INPUT_TOKENS,
    AUDIO_OUTPUT_TOKENS,
    UNCACHED_INPUT_TOKENS,
    LANGFUSE_USAGE,
    MLFLOW_USAGE,
    LANGSMITH_USAGE,
    RAW_USAGE,
    PROVIDER_METADATA,
    COST_DETAILS,
    COST_USD,
    INPUT_COST_USD,
    OUTPUT_COST_USD,
    ERROR_TYPE,
    EXCEPTION_TYPE,
    EXCEPTION_MESSAGE,
    HTTP_STATUS,
    LEVEL,
    STATUS_MESSAGE,
    FEATURE,
    TEAM,
    USER,
    SESSION,
    TAGS,
    METADATA_JSON,
    OWN_METADATA_JSON,
    ENVIRONMENT,
    RELEASE,
    TRACE_NAME,
    PROMPT_NAME,
    PROMPT_VERSION,
    PROMPT_JSON,
    TOOL_NAME,
    ENTITY_NAME,
    CACHE_HIT,
    OTHER_CACHE_HIT,
    OUTPUT_TEXT,
    HAS_TOOL,
    HAS_AGENT,
    HAS_DOCUMENTS,
    HAS_MESSAGES,
    HAS_VECTOR_QUERY,
    METADATA,
    OWN_METADATA,
    PARAMETERS,
    FINISH_REASON_ITEMS,
    FIELD_COUNT,
) = range(75)

COLLECTING: Final = METADATA
"""Slots from here on collect many attributes into a dict by the rest of their key."""


def present(value: AttributeValue) -> bool | None:
    """True for anything but an unset value: what counts is that the key is there."""
    return None if value is None else True


def seconds(value: AttributeValue) -> int | None:
    """Seconds as nanoseconds."""
    number = as_float(value)
    return int(number * 1e9) if number is not None and 0 <= number < 1e6 else None


def milliseconds(value: AttributeValue) -> int | None:
    """Milliseconds as nanoseconds."""
    number = as_float(value)
    return int(number * 1e6) if number is not None and 0 <= number < 1e9 else None


def positive(value: AttributeValue) -> float | None:
    """A positive number: a cost of 0 is what senders write when they know no price."""
    number = as_float(value)
    return number if number is not None and number > 0 else None


def raw(value: AttributeValue) -> AttributeValue:
    return value


def filled_list(value: AttributeValue) -> list[str] | None:
    return as_str_list(value) or None


def filled_dict(value: AttributeValue) -> dict[str, AttributeValue] | None:
    return as_dict(value) or None


def lower_word(value: AttributeValue) -> str | None:
    word = as_word(value)
    return word.lower() if word else None


def text(value: AttributeValue) -> str | None:
    return as_str(value) or None


READERS: Final[dict[int, Reader]] = {
    OPERATION: lower_word,
    REQUEST_TYPE: lower_word,
    LOGFIRE_SPAN_TYPE: lower_word,
    INVOCATION_PARAMETERS: filled_dict,
    MODEL_PARAMETERS: filled_dict,
    STREAM: as_bool,
    FINISH_REASONS: filled_list,
    TTFT_NS: seconds,
    SERVER_TTFT: as_float,
    INPUT_TOKENS: as_int,
    OUTPUT_TOKENS: as_int,
    CACHE_READ_TOKENS: as_int,
    CACHE_WRITE_TOKENS: as_int,
    CACHE_WRITE_5M_TOKENS: as_int,
    CACHE_WRITE_1H_TOKENS: as_int,
    REASONING_TOKENS: as_int,
    AUDIO_INPUT_TOKENS: as_int,
    AUDIO_OUTPUT_TOKENS: as_int,
    UNCACHED_INPUT_TOKENS: as_int,
    LANGFUSE_USAGE: filled_dict,
    MLFLOW_USAGE: filled_dict,
    LANGSMITH_USAGE: filled_dict,
    RAW_USAGE: filled_dict,
    PROVIDER_METADATA: filled_dict,
    COST_DETAILS: filled_dict,
    COST_USD: positive,
    INPUT_COST_USD: positive,
    OUTPUT_COST_USD: positive,
    HTTP_STATUS: as_int,
    LEVEL: lower_word,
    STATUS_MESSAGE: text,
    EXCEPTION_MESSAGE: text,
    TAGS: filled_list,
    METADATA_JSON: filled_dict,
    OWN_METADATA_JSON: filled_dict,
    PROMPT_JSON: filled_dict,
    CACHE_HIT: as_bool,
    OTHER_CACHE_HIT: as_bool,
    OUTPUT_TEXT: text,
    HAS_TOOL: present,
    HAS_AGENT: present,
    HAS_DOCUMENTS: present,
    HAS_MESSAGES: present,
    HAS_VECTOR_QUERY: present,
    METADATA: raw,
    OWN_METADATA: raw,
    PARAMETERS: raw,
    FINISH_REASON_ITEMS: as_word,
}
"""Readers by field; `as_word` for those not named."""
