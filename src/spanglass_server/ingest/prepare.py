"""A request's bytes to rows: decode and normalize. The part of ingest that holds the interpreter's lock."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from spanglass_server.model.langfuse_event import LangfuseEvent
from spanglass_server.model.redaction import RedactionPolicy
from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span
from spanglass_server.normalize.evaluation_events import read_log_scores, read_span_scores
from spanglass_server.normalize.langfuse_spans import read_time_ns
from spanglass_server.normalize.pipeline import normalize_logs, normalize_spans
from spanglass_server.normalize.prices import PriceBook, Prices
from spanglass_server.normalize.redaction import Redactor, Tally
from spanglass_server.normalize.score_configs import NO_CONFIGS, ScoreCatalog
from spanglass_server.normalize.scores import normalize_score
from spanglass_server.normalize.values import dump_json
from spanglass_server.wire.cuts import ValueCutter
from spanglass_server.wire.langfuse import EventRecord, IngestionBatch, decode_ingestion
from spanglass_server.wire.otlp import RecordLimits, decode_logs, decode_traces
from spanglass_server.wire.otlp_json import decode_logs_json, decode_traces_json
from spanglass_server.wire.records import Rejection, SpanRecord
from spanglass_server.wire.responses import Encoding
from spanglass_server.wire.scores import RefusedScoreError, ScoreRecord, decode_scores

IngestSignal: TypeAlias = Literal["traces", "logs", "scores", "langfuse"]
"""What a body holds: an OTLP export, scores as `wire.scores.encode_scores` writes them, or a batch of
Langfuse's events."""


def no_configs(project_id: str) -> ScoreCatalog:
    return NO_CONFIGS


class Redacting(Protocol):
    """`ingest.redaction.Redaction`: each project's rules, and what they did."""

    def redactor(self, project_id: str) -> Redactor: ...
    def count(self, project_id: str, tally: Tally) -> None: ...


class NoRedaction:
    """Everything is stored as it comes."""

    def __init__(self) -> None:
        self._redactor = Redactor(RedactionPolicy(), b"")

    def redactor(self, project_id: str) -> Redactor:
        return self._redactor

    def count(self, project_id: str, tally: Tally) -> None:
        pass


NO_REDACTION: Final = NoRedaction()


class Prepared(NamedTuple):
    """One request's rows, not settled yet."""

    spans: list[Span]
    logs: list[Log]
    rejections: list[Rejection]
    cut_count: int
    """Values that were too long and were cut off."""
    scores: Sequence[Score] = ()
    events: Sequence[LangfuseEvent] = ()
    """Spans are made of them when their traces are known."""
    positions: Sequence[str] = ()
    """Of the events, in the request."""

    @property
    def row_count(self) -> int:
        return len(self.spans) + len(self.logs) + len(self.scores) + len(self.events)


def prepare(
    body: bytes,
    *,
    signal: IngestSignal,
    encoding: Encoding,
    project_id: str,
    prices: PriceBook,
    limits: RecordLimits,
    version: int,
    ingest_key: str = "",
    score_configs: Callable[[str], ScoreCatalog] = no_configs,
    redaction: Redacting = NO_REDACTION,
) -> Prepared:
    """What is sensitive by the project's rules is gone from all that is returned. `score_configs`: those of a
    project; may block, as `redaction` may. Raises MalformedBody, and what they raise."""
    redactor, tally = redaction.redactor(project_id), Tally()
    if signal == "traces":
        traces = (decode_traces if encoding == "protobuf" else decode_traces_json)(body, limits)
        records = redactor.spans(traces.records, body, tally)
        spans = normalize_spans(
            records, project_id=project_id, prices=prices, version=version, ingest_key=ingest_key
        )
        given = read_span_scores(body, records)
        scores = _scores(given, project_id, version, score_configs) if given else ()
        prepared = Prepared(redactor.strip(spans), [], traces.rejections, traces.cut_count, scores=scores)
    elif signal == "scores":
        given = redactor.scores(decode_scores(body), tally)
        prepared = Prepared([], [], [], 0, scores=_scores(given, project_id, version, score_configs))
    elif signal == "langfuse":
        batch = decode_ingestion(body)
        batch.events = redactor.events(batch.events, body, tally)
        batch.scores = redactor.scores(batch.scores, tally)
        prepared = _prepare_langfuse(batch, project_id, version, score_configs)
    else:
        logs = (decode_logs if encoding == "protobuf" else decode_logs_json)(body, limits)
        log_records = redactor.logs(logs.records, body, tally)
        rows = normalize_logs(log_records, project_id=project_id, version=version)
        given = read_log_scores(body, log_records)
        scores = _scores(given, project_id, version, score_configs) if given else ()
        prepared = Prepared([], rows, logs.rejections, logs.cut_count, scores=scores)
    redaction.count(project_id, tally)
    return prepared


