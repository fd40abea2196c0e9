"""Datasets as the JSON of docs/api.md."""

from spanglass_server.base.errors import NotFound, QueryInvalid
from spanglass_server.quality.dataset_sources import Candidate
from spanglass_server.store.library import (
    Dataset,
    DatasetItem,
    DatasetOverview,
    DatasetVersion,
    ItemCounts,
    JsonText,
)
from spanglass_server.web.api.shape import Json, time_text
from spanglass_server.web.auth import Caller
from spanglass_server.web.documents import raw
from spanglass_server.web.params import parse_time_ns
from spanglass_server.web.services import Services


def find_dataset(services: Services, caller: Caller, name: str) -> Dataset:
    """By name, else by id: a name may end like another path."""
    datasets, project_id = services.library.datasets, caller.project.id
    try:
        return datasets.get_dataset(project_id, name)
    except NotFound:
        if found := datasets.find_datasets(project_id, [name]).get(name):
            return found
        raise NotFound(
            f"there is no dataset `{name}`", hint="it may have been deleted, or belong to another project"
        ) from None


def version_ns(services: Services, caller: Caller, dataset: Dataset, version: str) -> int | None:
    """Of a version's number or name, or of a time; None is now."""
    if not version or version == "latest":
        return None
    for saved in services.library.datasets.list_versions(caller.project.id, dataset.name):
        if version in (str(saved.number), saved.name):
            return saved.at_ns
    try:
        return parse_time_ns(version, services.now_ns(), name="version")
    except QueryInvalid:
        raise NotFound(
            f"the dataset has no version `{version}`",
            hint="give a version's number or name, or a time such as 2026-01-31T09:30:00Z",
        ) from None


def dataset_json(found: DatasetOverview) -> Json:
    dataset = found.dataset
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description or "",
        "metadata": raw(dataset.metadata),
        "input_schema": raw(dataset.input_schema),
        "expected_output_schema": raw(dataset.expected_output_schema),
        "item_count": found.item_count,
        "run_count": found.run_count,
        "version": found.version or None,
        "created_at": time_text(dataset.created_at_ns),
        "changed_at": time_text(found.changed_at_ns),
    }


def item_json(item: DatasetItem) -> Json:
    return {
        "id": item.id,
        "dataset_id": item.dataset_id,
        "dataset_name": item.dataset_name,
        "status": item.status.lower(),
        "input": raw(item.input),
        "expected_output": raw(item.expected_output),
        "metadata": raw(item.metadata),
        "source_trace_id": item.source_trace_id,
        "source_span_id": item.source_observation_id,
        "created_at": time_text(item.created_at_ns),
        "updated_at": time_text(max(item.created_at_ns, item.valid_from_ns)),
    }


def version_json(version: DatasetVersion | None, counts: ItemCounts) -> Json:
    """None: what is not saved yet."""
    return {
        "number": version.number if version else None,
        "name": version.name if version else "",
        "description": version.description if version else "",
        "at": time_text(version.at_ns) if version else None,
        **counts._asdict(),
    }


def candidate_json(candidate: Candidate) -> Json:
    item = candidate.item
    return {
        "trace_id": candidate.source.trace_id,
        "span_id": candidate.source.span_id or None,
        "name": candidate.name,
        "input": _raw_or_none(item and item.input),
        "expected_output": _raw_or_none(item and item.expected_output),
        "metadata": _raw_or_none(item and item.metadata),
        "is_corrected": candidate.is_corrected,
    }


def _raw_or_none(text: JsonText | None) -> object:
    return None if text is None else raw(text)
