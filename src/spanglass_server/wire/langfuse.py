"""The body of POST /api/public/ingestion as plain records: Langfuse's events, each checked alone.

Lenient, because a v2 SDK sends a whole batch three times more when one event of it is refused: unknown keys
pass, missing ids and times are made, and only what can never be stored is rejected.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

import orjson

from spanglass_server.base.errors import MalformedBody
from spanglass_server.wire.checks import RefusedError
from spanglass_server.wire.records import AttributeValue, Rejection
from spanglass_server.wire.scores import ScoreRecord, read_langfuse_score

Json: TypeAlias = AttributeValue
"""Whatever JSON holds, an attribute may hold."""
EntityType: TypeAlias = Literal["trace", "observation"]

ID_CHARS_MAX: Final = 800
OBSERVATION_WORDS: Final = (
    *("span", "generation", "event", "agent", "tool", "chain", "retriever", "evaluator", "embedding"),
    *("guardrail", "observation"),
)
_OBSERVATION_TYPES: Final = frozenset(
    f"{word}-{verb}" for word in OBSERVATION_WORDS for verb in ("create", "update")
)
_TRACE_TYPES: Final = frozenset({"trace-create", "trace-update"})
_IGNORED_TYPES: Final = frozenset({"sdk-log"})
"""What an SDK says of itself; Langfuse logs and drops it."""
_HEX_ID: Final = re.compile(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}")


class EventRecord(NamedTuple):
    position: str
    """`batch[7]`."""
    event_id: str
    event_type: str
    timestamp: str
    """As sent; empty where absent."""
    entity_type: EntityType
    entity_id: str
    trace_id: str
    """Empty where an observation does not name its trace."""
    body: dict[str, Json]
    sdk_version: str


@dataclass(slots=True)
class IngestionBatch:
    events: list[EventRecord] = field(default_factory=list)
    scores: list[ScoreRecord] = field(default_factory=list)
    score_positions: list[str] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    """Items are positions, `batch[7]`."""


def read_event_ids(body: bytes) -> list[str]:
    """The ids of all events of a batch, in its order; empty for one without. Raises MalformedBody."""
    return [
        str(item["id"]) if isinstance(item, dict) and isinstance(item.get("id"), str | int) else ""
        for item in _items(_parse(body))
    ]


def decode_ingestion(body: bytes) -> IngestionBatch:
    """Raises MalformedBody where the whole is no batch."""
    parsed = _parse(body)
    metadata = parsed.get("metadata")
    named = metadata.get("sdk_version") if isinstance(metadata, dict) else None
    sdk_version = named[:40] if isinstance(named, str) else ""
    batch = IngestionBatch()
    for index, item in enumerate(_items(parsed)):
        position = f"batch[{index}]"
        try:
            _take(item, position, sdk_version, batch)
        except RefusedError as error:
            batch.rejections.append(Rejection(str(error), position))
    return batch


def _parse(body: bytes) -> dict[str, Json]:
    try:
        parsed: Json = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        parsed = _parse_leniently(body, error)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("batch"), list):
        raise MalformedBody("the body holds no array `batch`", hint=_SHAPE_HINT)
    return parsed


def _parse_leniently(body: bytes, problem: orjson.JSONDecodeError) -> Json:
    """Python's encoder, which the SDKs up to 2 use, writes NaN (null here) and halves of surrogate pairs
    (U+FFFD here): one such value must not cost the batch."""
    text = _SURROGATE.sub(_whole_pair, body.decode("utf-8", "replace"))
    try:
        parsed: Json = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise MalformedBody(f"the body is not JSON: {problem}", hint=_SHAPE_HINT) from None
    return parsed


_SURROGATE: Final = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|(\\.)",
    re.DOTALL,
)
"""Of the escapes in JSON: a pair, half a pair, any other."""


def _whole_pair(found: re.Match[str]) -> str:
    return found[0] if found[1] or found[2] else "\\ufffd"


_SHAPE_HINT: Final = 'send {"batch": [{"id", "type", "timestamp", "body"}, ...]}'


def _items(parsed: dict[str, Json]) -> Iterator[Json]:
    batch = parsed["batch"]
    assert isinstance(batch, list)
    return iter(batch)


def _take(item: Json, position: str, sdk_version: str, batch: IngestionBatch) -> None:
    if not isinstance(item, dict):
        raise RefusedError("an event is a JSON object with id, type, timestamp and body")
    named, body = item.get("type"), item.get("body")
    event_type = named if isinstance(named, str) else ""
    if event_type in _IGNORED_TYPES:
        return
    if not isinstance(body, dict):
        raise RefusedError("the event has no `body`; give a JSON object")
    timestamp = item.get("timestamp")
    timestamp = timestamp if isinstance(timestamp, str) else ""
    event_id = _read_id(item.get("id"), "id") or _digest(item)
    if event_type == "score-create":
        batch.scores.append(_read_score(body, event_id, timestamp))
        batch.score_positions.append(position)
        return
    entity_type, entity_id, trace_id = _read_entity(event_type, body, event_id)
    batch.events.append(
        EventRecord(
            position,
            event_id,
            event_type,
            timestamp,
            entity_type,
            entity_id,
            trace_id,
            body,
            sdk_version,
        )
    )


def _read_entity(event_type: str, body: dict[str, Json], event_id: str) -> tuple[EntityType, str, str]:
    entity_id = _read_id(body.get("id"), "body.id") or event_id
    if event_type in _TRACE_TYPES:
        return "trace", entity_id, entity_id
    if event_type in _OBSERVATION_TYPES:
        return "observation", entity_id, _read_id(body.get("traceId"), "body.traceId")
    raise RefusedError(
        f"the event's type `{event_type:.60}` is not known; it is trace-create, score-create, or one of "
        f"{', '.join(OBSERVATION_WORDS)} with -create or -update"
    )


def _read_score(body: dict[str, Json], event_id: str, timestamp: str) -> ScoreRecord:
    """A score without an id of its own takes the event's, so that the event sent twice is one score."""
    if body.get("timestamp") is None and timestamp:
        body = {**body, "timestamp": timestamp}
    record = read_langfuse_score(body)
    return record if record.score_id else record._replace(score_id=event_id)


def _read_id(value: Json, key: str) -> str:
    """Hex ids in lower case, as OpenTelemetry's are stored; any other text as it is."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise RefusedError(f"`{key}` is no text; give the id as a string")
    if len(value) > ID_CHARS_MAX:
        raise RefusedError(f"`{key}` has {len(value)} characters; {ID_CHARS_MAX} are allowed")
    return value.lower() if _HEX_ID.fullmatch(value) else value


def _digest(item: dict[str, Json]) -> str:
    """An id for an event without one: the same event sent twice is one."""
    try:
        told = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as problem:
        raise RefusedError(f"the event has no id, and none can be made: {problem}") from None
    return hashlib.sha256(told).hexdigest()[:32]
