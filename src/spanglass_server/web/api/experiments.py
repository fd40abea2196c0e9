"""Experiments: listed with what they came to, and compared item by item."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.base.limits import EXPERIMENTS_COMPARED_MAX
from spanglass_server.quality.experiment_statistics import (
    ItemResult,
    PairedScore,
    compare_runs,
    difference_of,
    is_changed,
    score_names,
)
from spanglass_server.quality.experiments import ExperimentDesk, ExperimentResults, by_item
from spanglass_server.store.experiments import RunKey, RunTexts
from spanglass_server.store.library import DatasetItem, ItemQuery, Slice
from spanglass_server.web.api import experiment_models as models
from spanglass_server.web.api.dataset_shape import find_dataset, version_ns
from spanglass_server.web.api.experiment_shape import compared_item_json, experiment_json
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.services import Services

ExperimentId = Annotated[str, Path(max_length=800)]
Order = Literal["regressions", "improvements", "dataset"]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["experiments"])
    slow = [Depends(long_lane)]
    router.add_api_route(
        "/experiments", list_experiments, response_model=models.Experiments, dependencies=slow
    )
    router.add_api_route(
        "/experiments/compare", compare_experiments, response_model=models.Comparison, dependencies=slow
    )
    one = "/experiments/{experiment_id:path}"
    router.add_api_route(one, get_experiment, response_model=models.Experiment, dependencies=slow)
    router.add_api_route(one, delete_experiment, methods=["DELETE"], status_code=204)
    return router


def list_experiments(
    caller: Reading,
    services: Serving,
    dataset: Annotated[str, Query(max_length=255, description="Of this dataset: its name or id.")] = "",
    text: Annotated[str, Query(max_length=255, description="In the name.")] = "",
    limit: Annotated[int, Query(ge=1, le=100, description="Most items of a page.")] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The one that began last first, whoever recorded it."""
    desk = _desk(services)
    dataset_id = find_dataset(services, caller, dataset).id if dataset else ""
    found = desk.list(caller.project.id, Slice(limit, offset), dataset_id=dataset_id, text=text)
    results = desk.read_results(caller.project.id, found.items)
    return json_response({"items": [experiment_json(one) for one in results], "total": found.total})


def get_experiment(caller: Reading, services: Serving, experiment_id: ExperimentId) -> Response:
    desk = _desk(services)
    found = desk.get(caller.project.id, [experiment_id])
    return json_response(experiment_json(desk.read_results(caller.project.id, found)[0]))


def delete_experiment(caller: Administering, services: Serving, experiment_id: ExperimentId) -> Response:
    """Of one that was told as a dataset's run: the run. Traces stay."""
    (found,) = _desk(services).get(caller.project.id, [experiment_id])
    if found.origin == "spans":
        raise QueryInvalid(
            "this experiment is nothing but its traces", hint="delete the traces, and it is gone"
        )
    services.library.datasets.delete_run(caller.project.id, found.dataset_name, found.name)
    return Response(status_code=204)


