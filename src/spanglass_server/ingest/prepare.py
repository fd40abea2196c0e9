"""A request's bytes to rows: decode and normalize. The part of ingest that holds the interpreter's lock."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from spanglass_server.model.score import Score
from spanglass_server.model.span import Log, Span
from spanglass_server.normalize.pipeline import normalize_logs, normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.scores import normalize_score
from spanglass_server.wire.otlp import RecordLimits, decode_logs, decode_traces
from spanglass_server.wire.otlp_json import decode_logs_json, decode_traces_json
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.responses import Encoding, Signal
from spanglass_server.wire.scores import decode_scores

IngestSignal: TypeAlias = Signal | Literal["scores"]
"""What a body holds: an OTLP export, or scores as `wire.scores.encode_scores` writes them."""


class Prepared(NamedTuple):
    """One request's rows, not settled yet."""

    spans: list[Span]
    logs: list[Log]
    rejections: list[Rejection]
    cut_count: int
    """Values that were too long and were cut off."""
    scores: Sequence[Score] = ()

    @property
    def row_count(self) -> int:
        return len(self.spans) + len(self.logs) + len(self.scores)


def prepare(
    body: bytes,
    *,
    signal: IngestSignal,
    encoding: Encoding,
    project_id: str,
    prices: PriceBook,
    limits: RecordLimits,
    version: int,
) -> Prepared:
    """Raises MalformedBody."""
    if signal == "traces":
        traces = (decode_traces if encoding == "protobuf" else decode_traces_json)(body, limits)
        spans = normalize_spans(traces.records, project_id=project_id, prices=prices, version=version)
        return Prepared(spans, [], traces.rejections, traces.cut_count)
    if signal == "scores":
        return Prepared([], [], [], 0, scores=_scores(body, project_id, version))
    logs = (decode_logs if encoding == "protobuf" else decode_logs_json)(body, limits)
    rows = normalize_logs(logs.records, project_id=project_id, version=version)
    return Prepared([], rows, logs.rejections, logs.cut_count)


def _scores(body: bytes, project_id: str, version: int) -> list[Score]:
    return [
        normalize_score(record, project_id=project_id, now_ns=version, version=version)
        for record in decode_scores(body)
    ]
