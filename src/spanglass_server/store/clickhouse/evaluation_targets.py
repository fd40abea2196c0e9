"""What evaluators judge, read: see store/evaluation.py, TargetReader.

What is stored is followed in two steps. The first reads ids, times and versions of rows that were written in
a stretch of time, which an index of versions finds without a look at the rest; the second asks those few
traces, by their keys, whether they are what the filter wants. A trace that was written again since is left
out: it comes again in its new place.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from spanglass.evaluators.sampling import sampling_bound
from spanglass_server.base.limits import EVALUATION_LATE_DAYS_MAX
from spanglass_server.model.evaluation import TargetType
from spanglass_server.query.ast import Expression
from spanglass_server.store.clickhouse.compile import span_condition, trace_condition
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.keys import (
    HOUR_NS,
    HOUR_OF_SPAN,
    find_trace_times,
    hour_keys,
    hour_of,
    is_short,
)
from spanglass_server.store.clickhouse.reader_lists import (
    INT64_MAX,
    condition_of,
    oldest_first,
    range_params,
)
from spanglass_server.store.clickhouse.reader_rows import (
    LOG_COLUMNS,
    SPAN_COLUMNS,
    TRACE_COLUMNS,
    read_rows,
    select_list,
)
from spanglass_server.store.evaluation import Place, TargetKey
from spanglass_server.store.ports import OpenTrace, TimeRange, TraceKey

Rows: TypeAlias = Sequence[Mapping[str, Any]]

_LATE_NS: Final = EVALUATION_LATE_DAYS_MAX * 24 * HOUR_NS
_FIRST_WINDOW_NS: Final = 60_000_000_000
_CANDIDATES_MAX: Final = 1_000
"""Traces that one statement asks the filter about."""
_LOGS_OF_TRACE_MAX: Final = 1_000
_LOGS_BEFORE_NS, _LOGS_AFTER_NS = HOUR_NS, 24 * HOUR_NS
_NO_JUDGES: Final = "kind != 'evaluator'"
"""A span that judges is not judged."""
_ALL: Final = 1 << 64


class _Candidate(NamedTuple):
    """A trace as it was when it was written at `version`."""

    trace_id: str
    start_time_ns: int
    end_time_ns: int
    version: int


class ClickHouseTargetReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._newest: dict[str, int] = {}
        """Versions of projects' newest traces, as they were last seen: it is enough to look after them."""

    def list_stored(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        after: Place,
        until_ns: int,
        sampling_rate: float,
        limit: int,
    ) -> Sequence[TargetKey]:
        found: list[TargetKey] = []
        choose = self._choose_traces if target_type == "trace" else self._choose_spans
        for candidates in self._iter_candidates(project_id, after, until_ns, sampling_rate):
            found += choose(project_id, where, candidates, after, limit - len(found))
            if len(found) >= limit:
                break
        return found

    def list_history(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        during: TimeRange,
        after: Place | None,
        sampling_rate: float,
        limit: int,
    ) -> Sequence[TargetKey]:
        found: list[TargetKey] = []
        start_ns = max(during.from_ns, after.position_ns) if after else during.from_ns
        for window in oldest_first(TimeRange(start_ns, during.to_ns)):
            bind = Binder()
            wanted = _history_condition(target_type, where, sampling_rate, bind)
            span_id = "span_id" if target_type == "span" else "''"
            if after is not None:
                place = ", ".join(
                    (bind(after.position_ns, "Int64"), bind(after.trace_id), bind(after.span_id))
                )
                wanted += f"\nAND (start_time_ns, trace_id, {span_id}) > ({place})"
            sql = (
                f"SELECT trace_id, {span_id} AS target_span_id, start_time_ns\n"
                f"FROM {target_type}s FINAL\nWHERE {wanted}\n"
                f"ORDER BY start_time_ns, trace_id, target_span_id\nLIMIT {limit - len(found):d}"
            )
            params = {**range_params(project_id, window), **bind.params}
            rows = read_rows(self._engine, sql, params, lane="long")
            found += [
                TargetKey(r["trace_id"], r["target_span_id"], r["start_time_ns"], r["start_time_ns"])
                for r in rows
            ]
            if len(found) >= limit:
                break
        return found

    def count_history(
        self,
        project_id: str,
        target_type: TargetType,
        where: Expression | None,
        *,
        during: TimeRange,
        sampling_rate: float,
    ) -> int:
        bind = Binder()
        wanted = _history_condition(target_type, where, sampling_rate, bind)
        sql = f"SELECT toInt64(count()) AS n FROM {target_type}s FINAL\nWHERE {wanted}"
        params = {**range_params(project_id, during), **bind.params}
        return int(read_rows(self._engine, sql, params, lane="long")[0]["n"])

    def newest_stored_ns(self, project_id: str) -> int | None:
        known = self._newest.get(project_id, 0)
        rows = read_rows(
            self._engine,
            "SELECT toInt64(max(version)) AS newest FROM traces\n"
            "WHERE project_id = {project:String} AND version >= {known:UInt64}",
            {"project": project_id, "known": known},
            lane="evaluate",
        )
        newest: int = max(rows[0]["newest"], known)
        if newest:
            self._newest[project_id] = newest
        return newest or None

    def open_traces(self, project_id: str, keys: Sequence[TargetKey]) -> Mapping[str, OpenTrace]:
        wanted = [TraceKey(project_id, key) for key in dict.fromkeys(key.trace_id for key in keys)]
        times = find_trace_times(self._engine, wanted, lane="evaluate")
        if not times:
            return {}
        traces = {row["trace_id"]: row for row in self._read_of("traces", TRACE_COLUMNS, times, "version")}
        spans = _by_trace(self._read_of("spans", SPAN_COLUMNS, times, "trace_id, start_time_ns, span_id"))
        logs = _by_trace(self._read_logs(project_id, times))
        return {
            trace_id: OpenTrace(row, spans[trace_id], logs.get(trace_id, ()))
            for trace_id, row in traces.items()
            if trace_id in spans
        }

    def _iter_candidates(
        self, project_id: str, after: Place, until_ns: int, sampling_rate: float
    ) -> Iterator[Sequence[_Candidate]]:
        """In the order of (version, trace_id), the place's own trace first."""
        width_ns = _FIRST_WINDOW_NS
        position = (after.position_ns, after.trace_id)
        is_first = True
        while position[0] < until_ns:
            end_ns = min(until_ns, position[0] + width_ns)
            found = self._read_candidates(project_id, position, end_ns, sampling_rate, is_first=is_first)
            if found:
                yield found
            if len(found) == _CANDIDATES_MAX:
                position = (found[-1].version, found[-1].trace_id)
                is_first = False
                continue
            if len(found) < _CANDIDATES_MAX // 8:
                width_ns *= 4
            position, is_first = (end_ns, ""), True

    def _read_candidates(
        self,
        project_id: str,
        position: tuple[int, str],
        end_ns: int,
        sampling_rate: float,
        *,
        is_first: bool,
    ) -> list[_Candidate]:
        if sampling_rate <= 0:
            return []
        bind = Binder()
        from_ns, trace_id = position
        place = f"({bind(from_ns, 'UInt64')}, {bind(trace_id)})"
        sql = (
            "SELECT trace_id, argMax(start_time_ns, version) AS start_ns,\n"
            "argMax(end_time_ns, version) AS end_ns, toInt64(max(version)) AS newest\n"
            f"FROM traces\nWHERE project_id = {bind(project_id)}\n"
            f"AND start_time_ns >= {bind(max(0, from_ns - _LATE_NS), 'Int64')}\n"
            f"AND version >= {bind(from_ns, 'UInt64')} AND version < {bind(end_ns, 'UInt64')}"
            f"{_sampled(sampling_rate, bind)}\n"
            f"GROUP BY trace_id, {HOUR_OF_SPAN}\n"
            f"HAVING (max(version), trace_id) {'>=' if is_first else '>'} {place}\n"
            f"ORDER BY newest, trace_id, start_ns\nLIMIT {_CANDIDATES_MAX:d}"
        )
        rows = read_rows(self._engine, sql, bind.params, lane="evaluate")
        return [_Candidate(r["trace_id"], r["start_ns"], r["end_ns"], r["newest"]) for r in rows]

    def _choose_traces(
        self,
        project_id: str,
        where: Expression | None,
        candidates: Sequence[_Candidate],
        after: Place,
        limit: int,
    ) -> list[TargetKey]:
        place = (after.position_ns, after.trace_id)
        fresh = [each for each in candidates if (each.version, each.trace_id) > place]
        newest = self._newest_of(project_id, where, fresh)
        chosen = [
            TargetKey(each.trace_id, "", each.start_time_ns, each.version)
            for each in fresh
            if newest.get(each.trace_id) == (each.version, each.start_time_ns)
        ]
        return chosen[:limit]

    def _choose_spans(
        self,
        project_id: str,
        where: Expression | None,
        candidates: Sequence[_Candidate],
        after: Place,
        limit: int,
    ) -> list[TargetKey]:
        newest = self._newest_of(project_id, None, candidates)
        standing = {
            each.trace_id: each
            for each in candidates
            if newest.get(each.trace_id) == (each.version, each.start_time_ns)
        }
        if not standing:
            return []
        bind = Binder()
        spans = _spans_of(project_id, list(standing.values()), bind)
        wanted = f"{spans} AND {_NO_JUDGES}"
        if where is not None:
            wanted += f" AND {span_condition(where, bind, spans)}"
        ids, versions = bind(list(standing), "Array(String)"), [each.version for each in standing.values()]
        version = f"transform(trace_id, {ids}, {bind(versions, 'Array(Int64)')}, toInt64(0))"
        place = (bind(after.position_ns, "Int64"), bind(after.trace_id), bind(after.span_id))
        sql = (
            f"SELECT trace_id, span_id, start_time_ns, {version} AS trace_version\n"
            f"FROM spans FINAL\nWHERE {wanted}\n"
            f"AND (trace_version, trace_id, span_id) > ({', '.join(place)})\n"
            f"ORDER BY trace_version, trace_id, span_id\nLIMIT {limit:d}"
        )
        params = {**range_params(project_id, _hull(list(standing.values()))), **bind.params}
        rows = read_rows(self._engine, sql, params, lane="evaluate")
        return [TargetKey(r["trace_id"], r["span_id"], r["start_time_ns"], r["trace_version"]) for r in rows]

    def _newest_of(
        self, project_id: str, where: Expression | None, candidates: Sequence[_Candidate]
    ) -> dict[str, tuple[int, int]]:
        """(version, start) of those that the filter wants, as they are now."""
        if not candidates:
            return {}
        bind = Binder()
        keys = [(project_id, hour_of(each.start_time_ns), each.trace_id) for each in candidates]
        wanted = (
            f"(project_id, {HOUR_OF_SPAN}, trace_id) IN {bind(keys, 'Array(Tuple(String, Int64, String))')}"
        )
        if where is not None:
            wanted += f"\nAND {trace_condition(where, bind, _spans_of(project_id, candidates, bind))}"
        sql = f"SELECT trace_id, start_time_ns, toInt64(version) AS newest\nFROM traces FINAL\nWHERE {wanted}"
        params = {**range_params(project_id, _hull(candidates)), **bind.params}
        rows = read_rows(self._engine, sql, params, lane="evaluate")
        return {row["trace_id"]: (row["newest"], row["start_time_ns"]) for row in rows}

    def _read_of(
        self, table: str, columns: Sequence[str], times: Mapping[TraceKey, TimeRange], order: str
    ) -> Rows:
        bind = Binder()
        of_traces = _rows_of(times, bind)
        sql = f"SELECT {select_list(columns)}\nFROM {table} FINAL\nWHERE {of_traces}\nORDER BY {order}"
        return read_rows(self._engine, sql, bind.params, lane="evaluate")

    def _read_logs(self, project_id: str, times: Mapping[TraceKey, TimeRange]) -> Rows:
        bind = Binder()
        from_ns = min(during.from_ns for during in times.values()) - _LOGS_BEFORE_NS
        to_ns = max(during.to_ns for during in times.values()) + _LOGS_AFTER_NS
        ids = bind([key.trace_id for key in times], "Array(String)")
        sql = (
            f"SELECT {select_list(LOG_COLUMNS)}\nFROM logs\nWHERE project_id = {bind(project_id)}\n"
            f"AND time_ns >= {bind(from_ns, 'Int64')} AND time_ns < {bind(min(to_ns, INT64_MAX), 'Int64')}\n"
            f"AND trace_id IN {ids}\nORDER BY trace_id, time_ns, log_id\n"
            f"LIMIT 1 BY trace_id, time_ns, log_id\nLIMIT {_LOGS_OF_TRACE_MAX * len(times):d}"
        )
        return read_rows(self._engine, sql, bind.params, lane="evaluate")


