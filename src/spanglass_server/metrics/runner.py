"""Runs expressions for one project over a SeriesReader: the only way from PromQL to stored series."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from spanglass_server.base.errors import QueryTooLarge, SpanglassError
from spanglass_server.promql.result import Result
from spanglass_server.store.series import SeriesReader


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    series_max: int = 50_000
    samples_max: int = 50_000_000
    """Samples in memory at once, as Prometheus counts them."""
    steps_max: int = 11_000
    """Points of one series in a range query; Prometheus' limit."""
    timeout_s: float = 30.0


class Cancellation:
    """Checked between the parts of an evaluation; `cancel` from any thread ends it with QueryTooLarge
    (`query_timeout_s`) or, where the caller went away, with Cancelled."""

    def __init__(self, *, timeout_s: float) -> None:
        self._deadline_s = time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._is_cancelled = threading.Event()

    def cancel(self) -> None:
        self._is_cancelled.set()

    def check(self) -> None:
        if self._is_cancelled.is_set():
            raise QueryTooLarge("the query was cancelled", limit="cancelled")
        if time.monotonic() > self._deadline_s:
            raise QueryTooLarge(
                f"the query took longer than {self._timeout_s:g} s",
                hint="ask for less time, fewer series or a longer step",
                limit="query_timeout_s",
            )


class QueryRunner:
    """Safe to use from many threads. Raises ExpressionInvalid, EvaluationError, QueryTooLarge and what the
    reader raises."""

    def __init__(self, series: SeriesReader, *, limits: QueryLimits | None = None) -> None:
        self._series = series
        self._limits = limits or QueryLimits()

    def run_instant(
        self, project_id: str, expression: str, *, time_ms: int, cancellation: Cancellation | None = None
    ) -> Result:
        raise NotImplementedError

    def run_range(
        self,
        project_id: str,
        expression: str,
        *,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        cancellation: Cancellation | None = None,
    ) -> Result:
        raise NotImplementedError

    def run_instants(
        self,
        project_id: str,
        queries: Sequence[tuple[str, int]],
        *,
        cancellation: Cancellation | None = None,
    ) -> Sequence[Result | SpanglassError]:
        """A round of rules: (expression, time_ms) each; what they read is fetched together. One that fails
        has its error in its place, and the others their results. Storage that is down raises for all."""
        raise NotImplementedError
