"""Expressions run over stored series: within limits, a round of them with one read, none spoiling others."""

import time
from typing import Any

import pytest
from tests.support.memory_series import MemorySeries

from spanglass_server.base.errors import QueryTooLarge, StorageUnavailable
from spanglass_server.metrics.runner import Cancellation, QueryLimits, QueryRunner
from spanglass_server.promql.errors import EvaluationError, ExpressionInvalid
from spanglass_server.promql.result import Result

NOW_MS = 1_790_000_000_000
PROJECT = "p"


@pytest.fixture
def series() -> MemorySeries:
    found = MemorySeries()
    for shop in ("a", "b"):
        found.add(
            PROJECT, "queue", {"shop": shop}, [(NOW_MS - ago * 1_000, ago) for ago in range(0, 600, 15)]
        )
    return found


class Refusing(MemorySeries):
    """Refuses reads of one metric, alone or among others."""

    def select_many(self, project_id: str, selections: Any) -> Any:
        for selection in selections:
            if any(matcher.value == "huge" for matcher in selection.matchers):
                raise QueryTooLarge("too many", limit="series_per_query_max")
        return super().select_many(project_id, selections)


def vector(result: Any) -> dict[Any, float]:
    assert isinstance(result, Result), result
    return {sample.labels: sample.value for sample in result.vector}


def test_a_round_reads_once_and_answers_in_order(series: MemorySeries) -> None:
    queries = [
        ("sum(queue)", NOW_MS),
        ("count(queue)", NOW_MS),
        ("sum(queue)", NOW_MS - 30_000),
        ("7", NOW_MS),
    ]
    results = QueryRunner(series).run_instants(PROJECT, queries)
    assert series.read_count == 1
    assert [vector(result) for result in results[:3]] == [{(): 0.0}, {(): 2.0}, {(): 60.0}]
    assert isinstance(results[3], Result)
    assert results[3].scalar == 7


def test_one_that_fails_has_its_error_in_its_place(series: MemorySeries) -> None:
    queries = [("sum(", NOW_MS), ("sum(queue)", NOW_MS), ("queue + on () queue", NOW_MS)]
    broken, fine, mismatched = QueryRunner(series).run_instants(PROJECT, queries)
    assert isinstance(broken, ExpressionInvalid)
    assert vector(fine) == {(): 0.0}
    assert isinstance(mismatched, EvaluationError)


def test_one_that_reads_too_much_does_not_fail_the_others() -> None:
    series = Refusing()
    series.add(PROJECT, "queue", {}, [(NOW_MS, 3)])
    refused, fine = QueryRunner(series).run_instants(PROJECT, [("huge", NOW_MS), ("queue", NOW_MS)])
    assert isinstance(refused, QueryTooLarge)
    assert vector(fine) == {(("__name__", "queue"),): 3.0}


def test_storage_that_is_down_fails_the_round(series: MemorySeries) -> None:
    series.failure = StorageUnavailable("gone")
    with pytest.raises(StorageUnavailable):
        QueryRunner(series).run_instants(PROJECT, [("queue", NOW_MS)])
    series.failure = None
    assert QueryRunner(series).run_instants(PROJECT, []) == []


def test_a_round_that_is_cancelled_tells_it_of_each(series: MemorySeries) -> None:
    cancellation = Cancellation(timeout_s=60)
    cancellation.cancel()
    results = QueryRunner(series).run_instants(PROJECT, [("queue", NOW_MS)] * 2, cancellation=cancellation)
    assert [getattr(result, "limit", None) for result in results] == ["cancelled"] * 2


@pytest.mark.parametrize(
    "expression", ["queue", "sum_over_time(queue[1m])", "max_over_time(queue[1m:15s])", "queue @ end()"]
)
def test_the_last_step_of_a_range_may_lie_before_its_end(series: MemorySeries, expression: str) -> None:
    result = QueryRunner(series).run_range(
        PROJECT, expression, start_ms=NOW_MS - 100_000, end_ms=NOW_MS, step_ms=7_000
    )
    times = [int(time_ms) - NOW_MS for time_ms in result.matrix[0].times_ms]
    assert times == list(range(-100_000, 0, 7_000))


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (QueryLimits(series_max=1), "series_per_query_max"),
        (QueryLimits(samples_max=20), "samples_per_query_max"),
        (QueryLimits(timeout_s=0), "query_timeout_s"),
        (QueryLimits(steps_max=10), "query_steps_max"),
    ],
)
def test_each_limit_is_told_by_its_setting(series: MemorySeries, limits: QueryLimits, limit: str) -> None:
    with pytest.raises(QueryTooLarge) as caught:
        QueryRunner(series, limits=limits).run_range(
            PROJECT, "queue", start_ms=NOW_MS - 300_000, end_ms=NOW_MS, step_ms=15_000
        )
    assert caught.value.limit == limit
    assert limit in caught.value.message + caught.value.hint


def test_a_cancelled_evaluation_ends_between_its_parts(series: MemorySeries) -> None:
    cancellation = Cancellation(timeout_s=60)

    class Leaving(MemorySeries):
        """Its client goes away while it reads."""

        def select_many(self, project_id: str, selections: Any) -> Any:
            cancellation.cancel()
            return series.select_many(project_id, selections)

    with pytest.raises(QueryTooLarge) as caught:
        QueryRunner(Leaving()).run_instant(PROJECT, "queue", time_ms=NOW_MS, cancellation=cancellation)
    assert caught.value.limit == "cancelled"


def test_projects_do_not_see_each_other(series: MemorySeries) -> None:
    assert QueryRunner(series).run_instant("other", "queue", time_ms=NOW_MS).vector == []


def test_a_heavy_expression_ends_soon_after_its_time() -> None:
    series = MemorySeries()
    points = [(NOW_MS - ago * 1_000, 1.0) for ago in range(0, 7_200, 5)]
    for shop in range(50):
        series.add(PROJECT, "queue", {"shop": str(shop)}, points)
    runner = QueryRunner(series, limits=QueryLimits(timeout_s=0.1))
    started_s = time.monotonic()
    with pytest.raises(QueryTooLarge):
        runner.run_range(
            PROJECT,
            "quantile_over_time(0.5, queue[1h])",
            start_ms=NOW_MS - 3_600_000,
            end_ms=NOW_MS,
            step_ms=1_000,
        )
    assert time.monotonic() - started_s < 8
