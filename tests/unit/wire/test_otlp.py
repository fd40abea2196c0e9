"""OTLP/protobuf bodies to records."""

import math

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.support.otlp_bodies import SPAN_ID, START_NS, TRACE_ID, body_of, request_with, span

from spanglass_server.base.errors import MalformedBody
from spanglass_server.base.limits import ATTRIBUTE_DEPTH_MAX
from spanglass_server.wire.otlp import RecordLimits, decode_logs, decode_traces


def nested(depth: int) -> AnyValue:
    value = AnyValue(string_value="bottom")
    for _ in range(depth):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


def test_every_field_of_a_span_is_read() -> None:
    sent = span(
        parent_span_id=SPAN_ID,
        trace_state="k=v",
        dropped_attributes_count=3,
        dropped_events_count=4,
        dropped_links_count=5,
        status=Status(code=Status.STATUS_CODE_ERROR, message="it failed"),
    )
    event = sent.events.add(name="exception", time_unix_nano=START_NS + 5)
    event.attributes.add(key="exception.type").value.string_value = "ValueError"
    link = sent.links.add(trace_id=TRACE_ID, span_id=SPAN_ID)
    link.attributes.add(key="why").value.string_value = "batch"

    (record,), rejections, _ = decode_traces(body_of(sent))

    assert rejections == []
    assert (record.trace_id, record.span_id) == (TRACE_ID.hex(), "0000000000000001")
    assert record.parent_span_id == SPAN_ID.hex()
    assert (record.name, record.otlp_kind, record.trace_state) == ("chat", 3, "k=v")
    assert (record.start_time_ns, record.end_time_ns) == (START_NS, START_NS + 1_000_000)
    assert (record.status_code, record.status_message) == (2, "it failed")
    assert record.events[0] == (START_NS + 5, "exception", {"exception.type": "ValueError"})
    assert record.links[0] == (TRACE_ID.hex(), SPAN_ID.hex(), {"why": "batch"})
    assert record.resource.attributes == {"service.name": "rag"}
    assert record.resource.schema_url.endswith("1.30.0")
    assert (record.scope.name, record.scope.version) == ("tests", "1.0")
    assert record[-3:] == (3, 4, 5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (AnyValue(string_value="text"), "text"),
        (AnyValue(string_value=""), ""),
        (AnyValue(string_value="x" * 70_000), "x" * 70_000),
        (AnyValue(string_value="답변 🙂"), "답변 🙂"),
        (AnyValue(bool_value=False), False),
        (AnyValue(int_value=-3), -3),
        (AnyValue(int_value=2**63 - 1), 2**63 - 1),
        (AnyValue(double_value=0.25), 0.25),
        (AnyValue(double_value=math.inf), math.inf),
        (AnyValue(bytes_value=b"\x00\xff"), b"\x00\xff"),
        (AnyValue(), None),
        (AnyValue(array_value={"values": [{"int_value": 1}, {"string_value": "b"}, {}]}), [1, "b", None]),
        (AnyValue(array_value={}), []),
        (
            AnyValue(kvlist_value={"values": [KeyValue(key="k", value=AnyValue(bool_value=True))]}),
            {"k": True},
        ),
    ],
)
def test_every_type_of_value_comes_back(value: AnyValue, expected: object) -> None:
    sent = span(attributes=[KeyValue(key="한글.key", value=value)])
    # Twice: the second time it may come from memory.
    for _ in range(2):
        (record,), _, _ = decode_traces(body_of(sent))
        assert record.attributes == {"한글.key": expected}
        assert type(record.attributes["한글.key"]) is type(expected)


def test_a_list_handed_out_is_not_shared_between_spans() -> None:
    value = AnyValue(array_value={"values": [{"string_value": "a"}]})
    attribute = KeyValue(key="tags", value=value)
    first, second = decode_traces(
        body_of(span(1, attributes=[attribute]), span(2, attributes=[attribute]))
    ).records
    assert first.attributes["tags"] is not second.attributes["tags"]


