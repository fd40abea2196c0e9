"""Datasets and their items in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, or_, select, update

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.library import (
    Dataset,
    DatasetItem,
    DatasetRun,
    ItemQuery,
    NewDataset,
    NewDatasetItem,
    NewRunItem,
    PageOf,
    RunItem,
    Slice,
)
from spanglass_server.store.metadata import dataset_runs as runs
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import dataset_items, dataset_run_items, datasets
from spanglass_server.store.metadata.locks import lock_project

_NULL: Final = "null"
_MILLISECOND_NS: Final = 1_000_000
_DATASET_COLUMNS: Final = [datasets.c[name] for name in Dataset._fields]
_ITEM_COLUMNS: Final = [
    datasets.c.name.label("dataset_name") if name == "dataset_name" else dataset_items.c[name]
    for name in DatasetItem._fields
]
_KEPT: Final = (
    "input",
    "expected_output",
    "metadata",
    "source_trace_id",
    "source_observation_id",
    "status",
)
"""Of an item, unless the change names them."""


class SqlDatasets:
    def __init__(self, engine: Engine, *, now_ns: Callable[[], int]) -> None:
        self._engine = engine
        self._now_ns = now_ns

    def put_dataset(self, project_id: str, new: NewDataset) -> Dataset:
        now_ns = self._now_ns()
        given = {name: value for name, value in new._asdict().items() if value is not None}
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if _find_dataset(connection, project_id, new.name) is None:
                empty = {"metadata": _NULL, "input_schema": _NULL, "expected_output_schema": _NULL}
                key = {"project_id": project_id, "id": secrets.token_hex(12)}
                times = {"created_at_ns": now_ns, "updated_at_ns": now_ns}
                connection.execute(insert(datasets).values(empty | given | key | times))
            else:
                connection.execute(
                    update(datasets)
                    .where(datasets.c.project_id == project_id, datasets.c.name == new.name)
                    .values(given | {"updated_at_ns": now_ns})
                )
            return get_dataset(connection, project_id, new.name)

    def get_dataset(self, project_id: str, name: str) -> Dataset:
        with read_transaction(self._engine) as connection:
            return get_dataset(connection, project_id, name)

    def list_datasets(self, project_id: str, part: Slice) -> PageOf[Dataset]:
        where = datasets.c.project_id == project_id
        query = select(*_DATASET_COLUMNS).where(where).order_by(*_newest_first(datasets.c))
        with read_transaction(self._engine) as connection:
            total = connection.execute(select(func.count()).select_from(datasets).where(where)).scalar_one()
            rows = connection.execute(query.limit(part.limit).offset(part.offset)).all()
        return PageOf([Dataset(*row) for row in rows], total)

    def put_item(self, project_id: str, new: NewDatasetItem) -> DatasetItem:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            dataset = get_dataset(connection, project_id, new.dataset_name)
            current = _find_item(connection, project_id, new.id)
            if current is not None and current.dataset_id != dataset.id:
                raise BadInput(
                    f"the item with the id '{new.id}' is in another dataset, '{current.dataset_name}'",
                    hint="ids are unique in a project: leave the id out, or choose another",
                )
            row = _item_row(project_id, dataset.id, new, current, self._now_ns())
            _close(connection, current, project_id, row["valid_from_ns"])
            connection.execute(insert(dataset_items).values(row))
            return _get_item(connection, project_id, new.id)

    def get_item(self, project_id: str, item_id: str) -> DatasetItem:
        with read_transaction(self._engine) as connection:
            return _get_item(connection, project_id, item_id)

    def list_items(self, project_id: str, query: ItemQuery, part: Slice) -> PageOf[DatasetItem]:
        joined = dataset_items.join(datasets, _is_of_dataset())
        with read_transaction(self._engine) as connection:
            where = and_(*self._conditions(connection, project_id, query))
            total = connection.execute(select(func.count()).select_from(joined).where(where)).scalar_one()
            rows = connection.execute(
                select(*_ITEM_COLUMNS)
                .select_from(joined)
                .where(where)
                .order_by(*_newest_first(dataset_items.c))
                .limit(part.limit)
                .offset(part.offset)
            ).all()
        return PageOf([DatasetItem(*row) for row in rows], total)

    def delete_item(self, project_id: str, item_id: str) -> None:
        with write_transaction(self._engine) as connection:
            found = connection.execute(
                delete(dataset_items).where(
                    dataset_items.c.project_id == project_id, dataset_items.c.id == item_id
                )
            ).rowcount
            if not found:
                raise _no_item(item_id)
            connection.execute(
                delete(dataset_run_items).where(
                    dataset_run_items.c.project_id == project_id, dataset_run_items.c.item_id == item_id
                )
            )

    def add_run_item(self, project_id: str, new: NewRunItem) -> RunItem:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            item = _get_item(connection, project_id, new.item_id)
            return runs.add_run_item(connection, project_id, item.dataset_id, new, self._now_ns())

    def list_run_items(self, project_id: str, dataset_id: str, run_name: str, part: Slice) -> PageOf[RunItem]:
        with read_transaction(self._engine) as connection:
            return runs.list_run_items(connection, project_id, dataset_id, run_name, part)

    def get_run(self, project_id: str, dataset_name: str, run_name: str) -> DatasetRun:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return runs.get_run(connection, project_id, dataset.id, run_name)

    def list_runs(self, project_id: str, dataset_name: str, part: Slice) -> PageOf[DatasetRun]:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return runs.list_runs(connection, project_id, dataset.id, part)

    def delete_run(self, project_id: str, dataset_name: str, run_name: str) -> None:
        with write_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            runs.delete_run(connection, project_id, dataset.id, run_name)

    def _conditions(
        self, connection: Connection, project_id: str, query: ItemQuery
    ) -> list[ColumnElement[bool]]:
        found = [dataset_items.c.project_id == project_id, _is_valid(query.as_of_ns)]
        if query.dataset_name:
            dataset = get_dataset(connection, project_id, query.dataset_name)
            found.append(dataset_items.c.dataset_id == dataset.id)
        if query.source_trace_id:
            found.append(dataset_items.c.source_trace_id == query.source_trace_id)
        if query.source_observation_id:
            found.append(dataset_items.c.source_observation_id == query.source_observation_id)
        if query.status:
            found.append(dataset_items.c.status == query.status)
        return found


def get_dataset(connection: Connection, project_id: str, name: str) -> Dataset:
    found = _find_dataset(connection, project_id, name)
    if found is None:
        raise NotFound(f"Dataset not found: '{name}'")
    return found


def _find_dataset(connection: Connection, project_id: str, name: str) -> Dataset | None:
    query = select(*_DATASET_COLUMNS).where(datasets.c.project_id == project_id, datasets.c.name == name)
    row = connection.execute(query).one_or_none()
    return Dataset(*row) if row is not None else None


def _find_item(connection: Connection, project_id: str, item_id: str) -> DatasetItem | None:
    query = (
        select(*_ITEM_COLUMNS)
        .select_from(dataset_items.join(datasets, _is_of_dataset()))
        .where(dataset_items.c.project_id == project_id, dataset_items.c.id == item_id, _is_valid(None))
    )
    row = connection.execute(query).one_or_none()
    return DatasetItem(*row) if row is not None else None


def _get_item(connection: Connection, project_id: str, item_id: str) -> DatasetItem:
    found = _find_item(connection, project_id, item_id)
    if found is None:
        raise _no_item(item_id)
    return found


def _no_item(item_id: str) -> NotFound:
    return NotFound(f"Dataset item not found: '{item_id}'")


def _item_row(
    project_id: str, dataset_id: str, new: NewDatasetItem, current: DatasetItem | None, now_ns: int
) -> dict[str, Any]:
    empty = {"input": _NULL, "expected_output": _NULL, "metadata": _NULL, "status": "ACTIVE"}
    before = {name: getattr(current, name) for name in _KEPT} if current is not None else empty
    given = {name: value for name in _KEPT if (value := getattr(new, name)) is not None}
    # Down to the millisecond, so that it is not in the future; but never before what it follows.
    valid_from_ns = now_ns - now_ns % _MILLISECOND_NS
    if current is not None:
        valid_from_ns = max(valid_from_ns, current.valid_from_ns + _MILLISECOND_NS)
    return (
        before
        | given
        | {
            "project_id": project_id,
            "id": new.id,
            "dataset_id": dataset_id,
            "valid_from_ns": valid_from_ns,
            "created_at_ns": current.created_at_ns if current is not None else now_ns,
        }
    )


def _close(connection: Connection, current: DatasetItem | None, project_id: str, valid_to_ns: int) -> None:
    if current is None:
        return
    connection.execute(
        update(dataset_items)
        .where(dataset_items.c.project_id == project_id, dataset_items.c.id == current.id, _is_valid(None))
        .values(valid_to_ns=valid_to_ns)
    )


def _is_of_dataset() -> ColumnElement[bool]:
    return and_(
        datasets.c.project_id == dataset_items.c.project_id, datasets.c.id == dataset_items.c.dataset_id
    )


def _is_valid(as_of_ns: int | None) -> ColumnElement[bool]:
    if as_of_ns is None:
        return dataset_items.c.valid_to_ns.is_(None)
    return and_(
        dataset_items.c.valid_from_ns <= as_of_ns,
        or_(dataset_items.c.valid_to_ns.is_(None), dataset_items.c.valid_to_ns > as_of_ns),
    )


def _newest_first(columns: Any) -> Sequence[ColumnElement[Any]]:
    return columns.created_at_ns.desc(), columns.id
