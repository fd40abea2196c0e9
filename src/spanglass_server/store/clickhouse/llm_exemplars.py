"""Exemplars of histograms: the newest spans, traces or scores of each bucket."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.model.series import Exemplar, Labels, Matcher
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import HOUR_OF_SPAN
from spanglass_server.store.clickhouse.llm_counts import FACT_TABLES, read_hours
from spanglass_server.store.clickhouse.llm_curves import series_labels
from spanglass_server.store.clickhouse.llm_matching import LabelTable, Matching, Wanted
from spanglass_server.store.clickhouse.llm_metrics import SCORES, Family
from spanglass_server.store.clickhouse.llm_points import INT64_MAX, MS
from spanglass_server.store.clickhouse.llm_scores import newest_scores_sql
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.series import SeriesExemplars

OF_BUCKET_MAX: Final = 3
"""The newest of each bucket of each label set."""


class _Found(NamedTuple):
    values: tuple[str, ...]
    part: int
    value: float
    end_time_ns: int
    ids: Labels


class LlmExemplars:
    def __init__(self, engine: Engine, matching: Matching, label_table: LabelTable) -> None:
        self._engine = engine
        self._matching = matching
        self._label_table = label_table

    def list_exemplars(
        self, project_id: str, during: TimeRange, selectors: Sequence[Sequence[Matcher]], *, limit: int
    ) -> Sequence[SeriesExemplars]:
        during = TimeRange(max(during.from_ns, 0), min(during.to_ns, INT64_MAX))
        by_series: dict[Labels, list[Exemplar]] = {}
        by_family: dict[Family, list[Wanted]] = {}
        for matchers in selectors or [()]:
            for wanted in self._matching.wanted(matchers):
                if wanted.series_name.endswith("_bucket"):
                    by_family.setdefault(wanted.metric.family, []).append(wanted)
        for family, all_wanted in by_family.items():
            for found in self._newest(project_id, family, during, limit):
                for labels in self._series_with(found, all_wanted):
                    exemplar = Exemplar(found.ids, found.value, found.end_time_ns // MS)
                    by_series.setdefault(labels, []).append(exemplar)
        return [
            SeriesExemplars(labels, sorted(set(exemplars), key=lambda each: (each.time_ms, each.labels)))
            for labels, exemplars in sorted(by_series.items())
        ]

    def _series_with(self, found: _Found, all_wanted: Sequence[Wanted]) -> Iterator[Labels]:
        for wanted in all_wanted:
            metric = wanted.metric
            is_wanted = found.part in wanted.parts and self._matching.matches(
                metric.family.labels, wanted.matchers, found.values
            )
            if is_wanted:
                yield series_labels(wanted.series_name, metric, found.values, found.part)

    def _newest(self, project_id: str, family: Family, during: TimeRange, limit: int) -> Sequence[_Found]:
        if family is SCORES:
            return self._newest_scores(project_id, during, limit)
        return self._newest_facts(project_id, family, during, limit)

    def _newest_scores(self, project_id: str, during: TimeRange, limit: int) -> Sequence[_Found]:
        bind = Binder()
        sql = newest_scores_sql(
            project_id, during.from_ns, during.to_ns, each=OF_BUCKET_MAX, limit=limit, bind=bind
        )
        return [
            _Found(
                tuple(row["label_values"]),
                row["part"],
                row["score"],
                row["time_ns"],
                _ids(row["trace_id"], row["span_id"]),
            )
            for row in read_rows(self._engine, sql, bind.params)
        ]

    def _newest_facts(
        self, project_id: str, family: Family, during: TimeRange, limit: int
    ) -> Sequence[_Found]:
        hours = read_hours(self._engine, project_id, to_ns=during.to_ns).get(family.source)
        if hours is None:
            return []
        reached = hours.number[~hours.is_archived & (hours.last_end_ns >= during.from_ns)]
        if not len(reached):
            return []
        bind = Binder()
        span_hash = "span_hash" if family.source == "span" else "toUInt64(0)"
        sql = (
            f"SELECT {family.labels}_labels AS labels, toUInt8({family.part}) AS part, hour, trace_hash,"
            f" {span_hash} AS span_hash, end_time_ns, toFloat64({family.value}) AS value\n"
            f"FROM {FACT_TABLES[family.source]} FINAL\n"
            f"WHERE project_id = {bind(project_id)} AND hour IN {bind(reached.tolist(), 'Array(Int64)')}\n"
            f"    AND end_time_ns >= {bind(during.from_ns, 'Int64')}"
            f" AND end_time_ns < {bind(during.to_ns, 'Int64')} AND {family.where}\n"
            f"ORDER BY end_time_ns DESC, trace_hash, span_hash LIMIT {OF_BUCKET_MAX} BY labels, part"
            f" LIMIT {limit:d}"
        )
        rows = read_rows(self._engine, sql, bind.params)
        if not rows:
            return []
        ids = self._ids_of(project_id, family, rows)
        values = self._label_table.find(project_id, family.labels, [()]).values
        return [
            _Found(values[row["labels"]], row["part"], row["value"], row["end_time_ns"], ids[key])
            for row in rows
            # A replica may know the fact before its labels.
            if row["labels"] in values and (key := (row["trace_hash"], row["span_hash"])) in ids
        ]

    def _ids_of(
        self, project_id: str, family: Family, rows: Sequence[Mapping[str, int]]
    ) -> Mapping[tuple[int, int], Labels]:
        """Facts know hashes only."""
        bind = Binder()
        is_span = family.source == "span"
        table, span_id = ("spans", "span_id") if is_span else ("traces", "''")
        traces = bind(sorted({row["trace_hash"] for row in rows}), "Array(UInt64)")
        spans = bind(sorted({row["span_hash"] for row in rows}), "Array(UInt64)")
        of_span = f" AND halfMD5(span_id) IN {spans}" if is_span else ""
        found = read_rows(
            self._engine,
            f"SELECT DISTINCT trace_id, {span_id} AS span_id, halfMD5(trace_id) AS trace_hash,"
            f" {'halfMD5(span_id)' if is_span else 'toUInt64(0)'} AS span_hash\n"
            f"FROM {table}\nWHERE project_id = {bind(project_id)}"
            f" AND {HOUR_OF_SPAN} IN {bind(sorted({row['hour'] for row in rows}), 'Array(Int64)')}\n"
            f"    AND halfMD5(trace_id) IN {traces}{of_span}",
            bind.params,
        )
        return {(row["trace_hash"], row["span_hash"]): _ids(row["trace_id"], row["span_id"]) for row in found}


def _ids(trace_id: str, span_id: str) -> Labels:
    pairs = (("span_id", span_id), ("trace_id", trace_id))
    return tuple((name, value) for name, value in pairs if value)
