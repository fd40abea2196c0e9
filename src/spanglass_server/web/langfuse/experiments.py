"""Experiments and their items, read from spans: what SDK 5 has instead of dataset runs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.model.score import Score
from spanglass_server.query.cursor import Position, decode_cursor, encode_cursor
from spanglass_server.store.experiments import PREFIX, Experiment, ExperimentQuery
from spanglass_server.store.ports import ScoreQuery, TimeRange
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.callers import Reading, Serving
from spanglass_server.web.langfuse.asked import ALL_TIME, time_range, words
from spanglass_server.web.langfuse.score_json import score_v3_json
from spanglass_server.web.langfuse.shape import (
    Json,
    Row,
    as_object,
    level_of,
    micro_text,
    observation_metadata,
    payload,
    read_whole,
)
from spanglass_server.web.services import Services

router = APIRouter()

_START_NAMES: Final = ("fromStartTime", "toStartTime")
_SCORES_MAX: Final = 1_000
Limit = Annotated[int, Query(ge=1, le=100)]
ScoreLimit = Annotated[int, Query(ge=1, le=50, alias="scoreLimit")]
From = Annotated[str | None, Query(alias="fromStartTime")]
To = Annotated[str | None, Query(alias="toStartTime")]
DatasetIds = Annotated[str | None, Query(alias="datasetId")]


@router.get("/experiments")
def list_experiments(
    caller: Reading,
    services: Serving,
    limit: Limit = 50,
    score_limit: ScoreLimit = 50,
    from_start_time: From = None,
    to_start_time: To = None,
    fields: str | None = None,
    cursor: str | None = None,
    id_: Annotated[str | None, Query(alias="id")] = None,
    name: str | None = None,
    dataset_id: DatasetIds = None,
) -> Response:
    """The one that ended last first; with `metadata` and `scores` where `fields` names them."""
    during = time_range(from_start_time, to_start_time, services.now_ns(), names=_START_NAMES)
    query = ExperimentQuery(during, _listed(id_), _listed(name), _listed(dataset_id))
    page = _Page("experiments", caller.project.id, query, limit, cursor)
    found = services.experiments.list_experiments(
        caller.project.id, page.query, limit=limit + 1, offset=page.offset
    )
    groups, shown = words(fields), found[:limit]
    data = [_experiment_json(one, groups) for one in shown]
    if "scores" in groups:
        for one, told in zip(shown, data, strict=True):
            asked = ScoreQuery(during=ALL_TIME, dataset_run_ids=[one.id])
            told["scores"] = _scores_json(services, caller.project.id, asked, score_limit)
    return json_response({"data": data, "meta": page.meta(len(found))})


@router.get("/experiment-items")
def list_experiment_items(
    caller: Reading,
    services: Serving,
    limit: Limit = 50,
    score_limit: ScoreLimit = 50,
    from_start_time: From = None,
    to_start_time: To = None,
    fields: str | None = None,
    cursor: str | None = None,
    experiment_id: Annotated[str | None, Query(alias="experimentId")] = None,
    experiment_name: Annotated[str | None, Query(alias="experimentName")] = None,
    experiment_item_id: Annotated[str | None, Query(alias="experimentItemId")] = None,
    dataset_id: DatasetIds = None,
) -> Response:
    """Newest first, with the groups that `fields` names: io, dataset, metadata, itemMetadata,
    experimentMetadata, scores."""
    during = time_range(from_start_time, to_start_time, services.now_ns(), names=_START_NAMES)
    query = ExperimentQuery(
        during,
        _listed(experiment_id),
        _listed(experiment_name),
        _listed(dataset_id),
        _listed(experiment_item_id),
    )
    page = _Page("experiment-items", caller.project.id, query, limit, cursor)
    rows = services.experiments.list_items(caller.project.id, page.query, limit=limit + 1, offset=page.offset)
    groups, shown = words(fields), rows[:limit]
    data = [_item_json(row, groups) for row in shown]
    if "scores" in groups:
        found = services.scores.list_scores_of(caller.project.id, [row["trace_id"] for row in shown])
        for row, told in zip(shown, data, strict=True):
            told["scores"] = [
                score_v3_json(score, ("details", "subject"))
                for score in _scores_of_item(found.get(row["trace_id"], ()), row)[:score_limit]
            ]
    return json_response({"data": data, "meta": page.meta(len(rows))})


class _Page:
    """Later pages keep the first one's time range, to which nothing old is added."""

    def __init__(
        self, what: str, project_id: str, query: ExperimentQuery, limit: int, cursor: str | None
    ) -> None:
        self._list_id = repr((what, project_id, query[1:]))
        self._limit = limit
        self.query, self.offset = query, 0
        if cursor:
            position = decode_cursor(cursor, self._list_id)
            self.query = query._replace(during=TimeRange(position.from_ns, position.to_ns))
            self.offset = position.sort_key
        if self.offset < 0:
            raise QueryInvalid("`cursor` is not one of this list")

    def meta(self, found: int) -> Json:
        """`found` counts one more than the page where there is another."""
        meta: Json = {"limit": self._limit}
        if found > self._limit:
            position = Position(*self.query.during, self.offset + self._limit, 0, ())
            meta["cursor"] = encode_cursor(position, self._list_id)
        return meta