def make_spans(
    records: Mapping[str, Sequence[SpanRecord]],
    *,
    prices: Prices,
    limits: RecordLimits,
    version: int,
    redaction: Redacting = NO_REDACTION,
) -> tuple[list[Span], int]:
    """Rows of records by project, within the limits of those of an export; and how many values were cut."""
    spans: list[Span] = []
    cutter = ValueCutter(limits.value_chars)
    for project_id, of_project in records.items():
        cut = [cutter.cut_span(_with_fewer(record, limits.attributes)) for record in of_project]
        made = normalize_spans(
            cut, project_id=project_id, prices=prices.of_project(project_id), version=version
        )
        # Their events are clean; those from before a change of the rules may have content.
        spans += redaction.redactor(project_id).strip(made)
    return spans, cutter.count


def _with_fewer(record: SpanRecord, attributes_max: int) -> SpanRecord:
    dropped = len(record.attributes) - attributes_max
    if dropped <= 0:
        return record
    kept = dict(islice(record.attributes.items(), attributes_max))
    return record._replace(attributes=kept, dropped_attributes_count=dropped)


def _scores(
    records: Sequence[ScoreRecord],
    project_id: str,
    version: int,
    score_configs: Callable[[str], ScoreCatalog],
) -> list[Score]:
    """Of scores that their doors held to their configurations, or that ask for none."""
    catalog = score_configs(project_id)
    return [_score(_settled(record, catalog), project_id, version) for record in records]


def _settled(record: ScoreRecord, catalog: ScoreCatalog) -> ScoreRecord:
    try:
        return catalog.settle(record)
    except RefusedScoreError:
        # It was acknowledged as fitting a moment ago, before its configuration changed.
        return record


def _score(record: ScoreRecord, project_id: str, version: int) -> Score:
    return normalize_score(record, project_id=project_id, now_ns=version, version=version)


def _prepare_langfuse(
    batch: IngestionBatch, project_id: str, version: int, score_configs: Callable[[str], ScoreCatalog]
) -> Prepared:
    catalog = score_configs(project_id) if batch.scores else NO_CONFIGS
    scores: list[Score] = []
    for position, record in zip(batch.score_positions, batch.scores, strict=True):
        try:
            scores.append(_score(catalog.settle(record), project_id, version))
        except RefusedScoreError as refusal:
            batch.rejections.append(Rejection(str(refusal), position))
    return Prepared(
        [],
        [],
        batch.rejections,
        0,
        scores=scores,
        events=[_event(record, project_id, version) for record in batch.events],
        positions=[record.position for record in batch.events],
    )


def _event(record: EventRecord, project_id: str, version: int) -> LangfuseEvent:
    return LangfuseEvent(
        project_id=project_id,
        trace_id=record.trace_id or record.entity_id,
        entity_type=record.entity_type,
        entity_id=record.entity_id,
        event_id=record.event_id,
        event_type=record.event_type,
        time_ns=read_time_ns(record.timestamp) or version,
        names_trace=bool(record.trace_id),
        body=dump_json(record.body),
        sdk_version=record.sdk_version,
        version=version,
    )
