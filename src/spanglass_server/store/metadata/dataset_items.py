"""Items of datasets, as they are and as they were. Each function works within its caller's transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, tuple_, update

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import DATASET_ITEMS_MAX
from spanglass_server.normalize.json_schemas import JsonSchema
from spanglass_server.store.library import (
    Dataset,
    DatasetItem,
    ItemQuery,
    NewDatasetItem,
    PageOf,
    PutCounts,
    Slice,
)
from spanglass_server.store.metadata.library_tables import (
    dataset_items,
    dataset_run_items,
    dataset_versions,
    datasets,
)

Value = TypeVar("Value")

NULL: Final = "null"
MILLISECOND_NS: Final = 1_000_000
_BATCH: Final = 500
_COLUMNS: Final = [
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
_IS_OF_DATASET: Final = and_(
    datasets.c.project_id == dataset_items.c.project_id, datasets.c.id == dataset_items.c.dataset_id
)
_JOINED: Final = dataset_items.join(datasets, _IS_OF_DATASET)
_SEARCHED: Final = ("id", "input", "expected_output", "metadata")


def put_items(
    connection: Connection,
    project_id: str,
    dataset: Dataset,
    items: Sequence[NewDatasetItem],
    now_ns: int,
    *,
    keeps_unchanged: bool,
) -> PutCounts:
    """The dataset is locked, ids are unique. `keeps_unchanged`: what is already so gets no new form."""
    current = _find_current(connection, project_id, [item.id for item in items])
    _check_owner(dataset, current)
    from_ns = max(now_ns - now_ns % MILLISECOND_NS, _after_versions_ns(connection, project_id, dataset.id))
    schemas = Schemas(dataset)
    rows, closed, added = [], [], 0
    for position, item in enumerate(items):
        before = current.get(item.id)
        row = _item_row(project_id, dataset.id, item, before, now_ns + position, from_ns)
        if keeps_unchanged and before is not None and all(row[key] == getattr(before, key) for key in _KEPT):
            continue
        schemas.check(row)
        rows.append(row)
        if before is None:
            added += 1
        else:
            closed.append((row["valid_from_ns"], before))
    _check_room(connection, project_id, dataset, added)
    _close(connection, project_id, closed)
    for batch in batches(rows):
        connection.execute(insert(dataset_items), batch)
    return PutCounts(added, len(rows) - added, len(items) - len(rows))


def find_item_problems(
    connection: Connection, project_id: str, dataset: Dataset, items: Sequence[NewDatasetItem]
) -> dict[int, str]:
    current = _find_current(connection, project_id, [item.id for item in items])
    schemas = Schemas(dataset)
    found = {}
    for position, item in enumerate(items):
        before = current.get(item.id)
        if before is not None and before.dataset_id != dataset.id:
            found[position] = _of_another(before).message
            continue
        row = _item_row(project_id, dataset.id, item, before, 0, 0)
        if problem := schemas.find_problem(row):
            found[position] = problem
    return found


def batches(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """As many at a time as a statement may name."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


class Schemas:
    """What a dataset asks of its active items. Raises BadInput for what is no schema."""

    def __init__(self, dataset: Dataset) -> None:
        given = {"input": dataset.input_schema, "expected_output": dataset.expected_output_schema}
        self._by_field = {
            field: JsonSchema(text, name=f"{field}_schema") for field, text in given.items() if text != NULL
        }

    def find_problem(self, row: Mapping[str, Any]) -> str:
        if row["status"] != "ACTIVE":
            return ""
        for field, schema in self._by_field.items():
            if problem := schema.find_problem(row[field]):
                return f"`{field}` does not fit the dataset's schema: {problem}"
        return ""

    def check(self, row: Mapping[str, Any]) -> None:
        if problem := self.find_problem(row):
            raise BadInput(f"item `{row['id']}`: {problem}", hint="put the item right, or change the schema")

    def check_all(self, connection: Connection, project_id: str, dataset_id: str) -> None:
        """What is there already. Raises BadInput that names the first that does not fit."""
        if not self._by_field:
            return
        columns = (dataset_items.c.id, dataset_items.c.status, *(dataset_items.c[f] for f in self._by_field))
        where = and_(*_of_dataset(project_id, dataset_id), is_valid(None), dataset_items.c.status == "ACTIVE")
        for row in connection.execute(select(*columns).where(where)).mappings():
            self.check(dict(row))


