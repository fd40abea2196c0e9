"""Scores as Langfuse's API tells them, in the forms of its versions.

The first form (`/scores`, and the scores of a trace) knows numbers, categories and booleans only: SDKs that
read it fail on any other type, so texts and corrections come as categories there.
"""

from collections.abc import Collection
from typing import Any, Final, TypeAlias

import orjson

from spanglass_server.model.score import Score
from spanglass_server.web.langfuse.shape import micro_text
from spanglass_server.wire.scores import LANGFUSE_DATA_TYPES, LANGFUSE_SOURCES

Json: TypeAlias = dict[str, Any]

DATA_TYPES: Final = {own: word for word, own in LANGFUSE_DATA_TYPES.items()}
SOURCES: Final = {own: word for word, own in LANGFUSE_SOURCES.items()}

DEFAULT_ENVIRONMENT: Final = "default"


def score_v1_json(score: Score) -> Json:
    """An item of `/scores`, and of `scores` of a trace."""
    told = score_v2_json(score)
    if told["dataType"] in ("TEXT", "CORRECTION"):
        told["dataType"] = "CATEGORICAL"
    return told


def score_v2_json(score: Score) -> Json:
    """An item of `/v2/scores`. The SDKs ask for a number in every type: a category's is 0, as Langfuse gives
    it where no configuration says otherwise."""
    return {
        **_core(score),
        "value": score.value if score.value is not None else 0,
        **({} if score.data_type == "numeric" else {"stringValue": _string_value(score)}),
        "traceId": score.trace_id or None,
        "observationId": score.span_id or None,
        "sessionId": score.session_id or None,
        "datasetRunId": score.dataset_run_id or None,
        **_details(score),
        **_annotation(score),
    }


def score_v3_json(score: Score, groups: Collection[str] = ()) -> Json:
    """An item of `/v3/scores`, with the field groups asked for: `details`, `subject`, `annotation`."""
    return {
        **_core(score),
        "value": _typed_value(score),
        **(_details(score) if "details" in groups else {}),
        **({"subject": _subject(score)} if "subject" in groups else {}),
        **(_annotation(score) if "annotation" in groups else {}),
    }


def _core(score: Score) -> Json:
    return {
        "id": score.score_id,
        "projectId": score.project_id,
        "name": score.name,
        "dataType": DATA_TYPES[score.data_type],
        "source": SOURCES[score.source],
        "timestamp": micro_text(score.time_ns),
        "environment": score.environment or DEFAULT_ENVIRONMENT,
        "createdAt": micro_text(score.created_at_ns),
        "updatedAt": micro_text(score.version),
    }


def _details(score: Score) -> Json:
    return {
        "comment": score.comment or None,
        "configId": score.config_id or None,
        "metadata": orjson.loads(score.metadata),
    }


def _annotation(score: Score) -> Json:
    return {"authorUserId": score.author or None, "queueId": score.queue_id or None}


def _subject(score: Score) -> Json:
    if score.span_id:
        return {"kind": "observation", "id": score.span_id, "traceId": score.trace_id}
    if score.trace_id:
        return {"kind": "trace", "id": score.trace_id}
    if score.session_id:
        return {"kind": "session", "id": score.session_id}
    return {"kind": "experiment", "id": score.dataset_run_id}


def _typed_value(score: Score) -> float | bool | str | None:
    if score.data_type == "numeric":
        return score.value
    return bool(score.value) if score.data_type == "boolean" else score.string_value


def _string_value(score: Score) -> str:
    """Langfuse writes booleans as Python does."""
    if score.data_type == "boolean":
        return "True" if score.value else "False"
    return score.string_value
