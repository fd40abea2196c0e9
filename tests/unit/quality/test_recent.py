"""The one number of how good answers were lately."""

from collections.abc import Sequence

import pytest
from tests.support.definitions import SteppingClock, a_definition

from spanglass_server.model.score_statistics import ScoreGroup, ScoreSums, alike
from spanglass_server.quality.recent import RecentQualities
from spanglass_server.store.score_statistics import ScoreBreakdown, ScoreScope


class Sums:
    def __init__(self, *rows: ScoreSums) -> None:
        self.rows = rows
        self.reads = 0

    def sum_scores(
        self, project_id: str, scope: ScoreScope, breakdown: ScoreBreakdown
    ) -> Sequence[ScoreSums]:
        self.reads += 1
        assert scope.evaluator_ids == ["e1"]
        return self.rows


def sums(units: int, quality: float | None, *, rate: float = 1.0) -> ScoreSums:
    known = alike(rate, units if quality is not None else 0, mean=quality or 0.0)
    every = alike(rate, units)
    return ScoreSums(ScoreGroup("s", "numeric", "relevant", "", 0), units, every, every, known, ())


def recent(*rows: ScoreSums) -> tuple[float | None, int]:
    qualities = RecentQualities(Sums(*rows), clock=SteppingClock())  # type: ignore[arg-type]  # reads sums only
    found = qualities.of("default", [a_definition()])["relevant"]
    return found.mean, found.score_count


def test_scores_weigh_as_much_as_the_traces_that_they_stand_for() -> None:
    mean, count = recent(sums(10, 1.0, rate=1.0), sums(10, 0.0, rate=0.1))
    assert mean == pytest.approx(10 / 110)
    assert count == 20


def test_what_says_nothing_of_quality_has_no_mean() -> None:
    assert recent(sums(3, None)) == (None, 3)


def test_looking_often_reads_seldom() -> None:
    clock, stored = SteppingClock(), Sums(sums(1, 0.5))
    qualities = RecentQualities(stored, clock=clock)  # type: ignore[arg-type]  # reads sums only
    for _ in range(5):
        qualities.of("default", [a_definition()])
    assert stored.reads == 1
    clock.advance_s(60)
    qualities.of("default", [a_definition()])
    assert stored.reads == 2
    assert qualities.of("other", []) == {}
