"""OTLP/JSON bodies to the same records."""

import base64
import json
import math
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from tests.support.otlp_bodies import SPAN_ID, START_NS, TRACE_ID, request_with, span

from spanglass_server.base.errors import MalformedBody
from spanglass_server.wire.otlp import RecordLimits, decode_traces
from spanglass_server.wire.otlp_json import decode_logs_json, decode_traces_json

GOOD: dict[str, Any] = {
    "traceId": TRACE_ID.hex(),
    "spanId": SPAN_ID.hex(),
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": str(START_NS),
    "endTimeUnixNano": str(START_NS + 1),
}


def body(*spans: Any) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def attribute(value: Any) -> dict[str, Any]:
    return {**GOOD, "attributes": [{"key": "k", "value": value}]}


def test_the_specifications_spelling_is_read() -> None:
    sent = {
        **GOOD,
        "parentSpanId": "0102030405060709",
        "status": {"code": 2, "message": "bad"},
        "traceState": "a=b",
        "droppedAttributesCount": 2,
        "events": [{"timeUnixNano": "5", "name": "e", "attributes": []}],
        "links": [{"traceId": TRACE_ID.hex(), "spanId": SPAN_ID.hex()}],
    }
    (record,), rejections, _ = decode_traces_json(body(sent))
    assert rejections == []
    assert (record.trace_id, record.span_id) == (TRACE_ID.hex(), SPAN_ID.hex())
    assert (record.parent_span_id, record.name, record.otlp_kind) == ("0102030405060709", "chat", 3)
    assert (record.start_time_ns, record.end_time_ns) == (START_NS, START_NS + 1)
    assert (record.status_code, record.status_message, record.trace_state) == (2, "bad", "a=b")
    assert record.events == ((5, "e", {}),)
    assert record.links == ((TRACE_ID.hex(), SPAN_ID.hex(), {}),)
    assert record.dropped_attributes_count == 2


def test_protobufs_own_json_means_the_same_as_its_bytes() -> None:
    request = request_with(span(1), span(2, parent_span_id=SPAN_ID))
    request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="n").value.int_value = 2**53 + 1
    for keeps_names in (False, True):
        text = MessageToJson(request, preserving_proto_field_name=keeps_names)
        assert decode_traces_json(text.encode()) == decode_traces(request.SerializeToString())


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"stringValue": "text"}, "text"),
        ({"string_value": "text"}, "text"),
        ({"intValue": "42"}, 42),
        ({"intValue": 42}, 42),
        ({"intValue": 42.0}, 42),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "0.5"}, 0.5),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"boolValue": False}, False),
        ({"bytesValue": base64.b64encode(b"\x00\x01").decode()}, b"\x00\x01"),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "b"}]}}, [1, "b"]),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, {"a": True}),
        ({}, None),
        (None, None),
        ("bare", "bare"),
        (7, 7),
    ],
)
def test_values_are_read_in_every_spelling(sent: Any, expected: Any) -> None:
    (record,), rejections, _ = decode_traces_json(body(attribute(sent)))
    assert rejections == []
    assert record.attributes == {"k": expected}


def test_numbers_that_are_none_are_read_as_not_a_number() -> None:
    (record,), _, _ = decode_traces_json(body(attribute({"doubleValue": "NaN"})))
    assert math.isnan(record.attributes["k"])  # type: ignore[arg-type]
    bare = body(attribute({"doubleValue": 1.5})).replace(b"1.5", b"NaN")
    (record,), _, _ = decode_traces_json(bare)
    assert math.isnan(record.attributes["k"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"traceId": "xyz"}, "neither hex nor base64"),
        ({"traceId": "00" * 16}, "all zeros"),
        ({"traceId": "0102"}, "trace_id has 2 bytes"),
        ({"spanId": 5}, "span_id is not text"),
        ({"startTimeUnixNano": "soon"}, "start_time_unix_nano is not an integer"),
        ({"startTimeUnixNano": None}, "start_time_unix_nano is missing"),
        ({"attributes": {"k": "v"}}, "attributes is not an array"),
        ({"attributes": ["k"]}, "attribute is not an object"),
        ({"attributes": [{"key": "k", "value": {"intValue": "x"}}]}, "intValue is not an integer"),
        ({"attributes": [{"key": "k", "value": {"boolValue": "x"}}]}, "boolValue is neither"),
        ({"attributes": [{"key": "k", "value": {"bytesValue": "%"}}]}, "bytesValue is not base64"),
        ({"attributes": [{"key": "k", "value": ["x"]}]}, "value is not an object"),
        ({"name": 7}, "stands where text belongs"),
        ({"events": [3]}, "event is not an object"),
        ({"status": "OK"}, "status is not an object"),
    ],
)
def test_a_bad_span_is_refused_alone(fields: dict[str, Any], reason: str) -> None:
    bad = {**GOOD, **fields}
    records, (rejection,), _ = decode_traces_json(body(GOOD, bad, GOOD))
    assert len(records) == 2
    assert reason in rejection.reason


def test_a_span_that_is_no_object_is_named_by_its_place() -> None:
    records, (rejection,), _ = decode_traces_json(body(GOOD, 17))
    assert len(records) == 1
    assert rejection.item == "resource_spans[0].scope_spans[0].spans[1]"


def test_values_nested_too_deep_are_refused() -> None:
    value: dict[str, Any] = {"stringValue": "bottom"}
    for _ in range(40):
        value = {"arrayValue": {"values": [value]}}
    records, (rejection,), _ = decode_traces_json(body(GOOD, attribute(value)))
    assert len(records) == 1
    assert "32 levels deep" in rejection.reason


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"resourceSpans": {}}',
        b'{"resourceSpans": [5]}',
        b'{"resourceSpans": [{"scopeSpans": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_malformed(sent: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_traces_json(sent)


def test_invalid_utf8_costs_a_character_and_nothing_else() -> None:
    sent = body({**GOOD, "name": "MARK"}, GOOD).replace(b"MARK", b"\xff\xfe")
    records, rejections, _ = decode_traces_json(sent)
    assert [record.name for record in records] == ["��", "chat"]
    assert rejections == []


def test_spans_beyond_the_limit_are_refused() -> None:
    records, rejections, _ = decode_traces_json(body(GOOD, GOOD, GOOD), RecordLimits(records=1))
    assert (len(records), len(rejections)) == (1, 2)


def test_values_that_are_too_long_are_cut_off() -> None:
    sent = body(attribute({"stringValue": "x" * 100}))
    (record,), _, cut_count = decode_traces_json(sent, RecordLimits(value_chars=10))
    assert (record.attributes, cut_count) == ({"k": "xxxxxxxxx…"}, 1)


def test_log_records_are_read() -> None:
    sent = {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "rag"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": str(START_NS),
                                "severityNumber": "SEVERITY_NUMBER_WARN2",
                                "severityText": "WARN",
                                "body": {"stringValue": "careful"},
                                "traceId": TRACE_ID.hex(),
                                "spanId": SPAN_ID.hex(),
                                "eventName": "e",
                            },
                            {"timeUnixNano": "-5"},
                        ]
                    }
                ],
            }
        ]
    }
    (record,), (rejection,), _ = decode_logs_json(json.dumps(sent).encode())
    assert (record.time_ns, record.severity_number, record.body) == (START_NS, 14, "careful")
    assert (record.trace_id, record.span_id, record.event_name) == (TRACE_ID.hex(), SPAN_ID.hex(), "e")
    assert record.resource.attributes == {"service.name": "rag"}
    assert "year 2262" in rejection.reason
