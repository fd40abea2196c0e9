"""What a receiver is told of bad answers. Pure.

Questions and reasons come from outside, so they are cut, and made one line; each integration escapes what its
own format would read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import quote

from spanglass_server.model.alert import Alert
from spanglass_server.model.evaluation import EvaluatorDefinition, LowScoreNotice
from spanglass_server.notify.context import AlertDetails
from spanglass_server.notify.notification import Notification

ALERT_NAME: Final = "LowScore"
QUESTION_CHARS_MAX: Final = 100
_REASON_CHARS_MAX: Final = 300
_MINUTE_NS: Final = 60 * 1_000_000_000
_MS_NS: Final = 1_000_000


class BadAnswer(NamedTuple):
    quality: float
    score_name: str
    reason: str
    question: str
    feature: str
    trace_id: str
    span_id: str


class Summary(NamedTuple):
    """What there is to tell."""

    answer_count: int
    worst: Sequence[BadAnswer]
    """Some of them, the worst first; at least one."""
    since_ns: int
    """When the first of them was judged."""
    is_first: bool
    """Nothing was told of this evaluator before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLinks:
    external_url: str
    project_name: str

    def trace(self, trace_id: str) -> str:
        return f"{self.external_url.rstrip('/')}/traces/{quote(trace_id, safe='')}?project={self._project}"

    def evaluator(self, definition: EvaluatorDefinition) -> str:
        return f"{self.external_url.rstrip('/')}/evaluators/{definition.id}?project={self._project}"

    @property
    def _project(self) -> str:
        return quote(self.project_name, safe="")


class NoticeContext:
    """The links of a notice in the place of what is looked up for an alert."""

    def __init__(self, definition: EvaluatorDefinition, told: Summary, links: NoticeLinks) -> None:
        self._details = AlertDetails(
            threshold=f"< {definition.notice.threshold:g}" if definition.notice else "",
            traces_url=links.trace(told.worst[0].trace_id),
            rule_url=links.evaluator(definition),
        )

    def describe(self, alert: Alert, *, now_ms: int) -> AlertDetails:
        del alert, now_ms
        return self._details


def group_key_of(definition: EvaluatorDefinition) -> str:
    return f'{{}}:{{alertname="{ALERT_NAME}", evaluator_id="{definition.id}"}}'


def to_notification(
    definition: EvaluatorDefinition, notice: LowScoreNotice, told: Summary, links: NoticeLinks, now_ns: int
) -> Notification:
    now_ms = now_ns // _MS_NS
    annotations = {
        "summary": summary_text(definition, notice, told, now_ns),
        "description": "\n".join(_line(bad, links) for bad in told.worst),
    }
    alert = Alert(
        project_id=definition.project_id,
        labels=tuple(sorted(_labels(definition, told, links).items())),
        annotations=tuple(sorted(annotations.items())),
        starts_at_ms=told.since_ns // _MS_NS,
        ends_at_ms=0,
        updated_at_ms=now_ms,
        value=told.worst[0].quality,
        expression="",
        generator_url=links.evaluator(definition),
    )
    return Notification(
        project_id=definition.project_id,
        receiver=notice.receiver,
        group_key=group_key_of(definition),
        group_labels=(("alertname", ALERT_NAME), ("evaluator", definition.name)),
        alerts=(alert,),
        now_ms=now_ms,
        group_interval_ms=int(notice.interval_s * 1000),
    )


def summary_text(definition: EvaluatorDefinition, notice: LowScoreNotice, told: Summary, now_ns: int) -> str:
    worst = told.worst[0]
    if told.answer_count == 1:
        where = f" in {worst.feature}" if worst.feature else ""
        return f"{definition.name}: a bad answer{where}, {worst.score_name} {worst.quality:.2f}"
    count = f"{told.answer_count} answers" if told.is_first else f"{told.answer_count} more answers"
    return (
        f"{definition.name}: {count} below {notice.threshold:g} in the last "
        f"{_span_text(now_ns - told.since_ns)}, the worst {worst.quality:.2f}"
    )


def one_line(text: str, chars_max: int) -> str:
    """Without what could forge lines of a message; control characters are no text."""
    plain = "".join(char if char.isprintable() else " " for char in text[: chars_max * 4])
    flat = " ".join(plain.split())
    return flat if len(flat) <= chars_max else f"{flat[: chars_max - 1]}…"


def _labels(definition: EvaluatorDefinition, told: Summary, links: NoticeLinks) -> dict[str, str]:
    labels = {
        "alertname": ALERT_NAME,
        "evaluator": definition.name,
        "project": links.project_name,
        "severity": "warning",
    }
    features = {bad.feature for bad in told.worst}
    if len(features) == 1 and (feature := features.pop()):
        labels["feature"] = feature
    return labels


def _line(bad: BadAnswer, links: NoticeLinks) -> str:
    question = one_line(bad.question, QUESTION_CHARS_MAX) or "(no question)"
    told = f"{bad.score_name} {bad.quality:.2f} for “{question}”"
    if bad.reason:
        told += f": {one_line(bad.reason, _REASON_CHARS_MAX)}"
    return f"{told} — {links.trace(bad.trace_id)}"


def _span_text(ns: int) -> str:
    minutes = max(1, round(ns / _MINUTE_NS))
    if minutes < 2:
        return "minute"
    if minutes < 55:
        return f"{minutes} minutes"
    hours = max(1, round(minutes / 60))
    return "hour" if hours == 1 else f"{hours} hours"
