"""What samples of metrics cost: `python -m bench.metrics --series 10000 --hours 1`.

Series as services have them (8 labels, 100 series a metric, a counter that grows at random) are written every
15 s of a past stretch of time, first by remote write 1.0 and then by OTLP, to a server over several
connections; then read from what it stored. Prints samples a second, the time of an acknowledgement, bytes a
sample and the time of reads, as JSON.
"""

import argparse
import http.client
import json
import random
import statistics
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import cramjam
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from bench.measure import percentile, process_cost
from bench.targets import Spanglass
from spanglass_server.model.series import Matcher, SeriesSelection
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.clickhouse.samples_reader import ClickHouseSampleSeries
from spanglass_server.store.directory import DEFAULT_PROJECT

STEP_MS = 15_000
SERIES_PER_METRIC = 100
RUNS = 15

Request = tuple[str, dict[str, str], bytes]


def labels_of(index: int) -> list[tuple[str, str]]:
    metric, instance = divmod(index, SERIES_PER_METRIC)
    return [
        ("__name__", f"service_requests_{metric}_total"),
        ("cluster", "eu-1"),
        ("code", str(200 + index % 5)),
        ("environment", "prod"),
        ("instance", f"10.0.{instance}.17:9090"),
        ("job", "shop/checkout"),
        ("pod", f"checkout-7d9c5b{instance:04x}-x2x9q"),
        ("service", "checkout"),
    ]


def remote_writes(series: int, first_ms: int, steps: int, per_request: int) -> Iterator[Request]:
    """One after the other as Prometheus sends them: all series of a scrape, then those of the next."""
    rng = random.Random(1)
    labels = [_message(b"\x0a", *(_label(*pair) for pair in labels_of(index))) for index in range(series)]
    values = [0.0] * series
    headers = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
    for step in range(steps):
        time_ms = _varint(first_ms + step * STEP_MS)
        for start in range(0, series, per_request):
            body = bytearray()
            for index in range(start, min(start + per_request, series)):
                values[index] += rng.randrange(8)
                sample = b"\x09" + struct.pack("<d", values[index]) + b"\x10" + time_ms
                body += _sized(b"\x0a", labels[index] + _sized(b"\x12", sample))
            yield "/prometheus/api/v1/write", headers, bytes(cramjam.snappy.compress_raw(bytes(body)))


def otlp_exports(series: int, first_ms: int, steps: int, per_request: int) -> Iterator[Request]:
    rng = random.Random(2)
    values = [0] * series
    for step in range(steps):
        for start in range(0, series, per_request):
            request = ExportMetricsServiceRequest()
            group = request.resource_metrics.add()
            group.resource.attributes.add(key="service.name").value.string_value = "checkout"
            scope = group.scope_metrics.add()
            for index in range(start, min(start + per_request, series)):
                if (index - start) % SERIES_PER_METRIC == 0:
                    metric = scope.metrics.add(name=f"otlp.requests.{index // SERIES_PER_METRIC}")
                    metric.sum.is_monotonic = True
                    metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
                values[index] += rng.randrange(8)
                point = metric.sum.data_points.add(
                    time_unix_nano=(first_ms + step * STEP_MS) * 10**6, as_int=values[index]
                )
                for key, value in labels_of(index)[1:6]:
                    point.attributes.add(key=key).value.string_value = value
            yield "/v1/metrics", {"content-type": "application/x-protobuf"}, request.SerializeToString()


def _label(name: str, value: str) -> bytes:
    return _sized(b"\x0a", name.encode()) + _sized(b"\x12", value.encode())


def _message(tag: bytes, *contents: bytes) -> bytes:
    return b"".join(_sized(tag, content) for content in contents)


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def post_all(base_url: str, requests: Sequence[Request], connections: int) -> list[float]:
    """Milliseconds of each acknowledgement."""
    waiting = iter(requests)
    lock = threading.Lock()
    times: list[float] = []

    def post() -> None:
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc)
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                return
            path, headers, body = request
            started = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status not in (200, 204) or told:
                raise RuntimeError(f"{answer.status}: {told[:500]!r}")
            with lock:
                times.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=post) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) != len(requests):
        raise RuntimeError("a connection failed")
    return times


