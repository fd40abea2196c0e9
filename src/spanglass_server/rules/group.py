"""A rule group on the server that evaluates it: when it is due, what its rules know, what they made last."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.alert import Alert
from spanglass_server.model.series import Labels, Series, labels_of, stale_marker
from spanglass_server.promql.result import Result, Sample
from spanglass_server.rules.evaluator import (
    RESOLVED_RETENTION_MS,
    Active,
    ActiveAlert,
    LimitExceeded,
    advance_alerts,
    alert_series,
    forget_outage,
    record,
    samples_of,
)
from spanglass_server.rules.files import Rule, RuleGroup
from spanglass_server.rules.reports import Health
from spanglass_server.rules.series_notation import to_series
from spanglass_server.rules.stages import stages_of
from spanglass_server.rules.state import NO_GROUP_STATE, GroupState, RuleState, key_of, states_of
from spanglass_server.rules.template import TemplateContext

OUTAGE_MS_MIN: Final = 300_000
"""A longer time without evaluations does not count for `for`. In a shorter one, such as a restart's, what was
pending is taken to have gone on."""


@dataclass(slots=True)
class RunningRule:
    rule: Rule
    active: Active = field(default_factory=dict)
    series: frozenset[Labels] = frozenset()
    """What the last evaluation stored."""
    health: Health = "unknown"
    last_error: str = ""
    """With what to do about it."""
    error: SpanglassError | None = None
    warnings: Sequence[str] = ()
    evaluated_at_ms: int = 0
    duration_s: float = 0.0

    def apply(
        self, result: Result | SpanglassError, *, time_ms: int, limit: int, context: TemplateContext
    ) -> Sequence[Sample]:
        """Take what the expression gave at this time; the samples to store. After an error everything stays
        as it was, and nothing is stored."""
        self.evaluated_at_ms = time_ms
        try:
            if isinstance(result, SpanglassError):
                raise result
            samples = self._advance(samples_of(result), time_ms, limit, context)
        except SpanglassError as error:
            if isinstance(error, LimitExceeded):
                self.active = {}
            self.fail(error)
            return ()
        self.health, self.last_error, self.error = "ok", "", None
        self.warnings = result.warnings
        return samples

    def fail(self, error: SpanglassError) -> None:
        self.health, self.warnings, self.error = "err", (), error
        self.last_error = f"{error.message}: {error.hint}" if error.hint else error.message

    def _advance(
        self, samples: Sequence[Sample], time_ms: int, limit: int, context: TemplateContext
    ) -> Sequence[Sample]:
        if self.rule.kind == "recording":
            return record(self.rule, samples, time_ms=time_ms, limit=limit)
        self.active = advance_alerts(
            self.rule, self.active, samples, time_ms=time_ms, limit=limit, context=context
        )
        return alert_series(self.active, time_ms=time_ms)

    def with_stale_markers(self, samples: Sequence[Sample], time_ms: int) -> Sequence[Sample]:
        """And markers for the series of the last evaluation that are no more."""
        if self.health == "err":
            return samples
        gone = self.series - {sample.labels for sample in samples}
        self.series = frozenset(sample.labels for sample in samples)
        return [*samples, *stale_samples(gone, time_ms)]

    def state(self) -> RuleState:
        return RuleState(
            active=self.active,
            health=self.health,
            last_error=self.last_error,
            warnings=self.warnings,
            evaluated_at_ms=self.evaluated_at_ms,
            duration_s=self.duration_s,
        )


@dataclass(slots=True)
class RunningGroup:
    project_id: str
    file: str
    group: RuleGroup
    interval_ms: int
    query_offset_ms: int
    rules: Sequence[RunningRule]
    stages: Sequence[Sequence[int]]
    time_ms: int = 0
    """Of the last round; 0 for none."""
    duration_s: float = 0.0
    evaluations: int = 0
    missed: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.project_id, self.file, self.group.name

    def slot_ms(self, now_ms: int) -> int:
        """The newest time of evaluation that is not ahead. The groups of a project with one interval have it
        in common, so that they share what they read; projects are spread over the interval."""
        offset_ms = zlib.crc32(self.project_id.encode()) * 1_000 % self.interval_ms
        return (now_ms - offset_ms) // self.interval_ms * self.interval_ms + offset_ms

    def due_ms(self, now_ms: int) -> int | None:
        """The slot to evaluate now; None where that was done. A clock that was set back by less than two
        intervals is waited for; one that was set back further is followed."""
        slot_ms = self.slot_ms(now_ms)
        if slot_ms == self.time_ms or 0 < self.time_ms - slot_ms < 2 * self.interval_ms:
            return None
        return slot_ms

    def begin(self, slot_ms: int) -> None:
        """A round at this time: count those that were left out, and see to what an outage means."""
        if self.time_ms:
            gap_ms = slot_ms - self.time_ms - self.interval_ms
            self.missed += max(0, gap_ms // self.interval_ms)
            if gap_ms >= max(OUTAGE_MS_MIN, self.interval_ms):
                for rule in self.rules:
                    rule.active = forget_outage(rule.active, gap_ms)
        self.time_ms = slot_ms
        self.evaluations += 1

    def state(self) -> GroupState:
        rules: dict[str, list[RuleState]] = {}
        for running in self.rules:
            rules.setdefault(key_of(running.rule), []).append(running.state())
        return GroupState(
            time_ms=self.time_ms,
            duration_s=self.duration_s,
            evaluations=self.evaluations,
            missed=self.missed,
            rules=rules,
        )


def start_group(
    project_id: str,
    file: str,
    group: RuleGroup,
    state: GroupState | None,
    *,
    interval_ms: int,
    query_offset_ms: int,
) -> RunningGroup:
    """With the state it was left in."""
    state = state or NO_GROUP_STATE
    rules = [
        _restored(rule, left) for rule, left in zip(group.rules, states_of(group.rules, state), strict=True)
    ]
    return RunningGroup(
        project_id=project_id,
        file=file,
        group=group,
        interval_ms=group.interval_ms or interval_ms,
        query_offset_ms=query_offset_ms if group.query_offset_ms is None else group.query_offset_ms,
        rules=rules,
        stages=stages_of(group.rules),
        time_ms=state.time_ms,
        duration_s=state.duration_s,
        evaluations=state.evaluations,
        missed=state.missed,
    )


def _restored(rule: Rule, state: RuleState) -> RunningRule:
    return RunningRule(
        rule=rule,
        active=state.active,
        series=frozenset(sample.labels for sample in alert_series(state.active, time_ms=0)),
        health=state.health,
        last_error=state.last_error,
        warnings=state.warnings,
        evaluated_at_ms=state.evaluated_at_ms,
        duration_s=state.duration_s,
    )


def stale_samples(series: frozenset[Labels], time_ms: int) -> Sequence[Sample]:
    return [Sample(labels=labels, time_ms=time_ms, value=stale_marker()) for labels in sorted(series)]


def series_of(samples: Sequence[Sample]) -> Sequence[Series]:
    """One series a sample. Of two rules that make the same series at one time the first counts."""
    first: dict[tuple[Labels, int], Sample] = {}
    for sample in samples:
        first.setdefault((sample.labels, sample.time_ms), sample)
    return [
        to_series(sample.labels, [sample.value], start_ms=sample.time_ms, interval_ms=1)
        for sample in first.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOrigin:
    """What alerts say of where they come from."""

    project_id: str
    external_labels: Mapping[str, str]
    external_url: str


def alerts_of(running: RunningRule, origin: AlertOrigin, *, time_ms: int) -> Sequence[Alert]:
    """What is told of a rule after an evaluation: those that fire, and those resolved not long ago."""
    return [
        to_alert(alert, running.rule, origin, time_ms=time_ms)
        for alert in running.active.values()
        if alert.state == "firing"
        or (alert.state == "inactive" and time_ms - alert.resolved_at_ms <= RESOLVED_RETENTION_MS)
    ]


def to_alert(alert: ActiveAlert, rule: Rule, origin: AlertOrigin, *, time_ms: int) -> Alert:
    return Alert(
        project_id=origin.project_id,
        labels=labels_of({**origin.external_labels, **dict(alert.labels)}),
        annotations=alert.annotations,
        starts_at_ms=alert.fired_at_ms,
        ends_at_ms=alert.resolved_at_ms if alert.state == "inactive" else 0,
        updated_at_ms=time_ms,
        value=alert.value,
        expression=rule.expression,
        generator_url=_explore_url(rule.expression, origin),
    )


def _explore_url(expression: str, origin: AlertOrigin) -> str:
    project = origin.external_labels.get("project", "")
    whose = f"&project={quote(project, safe='')}" if project else ""
    return f"{origin.external_url}/explore?expr={quote(expression, safe='')}{whose}"
