"""Attributes become meaning: spans and logs as sent, made rows of our model.

Total: whatever a sender writes, a row comes out. What surprises is kept in the raw attributes and named by a
warning (docs/warnings.md). Hot: one pass over the attributes, everything shared by a resource and scope is
worked out once a batch, and what a span does not mention costs nothing.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

import orjson

from spanglass_server.model.price import Priced
from spanglass_server.model.span import Kind, Span
from spanglass_server.normalize import fields as f
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.dialects import DIALECTS
from spanglass_server.normalize.dialects.openinference import is_private_step
from spanglass_server.normalize.identity import NO_IDENTITY, read_identity, read_prompt
from spanglass_server.normalize.kinds import decide_kind, read_model_span_name
from spanglass_server.normalize.logs import INDEXED_CHARS_MAX, INDEXED_KEYS_MAX, TIME_NS_MAX, normalize_logs
from spanglass_server.normalize.models import NO_MODELS, Models, read_models
from spanglass_server.normalize.origin import Origin, read_origin
from spanglass_server.normalize.outcome import (
    NO_FAILURE,
    read_failure,
    read_finish_reasons,
    read_status,
    read_streaming,
    read_ttft_ns,
)
from spanglass_server.normalize.parameters import read_parameters
from spanglass_server.normalize.payload import Payload, extract_payload
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.redaction.rewriting import COUNT_KEY
from spanglass_server.normalize.redaction.values import is_masked
from spanglass_server.normalize.response_body import fill_from_response
from spanglass_server.normalize.response_id import find_response_id
from spanglass_server.normalize.shapes import Shape, shape_of
from spanglass_server.normalize.table import PLAIN
from spanglass_server.normalize.tokens import read_reported_cost, read_usage, usage_warnings
from spanglass_server.normalize.usage import NO_USAGE, Usage
from spanglass_server.normalize.values import base64_of_bytes, cut_label, dump_json, printable, printable_text
from spanglass_server.wire.records import Attributes, AttributeValue, SpanRecord

__all__ = ["normalize_logs", "normalize_spans"]

_OTLP_KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
_DIALECT_NAMES: Final = tuple(dialect.name for dialect in DIALECTS)
_EMPTY_SLOTS: Final[f.Slots] = [None] * f.FIELD_COUNT
_NO_PRICE: Final = Priced(None, {}, "", "")
OTLP_CLIENT: Final = 3
_MODEL_KINDS: Final = frozenset({"llm", "embedding", "reranker"})
_NO_USAGE_OPERATIONS: Final = frozenset({"fetch_response"})
"""Operations that tell of an earlier call's response, and never of tokens of their own."""


_CALLING_KINDS: Final = frozenset({"llm", "embedding", "reranker", "agent", "chain"})
"""Kinds whose spans may tell of a model's answer: calls, and the wrappers of calls."""


class _Meaning(NamedTuple):
    """What a span's attributes say, before it is a row."""

    kind: Kind
    environment: str
    release: str
    facts: tuple[object, ...]
    """The row's fields from `status` to `session_id`."""
    labels: tuple[object, ...]
    """The row's fields from `tags` to `prompt_version`."""
    payload: Payload


_NO_ANSWER: Final[tuple[bool | None, int | None, tuple[str, ...]]] = (None, None, ())
_NO_CALL: Final = (
    *("", *NO_MODELS, "", "", *NO_USAGE, *_NO_PRICE),
    *(None, *_NO_ANSWER, None, *NO_IDENTITY[:4]),
)
"""The row's fields from `operation` to `session_id` of a span that says nothing of these."""
_NO_LABELS: Final = (*NO_IDENTITY[4:7], "", "", "", "")


class _Scan(NamedTuple):
    """What one pass over a span's attributes found."""

    slots: f.Slots
    shape: Shape
    dialect: str
    indexed: dict[str, str]