def _sampled(rate: float, bind: Binder) -> str:
    """As `spanglass.evaluators.sampling.is_sampled`."""
    bound = sampling_bound(rate)
    return "" if bound >= _ALL else f" AND halfMD5(lower(trace_id)) < {bind(bound, 'UInt64')}"


def _history_condition(
    target_type: TargetType, where: Expression | None, sampling_rate: float, bind: Binder
) -> str:
    wanted = condition_of(where, "spans" if target_type == "span" else "traces", bind)
    apart = f" AND {_NO_JUDGES}" if target_type == "span" else ""
    return f"{wanted}{apart}{_sampled(sampling_rate, bind)}"


def _spans_of(project_id: str, candidates: Sequence[_Candidate], bind: Binder) -> str:
    """No span of a trace starts before the trace, or after its end."""
    times = {
        TraceKey(project_id, each.trace_id): TimeRange(each.start_time_ns, each.end_time_ns + 1)
        for each in candidates
    }
    return _rows_of(times, bind)


def _rows_of(times: Mapping[TraceKey, TimeRange], bind: Binder) -> str:
    """Rows of these traces in `spans` or `traces`, by their sorting key."""
    short = hour_keys((key, during) for key, during in times.items() if is_short(during))
    keys = bind([tuple(key) for key in short], "Array(Tuple(String, Int64, String))")
    conditions = [f"(project_id, {HOUR_OF_SPAN}, trace_id) IN {keys}"] if short else []
    conditions += [
        f"(project_id = {bind(key.project_id)} AND trace_id = {bind(key.trace_id)}"
        f" AND start_time_ns >= {bind(during.from_ns, 'Int64')}"
        f" AND start_time_ns < {bind(during.to_ns, 'Int64')})"
        for key, during in times.items()
        if not is_short(during)
    ]
    return f"({' OR '.join(conditions)})"


def _hull(candidates: Sequence[_Candidate]) -> TimeRange:
    starts = [each.start_time_ns for each in candidates]
    return TimeRange(min(starts), max(starts) + 1)


def _by_trace(rows: Rows) -> dict[str, Rows]:
    """Of rows that are ordered by their trace."""
    return {key: list(found) for key, found in groupby(rows, itemgetter("trace_id"))}
