"""Datasets in SQLite or PostgreSQL: `store/library.py`'s promises, kept."""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, or_, select, update

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.library import (
    Dataset,
    DatasetChange,
    DatasetItem,
    DatasetOverview,
    DatasetRun,
    DatasetVersion,
    ItemCounts,
    ItemQuery,
    NewDataset,
    NewDatasetItem,
    NewRunItem,
    PageOf,
    PutCounts,
    RunItem,
    Slice,
)
from spanglass_server.store.metadata import dataset_items as items
from spanglass_server.store.metadata import dataset_runs as runs
from spanglass_server.store.metadata import dataset_versions as versions
from spanglass_server.store.metadata.dataset_items import NULL
from spanglass_server.store.metadata.engine import read_transaction, write_transaction
from spanglass_server.store.metadata.library_tables import dataset_items, dataset_runs, datasets
from spanglass_server.store.metadata.locks import lock_project

_COLUMNS: Final = [datasets.c[name] for name in Dataset._fields]


class SqlDatasets:
    def __init__(self, engine: Engine, *, now_ns: Callable[[], int]) -> None:
        self._engine = engine
        self._now_ns = now_ns

    def put_dataset(self, project_id: str, new: NewDataset) -> Dataset:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if _find_dataset(connection, project_id, new.name) is None:
                return self._insert(connection, project_id, new)
            change = DatasetChange(**{**new._asdict(), "name": None})
            return self._change(connection, project_id, new.name, change)

    def add_dataset(self, project_id: str, new: NewDataset) -> Dataset:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            _check_name(connection, project_id, new.name)
            return self._insert(connection, project_id, new)

    def change_dataset(self, project_id: str, name: str, change: DatasetChange) -> Dataset:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            if change.name is not None and change.name != name:
                _check_name(connection, project_id, change.name)
            return self._change(connection, project_id, name, change)

    def delete_dataset(self, project_id: str, name: str) -> None:
        with write_transaction(self._engine) as connection:
            where = and_(datasets.c.project_id == project_id, datasets.c.name == name)
            if not connection.execute(delete(datasets).where(where)).rowcount:
                raise _no_dataset(name)

    def get_dataset(self, project_id: str, name: str) -> Dataset:
        with read_transaction(self._engine) as connection:
            return get_dataset(connection, project_id, name)

    def find_datasets(self, project_id: str, ids: Sequence[str]) -> Mapping[str, Dataset]:
        found = {}
        with read_transaction(self._engine) as connection:
            for batch in items.batches(ids):
                where = and_(datasets.c.project_id == project_id, datasets.c.id.in_(batch))
                for row in connection.execute(select(*_COLUMNS).where(where)):
                    found[row.id] = Dataset(*row)
        return found

    def list_datasets(self, project_id: str, part: Slice) -> PageOf[Dataset]:
        with read_transaction(self._engine) as connection:
            return _list_datasets(connection, datasets.c.project_id == project_id, part)

    def get_overview(self, project_id: str, name: str) -> DatasetOverview:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, name)
            return _overviews(connection, project_id, [dataset])[0]

    def list_overviews(self, project_id: str, part: Slice, *, text: str = "") -> PageOf[DatasetOverview]:
        where: ColumnElement[bool] = datasets.c.project_id == project_id
        if text:
            columns = (datasets.c.name, datasets.c.description)
            where = and_(where, or_(*(column.icontains(text, autoescape=True) for column in columns)))
        with read_transaction(self._engine) as connection:
            page = _list_datasets(connection, where, part)
            return PageOf(_overviews(connection, project_id, page.items), page.total)

    def put_item(self, project_id: str, new: NewDatasetItem) -> DatasetItem:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            dataset = get_dataset(connection, project_id, new.dataset_name)
            items.put_items(connection, project_id, dataset, [new], self._now_ns(), keeps_unchanged=False)
            return items.get_item(connection, project_id, new.id)

    def put_items(self, project_id: str, dataset_name: str, new: Sequence[NewDatasetItem]) -> PutCounts:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            dataset = get_dataset(connection, project_id, dataset_name)
            return items.put_items(connection, project_id, dataset, new, self._now_ns(), keeps_unchanged=True)

    def find_item_problems(
        self, project_id: str, dataset_name: str, new: Sequence[NewDatasetItem]
    ) -> Mapping[int, str]:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return items.find_item_problems(connection, project_id, dataset, new)

    def get_item(self, project_id: str, item_id: str) -> DatasetItem:
        with read_transaction(self._engine) as connection:
            return items.get_item(connection, project_id, item_id)

    def list_items(self, project_id: str, query: ItemQuery, part: Slice) -> PageOf[DatasetItem]:
        with read_transaction(self._engine) as connection:
            dataset_id = _id_of(connection, project_id, query.dataset_name)
            return items.list_items(connection, project_id, query, dataset_id, part)

    def iter_items(self, project_id: str, query: ItemQuery) -> Iterator[Sequence[DatasetItem]]:
        after: DatasetItem | None = None
        while True:
            with read_transaction(self._engine) as connection:
                dataset_id = _id_of(connection, project_id, query.dataset_name)
                found = items.list_after(connection, project_id, query, dataset_id, after)
            if not found:
                return
            yield found
            after = found[-1]

    def find_sources(
        self, project_id: str, dataset_name: str, trace_ids: Sequence[str]
    ) -> Collection[tuple[str, str]]:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return items.find_sources(connection, project_id, dataset.id, trace_ids)

    def delete_item(self, project_id: str, item_id: str) -> None:
        with write_transaction(self._engine) as connection:
            items.delete_item(connection, project_id, item_id)

    def add_version(
        self, project_id: str, dataset_name: str, *, name: str = "", description: str = ""
    ) -> DatasetVersion:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            dataset = get_dataset(connection, project_id, dataset_name)
            return versions.add_version(connection, project_id, dataset.id, name, description, self._now_ns())

    def list_versions(self, project_id: str, dataset_name: str) -> Sequence[DatasetVersion]:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return versions.list_versions(connection, project_id, dataset.id)

    def delete_version(self, project_id: str, dataset_name: str, number: int) -> None:
        with write_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            versions.delete_version(connection, project_id, dataset.id, number)

    def count_changes(
        self, project_id: str, dataset_name: str, times: Sequence[int | None]
    ) -> Sequence[ItemCounts]:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return versions.count_changes(connection, project_id, dataset.id, times)

    def state_ns(self, project_id: str, dataset_name: str) -> int:
        with read_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            return items.state_ns(connection, project_id, dataset.id)

    def add_run_item(self, project_id: str, new: NewRunItem) -> RunItem:
        with write_transaction(self._engine) as connection:
            lock_project(connection, project_id)
            item = items.get_item(connection, project_id, new.item_id)
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

    def list_all_runs(self, project_id: str, part: Slice) -> PageOf[DatasetRun]:
        with read_transaction(self._engine) as connection:
            return runs.list_runs(connection, project_id, "", part)

    def find_runs(self, project_id: str, run_ids: Sequence[str]) -> Mapping[str, DatasetRun]:
        with read_transaction(self._engine) as connection:
            return runs.find_runs(connection, project_id, run_ids)

    def list_items_of_runs(
        self, project_id: str, run_ids: Sequence[str], *, limit: int
    ) -> Mapping[str, Sequence[RunItem]]:
        with read_transaction(self._engine) as connection:
            return runs.list_items_of_runs(connection, project_id, run_ids, limit)

    def delete_run(self, project_id: str, dataset_name: str, run_name: str) -> None:
        with write_transaction(self._engine) as connection:
            dataset = get_dataset(connection, project_id, dataset_name)
            runs.delete_run(connection, project_id, dataset.id, run_name)

    def _insert(self, connection: Connection, project_id: str, new: NewDataset) -> Dataset:
        now_ns = self._now_ns()
        empty = {"metadata": NULL, "input_schema": NULL, "expected_output_schema": NULL}
        given = {name: value for name, value in new._asdict().items() if value is not None}
        key = {"project_id": project_id, "id": secrets.token_hex(12)}
        times = {"created_at_ns": now_ns, "updated_at_ns": now_ns}
        connection.execute(insert(datasets).values(empty | given | key | times))
        made = get_dataset(connection, project_id, new.name)
        items.Schemas(made)
        return made

    def _change(self, connection: Connection, project_id: str, name: str, change: DatasetChange) -> Dataset:
        given = {key: value for key, value in change._asdict().items() if value is not None}
        gone = connection.execute(
            update(datasets)
            .where(datasets.c.project_id == project_id, datasets.c.name == name)
            .values(given | {"updated_at_ns": self._now_ns()})
        ).rowcount
        if not gone:
            raise _no_dataset(name)
        changed = get_dataset(connection, project_id, change.name or name)
        if change.input_schema is not None or change.expected_output_schema is not None:
            items.Schemas(changed).check_all(connection, project_id, changed.id)
        return changed


