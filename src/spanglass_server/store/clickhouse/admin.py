"""Schema, deletion and retention: see store/ports.py, Administration.

Deleting takes two steps. A lightweight DELETE writes a patch that hides the rows from every read: that takes
milliseconds, however much is stored. Then the parts that held them are rewritten in the background, so that
their bytes leave the disk too and do not wait for a merge that may never come.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from spanglass_server.store.clickhouse.engine import Engine, Parameters
from spanglass_server.store.clickhouse.keys import HOUR_NS, PARTITION, find_trace_times, trace_hash
from spanglass_server.store.clickhouse.llm_deletion import FactDeletion
from spanglass_server.store.clickhouse.llm_ledger import LabelMemory
from spanglass_server.store.clickhouse.llm_rollups import FactRollups
from spanglass_server.store.clickhouse.schema import (
    DATA_TABLES,
    HIDING_DELETE,
    MIGRATIONS,
    Migration,
    render,
    topology_of,
)
from spanglass_server.store.clickhouse.score_keys import (
    HOUR_OF_SCORE,
    ScoreKey,
    find_score_hours,
    key_hash,
)
from spanglass_server.store.ports import TraceKey

DAY_NS = 24 * HOUR_NS
_TIME_COLUMNS = {
    "traces": "start_time_ns",
    "spans": "start_time_ns",
    "logs": "time_ns",
    "trace_times": "last_start_ns",
    "scores": "time_ns",
    "langfuse_events": "time_ns",
    # An hour goes when its last moment is too old.
    "score_hours": f"(toInt64(hour) * {HOUR_NS} + {HOUR_NS - 1})",
    "samples": "(time_ms * 1000000)",
    "series_exemplars": "(time_ms * 1000000)",
    "span_facts": f"(hour * {HOUR_NS} + {HOUR_NS - 1})",
    "trace_facts": f"(hour * {HOUR_NS} + {HOUR_NS - 1})",
    # And so does a day.
    "series": f"(toInt64(day) * {DAY_NS} + {DAY_NS - 1})",
}
_PARTITIONED = (
    *("traces", "spans", "logs", "scores", "langfuse_events"),
    *("span_facts", "trace_facts", "samples", "series_exemplars", "series"),
)


class _Expired(NamedTuple):
    """A table's rows of one partition that are older than their projects' retention allows."""

    partition: int
    is_whole: bool
    """Nothing else is in the partition."""


class ClickHouseAdministration:
    def __init__(
        self,
        engine: Engine,
        *,
        is_fsynced: bool = True,
        now_ns: Callable[[], int] = time.time_ns,
        label_memory: LabelMemory | None = None,
    ) -> None:
        """`is_fsynced`: embedded storage syncs each commit to the disk. A server has its own settings.
        `label_memory`: the writer's."""
        self._engine = engine
        self._topology = topology_of(engine, is_fsynced=is_fsynced)
        self._now_ns = now_ns
        self._facts = FactDeletion(engine)
        self._label_memory = label_memory or LabelMemory()
        self._rollups = FactRollups(engine)

    def migrate(self) -> Sequence[int]:
        for sql in render("schema_migrations.sql", self._topology):
            self._engine.command(sql)
        applied = set(self._rows("SELECT number FROM schema_migrations FINAL").column("number").to_pylist())
        missing = [migration for migration in MIGRATIONS if migration.number not in applied]
        for migration in missing:
            self._apply(migration)
        self._set_durability()
        return [migration.number for migration in missing]

    def delete_traces(self, keys: Sequence[TraceKey]) -> int:
        self._delete_scores_at(
            f"(project_id, {HOUR_OF_SCORE}, trace_id) IN {{keys:Array(Tuple(String, Int64, String))}}",
            [ScoreKey(key.project_id, "t", key.trace_id) for key in keys],
        )
        times = find_trace_times(self._engine, keys, lane="admin")
        if not times:
            return 0
        params: Parameters = {
            "keys": [tuple(key) for key in times],
            "from_ns": min(during.from_ns for during in times.values()),
            "to_ns": max(during.to_ns for during in times.values()),
        }
        of_traces = "(project_id, trace_id) IN {keys:Array(Tuple(String, String))}"
        of_spans = f"{of_traces} AND start_time_ns >= {{from_ns:Int64}} AND start_time_ns < {{to_ns:Int64}}"
        count = self._count_spans(of_spans, params)
        # The entry in trace_times goes last: it is what a retry finds the rest by.
        self._delete("traces", of_spans, params)
        self._delete("logs", of_traces, params)
        self._delete("langfuse_events", of_traces, params)
        self._delete("spans", of_spans, params)
        self._facts.delete_traces(times)
        hashes = [(key.project_id, trace_hash(key.trace_id)) for key in times]
        of_hashes = "(project_id, trace_hash) IN {hashes:Array(Tuple(String, UInt64))}"
        self._delete("trace_times", of_hashes, {"hashes": hashes})
        self._erase()
        return count

    def delete_scores(self, project_id: str, score_ids: Sequence[str]) -> int:
        # The hourly run erases them: a correction of a score must not rewrite a table.
        return self._delete_scores_at(
            f"(project_id, {HOUR_OF_SCORE}, score_id) IN {{keys:Array(Tuple(String, Int64, String))}}",
            [ScoreKey(project_id, "i", score_id) for score_id in score_ids],
        )

    def delete_project(self, project_id: str) -> None:
        self.set_retention(project_id, None)
        for table in DATA_TABLES:
            self._delete(table, "project_id = {project_id:String}", {"project_id": project_id})
        self._label_memory.forget(project_id)
        self._erase()

    def set_retention(self, project_id: str, days: int | None) -> None:
        row = {"project_id": [project_id], "days": [days or 0], "version": [self._now_ns()]}
        self._engine.insert_arrow("retention", pa.table(row))

    def enforce_retention(self, now_ns: int) -> int:
        rows = self._rows("SELECT project_id, days FROM retention FINAL WHERE days > 0 ORDER BY project_id")
        cutoffs = {row["project_id"]: now_ns - row["days"] * DAY_NS for row in rows.to_pylist()}
        if not cutoffs:
            self._erase()
            return 0
        params: Parameters = {
            "projects": list(cutoffs),
            "cutoffs": list(cutoffs.values()),
            "newest": max(cutoffs.values()),
        }
        count = self._count_spans(_is_expired("spans"), params)
        for project_id, cutoff_ns in cutoffs.items():
            self._rollups.archive(project_id, before_ns=cutoff_ns)
        for table in _PARTITIONED:
            for expired in self._find_expired(table, params):
                self._expire(table, expired, params)
        for table in ("trace_times", "score_hours"):
            self._delete(table, _is_expired(table), params)
        self._erase()
        return count

    def roll_up_metrics(self, now_ns: int) -> int:
        return self._rollups.roll_up(now_ns)

    def _delete_scores_at(self, of_scores: str, keys: Sequence[ScoreKey]) -> int:
        """How many scores went. `of_scores` compares with `keys`: project, hour and id."""
        hours = find_score_hours(self._engine, keys, lane="admin")
        if not hours:
            return 0
        params: Parameters = {"keys": [(key.project_id, hour, key.id) for key, hour in hours]}
        found = self._rows(f"SELECT toInt64(count()) AS n FROM scores FINAL WHERE {of_scores}", params)
        self._delete("scores", of_scores, params)
        # What the rest is found by goes last.
        hashes = [(key.project_id, key_hash(key)) for key in dict.fromkeys(key for key, _ in hours)]
        of_hashes = "(project_id, key_hash) IN {hashes:Array(Tuple(String, UInt64))}"
        self._delete("score_hours", of_hashes, {"hashes": hashes})
        return int(found.column("n")[0].as_py())

    def disk_bytes(self) -> Mapping[str, int]:
        parts = self._across("system.parts")
        rows = self._rows(
            f"SELECT table, toInt64(sum(bytes_on_disk)) AS bytes FROM {parts}\n"
            "WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table"
        )
        return {row["table"].removesuffix("_local"): row["bytes"] for row in rows.to_pylist()}

    def close(self) -> None:
        self._engine.close()

    def _apply(self, migration: Migration) -> None:
        for file_name in migration.files:
            for sql in render(file_name, self._topology):
                # Each shard fills its own tables from its own rows.
                self._engine.command(sql, None, {"parallel_distributed_insert_select": 2})
        row = {
            "number": [migration.number],
            "name": [migration.name],
            "applied_at_ns": [self._now_ns()],
        }
        self._engine.insert_arrow("schema_migrations", pa.table(row))

    def _set_durability(self) -> None:
        """An embedded store's setting may have changed since its tables were made."""
        if not self._engine.is_embedded:
            return
        settings = ", ".join(f"{key} = {value}" for key, value in self._topology.durability.items())
        for table in DATA_TABLES:
            self._engine.command(f"ALTER TABLE {table} MODIFY SETTING {settings}")

    def _find_expired(self, table: str, params: Parameters) -> list[_Expired]:
        """Partitions that hold expired rows. Only the key and the time of old rows are read."""
        at = _TIME_COLUMNS[table]
        partition = PARTITION.format(time=at)
        rows = self._rows(
            f"SELECT {partition} AS partition, min({_is_expired(table)}) AS is_whole\n"
            f"FROM {table}\n"
            f"WHERE {partition} IN (SELECT DISTINCT {partition} FROM {table} WHERE {_is_expired(table)})\n"
            "GROUP BY partition ORDER BY partition",
            params,
        )
        return [_Expired(row["partition"], bool(row["is_whole"])) for row in rows.to_pylist()]

    def _expire(self, table: str, expired: _Expired, params: Parameters) -> None:
        if expired.is_whole:
            self._engine.command(f"ALTER TABLE {self._place(table)} DROP PARTITION ID '{expired.partition}'")
        else:
            at = PARTITION.format(time=_TIME_COLUMNS[table])
            self._delete(table, f"{at} = {expired.partition} AND {_is_expired(table)}", params)

    def _delete(self, table: str, condition: str, params: Parameters) -> None:
        if not self._rows(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1", params).num_rows:
            return
        self._engine.command(f"DELETE FROM {self._place(table)} WHERE {condition}", params, HIDING_DELETE)

    def _erase(self) -> None:
        """Rewrite, in the background, the parts that hold deleted rows. While a table is being rewritten
        nothing is queued behind it: the next call does what that one left."""
        for table in DATA_TABLES:
            local = self._topology.table(table)
            deleted = self._is_any(
                "system.parts",
                local,
                "active AND (has_lightweight_delete OR startsWith(partition_id, 'patch-'))",
            )
            if deleted and not self._is_any("system.mutations", local, "NOT is_done"):
                for step in ("APPLY PATCHES", "APPLY DELETED MASK"):
                    self._engine.command(
                        f"ALTER TABLE {self._place(table)} {step}", None, {"mutations_sync": 0}
                    )

    def _is_any(self, system_table: str, table: str, condition: str) -> bool:
        return bool(
            self._rows(
                f"SELECT 1 FROM {self._across(system_table)}\n"
                f"WHERE database = currentDatabase() AND table = {{table:String}} AND {condition} LIMIT 1",
                {"table": table},
            ).num_rows
        )

    def _place(self, table: str) -> str:
        return f"{self._topology.table(table)} {self._topology.on_cluster}".rstrip()

    def _count_spans(self, condition: str, params: Parameters) -> int:
        rows = self._rows(f"SELECT toInt64(count()) AS n FROM spans FINAL WHERE {condition}", params)
        return int(rows.column("n")[0].as_py())

    def _rows(self, sql: str, params: Parameters | None = None) -> pa.Table:
        return self._engine.query_arrow(sql, params, lane="admin")

    def _across(self, table: str) -> str:
        cluster = self._topology.cluster
        return f"cluster('{cluster}', {table})" if cluster else table


def _is_expired(table: str) -> str:
    at = _TIME_COLUMNS[table]
    return (
        f"({at} < {{newest:Int64}} AND project_id IN {{projects:Array(String)}}\n"
        f" AND {at} < transform(toString(project_id), {{projects:Array(String)}}, {{cutoffs:Array(Int64)}},"
        " toInt64(-9223372036854775808)))"
    )
