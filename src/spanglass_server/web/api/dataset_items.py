"""Items of datasets: by hand, from traces, from files; out as files."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from spanglass_server.base.errors import BadInput, NotFound, QueryInvalid
from spanglass_server.base.limits import (
    DATASET_IMPORT_BYTES_MAX,
    DATASET_IMPORT_ERRORS_MAX,
    DATASET_TRACES_MAX,
)
from spanglass_server.quality import dataset_sources as sources
from spanglass_server.query.parse import parse_filter
from spanglass_server.store.library import Dataset, DatasetItem, ItemQuery, NewDatasetItem, Slice
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import dataset_models as models
from spanglass_server.web.api.dataset_shape import candidate_json, find_dataset, item_json, version_ns
from spanglass_server.web.api.lane import LongLane
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.api.traces import stored_id
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Editing, Reading, Serving, Writing
from spanglass_server.web.dataset_export import content_disposition, to_json_lines, to_parquet
from spanglass_server.web.documents import body_of, body_schema, read_body
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services
from spanglass_server.wire.dataset_files import BadLine, ImportFormat, ItemRecord, read_items
from spanglass_server.wire.json_documents import json_text

Name = Annotated[str, Path(max_length=255, description="The dataset's name, or its id.")]
ItemId = Annotated[str, Path(max_length=255)]
Version = Annotated[
    str,
    Query(
        max_length=255,
        description="A saved version's number or name, or a time: items as they were then. Absent: now.",
    ),
]
Status = Annotated[Literal["active", "archived", "all"], Query()]

_SHOWN_MAX: Final = 20
_STORED_STATUS: Final[dict[str, Any]] = {"active": "ACTIVE", "archived": "ARCHIVED", "all": ""}
_FILES: Final = {
    "jsonl": "application/jsonl; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


def add_routes(router: APIRouter, one: str, long_lane: LongLane) -> None:
    """`one` is a dataset's path."""
    slow = [Depends(long_lane)]
    items = f"{one}/items"
    router.add_api_route(items, list_items, response_model=models.Items)
    router.add_api_route(
        items,
        put_items,
        methods=["POST"],
        response_model=models.Put,
        openapi_extra=body_schema(models.ItemsInput),
    )
    router.add_api_route(
        f"{items}/from-traces",
        add_from_traces,
        methods=["POST"],
        response_model=models.FromTraces,
        dependencies=slow,
        openapi_extra=body_schema(models.FromTracesInput),
    )
    router.add_api_route(
        f"{items}/import",
        import_items,
        methods=["POST"],
        response_model=models.Imported,
        dependencies=slow,
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    router.add_api_route(f"{one}/export", export_items, dependencies=slow, response_class=StreamingResponse)
    item = f"{items}/{{item_id:path}}"
    router.add_api_route(item, get_item, response_model=models.Item)
    router.add_api_route(
        item,
        change_item,
        methods=["PATCH"],
        response_model=models.Item,
        openapi_extra=body_schema(models.ItemPatch),
    )
    router.add_api_route(item, delete_item, methods=["DELETE"], status_code=204)


def list_items(
    caller: Reading,
    services: Serving,
    name: Name,
    version: Version = "",
    status: Status = "active",
    text: Annotated[
        str, Query(max_length=1000, description="In the id, input, expected output or metadata.")
    ] = "",
    source_trace_id: Annotated[str, Query(max_length=800)] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Most items of a page.")] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """Newest first."""
    dataset = find_dataset(services, caller, name)
    query = ItemQuery(
        dataset_name=dataset.name,
        source_trace_id=stored_id(source_trace_id),
        status=_STORED_STATUS[status],
        as_of_ns=version_ns(services, caller, dataset, version),
        text=text,
    )
    datasets, project_id = services.library.datasets, caller.project.id
    found = datasets.list_items(project_id, query, Slice(limit, offset))
    as_of_ns = query.as_of_ns or datasets.state_ns(project_id, dataset.name)
    return json_response(
        {
            "items": [item_json(item) for item in found.items],
            "total": found.total,
            "as_of": time_text(as_of_ns) if as_of_ns else None,
        }
    )


def put_items(
    caller: Writing,
    services: Serving,
    name: Name,
    given: Annotated[models.ItemsInput, Depends(body_of(models.ItemsInput))],
) -> Response:
    """Made, or replaced where the id is taken: all of them, or none where one is refused."""
    dataset = find_dataset(services, caller, name)
    new = [_new_item(dataset, item) for item in given.items]
    if len({item.id for item in new}) < len(new):
        raise BadInput("two of the items have the same id", hint="give each id once")
    counts = services.library.datasets.put_items(caller.project.id, dataset.name, new)
    return json_response({"ids": [item.id for item in new], **counts._asdict()})


def get_item(
    caller: Reading, services: Serving, name: Name, item_id: ItemId, version: Version = ""
) -> Response:
    dataset = find_dataset(services, caller, name)
    as_of_ns = version_ns(services, caller, dataset, version)
    return json_response(item_json(_get_item(services, caller, dataset, item_id, as_of_ns)))


def change_item(
    caller: Writing,
    services: Serving,
    name: Name,
    item_id: ItemId,
    given: Annotated[models.ItemPatch, Depends(body_of(models.ItemPatch))],
) -> Response:
    """What is left out stays; how the item was before stays readable as of then. `archived` takes it out of
    the dataset without forgetting it."""
    dataset = find_dataset(services, caller, name)
    _get_item(services, caller, dataset, item_id, None)
    texts = {
        field: json_text(getattr(given, field))
        for field in ("input", "expected_output", "metadata")
        if field in given.model_fields_set
    }
    status = _STORED_STATUS[given.status] if given.status else None
    new = NewDatasetItem(dataset.name, item_id, status=status, **texts)
    services.library.datasets.put_items(caller.project.id, dataset.name, [new])
    return json_response(item_json(services.library.datasets.get_item(caller.project.id, item_id)))


def delete_item(caller: Editing, services: Serving, name: Name, item_id: ItemId) -> Response:
    """For good, out of all versions."""
    dataset = find_dataset(services, caller, name)
    _get_item(services, caller, dataset, item_id, None)
    services.library.datasets.delete_item(caller.project.id, item_id)
    return Response(status_code=204)


def add_from_traces(
    caller: Writing,
    services: Serving,
    name: Name,
    given: Annotated[models.FromTracesInput, Depends(body_of(models.FromTracesInput))],
) -> Response:
    """Items of stored traces or spans: named ones, those of a filter, or what reviewers corrected."""
    dataset = find_dataset(services, caller, name)
    wanted = _sources(services, caller, given)
    known = services.library.datasets.find_sources(
        caller.project.id, dataset.name, list({source.trace_id for source in wanted})
    )
    new = [source for source in wanted if tuple(source) not in known]
    made = sources.make_candidates(
        services.reader,
        services.scores,
        dataset,
        caller.project.id,
        new[:_SHOWN_MAX] if given.dry_run else new,
        input=given.input,
        expected_output=given.expected_output,
        now_ns=services.now_ns(),
    )
    candidates = list(made)
    items = [candidate.item for candidate in candidates if candidate.item is not None]
    problems = services.library.datasets.find_item_problems(caller.project.id, dataset.name, items)
    refused = {items[position].id: problem for position, problem in problems.items()}
    good = [item for item in items if item.id not in refused]
    if good and not given.dry_run:
        services.library.datasets.put_items(caller.project.id, dataset.name, good)
    skipped = [
        {"trace_id": one.source.trace_id, "span_id": one.source.span_id or None, "reason": reason}
        for one in candidates
        if (reason := one.problem or refused.get(one.item.id if one.item else "", ""))
    ]
    fine = {item.id for item in good}
    shown = [candidate_json(one) for one in candidates if one.item is not None and one.item.id in fine]
    return json_response(
        {
            "found": len(wanted),
            "added": 0 if given.dry_run else len(good),
            "duplicates": len(wanted) - len(new),
            "skipped": skipped[:DATASET_IMPORT_ERRORS_MAX],
            "items": shown[:_SHOWN_MAX],
            "dry_run": given.dry_run,
        }
    )


async def import_items(
    request: Request,
    caller: Writing,
    services: Serving,
    name: Name,
    format: Annotated[ImportFormat, Query(description="JSON lines, or CSV with a line of names.")] = "jsonl",
    dry_run: Annotated[bool, Query(description="Store nothing; say what would be wrong.")] = False,
) -> Response:
    """The body is the file. Either all of it is stored or, where a line is at fault, nothing."""
    body = await read_body(request, DATASET_IMPORT_BYTES_MAX)
    return await run_in_threadpool(_import, services, caller, name, body, format, dry_run=dry_run)


def _import(
    services: Services, caller: Caller, name: str, body: bytes, format: ImportFormat, *, dry_run: bool
) -> Response:
    dataset = find_dataset(services, caller, name)
    datasets, project_id = services.library.datasets, caller.project.id
    records = list(read_items(body, format))
    rejected = [record for record in records if isinstance(record, BadLine)]
    good = [record for record in records if isinstance(record, ItemRecord)]
    items = [_item_of(dataset, record) for record in good]
    for position, problem in datasets.find_item_problems(project_id, dataset.name, items).items():
        rejected.append(BadLine(good[position].line, problem))
    is_stored = bool(items) and not rejected and not dry_run
    counts = datasets.put_items(project_id, dataset.name, items) if is_stored else None
    first = sorted(rejected)[:DATASET_IMPORT_ERRORS_MAX]
    return json_response(
        {
            "lines": len(records),
            **(counts._asdict() if counts else {"added": 0, "changed": 0, "unchanged": 0}),
            "rejected": [line._asdict() for line in first],
            "rejected_count": len(rejected),
            "is_stored": is_stored,
        }
    )


def export_items(
    caller: Reading,
    services: Serving,
    name: Name,
    format: Annotated[Literal["jsonl", "parquet"], Query()] = "jsonl",
    version: Version = "",
    status: Status = "active",
) -> Response:
    """The items as a file, oldest first."""
    dataset = find_dataset(services, caller, name)
    as_of_ns = version_ns(services, caller, dataset, version)
    if as_of_ns is None:
        # What is changed while the file is written is not in it.
        as_of_ns = services.library.datasets.state_ns(caller.project.id, dataset.name)
    query = ItemQuery(dataset_name=dataset.name, status=_STORED_STATUS[status], as_of_ns=as_of_ns)
    batches = services.library.datasets.iter_items(caller.project.id, query)
    about = {"dataset": dataset.name, "version": version or "latest", "as_of": time_text(as_of_ns)}
    written: Iterator[bytes] = to_parquet(batches, about) if format == "parquet" else to_json_lines(batches)
    headers = {"content-disposition": content_disposition(dataset.name, version, format)}
    return StreamingResponse(written, media_type=_FILES[format], headers=headers)


def _new_item(dataset: Dataset, item: models.ItemInput) -> NewDatasetItem:
    return NewDatasetItem(
        dataset_name=dataset.name,
        id=item.id or str(uuid.uuid4()),
        input=json_text(item.input),
        expected_output=json_text(item.expected_output),
        metadata=json_text(item.metadata),
        source_trace_id=stored_id(item.source_trace_id) if item.source_trace_id else None,
        source_observation_id=stored_id(item.source_span_id) if item.source_span_id else None,
        status=_STORED_STATUS[item.status],
    )


def _item_of(dataset: Dataset, record: ItemRecord) -> NewDatasetItem:
    return NewDatasetItem(
        dataset_name=dataset.name,
        id=record.id or str(uuid.uuid4()),
        input=record.input or "null",
        expected_output=record.expected_output or "null",
        metadata=record.metadata or "null",
        source_trace_id=record.source_trace_id,
        source_observation_id=record.source_span_id,
        status=record.status or "ACTIVE",
    )


def _get_item(
    services: Services, caller: Caller, dataset: Dataset, item_id: str, as_of_ns: int | None
) -> DatasetItem:
    query = ItemQuery(dataset_name=dataset.name, ids=[item_id], as_of_ns=as_of_ns)
    found = services.library.datasets.list_items(caller.project.id, query, Slice(1, 0)).items
    if not found:
        raise NotFound(f"there is no item `{item_id}` in the dataset `{dataset.name}`")
    return found[0]


def _sources(services: Services, caller: Caller, given: models.FromTracesInput) -> Sequence[sources.Source]:
    project_id = caller.project.id
    found = [sources.Source(stored_id(one.trace_id), stored_id(one.span_id or "")) for one in given.sources]
    if given.queue_id:
        found += sources.find_corrected(services.scores, project_id, given.queue_id, limit=given.limit)
    if given.filter is not None:
        now_ns = services.now_ns()
        during = TimeRange(
            parse_time_ns(given.from_, now_ns, name="from"), parse_time_ns(given.to, now_ns, name="to")
        )
        if during.from_ns >= during.to_ns:
            raise QueryInvalid("`from` is not before `to`")
        where = parse_filter(given.filter, given.target)
        search = sources.Search(during, where, given.target, given.sampling_rate)
        found += sources.find_sources(services.reader, project_id, search, limit=given.limit)
    if not (given.sources or given.queue_id or given.filter is not None):
        raise BadInput("nothing says which traces", hint="give `sources`, a `filter` or a `queue_id`")
    return _of_one_trace_together(found)[:DATASET_TRACES_MAX]


def _of_one_trace_together(found: Sequence[sources.Source]) -> list[sources.Source]:
    """Each once; a trace is opened once for all its spans."""
    order = {trace_id: n for n, trace_id in enumerate(dict.fromkeys(source.trace_id for source in found))}
    return sorted(dict.fromkeys(found), key=lambda source: order[source.trace_id])