def normalize_spans(
    records: Sequence[SpanRecord], *, project_id: str, prices: PriceBook, version: int, ingest_key: str = ""
) -> list[Span]:
    """A row for every span, in the order given. Never raises.

    Only Logfire's pending spans, which announce one that follows, are left out."""
    origins: dict[tuple[int, int], Origin] = {}
    batch = _Batch(project_id, prices, version, ingest_key)
    spans: list[Span] = []
    for record in records:
        key = (id(record.resource), id(record.scope))
        origin = origins.get(key)
        if origin is None:
            origin = origins[key] = read_origin(record.resource, record.scope)
        try:
            span = _normalize(record, origin, batch, [])
        except Exception:  # noqa: BLE001 - bad telemetry is data: what surprised us is kept and marked
            span = _normalize_surprise(record, origin, batch)
        if span is not None:
            spans.append(span)
    return spans


class _Batch(NamedTuple):
    project_id: str
    prices: PriceBook
    version: int
    ingest_key: str


def _normalize_surprise(record: SpanRecord, origin: Origin, batch: _Batch) -> Span | None:
    """Once more with everything replaced that UTF-8 or JSON cannot hold; then without reading a meaning."""
    clean = record._replace(
        name=printable_text(record.name),
        status_message=printable_text(record.status_message),
        trace_id=printable_text(record.trace_id),
        span_id=printable_text(record.span_id),
        parent_span_id=printable_text(record.parent_span_id),
        attributes=_printable_attributes(record.attributes),
        events=tuple(
            e._replace(name=printable_text(e.name), attributes=_printable_attributes(e.attributes))
            for e in record.events
        ),
        links=tuple(e._replace(attributes=_printable_attributes(e.attributes)) for e in record.links),
    )
    try:
        return _normalize(clean, origin, batch, ["unprintable_text"])
    except Exception:  # noqa: BLE001 - the span is kept, without a meaning, rather than lost
        bare = clean._replace(attributes={}, events=(), links=())
        span = _normalize(bare, origin, batch, ["not_understood"])
        return None if span is None else span._replace(attributes=dump_json(clean.attributes))


def _printable_attributes(attributes: Attributes) -> Attributes:
    return {printable_text(key): printable(value) for key, value in attributes.items()}


def _scan(record: SpanRecord, origin: Origin) -> _Scan:
    """Of every field the most believed usable value, and the attributes that filters compare with."""
    attributes = record.attributes
    index: dict[str, str] = {}
    for key, value in attributes.items():
        if type(value) is str:
            if len(value) <= INDEXED_CHARS_MAX:
                index[key] = value
        elif value is True or value is False:
            index[key] = "true" if value else "false"
        elif type(value) is int or type(value) is float:
            index[key] = str(value)
    if len(index) > INDEXED_KEYS_MAX:
        index = dict(islice(index.items(), INDEXED_KEYS_MAX))
    shape = shape_of(attributes)
    slots = _EMPTY_SLOTS
    if shape.has_meaning:
        slots = slots.copy()
        for slot, key, read in shape.reads:
            if slots[slot] is None:
                slots[slot] = read(attributes[key])
        for slot, item, key, read in shape.collects:
            _collect(slots, slot, item, read(attributes[key]))
    return _Scan(slots, shape, _DIALECT_NAMES[shape.mark if origin.mark == PLAIN else origin.mark], index)


def _collect(slots: f.Slots, slot: int, item: str, usable: AttributeValue) -> None:
    if usable is None:
        return
    if slots[slot] is None:
        slots[slot] = {}
    slots[slot][item] = usable


def _normalize(record: SpanRecord, origin: Origin, batch: _Batch, warnings: list[str]) -> Span | None:
    """The row; None for a span that only announces another. May raise on values that JSON cannot hold."""
    scan = _scan(record, origin)
    if not scan.shape.has_meaning and origin.mark != PLAIN:
        scan = _named(record, scan)
    if scan.slots is not _EMPTY_SLOTS:
        if scan.slots[f.LOGFIRE_SPAN_TYPE] == "pending_span":
            return None
        meaning = _read_meaning(record, origin, scan, batch, warnings)
    else:
        meaning = _plain_meaning(record, scan)
    return _to_row(record, origin, scan, meaning, batch, warnings)


def _named(record: SpanRecord, scan: _Scan) -> _Scan:
    """What the name tells where a model library's span has no attribute that does: OpenLIT's failed calls."""
    named = read_model_span_name(record.name) if record.otlp_kind == OTLP_CLIENT else None
    if named is None:
        return scan
    slots = _EMPTY_SLOTS.copy()
    slots[f.OPERATION], slots[f.REQUEST_MODEL] = named
    return scan._replace(slots=slots)


