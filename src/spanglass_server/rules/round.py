"""One round: all groups of a project that are due, stage by stage, so that what they read is read once."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.base.errors import Busy, QueryTooLarge, SpanglassError
from spanglass_server.metrics.runner import QueryRunner
from spanglass_server.promql.result import Result, Sample
from spanglass_server.rules.evaluator import samples_of
from spanglass_server.rules.group import AlertOrigin, RunningGroup, RunningRule, series_of
from spanglass_server.rules.template import TemplateContext
from spanglass_server.store.series import SampleWriter

COUNTERS: Final = ("rule_evaluations", "rule_evaluations_failed", "rule_rounds_missed")


class Due(NamedTuple):
    group: RunningGroup
    time_ms: int


class _Turn(NamedTuple):
    due: Due
    running: RunningRule


class RoundRunner:
    """Evaluates for one project after another."""

    def __init__(
        self,
        runner: QueryRunner,
        writer: SampleWriter,
        *,
        measure_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._runner = runner
        self._writer = writer
        self._measure_s = measure_s
        self._counts = Counter(dict.fromkeys(COUNTERS, 0))
        self._asked: dict[tuple[str, int], Sequence[Sample]] = {}
        """What templates asked for in this round, by expression and time: alerts of one rule ask the same."""

    def counters(self) -> Mapping[str, int]:
        """Since the start, by their metric's name without prefix."""
        return dict(self._counts)

    def run(self, dues: Sequence[Due], origin: AlertOrigin) -> None:
        """Rules that fail keep their state and say why; storage that is down fails them all."""
        self._asked.clear()
        for due in dues:
            missed = due.group.missed
            due.group.begin(due.time_ms)
            self._counts["rule_rounds_missed"] += due.group.missed - missed
        for stage in range(max((len(due.group.stages) for due in dues), default=0)):
            turns = [
                _Turn(due, due.group.rules[index])
                for due in dues
                if stage < len(due.group.stages)
                for index in due.group.stages[stage]
            ]
            self._run_stage(turns, origin)
        for due in dues:
            due.group.duration_s = sum(running.duration_s for running in due.group.rules)

    def _run_stage(self, turns: Sequence[_Turn], origin: AlertOrigin) -> None:
        begun_s = self._measure_s()
        results = self._query(turns, origin.project_id)
        samples: list[Sample] = []
        for turn, result in zip(turns, results, strict=True):
            samples += self._apply(turn, result, origin)
        self._write(turns, samples, origin.project_id)
        self._counts["rule_evaluations"] += len(turns)
        self._counts["rule_evaluations_failed"] += sum(turn.running.health == "err" for turn in turns)
        # What is read for all of them is shared, so its time is, too.
        for turn in turns:
            turn.running.duration_s = (self._measure_s() - begun_s) / len(turns)

    def _query(self, turns: Sequence[_Turn], project_id: str) -> Sequence[Result | SpanglassError]:
        queries = [
            (turn.running.rule.expression, turn.due.time_ms - turn.due.group.query_offset_ms)
            for turn in turns
        ]
        try:
            return self._runner.run_instants(project_id, queries)
        except (Busy, QueryTooLarge) as error:
            return [error] * len(turns)

    def _apply(self, turn: _Turn, result: Result | SpanglassError, origin: AlertOrigin) -> Sequence[Sample]:
        group, time_ms = turn.due.group, turn.due.time_ms
        stored_ms = time_ms - group.query_offset_ms
        context = TemplateContext(
            external_labels=origin.external_labels,
            external_url=origin.external_url,
            run_query=lambda text: self._ask(origin.project_id, text, stored_ms),
        )
        samples = turn.running.apply(result, time_ms=time_ms, limit=group.group.limit, context=context)
        at_query = [Sample(labels=one.labels, time_ms=stored_ms, value=one.value) for one in samples]
        return turn.running.with_stale_markers(at_query, stored_ms)

    def _ask(self, project_id: str, text: str, time_ms: int) -> Sequence[Sample]:
        if (text, time_ms) not in self._asked:
            result = self._runner.run_instant(project_id, text, time_ms=time_ms)
            self._asked[text, time_ms] = samples_of(result)
        return self._asked[text, time_ms]

    def _write(self, turns: Sequence[_Turn], samples: Sequence[Sample], project_id: str) -> None:
        if not samples:
            return
        try:
            self._writer.write_samples(project_id, series_of(samples))
        except (Busy, QueryTooLarge) as error:
            for turn in turns:
                turn.running.fail(error)
