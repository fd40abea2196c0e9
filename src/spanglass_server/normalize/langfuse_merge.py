"""All events of one Langfuse trace or observation, merged into what they tell together.

Pure, and a function of the set of events: neither their order nor their grouping shows, and an event told
twice counts once. Rules (Langfuse's IngestionService): events are ordered by their own time, creations before
updates; the last value of a field wins, and nothing never overwrites something; what identifies an entity
(its start, its environment) is told once and stays, of a trace's times the earliest; metadata is merged key
by key, tags are united.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.normalize.outcome import iso_to_ns
from spanglass_server.wire.langfuse import Json

_FIRST_WINS: Final = frozenset({"startTime", "start_time", "environment"})
_FALSY: Final = ("", 0, False)
"""What JavaScript takes for nothing: an input or output that says something beats it."""

FIRST_NAME: Final = "spanglass.first_name"
"""The first name told; the last one told is `name`."""
TYPE: Final = "spanglass.type"
"""The observation's type, such as `generation`."""


def merge_events(events: Iterable[LangfuseEvent]) -> dict[str, Json]:
    """The fields of the entity by Langfuse's names, and FIRST_NAME; of an observation also TYPE."""
    fields: dict[str, Json] = {}
    tags: set[str] = set()
    for event in sorted(events, key=_order):
        for key, value in orjson.loads(event.body).items():
            if value is None or value == {}:
                continue
            if key == "name":
                fields.setdefault(FIRST_NAME, value)
            if key == "tags":
                tags.update(_texts(value))
            elif key == "metadata":
                fields[key] = _merged(fields.get(key, {}), _as_object(value))
            elif key == "timestamp":
                fields[key] = _earlier(fields.get(key), value)
            elif key in ("input", "output"):
                if value not in _FALSY or key not in fields:
                    fields[key] = value
            elif key not in _FIRST_WINS or key not in fields:
                fields[key] = value
        _read_type(event.event_type, fields)
    if tags:
        fields["tags"] = list[Json](sorted(tags))
    return fields


def _order(event: LangfuseEvent) -> tuple[int, bool, str]:
    return event.time_ns, event.event_type.endswith("-update"), event.event_id


def _read_type(event_type: str, fields: dict[str, Json]) -> None:
    """What created it says what it is; an update only where no creation is known."""
    word, _, verb = event_type.rpartition("-")
    if word == "observation":
        told = fields.get("type")
        word = told.lower() if isinstance(told, str) else "span"
    if verb == "create" or TYPE not in fields:
        fields[TYPE] = word


def _as_object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {"metadata": value}


def _merged(old: Json, new: Mapping[str, Json]) -> dict[str, Json]:
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _earlier(known: Json, told: Json) -> Json:
    """The old JavaScript SDK stamps each update of a trace with the time of the update, and may send it as
    older than the creation."""
    times = [iso_to_ns(value) if isinstance(value, str) else None for value in (known, told)]
    if times[0] is None or times[1] is None:
        return told if times[0] is None else known
    return told if times[1] < times[0] else known


def _texts(value: Json) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [tag for tag in values if isinstance(tag, str) and tag]