def measure_writes(
    server: Spanglass, requests: Sequence[Request], samples: int, connections: int
) -> dict[str, int]:
    before = process_cost(server.pid)
    started = time.perf_counter()
    times = post_all(server.base_url, requests, connections)
    seconds = time.perf_counter() - started
    after = process_cost(server.pid)
    return {
        "samples_per_s": round(samples / seconds),
        "ack_ms_p50": round(percentile(times, 0.5)),
        "ack_ms_p99": round(percentile(times, 0.99)),
        "cpu_us_per_sample": round((after.cpu_s - before.cpu_s) / samples * 1e6),
        "peak_rss_mb": after.peak_rss_bytes >> 20,
    }


def measure_reads(data_dir: Path, first_ms: int, last_ms: int) -> dict[str, float]:
    """Milliseconds, median, of the store alone; and what a sample takes on disk."""
    engine = EmbeddedEngine(data_dir / "clickhouse")
    reader = ClickHouseSampleSeries(engine)
    hour = last_ms - 3_600_000
    ten_metrics = Matcher("__name__", "=~", "service_requests_[0-9]_total")
    one_metric = Matcher("__name__", "=", "service_requests_7_total")
    reads: dict[str, tuple[tuple[Matcher, ...], int]] = {
        "1,000 series x 1 h": ((ten_metrics,), hour),
        "100 series x 1 h": ((one_metric,), hour),
        "1 series x 1 h": ((one_metric, Matcher("instance", "=", "10.0.5.17:9090")), hour),
        "1,000 series x 5 min": ((ten_metrics,), last_ms - 300_000),
    }
    found: dict[str, float] = {}
    for name, (matchers, from_ms) in reads.items():
        selection = SeriesSelection(matchers, max(from_ms, first_ms - 1), last_ms)
        found[name] = _median_ms(partial(reader.select, DEFAULT_PROJECT, selection))
    rules = [
        SeriesSelection((Matcher("__name__", "=", f"service_requests_{index % 40}_total"),), start, last_ms)
        for index in range(200)
        for start in [last_ms - 300_000]
    ]
    found["200 rules x 5 min, read together"] = _median_ms(lambda: reader.select_many(DEFAULT_PROJECT, rules))
    for sql in ("OPTIMIZE TABLE samples FINAL", "OPTIMIZE TABLE series FINAL"):
        engine.command(sql)
    parts = engine.query_arrow(
        "SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table = 'samples'"
    )
    found["bytes_per_sample"] = round(parts.column("bytes")[0].as_py(), 2)
    found["1,000 series x 1 h, merged"] = _median_ms(
        partial(reader.select, DEFAULT_PROJECT, SeriesSelection((ten_metrics,), hour, last_ms))
    )
    engine.close()
    return found


def _median_ms(read: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        read()
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.metrics", description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--per-request", type=int, default=2_000, help="samples in one request")
    parser.add_argument("--connections", type=int, default=4)
    arguments = parser.parse_args()
    steps = int(arguments.hours * 3_600_000) // STEP_MS
    last_ms = int(time.time() * 1000)
    first_ms = last_ms - (steps - 1) * STEP_MS
    shape = (arguments.series, first_ms, steps, arguments.per_request)
    written = list(remote_writes(*shape))
    exported = list(otlp_exports(arguments.series, first_ms, max(steps // 8, 1), arguments.per_request))
    found: dict[str, object] = {}
    server = Spanglass()
    with tempfile.TemporaryDirectory(prefix="spanglass-bench-") as folder:
        server.start(Path(folder) / "data")
        try:
            post_all(server.base_url, written[:4], 1)
            found["remote_write"] = measure_writes(
                server, written, arguments.series * steps, arguments.connections
            )
            otlp_samples = arguments.series * max(steps // 8, 1)
            found["otlp"] = measure_writes(server, exported, otlp_samples, arguments.connections)
        finally:
            server.stop()
        found["read_ms"] = measure_reads(Path(folder) / "data", first_ms, last_ms)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