def get_dataset(connection: Connection, project_id: str, name: str) -> Dataset:
    found = _find_dataset(connection, project_id, name)
    if found is None:
        raise _no_dataset(name)
    return found


def _find_dataset(connection: Connection, project_id: str, name: str) -> Dataset | None:
    query = select(*_COLUMNS).where(datasets.c.project_id == project_id, datasets.c.name == name)
    row = connection.execute(query).one_or_none()
    return Dataset(*row) if row is not None else None


def _id_of(connection: Connection, project_id: str, name: str) -> str:
    return get_dataset(connection, project_id, name).id if name else ""


def _check_name(connection: Connection, project_id: str, name: str) -> None:
    if _find_dataset(connection, project_id, name) is not None:
        raise BadInput(f"there is a dataset '{name}' already", hint="choose another name")


def _list_datasets(connection: Connection, where: ColumnElement[bool], part: Slice) -> PageOf[Dataset]:
    total = connection.execute(select(func.count()).select_from(datasets).where(where)).scalar_one()
    rows = connection.execute(
        select(*_COLUMNS)
        .where(where)
        .order_by(datasets.c.created_at_ns.desc(), datasets.c.id)
        .limit(part.limit)
        .offset(part.offset)
    ).all()
    return PageOf([Dataset(*row) for row in rows], total)


