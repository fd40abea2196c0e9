"""Datasets and their versions: made, changed, listed, really deleted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.store.library import Dataset, DatasetChange, NewDataset, Slice
from spanglass_server.web.api import dataset_items
from spanglass_server.web.api import dataset_models as models
from spanglass_server.web.api.dataset_shape import dataset_json, find_dataset, version_json
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Editing, Reading, Serving, Writing
from spanglass_server.web.documents import body_of, body_schema
from spanglass_server.web.services import Services
from spanglass_server.wire.json_documents import json_text

DatasetName = Annotated[
    str,
    Path(max_length=255, description="The dataset's name, or its id.", examples=["support questions"]),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


def build_router(long_lane: LongLane) -> APIRouter:
    router = APIRouter(tags=["datasets"])
    router.add_api_route("/datasets", list_datasets, response_model=models.Datasets)
    router.add_api_route(
        "/datasets",
        create_dataset,
        methods=["POST"],
        status_code=201,
        response_model=models.Dataset,
        openapi_extra=body_schema(models.DatasetInput),
    )
    # Names may hold slashes, which servers do not tell from those of the path: what is longer comes first.
    one = "/datasets/{name:path}"
    dataset_items.add_routes(router, one, long_lane)
    router.add_api_route(f"{one}/versions", list_versions, response_model=models.Versions)
    router.add_api_route(
        f"{one}/versions", save_version, methods=["POST"], status_code=201, response_model=models.Version
    )
    router.add_api_route(f"{one}/versions/{{number}}", forget_version, methods=["DELETE"], status_code=204)
    router.add_api_route(one, get_dataset, response_model=models.Dataset)
    router.add_api_route(
        one,
        change_dataset,
        methods=["PATCH"],
        response_model=models.Dataset,
        openapi_extra=body_schema(models.DatasetPatch),
    )
    router.add_api_route(one, delete_dataset, methods=["DELETE"], status_code=204)
    return router


def list_datasets(
    caller: Reading,
    services: Serving,
    text: Annotated[str, Query(max_length=255, description="In the name or description.")] = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """The project's datasets, newest first."""
    found = services.library.datasets.list_overviews(caller.project.id, Slice(limit, offset), text=text)
    return json_response({"items": [dataset_json(one) for one in found.items], "total": found.total})


def create_dataset(
    caller: Writing,
    services: Serving,
    given: Annotated[models.DatasetInput, Depends(body_of(models.DatasetInput))],
) -> Response:
    new = NewDataset(
        name=given.name,
        description=given.description,
        metadata=json_text(given.metadata),
        input_schema=json_text(given.input_schema),
        expected_output_schema=json_text(given.expected_output_schema),
    )
    made = services.library.datasets.add_dataset(caller.project.id, new)
    return _answer(services, caller, made, status=201)


def get_dataset(caller: Reading, services: Serving, name: DatasetName) -> Response:
    return _answer(services, caller, find_dataset(services, caller, name))


def change_dataset(
    caller: Writing,
    services: Serving,
    name: DatasetName,
    given: Annotated[models.DatasetPatch, Depends(body_of(models.DatasetPatch))],
) -> Response:
    """What is left out stays. A schema is refused where items do not fit it."""
    dataset = find_dataset(services, caller, name)
    told = given.model_fields_set
    change = DatasetChange(
        name=given.name,
        description=given.description,
        metadata=json_text(given.metadata) if "metadata" in told else None,
        input_schema=json_text(given.input_schema) if "input_schema" in told else None,
        expected_output_schema=(
            json_text(given.expected_output_schema) if "expected_output_schema" in told else None
        ),
    )
    changed = services.library.datasets.change_dataset(caller.project.id, dataset.name, change)
    return _answer(services, caller, changed)


def delete_dataset(caller: Administering, services: Serving, name: DatasetName) -> Response:
    """With its items, versions and runs, for good. Traces and their scores stay."""
    dataset = find_dataset(services, caller, name)
    services.library.datasets.delete_dataset(caller.project.id, dataset.name)
    return Response(status_code=204)


def list_versions(caller: Reading, services: Serving, name: DatasetName) -> Response:
    """Saved versions, newest first, each with what changed since the one before; `current` is what is not
    saved yet."""
    dataset = find_dataset(services, caller, name)
    datasets, project_id = services.library.datasets, caller.project.id
    saved = list(reversed(datasets.list_versions(project_id, dataset.name)))
    times = [*(version.at_ns for version in saved), None]
    counts = datasets.count_changes(project_id, dataset.name, times)
    items = [version_json(version, count) for version, count in zip(saved, counts, strict=False)]
    return json_response({"items": items[::-1], "current": version_json(None, counts[-1])})


def save_version(
    caller: Writing, services: Serving, name: DatasetName, given: models.VersionInput
) -> Response:
    """The dataset as it is now, to be found again by its number or name."""
    if given.name.isdecimal() or given.name == "latest":
        raise BadInput(f"`{given.name}` cannot name a version", hint="numbers and `latest` mean others")
    dataset = find_dataset(services, caller, name)
    datasets, project_id = services.library.datasets, caller.project.id
    datasets.add_version(project_id, dataset.name, name=given.name, description=given.description)
    saved = list(reversed(datasets.list_versions(project_id, dataset.name)))
    counts = datasets.count_changes(project_id, dataset.name, [version.at_ns for version in saved])
    return json_response(version_json(saved[-1], counts[-1]), status=201)


def forget_version(
    caller: Editing,
    services: Serving,
    name: DatasetName,
    number: Annotated[int, Path(ge=1, le=1_000_000)],
) -> Response:
    """The version's name and number; items stay as they were."""
    dataset = find_dataset(services, caller, name)
    services.library.datasets.delete_version(caller.project.id, dataset.name, number)
    return Response(status_code=204)


def _answer(services: Services, caller: Caller, dataset: Dataset, *, status: int = 200) -> Response:
    return json_response(
        dataset_json(services.library.datasets.get_overview(caller.project.id, dataset.name)), status=status
    )