def _experiment_json(experiment: Experiment, groups: frozenset[str]) -> Json:
    attributes = as_object(experiment.attributes)
    told: Json = {
        "id": experiment.id,
        "name": experiment.name,
        "description": attributes.get(f"{PREFIX}description"),
        "startTime": micro_text(experiment.start_ns),
        "endTime": micro_text(experiment.end_ns),
        "itemCount": experiment.item_count,
        "datasetId": experiment.dataset_id or None,
    }
    if "metadata" in groups:
        told["metadata"] = _object_under(attributes, "metadata")
    return told


def _item_json(row: Row, groups: frozenset[str]) -> Json:
    span = read_whole(row)
    attributes = span.attributes
    told: Json = {
        "id": row["span_id"],
        "traceId": row["trace_id"],
        "startTime": micro_text(row["start_time_ns"]),
        "endTime": micro_text(row["end_time_ns"]),
        "level": level_of(row, span.told),
        "environment": row["environment"] or "default",
        "experimentId": attributes.get(f"{PREFIX}id", ""),
        "experimentName": attributes.get(f"{PREFIX}name", ""),
        "experimentItemId": attributes.get(f"{PREFIX}item.id", ""),
    }
    if "dataset" in groups:
        told["experimentDatasetId"] = attributes.get(f"{PREFIX}dataset.id")
        told["experimentItemVersion"] = attributes.get(f"{PREFIX}item.version")
    if "io" in groups:
        told["input"] = payload(row["input"], row)
        told["output"] = payload(row["output"], row)
        told["expectedOutput"] = payload(attributes.get(f"{PREFIX}item.expected_output"), row)
    if "metadata" in groups:
        told["metadata"] = observation_metadata(row, attributes)
    if "itemMetadata" in groups:
        told["experimentItemMetadata"] = _object_under(attributes, "item.metadata")
    if "experimentMetadata" in groups:
        told["experimentMetadata"] = _object_under(attributes, "metadata")
        told["experimentDescription"] = attributes.get(f"{PREFIX}description")
    return told


def _object_under(attributes: Mapping[str, Any], name: str) -> Json:
    """SDKs 3 and 5 write one JSON text, SDK 4 an attribute a key."""
    prefix = f"{PREFIX}{name}."
    single = {key.removeprefix(prefix): value for key, value in attributes.items() if key.startswith(prefix)}
    return as_object(attributes.get(f"{PREFIX}{name}")) | single


def _scores_of_item(scores: Sequence[Score], row: Row) -> list[Score]:
    """Of the item's own span and of its trace."""
    return [score for score in scores if score.span_id in ("", row["span_id"])]


def _scores_json(services: Services, project_id: str, asked: ScoreQuery, limit: int) -> list[Json]:
    scores = services.scores.list_scores(project_id, asked, limit=min(limit, _SCORES_MAX))
    return [score_v3_json(score, ("details", "subject")) for score in scores]


def _listed(text: str | None) -> Sequence[str]:
    return sorted(words(text))
