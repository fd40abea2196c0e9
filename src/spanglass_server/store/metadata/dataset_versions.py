"""Saved versions of datasets: moments with a number. Each function works within its caller's transaction."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import DATASET_VERSIONS_MAX
from spanglass_server.store.library import DatasetVersion, ItemCounts
from spanglass_server.store.metadata.dataset_items import MILLISECOND_NS, iter_forms, state_ns
from spanglass_server.store.metadata.library_tables import dataset_versions

_COLUMNS: Final = [dataset_versions.c[name] for name in DatasetVersion._fields]


def add_version(
    connection: Connection, project_id: str, dataset_id: str, name: str, description: str, now_ns: int
) -> DatasetVersion:
    """The dataset is locked."""
    there = list_versions(connection, project_id, dataset_id)
    if len(there) >= DATASET_VERSIONS_MAX:
        raise BadInput(
            f"the dataset has {DATASET_VERSIONS_MAX} saved versions already",
            hint="delete some that nobody needs",
        )
    if name and any(version.name == name for version in there):
        raise BadInput(f"there is a version '{name}' already", hint="choose another name")
    at_ns = max(now_ns - now_ns % MILLISECOND_NS, state_ns(connection, project_id, dataset_id))
    number = there[0].number + 1 if there else 1
    version = DatasetVersion(number, name, description, at_ns, now_ns)
    key = {"project_id": project_id, "dataset_id": dataset_id}
    connection.execute(insert(dataset_versions).values({**version._asdict(), **key}))
    return version


def list_versions(connection: Connection, project_id: str, dataset_id: str) -> Sequence[DatasetVersion]:
    query = select(*_COLUMNS).where(*_of(project_id, dataset_id)).order_by(dataset_versions.c.number.desc())
    return [DatasetVersion(*row) for row in connection.execute(query)]


def delete_version(connection: Connection, project_id: str, dataset_id: str, number: int) -> None:
    gone = connection.execute(
        delete(dataset_versions).where(*_of(project_id, dataset_id), dataset_versions.c.number == number)
    ).rowcount
    if not gone:
        raise NotFound(f"the dataset has no version {number}")


def last_numbers(connection: Connection, project_id: str, dataset_ids: Sequence[str]) -> dict[str, int]:
    query = (
        select(dataset_versions.c.dataset_id, func.max(dataset_versions.c.number))
        .where(dataset_versions.c.project_id == project_id, dataset_versions.c.dataset_id.in_(dataset_ids))
        .group_by(dataset_versions.c.dataset_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_changes(
    connection: Connection, project_id: str, dataset_id: str, times: Sequence[int | None]
) -> Sequence[ItemCounts]:
    """In one pass over the items' forms: which form of each active item there is at each of the moments."""
    states: list[dict[str, int]] = [{} for _ in times]
    for item_id, from_ns, to_ns, status in iter_forms(connection, project_id, dataset_id):
        if status != "ACTIVE":
            continue
        for state, at_ns in zip(states, times, strict=True):
            is_there = (
                to_ns is None if at_ns is None else from_ns <= at_ns and (to_ns is None or to_ns > at_ns)
            )
            if is_there:
                state[item_id] = from_ns
    befores: list[dict[str, int]] = [{}, *states[:-1]]
    return [_compare(before, after) for before, after in zip(befores, states, strict=True)]


def _compare(before: dict[str, int], after: dict[str, int]) -> ItemCounts:
    kept = before.keys() & after.keys()
    changed = sum(before[item_id] != after[item_id] for item_id in kept)
    return ItemCounts(len(after), len(after) - len(kept), changed, len(before) - len(kept))


def _of(project_id: str, dataset_id: str) -> tuple[ColumnElement[bool], ...]:
    return dataset_versions.c.project_id == project_id, dataset_versions.c.dataset_id == dataset_id
