"""Adds facts up by hour: what happened before a window need not be counted again, and counters survive
retention. docs/adr/0007-metrics-views.md says why a rollup cannot be wrong."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import pyarrow as pa

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import HOUR_NS
from spanglass_server.store.clickhouse.llm_counts import facts_sql
from spanglass_server.store.clickhouse.llm_metrics import FAMILIES, SCORES, Family, Source
from spanglass_server.store.clickhouse.llm_points import GRID_MS, MS
from spanglass_server.store.clickhouse.llm_scores import scores_sql
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE

QUIET_S: Final = 120
"""Rows are counted in `fact_hours` before they are written, and counted again should the writing take longer
than half of this: an hour that was not counted in for so long has all its rows."""
HOURS_TOGETHER: Final = 24
MARK_NS: Final = GRID_MS * MS
"""Rollups tell apart what ended in the first 15 s of an hour: the first sample of a window of full hours."""

_COLUMNS: Final = (
    "project_id, family, hour, labels_hash, part, end_mark_ns, events, total, first_end_ns, version"
)


class _Pending(NamedTuple):
    project_id: str
    source: Source
    hour: int
    revisions: int


class FactRollups:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def roll_up(self, now_ns: int, *, quiet_s: int = QUIET_S) -> int:
        """Add up all hours that are over and whose rows have changed; how many. What failed in between is
        done again the next time."""
        bind = Binder()
        is_due = (
            f"h.hour < {bind(now_ns // HOUR_NS, 'Int64')} AND h.source != 'score'"
            f" AND h.touched_at_s + {bind(quiet_s, 'UInt64')} <= toUnixTimestamp(now())"
            " AND s.revisions != h.revisions"
        )
        return self._roll(self._find(is_due, bind), is_archived=False)

    def archive(self, project_id: str, *, before_ns: int) -> int:
        """Add up for the last time the hours that end before the moment; their facts are then no longer
        looked at, and may be deleted. How many."""
        bind = Binder()
        project, before = bind(project_id), bind(before_ns, "Int64")
        # Scores go one by one, not with their hour: an hour that has begun to go is added up whole.
        is_old = f"(h.hour + if(h.source = 'score', 0, 1)) * {HOUR_NS} <= {before}"
        is_old = f"h.project_id = {project} AND {is_old}"
        return self._roll(self._find(is_old, bind), is_archived=True)

    def _find(self, condition: str, bind: Binder) -> list[_Pending]:
        table = self._engine.query_arrow(
            "SELECT h.project_id AS project_id, h.source AS source, h.hour AS hour,"
            " h.revisions AS revisions\n"
            "FROM (\n"
            "    SELECT project_id, source, hour, sum(revisions) AS revisions,"
            " max(touched_at_s) AS touched_at_s\n"
            "    FROM fact_hours GROUP BY project_id, source, hour\n"
            ") AS h LEFT JOIN (\n"
            "    SELECT project_id, source, hour, revisions, is_archived FROM fact_rollup_states FINAL\n"
            ") AS s ON h.project_id = s.project_id AND h.source = s.source AND h.hour = s.hour\n"
            f"WHERE s.is_archived = 0 AND {condition}\nORDER BY project_id, source, hour",
            bind.params,
            lane="admin",
        )
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        return [_Pending(*row) for row in rows]

    def _roll(self, pending: Sequence[_Pending], *, is_archived: bool) -> int:
        for (project_id, source), hours in groupby(pending, key=lambda each: each[:2]):
            for some in _batches(list(hours), HOURS_TOGETHER):
                for family in FAMILIES:
                    if family.source == source:
                        self._add_up(project_id, family, some)
                # Last: a rollup without its state is not looked at.
                self._write_states(some, is_archived=is_archived)
        return len(pending)

    def _add_up(self, project_id: str, family: Family, hours: Sequence[_Pending]) -> None:
        if family is SCORES:
            self._name_scores(project_id, hours)
        bind = Binder()
        numbers = bind([each.hour for each in hours], "Array(Int64)")
        revisions = bind([each.revisions for each in hours], "Array(UInt64)")
        project, name = bind(project_id), bind(family.name)
        events = (
            self._scores(project_id, hours, bind) if family is SCORES else _facts(family, project, numbers)
        )
        sql = (
            f"INSERT INTO fact_rollups ({_COLUMNS})\n"
            f"SELECT {project}, {name}, hour, labels, part, point, sum(events), sum(total),\n"
            "    minIf(first_end_ns, events > 0),"
            f" transform(hour, {numbers}, {revisions}, toUInt64(0))\n"
            f"FROM (\n{events}\nUNION ALL\n"
            # What is there no more is written as nothing.
            "SELECT hour, labels_hash, part, end_mark_ns, toUInt64(0), toFloat64(0), first_end_ns\n"
            "FROM fact_rollups FINAL\n"
            f"WHERE project_id = {project} AND family = {name} AND hour IN {numbers}\n"
            ") GROUP BY hour, labels, part, point"
        )
        self._engine.command(sql, bind.params)

    def _scores(self, project_id: str, hours: Sequence[_Pending], bind: Binder) -> str:
        where = f"{HOUR_OF_SCORE} IN {bind([each.hour for each in hours], 'Array(Int64)')}"
        scores = scores_sql(
            project_id, where=where, moment=mark_sql("time_ns"), bind=bind, hour=HOUR_OF_SCORE
        )
        return (
            f"SELECT hour, {_SCORE_HASH} AS labels, part, point, events, total, first_end_ns\n"
            f"FROM (\n{scores})"
        )

    def _name_scores(self, project_id: str, hours: Sequence[_Pending]) -> None:
        bind = Binder()
        where = f"{HOUR_OF_SCORE} IN {bind([each.hour for each in hours], 'Array(Int64)')}"
        scores = scores_sql(project_id, where=where, moment="0", bind=bind)
        self._engine.command(
            "INSERT INTO metric_labels (project_id, family, labels_hash, label_values)\n"
            f"SELECT DISTINCT {bind(project_id)}, 'score', {_SCORE_HASH}, label_values FROM (\n{scores})",
            bind.params,
        )

    def _write_states(self, hours: Sequence[_Pending], *, is_archived: bool) -> None:
        rows = {
            "project_id": [each.project_id for each in hours],
            "source": [each.source for each in hours],
            "hour": [each.hour for each in hours],
            "revisions": pa.array([each.revisions for each in hours], pa.uint64()),
            "is_archived": pa.array([int(is_archived)] * len(hours), pa.uint8()),
            "version": pa.array([each.revisions * 2 + is_archived for each in hours], pa.uint64()),
        }
        self._engine.insert_arrow("fact_rollup_states", pa.table(rows))


_SCORE_HASH: Final = f"sipHash64({', '.join(f'label_values[{place}]' for place in range(1, 6))})"


def mark_sql(column: str) -> str:
    """The mark at which a rollup sees what ended at a moment: the next full hour or 15 s after one."""
    started = f"intDiv({column} - 1, {HOUR_NS}) * {HOUR_NS}"
    return f"{started} + if({column} - {started} <= {MARK_NS}, {MARK_NS}, {HOUR_NS})"


def _facts(family: Family, project: str, hours: str) -> str:
    where = f"project_id = {project} AND hour IN {hours}"
    sql = facts_sql(family, moment=f"toInt64({mark_sql('end_time_ns')})", where=where, hour="hour")
    return f"SELECT hour, labels, part, point, events, total, first_end_ns FROM (\n{sql})"


def _batches(items: Sequence[_Pending], size: int) -> Iterator[Sequence[_Pending]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