def find_item(connection: Connection, project_id: str, item_id: str) -> DatasetItem | None:
    return _find_current(connection, project_id, [item_id]).get(item_id)


def get_item(connection: Connection, project_id: str, item_id: str) -> DatasetItem:
    found = find_item(connection, project_id, item_id)
    if found is None:
        raise _no_item(item_id)
    return found


def delete_item(connection: Connection, project_id: str, item_id: str) -> None:
    for table, column in ((dataset_items, "id"), (dataset_run_items, "item_id")):
        gone = connection.execute(
            delete(table).where(table.c.project_id == project_id, table.c[column] == item_id)
        ).rowcount
        if table is dataset_items and not gone:
            raise _no_item(item_id)


def list_items(
    connection: Connection, project_id: str, query: ItemQuery, dataset_id: str, part: Slice
) -> PageOf[DatasetItem]:
    where = and_(*_conditions(project_id, query, dataset_id))
    total = connection.execute(select(func.count()).select_from(_JOINED).where(where)).scalar_one()
    rows = connection.execute(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(where)
        .order_by(dataset_items.c.created_at_ns.desc(), dataset_items.c.id)
        .limit(part.limit)
        .offset(part.offset)
    ).all()
    return PageOf([DatasetItem(*row) for row in rows], total)


def list_after(
    connection: Connection, project_id: str, query: ItemQuery, dataset_id: str, after: DatasetItem | None
) -> Sequence[DatasetItem]:
    """Oldest first: the next few. A short list is the last."""
    where = _conditions(project_id, query, dataset_id)
    key = (dataset_items.c.created_at_ns, dataset_items.c.id)
    if after is not None:
        where.append(tuple_(*key) > (after.created_at_ns, after.id))
    rows = connection.execute(
        select(*_COLUMNS).select_from(_JOINED).where(and_(*where)).order_by(*key).limit(_BATCH)
    ).all()
    return [DatasetItem(*row) for row in rows]


def find_sources(
    connection: Connection, project_id: str, dataset_id: str, trace_ids: Sequence[str]
) -> Collection[tuple[str, str]]:
    columns = (dataset_items.c.source_trace_id, dataset_items.c.source_observation_id)
    found = set()
    for batch in batches(trace_ids):
        where = and_(
            *_of_dataset(project_id, dataset_id),
            is_valid(None),
            dataset_items.c.source_trace_id.in_(batch),
        )
        for trace_id, span_id in connection.execute(select(*columns).where(where)):
            found.add((trace_id, span_id or ""))
    return found


def iter_forms(
    connection: Connection, project_id: str, dataset_id: str
) -> Iterator[tuple[str, int, int | None, str]]:
    """(id, valid from, valid to, status) of every form of every item."""
    columns = ("id", "valid_from_ns", "valid_to_ns", "status")
    query = select(*(dataset_items.c[name] for name in columns)).where(*_of_dataset(project_id, dataset_id))
    for row in connection.execute(query):
        yield row[0], row[1], row[2], row[3]


def state_ns(connection: Connection, project_id: str, dataset_id: str) -> int:
    query = select(func.max(dataset_items.c.valid_from_ns)).where(*_of_dataset(project_id, dataset_id))
    return connection.execute(query).scalar_one() or 0


def is_valid(as_of_ns: int | None) -> ColumnElement[bool]:
    if as_of_ns is None:
        return dataset_items.c.valid_to_ns.is_(None)
    return and_(
        dataset_items.c.valid_from_ns <= as_of_ns,
        or_(dataset_items.c.valid_to_ns.is_(None), dataset_items.c.valid_to_ns > as_of_ns),
    )


def _of_dataset(project_id: str, dataset_id: str) -> tuple[ColumnElement[bool], ...]:
    return dataset_items.c.project_id == project_id, dataset_items.c.dataset_id == dataset_id


