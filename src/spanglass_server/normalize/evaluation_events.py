"""Scores that come inside telemetry: OpenTelemetry's event `gen_ai.evaluation.result`, as a log record or an
event of a span (semantic conventions of generative AI 1.38), and OpenInference's `evaluations` and
`annotations` on a span.

Their ids are made from what they say, so that what is sent twice is one score. What cannot be one (without
a name or a value, or an evaluation that failed) is passed over: the record itself is kept all the same.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from spanglass_server.base.limits import SCORE_ID_CHARS_MAX, SCORE_NAME_CHARS_MAX, SCORE_TEXT_CHARS_MAX
from spanglass_server.normalize.origin import read_origin
from spanglass_server.normalize.values import as_float, as_str, dump_json
from spanglass_server.wire.records import Attributes, AttributeValue, LogRecord, SpanRecord
from spanglass_server.wire.scores import ScoreRecord

EVENT_NAME: Final = "gen_ai.evaluation.result"
RESPONSE_ID: Final = "gen_ai.response.id"

_EVENT_MARK: Final = EVENT_NAME.encode()
_OPENINFERENCE_MARKS: Final = (b".evaluation.name", b".annotation.name")
_OPENINFERENCE: Final = re.compile(
    r"(?:(trace|session)\.)?(evaluations|annotations)\.(\d{1,4})\.(?:evaluation|annotation)\.(\w+)"
)
_SOURCES: Final = {"HUMAN": "person"}


def read_log_scores(body: bytes, records: Iterable[LogRecord]) -> list[ScoreRecord]:
    """`body`: what the records were decoded from; looked through first, as hardly any holds a score."""
    if _EVENT_MARK not in body:
        return []
    found = (_of_log(record) for record in records if record.event_name == EVENT_NAME)
    return [score for score in found if score is not None]


def read_span_scores(body: bytes, records: Sequence[SpanRecord]) -> list[ScoreRecord]:
    """As `read_log_scores`."""
    scores: list[ScoreRecord] = []
    if _EVENT_MARK in body:
        scores += (score for record in records for score in _of_events(record))
    if any(mark in body for mark in _OPENINFERENCE_MARKS):
        scores += (score for record in records for score in _of_attributes(record))
    return scores


class _Result(NamedTuple):
    """One evaluation, whichever convention tells it."""

    name: AttributeValue
    score: AttributeValue
    label: AttributeValue
    explanation: AttributeValue
    more: Attributes
    time_ns: int
    key: str
    """Tells it from others of the same target."""
    trace_id: str = ""
    span_id: str = ""
    session_id: str = ""
    environment: str = ""
    source: str = "evaluator"
    author: str = ""


_NAME: Final = "gen_ai.evaluation.name"
_SCORE: Final = "gen_ai.evaluation.score.value"
_LABEL: Final = "gen_ai.evaluation.score.label"
_EXPLANATION: Final = "gen_ai.evaluation.explanation"
_READ: Final = frozenset({_NAME, _SCORE, _LABEL, _EXPLANATION})


def _of_log(record: LogRecord) -> ScoreRecord | None:
    told = record.body if isinstance(record.body, dict) else {}
    result = _of_event({**told, **record.attributes}, record.time_ns)
    environment = read_origin(record.resource, record.scope).environment
    return _score(result._replace(trace_id=record.trace_id, span_id=record.span_id, environment=environment))


def _of_events(record: SpanRecord) -> Iterator[ScoreRecord]:
    for event in record.events:
        if event.name == EVENT_NAME:
            result = _of_event(event.attributes, event.time_ns)
            score = _score(result._replace(trace_id=record.trace_id, span_id=record.span_id))
            if score is not None:
                yield score


def _of_event(attributes: Attributes, time_ns: int) -> _Result:
    more = {key: value for key, value in attributes.items() if key not in _READ and key != "event.name"}
    return _Result(
        name=None if "error.type" in attributes else attributes.get(_NAME),
        score=attributes.get(_SCORE),
        label=attributes.get(_LABEL),
        explanation=attributes.get(_EXPLANATION),
        more=more,
        time_ns=time_ns,
        key=dump_json([time_ns, dict(attributes)]),
    )


def _of_attributes(record: SpanRecord) -> Iterator[ScoreRecord]:
    told: dict[tuple[str, str, str], Attributes] = {}
    for key, value in record.attributes.items():
        if (match := _OPENINFERENCE.fullmatch(key)) is not None:
            whose, what, number, field = match.groups()
            told.setdefault((whose or "span", what, number), {})[field] = value
    session_id = as_str(record.attributes.get("session.id"))
    for (whose, what, number), facts in told.items():
        score = _score(
            _Result(
                name=facts.get("name"),
                score=facts.get("score"),
                label=facts.get("label"),
                explanation=facts.get("explanation"),
                more={key: value for key, value in facts.items() if key in ("metadata", "annotator_kind")},
                time_ns=record.end_time_ns,
                key=f"{whose}.{what}.{number}",
                trace_id="" if whose == "session" else record.trace_id,
                span_id=record.span_id if whose == "span" else "",
                session_id=session_id if whose == "session" else "",
                source=_SOURCES.get(as_str(facts.get("annotator_kind")), "evaluator"),
                author=as_str(facts.get("identifier"))[:SCORE_NAME_CHARS_MAX],
            )
        )
        if score is not None:
            yield score


def _score(result: _Result) -> ScoreRecord | None:
    name = as_str(result.name).strip()[:SCORE_NAME_CHARS_MAX]
    valued = _value_of(result)
    has_target = result.trace_id or result.session_id or as_str(result.more.get(RESPONSE_ID))
    if not name or valued is None or not has_target:
        return None
    value, data_type = valued
    more = dict(result.more)
    if data_type != "categorical" and result.label is not None:
        more["label"] = result.label
    return ScoreRecord(
        score_id=_id_of(result, name),
        name=name,
        value=value,
        data_type=data_type,
        trace_id=result.trace_id,
        span_id=result.span_id,
        session_id=result.session_id[:SCORE_ID_CHARS_MAX],
        dataset_run_id="",
        time_ns=result.time_ns or None,
        source=result.source,
        comment=as_str(result.explanation)[:SCORE_TEXT_CHARS_MAX],
        author=result.author,
        config_id="",
        queue_id="",
        environment=result.environment[:SCORE_NAME_CHARS_MAX],
        metadata=_bounded(more),
    )


def _value_of(result: _Result) -> tuple[float | bool | str, str] | None:
    """With its type; the label where there is no number."""
    if isinstance(result.score, bool):
        return result.score, "boolean"
    number = as_float(result.score)
    if number is not None:
        return number, "numeric"
    label = as_str(result.label).strip()
    return (label[:SCORE_TEXT_CHARS_MAX], "categorical") if label else None


def _id_of(result: _Result, name: str) -> str:
    content = "\0".join((result.trace_id, result.span_id, result.session_id, name, result.key))
    return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]


def _bounded(metadata: Mapping[str, AttributeValue]) -> Attributes:
    """The record itself holds what is too long for a score."""
    kept = dict(metadata)
    while len(dump_json(kept)) > SCORE_TEXT_CHARS_MAX:
        del kept[max(kept, key=lambda key: len(dump_json(kept[key])))]
    return kept
