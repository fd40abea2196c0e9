"""Items of dataset runs: which trace an item led to. SDKs up to 4 write them; the run is made by its name."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from spanglass_server.base.errors import BadInput
from spanglass_server.store.library import NewRunItem
from spanglass_server.web.callers import Reading, Serving, Writing
from spanglass_server.web.documents import Id, Name, Text, body_of, optional_json_text
from spanglass_server.web.langfuse.datasets import run_item_json
from spanglass_server.web.langfuse.documents import Document, Paging, json_response, page_json

router = APIRouter()


class RunItemBody(Document):
    run_name: Name
    run_description: Text | None = None
    metadata: Any = None
    dataset_item_id: Name
    trace_id: Id | None = None
    observation_id: Id | None = None
    created_at: AwareDatetime | None = None


@router.post("/dataset-run-items")
def add_run_item(
    caller: Writing, services: Serving, body: Annotated[RunItemBody, Depends(body_of(RunItemBody))]
) -> Response:
    if body.trace_id is None:
        raise BadInput("`traceId` is missing", hint="name the trace that the item led to")
    new = NewRunItem(
        run_name=body.run_name,
        item_id=body.dataset_item_id,
        trace_id=body.trace_id,
        observation_id=body.observation_id,
        run_description=body.run_description,
        run_metadata=optional_json_text(body.metadata),
        created_at_ns=None if body.created_at is None else int(body.created_at.timestamp() * 1e6) * 1000,
    )
    return json_response(run_item_json(services.library.datasets.add_run_item(caller.project.id, new)))


@router.get("/dataset-run-items")
def list_run_items(
    caller: Reading,
    services: Serving,
    page: Paging,
    dataset_id: Annotated[str, Query(alias="datasetId")],
    run_name: Annotated[str, Query(alias="runName")],
) -> Response:
    found = services.library.datasets.list_run_items(caller.project.id, dataset_id, run_name, page)
    return json_response(page_json(page, found, [run_item_json(item) for item in found.items]))