def test_a_key_sent_twice_keeps_its_last_value() -> None:
    attributes = [KeyValue(key="k", value=AnyValue(string_value=text)) for text in ("first", "last")]
    (record,), _, _ = decode_traces(body_of(span(attributes=attributes)))
    assert record.attributes == {"k": "last"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": bytes(16)}, "trace_id is all zeros"),
        ({"trace_id": b"short"}, "trace_id has 5 bytes, not 16"),
        ({"trace_id": b""}, "trace_id has 0 bytes, not 16"),
        ({"span_id": bytes(8)}, "span_id is all zeros"),
        ({"span_id": b"toolongbytes"}, "span_id has 12 bytes, not 8"),
        ({"parent_span_id": b"123"}, "parent_span_id has 3 bytes, not 8"),
        ({"start_time_unix_nano": 0}, "start_time_unix_nano is missing"),
        ({"start_time_unix_nano": 2**63}, "past the year 2262"),
        ({"end_time_unix_nano": 2**64 - 1}, "past the year 2262"),
        (
            {"attributes": [KeyValue(key="deep", value=nested(ATTRIBUTE_DEPTH_MAX + 1))]},
            "nests more than 32 levels deep",
        ),
    ],
)
def test_a_bad_span_is_refused_alone_and_says_why(fields: dict[str, object], reason: str) -> None:
    good_before, bad, good_after = span(1), span(2, **fields), span(3)
    records, rejections, _ = decode_traces(body_of(good_before, bad, good_after))
    assert [record.span_id[-1] for record in records] == ["1", "3"]
    (rejection,) = rejections
    assert reason in rejection.reason


def test_a_rejection_names_the_span_or_where_it_stood() -> None:
    _, (named,), _ = decode_traces(body_of(span(1), span(2, start_time_unix_nano=0)))
    assert named.item == f"{TRACE_ID.hex()}/0000000000000002"
    _, (placed,), _ = decode_traces(body_of(span(1), span(2, trace_id=b"")))
    assert placed.item == "resource_spans[0].scope_spans[0].spans[1]"


def test_a_span_of_broken_bytes_is_refused_alone() -> None:
    request = request_with(span(1), span(2))
    body = request.SerializeToString()
    broken = body.replace(b"chat", b"\xff\xff\xff\xff", 1)
    records, rejections, _ = decode_traces(broken)
    assert [record.name for record in records] == ["�" * 4, "chat"]
    assert rejections == []
    # A length inside the span that points past its end.
    inner = span(2).SerializeToString()
    cut = body.replace(inner, inner[:-9] + b"\x7a\x7f" + inner[-7:])
    records, (rejection,), _ = decode_traces(cut)
    assert len(records) == 1
    assert "not valid protobuf" in rejection.reason


def test_invalid_utf8_costs_a_character_and_nothing_else() -> None:
    attribute = KeyValue(key="prompt", value=AnyValue(string_value="good MARK text"))
    body = body_of(span(1, attributes=[attribute]), span(2))
    records, rejections, _ = decode_traces(body.replace(b"MARK", b"\xff\xfe\xc3("))
    assert len(records) == 2
    assert rejections == []
    assert records[0].attributes["prompt"] == "good ���( text"


def test_a_parent_of_zeros_means_a_root() -> None:
    (record,), _, _ = decode_traces(body_of(span(parent_span_id=bytes(8))))
    assert record.parent_span_id == ""


def test_attributes_and_events_beyond_the_limit_are_cut_off_and_counted() -> None:
    attributes = [KeyValue(key=f"k{i}", value=AnyValue(int_value=i)) for i in range(10)]
    sent = span(attributes=attributes, dropped_attributes_count=1)
    for _ in range(6):
        sent.events.add(name="e")
        sent.links.add(trace_id=TRACE_ID, span_id=SPAN_ID)
    (record,), rejections, _ = decode_traces(body_of(sent), RecordLimits(attributes=4, events=5))
    assert rejections == []
    assert list(record.attributes) == ["k0", "k1", "k2", "k3"]
    assert record[-3:] == (7, 1, 1)
    assert (len(record.events), len(record.links)) == (5, 5)