def compare_experiments(
    caller: Reading,
    services: Serving,
    ids: Annotated[
        list[str], Query(description="Of one to five experiments: several times, or with commas between.")
    ],
    baseline: Annotated[str, Query(description="One of them; absent: the first.")] = "",
    score: Annotated[str, Query(description="The score that orders; absent: the first there is.")] = "",
    order: Annotated[Order, Query()] = "regressions",
    changed: Annotated[bool, Query(description="Only items with another output or score.")] = False,
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of a page.")] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Side by side: what each came to, how each differs from the baseline over the items that both have, and
    the items themselves."""
    asked = _parse_ids(ids, baseline)
    desk = _desk(services)
    results = desk.read_results(caller.project.id, desk.get(caller.project.id, asked.ids))
    table = _Table(results, asked.baseline, score)
    rows = table.rows(order, is_changed_only=changed)
    shown = rows[offset : offset + limit]
    items = _dataset_items(services, caller, results, shown)
    texts = services.experiments.read_texts(caller.project.id, table.keys(shown))
    return json_response(
        {
            "baseline": asked.baseline,
            "score": table.score or None,
            "experiments": [experiment_json(one) for one in results],
            "comparisons": table.comparisons_json(),
            "items": [table.item_json(item_id, items.get(item_id), texts) for item_id in shown],
            "total": len(rows),
        }
    )


class _Asked(NamedTuple):
    ids: Sequence[str]
    baseline: str


def _parse_ids(given: Sequence[str], baseline: str) -> _Asked:
    ids = list(dict.fromkeys(part.strip() for one in given for part in one.split(",") if part.strip()))
    if not 1 <= len(ids) <= EXPERIMENTS_COMPARED_MAX:
        raise QueryInvalid(f"`ids` names {len(ids)} experiments: give 1 to {EXPERIMENTS_COMPARED_MAX}")
    if baseline and baseline not in ids:
        raise QueryInvalid("`baseline` is none of `ids`")
    return _Asked(ids, baseline or ids[0])


class _Table:
    """Results by item and experiment."""

    def __init__(self, results: Sequence[ExperimentResults], baseline: str, score: str) -> None:
        self._runs: Mapping[str, Mapping[str, ItemResult]] = {
            one.experiment.id: by_item(one.items) for one in results
        }
        self._baseline = baseline
        names = score_names(result for one in results for result in one.items)
        if score and score not in names:
            raise QueryInvalid(
                f"`score`: no item has `{score}`", hint=f"scores: {', '.join(names)}" if names else ""
            )
        self.score = score or next(iter(names), "")
        self._names = names
        self._compared: Mapping[str, Sequence[PairedScore]] = {
            key: [compare_runs(self._base, run, name) for name in names]
            for key, run in self._runs.items()
            if key != baseline
        }

    @property
    def _base(self) -> Mapping[str, ItemResult]:
        return self._runs[self._baseline]

    def rows(self, order: Order, *, is_changed_only: bool) -> Sequence[str]:
        """Ids of items."""
        found = list(dict.fromkeys(item_id for run in self._runs.values() for item_id in run))
        if is_changed_only:
            found = [item_id for item_id in found if self._is_changed(item_id)]
        if order == "dataset":
            return found
        is_rising = order == "regressions"
        return sorted(found, key=lambda item_id: self._rank(item_id, is_rising=is_rising))

    def _is_changed(self, item_id: str) -> bool:
        before = self._base.get(item_id)
        others = (run for key, run in self._runs.items() if key != self._baseline)
        return any(is_changed(before, run.get(item_id)) for run in others)

    def _rank(self, item_id: str, *, is_rising: bool) -> tuple[int, float]:
        """Those that fail now (or no longer do) first, then the largest loss, or gain; the others last."""
        if self._has_turned(item_id, is_error=is_rising):
            return (0, 0.0)
        found = [value for key in self._compared if (value := self._difference(key, item_id)) is not None]
        if not found:
            return (2, 0.0)
        return (1, min(found)) if is_rising else (1, -max(found))

    def _has_turned(self, item_id: str, *, is_error: bool) -> bool:
        """A failed item has no scores to compare, and is the worst that could come of it."""
        before = self._base.get(item_id)
        others = (self._runs[key].get(item_id) for key in self._compared)
        if before is None or before.is_error == is_error:
            return False
        return any(after is not None and after.is_error == is_error for after in others)

    def _difference(self, key: str, item_id: str) -> float | None:
        if key == self._baseline or not self.score:
            return None
        scale = self._compared[key][self._names.index(self.score)].scale
        return difference_of(self._base.get(item_id), self._runs[key].get(item_id), self.score, scale)

    def keys(self, item_ids: Sequence[str]) -> Sequence[RunKey]:
        return [
            RunKey(run[item_id].trace_id, run[item_id].span_id)
            for run in self._runs.values()
            for item_id in item_ids
            if item_id in run
        ]

    def comparisons_json(self) -> list[dict[str, Any]]:
        return [
            {"experiment_id": key, "scores": [one._asdict() for one in scores]}
            for key, scores in self._compared.items()
        ]

    def item_json(
        self, item_id: str, item: DatasetItem | None, texts: Mapping[RunKey, RunTexts]
    ) -> dict[str, Any]:
        results = {key: run.get(item_id) for key, run in self._runs.items()}
        differences = {key: self._difference(key, item_id) for key in self._runs}
        return compared_item_json(
            item_id, item, results, differences, texts, is_changed=self._is_changed(item_id)
        )


_ITEMS_AT_A_TIME: Final = 500


def _dataset_items(
    services: Services, caller: Caller, results: Sequence[ExperimentResults], item_ids: Sequence[str]
) -> Mapping[str, DatasetItem]:
    """As they were for the first of the experiments that says so, else as they are."""
    datasets, project_id = services.library.datasets, caller.project.id
    found: dict[str, DatasetItem] = {}
    for one in results:
        dataset = datasets.find_datasets(project_id, [one.experiment.dataset_id]).get(
            one.experiment.dataset_id
        )
        if dataset is None:
            continue
        as_of_ns = version_ns(services, caller, dataset, one.experiment.dataset_version)
        for moment in (as_of_ns, None):
            missing = [item_id for item_id in item_ids if item_id not in found]
            for start in range(0, len(missing), _ITEMS_AT_A_TIME):
                query = ItemQuery(
                    dataset_name=dataset.name, ids=missing[start : start + _ITEMS_AT_A_TIME], as_of_ns=moment
                )
                page = datasets.list_items(project_id, query, Slice(_ITEMS_AT_A_TIME, 0))
                found |= {item.id: item for item in page.items}
    return found


def _desk(services: Services) -> ExperimentDesk:
    return ExperimentDesk(
        datasets=services.library.datasets,
        experiments=services.experiments,
        views=services.views,
        scores=services.scores,
    )
