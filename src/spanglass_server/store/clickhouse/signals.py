"""The lower half of the overview (`store.signals.SignalReader`) on ClickHouse."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from spanglass_server.query.ast import Expression
from spanglass_server.store.clickhouse import signals_sql as sql
from spanglass_server.store.clickhouse.call_statistics import call_params
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine, Lane, Parameter
from spanglass_server.store.clickhouse.reader_lists import range_params
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.signals import (
    ERROR_TYPES_MAX,
    MOVER_DIMENSIONS,
    RELEASE_LOOKBACK_NS,
    RELEASES_MAX,
    ErrorGroup,
    Errors,
    HeatCell,
    HeatOf,
    MoverGroup,
    MoverSums,
    Observed,
    Release,
    SpanDefects,
)

_LONG_NS: Final = 8 * 86_400 * 1_000_000_000
_PART: Final = "\x1f"


class ClickHouseSignals:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_heat(
        self, project_id: str, during: TimeRange, where: Expression | None, *, of: HeatOf, bucket_ns: int
    ) -> Sequence[HeatCell]:
        bind = Binder()
        rows = self._read(sql.heat(where, bind, of, bucket_ns), call_params(project_id, during), during, bind)
        return [_heat_cell(row) for row in rows]

    def list_errors(
        self, project_id: str, during: TimeRange, where: Expression | None, *, before: TimeRange | None
    ) -> Errors:
        bind = Binder()
        both = during if before is None else _spanning(during, before)
        params = {**call_params(project_id, both), **_periods(during, before)}
        rows = self._read(sql.errors(where, bind, ERROR_TYPES_MAX), params, both, bind)
        total = next((row for row in rows if row["is_total"]), None)
        groups = [_error_group(row) for row in rows if not row["is_total"]]
        if total is None:
            return Errors(0, 0, [], is_cut=False)
        return Errors(
            total["traces_now"],
            total["traces_before"],
            groups[:ERROR_TYPES_MAX],
            is_cut=len(groups) > ERROR_TYPES_MAX,
        )

    def list_mover_groups(
        self, project_id: str, during: TimeRange, where: Expression | None, *, before: TimeRange
    ) -> Sequence[MoverGroup]:
        both = _spanning(during, before)
        params = {**call_params(project_id, both), **_periods(during, before)}
        bind = Binder()
        slow = self._read(sql.usual_p95(where, bind), params, both, bind)
        params["slow_ns"] = int(slow[0]["p95"])
        bind = Binder()
        rows = self._read(sql.movers(where, bind), params, both, bind)
        groups = [_mover_group(row) for row in rows]
        return sorted(groups, key=lambda group: group.dimension is not None)

    def list_releases(
        self, project_id: str, during: TimeRange, where: Expression | None
    ) -> Sequence[Release]:
        looked = TimeRange(max(0, during.from_ns - RELEASE_LOOKBACK_NS), during.to_ns)
        params = {**range_params(project_id, looked), "began_ns": max(0, during.from_ns)}
        bind = Binder()
        rows = self._read(sql.releases(where, bind, RELEASES_MAX), params, looked, bind)
        new = [row for row in rows if row["first_ns"] >= during.from_ns]
        bind = Binder()
        asked = [(row["release"], row["service"], row["environment"], row["first_ns"]) for row in new]
        statement = sql.before_releases(where, bind, asked)
        found = self._read(statement, params, looked, bind) if asked else []
        before = {
            (row["release"], row["service"], row["environment"]): (row["traces"], row["errors"])
            for row in found
        }
        return [_release(row, before) for row in rows]

    def count_defects(self, project_id: str, during: TimeRange, where: Expression | None) -> SpanDefects:
        params = call_params(project_id, during)
        counted: dict[str, Any] = {}
        for statement in (sql.defects, sql.warnings, sql.orphans):
            bind = Binder()
            rows = self._read(statement(where, bind), params, during, bind)
            counted |= rows[0]
        bind = Binder()
        counted |= self._read(sql.unscored(where, bind), range_params(project_id, during), during, bind)[0]
        return SpanDefects(**counted)

    def _read(
        self, statement: str, params: Mapping[str, Parameter], during: TimeRange, bind: Binder
    ) -> list[Mapping[str, Any]]:
        lane: Lane = "long" if during.to_ns - during.from_ns > _LONG_NS else "read"
        return read_rows(self._engine, statement, {**params, **bind.params}, lane=lane)


def _spanning(one: TimeRange, other: TimeRange) -> TimeRange:
    return TimeRange(min(one.from_ns, other.from_ns), max(one.to_ns, other.to_ns))


def _periods(during: TimeRange, before: TimeRange | None) -> dict[str, Parameter]:
    """Without an earlier period, one in which nothing starts."""
    earlier = before or TimeRange(0, 0)
    return {
        "now_from": max(0, during.from_ns),
        "now_to": during.to_ns,
        "before_from": max(0, earlier.from_ns),
        "before_to": earlier.to_ns,
    }


def _heat_cell(row: Mapping[str, Any]) -> HeatCell:
    trace_id, span_id, start_ns, duration_ns = row["example"].values()
    return HeatCell(
        row["bucket"],
        int(row["low"]),
        row["count"],
        row["error_count"],
        trace_id,
        span_id,
        start_ns,
        duration_ns,
        is_error=row["error_count"] > 0,
    )


def _error_group(row: Mapping[str, Any]) -> ErrorGroup:
    last_ns, message, trace_id, span_id = row["last"].values() if row["spans_now"] else (0, "", "", "")
    return ErrorGroup(
        row["error_type"],
        row["spans_now"],
        row["traces_now"],
        row["spans_before"],
        row["traces_before"],
        last_ns,
        message,
        trace_id,
        span_id,
        dict(row["models"]),
        dict(row["services"]),
    )


def _mover_group(row: Mapping[str, Any]) -> MoverGroup:
    place = int(row["place"])
    dimension = MOVER_DIMENSIONS[place] if place < len(MOVER_DIMENSIONS) else None
    values = tuple(row["value"].split(_PART)) if dimension else ()
    return MoverGroup(dimension, values, _mover_sums(row, "now"), _mover_sums(row, "before"))


def _mover_sums(row: Mapping[str, Any], period: str) -> MoverSums:
    calls = row[f"calls_{period}"]
    return MoverSums(
        calls,
        row[f"errors_{period}"],
        row[f"slow_{period}"],
        row[f"p95_{period}"] if calls else None,
        Observed(*row[f"cost_{period}"].values()),
        Observed(*row[f"tokens_{period}"].values()),
    )


def _release(row: Mapping[str, Any], before: Mapping[tuple[str, str, str], tuple[int, int]]) -> Release:
    key = (row["release"], row["service"], row["environment"])
    return Release(
        *key, row["first_ns"], row["last_ns"], row["traces"], row["errors"], *before.get(key, (0, 0))
    )
