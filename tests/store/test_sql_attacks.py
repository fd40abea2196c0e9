"""What people try: other projects' rows, files, settings, the network, writing, exhausting the server.

Every statement of sql_attacks.sql is run as one project beside another whose rows hold markers. None may come
back with a marker, in rows or in the error's words; most are refused.
"""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.spans import SpanFactory

from spanglass_server.base.errors import QueryInvalid, QueryTooLarge
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.sql import ClickHouseSqlReader
from spanglass_server.store.clickhouse.writer import ClickHouseWriter
from spanglass_server.store.sql import SqlRequest

CORPUS = Path(__file__).with_name("sql_attacks.sql")
SECONDS_MAX = 0.4
OUTSIDE = ("root:", "/bin/", "project_id =", "spanglass_project", "PREWHERE", "additional_table_filters =")
"""Of files, and of the text that runs."""


def _statements() -> list[str]:
    lines = [line for line in CORPUS.read_text().split("\n") if not line.startswith("-- ")]
    return [paragraph.strip("\n") for paragraph in "\n".join(lines).split("\n\n") if paragraph.strip()]


@pytest.fixture(scope="module")
def reader(embedded_engine: EmbeddedEngine) -> ClickHouseSqlReader:
    return ClickHouseSqlReader(embedded_engine, seconds_max=SECONDS_MAX)


@pytest.fixture(scope="module")
def projects(embedded_engine: EmbeddedEngine) -> tuple[str, str]:
    """Two neighbours in the sorting order, whose rows lie in the same granules."""
    stem = f"attacked-{uuid.uuid4().hex[:8]}"
    own, other = f"{stem}-a", f"{stem}-b"
    writer = ClickHouseWriter(embedded_engine)
    for project in (own, other, f"{own}.judges"):
        factory = SpanFactory(project)
        marked = f"marker-of-{project}"
        traces = [
            [span._replace(name=marked, input=marked, output=marked) for span in factory.rag_trace()]
            for _ in range(3)
        ]
        writer.write_batch(
            spans=[span for trace in traces for span in trace],
            traces=[factory.summary(trace, name=marked) for trace in traces],
            logs=[factory.log(body=marked)],
        )
    return own, other


def _run(reader: ClickHouseSqlReader, project: str, statement: str) -> str:
    """The answer's or the refusal's text."""
    request = SqlRequest(query=statement, rows_max=100)
    try:
        return reader.run(project, request, run_id=uuid.uuid4().hex).body.decode(errors="replace")
    except (QueryInvalid, QueryTooLarge) as error:
        return f"{error.message} {error.hint}"


def test_there_are_enough_attacks() -> None:
    assert len(_statements()) >= 300


def test_no_attack_gets_out_of_its_project(
    reader: ClickHouseSqlReader, projects: tuple[str, str], embedded_engine: EmbeddedEngine
) -> None:
    own, other = projects
    leaked: list[tuple[str, str]] = []
    for template in _statements():
        statement = template.replace("OTHER", other).replace("DATABASE", embedded_engine.database)
        told = _run(reader, own, statement)
        secrets = (f"marker-of-{other}", f"marker-of-{own}.judges", *OUTSIDE)
        # What the statement itself says may come back.
        leaked += [(template, told) for secret in secrets if secret in told and secret not in statement]
    assert leaked == []
    assert not os.path.exists("/tmp/spanglass-attack")  # What INTO OUTFILE names.


def test_after_all_attacks_the_neighbours_rows_are_whole(
    reader: ClickHouseSqlReader, projects: tuple[str, str]
) -> None:
    for project in projects:
        told = _run(reader, project, "SELECT count(), uniq(name), any(name) FROM spans")
        assert f'"marker-of-{project}"' in told


@pytest.mark.parametrize("view", ["spans", "traces", "logs"])
def test_what_a_user_writes_never_meets_a_neighbours_row(
    reader: ClickHouseSqlReader, projects: tuple[str, str], view: str
) -> None:
    """An expression that fails on the neighbour's rows, which lie in the same granules, does not fail."""
    own, other = projects
    column = "body" if view == "logs" else "name"
    fails = f"intDiv(1, if(position({column}, 'marker-of-{other}') > 0, 0, 1))"
    for statement in (
        f"SELECT count() FROM {view} WHERE {fails} = 1",
        f"SELECT sum({fails}) FROM {view}",
        f"SELECT {fails}, count() FROM {view} GROUP BY 1 HAVING count() > 0 ORDER BY {fails}",
    ):
        assert '"rows": 1' in _run(reader, own, statement)
    fails_here = fails.replace(other, own)
    assert "does not take" in _run(reader, own, f"SELECT sum({fails_here}) FROM {view}")


@pytest.mark.parametrize(
    "allow", [lambda monkeypatch: None, lambda monkeypatch: _without_checks(monkeypatch)]
)
def test_the_connection_holds_where_the_checks_would_not(
    reader: ClickHouseSqlReader,
    projects: tuple[str, str],
    embedded_engine: EmbeddedEngine,
    monkeypatch: pytest.MonkeyPatch,
    allow: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """With no check of words and tree at all, ours still answer for one project, and nothing is written."""
    allow(monkeypatch)
    own, other = projects
    database = embedded_engine.database
    for statement in (
        f"SELECT groupArray(name) FROM {database}.spans",
        f"SELECT groupArray(name) FROM {database}.traces AS t",
        f"SELECT groupArray(body) FROM {database}.logs FINAL",
        f"SELECT groupArray(trace_id) FROM {database}.trace_times WHERE project_id = '{other}'",
        f"SELECT name FROM spans UNION ALL SELECT name FROM {database}.spans WHERE project_id = '{other}'",
        f"SELECT * FROM (SELECT name FROM {database}.spans SETTINGS additional_table_filters = {{}})",
        f"SELECT name FROM {database}.spans SETTINGS additional_table_filters = {{}}",
        f"INSERT INTO {database}.spans (project_id) VALUES ('{other}')",
        "SELECT * FROM span_facts",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ):
        assert f"marker-of-{other}" not in _run(reader, own, statement), statement


def _without_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanglass_server.store.clickhouse.sql.check_words", lambda *_: None)
    monkeypatch.setattr("spanglass_server.store.clickhouse.sql.check_tree", lambda *_: None)
