"""Runs of datasets: which trace came of which item. Each function works within its caller's transaction."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from spanglass_server.base.errors import NotFound
from spanglass_server.store.library import DatasetRun, NewRunItem, PageOf, RunItem, Slice
from spanglass_server.store.metadata.dataset_items import batches
from spanglass_server.store.metadata.library_tables import dataset_run_items, dataset_runs, datasets

_RUN_COLUMNS: Final = [
    datasets.c.name.label("dataset_name") if name == "dataset_name" else dataset_runs.c[name]
    for name in DatasetRun._fields
]
_RUNS_OF_DATASETS: Final = dataset_runs.join(
    datasets,
    and_(datasets.c.project_id == dataset_runs.c.project_id, datasets.c.id == dataset_runs.c.dataset_id),
)


def add_run_item(
    connection: Connection, project_id: str, dataset_id: str, new: NewRunItem, now_ns: int
) -> RunItem:
    run = _put_run(connection, project_id, dataset_id, new, now_ns)
    found = _find_run_item(connection, project_id, run, new)
    if found is not None:
        return found
    row = {
        "project_id": project_id,
        "id": secrets.token_hex(12),
        "run_id": run.id,
        "item_id": new.item_id,
        "trace_id": new.trace_id,
        "observation_id": new.observation_id or "",
        "created_at_ns": now_ns if new.created_at_ns is None else new.created_at_ns,
    }
    connection.execute(insert(dataset_run_items).values(row))
    return _to_run_item(row, run.name)


def list_run_items(
    connection: Connection, project_id: str, dataset_id: str, run_name: str, part: Slice
) -> PageOf[RunItem]:
    run = get_run(connection, project_id, dataset_id, run_name)
    where = and_(dataset_run_items.c.project_id == project_id, dataset_run_items.c.run_id == run.id)
    count = select(func.count()).select_from(dataset_run_items).where(where)
    rows = connection.execute(
        select(dataset_run_items)
        .where(where)
        .order_by(dataset_run_items.c.created_at_ns.desc(), dataset_run_items.c.id)
        .limit(part.limit)
        .offset(part.offset)
    ).mappings()
    return PageOf([_to_run_item(row, run.name) for row in rows], connection.execute(count).scalar_one())


def get_run(connection: Connection, project_id: str, dataset_id: str, run_name: str) -> DatasetRun:
    found = _find_run(connection, project_id, dataset_id, run_name)
    if found is None:
        raise _no_run(run_name)
    return found


def list_runs(connection: Connection, project_id: str, dataset_id: str, part: Slice) -> PageOf[DatasetRun]:
    """Of all datasets without an id."""
    where = dataset_runs.c.project_id == project_id
    if dataset_id:
        where = and_(where, dataset_runs.c.dataset_id == dataset_id)
    count = select(func.count()).select_from(dataset_runs).where(where)
    rows = connection.execute(
        select(*_RUN_COLUMNS)
        .select_from(_RUNS_OF_DATASETS)
        .where(where)
        .order_by(dataset_runs.c.created_at_ns.desc(), dataset_runs.c.id)
        .limit(part.limit)
        .offset(part.offset)
    ).all()
    return PageOf([DatasetRun(*row) for row in rows], connection.execute(count).scalar_one())


def find_runs(connection: Connection, project_id: str, run_ids: Sequence[str]) -> Mapping[str, DatasetRun]:
    found = {}
    for batch in batches(run_ids):
        query = (
            select(*_RUN_COLUMNS)
            .select_from(_RUNS_OF_DATASETS)
            .where(dataset_runs.c.project_id == project_id, dataset_runs.c.id.in_(batch))
        )
        for row in connection.execute(query):
            found[row.id] = DatasetRun(*row)
    return found


def list_items_of_runs(
    connection: Connection, project_id: str, run_ids: Sequence[str], limit: int
) -> Mapping[str, Sequence[RunItem]]:
    names = {run.id: run.name for run in find_runs(connection, project_id, run_ids).values()}
    found = {}
    for run_id, name in names.items():
        query = (
            select(dataset_run_items)
            .where(dataset_run_items.c.project_id == project_id, dataset_run_items.c.run_id == run_id)
            .order_by(dataset_run_items.c.created_at_ns, dataset_run_items.c.id)
            .limit(limit)
        )
        if rows := connection.execute(query).mappings().all():
            found[run_id] = [_to_run_item(row, name) for row in rows]
    return found


def delete_run(connection: Connection, project_id: str, dataset_id: str, run_name: str) -> None:
    found = connection.execute(
        delete(dataset_runs).where(
            dataset_runs.c.project_id == project_id,
            dataset_runs.c.dataset_id == dataset_id,
            dataset_runs.c.name == run_name,
        )
    ).rowcount
    if not found:
        raise _no_run(run_name)


def _put_run(
    connection: Connection, project_id: str, dataset_id: str, new: NewRunItem, now_ns: int
) -> DatasetRun:
    given = {"description": new.run_description, "metadata": new.run_metadata}
    given = {name: value for name, value in given.items() if value is not None}
    found = _find_run(connection, project_id, dataset_id, new.run_name)
    if found is None:
        key = {"project_id": project_id, "id": secrets.token_hex(12), "dataset_id": dataset_id}
        times = {"created_at_ns": now_ns, "updated_at_ns": now_ns}
        row = {"metadata": "null", "name": new.run_name, **given, **key, **times}
        connection.execute(insert(dataset_runs).values(row))
    else:
        connection.execute(
            update(dataset_runs)
            .where(dataset_runs.c.project_id == project_id, dataset_runs.c.id == found.id)
            .values({**given, "updated_at_ns": now_ns})
        )
    return get_run(connection, project_id, dataset_id, new.run_name)


def _find_run(connection: Connection, project_id: str, dataset_id: str, run_name: str) -> DatasetRun | None:
    row = connection.execute(
        select(*_RUN_COLUMNS)
        .select_from(_RUNS_OF_DATASETS)
        .where(
            dataset_runs.c.project_id == project_id,
            dataset_runs.c.dataset_id == dataset_id,
            dataset_runs.c.name == run_name,
        )
    ).one_or_none()
    return DatasetRun(*row) if row is not None else None


def _find_run_item(
    connection: Connection, project_id: str, run: DatasetRun, new: NewRunItem
) -> RunItem | None:
    query = select(dataset_run_items).where(
        dataset_run_items.c.project_id == project_id,
        dataset_run_items.c.run_id == run.id,
        dataset_run_items.c.item_id == new.item_id,
        dataset_run_items.c.trace_id == new.trace_id,
        dataset_run_items.c.observation_id == (new.observation_id or ""),
    )
    row = connection.execute(query).mappings().one_or_none()
    return _to_run_item(row, run.name) if row is not None else None


def _to_run_item(row: Any, run_name: str) -> RunItem:
    return RunItem(
        id=row["id"],
        run_id=row["run_id"],
        run_name=run_name,
        item_id=row["item_id"],
        trace_id=row["trace_id"],
        observation_id=row["observation_id"] or None,
        created_at_ns=row["created_at_ns"],
    )


def _no_run(run_name: str) -> NotFound:
    return NotFound(f"Dataset run not found: '{run_name}'")
