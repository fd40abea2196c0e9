"""OTLP over gRPC as exporters meet it."""

import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from tests.support.memory_store import OUTAGE
from tests.support.otlp_bodies import START_NS, request_with, span
from tests.support.otlp_server import OtlpServer

from spanglass_server.store.directory import DEFAULT_PROJECT
from spanglass_server.wire.schema import RpcStatus


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OtlpServer]:
    server = OtlpServer(tmp_path, with_grpc=True)
    yield server
    server.store.gate.set()
    server.close()
    assert server.budget.used == 0


@pytest.fixture
def channel(server: OtlpServer) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield channel


def status_of(error: grpc.RpcError) -> RpcStatus:
    metadata = dict(error.trailing_metadata())
    return RpcStatus.FromString(metadata["grpc-status-details-bin"])


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_spans_are_stored_before_the_answer(
    server: OtlpServer, channel: grpc.Channel, compression: grpc.Compression
) -> None:
    request = request_with(span(1), span(2, trace_id=b"bad"))
    response = TraceServiceStub(channel).Export(request, timeout=10, compression=compression)
    assert response.partial_success.rejected_spans == 1
    assert "trace_id has 3 bytes" in response.partial_success.error_message
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


def test_logs_are_stored(server: OtlpServer, channel: grpc.Channel) -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=START_NS)
    record.body.string_value = "hello"
    LogsServiceStub(channel).Export(request, timeout=10)
    assert [log.body for log in server.store.logs.values()] == ["hello"]


def test_other_bytes_are_an_invalid_argument(channel: grpc.Channel) -> None:
    export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
    with pytest.raises(grpc.RpcError) as raised:
        export(b"not protobuf", timeout=10)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "not an OTLP" in raised.value.details()


def test_an_outage_is_unavailable_with_when_to_retry(server: OtlpServer, channel: grpc.Channel) -> None:
    server.store.failure = OUTAGE
    with pytest.raises(grpc.RpcError) as raised:
        TraceServiceStub(channel).Export(request_with(span(1)), timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
    (detail,) = status_of(raised.value).details
    assert detail.type_url.endswith("RetryInfo")
    server.store.failure = None
    TraceServiceStub(channel).Export(request_with(span(1)), timeout=10)
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 1


def test_a_message_over_the_limit_is_refused(server: OtlpServer, channel: grpc.Channel) -> None:
    request = request_with(span(1))
    request.resource_spans[0].scope_spans[0].scope.name = "x" * (9 << 20)
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        with pytest.raises(grpc.RpcError) as raised:
            TraceServiceStub(channel).Export(request, timeout=20, compression=compression)
        assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.budget.used == 0


def test_a_wrong_key_is_unauthenticated(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        TraceServiceStub(channel).Export(
            request_with(span(1)), timeout=10, metadata=(("authorization", "Bearer sk-sg-wrong"),)
        )
    assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_keys_choose_the_project(tmp_path: Path) -> None:
    server = OtlpServer(tmp_path, auth_mode="required", with_grpc=True)
    try:
        project = server.directory.create_project("team-a")
        key = server.directory.create_key(project.id, scopes=frozenset({"ingest"}))
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            stub = TraceServiceStub(channel)
            with pytest.raises(grpc.RpcError) as raised:
                stub.Export(request_with(span(1)), timeout=10)
            assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
            metadata = (("authorization", f"Bearer {key.secret_key}"),)
            stub.Export(request_with(span(1)), timeout=10, metadata=metadata)
        assert len(server.store.list_spans(project.id)) == 1
    finally:
        server.close()


def test_many_exports_in_flight_are_committed_together(server: OtlpServer, channel: grpc.Channel) -> None:
    stub = TraceServiceStub(channel)
    server.store.delay_s = 0.05
    started_s = time.monotonic()
    calls = [
        stub.Export.future(request_with(span(i, trace_id=i.to_bytes(16, "big"))), timeout=20)
        for i in range(1, 101)
    ]
    for call in calls:
        call.result()
    assert len(server.store.list_spans(DEFAULT_PROJECT)) == 100
    assert time.monotonic() - started_s < 5


def test_an_unknown_service_is_unimplemented(channel: grpc.Channel) -> None:
    export = channel.unary_unary(
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"
    )
    with pytest.raises(grpc.RpcError) as raised:
        export(ExportTraceServiceRequest().SerializeToString(), timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