def _plain_meaning(record: SpanRecord, scan: _Scan) -> _Meaning:
    """Of a span that no attribute says anything about: its name, status and payload are all there is."""
    kind = decide_kind(scan.slots, record.name)
    failure = read_failure(record, scan.slots) if record.status_code == 2 else NO_FAILURE
    status = read_status(record, scan.slots, is_model_step=False)
    return _Meaning(
        kind, "", "", (status, *failure, *_NO_CALL), _NO_LABELS, extract_payload(record, scan.shape.payload)
    )


def _read_meaning(
    record: SpanRecord, origin: Origin, scan: _Scan, batch: _Batch, warnings: list[str]
) -> _Meaning:
    slots, shape = scan.slots, scan.shape
    kind = decide_kind(slots, record.name)
    if kind == "llm" and not shape.tells_usage and is_private_step(origin.scope_name, record.name):
        kind = "chain"
    identity = NO_IDENTITY
    if shape.tells_identity:
        identity = read_identity(slots, decodes_metadata=origin.decodes_metadata)
    models, usage, priced, reported, parameters = NO_MODELS, NO_USAGE, _NO_PRICE, None, ""
    operation = slots[f.OPERATION] or slots[f.VERCEL_OPERATION] or slots[f.REQUEST_TYPE] or ""
    is_model_step = kind != "span" and kind != "cache"
    if is_model_step:
        if kind in _CALLING_KINDS and slots[f.OUTPUT_TEXT] is not None:
            fill_from_response(slots, kind)
        if shape.tells_models or slots[f.REQUEST_MODEL] or slots[f.RESPONSE_MODEL]:
            models = read_models(slots, identity.provider)
        tells_usage = shape.tells_usage or slots[f.RAW_USAGE] is not None
        if tells_usage and operation not in _NO_USAGE_OPERATIONS:
            usage = read_usage(slots, dialect=scan.dialect, provider=models.provider, warnings=warnings)
        if shape.tells_cost:
            reported = read_reported_cost(slots)
        priced = _price(record, models, usage, reported, kind, batch.prices)
        if shape.tells_parameters:
            parameters = read_parameters(slots, scan.dialect)
    status = read_status(record, slots, is_model_step=is_model_step)
    failure = read_failure(record, slots) if status == "error" else NO_FAILURE
    answer = _NO_ANSWER
    if kind in _CALLING_KINDS:
        if shape.tells_answer or record.events:
            answer = _read_answer(record, scan)
        if usage is not NO_USAGE:
            warnings += usage_warnings(
                usage,
                scope=origin.scope_name,
                scope_version=origin.scope_version,
                is_streamed=bool(answer[0]),
            )
    return _Meaning(
        kind,
        slots[f.ENVIRONMENT] or "",
        slots[f.RELEASE] or "",
        (
            status,
            *failure,
            operation,
            *models,
            _known_response_id(record, slots, kind),
            parameters,
            *usage,
            *priced,
            reported,
            *answer,
            slots[f.CACHE_HIT] if kind != "cache" else _cache_hit(slots),
            *identity[:4],
        ),
        (
            identity.tags,
            identity.metadata,
            identity.trace_metadata,
            slots[f.TRACE_NAME] or "",
            _tool_name(record, slots) if kind == "tool" else "",
            *read_prompt(slots),
        ),
        extract_payload(record, shape.payload),
    )


def _read_answer(record: SpanRecord, scan: _Scan) -> tuple[bool | None, int | None, tuple[str, ...]]:
    """Whether it was streamed, nanoseconds to its first token, and why it ended."""
    slots = scan.slots
    streaming = read_streaming(record, slots, dialect=scan.dialect)
    ttft_ns = read_ttft_ns(record, slots, dialect=scan.dialect, is_streamed=bool(streaming))
    return streaming, ttft_ns, read_finish_reasons(record, slots)


def _price(
    record: SpanRecord, models: Models, usage: Usage, reported: float | None, kind: Kind, prices: PriceBook
) -> Priced:
    if usage is NO_USAGE and reported is None and kind not in _MODEL_KINDS:
        return _NO_PRICE
    return price_usage(
        prices,
        provider=models.provider,
        model=models.response or models.request,
        request_model=models.request,
        usage=usage,
        at_ns=record.start_time_ns,
        reported_cost_usd=reported,
    )


