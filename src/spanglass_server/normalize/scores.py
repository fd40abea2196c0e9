"""Score records become rows."""

import re
from typing import Final, cast

from spanglass_server.base.limits import SCORE_TEXT_CHARS_MAX
from spanglass_server.model.score import Score, ScoreSource, ScoreType
from spanglass_server.normalize.values import dump_json, printable_text
from spanglass_server.wire.scores import ScoreRecord

_HEX_ID: Final = re.compile(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}")


def normalize_score(record: ScoreRecord, *, project_id: str, now_ns: int, version: int) -> Score:
    """Never raises. `now_ns` is when the score arrived. The store keeps the `created_at_ns` of an earlier
    score with the same id."""
    data_type = type_of(record)
    value, string_value = _values(record.value, data_type)
    return Score(
        project_id=project_id,
        score_id=printable_text(record.score_id),
        name=printable_text(record.name),
        time_ns=now_ns if record.time_ns is None else record.time_ns,
        trace_id=_stored_id(record.trace_id),
        span_id=_stored_id(record.span_id),
        session_id=printable_text(record.session_id),
        dataset_run_id=printable_text(record.dataset_run_id),
        data_type=data_type,
        value=value,
        string_value=string_value,
        source=cast("ScoreSource", record.source or "api"),
        comment=printable_text(record.comment)[:SCORE_TEXT_CHARS_MAX],
        author=printable_text(record.author),
        config_id=printable_text(record.config_id),
        queue_id=printable_text(record.queue_id),
        environment=printable_text(record.environment),
        metadata=dump_json(record.metadata or {}),
        quality=record.quality,
        sampling_rate=record.sampling_rate,
        evaluator_id=printable_text(record.evaluator_id),
        evaluator_version=record.evaluator_version,
        is_public=record.is_public,
        created_at_ns=now_ns,
        is_deleted=False,
        version=version,
    )


def judges_nothing(score: Score) -> bool:
    """An evaluation without context, whose answer is still to be found."""
    return not (score.trace_id or score.session_id or score.dataset_run_id)


def type_of(record: ScoreRecord) -> ScoreType:
    """A text without a type is a category."""
    if record.data_type:
        return cast("ScoreType", record.data_type)
    if isinstance(record.value, bool):
        return "boolean"
    return "categorical" if isinstance(record.value, str) else "numeric"


def _values(value: float | str | bool, data_type: ScoreType) -> tuple[float | None, str]:
    if data_type == "boolean":
        return float(bool(value)), "true" if value else "false"
    if data_type == "numeric":
        return float(value), ""
    return None, printable_text(str(value))


def _stored_id(value: str) -> str:
    """Hex ids are stored in lower case, as those of spans are."""
    return value.lower() if _HEX_ID.fullmatch(value) else printable_text(value)
