"""What the writer tells of facts before it writes the rows that they are made of: how many rows each hour
gets, and label sets that are new. docs/adr/0007-metrics-views.md says why not by views, and why before."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from spanglass_server.model.span import Span, TraceSummary
from spanglass_server.store.clickhouse.engine import Engine, Settings
from spanglass_server.store.clickhouse.keys import HOUR_NS
from spanglass_server.store.clickhouse.llm_metrics import LABELS, LabelFamily, Source

Rows: TypeAlias = pa.RecordBatch | pa.Table
_Labelled: TypeAlias = tuple[Any, ...]
"""A project's id, then what label sets are made of: the same values make the same sets."""

HOURS_SETTINGS: Final[Settings] = {"insert_deduplicate": 0}
"""Two equal counts are two: replicated tables would take the second for a repetition."""
_MEMORY_MAX: Final = 100_000
_MEMORY_S: Final = 600.0
_TELL_AGAIN_S: Final = 60.0

_SPAN_FIELDS: Final = (
    *("project_id", "kind", "name", "service", "environment", "feature", "team", "provider"),
    *("request_model", "response_model", "is_call", "is_billable", "cache_hit"),
)
_TRACE_FIELDS: Final = ("project_id", *LABELS["trace"])
_of_span: Final = itemgetter(*map(Span._fields.index, _SPAN_FIELDS))
_of_trace: Final = itemgetter(*map(TraceSummary._fields.index, _TRACE_FIELDS))


class LabelMemory:
    """What this process has written to `metric_labels`. For ten minutes at most: another server may have
    deleted the project. Bounded; safe to use from many threads."""

    def __init__(self, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._known: set[_Labelled] = set()
        self._since_s = clock_s()
        self._lock = threading.Lock()

    def unknown(self, labelled: set[_Labelled]) -> set[_Labelled]:
        with self._lock:
            if self._clock_s() - self._since_s > _MEMORY_S:
                self._clear()
            return labelled - self._known

    def remember(self, labelled: Collection[_Labelled]) -> None:
        with self._lock:
            if len(self._known) + len(labelled) > _MEMORY_MAX:
                self._clear()
            self._known.update(labelled)

    def forget(self, project_id: str) -> None:
        with self._lock:
            self._known = {known for known in self._known if known[0] != project_id}

    def _clear(self) -> None:
        self._known = set()
        self._since_s = self._clock_s()


class _LabelSet(NamedTuple):
    project_id: str
    family: LabelFamily
    label_values: tuple[str, ...]


class FactLedger:
    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        memory: LabelMemory,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`settings`: of inserts."""
        self._clock_s = clock_s
        self._engine = engine
        self._settings = settings
        self._memory = memory

    def tell_labels(self, spans: Iterable[Span], traces: Iterable[TraceSummary]) -> None:
        """Returns when the label sets of these rows are stored."""
        of_traces = (trace for trace in traces if not trace.is_deleted)
        self._tell_labelled({*map(_of_span, spans), *map(_of_trace, of_traces)})

    def tell_labels_of(self, spans: pa.Table) -> None:
        """The same for rows of `spans`."""
        columns = (spans.column(name).to_pylist() for name in _SPAN_FIELDS)
        self._tell_labelled(set(zip(*columns, strict=True)))

    def write_counted(self, rows: Sequence[tuple[Source, Rows]], write: Callable[[], None]) -> None:
        """Count the rows in `fact_hours`, then write them.

        Should that take so long that an hour could have been added up in between (llm_rollups.QUIET_S), they
        are counted once more: the sum is then made anew.
        """
        counts = pa.concat_tables([_counted(source, some) for source, some in rows])
        told_s = self._clock_s()
        self._count(counts)
        try:
            write()
        finally:
            if self._clock_s() - told_s > _TELL_AGAIN_S:
                self._count(counts)

    def _count(self, counts: pa.Table) -> None:
        if counts.num_rows:
            self._engine.insert_arrow("fact_hours", counts, {**self._settings, **HOURS_SETTINGS})

    def _tell_labelled(self, labelled: set[_Labelled]) -> None:
        new = self._memory.unknown(labelled)
        label_sets = sorted({label_set for each in new for label_set in _label_sets(each)})
        if label_sets:
            columns = dict(zip(_LabelSet._fields, zip(*label_sets, strict=True), strict=True))
            self._engine.insert_arrow("metric_labels", pa.table(columns), self._settings)
            self._memory.remember(new)


def _label_sets(labelled: _Labelled) -> Iterator[_LabelSet]:
    """The hashes of span_facts and trace_facts are of the same values."""
    if len(labelled) == len(_TRACE_FIELDS):
        yield _LabelSet(labelled[0], "trace", labelled[1:])
        return
    project_id, kind, name, service, environment, feature, team, provider, *rest = labelled
    request_model, response_model, is_call, is_billable, cache_hit = rest
    yield _LabelSet(project_id, "span", (kind, name, service, environment))
    if is_call or is_billable:
        model = response_model or request_model
        yield _LabelSet(project_id, "call", (model, provider, feature, team, service, environment))
    if kind == "cache" and cache_hit is not None:
        yield _LabelSet(project_id, "cache", (name, feature, service, environment))


def _counted(source: Source, rows: Rows) -> pa.Table:
    """Of each project and hour: how many rows, and between when they end. The time at which they were
    counted is ClickHouse's."""
    start, end = ("time_ns", "time_ns") if source == "score" else ("start_time_ns", "end_time_ns")
    # Division is towards zero, as ClickHouse's.
    hours = pc.divide(rows.column(start), HOUR_NS)
    table = pa.table({"project_id": rows.column("project_id"), "hour": hours, "end_ns": rows.column(end)})
    grouped = table.group_by(["project_id", "hour"], use_threads=False).aggregate(
        [("end_ns", "count"), ("end_ns", "min"), ("end_ns", "max")]
    )
    return pa.table(
        {
            "project_id": grouped.column("project_id"),
            "source": pa.repeat(pa.scalar(source), grouped.num_rows),
            "hour": grouped.column("hour"),
            "revisions": grouped.column("end_ns_count").cast(pa.uint64()),
            "first_end_ns": grouped.column("end_ns_min"),
            "last_end_ns": grouped.column("end_ns_max"),
        }
    )
