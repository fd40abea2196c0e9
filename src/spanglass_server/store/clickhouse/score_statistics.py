"""Sums of many scores (`store.score_statistics.ScoreStatisticsReader`) on ClickHouse."""

from collections.abc import Mapping, Sequence
from typing import Any

from spanglass_server.model.score_statistics import (
    Moments,
    ScoreGroup,
    ScoreName,
    ScorePair,
    ScoreSums,
    alike,
)
from spanglass_server.store.clickhouse import score_statistics_sql as sql
from spanglass_server.store.clickhouse.compile_fields import Binder
from spanglass_server.store.clickhouse.engine import Engine
from spanglass_server.store.clickhouse.reader_rows import read_rows
from spanglass_server.store.score_statistics import (
    GroupQuantiles,
    HistogramBin,
    PairQuery,
    QuantileQuery,
    ScoreBreakdown,
    ScoreScope,
)


class ClickHouseScoreStatistics:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_names(self, project_id: str, scope: ScoreScope) -> Sequence[ScoreName]:
        bind = Binder()
        return [
            ScoreName(
                name=row["name"],
                data_type=row["data_type"],
                scores=row["count"],
                sources=row["sources"],
                evaluators=tuple(tuple(evaluator.values()) for evaluator in row["evaluators"]),
                authors=row["authors"],
                config_id=row["config_id"],
                last_ns=row["last_ns"],
            )
            for row in self._read(project_id, scope, sql.names_sql(scope, bind), bind)
        ]

    def sum_scores(
        self, project_id: str, scope: ScoreScope, breakdown: ScoreBreakdown
    ) -> Sequence[ScoreSums]:
        bind = Binder()
        rows = self._read(project_id, scope, sql.single_sums_sql(scope, breakdown, bind), bind)
        if all(row["scores"] == row["units"] for row in rows):
            return [_sums_of_singles(row) for row in rows]
        bind = Binder()
        rows = self._read(project_id, scope, sql.unit_sums_sql(scope, breakdown, bind), bind)
        return [_sums_of_units(row, len(breakdown.categories)) for row in rows]

    def list_categories(self, project_id: str, scope: ScoreScope, *, limit: int) -> Sequence[tuple[str, int]]:
        bind = Binder()
        rows = self._read(project_id, scope, sql.categories_sql(scope, limit, bind), bind)
        return [(row["category"], row["count"]) for row in rows]

    def find_quantiles(
        self, project_id: str, scope: ScoreScope, query: QuantileQuery
    ) -> Sequence[GroupQuantiles]:
        bind = Binder()
        rows = self._read(project_id, scope, sql.quantiles_sql(scope, query, bind), bind)
        return [GroupQuantiles(row["grp"], row["version"], row["quantiles"]) for row in rows]

    def find_extent(self, project_id: str, scope: ScoreScope) -> tuple[float, float] | None:
        bind = Binder()
        row = self._read(project_id, scope, sql.extent_sql(scope, bind), bind)[0]
        return None if row["least"] is None else (row["least"], row["greatest"])

    def count_bins(
        self, project_id: str, scope: ScoreScope, *, first: float, width: float, bins: int
    ) -> Sequence[HistogramBin]:
        bind = Binder()
        statement = sql.bins_sql(scope, first=first, width=width, bins=bins, bind=bind)
        rows = self._read(project_id, scope, statement, bind)
        return [HistogramBin(row["number"], row["count"], row["weight"]) for row in rows]

    def list_pairs(self, project_id: str, query: PairQuery, *, limit: int) -> Sequence[ScorePair]:
        bind = Binder()
        rows = self._read(project_id, query.first, sql.pairs_sql(query, limit, bind), bind)
        return [_pair_of(row) for row in rows]

    def _read(
        self, project_id: str, scope: ScoreScope, statement: str, bind: Binder
    ) -> Sequence[Mapping[str, Any]]:
        return read_rows(self._engine, statement, {**sql.trace_params(project_id, scope), **bind.params})


def _sums_of_singles(row: Mapping[str, Any]) -> ScoreSums:
    rate, categorized = row["rate"], row["n_categories"]
    value, quality = (
        alike(rate, row[f"n_{x}"], mean=row[f"mean_{x}"], variance=row[f"var_{x}"])
        for x in ("value", "quality")
    )
    held = [number / categorized if categorized else 0.0 for number in row["categories"]]
    shares = tuple(alike(rate, categorized, mean=share, variance=share * (1 - share)) for share in held)
    return ScoreSums(_group_of(row), row["scores"], alike(rate, row["units"]), value, quality, shares)


def _sums_of_units(row: Mapping[str, Any], categories: int) -> ScoreSums:
    rate = row["rate"]
    value, quality, *shares = (_moments(rate, row[f"m{place}"]) for place in range(2 + categories))
    units = alike(rate, row["units"])
    return ScoreSums(_group_of(row), row["scores"], units, value, quality, tuple(shares))


def _moments(rate: float, numbers: Sequence[float]) -> Moments:
    """The order of score_statistics_sql._moments."""
    units, *sums = numbers
    return Moments(rate, int(units), *sums)


def _group_of(row: Mapping[str, Any]) -> ScoreGroup:
    return ScoreGroup(row["name"], row["data_type"], row["grp"], row["version"], row["bucket"])


def _pair_of(row: Mapping[str, Any]) -> ScorePair:
    return ScorePair(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        session_id=row["session_id"],
        first=row["first_value"],
        second=row["second_value"],
        first_quality=row["first_quality"],
        second_quality=row["second_quality"],
        first_label=row["first_label"],
        second_label=row["second_label"],
        first_comment=row["first_comment"],
        second_comment=row["second_comment"],
        time_ns=row["at_ns"],
    )
