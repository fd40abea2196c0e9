"""The write side of the store: see store/ports.py, SpanWriter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

import pyarrow as pa

from spanglass_server.base.limits import FREE_DISK_BYTES_MIN
from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span, TraceSummary
from spanglass_server.normalize.facts import SpanFacts, Verdict
from spanglass_server.normalize.settle import facts_of
from spanglass_server.store.clickhouse.engine import Engine, Parameters, Settings
from spanglass_server.store.clickhouse.keys import (
    HOUR_OF_SPAN,
    find_trace_times,
    hour_keys,
    hour_of,
    is_short,
)
from spanglass_server.store.clickhouse.llm_deletion import FactDeletion
from spanglass_server.store.clickhouse.llm_ledger import FactLedger, LabelMemory, Rows
from spanglass_server.store.clickhouse.llm_metrics import Source
from spanglass_server.store.clickhouse.rows import LANGFUSE_EVENTS, LOGS, SCORES, SPANS, trace_batch
from spanglass_server.store.clickhouse.schema import HIDING_DELETE, topology_of
from spanglass_server.store.clickhouse.writer_langfuse import find_observations, load_events
from spanglass_server.store.clickhouse.writer_scores import rows_to_write
from spanglass_server.store.ports import LangfuseEntity, PlacedSpan, TimeRange, TraceKey

_INSERT_SETTINGS: Settings = {
    # Merges build the text indexes: half the cost, and a fresh part is small enough to be scanned.
    "exclude_materialize_skip_indexes_on_insert": "index_input,index_output,index_body",
    "max_partitions_per_insert_block": 0,
}
_REVISION_ROWS_MAX = 2_000
"""Whole rows are read back to be revised: a bound on memory."""

_IGNORED: Span = Span._make(
    ()
    if pa.types.is_list(field.type)
    else {}
    if pa.types.is_map(field.type)
    else ""
    if pa.types.is_string(field.type)
    else None
    for field in SPANS.schema
)
"""What a span read for its facts holds in the fields that facts do not ask for."""

_FACT_FIELDS = (
    *("project_id", "trace_id", "span_id", "parent_span_id", "start_time_ns", "end_time_ns", "name", "kind"),
    *("otlp_kind", "dialect", "scope", "status", "error_type", "provider", "request_model", "response_model"),
    *("response_id", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *(
        "reasoning_tokens",
        "cost_usd",
        "cost_source",
        "reported_cost_usd",
        "service",
        "environment",
        "release",
    ),
    *(
        "feature",
        "team",
        "user_id",
        "session_id",
        "inherited",
        "tags",
        "metadata",
        "trace_metadata",
        "trace_name",
    ),
    *("input_preview", "output_preview", "resource", "version"),
)
_FACT_COLUMNS = ", ".join(
    # Of payloads, facts ask only whether there are any: their sizes are read, not their texts.
    (*_FACT_FIELDS, "if(input.size = 0, '', '.') AS input", "if(output.size = 0, '', '.') AS output")
)


class ClickHouseWriter:
    def __init__(
        self,
        engine: Engine,
        *,
        free_disk_bytes_min: int = FREE_DISK_BYTES_MIN,
        label_memory: LabelMemory | None = None,
    ) -> None:
        """`free_disk_bytes_min`: embedded storage raises StorageFull where less is free. A server's disk is
        its operator's. `label_memory`: shared with what deletes projects."""
        self._engine = engine
        topology = topology_of(engine, is_fsynced=False)
        self._spans_place = f"{topology.table('spans')} {topology.on_cluster}".rstrip()
        self._insert_settings = dict(_INSERT_SETTINGS)
        self._facts = FactDeletion(engine)
        if engine.is_embedded:
            self._insert_settings["min_free_disk_bytes_to_perform_insert"] = free_disk_bytes_min
        self._ledger = FactLedger(engine, self._insert_settings, label_memory or LabelMemory())

    def write_batch(
        self,
        *,
        spans: Sequence[Span],
        traces: Sequence[TraceSummary],
        logs: Sequence[Log],
        scores: Sequence[Score] = (),
    ) -> None:
        if logs:
            self._insert("logs", LOGS.to_batch(logs))
        rows: list[tuple[Source, Rows]] = []
        if spans:
            rows.append(("span", SPANS.to_batch(spans)))
        if scores and (scored := rows_to_write(self._engine, scores)):
            rows.append(("score", SCORES.to_batch(scored)))
        if traces:
            rows.append(("trace", trace_batch(traces)))
        if rows:
            self._ledger.tell_labels(spans, traces)
            self._write_counted(rows)

    def write_langfuse_events(self, events: Sequence[LangfuseEvent]) -> None:
        if events:
            self._insert("langfuse_events", LANGFUSE_EVENTS.to_batch(events))

    def remove_spans(self, spans: Sequence[PlacedSpan]) -> None:
        if not spans:
            return
        keys = [(s.project_id, hour_of(s.start_time_ns), s.trace_id, s.span_id) for s in spans]
        self._facts.remove_spans(spans)
        self._engine.command(
            f"DELETE FROM {self._spans_place}\n"
            f"WHERE (project_id, {HOUR_OF_SPAN}, trace_id, span_id)"
            " IN {keys:Array(Tuple(String, Int64, String, String))}",
            {"keys": keys},
            HIDING_DELETE,
            lane="write",
        )

    def load_langfuse_events(
        self, keys: Sequence[LangfuseEntity]
    ) -> Mapping[LangfuseEntity, Sequence[LangfuseEvent]]:
        return load_events(self._engine, keys)

    def find_observations(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        return find_observations(self._engine, keys)

    def revise_spans(self, verdicts: Sequence[tuple[str, int, Verdict]], *, version: int) -> None:
        for start in range(0, len(verdicts), _REVISION_ROWS_MAX):
            self._revise(verdicts[start : start + _REVISION_ROWS_MAX], version)

    def load_facts(
        self,
        keys: Sequence[TraceKey],
        *,
        response_ids: Sequence[tuple[str, str]],
        near: TimeRange,
    ) -> Mapping[TraceKey, Sequence[SpanFacts]]:
        wanted = {*keys, *self._find_by_response(response_ids, near)}
        times = find_trace_times(self._engine, sorted(wanted), lane="settle")
        rows = [
            *self._read_spans((key, during) for key, during in times.items() if is_short(during)),
            *(
                span
                for key, during in times.items()
                if not is_short(during)
                for span in self._read_long_trace(key, during)
            ),
        ]
        rows.sort(key=_trace_key)
        return {key: [facts_of(span) for span in spans] for key, spans in groupby(rows, _trace_key)}

    def _write_counted(self, rows: Sequence[tuple[Source, Rows]]) -> None:
        """All that llm_* metrics count is written here, but for what `llm_deletion` takes away."""

        def write() -> None:
            for source, some in rows:
                self._insert(f"{source}s", some)

        self._ledger.write_counted(rows, write)

    def _insert(self, table: str, rows: Rows) -> None:
        self._engine.insert_arrow(table, rows, self._insert_settings)

    def _revise(self, verdicts: Sequence[tuple[str, int, Verdict]], version: int) -> None:
        by_id = {
            (project_id, verdict.trace_id, verdict.span_id): verdict for project_id, _, verdict in verdicts
        }
        keys = [
            (project_id, hour_of(start_time_ns), verdict.trace_id, verdict.span_id)
            for project_id, start_time_ns, verdict in verdicts
        ]
        stored = self._engine.query_arrow(
            f"SELECT {', '.join(SPANS.columns)} FROM spans FINAL\n"
            f"WHERE (project_id, {HOUR_OF_SPAN}, trace_id, span_id)"
            " IN {keys:Array(Tuple(String, Int64, String, String))}",
            {"keys": keys},
            lane="write",
        )
        if stored.num_rows:
            revised = _revised(stored, by_id, version)
            self._ledger.tell_labels_of(revised)
            self._write_counted([("span", revised)])

    def _find_by_response(self, response_ids: Sequence[tuple[str, str]], near: TimeRange) -> set[TraceKey]:
        if not response_ids:
            return set()
        found = self._engine.query_arrow(
            "SELECT DISTINCT project_id, trace_id FROM spans\n"
            "WHERE project_id IN {projects:Array(String)} AND response_id IN {ids:Array(String)}\n"
            "  AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}\n"
            "  AND (project_id, response_id) IN {pairs:Array(Tuple(String, String))}",
            {
                "projects": sorted({project_id for project_id, _ in response_ids}),
                "ids": sorted({response_id for _, response_id in response_ids}),
                "pairs": [tuple(pair) for pair in response_ids],
                "from_ns": near.from_ns,
                "to_ns": near.to_ns,
            },
            lane="settle",
        )
        return set(map(TraceKey, *(column.to_pylist() for column in found.columns)))

    def _read_spans(self, times: Iterable[tuple[TraceKey, TimeRange]]) -> list[Span]:
        keys = hour_keys(times)
        if not keys:
            return []
        return self._read(
            f"(project_id, {HOUR_OF_SPAN}, trace_id) IN {{keys:Array(Tuple(String, Int64, String))}}",
            {"keys": [tuple(key) for key in keys]},
        )

    def _read_long_trace(self, key: TraceKey, during: TimeRange) -> list[Span]:
        return self._read(
            "project_id = {project_id:String} AND trace_id = {trace_id:String}\n"
            "  AND start_time_ns >= {from_ns:Int64} AND start_time_ns < {to_ns:Int64}",
            {**key._asdict(), **during._asdict()},
        )

    def _read(self, condition: str, params: Parameters) -> list[Span]:
        # Without FINAL, which would read the key of every row of the granules twice: versions are few here.
        sql = f"SELECT {_FACT_COLUMNS} FROM spans\nWHERE {condition}"
        rows = SPANS.from_table(self._engine.query_arrow(sql, params, lane="settle"), absent=_IGNORED)
        rows.sort(key=_version)
        return list({(span.project_id, span.trace_id, span.span_id): span for span in rows}.values())


_version = attrgetter("version")


def _trace_key(span: Span) -> TraceKey:
    return TraceKey(span.project_id, span.trace_id)


def _revised(stored: pa.Table, verdicts: Mapping[tuple[str, str, str], Verdict], version: int) -> pa.Table:
    ids = zip(
        *(stored.column(name).to_pylist() for name in ("project_id", "trace_id", "span_id")), strict=True
    )
    decided = [verdicts[key] for key in ids]
    for name, values in _verdict_columns(decided, version):
        index = stored.schema.get_field_index(name)
        stored = stored.set_column(index, name, pa.array(values, SPANS.schema.field(name).type))
    return stored


def _verdict_columns(verdicts: Sequence[Verdict], version: int) -> Iterator[tuple[str, Sequence[object]]]:
    for name, values in zip(Verdict._fields, zip(*verdicts, strict=True), strict=True):
        if name not in ("trace_id", "span_id"):
            yield name, values
    yield "version", [version] * len(verdicts)
