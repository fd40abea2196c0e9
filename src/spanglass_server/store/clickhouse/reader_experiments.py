"""Experiments (`store.experiments.ExperimentReader`) on ClickHouse."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, range_params
from spanglass_server.store.clickhouse.reader_rows import SPAN_COLUMNS, read_rows, select_list
from spanglass_server.store.experiments import PREFIX, Experiment, ExperimentQuery

# The map's keys have an index, which a comparison with a value alone does not ask.
_IS_ITEM: Final = (
    f"mapContains(attribute_index, '{PREFIX}id') "
    f"AND attribute_index['{PREFIX}item.root_observation_id'] = span_id"
)


class ClickHouseExperimentReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_experiments(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Experiment]:
        bind = Binder()
        sql = (
            f"SELECT attribute_index['{PREFIX}id'] AS id,\n"
            f"max(attribute_index['{PREFIX}name']) AS name,\n"
            f"max(attribute_index['{PREFIX}dataset.id']) AS dataset_id,\n"
            "min(start_time_ns) AS start_ns, max(end_time_ns) AS end_ns,\n"
            f"toInt64(uniqExact(attribute_index['{PREFIX}item.id'])) AS item_count,\n"
            "argMin(attributes, (start_time_ns, span_id)) AS attributes\n"
            f"FROM spans FINAL\nWHERE {_condition(query, bind)}\n"
            "GROUP BY id\nORDER BY end_ns DESC, id\n"
            f"LIMIT {bind(limit, 'UInt32')} OFFSET {bind(offset, 'UInt64')}"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, query.during), **bind.params})
        return [Experiment(**row) for row in rows]

    def list_items(
        self, project_id: str, query: ExperimentQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        bind = Binder()
        sql = (
            f"SELECT {select_list(SPAN_COLUMNS)}\nFROM spans FINAL\nWHERE {_condition(query, bind)}\n"
            "ORDER BY start_time_ns DESC, trace_id, span_id\n"
            f"LIMIT {bind(limit, 'UInt32')} OFFSET {bind(offset, 'UInt64')}"
        )
        return read_rows(self._engine, sql, {**range_params(project_id, query.during), **bind.params})


def _condition(query: ExperimentQuery, bind: Binder) -> str:
    asked = {
        "id": query.ids,
        "name": query.names,
        "dataset.id": query.dataset_ids,
        "item.id": query.item_ids,
    }
    held = [
        f"attribute_index['{PREFIX}{key}'] IN {bind(list(values), 'Array(String)')}"
        for key, values in asked.items()
        if values
    ]
    return "\nAND ".join([IN_RANGE, _IS_ITEM, *held])
