"""OpenTelemetry's own SDK exports metrics to a running server, which is restarted in between."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

_RESOURCE = Resource.create(
    {
        "service.name": "shop",
        "service.instance.id": "pod-1",
        "service.version": "1.2",
        "deployment.environment.name": "prod",
    }
)


class Service:
    """Exports when told to."""

    def __init__(self, url: str, temporality: AggregationTemporality) -> None:
        exporter = OTLPMetricExporter(
            endpoint=f"{url}/v1/metrics",
            preferred_temporality={Counter: temporality, Histogram: temporality},
        )
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        views = [View(instrument_name="size", aggregation=ExponentialBucketHistogramAggregation())]
        self.provider = MeterProvider(metric_readers=[reader], resource=_RESOURCE, views=views)
        meter = self.provider.get_meter("tests", "1.0")
        self.orders = meter.create_counter("shop.orders", unit="{order}")
        self.latency = meter.create_histogram("shop.latency", unit="ms")
        self.size = meter.create_histogram("size", unit="By")

    def serve(self, count: int) -> None:
        for index in range(count):
            self.orders.add(1, {"region": "eu"})
            self.latency.record(index * 10, {"region": "eu"})
            self.size.record(2.0**index)
        assert self.provider.force_flush(30_000)
        # Points of one millisecond would be one.
        time.sleep(0.01)

    def close(self) -> None:
        self.provider.shutdown()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(params=[AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA], ids=str)
def temporality(request: pytest.FixtureRequest) -> AggregationTemporality:
    found: AggregationTemporality = request.param
    return found


def values(server: SpanglassProcess, query: str) -> dict[str, float]:
    """By `region` or `le`, of an instant query."""
    response = httpx.get(
        f"{server.url}/prometheus/api/v1/query", params={"query": query}, trust_env=False, timeout=30
    )
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]["result"]
    return {one["metric"].get("le", one["metric"].get("region", "")): float(one["value"][1]) for one in found}


def test_counts_go_on_over_a_restart_of_the_server(
    data_dir: Path, temporality: AggregationTemporality
) -> None:
    server = SpanglassProcess(data_dir)
    service = Service(server.url, temporality)
    service.serve(5)
    service.serve(3)
    assert server.terminate() == 0
    server = SpanglassProcess(data_dir, port=server.port)
    service.serve(2)

    assert values(server, 'shop_orders_total{service="shop",environment="prod",job="shop"}') == {"eu": 10.0}
    assert values(server, "shop_latency_milliseconds_count") == {"eu": 10.0}
    assert values(server, "shop_latency_milliseconds_sum") == {"eu": 140.0}
    buckets = values(server, 'shop_latency_milliseconds_bucket{le=~"10|25|[+]Inf"}')
    assert buckets == {"10": 6.0, "25": 8.0, "+Inf": 10.0}
    sizes = values(server, 'size_bytes_bucket{le=~"1|2|4|16|[+]Inf"}')
    assert sizes == {"1": 3.0, "2": 6.0, "4": 8.0, "16": 10.0, "+Inf": 10.0}
    joined = "shop_orders_total * on (job, instance) group_left (service_version) target_info"
    assert values(server, f"sum by (region, service_version) ({joined})") == {"eu": 10.0}

    service.close()
    assert server.terminate() == 0


def test_the_servers_own_metrics_can_be_asked_for(data_dir: Path) -> None:
    server = SpanglassProcess(data_dir)
    deadline = time.monotonic() + 30
    while not (found := values(server, "spanglass_commits_total")) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert found == {"": 0.0}
    assert server.terminate() == 0
