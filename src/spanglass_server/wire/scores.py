"""Scores as JSON, in Spanglass' spelling (docs/api.md) and in Langfuse's, as plain records.

A request is read at the door, where its answer needs to know which scores were refused and what ids the
others got. What was taken travels to the group commit as bytes (`encode_scores`) and is read there
(`decode_scores`).
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from spanglass_server.base.errors import MalformedBody
from spanglass_server.base.limits import (
    EVALUATOR_VERSION_MAX,
    SCORE_ID_CHARS_MAX,
    SCORE_NAME_CHARS_MAX,
    SCORE_TEXT_CHARS_MAX,
)
from spanglass_server.wire.checks import TIME_NS_MAX, RefusedError
from spanglass_server.wire.records import Attributes, AttributeValue

_DATA_TYPES: Final = ("numeric", "categorical", "boolean", "text", "correction")
_SOURCES: Final = ("api", "evaluator", "person")


class RefusedScoreError(RefusedError):
    """One score cannot be taken: why, and what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason = reason
        self.hint = hint


class ScoreRecord(NamedTuple):
    """One score as sent, checked. Absent texts are empty."""

    score_id: str
    """Empty where the sender gave none: whoever takes the score makes one."""
    name: str
    value: float | str | bool
    """Fits `data_type` where that is given."""
    data_type: str
    """One of model.score.SCORE_TYPES; empty: as the value is."""
    trace_id: str
    span_id: str
    session_id: str
    dataset_run_id: str
    time_ns: int | None
    """None: now."""
    source: str
    """One of model.score.SCORE_SOURCES, or empty."""
    comment: str
    author: str
    config_id: str
    queue_id: str
    environment: str
    metadata: AttributeValue
    quality: float | None = None
    """0 to 1, 1 is best. None: as its configuration says, else as the value is."""
    sampling_rate: float = 1.0
    """Share of traces that were considered: over 0, at most 1."""
    evaluator_id: str = ""
    evaluator_version: int = 0
    """0: none."""
    is_public: bool = False
    """Sent with a public key. Never read from what is sent."""


class _Spelling(NamedTuple):
    keys: Mapping[str, str]
    """A record's field to the JSON key."""
    data_types: Mapping[str, str]
    sources: Mapping[str, str]


_OWN: Final = _Spelling(
    keys={field: field for field in ScoreRecord._fields if field != "is_public"}
    | {"score_id": "id", "time_ns": "timestamp"},
    data_types={word: word for word in _DATA_TYPES},
    sources={word: word for word in _SOURCES},
)
LANGFUSE_SOURCES: Final = {"API": "api", "EVAL": "evaluator", "ANNOTATION": "person"}
LANGFUSE_DATA_TYPES: Final = {word.upper(): word for word in _DATA_TYPES}
_LANGFUSE: Final = _Spelling(
    keys={
        "score_id": "id",
        "name": "name",
        "value": "value",
        "data_type": "dataType",
        "trace_id": "traceId",
        "span_id": "observationId",
        "session_id": "sessionId",
        "dataset_run_id": "datasetRunId",
        "time_ns": "timestamp",
        "source": "source",
        "comment": "comment",
        "author": "authorUserId",
        "config_id": "configId",
        "queue_id": "queueId",
        "environment": "environment",
        "metadata": "metadata",
    },
    data_types=LANGFUSE_DATA_TYPES,
    sources=LANGFUSE_SOURCES,
)
_IDS: Final = (
    *("score_id", "trace_id", "span_id", "session_id", "dataset_run_id", "config_id", "queue_id"),
    "evaluator_id",
)
_TARGETS: Final = ("trace_id", "session_id", "dataset_run_id")


def parse_json(body: bytes) -> object:
    """Raises MalformedBody where the bytes are no JSON. NaN and lone surrogates, which many encoders write,
    are no JSON either, but only the score that holds one need be refused."""
    parsed: object
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            raise MalformedBody(
                f"the body is not JSON: {problem}", hint="send a score, or an array of them"
            ) from None
    return parsed


def read_score(item: object) -> ScoreRecord:
    """A score of /api/v1/scores. Raises RefusedScoreError."""
    return _read(item, _OWN)


def read_langfuse_score(item: object) -> ScoreRecord:
    """The body of a `score-create` event, or an item of POST /api/public/scores. Raises RefusedScoreError."""
    return _read(item, _LANGFUSE)


def encode_scores(records: Sequence[ScoreRecord]) -> bytes:
    return orjson.dumps([list(record) for record in records])


def decode_scores(body: bytes) -> list[ScoreRecord]:
    """What `encode_scores` wrote."""
    return [ScoreRecord(*values) for values in orjson.loads(body)]


def _read(item: object, spelling: _Spelling) -> ScoreRecord:
    if not isinstance(item, dict):
        raise RefusedScoreError("a score is a JSON object", "give at least a name, a value and a trace_id")
    fields = {field: item.get(spelling.keys.get(field)) for field in ScoreRecord._fields}
    ids: dict[str, Any] = {field: _read_id(fields[field], spelling.keys.get(field, field)) for field in _IDS}
    record = ScoreRecord(
        **ids,
        name=_read_name(fields["name"]),
        data_type=_read_word(fields["data_type"], spelling.keys["data_type"], spelling.data_types),
        value=0.0,
        time_ns=_read_time(fields["time_ns"], spelling.keys["time_ns"]),
        source=_read_word(fields["source"], spelling.keys["source"], spelling.sources),
        comment=_read_text(fields["comment"], "comment"),
        author=_read_text(fields["author"], spelling.keys["author"], SCORE_NAME_CHARS_MAX),
        environment=_read_text(fields["environment"], "environment", SCORE_NAME_CHARS_MAX),
        metadata=_read_metadata(fields["metadata"]),
        quality=_read_share(fields["quality"], "quality"),
        sampling_rate=_read_rate(fields["sampling_rate"]),
        evaluator_version=_read_version(fields["evaluator_version"]),
    )
    _check_target(record, spelling)
    record = record._replace(value=read_value(fields["value"], record.data_type, record.name))
    try:
        encode_scores([record])
    except orjson.JSONEncodeError as problem:
        raise RefusedScoreError(
            f"the score `{shown(record.name)}` cannot be kept: {problem}", "send text that is valid Unicode"
        ) from None
    return record


