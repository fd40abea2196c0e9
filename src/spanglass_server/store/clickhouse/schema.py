"""The schema as SQL for one server, for replicas, or for a cluster of shards.

Files under ddl/ hold one object each, with four placeholders: `@table(NAME)` the table that holds rows on
each server, `@on_cluster`, `@engine(FAMILY, ARGS)`, and `@table_settings` (what depends on the topology).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from spanglass_server.store.clickhouse.engine import Engine, Settings

SHARDING = {
    "spans": "sipHash64(project_id, trace_id)",
    "traces": "sipHash64(project_id, trace_id)",
    "trace_times": "sipHash64(project_id, trace_hash)",
    "logs": "sipHash64(project_id, trace_id)",
    "scores": "sipHash64(project_id, trace_id)",
    "score_hours": "sipHash64(project_id, key_hash)",
    "langfuse_events": "sipHash64(project_id, trace_id)",
    "span_facts": "sipHash64(project_id, trace_hash)",
    "trace_facts": "sipHash64(project_id, trace_hash)",
    "metric_labels": "sipHash64(project_id, labels_hash)",
    "fact_hours": "sipHash64(project_id, hour)",
    "fact_rollups": "sipHash64(project_id, hour)",
    "fact_rollup_states": "sipHash64(project_id, hour)",
    "series": "sipHash64(project_id, series_id)",
    "samples": "sipHash64(project_id, series_id)",
    "series_exemplars": "sipHash64(project_id, series_id)",
    "metric_metadata": "sipHash64(project_id, name)",
    "retention": "sipHash64(project_id)",
    "schema_migrations": "number",
}
"""Every table, and what decides the shard of a row: all rows of a trace, and of a series, live on one.
`trace_times`, `score_hours` and the facts are filled by views beside spans, traces and scores: nothing is
inserted by their own keys."""

TABLES: tuple[str, ...] = tuple(SHARDING)
DATA_TABLES = (
    *("spans", "traces", "trace_times", "logs", "scores", "score_hours", "langfuse_events"),
    *("span_facts", "trace_facts", "metric_labels", "fact_hours", "fact_rollups", "fact_rollup_states"),
    *("series", "samples", "series_exemplars", "metric_metadata"),
)
HIDING_DELETE: Settings = {"lightweight_delete_mode": "lightweight_update", "lightweight_deletes_sync": 2}
"""Of a DELETE: a patch hides the rows from every read, in milliseconds."""
VIEWS = (
    *("trace_times_from_spans", "score_hours_from_scores"),
    *("span_facts_from_spans", "trace_facts_from_traces"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    cluster: str = ""
    """Tables are made ON CLUSTER, replicated, and distributed over its shards. Empty: one server."""
    is_fsynced: bool = False
    """Sync each insert to the disk before it is acknowledged. For one server without replicas."""

    def table(self, name: str) -> str:
        """The table that holds rows on each server; reads and inserts go to `name` itself."""
        return f"{name}_local" if self.cluster else name

    @property
    def on_cluster(self) -> str:
        return f"ON CLUSTER `{self.cluster}`" if self.cluster else ""

    def engine(self, family: str, arguments: Sequence[str]) -> str:
        if not self.cluster:
            return f"{family}({', '.join(arguments)})"
        place = ("'/clickhouse/tables/{shard}/{database}/{table}'", "'{replica}'")
        return f"Replicated{family}({', '.join((*place, *arguments))})"

    @property
    def durability(self) -> Mapping[str, int]:
        """Table settings."""
        return {"fsync_after_insert": int(self.is_fsynced), "fsync_part_directory": int(self.is_fsynced)}


def topology_of(engine: Engine, *, is_fsynced: bool) -> Topology:
    return Topology(cluster=engine.cluster, is_fsynced=is_fsynced and engine.is_embedded)


def render(file_name: str, topology: Topology) -> Iterator[str]:
    """The statements that make the object of a DDL file, in order."""
    text = resources.files(__package__).joinpath("ddl", file_name).read_text(encoding="utf-8")
    yield _fill(text, topology)
    # A distributed table has its columns, and neither rows nor indexes.
    altered = re.search(r"ALTER TABLE @table\((\w+)\)[^;]*\bADD COLUMN", text)
    if topology.cluster and altered:
        yield _fill(text.replace(f"@table({altered[1]})", altered[1]), topology)
    name = file_name.removesuffix(".sql")
    if topology.cluster and name in SHARDING:
        local = topology.table(name)
        yield (
            f"CREATE TABLE IF NOT EXISTS {name} {topology.on_cluster} AS {local}\n"
            f"ENGINE = Distributed(`{topology.cluster}`, currentDatabase(), {local}, {SHARDING[name]})"
        )


def _fill(text: str, topology: Topology) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    durability = topology.durability if topology.is_fsynced else {}
    settings = "".join(f", {key} = {value}" for key, value in durability.items())
    text = "\n".join(lines).replace(" @on_cluster", f" {topology.on_cluster}".rstrip())
    text = text.replace(" @table_settings", settings)
    text = re.sub(r"@table\((\w+)\)", lambda found: topology.table(found[1]), text)

    def engine(found: re.Match[str]) -> str:
        family, *arguments = (part.strip() for part in found[1].split(","))
        return topology.engine(family, arguments)

    return re.sub(r"@engine\(([^)]*)\)", engine, text)


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    files: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "spans, traces and logs",
        (
            "spans.sql",
            "traces.sql",
            "trace_times.sql",
            "trace_times_from_spans.sql",
            "logs.sql",
            "retention.sql",
        ),
    ),
    Migration(2, "scores", ("scores.sql", "score_hours.sql", "score_hours_from_scores.sql")),
    Migration(3, "events of Langfuse's ingestion API", ("langfuse_events.sql",)),
    Migration(4, "a trace's metadata apart from its spans'", ("spans_trace_metadata.sql",)),
    Migration(
        5,
        "facts of spans and traces, which metrics count",
        (
            *("span_facts.sql", "trace_facts.sql", "metric_labels.sql", "fact_hours.sql"),
            *("fact_rollups.sql", "fact_rollup_states.sql"),
            *("span_facts_from_spans.sql", "trace_facts_from_traces.sql"),
            *("span_facts_backfill_spans.sql", "trace_facts_backfill_traces.sql"),
            *("metric_labels_backfill_spans.sql", "metric_labels_backfill_traces.sql"),
            *("fact_hours_backfill_spans.sql", "fact_hours_backfill_traces.sql"),
            "fact_hours_backfill_scores.sql",
        ),
    ),
    Migration(
        6,
        "series, samples and exemplars of metrics",
        ("series.sql", "samples.sql", "series_exemplars.sql", "metric_metadata.sql"),
    ),
    Migration(7, "quality, sampling rate and evaluator of scores", ("scores_quality.sql",)),
    Migration(
        8,
        "traces found by when they were written",
        ("traces_version_index.sql", "traces_version_index_fill.sql"),
    ),
    Migration(9, "the key that a span was sent with", ("spans_ingest_key.sql",)),
)
"""In order; a released one never changes. Each statement is idempotent, so several servers may apply it."""
