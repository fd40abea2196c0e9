"""Scores counted as events: at the time they were given, under the labels of the trace they judge."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import HOUR_NS
from spanglass_server.store.clickhouse.llm_counts import Counts, Hours, counts_of, read_table_of
from spanglass_server.store.clickhouse.llm_metrics import LABELS, SCORES
from spanglass_server.store.clickhouse.llm_points import Points, nanoseconds
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE

_OF_TRACE: Final = [LABELS["trace"].index(name) + 1 for name in ("feature", "service", "environment")]


class ScoreCounts(NamedTuple):
    counts: Counts
    """`labels` are numbers of label sets."""
    values: Mapping[int, tuple[str, ...]]
    """In the order of LABELS["score"]."""


def count_scores(engine: Engine, project_id: str, points: Points, hours: Hours) -> ScoreCounts:
    """What was given before the first point counts at it. Of archived hours the rollups tell."""
    to_ns = nanoseconds(int(points.times_ms[-1]))
    bind = Binder()
    archived = hours.number[hours.is_archived].tolist()
    where = f"time_ns <= {bind(to_ns, 'Int64')} AND {HOUR_OF_SCORE} <= {bind(to_ns // HOUR_NS, 'Int64')}"
    if archived:
        where += f" AND {HOUR_OF_SCORE} NOT IN {bind(archived, 'Array(Int64)')}"
    live = scores_sql(project_id, where=where, moment=points.index_sql("time_ns"), bind=bind)
    tables = [read_table_of(engine, live, bind)]
    if archived:
        tables.append(_read_archived(engine, project_id, points, to_ns))
    return _numbered(pa.concat_tables(tables))


def scores_sql(project_id: str, *, where: str, moment: str, bind: Binder, hour: str = "toInt64(0)") -> str:
    """Rows (label_values, hour, part, point, events, total, first_end_ns) of scores with a quality."""
    project = bind(project_id)
    feature, service, environment = (f"l.label_values[{place}]" for place in _OF_TRACE)
    return (
        f"SELECT [s.name, s.evaluator, {feature}, {service},"
        f" if(s.environment != '', s.environment, {environment})] AS label_values,\n"
        "    s.hour AS hour, s.part AS part, s.point AS point, sum(s.events) AS events,"
        " sum(s.total) AS total, min(s.first_end_ns) AS first_end_ns\n"
        "FROM (\n"
        "    SELECT toString(name) AS name, toString(if(author != '', author, source)) AS evaluator,\n"
        "        toString(environment) AS environment, halfMD5(trace_id) AS trace_hash,\n"
        f"        {hour} AS hour, toUInt8({SCORES.part}) AS part, toInt64({moment}) AS point,\n"
        "        count() AS events, sum(score) AS total, min(time_ns) AS first_end_ns\n"
        "    FROM (\n"
        "        SELECT name, author, source, environment, trace_id, time_ns,"
        " assumeNotNull(quality) AS score\n"
        "        FROM scores FINAL\n"
        f"        WHERE project_id = {project} AND {where}\n"
        "            AND quality IS NOT NULL\n"
        "    )\n"
        "    GROUP BY name, evaluator, environment, trace_hash, hour, part, point\n"
        ") AS s\n" + _joined_traces(project, "s.trace_hash") + "GROUP BY label_values, hour, part, point"
    )


def newest_scores_sql(
    project_id: str, from_ns: int, to_ns: int, *, each: int, limit: int, bind: Binder
) -> str:
    """Rows (label_values, part, score, time_ns, trace_id, span_id): the newest of each label set and part."""
    project, first, last = bind(project_id), bind(from_ns, "Int64"), bind(to_ns, "Int64")
    feature, service, environment = (f"l.label_values[{place}]" for place in _OF_TRACE)
    return (
        f"SELECT [s.name, s.evaluator, {feature}, {service},"
        f" if(s.environment != '', s.environment, {environment})] AS label_values,\n"
        "    s.part AS part, s.score AS score, s.time_ns AS time_ns, s.trace_id AS trace_id,"
        " s.span_id AS span_id\n"
        "FROM (\n"
        "    SELECT toString(name) AS name, toString(if(author != '', author, source)) AS evaluator,\n"
        "        toString(environment) AS environment, trace_id, span_id, time_ns, score_id,\n"
        f"        assumeNotNull(quality) AS score, toUInt8({SCORES.part}) AS part\n"
        f"    FROM scores FINAL\n    WHERE project_id = {project} AND time_ns >= {first}"
        f" AND time_ns < {last}\n"
        f"        AND {HOUR_OF_SCORE} >= intDiv({first}, {HOUR_NS})"
        f" AND {HOUR_OF_SCORE} <= intDiv({last}, {HOUR_NS})\n"
        f"        AND trace_id != '' AND quality IS NOT NULL\n"
        ") AS s\n"
        + _joined_traces(project, "halfMD5(s.trace_id)")
        + f"ORDER BY time_ns DESC, s.score_id LIMIT {each:d} BY label_values, part LIMIT {limit:d}"
    )


def _joined_traces(project: str, trace_hash: str) -> str:
    """What a score's trace is labelled with, as `l`; nothing where it is not stored."""
    return (
        "LEFT ANY JOIN (\n"
        f"    SELECT trace_hash, trace_labels FROM trace_facts FINAL WHERE project_id = {project}\n"
        f"        AND trace_hash IN (SELECT halfMD5(trace_id) FROM scores WHERE project_id = {project})\n"
        f") AS t ON {trace_hash} = t.trace_hash\n"
        "LEFT ANY JOIN (\n"
        "    SELECT labels_hash, label_values FROM metric_labels\n"
        f"    WHERE project_id = {project} AND family = 'trace'\n"
        ") AS l ON t.trace_labels = l.labels_hash\n"
    )


def _read_archived(engine: Engine, project_id: str, points: Points, to_ns: int) -> pa.Table:
    bind = Binder()
    project = bind(project_id)
    sql = (
        "SELECT l.label_values AS label_values, r.hour AS hour, r.part AS part,"
        f" toInt64({points.index_sql('r.end_mark_ns')}) AS point, r.events AS events,\n"
        "    r.total AS total, r.first_end_ns AS first_end_ns\n"
        "FROM (\n"
        f"    SELECT * FROM fact_rollups FINAL WHERE project_id = {project}"
        f" AND family = '{SCORES.name}' AND events > 0 AND end_mark_ns <= {bind(to_ns, 'Int64')}\n"
        ") AS r\n"
        "ANY JOIN (\n"
        "    SELECT labels_hash, label_values FROM metric_labels\n"
        f"    WHERE project_id = {project} AND family = 'score'\n"
        ") AS l ON r.labels_hash = l.labels_hash"
    )
    return read_table_of(engine, sql, bind)


def _numbered(table: pa.Table) -> ScoreCounts:
    numbers: dict[tuple[str, ...], int] = {}
    label_sets: Iterable[list[str]] = table.column("label_values").to_pylist()
    labels = [numbers.setdefault(tuple(values), len(numbers)) for values in label_sets]
    names = ("part", "point", "events", "total", "first_end_ns")
    columns = [table.column(name).to_numpy() for name in names]
    counts = counts_of(np.array(labels, np.uint64), *columns)
    return ScoreCounts(counts, {number: values for values, number in numbers.items()})
