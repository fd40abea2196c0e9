"""The schema's text for each topology; tests/store executes what one server runs."""

import re
from pathlib import Path

import pytest

from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.store.clickhouse.rows import PACKED_ONLY
from spanglass_server.store.clickhouse.schema import DATA_TABLES, MIGRATIONS, TABLES, Topology, render

GOLDEN = Path(__file__).parents[2] / "golden" / "ddl"
TOPOLOGIES = {
    "embedded": Topology(is_fsynced=True),
    "server": Topology(),
    "cluster": Topology(cluster="prod"),
}


def whole_schema(topology: Topology) -> str:
    files = ["schema_migrations.sql", *(name for migration in MIGRATIONS for name in migration.files)]
    return "".join(f"{sql.strip()};\n\n" for name in files for sql in render(name, topology))


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_the_schema_reads_as_reviewed(name: str) -> None:
    """After a wanted change: write `whole_schema(...)` to the golden file and read the difference."""
    assert whole_schema(TOPOLOGIES[name]) == (GOLDEN / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_no_placeholder_is_left(name: str) -> None:
    assert "@" not in whole_schema(TOPOLOGIES[name])


ADDED = "\n".join(
    sql
    for migration in MIGRATIONS
    for file in migration.files
    for sql in render(file, Topology())
    if "ALTER" in sql
)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("spans", Span),
        ("traces", TraceSummary),
        ("logs", Log),
        ("scores", Score),
        ("langfuse_events", LangfuseEvent),
    ],
)
def test_columns_are_the_fields_in_their_order(table: str, row: type[tuple[object, ...]]) -> None:
    (sql, *_) = render(f"{table}.sql", Topology())
    lines = [line.split() for line in sql[sql.index("(") :].splitlines()]
    columns = [words[0] for words in lines if words and words[0].isidentifier() and words[0].islower()]
    for alter in re.findall(rf"ALTER TABLE {table}\b.*?(?=ALTER TABLE|\Z)", ADDED, re.S):
        for added, after in re.findall(r"COLUMN IF NOT EXISTS (\w+) .*? AFTER (\w+)", alter, re.S):
            columns.insert(columns.index(after) + 1, added)

    fields = [name for name in row._fields if table != "traces" or name not in PACKED_ONLY]  # type: ignore[attr-defined]
    columns = [name for name in columns if name != "packed"]
    assert columns[: len(fields)] == fields


def test_numbers_of_migrations_count_up_from_one() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_every_table_of_a_cluster_is_replicated_and_distributed() -> None:
    schema = whole_schema(TOPOLOGIES["cluster"])

    for table in TABLES:
        assert f"CREATE TABLE IF NOT EXISTS {table}_local ON CLUSTER `prod`" in schema
        assert f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER `prod` AS {table}_local" in schema
    assert "ENGINE = ReplacingMergeTree" not in schema


def test_rows_of_a_trace_share_a_shard() -> None:
    schema = whole_schema(TOPOLOGIES["cluster"])

    of_metrics = {"series", "samples", "series_exemplars", "metric_metadata"}
    of_metrics |= {"metric_labels", "fact_hours", "fact_rollups", "fact_rollup_states"}
    for table in sorted(set(DATA_TABLES) - of_metrics):
        # Views beside the spans and the scores fill these: their rows are where what they tell of is.
        hashed = {"trace_times": "trace_hash", "score_hours": "key_hash"}
        hashed |= {"span_facts": "trace_hash", "trace_facts": "trace_hash"}
        trace = hashed.get(table, "trace_id")
        assert f"{table}_local, sipHash64(project_id, {trace}))" in schema
