"""What one rule makes of what its expression gives: alerts that move from pending to firing to resolved, or
recorded series. Pure; the semantics are Prometheus'.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from spanglass_server.base.errors import SpanglassError
from spanglass_server.model.alert import AlertState
from spanglass_server.model.series import METRIC_NAME, Labels, labels_of
from spanglass_server.promql.errors import EvaluationError
from spanglass_server.promql.result import Result, Sample
from spanglass_server.rules.files import Rule
from spanglass_server.rules.template import Expander, TemplateContext

RESOLVED_RETENTION_MS: Final = 15 * 60_000
"""How long a resolved alert is told again, so that whoever missed it hears of it."""
ALERT_NAME: Final = "alertname"
ALERT_STATE: Final = "alertstate"


class ActiveAlert(NamedTuple):
    """What is known of one label set of an alerting rule: pending, firing, or resolved not long ago."""

    labels: Labels
    """With `alertname`, without the metric's name."""
    annotations: Labels
    state: AlertState
    """`inactive`: resolved."""
    value: float
    active_at_ms: int
    fired_at_ms: int = 0
    resolved_at_ms: int = 0
    keep_firing_since_ms: int = 0


Active: TypeAlias = Mapping[Labels, ActiveAlert]
"""The alerts of one rule, by their labels."""


class LimitExceeded(SpanglassError):
    """The rule made more alerts or series than its group's limit."""


def samples_of(result: Result) -> Sequence[Sample]:
    """What a rule works on. Raises EvaluationError for an expression that is neither vector nor scalar."""
    if result.type == "scalar":
        return [Sample(labels=(), time_ms=result.time_ms, value=result.scalar)]
    if result.type != "vector":
        raise EvaluationError("rule result is not a vector or scalar")
    return result.vector


def advance_alerts(
    rule: Rule,
    active: Active,
    samples: Sequence[Sample],
    *,
    time_ms: int,
    limit: int,
    context: TemplateContext,
) -> Active:
    """The alerts after an evaluation at `time_ms`. Raises EvaluationError for two samples that make the same
    alert, and LimitExceeded."""
    current = _current_alerts(rule, samples, time_ms, context)
    after: dict[Labels, ActiveAlert] = {}
    for labels, alert in {**active, **current}.items():
        known = active.get(labels)
        if labels in current:
            after[labels] = _holding(rule, known, current[labels], time_ms)
        elif (left := _ending(rule, alert, time_ms)) is not None:
            after[labels] = left
    count = sum(alert.state != "inactive" for alert in after.values())
    if limit and count > limit:
        raise LimitExceeded(
            f"exceeded limit of {limit} with {count} alerts",
            hint="aggregate the expression by fewer labels, or raise the group's `limit`",
        )
    return after


def _current_alerts(
    rule: Rule, samples: Sequence[Sample], time_ms: int, context: TemplateContext
) -> Mapping[Labels, ActiveAlert]:
    alerts: dict[Labels, ActiveAlert] = {}
    for sample in samples:
        expander = Expander(f"__alert_{rule.name}", sample.labels, sample.value, context)
        labels = _alert_labels(rule, sample, expander)
        if labels in alerts:
            raise EvaluationError(
                "vector contains metrics with the same labelset after applying alert labels",
                hint="the rule's labels replace one that tells the alerts apart",
            )
        annotations = labels_of({name: expander.expand(text) for name, text in rule.annotations})
        alerts[labels] = ActiveAlert(labels, annotations, "pending", sample.value, time_ms)
    return alerts


def _alert_labels(rule: Rule, sample: Sample, expander: Expander) -> Labels:
    labels = dict(sample.labels)
    labels.pop(METRIC_NAME, None)
    labels.update((name, expander.expand(text)) for name, text in rule.labels)
    labels[ALERT_NAME] = rule.name
    return labels_of(labels)


def _holding(rule: Rule, known: ActiveAlert | None, now: ActiveAlert, time_ms: int) -> ActiveAlert:
    """An alert whose expression holds."""
    alert = now
    if known is not None and known.state != "inactive":
        alert = known._replace(
            value=now.value,
            annotations=now.annotations,
            keep_firing_since_ms=0,
            # A clock that was set back must not leave a start that lies ahead.
            active_at_ms=min(known.active_at_ms, time_ms),
        )
    if alert.state == "pending" and time_ms - alert.active_at_ms >= rule.for_ms:
        return alert._replace(state="firing", fired_at_ms=time_ms)
    return alert


def _ending(rule: Rule, alert: ActiveAlert, time_ms: int) -> ActiveAlert | None:
    """An alert whose expression no longer holds; None where it is to be forgotten."""
    if alert.state == "pending":
        return None
    if alert.state == "inactive":
        is_kept = abs(time_ms - alert.resolved_at_ms) <= RESOLVED_RETENTION_MS
        return alert if is_kept else None
    since_ms = min(alert.keep_firing_since_ms or time_ms, time_ms)
    if rule.keep_firing_for_ms and time_ms - since_ms < rule.keep_firing_for_ms:
        return alert._replace(keep_firing_since_ms=since_ms)
    return alert._replace(state="inactive", resolved_at_ms=time_ms, keep_firing_since_ms=0)


def alert_series(active: Active, *, time_ms: int) -> Sequence[Sample]:
    """`ALERTS` and `ALERTS_FOR_STATE` of the pending and firing ones."""
    samples: list[Sample] = []
    for alert in active.values():
        if alert.state == "inactive":
            continue
        labels = dict(alert.labels)
        state = {**labels, METRIC_NAME: "ALERTS", ALERT_STATE: alert.state}
        since = {**labels, METRIC_NAME: "ALERTS_FOR_STATE"}
        samples += (
            Sample(labels=labels_of(state), time_ms=time_ms, value=1.0),
            Sample(labels=labels_of(since), time_ms=time_ms, value=float(alert.active_at_ms // 1000)),
        )
    return samples


def record(rule: Rule, samples: Sequence[Sample], *, time_ms: int, limit: int) -> Sequence[Sample]:
    """The samples that a recording rule stores. Raises EvaluationError for two of one series, and
    LimitExceeded."""
    recorded: dict[Labels, Sample] = {}
    for sample in samples:
        labels = labels_of({**dict(sample.labels), METRIC_NAME: rule.name, **dict(rule.labels)})
        if labels in recorded:
            raise EvaluationError(
                "vector contains metrics with the same labelset after applying rule labels",
                hint="the rule's labels replace one that tells the series apart",
            )
        recorded[labels] = Sample(labels=labels, time_ms=time_ms, value=sample.value)
    if limit and len(recorded) > limit:
        raise LimitExceeded(
            f"exceeded limit of {limit} with {len(recorded)} series",
            hint="aggregate the expression by fewer labels, or raise the group's `limit`",
        )
    return list(recorded.values())


def forget_outage(active: Active, outage_ms: int) -> Active:
    """After a time without evaluations: what was pending has not been pending all the while."""
    return {
        labels: alert._replace(active_at_ms=alert.active_at_ms + outage_ms)
        if alert.state == "pending"
        else alert
        for labels, alert in active.items()
    }


def state_of(active: Active) -> AlertState:
    states = {alert.state for alert in active.values()}
    return "firing" if "firing" in states else "pending" if "pending" in states else "inactive"
