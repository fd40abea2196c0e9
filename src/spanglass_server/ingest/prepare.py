"""A request's bytes to rows: decode and normalize. The part of ingest that holds the interpreter's lock."""

from typing import NamedTuple

from spanglass_server.model.span import Log, Span
from spanglass_server.normalize.pipeline import normalize_logs, normalize_spans
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.wire.otlp import RecordLimits, decode_logs, decode_traces
from spanglass_server.wire.otlp_json import decode_logs_json, decode_traces_json
from spanglass_server.wire.records import Rejection
from spanglass_server.wire.responses import Encoding, Signal


class Prepared(NamedTuple):
    """One request's rows, not settled yet."""

    spans: list[Span]
    logs: list[Log]
    rejections: list[Rejection]
    cut_count: int
    """Values that were too long and were cut off."""


def prepare(
    body: bytes,
    *,
    signal: Signal,
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
    logs = (decode_logs if encoding == "protobuf" else decode_logs_json)(body, limits)
    rows = normalize_logs(logs.records, project_id=project_id, version=version)
    return Prepared([], rows, logs.rejections, logs.cut_count)
