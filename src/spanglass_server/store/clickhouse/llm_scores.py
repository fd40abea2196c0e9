"""Scores counted as events: at the time they were given, under the labels of the trace they judge."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.llm_counts import Counts, read_table_of
from spanglass_server.store.clickhouse.llm_metrics import LABELS, SCORES
from spanglass_server.store.clickhouse.llm_points import MS, Points
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE

_OF_TRACE: Final = [LABELS["trace"].index(name) + 1 for name in ("feature", "service", "environment")]


class ScoreCounts(NamedTuple):
    counts: Counts
    """`labels` are numbers of label sets."""
    values: Mapping[int, tuple[str, ...]]
    """In the order of LABELS["score"]."""


def count_scores(engine: Engine, project_id: str, points: Points) -> ScoreCounts:
    """Numbers between 0 and 1, and booleans; what ended before the first point counts at it."""
    bind = Binder()
    project, to_ns = bind(project_id), bind(int(points.times_ms[-1]) * MS, "Int64")
    feature, service, environment = (f"l.label_values[{place}]" for place in _OF_TRACE)
    sql = (
        "SELECT [s.name, s.evaluator, "
        f"{feature}, {service}, if(s.environment != '', s.environment, {environment})] AS label_values,\n"
        "    s.part AS part, s.point AS point, sum(s.events) AS events, sum(s.total) AS total,"
        " min(s.first_end_ns) AS first_end_ns\n"
        "FROM (\n"
        "    SELECT toString(name) AS name, toString(if(author != '', author, source)) AS evaluator,\n"
        "        toString(environment) AS environment, halfMD5(trace_id) AS trace_hash,\n"
        f"        toUInt8({SCORES.part}) AS part, toInt64({points.index_sql('time_ns')}) AS point,\n"
        "        count() AS events, sum(score) AS total, min(time_ns) AS first_end_ns\n"
        "    FROM (\n"
        "        SELECT name, author, source, environment, trace_id, time_ns, assumeNotNull(value) AS score\n"
        "        FROM scores FINAL\n"
        f"        WHERE project_id = {project} AND time_ns <= {to_ns}"
        f" AND {HOUR_OF_SCORE} <= intDiv({to_ns}, 3600000000000)\n"
        "            AND data_type IN ('numeric', 'boolean') AND value >= 0 AND value <= 1\n"
        "    )\n"
        "    GROUP BY name, evaluator, environment, trace_hash, part, point\n"
        ") AS s\n"
        "LEFT ANY JOIN (\n"
        f"    SELECT trace_hash, trace_labels FROM trace_facts FINAL WHERE project_id = {project}\n"
        ") AS t ON s.trace_hash = t.trace_hash\n"
        "LEFT ANY JOIN (\n"
        "    SELECT labels_hash, label_values FROM metric_labels\n"
        f"    WHERE project_id = {project} AND family = 'trace'\n"
        ") AS l ON t.trace_labels = l.labels_hash\n"
        "GROUP BY label_values, part, point"
    )
    table = read_table_of(engine, sql, bind)
    numbers: dict[tuple[str, ...], int] = {}
    labels = [
        numbers.setdefault(tuple(values), len(numbers)) for values in table.column("label_values").to_pylist()
    ]
    counts = Counts(
        np.array(labels, np.uint64),
        table.column("part").to_numpy().astype(np.int64),
        table.column("point").to_numpy().astype(np.int64),
        table.column("events").to_numpy().astype(np.float64),
        table.column("total").to_numpy().astype(np.float64),
        table.column("first_end_ns").to_numpy().astype(np.int64),
    )
    return ScoreCounts(counts, {number: values for values, number in numbers.items()})
