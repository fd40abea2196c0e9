"""Experiments (`store.experiments.ExperimentReader`) on ClickHouse."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import HOUR_OF_SPAN, find_trace_times, hour_keys, is_short
from spanglass_server.store.clickhouse.reader_lists import IN_RANGE, range_params
from spanglass_server.store.clickhouse.reader_rows import SPAN_COLUMNS, read_rows, select_list
from spanglass_server.store.experiments import (
    PREFIX,
    Experiment,
    ExperimentItem,
    ExperimentQuery,
    RunKey,
    RunSpan,
    RunTexts,
)
from spanglass_server.store.ports import TraceKey

_KEYS_MAX: Final = 2_000
"""Of one statement."""

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

    def list_keys(self, project_id: str, query: ExperimentQuery, *, limit: int) -> Sequence[ExperimentItem]:
        bind = Binder()
        sql = (
            f"SELECT attribute_index['{PREFIX}id'] AS id, attribute_index['{PREFIX}item.id'] AS item_id,\n"
            f"trace_id, span_id, attribute_index['{PREFIX}item.version'] AS version\n"
            f"FROM spans FINAL\nWHERE {_condition(query, bind)}\n"
            f"ORDER BY start_time_ns, trace_id, span_id\nLIMIT {bind(limit, 'UInt32')} BY id"
        )
        rows = read_rows(self._engine, sql, {**range_params(project_id, query.during), **bind.params})
        return [
            ExperimentItem(row["id"], row["item_id"], RunKey(row["trace_id"], row["span_id"]), row["version"])
            for row in rows
        ]

    def read_spans(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[RunKey, RunSpan]:
        columns = (
            "start_time_ns AS start_ns, end_time_ns AS end_ns, toString(status) AS status, error_message,\n"
            "reinterpretAsInt64(sipHash64(output)) AS output_hash"
        )
        return {key: RunSpan(**row) for key, row in self._read_keys(project_id, keys, columns)}

    def read_texts(self, project_id: str, keys: Sequence[RunKey]) -> Mapping[RunKey, RunTexts]:
        told = {
            "item_input": "item.input",
            "expected_output": "item.expected_output",
            "item_metadata": "item.metadata",
        }
        said = ", ".join(
            f"JSONExtractString(attributes, '{PREFIX}{name}') AS {column}" for column, name in told.items()
        )
        columns = (
            f"input, output, {said},\nJSONExtractString(attributes, '{PREFIX}item.metadata') AS item_metadata"
        )
        return {key: RunTexts(**row) for key, row in self._read_keys(project_id, keys, columns)}

    def _read_keys(
        self, project_id: str, keys: Sequence[RunKey], columns: str
    ) -> Iterator[tuple[RunKey, dict[str, Any]]]:
        for start in range(0, len(keys), _KEYS_MAX):
            yield from self._read_some_keys(project_id, keys[start : start + _KEYS_MAX], columns)

    def _read_some_keys(
        self, project_id: str, keys: Sequence[RunKey], columns: str
    ) -> Iterator[tuple[RunKey, dict[str, Any]]]:
        wanted = set(keys)
        traces = [TraceKey(project_id, trace_id) for trace_id in dict.fromkeys(key.trace_id for key in keys)]
        times = find_trace_times(self._engine, traces, lane="read")
        short = {key: during for key, during in times.items() if is_short(during)}
        places = [(hour, trace_id) for _, hour, trace_id in hour_keys(short.items())]
        if not places:
            return
        bind = Binder()
        sql = (
            f"SELECT trace_id, span_id, parent_span_id = '' AS is_root, {columns}\nFROM spans FINAL\n"
            f"WHERE project_id = {bind(project_id)}\n"
            f"AND ({HOUR_OF_SPAN}, trace_id) IN {bind(places, 'Array(Tuple(Int64, String))')}\n"
            f"AND (span_id IN {bind([key.span_id for key in keys if key.span_id], 'Array(String)')}"
            " OR parent_span_id = '')\nORDER BY start_time_ns DESC, span_id"
        )
        # Of several roots the first is the last here, and stays.
        for row in read_rows(self._engine, sql, bind.params):
            rest = dict(row)
            trace_id, span_id, is_root = rest.pop("trace_id"), rest.pop("span_id"), rest.pop("is_root")
            for key in (RunKey(trace_id, span_id), RunKey(trace_id, "")):
                if key in wanted and (key.span_id or is_root):
                    yield key, rest


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
