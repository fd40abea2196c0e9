"""Datasets and their runs. The older paths without `v2` are answered too."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.store.library import Dataset, DatasetRun, ItemQuery, NewDataset, PageOf, RunItem, Slice
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Reading, Serving, Writing
from spanglass_server.web.documents import Name, Text, body_of, optional_json_text, raw
from spanglass_server.web.langfuse.documents import Document, Paging, json_response, page_json, time_text
from spanglass_server.web.langfuse.experiment_runs import get_experiment_run, list_experiment_runs
from spanglass_server.web.services import Services

router = APIRouter()


_ALL: Final = Slice(1_000_000, 0)


class DatasetBody(Document):
    name: Name
    description: Text | None = None
    metadata: Any = None
    input_schema: Any = None
    expected_output_schema: Any = None


@router.post("/v2/datasets")
@router.post("/datasets")
def put_dataset(
    caller: Writing, services: Serving, body: Annotated[DatasetBody, Depends(body_of(DatasetBody))]
) -> Response:
    """Made, or changed where there is one of this name."""
    new = NewDataset(
        name=body.name,
        description=body.description,
        metadata=optional_json_text(body.metadata),
        input_schema=optional_json_text(body.input_schema),
        expected_output_schema=optional_json_text(body.expected_output_schema),
    )
    dataset = services.library.datasets.put_dataset(caller.project.id, new)
    return json_response(_dataset_json(dataset, caller))


@router.get("/v2/datasets")
@router.get("/datasets")
def list_datasets(caller: Reading, services: Serving, page: Paging) -> Response:
    found = services.library.datasets.list_datasets(caller.project.id, page)
    return json_response(page_json(page, found, [_dataset_json(dataset, caller) for dataset in found.items]))


@router.get("/v2/datasets/{name:path}")
def get_dataset(caller: Reading, services: Serving, name: str) -> Response:
    return json_response(
        _dataset_json(services.library.datasets.get_dataset(caller.project.id, name), caller)
    )


@router.get("/datasets/{name:path}/runs/{run_name:path}")
def get_run(caller: Reading, services: Serving, name: str, run_name: str) -> Response:
    """The run with all its items; where there is none of the name, the experiment."""
    datasets, project_id = services.library.datasets, caller.project.id
    items: Sequence[RunItem]
    try:
        run = datasets.get_run(project_id, name, run_name)
        items = datasets.list_run_items(project_id, run.dataset_id, run.name, _ALL).items
    except NotFound:
        dataset = datasets.get_dataset(project_id, name)
        run, items = get_experiment_run(services, project_id, dataset, run_name)
    return json_response({**_run_json(run), "datasetRunItems": [run_item_json(item) for item in items]})


@router.delete("/datasets/{name:path}/runs/{run_name:path}")
def delete_run(caller: Administering, services: Serving, name: str, run_name: str) -> Response:
    services.library.datasets.delete_run(caller.project.id, name, run_name)
    return json_response({"message": "Dataset run successfully deleted"})


@router.get("/datasets/{name:path}/runs")
def list_runs(caller: Reading, services: Serving, name: str, page: Paging) -> Response:
    """Runs that were told as such, and experiments, newest first."""
    runs = _runs_of(services, caller.project.id, name)
    found = PageOf(runs[page.offset : page.offset + page.limit], len(runs))
    return json_response(page_json(page, found, [_run_json(run) for run in found.items]))


@router.get("/datasets/{name:path}")
def get_dataset_with_names(caller: Reading, services: Serving, name: str) -> Response:
    """The older form: the dataset with the ids of its items and the names of its runs."""
    datasets = services.library.datasets
    dataset = datasets.get_dataset(caller.project.id, name)
    items = datasets.list_items(caller.project.id, ItemQuery(dataset_name=name, status="ACTIVE"), _ALL)
    runs = _runs_of(services, caller.project.id, name)
    names = {"items": [item.id for item in items.items], "runs": [run.name for run in runs]}
    return json_response({**_dataset_json(dataset, caller), **names})


def run_item_json(item: RunItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "datasetRunId": item.run_id,
        "datasetRunName": item.run_name,
        "datasetItemId": item.item_id,
        "traceId": item.trace_id,
        "observationId": item.observation_id,
        "createdAt": time_text(item.created_at_ns),
        "updatedAt": time_text(item.created_at_ns),
    }


def _runs_of(services: Services, project_id: str, name: str) -> Sequence[DatasetRun]:
    dataset = services.library.datasets.get_dataset(project_id, name)
    told = services.library.datasets.list_runs(project_id, name, _ALL).items
    seen = list_experiment_runs(services, project_id, dataset, {run.id for run in told})
    return sorted([*told, *seen], key=lambda run: (-run.created_at_ns, run.id))


def _dataset_json(dataset: Dataset, caller: Caller) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "metadata": raw(dataset.metadata),
        "inputSchema": raw(dataset.input_schema),
        "expectedOutputSchema": raw(dataset.expected_output_schema),
        "projectId": caller.project.id,
        "createdAt": time_text(dataset.created_at_ns),
        "updatedAt": time_text(dataset.updated_at_ns),
    }


def _run_json(run: DatasetRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "description": run.description,
        "metadata": raw(run.metadata),
        "datasetId": run.dataset_id,
        "datasetName": run.dataset_name,
        "createdAt": time_text(run.created_at_ns),
        "updatedAt": time_text(run.updated_at_ns),
    }
