"""What a payload says, whole: the question of an input, the answer of an output, for whoever judges them."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from spanglass_server.model.message import Message, Role
from spanglass_server.normalize.messages.conversation import conversation, holds_no_message, text_of
from spanglass_server.normalize.messages.preview import ASKED_KEYS, SAID_KEYS, joined_text
from spanglass_server.normalize.values import printable

_PARSED_CHARS_MAX: Final = 4_000_000
"""A longer payload is taken as it came."""


def asked(messages: Sequence[Message]) -> str:
    """What the user said last, else all that there is."""
    said = (text_of(message) for message in reversed(messages) if message.role == "user")
    return next((text for text in said if text), "") or joined_text(messages)


def answered(messages: Sequence[Message]) -> str:
    """What the model said last, else the calls that it asked for."""
    said = (text_of(message) for message in reversed(messages) if message.role == "assistant")
    return next((text for text in said if text), "") or joined_text(messages)


def asked_text(payload: str) -> str:
    """Of an input as it was sent: a text, arguments of a function, a request, a conversation."""
    return _text(payload, "user")


def answered_text(payload: str) -> str:
    """Of an output as it was sent. Of a structure that has no usual place for its answer, all of it."""
    return _text(payload, "assistant")


def _text(payload: str, role: Role) -> str:
    if payload[:1] not in ("{", "[", '"') or len(payload) > _PARSED_CHARS_MAX:
        return payload
    try:
        value: Any = printable(orjson.loads(payload))
    except orjson.JSONDecodeError:
        return payload
    if isinstance(value, str):
        return value
    if not (isinstance(value, list) and holds_no_message(value)):
        messages = conversation(value, role)
        if messages:
            return asked(messages) if role == "user" else answered(messages)
    return _under_a_usual_key(value, role) or payload


def _under_a_usual_key(value: Any, role: Role) -> str:
    if not isinstance(value, dict):
        return ""
    for key in ASKED_KEYS if role == "user" else SAID_KEYS:
        if isinstance(found := value.get(key), str) and found:
            return found
    # A function of one argument, whatever that is called.
    match list(value.values()):
        case [str(only)]:
            return only
    return ""
