"""The parameters of a model request, under one name each."""

import re
from functools import lru_cache
from typing import Final

from spanglass_server.normalize import fields as f
from spanglass_server.normalize.dialects.openlit import INVENTED_PARAMETERS, OPENLIT
from spanglass_server.normalize.values import as_float, as_json, dump_json
from spanglass_server.wire.records import AttributeValue

_CANONICAL: Final = {
    "max_output_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "stop": "stop_sequences",
    "choice.count": "choice_count",
    "n": "choice_count",
    "candidate_count": "choice_count",
    "type": "output_type",
    "reasoning.level": "reasoning_effort",
    "previous_response.id": "previous_response_id",
    "chat.stop_sequences": "stop_sequences",
}

_NOT_PARAMETERS: Final = frozenset(
    (
        *(
            "model",
            "model_name",
            "messages",
            "input",
            "prompt",
            "system",
            "instructions",
            "contents",
            "context",
        ),
        *("tools", "functions", "stream", "stream_options", "is_stream", "async", "user", "timeout"),
        *(
            "max_retries",
            "extra_headers",
            "extra_body",
            "extra_query",
            "_type",
            "function_tools",
            "output_tools",
        ),
    )
)
"""What request objects hold beside parameters: the conversation itself, and the client's own settings."""

PARAMETER_SLOTS: Final = frozenset({f.PARAMETERS, f.INVOCATION_PARAMETERS, f.MODEL_PARAMETERS})
"""Where all of these are empty, a span names no parameters."""

_TEXT_CHARS_MAX: Final = 2_000
"""Longer values are no parameters but content."""


def read_parameters(slots: f.Slots, dialect: str) -> str:
    """JSON object; empty text where the span names none. Fillers (-1, NaN, "", "Infinity") are left out."""
    found: dict[str, AttributeValue] = {}
    for source in (slots[f.PARAMETERS], slots[f.INVOCATION_PARAMETERS], slots[f.MODEL_PARAMETERS]):
        if not source:
            continue
        for name, value in source.items():
            key = _canonical(name)
            if key and key not in found and (usable := _usable(value)) is not None:
                found[key] = usable
    if dialect == OPENLIT.name:
        found = {key: value for key, value in found.items() if not _is_invented(key, value)}
    return dump_json(found) if found else ""


@lru_cache(maxsize=4096)
def _canonical(name: str) -> str:
    """snake_case and one word for one thing; empty for what is no parameter."""
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    key = _CANONICAL.get(snake, snake)
    return "" if key in _NOT_PARAMETERS else key


def _usable(value: AttributeValue) -> AttributeValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > _TEXT_CHARS_MAX or value.strip('" ') in (
            "",
            "null",
            "None",
            "Infinity",
            "NaN",
            "NOT_GIVEN",
        ):
            return None
        number = as_float(value)
        if number is not None:
            return None if number == -1 else (int(number) if number.is_integer() else number)
        decoded = as_json(value)
        return value if decoded is None else _usable(decoded)
    if isinstance(value, (int, float)):
        return None if value == -1 or as_float(value) is None else value
    return value or None


def _is_invented(key: str, value: AttributeValue) -> bool:
    return key in INVENTED_PARAMETERS and value == INVENTED_PARAMETERS[key]
