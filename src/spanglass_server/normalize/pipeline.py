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
from spanglass_server.model.span import Kind, Span, Status
from spanglass_server.normalize import fields as f
from spanglass_server.normalize.cost import price_usage
from spanglass_server.normalize.dialects import DIALECTS
from spanglass_server.normalize.identity import NO_IDENTITY, Identity, read_identity, read_prompt
from spanglass_server.normalize.kinds import decide_kind
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
from spanglass_server.normalize.payload import NO_PAYLOAD, Payload, extract_payload
from spanglass_server.normalize.prices import PriceBook
from spanglass_server.normalize.response_id import find_response_id
from spanglass_server.normalize.table import PLAIN, TABLE
from spanglass_server.normalize.tokens import read_reported_cost, read_usage, usage_warnings
from spanglass_server.normalize.usage import NO_USAGE, Usage
from spanglass_server.normalize.values import base64_of_bytes, dump_json, printable, printable_text
from spanglass_server.wire.records import Attributes, AttributeValue, SpanRecord

__all__ = ["normalize_logs", "normalize_spans"]

_OTLP_KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
_DIALECT_NAMES: Final = tuple(dialect.name for dialect in DIALECTS)
_EMPTY_SLOTS: Final[f.Slots] = [None] * f.FIELD_COUNT
_NO_PRICE: Final = Priced(None, {}, "", "")
_MODEL_KINDS: Final = frozenset({"llm", "embedding", "reranker"})
_NO_USAGE_OPERATIONS: Final = frozenset({"fetch_response"})
"""Operations that tell of an earlier call's response, and never of tokens of their own."""


_CALLING_KINDS: Final = frozenset({"llm", "embedding", "reranker", "agent", "chain"})
"""Kinds whose spans may tell of a model's answer: calls, and the wrappers of calls."""


class _Meaning(NamedTuple):
    """What a span's attributes say, before it is a row."""

    kind: Kind
    status: Status
    error_type: str
    error_message: str
    operation: str
    models: Models
    response_id: str
    request_parameters: str
    usage: Usage
    priced: Priced
    reported_cost_usd: float | None
    streaming: bool | None
    ttft_ns: int | None
    finish_reasons: tuple[str, ...]
    cache_hit: bool | None
    identity: Identity
    environment: str
    release: str
    trace_name: str
    tool_name: str
    prompt: tuple[str, str]
    payload: Payload


_NOTHING: Final = _Meaning(
    kind="span",
    status="unset",
    error_type="",
    error_message="",
    operation="",
    models=NO_MODELS,
    response_id="",
    request_parameters="",
    usage=NO_USAGE,
    priced=_NO_PRICE,
    reported_cost_usd=None,
    streaming=None,
    ttft_ns=None,
    finish_reasons=(),
    cache_hit=None,
    identity=NO_IDENTITY,
    environment="",
    release="",
    trace_name="",
    tool_name="",
    prompt=("", ""),
    payload=NO_PAYLOAD,
)


class _Scan(NamedTuple):
    """What one pass over a span's attributes found."""

    slots: f.Slots
    has_meaning: bool
    """Some attribute filled a slot."""
    dialect: str
    indexed: dict[str, str]


def normalize_spans(
    records: Sequence[SpanRecord], *, project_id: str, prices: PriceBook, version: int
) -> list[Span]:
    """A row for every span, in the order given. Never raises.

    Only Logfire's pending spans, which announce one that follows, are left out."""
    origins: dict[tuple[int, int], Origin] = {}
    batch = _Batch(project_id, prices, version)
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
    slots: f.Slots | None = None
    orders: dict[int, int] = {}
    index: dict[str, str] = {}
    mark = PLAIN
    for key, value in record.attributes.items():
        if type(value) is str:
            if len(value) <= INDEXED_CHARS_MAX:
                index[key] = value
        elif value is True or value is False:
            index[key] = "true" if value else "false"
        elif type(value) is int or type(value) is float:
            index[key] = str(value)
        entry = TABLE[key]
        if entry is None:
            continue
        order, key_mark, slot, read, item = entry
        if key_mark < mark:
            mark = key_mark
        if slot < 0:
            continue
        if slots is None:
            slots = _EMPTY_SLOTS.copy()
        if slot >= f.COLLECTING:
            _collect(slots, slot, item, read(value))
        elif slot not in orders or order < orders[slot]:
            usable = read(value)
            if usable is not None:
                slots[slot] = usable
                orders[slot] = order
    if len(index) > INDEXED_KEYS_MAX:
        index = dict(islice(index.items(), INDEXED_KEYS_MAX))
    dialect = _DIALECT_NAMES[mark if origin.mark == PLAIN else origin.mark]
    return _Scan(_EMPTY_SLOTS if slots is None else slots, slots is not None, dialect, index)


def _collect(slots: f.Slots, slot: int, item: str, usable: AttributeValue) -> None:
    if usable is None:
        return
    if slots[slot] is None:
        slots[slot] = {}
    slots[slot][item] = usable


def _normalize(record: SpanRecord, origin: Origin, batch: _Batch, warnings: list[str]) -> Span | None:
    """The row; None for a span that only announces another. May raise on values that JSON cannot hold."""
    scan = _scan(record, origin)
    if scan.has_meaning:
        if scan.slots[f.LOGFIRE_SPAN_TYPE] == "pending_span":
            return None
        meaning = _read_meaning(record, origin, scan, batch, warnings)
    else:
        meaning = _plain_meaning(record, scan)
    return _to_row(record, origin, scan, meaning, batch, warnings)


