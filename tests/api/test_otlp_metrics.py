"""OTLP's metrics as exporters meet them, over HTTP and gRPC."""

import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric
from tests.support.memory_store import OUTAGE
from tests.support.otlp_server import OtlpServer

from spanglass_server.model.series import MetricMetadata, is_stale
from spanglass_server.store.directory import DEFAULT_PROJECT

T0_MS = 1_800_000_000_000
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OtlpServer]:
    server = OtlpServer(tmp_path, with_grpc=True, series_max=30)
    yield server
    server.close()
    assert server.budget.used == 0


@pytest.fixture
def client(server: OtlpServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client:
        yield client


def request_with(*metrics: Metric, **resource: str) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    for key, value in resource.items():
        group.resource.attributes.add(key=key.replace("__", ".")).value.string_value = value
    group.scope_metrics.add().metrics.extend(metrics)
    return request


def counter(
    name: str,
    *points: tuple[int, float],
    temporality: AggregationTemporality.ValueType = CUMULATIVE,
    **attributes: str,
) -> Metric:
    """Points are (milliseconds after T0, value)."""
    metric = Metric(name=name)
    metric.sum.is_monotonic = True
    metric.sum.aggregation_temporality = temporality
    for after_ms, value in points:
        point = metric.sum.data_points.add(time_unix_nano=(T0_MS + after_ms) * 10**6, as_double=value)
        for key, text in attributes.items():
            point.attributes.add(key=key).value.string_value = text
    return metric


def gauge(name: str, value: float, *, flags: int = 0) -> Metric:
    metric = Metric(name=name)
    metric.gauge.data_points.add(time_unix_nano=T0_MS * 10**6, as_double=value, flags=flags)
    return metric


def post(client: httpx.Client, request: ExportMetricsServiceRequest) -> ExportMetricsServiceResponse:
    response = client.post("/v1/metrics", content=request.SerializeToString(), headers=PROTOBUF)
    assert response.status_code == 200, response.content
    return ExportMetricsServiceResponse.FromString(response.content)


def stored(server: OtlpServer) -> dict[str, list[float]]:
    """Values in the order of time, by the values of the labels."""
    return {
        " ".join(value for _, value in labels): [samples[time_ms] for time_ms in sorted(samples)]
        for labels, samples in server.samples.samples.get(DEFAULT_PROJECT, {}).items()
    }


@pytest.mark.parametrize("path", ["/v1/metrics", "/api/public/otel/v1/metrics", "/v1/metrics/"])
def test_points_are_stored_before_the_answer(server: OtlpServer, client: httpx.Client, path: str) -> None:
    request = request_with(counter("http.requests", (0, 5.0), route="/a"), service__name="rag")
    response = client.post(path, content=request.SerializeToString(), headers=PROTOBUF)
    assert (response.status_code, response.content) == (200, b"")
    assert stored(server) == {"http_requests_total rag /a rag": [5.0]}
    assert server.samples.metadata == {
        "http_requests_total": MetricMetadata("http_requests_total", "counter", "", ""),
        "target_info": MetricMetadata("target_info", "gauge", "Target metadata", ""),
    }


def test_json_and_gzip_are_read_too(server: OtlpServer, client: httpx.Client) -> None:
    request = request_with(gauge("queue.depth", 2.5))
    body = gzip.compress(json.dumps(MessageToDict(request)).encode())
    response = client.post("/v1/metrics", content=body, headers={**JSON, "content-encoding": "gzip"})
    assert (response.status_code, response.json()) == (200, {})
    assert stored(server) == {"queue_depth": [2.5]}


def test_bad_points_are_told_and_the_others_are_stored(server: OtlpServer, client: httpx.Client) -> None:
    histogram = Metric(name="latency")
    histogram.histogram.aggregation_temporality = CUMULATIVE
    histogram.histogram.data_points.add(
        time_unix_nano=T0_MS * 10**6, count=1, explicit_bounds=[1, 2], bucket_counts=[1]
    )
    request = request_with(
        gauge("good", 1.0),
        counter("llm.requests", (0, 1.0)),
        counter("spanglass.mine", (0, 1.0)),
        counter("untold", (0, 1.0), (1, 2.0), temporality=AggregationTemporality.ValueType(0)),
        counter("late", (-T0_MS, 1.0)),
        histogram,
    )
    partial = post(client, request).partial_success
    assert partial.rejected_data_points == 6
    for reason in (
        "llm_requests_total is computed from spans",
        "spanglass_ are this server's own",
        "untold data_points[0] and 1 more: aggregation_temporality is unspecified",
        "late data_points[0]: a sample's time is missing",
        "latency data_points[0]: the histogram has 2 explicit_bounds and 1 bucket_counts",
    ):
        assert reason in partial.error_message
    assert stored(server) == {"good": [1.0]}
    assert server.count("rejected_samples") == 6


def test_partial_success_in_json_counts_data_points(client: httpx.Client) -> None:
    body = json.dumps(MessageToDict(request_with(gauge("spanglass.x", 2.5))))
    response = client.post("/v1/metrics", content=body, headers=JSON)
    assert response.json()["partialSuccess"]["rejectedDataPoints"] == "1"


def test_deltas_become_running_totals(server: OtlpServer, client: httpx.Client) -> None:
    for second, value in enumerate((3.0, 4.0, 5.0)):
        post(client, request_with(counter("calls", (second * 1000, value), temporality=DELTA)))
    assert stored(server) == {"calls_total": [3.0, 7.0, 12.0]}


def test_a_histogram_is_stored_whole_or_not_at_all(server: OtlpServer, client: httpx.Client) -> None:
    post(client, request_with(*(gauge(f"g{index}", 1.0) for index in range(25))))
    metric = Metric(name="latency", unit="s")
    metric.histogram.aggregation_temporality = CUMULATIVE
    metric.histogram.data_points.add(
        time_unix_nano=T0_MS * 10**6,
        count=10,
        sum=5,
        explicit_bounds=[1, 2, 3, 4],
        bucket_counts=[2] * 5,
    )
    partial = post(client, request_with(metric)).partial_success
    assert partial.rejected_data_points == 1
    assert "setting series_max" in partial.error_message
    assert len(stored(server)) == 25


def test_no_recorded_value_is_a_stale_marker(server: OtlpServer, client: httpx.Client) -> None:
    post(client, request_with(gauge("temperature", 0.0, flags=1)))
    (values,) = stored(server).values()
    assert is_stale(np.array(values)).tolist() == [True]


def test_an_outage_is_answered_503_and_totals_are_not_counted_twice(
    server: OtlpServer, client: httpx.Client
) -> None:
    def send(after_ms: int) -> int:
        request = request_with(counter("calls", (after_ms, 2.0), temporality=DELTA))
        response = client.post("/v1/metrics", content=request.SerializeToString(), headers=PROTOBUF)
        return response.status_code

    assert send(0) == 200
    server.samples.failure = OUTAGE
    assert send(1000) == 503
    server.samples.failure = None
    assert send(1000) == 200
    # Its samples were stored, its answer was lost.
    server.samples.metadata_failure = OUTAGE
    assert send(2000) == 503
    server.samples.metadata_failure = None
    assert send(2000) == 200
    assert send(3000) == 200
    assert stored(server) == {"calls_total": [2.0, 4.0, 6.0, 8.0]}


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_grpc_stores_and_tells_what_is_rejected(server: OtlpServer, compression: grpc.Compression) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        request = request_with(gauge("good", 1.5), gauge("spanglass.bad", 1.0))
        response = MetricsServiceStub(channel).Export(request, timeout=10, compression=compression)
    assert response.partial_success.rejected_data_points == 1
    assert stored(server) == {"good": [1.5]}


def test_other_bytes_are_malformed(client: httpx.Client) -> None:
    for body, headers in ((b"\xff\xff", PROTOBUF), (b"[]", JSON), (b"{", JSON)):
        assert client.post("/v1/metrics", content=body, headers=headers).status_code == 400


def test_values_keep_what_json_writes_by_name(server: OtlpServer, client: httpx.Client) -> None:
    points = [
        {"timeUnixNano": str((T0_MS + i) * 10**6), "asDouble": value}
        for i, value in enumerate(("NaN", "Infinity", "-Infinity"))
    ]
    body = {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "x", "gauge": {"dataPoints": points}}]}]}]
    }
    assert client.post("/v1/metrics", json=body).status_code == 200
    (values,) = stored(server).values()
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]
