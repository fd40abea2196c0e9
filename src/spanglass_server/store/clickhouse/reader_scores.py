"""Scores read: see store/ports.py, ScoreReader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from spanglass_server.base.limits import SCORES_OF_TRACE_MAX
from spanglass_server.model.score import Score
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Parameter
from spanglass_server.store.clickhouse.keys import hour_of
from spanglass_server.store.clickhouse.reader_lists import HOUR_NS, INT64_MAX, newest_first
from spanglass_server.store.clickhouse.reader_rows import read_rows, read_table, select_list
from spanglass_server.store.clickhouse.rows import SCORES
from spanglass_server.store.clickhouse.score_keys import HOUR_OF_SCORE, Kind, ScoreKey, find_score_hours
from spanglass_server.store.ports import Comparison, ScoreQuery, TimeRange

_LISTS: Final = {
    "score_ids": "score_id",
    "names": "name",
    "trace_ids": "trace_id",
    "span_ids": "span_id",
    "session_ids": "session_id",
    "dataset_run_ids": "dataset_run_id",
    "data_types": "data_type",
    "sources": "source",
    "environments": "environment",
    "config_ids": "config_id",
    "queue_ids": "queue_id",
    "authors": "author",
    "string_values": "string_value",
}
"""Fields of ScoreQuery that hold what a column may be."""

_KEYED: Final[Mapping[str, Kind]] = {
    "score_ids": "i", "trace_ids": "t", "session_ids": "s", "dataset_run_ids": "r",
}  # fmt: skip
"""Those of them whose hours are known, the most selective first."""

_OPERATORS: Final[Mapping[Comparison, str]] = {
    "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_COLUMNS: Final = select_list(SCORES.columns)


class ClickHouseScoreReader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_scores(
        self, project_id: str, query: ScoreQuery, *, limit: int, offset: int = 0
    ) -> Sequence[Score]:
        if offset or any(getattr(query, field) for field in _KEYED):
            return self._read_list(project_id, query, limit, offset)
        found: list[Score] = []
        for window in newest_first(_bounded(query.during), HOUR_NS):
            found += self._read_list(project_id, query._replace(during=window), limit - len(found), 0)
            if len(found) >= limit:
                break
        return found

    def _read_list(self, project_id: str, query: ScoreQuery, limit: int, offset: int) -> list[Score]:
        bind = Binder()
        condition = self._condition(project_id, query, bind)
        if condition is None:
            return []
        return self._read(
            f"{condition}\nORDER BY time_ns DESC, score_id DESC\nLIMIT {limit:d} OFFSET {offset:d}", bind
        )

    def count_scores(self, project_id: str, query: ScoreQuery) -> int:
        bind = Binder()
        condition = self._condition(project_id, query, bind)
        if condition is None:
            return 0
        sql = f"SELECT toInt64(count()) AS n FROM scores FINAL\nWHERE {condition}"
        return int(read_rows(self._engine, sql, bind.params)[0]["n"])

    def list_scores_of(self, project_id: str, trace_ids: Sequence[str]) -> Mapping[str, Sequence[Score]]:
        keys = [ScoreKey(project_id, "t", trace_id) for trace_id in dict.fromkeys(trace_ids) if trace_id]
        hours = find_score_hours(self._engine, keys, lane="read")
        found: dict[str, list[Score]] = {}
        if hours:
            bind = Binder()
            places = bind([(hour, key.id) for key, hour in hours], "Array(Tuple(Int64, String))")
            of_traces = (
                f"project_id = {bind(project_id)} AND ({HOUR_OF_SCORE}, trace_id) IN {places}\n"
                f"ORDER BY time_ns DESC, score_id DESC\nLIMIT {SCORES_OF_TRACE_MAX:d} BY trace_id"
            )
            for score in reversed(self._read(of_traces, bind)):
                found.setdefault(score.trace_id, []).append(score)
        return found

    def find_scores(self, project_id: str, score_ids: Sequence[str]) -> Mapping[str, Score]:
        keys = [ScoreKey(project_id, "i", score_id) for score_id in dict.fromkeys(score_ids)]
        hours = find_score_hours(self._engine, keys, lane="read")
        if not hours:
            return {}
        bind = Binder()
        of_ids = (
            f"project_id = {bind(project_id)} AND {_in_hours([hour for _, hour in hours], bind)}"
            f" AND score_id IN {bind([key.id for key in keys], 'Array(String)')}\nORDER BY version"
        )
        return {score.score_id: score for score in self._read(of_ids, bind)}

    def list_unplaced(self, project_ids: Sequence[str], during: TimeRange, *, limit: int) -> Sequence[Score]:
        from_ns, to_ns = _bounded(during)
        bind = Binder()
        projects = bind(list(project_ids), "Array(String)")
        return self._read(
            f"project_id IN {projects} AND {HOUR_OF_SCORE} >= {bind(hour_of(from_ns), 'Int64')}"
            f" AND time_ns >= {bind(from_ns, 'Int64')} AND time_ns < {bind(to_ns, 'Int64')}\n"
            "AND trace_id = '' AND session_id = '' AND dataset_run_id = ''\n"
            f"ORDER BY time_ns DESC, score_id DESC\nLIMIT {limit:d}",
            bind,
        )

    def _read(self, rest: str, bind: Binder) -> list[Score]:
        sql = f"SELECT {_COLUMNS}\nFROM scores FINAL\nWHERE {rest}"
        return SCORES.from_table(read_table(self._engine, sql, bind.params))

    def _condition(self, project_id: str, query: ScoreQuery, bind: Binder) -> str | None:
        """None where nothing can match."""
        from_ns, to_ns = _bounded(query.during)
        parts = [
            f"project_id = {bind(project_id)}"
            f" AND time_ns >= {bind(from_ns, 'Int64')} AND time_ns < {bind(to_ns, 'Int64')}"
        ]
        keyed = next((field for field in _KEYED if getattr(query, field)), None)
        if keyed is not None:
            keys = [ScoreKey(project_id, _KEYED[keyed], value) for value in getattr(query, keyed)]
            hours = _hours_within(query.during, find_score_hours(self._engine, keys, lane="read"))
            if not hours:
                return None
            parts.append(_in_hours(hours, bind))
        parts.extend(_narrowed(query, bind))
        return "\nAND ".join(parts)


def _bounded(during: TimeRange) -> TimeRange:
    return TimeRange(*(min(max(0, edge), INT64_MAX) for edge in during))


def _hours_within(during: TimeRange, hours: Sequence[tuple[ScoreKey, int]]) -> list[int]:
    first, last = hour_of(during.from_ns), hour_of(during.to_ns - 1)
    return sorted({hour for _, hour in hours if first <= hour <= last})


def _in_hours(hours: Sequence[int], bind: Binder) -> str:
    return f"{HOUR_OF_SCORE} IN {bind(list(hours), 'Array(Int64)')}"


def _narrowed(query: ScoreQuery, bind: Binder) -> Iterator[str]:
    for field, column in _LISTS.items():
        values: Sequence[Parameter] = getattr(query, field)
        if values:
            yield f"{column} IN {bind(list(values), 'Array(String)')}"
    if query.value_min is not None:
        yield f"value >= {bind(query.value_min, 'Float64')}"
    if query.value_max is not None:
        yield f"value <= {bind(query.value_max, 'Float64')}"
    if query.value_compared is not None:
        operator, number = query.value_compared
        yield f"value {_OPERATORS[operator]} {bind(number, 'Float64')}"
    if query.values:
        yield f"value IN {bind(list(query.values), 'Array(Float64)')}"
    if query.is_of_trace:
        yield "trace_id != ''"
    if query.before is not None:
        time_ns, score_id = query.before
        yield f"(time_ns, score_id) < ({bind(time_ns, 'Int64')}, {bind(score_id)})"