def shown(text: str) -> str:
    """With lone surrogates as question marks: an answer cannot hold them."""
    return text.encode("utf-8", "replace").decode()


def _check_target(record: ScoreRecord, spelling: _Spelling) -> None:
    if not any(getattr(record, field) for field in _TARGETS):
        wanted = ", ".join(spelling.keys[field] for field in _TARGETS)
        raise RefusedScoreError(f"the score `{shown(record.name)}` judges nothing", f"give one of {wanted}")
    if record.span_id and not record.trace_id:
        span, trace = spelling.keys["span_id"], spelling.keys["trace_id"]
        raise RefusedScoreError(f"`{span}` is given without `{trace}`", "give both")


def _read_id(value: object, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise RefusedScoreError(f"`{key}` is no text", "give the id as a string")
    if len(value) > SCORE_ID_CHARS_MAX:
        raise RefusedScoreError(f"`{key}` has {len(value)} characters", f"{SCORE_ID_CHARS_MAX} are allowed")
    return value


def _read_name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RefusedScoreError("a score needs a `name`", "give a text such as `quality`")
    return _read_text(value.strip(), "name", SCORE_NAME_CHARS_MAX)


def _read_text(value: object, key: str, chars_max: int = SCORE_TEXT_CHARS_MAX) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RefusedScoreError(f"`{key}` is no text", "give a string")
    if len(value) > chars_max:
        raise RefusedScoreError(f"`{key}` has {len(value)} characters", f"{chars_max} are allowed")
    return value


def _read_word(value: object, key: str, words: Mapping[str, str]) -> str:
    if value is None:
        return ""
    found = words.get(value) if isinstance(value, str) else None
    if found is None:
        raise RefusedScoreError(f"`{key}` is `{shown(str(value)):.60}`", f"it is one of {', '.join(words)}")
    return found


def _read_metadata(value: object) -> AttributeValue:
    if value is None or isinstance(value, dict):
        metadata: Attributes = value or {}
    else:
        metadata = {"metadata": value}  # type: ignore[dict-item]  # Whatever JSON holds is an AttributeValue.
    try:
        size = len(orjson.dumps([[metadata]]))
    except orjson.JSONEncodeError as problem:
        raise RefusedScoreError(f"`metadata` cannot be kept: {problem}", "send a flatter object") from None
    if size > SCORE_TEXT_CHARS_MAX:
        raise RefusedScoreError(
            f"`metadata` is longer than {SCORE_TEXT_CHARS_MAX} bytes of JSON", "send less"
        )
    return metadata


def _read_share(value: object, key: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise RefusedScoreError(f"`{key}` is no number from 0 to 1", "give one, or leave it out")
    return float(value)


def _read_rate(value: object) -> float:
    rate = _read_share(value, "sampling_rate")
    if rate == 0:
        raise RefusedScoreError("`sampling_rate` is 0", "give the share of traces that were considered")
    return 1.0 if rate is None else rate


def _read_version(value: object) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= EVALUATOR_VERSION_MAX:
        raise RefusedScoreError("`evaluator_version` is no version", "give a whole number, or leave it out")
    return value


_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)


def _read_time(value: object, key: str) -> int | None:
    if value is None or value == "":
        return None
    match = _RFC3339.fullmatch(value) if isinstance(value, str) else None
    time_ns = _time_of(match) if match else None
    if time_ns is None or not 0 < time_ns <= TIME_NS_MAX:
        raise RefusedScoreError(f"`{key}` is no time", "write RFC 3339 such as 2026-01-31T09:30:00Z")
    return time_ns


def _time_of(match: re.Match[str]) -> int | None:
    """Without a zone, UTC: what Langfuse's SDKs mean by it."""
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{(zone or 'Z').upper()}")
        seconds = int(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def read_value(value: object, data_type: str, name: str) -> float | str | bool:
    """The value as its type has it. Raises RefusedScoreError."""
    if value is None or not isinstance(value, str | int | float):
        raise RefusedScoreError(
            f"the score `{shown(name)}` has no `value`", "give a number, a text or a boolean"
        )
    if isinstance(value, str):
        _read_text(value, "value")
    if data_type == "numeric":
        return _read_number(value, name)
    if data_type == "boolean":
        return _read_bool(value, name)
    if isinstance(value, str):
        return value
    if data_type:
        return _text_of(value)
    return value if isinstance(value, bool) else _read_number(value, name)


def _read_number(value: float | str, name: str) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise RefusedScoreError(
            f"the value of the score `{shown(name)}` is no number, as its type asks", "give a finite one"
        )
    return number


_BOOLS: Final = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def _read_bool(value: float | str, name: str) -> bool:
    found = _BOOLS.get(_text_of(value).strip().lower())
    if found is None:
        raise RefusedScoreError(
            f"the value of the score `{shown(name)}` is no boolean, as its type asks", "give 0 or 1"
        )
    return found


def _text_of(value: float | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
