"""When a rule would have been pending and firing, had it been there: its expression over past time, and the
same alert states as those of an evaluation."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.metrics.runner import Cancellation, QueryRunner
from spanglass_server.model.series import METRIC_NAME, Labels, Series, labels_of
from spanglass_server.promql.parse import parse
from spanglass_server.promql.result import Result
from spanglass_server.rules.lint.tree import metrics_in

STEPS_PER_QUERY: Final = 2_000
EVALUATIONS_MAX: Final = 100_000
FIRINGS_MAX: Final = 1_000
_SERIES_MAX: Final = 10_000
_LOOKS: Final = 500
_LOOK_STEP_MS_MIN: Final = 60_000


class BacktestRule(NamedTuple):
    expression: str
    for_ms: int
    keep_firing_for_ms: int


class Firing(NamedTuple):
    """One stretch in which a label set was pending, and perhaps firing."""

    labels: Labels
    """The expression's, without the metric's name."""
    pending_at_ms: int
    firing_at_ms: int | None
    """None: it never came to fire."""
    resolved_at_ms: int | None
    """None: it went on at the end of the time."""
    max_value: float
    """The highest that the expression gave meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    firings: Sequence[Firing]
    """Those that fired, by their start and labels, at most FIRINGS_MAX."""
    pending_only: Sequence[Firing]
    """Those that went away before `for` was over, as many at most."""
    firing_count: int
    pending_only_count: int
    evaluations: int
    firing_ms: int
    """How long at least one alert would have been firing."""
    warnings: Sequence[str]
    infos: Sequence[str]


def run_backtest(
    runner: QueryRunner,
    project_id: str,
    rule: BacktestRule,
    *,
    from_ms: int,
    to_ms: int,
    step_ms: int,
    cancellation: Cancellation | None = None,
) -> Backtest:
    """Evaluations at from_ms, from_ms + step_ms and so on up to to_ms. Raises QueryInvalid and what the
    runner raises."""
    evaluations = (to_ms - from_ms) // step_ms + 1
    if evaluations > EVALUATIONS_MAX:
        raise QueryInvalid(
            f"a backtest has at most {EVALUATIONS_MAX:,} evaluations, not {evaluations:,}",
            hint="ask for less time, or a longer step",
        )
    watch = _Watch(rule, step_ms, evaluations)
    for start_ms in range(from_ms, to_ms + 1, STEPS_PER_QUERY * step_ms):
        end_ms = min(to_ms, start_ms + (STEPS_PER_QUERY - 1) * step_ms)
        result = runner.run_range(
            project_id,
            rule.expression,
            start_ms=start_ms,
            end_ms=end_ms,
            step_ms=step_ms,
            cancellation=cancellation,
        )
        watch.look(result, start_ms, end_ms, from_ms)
    return watch.conclude(from_ms)