def _known_response_id(record: SpanRecord, slots: f.Slots, kind: Kind) -> str:
    """Empty for one that is masked: calls with the same mask are not the same call."""
    found = _response_id(slots, kind)
    return "" if COUNT_KEY in record.attributes and is_masked(found) else found


def _response_id(slots: f.Slots, kind: Kind) -> str:
    given = slots[f.RESPONSE_ID]
    if given is not None:
        return str(given)
    return find_response_id(slots[f.OUTPUT_TEXT]) if kind == "llm" and slots[f.OUTPUT_TEXT] else ""


def _cache_hit(slots: f.Slots) -> bool | None:
    hit: bool | None = slots[f.CACHE_HIT]
    other: bool | None = slots[f.OTHER_CACHE_HIT]
    return hit if hit is not None else other


def _tool_name(record: SpanRecord, slots: f.Slots) -> str:
    return slots[f.TOOL_NAME] or slots[f.ENTITY_NAME] or record.name.removeprefix("execute_tool ")


def _moved_out(attributes: Attributes, payload: Payload) -> Attributes:
    if not payload.input_key and not payload.output_key:
        return attributes
    kept = attributes.copy()
    kept.pop(payload.input_key, None)
    kept.pop(payload.output_key, None)
    return kept


def _times(record: SpanRecord, warnings: list[str]) -> tuple[int, int]:
    start, end = record.start_time_ns, record.end_time_ns
    if start > TIME_NS_MAX or end > TIME_NS_MAX:
        warnings.append("time_out_of_range")
        start, end = min(start, TIME_NS_MAX), min(end, TIME_NS_MAX)
    if end < start:
        warnings.append("end_before_start")
        end = start
    return start, end


def _name(record: SpanRecord, slots: f.Slots) -> str:
    """Logfire puts a template in the name and the readable one beside it."""
    message = slots[f.LOGFIRE_MESSAGE]
    return message if message and "{" in record.name else cut_label(record.name)


def _to_row(
    record: SpanRecord, origin: Origin, scan: _Scan, meaning: _Meaning, batch: _Batch, warnings: list[str]
) -> Span:
    kind, environment, release, facts, labels, payload = meaning
    start_ns, end_ns = _times(record, warnings)
    if record.dropped_attributes_count or record.dropped_events_count or record.dropped_links_count:
        warnings.append("dropped_by_sender")
    if COUNT_KEY in record.attributes:
        warnings.append("redacted")
    name = _name(record, scan.slots)
    if not name.isascii():
        name.encode()
    if not record.status_message.isascii():
        record.status_message.encode()
    index = scan.indexed
    index.pop(payload.input_key, None)
    index.pop(payload.output_key, None)
    return _row(
        (
            batch.project_id,
            record.trace_id,
            record.span_id,
            record.parent_span_id,
            start_ns,
            end_ns,
            name,
            kind,
            _OTLP_KINDS[record.otlp_kind] if 0 <= record.otlp_kind < len(_OTLP_KINDS) else "unspecified",
            scan.dialect,
            origin.service,
            environment or origin.environment,
            release or origin.release,
            *facts,
            0,
            *labels,
            *payload,
            orjson.dumps(_moved_out(record.attributes, payload), default=base64_of_bytes).decode(),
            index,
            origin.resource,
            origin.scope,
            _events_json(record),
            _links_json(record),
            tuple(dict.fromkeys(warnings)) if warnings else (),
            False,
            False,
            batch.version,
            batch.ingest_key,
        )
    )


def _row(values: tuple[object, ...]) -> Span:
    """`Span._make` without its length check: _to_row lists every field."""
    return tuple.__new__(Span, values)


def _events_json(record: SpanRecord) -> str:
    if not record.events:
        return "[]"
    events = [{"time_ns": e.time_ns, "name": e.name, "attributes": e.attributes} for e in record.events]
    return orjson.dumps(events, default=base64_of_bytes).decode()


def _links_json(record: SpanRecord) -> str:
    if not record.links:
        return "[]"
    links = [{"trace_id": e.trace_id, "span_id": e.span_id, "attributes": e.attributes} for e in record.links]
    return orjson.dumps(links, default=base64_of_bytes).decode()