def test_spans_beyond_the_limit_of_a_request_are_refused_with_the_settings_name() -> None:
    records, rejections, _ = decode_traces(body_of(*(span(i) for i in range(1, 6))), RecordLimits(records=3))
    assert len(records) == 3
    assert [rejection.item[-2] for rejection in rejections] == ["3", "4"]
    assert "spans_per_request_max" in rejections[0].reason


def test_values_that_are_too_long_are_cut_off_and_counted() -> None:
    long = AnyValue(array_value={"values": [{"string_value": "x" * 50}, {"bytes_value": b"y" * 50}]})
    sent = span(attributes=[KeyValue(key="long", value=long), KeyValue(key="n", value=AnyValue(int_value=1))])
    sent.events.add(name="e").attributes.add(key="k").value.string_value = "z" * 50
    (record,), rejections, cut_count = decode_traces(body_of(sent), RecordLimits(value_chars=10))
    assert (rejections, cut_count) == ([], 3)
    assert record.attributes == {"long": ["xxxxxxxxx…", b"yyyyyyyyy"], "n": 1}
    assert record.events[0].attributes == {"k": "zzzzzzzzz…"}


def test_an_empty_request_holds_nothing() -> None:
    assert decode_traces(b"") == ([], [], 0)
    assert decode_traces(request_with().SerializeToString()) == ([], [], 0)


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_cut_body_is_malformed(cut: int) -> None:
    with pytest.raises(MalformedBody, match="not an OTLP ExportTraceServiceRequest"):
        decode_traces(body_of(span(1), span(2))[:-cut])


def test_text_is_malformed() -> None:
    with pytest.raises(MalformedBody):
        decode_traces(b'{"resourceSpans": []}')


def test_a_field_of_a_later_otlp_version_is_passed_over() -> None:
    body = request_with(span(1)).SerializeToString() + b"\xfa\x3f\x03new"
    assert len(decode_traces(body).records) == 1


def test_two_concatenated_requests_are_one() -> None:
    assert len(decode_traces(body_of(span(1)) + body_of(span(2))).records) == 2


def test_every_field_of_a_log_record_is_read() -> None:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "rag"
    scope = group.scope_logs.add()
    scope.scope.name = "tests"
    full = scope.log_records.add(
        time_unix_nano=START_NS,
        observed_time_unix_nano=START_NS + 1,
        severity_number=9,
        severity_text="INFO",
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        event_name="gen_ai.choice",
    )
    full.body.kvlist_value.values.add(key="finish_reason").value.string_value = "stop"
    alone = scope.log_records.add(observed_time_unix_nano=START_NS + 2, trace_id=bytes(16))
    alone.attributes.add(key="event.name").value.string_value = "old.style"
    scope.log_records.add(trace_id=b"bad")

    (first, second), (rejection,), _ = decode_logs(request.SerializeToString())

    assert (first.time_ns, first.severity_number, first.severity_text) == (START_NS, 9, "INFO")
    assert (first.trace_id, first.span_id) == (TRACE_ID.hex(), SPAN_ID.hex())
    assert (first.event_name, first.body) == ("gen_ai.choice", {"finish_reason": "stop"})
    assert first.resource.attributes == {"service.name": "rag"}
    assert (second.time_ns, second.trace_id, second.event_name) == (START_NS + 2, "", "old.style")
    assert second.body is None
    assert "trace_id has 3 bytes" in rejection.reason
    assert rejection.item == "resource_logs[0].scope_logs[0].log_records[2]"


def test_kinds_and_codes_of_the_specification_pass_as_numbers() -> None:
    sent = [span(i + 1, kind=i, status=Status(code=min(i, 2))) for i in range(6)]
    records, _, _ = decode_traces(body_of(*sent))
    assert [record.otlp_kind for record in records] == [0, 1, 2, 3, 4, 5]
    assert [record.status_code for record in records] == [0, 1, 2, 2, 2, 2]
    assert Span.SPAN_KIND_CONSUMER == 5
