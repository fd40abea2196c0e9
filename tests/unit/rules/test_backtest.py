"""A backtest says what evaluations would have said."""

import random

import pytest
from tests.support.memory_series import MemorySeries

from spanglass_server.base.errors import QueryInvalid
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.model.series import Labels
from spanglass_server.rules import backtest
from spanglass_server.rules.backtest import BacktestRule, run_backtest
from spanglass_server.rules.evaluator import Active, advance_alerts, samples_of
from spanglass_server.rules.files import Rule
from spanglass_server.rules.template import TemplateContext

STEP_MS = 60_000
START_MS = 1_790_000_040_000
CONTEXT = TemplateContext(external_labels={}, external_url="", run_query=lambda _text: [])


def series_of(values: dict[str, list[float | None]]) -> MemorySeries:
    series = MemorySeries()
    for room, points in values.items():
        found = [
            (START_MS + index * STEP_MS, value) for index, value in enumerate(points) if value is not None
        ]
        series.add("p", "heat", {"room": room}, found)
    return series


def test_a_firing_is_told_from_pending_to_resolved() -> None:
    runner = QueryRunner(series_of({"attic": [1, 9, 9, 12, 9, 1, 1]}))
    found = run_backtest(
        runner,
        "p",
        BacktestRule("heat > 5", 120_000, 0),
        from_ms=START_MS,
        to_ms=START_MS + 6 * STEP_MS,
        step_ms=STEP_MS,
    )
    (firing,) = found.firings
    minutes = [
        (at - START_MS) / STEP_MS
        for at in (firing.pending_at_ms, firing.firing_at_ms or 0, firing.resolved_at_ms or 0)
    ]
    assert minutes == [1, 3, 5]
    assert (firing.max_value, dict(firing.labels)) == (12, {"room": "attic"})
    assert (found.firing_count, found.evaluations, found.firing_ms) == (1, 7, 2 * STEP_MS)


def test_what_goes_on_at_the_end_is_not_resolved() -> None:
    runner = QueryRunner(series_of({"attic": [9, 9, 9]}))
    found = run_backtest(
        runner,
        "p",
        BacktestRule("heat > 5", 0, 0),
        from_ms=START_MS,
        to_ms=START_MS + 2 * STEP_MS,
        step_ms=STEP_MS,
    )
    assert [firing.resolved_at_ms for firing in found.firings] == [None]


def test_too_many_evaluations_are_refused() -> None:
    with pytest.raises(QueryInvalid, match="at most"):
        run_backtest(
            QueryRunner(MemorySeries()), "p", BacktestRule("a", 0, 0), from_ms=0, to_ms=10**12, step_ms=1_000
        )


@pytest.mark.parametrize("seed", range(30))
def test_it_agrees_with_evaluating_step_by_step(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    monkeypatch.setattr(backtest, "STEPS_PER_QUERY", chance.choice((3, 7, 50)))
    rule = BacktestRule(
        "last_over_time(heat[30s]) > 5",
        chance.choice((0, 60_000, 90_000, 180_000)),
        chance.choice((0, 60_000, 150_000)),
    )
    runner = QueryRunner(series_of({room: _weather(chance) for room in "abc"}))
    found = run_backtest(runner, "p", rule, from_ms=START_MS, to_ms=START_MS + 59 * STEP_MS, step_ms=STEP_MS)
    told = sorted((f.labels, f.pending_at_ms, f.firing_at_ms, f.resolved_at_ms) for f in found.firings)
    assert told == sorted(_step_by_step(runner, rule))


def _weather(chance: random.Random) -> list[float | None]:
    values: list[float | None] = []
    while len(values) < 60:
        values += [chance.choice((1.0, 9.0, 9.0, None))] * chance.randint(1, 6)
    return values[:60]


def _step_by_step(
    runner: QueryRunner, tested: BacktestRule
) -> list[tuple[Labels, int, int | None, int | None]]:
    rule = Rule(
        kind="alerting",
        name="A",
        expression=tested.expression,
        for_ms=tested.for_ms,
        keep_firing_for_ms=tested.keep_firing_for_ms,
        labels=(),
        annotations=(),
        line=1,
        expression_line=1,
    )
    active: Active = {}
    seen: dict[tuple[Labels, int], tuple[int, int | None]] = {}
    for time_ms in range(START_MS, START_MS + 60 * STEP_MS, STEP_MS):
        samples = samples_of(runner.run_instant("p", tested.expression, time_ms=time_ms))
        active = advance_alerts(rule, active, samples, time_ms=time_ms, limit=0, context=CONTEXT)
        for alert in active.values():
            if alert.fired_at_ms:
                labels = tuple(pair for pair in alert.labels if pair[0] != "alertname")
                seen[labels, alert.active_at_ms] = (alert.fired_at_ms, alert.resolved_at_ms or None)
    return [(labels, since, *rest) for (labels, since), rest in seen.items()]