def _conditions(project_id: str, query: ItemQuery, dataset_id: str) -> list[ColumnElement[bool]]:
    found = [dataset_items.c.project_id == project_id, is_valid(query.as_of_ns)]
    if dataset_id:
        found.append(dataset_items.c.dataset_id == dataset_id)
    if query.source_trace_id:
        found.append(dataset_items.c.source_trace_id == query.source_trace_id)
    if query.source_observation_id:
        found.append(dataset_items.c.source_observation_id == query.source_observation_id)
    if query.status:
        found.append(dataset_items.c.status == query.status)
    if query.ids:
        found.append(dataset_items.c.id.in_(query.ids))
    if query.text:
        found.append(
            or_(*(dataset_items.c[name].icontains(query.text, autoescape=True) for name in _SEARCHED))
        )
    return found


def _find_current(connection: Connection, project_id: str, ids: Sequence[str]) -> dict[str, DatasetItem]:
    found = {}
    for batch in batches(ids):
        query = (
            select(*_COLUMNS)
            .select_from(_JOINED)
            .where(dataset_items.c.project_id == project_id, dataset_items.c.id.in_(batch), is_valid(None))
        )
        for row in connection.execute(query):
            item = DatasetItem(*row)
            found[item.id] = item
    return found


def _check_owner(dataset: Dataset, current: Mapping[str, DatasetItem]) -> None:
    for item in current.values():
        if item.dataset_id != dataset.id:
            raise _of_another(item)


def _of_another(item: DatasetItem) -> BadInput:
    return BadInput(
        f"the item with the id '{item.id}' is in another dataset, '{item.dataset_name}'",
        hint="ids are unique in a project: leave the id out, or choose another",
    )


def _check_room(connection: Connection, project_id: str, dataset: Dataset, added: int) -> None:
    if not added:
        return
    where = and_(*_of_dataset(project_id, dataset.id), is_valid(None))
    there = connection.execute(select(func.count()).select_from(dataset_items).where(where)).scalar_one()
    if there + added > DATASET_ITEMS_MAX:
        raise BadInput(
            f"the dataset '{dataset.name}' would have {there + added} items, more than {DATASET_ITEMS_MAX}",
            hint="delete items, or begin another dataset",
        )


def _after_versions_ns(connection: Connection, project_id: str, dataset_id: str) -> int:
    """The first moment that no saved version shows."""
    query = select(func.max(dataset_versions.c.at_ns)).where(
        dataset_versions.c.project_id == project_id, dataset_versions.c.dataset_id == dataset_id
    )
    last_ns = connection.execute(query).scalar_one()
    return 0 if last_ns is None else last_ns + MILLISECOND_NS


def _item_row(
    project_id: str,
    dataset_id: str,
    new: NewDatasetItem,
    current: DatasetItem | None,
    now_ns: int,
    from_ns: int,
) -> dict[str, Any]:
    """`from_ns` is down to the millisecond, so that it is not in the future; but never before what the form
    follows."""
    nothing = {"source_trace_id": None, "source_observation_id": None}
    empty = {"input": NULL, "expected_output": NULL, "metadata": NULL, "status": "ACTIVE", **nothing}
    before = {name: getattr(current, name) for name in _KEPT} if current is not None else empty
    given = {name: value for name in _KEPT if (value := getattr(new, name)) is not None}
    if current is not None:
        from_ns = max(from_ns, current.valid_from_ns + MILLISECOND_NS)
    return (
        before
        | given
        | {
            "project_id": project_id,
            "id": new.id,
            "dataset_id": dataset_id,
            "valid_from_ns": from_ns,
            "created_at_ns": current.created_at_ns if current is not None else now_ns,
        }
    )


def _close(connection: Connection, project_id: str, closed: Sequence[tuple[int, DatasetItem]]) -> None:
    for to_ns, item in closed:
        connection.execute(
            update(dataset_items)
            .where(
                dataset_items.c.project_id == project_id,
                dataset_items.c.id == item.id,
                dataset_items.c.valid_from_ns == item.valid_from_ns,
            )
            .values(valid_to_ns=to_ns)
        )


def _no_item(item_id: str) -> NotFound:
    return NotFound(f"Dataset item not found: '{item_id}'")
