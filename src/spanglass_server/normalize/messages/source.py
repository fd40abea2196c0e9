"""What a renderer reads, and what it finds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from spanglass_server.model.message import JsonValue, Message, Role
from spanglass_server.normalize.messages.conversation import conversation
from spanglass_server.normalize.values import as_json, printable
from spanglass_server.wire.records import AttributeValue, EventRecord


class RenderLog(NamedTuple):
    """A log record that belongs to the span (same trace and span id)."""

    event_name: str
    """The record's event name, or its attribute `event.name`."""
    body: AttributeValue
    """Structured, or its JSON text."""
    attributes: Mapping[str, AttributeValue]


class Source(NamedTuple):
    """One span's telemetry, raw."""

    attributes: Mapping[str, AttributeValue]
    """Complete: the ones moved to the columns `input` and `output` are put back."""
    events: Sequence[EventRecord]
    logs: Sequence[RenderLog]
    kind: str
    dialect: str

    def json(self, key: str) -> JsonValue:
        """The attribute decoded, its text where it is no JSON, None where it is absent or empty."""
        return json_value(self.attributes.get(key))

    def has_prefix(self, *prefixes: str) -> bool:
        return any(key.startswith(prefixes) for key in self.attributes)


class Turns(NamedTuple):
    """The two sides of a span's conversation, either possibly empty."""

    input: Sequence[Message] = ()
    output: Sequence[Message] = ()


def json_value(value: AttributeValue) -> JsonValue:
    if value is None or value == "":
        return None
    found = as_json(value)
    if found is None:
        return cast(JsonValue, printable(value))
    # What a JSON text holds is printable as it is.
    return cast(JsonValue, found if isinstance(value, str) else printable(found))


def read_conversation(source: Source, keys: Iterable[str], role: Role) -> list[Message]:
    """The first of these attributes that holds a conversation."""
    for key in keys:
        value = source.json(key)
        if value is not None and (messages := conversation(value, role)):
            return messages
    return []


def numbered(attributes: Mapping[str, AttributeValue], prefix: str) -> list[Mapping[str, AttributeValue]]:
    """Attributes flattened as `prefix.N.rest`, as one mapping of rest to value per N, in the order of N.

    N may be sparse and come in any order.
    """
    found: dict[int, dict[str, AttributeValue]] = {}
    start = len(prefix)
    for key, value in attributes.items():
        if key.startswith(prefix):
            number, _, rest = key[start:].partition(".")
            if number.isdecimal() and len(number) < 10:
                found.setdefault(int(number), {})[rest] = value
    return [found[number] for number in sorted(found)]
