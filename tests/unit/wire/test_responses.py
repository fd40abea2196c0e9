"""Answers of an OTLP receiver, read by the official classes."""

import json

from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanglass_server.wire.records import Rejection
from spanglass_server.wire.responses import (
    INVALID_ARGUMENT,
    UNAVAILABLE,
    describe,
    encode_export_response,
    encode_status,
)
from spanglass_server.wire.schema import RpcStatus

REJECTIONS = [
    Rejection("start_time_unix_nano is missing", "aa/01"),
    Rejection("start_time_unix_nano is missing", "aa/02"),
    Rejection("span_id is all zeros", "aa/03"),
]


def test_full_success_is_an_empty_message() -> None:
    assert encode_export_response("traces", [], "protobuf") == b""
    assert encode_export_response("logs", [], "json") == b"{}"


def test_partial_success_counts_and_explains_in_protobuf() -> None:
    response = ExportTraceServiceResponse.FromString(encode_export_response("traces", REJECTIONS, "protobuf"))
    assert response.partial_success.rejected_spans == 3
    assert response.partial_success.error_message == (
        "aa/01 and 1 more: start_time_unix_nano is missing\naa/03: span_id is all zeros"
    )


def test_partial_success_counts_and_explains_in_json() -> None:
    traces = Parse(encode_export_response("traces", REJECTIONS, "json"), ExportTraceServiceResponse())
    assert traces.partial_success.rejected_spans == 3
    logs = Parse(encode_export_response("logs", REJECTIONS, "json"), ExportLogsServiceResponse())
    assert logs.partial_success.rejected_log_records == 3


def test_a_thousand_reasons_are_not_all_told() -> None:
    text = describe([Rejection(f"reason {i}", "x") for i in range(1000)])
    assert len(text.splitlines()) == 21
    assert text.endswith("and 980 more reasons")


def test_a_status_names_code_and_message() -> None:
    status = RpcStatus.FromString(encode_status(INVALID_ARGUMENT, "no", "protobuf"))
    assert (status.code, status.message, list(status.details)) == (3, "no", [])
    assert json.loads(encode_status(INVALID_ARGUMENT, "no", "json")) == {"code": 3, "message": "no"}


def test_a_status_to_retry_says_when() -> None:
    status = RpcStatus.FromString(encode_status(UNAVAILABLE, "busy", "protobuf", retry_after_s=5))
    (detail,) = status.details
    assert detail.type_url == "type.googleapis.com/google.rpc.RetryInfo"
    assert detail.value == b"\x0a\x02\x08\x05"
    in_json = json.loads(encode_status(UNAVAILABLE, "busy", "json", retry_after_s=5))
    assert in_json["details"][0]["retryDelay"] == "5s"