def _overviews(
    connection: Connection, project_id: str, found: Sequence[Dataset]
) -> Sequence[DatasetOverview]:
    ids = [dataset.id for dataset in found]
    is_active = and_(items.is_valid(None), dataset_items.c.status == "ACTIVE")
    counts = _group(connection, project_id, dataset_items, ids, func.count(), is_active)
    changed = _group(connection, project_id, dataset_items, ids, func.max(dataset_items.c.valid_from_ns))
    run_counts = _group(connection, project_id, dataset_runs, ids, func.count())
    numbers = versions.last_numbers(connection, project_id, ids)
    return [
        DatasetOverview(
            dataset=dataset,
            item_count=counts.get(dataset.id, 0),
            run_count=run_counts.get(dataset.id, 0),
            version=numbers.get(dataset.id, 0),
            changed_at_ns=max(dataset.updated_at_ns, changed.get(dataset.id, 0)),
        )
        for dataset in found
    ]


def _group(
    connection: Connection, project_id: str, table: Any, ids: Sequence[str], value: Any, *where: Any
) -> dict[str, int]:
    query = (
        select(table.c.dataset_id, value)
        .where(table.c.project_id == project_id, table.c.dataset_id.in_(ids), *where)
        .group_by(table.c.dataset_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _no_dataset(name: str) -> NotFound:
    return NotFound(f"Dataset not found: '{name}'")
