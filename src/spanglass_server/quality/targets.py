"""Stored traces as evaluators see them: readable questions and answers, whatever convention they came in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from spanglass import semconv
from spanglass.evaluators import EvaluationTarget, RetrievedDocument, TargetMessage, TargetSpan
from spanglass_server.model.message import Message, Reasoning, Rendered, Text
from spanglass_server.normalize.messages.conversation import text_of
from spanglass_server.normalize.messages.preview import joined_text
from spanglass_server.normalize.messages.readable import answered, answered_text, asked, asked_text
from spanglass_server.normalize.messages.render import render
from spanglass_server.normalize.messages.source import RenderLog
from spanglass_server.store.ports import OpenTrace
from spanglass_server.wire.records import EventRecord

Row: TypeAlias = Mapping[str, Any]

_REFERENCES: Final = ("reference", "expected_output", "expected_answer", "expectedOutput", "ground_truth")
"""Keys of metadata under which people say what the answer should have been."""
_REFERENCE_ATTRIBUTES: Final = ("langfuse.experiment.item.expected_output", "spanglass.reference")
_CALLS: Final = ("llm", "agent")
_JUDGES: Final = ("evaluator", "guardrail")


class _Told(NamedTuple):
    """A span with what it says."""

    row: Row
    attributes: dict[str, Any]
    """As `TargetSpan.attributes`, values as they are."""
    rendered: Rendered
    input: str
    output: str

    @property
    def documents(self) -> tuple[RetrievedDocument, ...]:
        return tuple(
            RetrievedDocument(content=found.content, id=found.id, score=found.score)
            for found in self.rendered.documents
        )


def target_of(opened: OpenTrace, span_id: str = "") -> EvaluationTarget | None:
    """The trace, or one span of it. None where there is no such span, and for what an evaluator did."""
    if is_evaluators_own(opened):
        return None
    told = list(_tell(opened))
    if not span_id:
        return _of_trace(opened.trace, told)
    span = next((each for each in told if each.row["span_id"] == span_id), None)
    if span is None or span.row["kind"] == "evaluator":
        return None
    return _of_span(opened.trace, span, told)


def is_evaluators_own(opened: OpenTrace) -> bool:
    """A trace that an evaluator began: judging it would never end."""
    ids = {row["span_id"] for row in opened.spans}
    roots = [row for row in opened.spans if row["parent_span_id"] not in ids]
    return bool(roots) and all(row["kind"] == "evaluator" for row in roots)


def _of_trace(trace: Row, told: Sequence[_Told]) -> EvaluationTarget:
    judged = _without_judges(told)
    root = _root_of(trace, judged)
    first, last = _first_asking(judged), _last_answering(judged)
    question = (root.input if root else "") or (first.input if first else "")
    answer = (root.output if root else "") or (last.output if last else "")
    failed = next((each.row for each in judged if each.row["error_message"]), None)
    return EvaluationTarget(
        trace_id=trace["trace_id"],
        session_id=trace["session_id"],
        input=question,
        output=answer,
        messages=_messages(last.rendered if last else Rendered()),
        documents=_documents(judged),
        reference=_reference(trace, told),
        name=trace["name"],
        feature=trace["feature"],
        model=_model(last.row) if last else "",
        status=trace["status"],
        error_message=(root.row["error_message"] if root else "") or (failed or {}).get("error_message", ""),
        duration_ms=_duration_ms(trace),
        cost_usd=trace["cost_usd"],
        input_tokens=trace["input_tokens"],
        output_tokens=trace["output_tokens"],
        metadata=_texts(_object(trace["metadata"])),
        spans=tuple(map(_span, told)),
    )


def _of_span(trace: Row, span: _Told, told: Sequence[_Told]) -> EvaluationTarget:
    row = span.row
    before = [each for each in told if each.row["start_time_ns"] <= row["start_time_ns"]]
    return EvaluationTarget(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        session_id=row["session_id"],
        input=span.input,
        output=span.output,
        messages=_messages(span.rendered),
        documents=span.documents or _documents(before),
        reference=_reference({"metadata": row["metadata"]}, [span]) or _reference(trace, told),
        name=row["name"],
        feature=row["feature"],
        model=_model(row),
        status=row["status"],
        error_message=row["error_message"],
        duration_ms=_duration_ms(row),
        cost_usd=row["cost_usd"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        metadata=_texts(_object(trace["metadata"]) | _object(row["metadata"])),
        spans=tuple(map(_span, told)),
    )


def _tell(opened: OpenTrace) -> Iterator[_Told]:
    logs: dict[str, list[Row]] = {}
    for log in opened.logs:
        logs.setdefault(log["span_id"], []).append(log)
    return (_told(row, logs.get(row["span_id"], ())) for row in opened.spans)


def _told(row: Row, logs: Sequence[Row]) -> _Told:
    attributes = _object(row["attributes"])
    payloads = {
        key: value
        for key, value in ((row["input_key"], row["input"]), (row["output_key"], row["output"]))
        if key
    }
    rendered = render(
        attributes={**attributes, **payloads},
        events=[EventRecord(e["time_ns"], e["name"], e["attributes"]) for e in _list(row["events"])],
        logs=[RenderLog(log["event_name"], log["body"], _object(log["attributes"])) for log in logs],
        kind=row["kind"],
        dialect=row["dialect"],
        name=row["name"],
    )
    return _Told(
        row,
        attributes,
        rendered,
        asked(rendered.input_messages) or asked_text(row["input"]),
        answered(rendered.output_messages) or answered_text(row["output"]),
    )


def _root_of(trace: Row, told: Sequence[_Told]) -> _Told | None:
    found = next((each for each in told if each.row["span_id"] == trace["root_span_id"]), None)
    return found or (told[0] if told else None)


def _first_asking(told: Sequence[_Told]) -> _Told | None:
    return next((each for each in told if each.row["kind"] in _CALLS and each.input), None)


def _last_answering(told: Sequence[_Told]) -> _Told | None:
    """The model call whose answer came last; an agent's where no call is told."""
    for kind in _CALLS:
        found = [each for each in told if each.row["kind"] == kind and each.output]
        if found:
            return max(found, key=lambda each: each.row["end_time_ns"])
    return None