def _plain_meaning(record: SpanRecord, scan: _Scan) -> _Meaning:
    """Of a span that no attribute says anything about: its name, status and payload are all there is."""
    kind = decide_kind(scan.slots, record.name)
    failure = read_failure(record, scan.slots) if record.status_code == 2 else NO_FAILURE
    status = read_status(record, scan.slots, is_model_step=False)
    return _NOTHING._replace(
        kind=kind,
        status=status,
        error_type=failure.error_type,
        error_message=failure.message,
        payload=extract_payload(record),
    )


def _read_meaning(
    record: SpanRecord, origin: Origin, scan: _Scan, batch: _Batch, warnings: list[str]
) -> _Meaning:
    slots = scan.slots
    kind = decide_kind(slots, record.name)
    is_model_step = kind != "span" and kind != "cache"
    identity = read_identity(slots, decodes_metadata=origin.decodes_metadata)
    models, usage, priced, reported = NO_MODELS, NO_USAGE, _NO_PRICE, None
    operation = slots[f.OPERATION] or slots[f.VERCEL_OPERATION] or slots[f.REQUEST_TYPE] or ""
    if is_model_step:
        models = read_models(slots, identity.provider)
        if operation not in _NO_USAGE_OPERATIONS:
            usage = read_usage(slots, dialect=scan.dialect, provider=models.provider, warnings=warnings)
        reported = read_reported_cost(slots)
        priced = _price(record, models, usage, reported, kind, batch.prices)
    status = read_status(record, slots, is_model_step=is_model_step)
    failure = read_failure(record, slots) if status == "error" else NO_FAILURE
    is_streamed = read_streaming(record, slots) if kind in _CALLING_KINDS else None
    ttft_ns = None
    if kind in _CALLING_KINDS:
        ttft_ns = read_ttft_ns(record, slots, dialect=scan.dialect, is_streamed=bool(is_streamed))
        warnings += usage_warnings(
            usage, scope=origin.scope_name, scope_version=origin.scope_version, is_streamed=bool(is_streamed)
        )
    return _Meaning(
        kind=kind,
        status=status,
        error_type=failure.error_type,
        error_message=failure.message,
        operation=operation,
        models=models,
        response_id=_response_id(slots, kind),
        request_parameters=read_parameters(slots, scan.dialect) if is_model_step else "",
        usage=usage,
        priced=priced,
        reported_cost_usd=reported,
        streaming=is_streamed,
        ttft_ns=ttft_ns,
        finish_reasons=read_finish_reasons(record, slots) if kind in _CALLING_KINDS else (),
        cache_hit=slots[f.CACHE_HIT] if kind != "cache" else _cache_hit(slots),
        identity=identity,
        environment=slots[f.ENVIRONMENT] or "",
        release=slots[f.RELEASE] or "",
        trace_name=slots[f.TRACE_NAME] or "",
        tool_name=_tool_name(record, slots) if kind == "tool" else "",
        prompt=read_prompt(slots),
        payload=extract_payload(record),
    )


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
    return message if message and "{" in record.name else record.name


def _to_row(
    record: SpanRecord, origin: Origin, scan: _Scan, meaning: _Meaning, batch: _Batch, warnings: list[str]
) -> Span:
    payload, models, usage, priced, identity = (
        meaning.payload,
        meaning.models,
        meaning.usage,
        meaning.priced,
        meaning.identity,
    )
    start_ns, end_ns = _times(record, warnings)
    if record.dropped_attributes_count or record.dropped_events_count or record.dropped_links_count:
        warnings.append("dropped_by_sender")
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
            meaning.kind,
            _OTLP_KINDS[record.otlp_kind] if 0 <= record.otlp_kind < len(_OTLP_KINDS) else "unspecified",
            scan.dialect,
            origin.service,
            meaning.environment or origin.environment,
            meaning.release or origin.release,
            meaning.status,
            meaning.error_type,
            meaning.error_message,
            meaning.operation,
            models.provider,
            models.request,
            models.response,
            meaning.response_id,
            meaning.request_parameters,
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.cache_write_1h_tokens,
            usage.reasoning_tokens,
            usage.audio_input_tokens,
            usage.audio_output_tokens,
            usage.is_batch,
            priced.cost_usd,
            priced.details,
            priced.source,
            priced.price_version,
            meaning.reported_cost_usd,
            meaning.streaming,
            meaning.ttft_ns,
            meaning.finish_reasons,
            meaning.cache_hit,
            identity.feature,
            identity.team,
            identity.user_id,
            identity.session_id,
            0,
            identity.tags,
            identity.metadata,
            meaning.trace_name,
            meaning.tool_name,
            *meaning.prompt,
            payload.input,
            payload.output,
            payload.input_key,
            payload.output_key,
            payload.input_preview,
            payload.output_preview,
            orjson.dumps(_moved_out(record.attributes, payload), default=base64_of_bytes).decode(),
            index,
            origin.resource,
            origin.scope,
            _events_json(record),
            _links_json(record),
            tuple(dict.fromkeys(warnings)),
            False,
            False,
            batch.version,
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
