"""Items of datasets: made and changed by id, read as they are or as they were."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from spanglass_server.store.library import DatasetItem, ItemQuery, NewDatasetItem
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Reading, Serving, Writing
from spanglass_server.web.documents import Id, Name, body_of, optional_json_text, raw
from spanglass_server.web.langfuse.documents import (
    Document,
    Paging,
    json_response,
    page_json,
    time_param,
    time_text,
)
from spanglass_server.web.langfuse.media import media_json
from spanglass_server.web.langfuse.media_references import MediaReference, find_references
from spanglass_server.web.media_links import MediaLinks, base_url
from spanglass_server.web.services import Services

router = APIRouter()


class ItemBody(Document):
    dataset_name: Name
    id: Name | None = None
    input: Any = None
    expected_output: Any = None
    metadata: Any = None
    source_trace_id: Id | None = None
    source_observation_id: Id | None = None
    status: Literal["ACTIVE", "ARCHIVED"] | None = None


@router.post("/dataset-items")
def put_item(
    caller: Writing,
    services: Serving,
    request: Request,
    body: Annotated[ItemBody, Depends(body_of(ItemBody))],
) -> Response:
    """Made, or changed where the id is taken; null keeps what the item has, as the SDKs send it for what was
    not given."""
    new = NewDatasetItem(
        dataset_name=body.dataset_name,
        id=body.id or str(uuid.uuid4()),
        input=optional_json_text(body.input),
        expected_output=optional_json_text(body.expected_output),
        metadata=optional_json_text(body.metadata),
        source_trace_id=body.source_trace_id,
        source_observation_id=body.source_observation_id,
        status=body.status,
    )
    item = services.library.datasets.put_item(caller.project.id, new)
    return json_response(_items_json([item], caller, services, request)[0])


@router.get("/dataset-items")
def list_items(
    caller: Reading,
    services: Serving,
    request: Request,
    page: Paging,
    as_of_ns: Annotated[int | None, Depends(time_param("version"))],
    dataset_name: Annotated[str, Query(alias="datasetName")] = "",
    source_trace_id: Annotated[str, Query(alias="sourceTraceId")] = "",
    source_observation_id: Annotated[str, Query(alias="sourceObservationId")] = "",
    status: Annotated[Literal["ACTIVE", "ARCHIVED", "ALL"], Query()] = "ACTIVE",
) -> Response:
    """What experiments run on: archived items are left out unless `status` asks for them."""
    query = ItemQuery(
        dataset_name=dataset_name,
        source_trace_id=source_trace_id,
        source_observation_id=source_observation_id,
        status="" if status == "ALL" else status,
        as_of_ns=as_of_ns,
    )
    found = services.library.datasets.list_items(caller.project.id, query, page)
    return json_response(page_json(page, found, _items_json(found.items, caller, services, request)))


@router.get("/dataset-items/{item_id:path}")
def get_item(caller: Reading, services: Serving, request: Request, item_id: str) -> Response:
    item = services.library.datasets.get_item(caller.project.id, item_id)
    return json_response(_items_json([item], caller, services, request)[0])


@router.delete("/dataset-items/{item_id:path}")
def delete_item(caller: Administering, services: Serving, item_id: str) -> Response:
    services.library.datasets.delete_item(caller.project.id, item_id)
    return json_response({"message": "Dataset item successfully deleted"})


def _items_json(
    items: Sequence[DatasetItem], caller: Caller, services: Services, request: Request
) -> list[dict[str, Any]]:
    references = [_references(item) for item in items]
    wanted = sorted({reference.media_id for found in references for _, reference in found})
    media = services.library.media.find_many(caller.project.id, wanted) if wanted else {}
    links = MediaLinks(base_url(request), caller.project.id, services.now_ns())
    known = {key: media_json(one, links) for key, one in media.items() if one.uploaded_at_ns is not None}
    return [_item_json(item, found, known) for item, found in zip(items, references, strict=True)]


def _references(item: DatasetItem) -> list[tuple[str, MediaReference]]:
    """With the field they are in."""
    fields = {"input": item.input, "expectedOutput": item.expected_output, "metadata": item.metadata}
    return [(field, reference) for field, text in fields.items() for reference in find_references(text)]


def _item_json(
    item: DatasetItem, references: Sequence[tuple[str, MediaReference]], media: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": item.id,
        "status": item.status,
        "input": raw(item.input),
        "expectedOutput": raw(item.expected_output),
        "metadata": raw(item.metadata),
        "sourceTraceId": item.source_trace_id,
        "sourceObservationId": item.source_observation_id,
        "datasetId": item.dataset_id,
        "datasetName": item.dataset_name,
        "createdAt": time_text(item.created_at_ns),
        "updatedAt": time_text(max(item.created_at_ns, item.valid_from_ns)),
        "version": time_text(item.valid_from_ns),
        "mediaReferences": [
            {
                "field": field,
                "referenceString": reference.text,
                "jsonPath": reference.json_path,
                "media": media[reference.media_id],
            }
            for field, reference in references
            if reference.media_id in media
        ],
    }