def _without_judges(told: Sequence[_Told]) -> Sequence[_Told]:
    """What a guardrail or an evaluator asked a model, and heard from it, is no part of the answer."""
    if not any(each.row["kind"] in _JUDGES for each in told):
        return told
    rows = {each.row["span_id"]: each.row for each in told}
    return [each for each in told if not any(row["kind"] in _JUDGES for row in _ancestry(each.row, rows))]


def _ancestry(row: Row, rows: Mapping[str, Row]) -> Iterator[Row]:
    """The span and those around it."""
    seen: set[str] = set()
    found: Row | None = row
    while found is not None and found["span_id"] not in seen:
        yield found
        seen.add(found["span_id"])
        found = rows.get(found["parent_span_id"])


def _documents(told: Sequence[_Told]) -> tuple[RetrievedDocument, ...]:
    """What the last reranker kept, else what all retrievers found; each text once."""
    for kind, is_last_alone in (("reranker", True), ("retriever", False)):
        found = [each.documents for each in told if each.row["kind"] == kind and each.documents]
        if found:
            chosen = found[-1:] if is_last_alone else found
            return tuple({document.content: document for each in chosen for document in each}.values())
    return ()


def _messages(rendered: Rendered) -> tuple[TargetMessage, ...]:
    return tuple(map(_message, (*rendered.input_messages, *rendered.output_messages)))


def _message(message: Message) -> TargetMessage:
    """Without what a model thought to itself."""
    parts = tuple(part for part in message.parts if not isinstance(part, Reasoning))
    is_plain = all(isinstance(part, Text) for part in parts)
    said = replace(message, parts=parts)
    return TargetMessage(role=message.role, text=text_of(said) if is_plain else joined_text([said]))


def _reference(trace: Row, told: Sequence[_Told]) -> str:
    metadata = _object(trace["metadata"])
    found = next((metadata[key] for key in _REFERENCES if metadata.get(key) not in (None, "")), None)
    if found is not None:
        return _text(found)
    for span in told:
        for key in _REFERENCE_ATTRIBUTES:
            if value := span.attributes.get(key):
                return answered_text(_text(value))
    return ""


def _span(told: _Told) -> TargetSpan:
    row = told.row
    return TargetSpan(
        span_id=row["span_id"],
        name=row["name"],
        kind=row["kind"],
        input=told.input,
        output=told.output,
        parent_span_id=row["parent_span_id"],
        model=_model(row),
        status=row["status"],
        error_message=row["error_message"],
        duration_ms=_duration_ms(row),
        documents=told.documents,
        attributes=_texts(told.attributes | _known(row)),
    )


def _known(row: Row) -> dict[str, Any]:
    """What a convention has under a name of its own, under OpenTelemetry's: the same for every evaluator."""
    known: dict[str, Any] = {}
    if row["ttft_ns"] is not None:
        known[semconv.TIME_TO_FIRST_CHUNK] = row["ttft_ns"] / 1_000_000_000
    if row["finish_reasons"]:
        known[semconv.FINISH_REASONS] = list(row["finish_reasons"])
    return known


def _model(row: Row) -> str:
    return str(row["response_model"] or row["request_model"])


def _duration_ms(row: Row) -> float:
    return float((row["end_time_ns"] - row["start_time_ns"]) / 1_000_000)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: _text(value) for key, value in values.items() if value is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _object(text: str) -> dict[str, Any]:
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _list(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(text) if text else []
    return found
