"""How good what evaluators judged lately was: one number beside each in a list."""

import threading
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.base.clock import Clock
from spanglass_server.model.evaluation import EvaluatorDefinition
from spanglass_server.store.ports import TimeRange
from spanglass_server.store.score_statistics import ScoreBreakdown, ScoreScope, ScoreStatisticsReader

_DAY_NS: Final = 86_400 * 1_000_000_000
_KNOWN_NS: Final = 10_000_000_000
"""Lists are looked at every few seconds by everybody who has one open."""
_PROJECTS_MAX: Final = 500


class RecentQuality(NamedTuple):
    """Of the last 24 hours."""

    mean: float | None
    """Quality, each score weighed by its sampling rate; None where none has one."""
    score_count: int


NOTHING_RECENT: Final = RecentQuality(None, 0)


class RecentQualities:
    """Safe from many threads."""

    def __init__(self, statistics: ScoreStatisticsReader, *, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, Mapping[str, RecentQuality]]] = {}

    def of(self, project_id: str, evaluators: Sequence[EvaluatorDefinition]) -> Mapping[str, RecentQuality]:
        """By the evaluator's name; without those that scored nothing. A few seconds old."""
        now_ns = self._clock()
        with self._lock:
            known = self._known.get(project_id)
        if known is not None and 0 <= now_ns - known[0] < _KNOWN_NS:
            return known[1]
        found = self._read(project_id, [each.id for each in evaluators], now_ns) if evaluators else {}
        with self._lock:
            if len(self._known) >= _PROJECTS_MAX:
                self._known.clear()
            self._known[project_id] = now_ns, found
        return found

    def _read(
        self, project_id: str, evaluator_ids: Sequence[str], now_ns: int
    ) -> Mapping[str, RecentQuality]:
        scope = ScoreScope(TimeRange(now_ns - _DAY_NS, now_ns + 1), evaluator_ids=evaluator_ids)
        counts: dict[str, int] = {}
        sums: dict[str, tuple[float, float]] = {}
        for row in self._statistics.sum_scores(project_id, scope, ScoreBreakdown(group_by="evaluator")):
            name, quality = row.group.group, row.quality
            counts[name] = counts.get(name, 0) + row.scores
            if quality.units:
                total, weight = sums.get(name, (0.0, 0.0))
                sums[name] = (
                    total + quality.units * quality.s_mean / quality.rate,
                    weight + quality.n1 / quality.rate,
                )
        return {
            name: RecentQuality(sums[name][0] / sums[name][1] if sums.get(name, (0, 0))[1] else None, count)
            for name, count in counts.items()
        }