def gaps_of_recorded(
    runner: QueryRunner,
    project_id: str,
    expression: str,
    recorded: Collection[str],
    *,
    from_ms: int,
    to_ms: int,
) -> Sequence[str]:
    """Warnings: which of the recorded series that the expression reads were not there from the beginning on.
    They exist only since their rules are evaluated, so that silence before says nothing."""
    step_ms = max(_LOOK_STEP_MS_MIN, (to_ms - from_ms) // _LOOKS)
    found = []
    for name in sorted(metrics_in(parse(expression)) & set(recorded)):
        result = runner.run_range(
            project_id, f"count({name})", start_ms=from_ms, end_ms=to_ms, step_ms=step_ms
        )
        first_ms = min((int(series.times_ms[0]) for series in result.matrix), default=None)
        if first_ms is None:
            found.append(f"{name} was not recorded in this time: whatever reads it cannot fire")
        elif first_ms - from_ms > 2 * step_ms:
            since = datetime.fromtimestamp(first_ms / 1000, UTC).isoformat(timespec="seconds")
            found.append(f"{name} is recorded only since {since}: before, whatever reads it cannot fire")
    return found


class _Open(NamedTuple):
    pending_at_ms: int
    firing_at_ms: int | None
    last_ms: int
    """When the expression held last."""
    max_value: float


class _Watch:
    """Follows each label set through the chunks of time. Only where its values begin and end is looked at:
    what lies between is a comparison of times."""

    def __init__(self, rule: BacktestRule, step_ms: int, evaluations: int) -> None:
        self._rule = rule
        self._step_ms = step_ms
        self._evaluations = evaluations
        self._open: dict[Labels, _Open] = {}
        self._closed: list[Firing] = []
        self._is_firing = np.zeros(evaluations, np.bool_)
        self._warnings: dict[str, None] = {}
        self._infos: dict[str, None] = {}

    def look(self, result: Result, start_ms: int, end_ms: int, from_ms: int) -> None:
        self._warnings |= dict.fromkeys(result.warnings)
        self._infos |= dict.fromkeys(result.infos)
        seen = _by_alert(result)
        if len(seen.keys() | self._open.keys()) > _SERIES_MAX:
            raise QueryInvalid(f"the expression gives more than {_SERIES_MAX:,} alerts", hint="aggregate it")
        for labels, series in seen.items():
            for first_ms, last_ms, value in self._stretches(series):
                self._hold(labels, first_ms, last_ms, value, from_ms)
        for labels in list(self._open):
            self._end(labels, end_ms, from_ms)

    def _stretches(self, series: Series) -> Iterator[tuple[int, int, float]]:
        """First and last evaluation, and highest value, of each stretch in which it holds at every step."""
        times = series.times_ms
        breaks = np.flatnonzero(np.diff(times) > self._step_ms) + 1
        for part in np.split(np.arange(len(times)), breaks):
            values = series.values[part]
            highest = float(np.nanmax(values)) if not np.isnan(values).all() else float("nan")
            yield int(times[part[0]]), int(times[part[-1]]), highest

    def _hold(self, labels: Labels, first_ms: int, last_ms: int, value: float, from_ms: int) -> None:
        """The expression holds from first to last."""
        self._end(labels, first_ms - self._step_ms, from_ms)
        known = self._open.get(labels)
        pending_at_ms = known.pending_at_ms if known else first_ms
        firing_at_ms = known.firing_at_ms if known else None
        if firing_at_ms is None:
            fires_ms = self._at_or_after(max(first_ms, pending_at_ms + self._rule.for_ms), first_ms)
            firing_at_ms = fires_ms if fires_ms <= last_ms else None
        highest = value if known is None else float(np.fmax(known.max_value, value))
        self._open[labels] = _Open(pending_at_ms, firing_at_ms, last_ms, highest)

    def _end(self, labels: Labels, now_ms: int, from_ms: int) -> None:
        """Nothing was seen since; at `now` it may be over."""
        known = self._open.get(labels)
        if known is None or known.last_ms >= now_ms:
            return
        over_ms = known.last_ms + self._step_ms
        if known.firing_at_ms is not None and self._rule.keep_firing_for_ms:
            over_ms = self._at_or_after(over_ms + self._rule.keep_firing_for_ms, over_ms)
        if over_ms <= now_ms:
            self._close(labels, known, over_ms, from_ms)

    def _at_or_after(self, time_ms: int, slot_ms: int) -> int:
        """The first evaluation not before the time; `slot_ms` is one."""
        return slot_ms + -(-(time_ms - slot_ms) // self._step_ms) * self._step_ms

    def _close(self, labels: Labels, known: _Open, resolved_at_ms: int | None, from_ms: int) -> None:
        del self._open[labels]
        self._closed.append(
            Firing(labels, known.pending_at_ms, known.firing_at_ms, resolved_at_ms, known.max_value)
        )
        if known.firing_at_ms is not None:
            first = (known.firing_at_ms - from_ms) // self._step_ms
            last = None if resolved_at_ms is None else (resolved_at_ms - from_ms) // self._step_ms
            self._is_firing[first:last] = True

    def conclude(self, from_ms: int) -> Backtest:
        for labels, known in list(self._open.items()):
            self._close(labels, known, None, from_ms)
        ordered = sorted(self._closed, key=lambda firing: (firing.pending_at_ms, firing.labels))
        fired = [firing for firing in ordered if firing.firing_at_ms is not None]
        waited = [firing for firing in ordered if firing.firing_at_ms is None]
        return Backtest(
            firings=fired[:FIRINGS_MAX],
            pending_only=waited[:FIRINGS_MAX],
            firing_count=len(fired),
            pending_only_count=len(waited),
            evaluations=self._evaluations,
            firing_ms=int(self._is_firing.sum()) * self._step_ms,
            warnings=list(self._warnings),
            infos=list(self._infos),
        )


def _by_alert(result: Result) -> Mapping[Labels, Series]:
    """By the labels that an alert has. Raises QueryInvalid where two series make the same alert."""
    found: dict[Labels, Series] = {}
    for series in result.matrix:
        labels = labels_of({name: value for name, value in series.labels if name != METRIC_NAME})
        if labels in found:
            raise QueryInvalid("the expression gives two series that differ in their name only")
        found[labels] = series
    return found
