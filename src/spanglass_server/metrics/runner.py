"""Runs expressions for one project over a SeriesReader: the only way from PromQL to stored series."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from spanglass_server.base.errors import QueryInvalid, QueryTooLarge, SpanglassError
from spanglass_server.model.series import Series, SeriesSelection
from spanglass_server.promql.evaluate import evaluate
from spanglass_server.promql.parse import parse
from spanglass_server.promql.plan import LOOKBACK_MS, Plan, make_plan
from spanglass_server.promql.result import Result
from spanglass_server.store.series import SeriesReader


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """Each is a setting: series_per_query_max, samples_per_query_max, query_steps_max, query_timeout_s,
    query_concurrency_max."""

    series_max: int = 50_000
    samples_max: int = 50_000_000
    """Samples in memory at once, as Prometheus counts them."""
    steps_max: int = 11_000
    """Points of one series in a range query; Prometheus' limit."""
    timeout_s: float = 30.0
    concurrency_max: int = 4
    """Evaluations at a time that HTTP asks for; the runner itself does not count."""


class Cancellation:
    """Checked between the parts of an evaluation; `cancel` from any thread ends it with QueryTooLarge, whose
    limit is `cancelled`, or `query_timeout_s` where the time was up first."""

    def __init__(self, *, timeout_s: float) -> None:
        self._deadline_s = time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._is_cancelled = threading.Event()

    @property
    def left_s(self) -> float:
        return max(0.0, self._deadline_s - time.monotonic())

    def cancel(self) -> None:
        self._is_cancelled.set()

    def check(self) -> None:
        if self._is_cancelled.is_set():
            raise QueryTooLarge("the query was cancelled", limit="cancelled")
        if time.monotonic() > self._deadline_s:
            raise QueryTooLarge(
                f"the query took longer than {self._timeout_s:g} s",
                hint="ask for less time, fewer series or a longer step; the limit is query_timeout_s",
                limit="query_timeout_s",
            )


class QueryRunner:
    """Safe to use from many threads. Raises ExpressionInvalid, EvaluationError, QueryTooLarge and what the
    reader raises."""

    def __init__(self, series: SeriesReader, *, limits: QueryLimits | None = None) -> None:
        self._series = series
        self._limits = limits or QueryLimits()

    @property
    def limits(self) -> QueryLimits:
        return self._limits

    def run_instant(
        self,
        project_id: str,
        expression: str,
        *,
        time_ms: int,
        lookback_ms: int = LOOKBACK_MS,
        cancellation: Cancellation | None = None,
    ) -> Result:
        plan = make_plan(
            parse(expression), start_ms=time_ms, end_ms=time_ms, step_ms=0, lookback_ms=lookback_ms
        )
        return self._run(project_id, plan, cancellation)

    def run_range(
        self,
        project_id: str,
        expression: str,
        *,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        lookback_ms: int = LOOKBACK_MS,
        cancellation: Cancellation | None = None,
    ) -> Result:
        """`step_ms` is positive and `start_ms` not after `end_ms`: callers see to it, in their own words."""
        self._check_steps(start_ms, end_ms, step_ms)
        plan = make_plan(
            parse(expression), start_ms=start_ms, end_ms=end_ms, step_ms=step_ms, lookback_ms=lookback_ms
        )
        return self._run(project_id, plan, cancellation)

    def run_instants(
        self,
        project_id: str,
        queries: Sequence[tuple[str, int]],
        *,
        cancellation: Cancellation | None = None,
    ) -> Sequence[Result | SpanglassError]:
        """A round of rules: (expression, time_ms) each; what they read is fetched together. One that fails
        has its error in its place, and the others their results. Storage that is down raises for all."""
        cancellation = cancellation or Cancellation(timeout_s=self._limits.timeout_s)
        plans = [_plan_or_error(expression, time_ms) for expression, time_ms in queries]
        shared = self._fetch_shared(project_id, [plan for plan in plans if isinstance(plan, Plan)])
        return [
            self._run_or_error(project_id, plan, shared, cancellation) if isinstance(plan, Plan) else plan
            for plan in plans
        ]

    def _fetch_shared(
        self, project_id: str, plans: Sequence[Plan]
    ) -> dict[SeriesSelection, Sequence[Series]] | None:
        """What all of them read; None where that is refused as a whole, so that each has to fetch for
        itself and only the guilty fails."""
        selections = list(dict.fromkeys(selection for plan in plans for selection in plan.selections))
        if not selections:
            return {}
        try:
            return dict(zip(selections, self._series.select_many(project_id, selections), strict=True))
        except (QueryTooLarge, QueryInvalid):
            return None

    def _run_or_error(
        self,
        project_id: str,
        plan: Plan,
        shared: dict[SeriesSelection, Sequence[Series]] | None,
        cancellation: Cancellation,
    ) -> Result | SpanglassError:
        try:
            if shared is None:
                return self._run(project_id, plan, cancellation)
            return self._evaluate(plan, [shared[selection] for selection in plan.selections], cancellation)
        except (QueryTooLarge, QueryInvalid) as error:
            return error

    def _run(self, project_id: str, plan: Plan, cancellation: Cancellation | None) -> Result:
        cancellation = cancellation or Cancellation(timeout_s=self._limits.timeout_s)
        cancellation.check()
        data = self._series.select_many(project_id, plan.selections) if plan.selections else ()
        return self._evaluate(plan, data, cancellation)

    def _evaluate(self, plan: Plan, data: Sequence[Sequence[Series]], cancellation: Cancellation) -> Result:
        cancellation.check()
        self._check_size(data)
        return evaluate(plan, data, check=cancellation.check, samples_max=self._limits.samples_max)

    def _check_steps(self, start_ms: int, end_ms: int, step_ms: int) -> None:
        if (end_ms - start_ms) // step_ms > self._limits.steps_max:
            raise QueryTooLarge(
                f"exceeded maximum resolution of {self._limits.steps_max:,} points per timeseries. "
                "Try decreasing the query resolution (?step=XX)",
                hint="the limit is query_steps_max",
                limit="query_steps_max",
            )

    def _check_size(self, data: Sequence[Sequence[Series]]) -> None:
        series_count = sum(len(found) for found in data)
        if series_count > self._limits.series_max:
            raise QueryTooLarge(
                f"the query reads {series_count:,} series, more than {self._limits.series_max:,}",
                hint="narrow its selectors; the limit is series_per_query_max",
                limit="series_per_query_max",
            )
        sample_count = sum(len(series.times_ms) for found in data for series in found)
        if sample_count > self._limits.samples_max:
            raise QueryTooLarge(
                "query processing would load too many samples into memory in query execution "
                f"({sample_count:,}, more than {self._limits.samples_max:,})",
                hint="ask for less time or fewer series; the limit is samples_per_query_max",
                limit="samples_per_query_max",
            )


def _plan_or_error(expression: str, time_ms: int) -> Plan | SpanglassError:
    try:
        return make_plan(parse(expression), start_ms=time_ms, end_ms=time_ms, step_ms=0)
    except QueryInvalid as error:
        return error
