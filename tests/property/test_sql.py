"""Whatever statement a user writes finds what it finds over tables that hold their project's rows alone."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.spans import SpanFactory

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.sql import ClickHouseSqlReader
from spanglass_server.store.clickhouse.sql_tables import SPANS, TRACES, SqlView
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.sql import SqlRequest

COPY = "sql_copy"
VIEWS = {"spans": SPANS, "traces": TRACES}

_values = st.sampled_from(
    [
        "name",
        "status",
        "service",
        "trace_id",
        "lower(service)",
        "length(name)",
        "input_tokens",
        "toHour(start_time)",
    ]
)
_conditions = st.recursive(
    st.sampled_from(
        [
            "status = 'ok'",
            "input_tokens > 10",
            "notEmpty(user_id)",
            "duration_ms >= 1",
            "start_time > '2020-01-01 00:00:00'",
            "trace_id IN (SELECT trace_id FROM traces)",
            "trace_id IN (SELECT trace_id FROM spans WHERE output_tokens IS NOT NULL)",
            "(SELECT count() FROM spans) > 3",
            "EXISTS (SELECT 1 FROM traces WHERE span_count > 100)",
            "has(tags, 'x')",
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=4,
)
_measures = st.sampled_from(
    ["count()", "uniqExact(trace_id)", "sum(input_tokens)", "max(start_time)", "countIf(status = 'error')"]
)


@st.composite
def statements(draw: st.DrawFn, depth: int = 0) -> str:
    table = draw(st.sampled_from(sorted(VIEWS)))
    where = draw(_conditions)
    shape = draw(st.sampled_from(["rows", "groups", "total", "join", "cte", "union", "window"]))
    value, measure = draw(_values), draw(_measures)
    match shape:
        case "rows":
            return f"SELECT {value} AS v, trace_id FROM {table} AS x WHERE {where}"
        case "groups":
            return f"SELECT {value} AS v, {measure} AS m FROM {table} WHERE {where} GROUP BY v"
        case "total":
            return f"SELECT {measure} AS m, count() AS n FROM (SELECT * FROM {table} WHERE {where})"
        case "join":
            return (
                "SELECT s.name AS v, count() AS n FROM spans AS s INNER JOIN traces AS t"
                " ON t.trace_id = s.trace_id"
                f" WHERE s.trace_id IN (SELECT trace_id FROM {table} WHERE {where}) GROUP BY v"
            )
        case "cte":
            return (
                f"WITH chosen AS (SELECT trace_id, {value} AS v FROM {table} WHERE {where})"
                " SELECT v, count() AS n FROM chosen GROUP BY v"
            )
        case "union" if depth < 2:
            left, right = draw(statements(depth=2)), draw(statements(depth=2))
            text = "SELECT toString(tuple(*)) AS v FROM"
            return f"{text} ({left}) UNION ALL {text} ({right})"
    return (
        f"SELECT v, row_number() OVER (PARTITION BY v ORDER BY v) AS n"
        f" FROM (SELECT {value} AS v FROM {table} WHERE {where})"
    )


@pytest.fixture(scope="module")
def project(embedded_engine: EmbeddedEngine) -> str:
    """Rows of three neighbours in the same granules, some of them revised; the middle one's are copied."""
    stem = f"generated-{uuid.uuid4().hex[:8]}"
    own = f"{stem}-b"
    writer = ClickHouseWriter(embedded_engine)
    for project in (f"{stem}-a", own, f"{own}.judges"):
        factory = SpanFactory(project)
        for version in (1, 2):
            traces = [factory.rag_trace(service=f"of-{project}", version=version) for _ in range(6)]
            writer.write_batch(
                spans=[span for trace in traces for span in trace],
                traces=[factory.summary(trace) for trace in traces],
                logs=[],
            )
    embedded_engine.command(f"CREATE DATABASE {COPY}")
    for table in VIEWS:
        embedded_engine.command(f"CREATE TABLE {COPY}.{table} AS {embedded_engine.database}.{table}")
        embedded_engine.command(
            f"INSERT INTO {COPY}.{table} SELECT * FROM {embedded_engine.database}.{table}"
            " WHERE project_id = {project:String}",
            {"project": own},
        )
    return own


def _alone(view: SqlView) -> str:
    columns = ", ".join(f"{sql or f'source.{name}'} AS {name}" for name, sql, _, _ in view.columns)
    return f"{view.name} AS (SELECT {columns} FROM {COPY}.{view.name} AS source FINAL)"


def _rows(answer: bytes) -> list[str]:
    data: list[list[Any]] = json.loads(answer)["data"]
    return sorted(map(json.dumps, data))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statement=statements())
def test_a_statement_sees_exactly_its_projects_rows(
    embedded_engine: EmbeddedEngine, project: str, statement: str
) -> None:
    request = SqlRequest(query=statement, rows_max=10_000)
    seen = ClickHouseSqlReader(embedded_engine).run(project, request, run_id=uuid.uuid4().hex)
    tables = ", ".join(map(_alone, VIEWS.values()))
    alone = embedded_engine.query_confined(
        f"WITH {tables} SELECT * FROM ({statement})",
        None,
        {
            "session_timezone": "UTC",
            "date_time_output_format": "iso",
            "output_format_json_quote_64bit_integers": 0,
        },
        output="JSONCompact",
    )
    assert _rows(seen.body) == _rows(alone)
