"""Rules of redaction, and records to redact."""

from typing import Any

from spanglass_server.model.redaction import (
    DetectorRule,
    PatternRule,
    RedactionAction,
    RedactionField,
    RedactionPolicy,
)
from spanglass_server.normalize.redaction import KINDS, Redactor, Tally
from spanglass_server.normalize.redaction.rewriting import COUNT_KEY
from spanglass_server.wire.otlp import decode_traces
from spanglass_server.wire.records import Attributes, EventRecord, Resource, Scope, SpanRecord

KEY = b"0" * 32
EVERYTHING = RedactionPolicy(detectors=tuple(DetectorRule(kind, "mask") for kind in KINDS))


def rules(
    *kinds: str, action: RedactionAction = "mask", fields: tuple[RedactionField, ...] = ()
) -> RedactionPolicy:
    return RedactionPolicy(detectors=tuple(DetectorRule(kind, action, fields) for kind in kinds))


def pattern(text: str, action: RedactionAction = "mask") -> RedactionPolicy:
    return RedactionPolicy(patterns=(PatternRule("own", text, action),))


def span_record(attributes: Attributes, **fields: Any) -> SpanRecord:
    told: dict[str, Any] = {
        "trace_id": "1" * 32,
        "span_id": "2" * 16,
        "parent_span_id": "",
        "name": "chat",
        "otlp_kind": 3,
        "start_time_ns": 1,
        "end_time_ns": 2,
        "status_code": 0,
        "status_message": "",
        "attributes": attributes,
        "events": (),
        "links": (),
        "resource": Resource(attributes={}),
        "scope": Scope(name="s", version="1", attributes={}),
    }
    return SpanRecord(**(told | fields))


def body_of(record: SpanRecord) -> bytes:
    """Bytes that hold all the record's texts, as a protobuf message would: names and values apart."""
    texts = [record.name, record.status_message]
    for attributes in (record.attributes, record.resource.attributes, *(e.attributes for e in record.events)):
        for key, value in attributes.items():
            texts += (key, value if isinstance(value, str) else str(value))
    return "\n*".join(texts).encode("utf-8", "replace")


def redact(policy: RedactionPolicy, record: SpanRecord) -> tuple[SpanRecord, Tally]:
    tally = Tally()
    (clean,) = Redactor(policy, KEY).spans([record], body_of(record), tally)
    return clean, tally


def redact_text(policy: RedactionPolicy, text: str, key: str = "input.value") -> Any:
    """What is left of an attribute's value; None where it is dropped."""
    clean, _ = redact(policy, span_record({key: text}))
    return clean.attributes.get(key)


def event(name: str, **attributes: str) -> EventRecord:
    return EventRecord(1, name, dict(attributes))


__all__ = [
    "COUNT_KEY",
    "EVERYTHING",
    "KEY",
    "body_of",
    "decode_traces",
    "event",
    "pattern",
    "redact",
    "redact_text",
    "rules",
    "span_record",
]
