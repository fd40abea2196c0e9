"""Items of datasets made of stored traces: what was asked, what was answered, or what a person would have
answered."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import orjson

from spanglass.evaluators import EvaluationTarget, TargetMessage, is_sampled
from spanglass_server.model.score import Score
from spanglass_server.quality.targets import target_of
from spanglass_server.query.ast import Expression
from spanglass_server.store.library import Dataset, NewDatasetItem
from spanglass_server.store.ports import (
    OpenTrace,
    PageRequest,
    ScoreQuery,
    ScoreReader,
    SpanReader,
    TimeRange,
)
from spanglass_server.wire.json_documents import json_text

InputChoice: TypeAlias = Literal["question", "messages", "raw"]
ExpectedChoice: TypeAlias = Literal["correction_or_answer", "correction", "answer", "reference", "none"]

_PAGE: Final = 500
_QUIET_NS: Final = 60_000_000_000
_LOOKED_AT_MAX: Final = 100_000
_ALL_TIME: Final = TimeRange(0, 2**63 - 1)
_ITEM_IDS: Final = uuid.UUID("6f0f7a54-6b59-5c0e-9d0b-2f4b8e1f7c11")


class Source(NamedTuple):
    trace_id: str
    span_id: str
    """Empty: the whole trace."""


class Search(NamedTuple):
    during: TimeRange
    where: Expression | None
    target: Literal["traces", "spans"]
    sampling_rate: float


class Candidate(NamedTuple):
    source: Source
    name: str
    """Of the trace or span."""
    item: NewDatasetItem | None
    """None where nothing can be made of it."""
    is_corrected: bool
    problem: str
    """Why not; empty where there is an item."""


def find_sources(reader: SpanReader, project_id: str, search: Search, *, limit: int) -> Sequence[Source]:
    """Newest first, of the share that is sampled by its trace id."""
    found: list[Source] = []
    cursor, looked_at = "", 0
    while len(found) < limit and looked_at < _LOOKED_AT_MAX:
        page = PageRequest(_PAGE, cursor, "-start_time")
        read = reader.list_traces if search.target == "traces" else reader.list_spans
        rows = read(project_id, search.during, search.where, page)
        looked_at += len(rows.items)
        found += [
            Source(row["trace_id"], row.get("span_id", ""))
            for row in rows.items
            if is_sampled(row["trace_id"], search.sampling_rate)
        ]
        cursor = rows.next_cursor
        if not cursor:
            break
    return found[:limit]


def find_corrected(scores: ScoreReader, project_id: str, queue_id: str, *, limit: int) -> Sequence[Source]:
    """What reviewers of an annotation queue corrected, the last first."""
    query = ScoreQuery(during=_ALL_TIME, queue_ids=[queue_id], data_types=["correction"])
    found = scores.list_scores(project_id, query, limit=limit)
    return list(dict.fromkeys(Source(score.trace_id, score.span_id) for score in found if score.trace_id))


def make_candidates(
    reader: SpanReader,
    scores: ScoreReader,
    dataset: Dataset,
    project_id: str,
    sources: Sequence[Source],
    *,
    input: InputChoice,
    expected_output: ExpectedChoice,
    now_ns: int,
) -> Iterator[Candidate]:
    """In the order of the sources. The id of an item follows from its dataset and source: made twice it is
    still one item. A trace that still goes on gives none: it would stay without its answer."""
    given = scores.list_scores_of(project_id, list({source.trace_id for source in sources}))
    opened: tuple[str, OpenTrace | None] = ("", None)
    for source in sources:
        if opened[0] != source.trace_id:
            opened = (source.trace_id, reader.open_trace(project_id, source.trace_id, payloads=True))
        correction = _correction(given.get(source.trace_id, ()), source)
        if opened[1] is not None and _goes_on(opened[1], now_ns):
            yield Candidate(source, opened[1].trace["name"], None, False, "it still goes on; add it later")
        else:
            yield _make(dataset, source, opened[1], correction, input, expected_output)


def _goes_on(opened: OpenTrace, now_ns: int) -> bool:
    """Its root, which is told at its end, has not come, and its last span is recent."""
    trace = opened.trace
    return not trace["root_span_id"] and bool(trace["end_time_ns"] > now_ns - _QUIET_NS)


def _make(
    dataset: Dataset,
    source: Source,
    opened: OpenTrace | None,
    correction: str,
    input_choice: InputChoice,
    expected_choice: ExpectedChoice,
) -> Candidate:
    target = target_of(opened, source.span_id) if opened is not None else None
    if opened is None or target is None:
        return Candidate(source, "", None, False, "it is not stored, or an evaluator's own")
    given = _input(opened, target, input_choice)
    if given in (None, "", []):
        return Candidate(source, target.name, None, False, f"it has no {input_choice} to ask")
    expected, is_corrected = _expected(target, correction, expected_choice)
    item = NewDatasetItem(
        dataset_name=dataset.name,
        id=str(uuid.uuid5(_ITEM_IDS, "\n".join((dataset.id, *source)))),
        input=json_text(given),
        expected_output=None if expected is None else json_text(expected),
        metadata=json_text(_metadata(opened, target)),
        source_trace_id=source.trace_id,
        source_observation_id=source.span_id or None,
        status="ACTIVE",
    )
    return Candidate(source, target.name, item, is_corrected, "")


def _input(opened: OpenTrace, target: EvaluationTarget, choice: InputChoice) -> object:
    if choice == "question":
        return target.input
    if choice == "messages":
        return [{"role": said.role, "content": said.text} for said in _asked(target.messages)]
    span_id = target.span_id or opened.trace["root_span_id"]
    row = next((row for row in opened.spans if row["span_id"] == span_id), opened.spans[0])
    return _raw(row["input"])


def _asked(messages: Sequence[TargetMessage]) -> Sequence[TargetMessage]:
    """Without the answer, which comes last."""
    return messages[:-1] if messages and messages[-1].role == "assistant" else messages


def _expected(
    target: EvaluationTarget, correction: str, choice: ExpectedChoice
) -> tuple[object | None, bool]:
    """With whether a person corrected it."""
    if choice in ("correction", "correction_or_answer") and correction:
        return _raw(correction), True
    found = {"answer": target.output, "correction_or_answer": target.output, "reference": target.reference}
    return found.get(choice) or None, False


def _correction(scores: Sequence[Score], source: Source) -> str:
    """The newest of the source itself; of a trace, else of any of its spans."""
    found = [score for score in scores if score.data_type == "correction"]
    own = [score for score in found if score.span_id == source.span_id]
    chosen = own or ([] if source.span_id else found)
    return chosen[-1].string_value if chosen else ""


def _metadata(opened: OpenTrace, target: EvaluationTarget) -> Mapping[str, Any]:
    told = orjson.loads(opened.trace["metadata"]) if opened.trace["metadata"] else {}
    known = {"name": target.name, "feature": target.feature, "model": target.model}
    return {**(told if isinstance(told, dict) else {}), **{key: text for key, text in known.items() if text}}


def _raw(text: str) -> object:
    """A JSON value where it was one, else the text. A bare number or word is text."""
    if text[:1] in ("{", "[", '"'):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text
