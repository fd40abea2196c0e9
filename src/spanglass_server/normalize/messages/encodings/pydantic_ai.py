"""Encoding 9: pydantic-ai before its OpenTelemetry format (`events`, `all_messages_events`), and what its
agent spans carry in every version (`pydantic_ai.all_messages`, `final_result`). Logfire's older OpenAI spans
carry `request_data` and `response_data`."""

from spanglass_server.model.message import JsonValue, Message
from spanglass_server.normalize.messages.conversation import conversation, message_of
from spanglass_server.normalize.messages.encodings.log_events import read_events
from spanglass_server.normalize.messages.source import Source, Turns, read_conversation

_EVENT_NOISE = ("event.name", "gen_ai.message.index", "gen_ai.system")


def read(source: Source) -> Turns:
    for key in ("events", "all_messages_events"):
        turns = _from_events(source.json(key))
        if turns.input or turns.output:
            return Turns(turns.input, turns.output or _final_result(source))
    history = read_conversation(source, ("pydantic_ai.all_messages", "all_messages"), "user")
    if history:
        return _split(history, _final_result(source))
    return Turns(
        _logfire_side(source, "request_data", "user"),
        _final_result(source) or _logfire_side(source, "response_data", "assistant"),
    )


def _from_events(value: JsonValue) -> Turns:
    if not isinstance(value, list):
        return Turns()
    named = []
    for event in value:
        if isinstance(event, dict) and isinstance(name := event.get("event.name"), str):
            fields = {key: value for key, value in event.items() if key not in _EVENT_NOISE}
            named.append((name, fields))
    return read_events(named)


def _final_result(source: Source) -> list[Message]:
    result = source.json("final_result")
    if result is None:
        return []
    return conversation(result, "assistant") or [message_of(result, "assistant")]


def _split(history: list[Message], final: list[Message]) -> Turns:
    """An agent's whole history ends with its answer: that is the output, the rest came before."""
    if history[-1].role == "assistant":
        return Turns(history[:-1], history[-1:])
    return Turns(history, final)


def _logfire_side(source: Source, key: str, role: str) -> list[Message]:
    value = source.json(key)
    if not isinstance(value, dict) or not {"messages", "input", "message", "choices"} & value.keys():
        return []
    return conversation(value, "user" if role == "user" else "assistant") or []
