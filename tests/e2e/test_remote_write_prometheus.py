"""Debian's real Prometheus scrapes a service and writes it here: what both then answer is the same."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from tests.support.real_prometheus import RealPrometheus
from tests.support.spanglass_process import SpanglassProcess

pytestmark = pytest.mark.slow

_SCRAPES_S = 12.0
_CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
remote_write:
  - url: {url}/prometheus/api/v1/write
    send_exemplars: true
    metadata_config: {{send_interval: 1s}}
    queue_config: {{batch_send_deadline: 500ms}}
"""
_EXPOSITION = """\
# HELP orders Orders taken.
# TYPE orders counter
orders_total{{region="eu",note="it's \\"quoted\\"\\n\\\\"}} {count}
# HELP latency_seconds How long orders take.
# TYPE latency_seconds histogram
latency_seconds_bucket{{le="0.5"}} {half} # {{trace_id="trace-{count}"}} 0.25
latency_seconds_bucket{{le="+Inf"}} {count}
latency_seconds_sum {count}
latency_seconds_count {count}
# HELP depth Now waiting.
# TYPE depth gauge
depth {depth}
# EOF
"""


class Shop:
    """A service that counts its scrapes. One of its series comes and goes."""

    def __init__(self) -> None:
        shop = self
        self.count = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.count += 1
                text = _EXPOSITION.format(
                    count=shop.count, half=shop.count // 2, depth=("NaN", "+Inf", 3)[shop.count % 3]
                )
                if shop.count > 4:
                    text = "".join(line for line in text.splitlines(True) if not line.startswith("latency"))
                self.send_response(200)
                self.send_header("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Both:
    """What Prometheus and Spanglass answer."""

    def __init__(self, prometheus: RealPrometheus, url: str) -> None:
        self.prometheus = prometheus
        self._client = httpx.Client(base_url=f"{url}/prometheus/api/v1", trust_env=False, timeout=30)

    def ours(self, path: str, **params: Any) -> Any:
        response = self._client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def theirs(self, path: str, **params: Any) -> Any:
        status, body = self.prometheus.get(path, params)
        assert status == 200, body
        return body["data"]

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def spanglass(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpanglassProcess]:
    process = SpanglassProcess(tmp_path_factory.mktemp("server") / "data")
    yield process
    assert process.terminate() == 0


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, spanglass: SpanglassProcess) -> Iterator[Both]:
    shop = Shop()
    prometheus = RealPrometheus(
        tmp_path_factory.mktemp("prometheus"),
        _CONFIG.format(port=shop.port, url=spanglass.url),
        "--enable-feature=exemplar-storage",
    )
    both = Both(prometheus, spanglass.url)
    deadline = time.monotonic() + 60
    while shop.count < _SCRAPES_S and time.monotonic() < deadline:
        time.sleep(0.2)
    shop.close()
    # What is written is what was scraped once the queue is empty; it tells nothing of when that is.
    newest = both.theirs("/query", query="max(timestamp(up))")["result"][0]["value"][1]
    while time.monotonic() < deadline:
        found = both.ours("/query", query="max(timestamp(up))")["result"]
        if found and float(found[0]["value"][1]) >= float(newest):
            break
        time.sleep(0.2)
    yield both
    both.close()
    prometheus.close()


def span_of(both: Both) -> tuple[float, float]:
    """From the first sample to the last but one, never at a sample's time: Prometheus 2 counts what stands at
    a range's beginning, Prometheus 3 and this server do not."""
    first = both.theirs("/query", query="min_over_time(min(timestamp(up))[5m:1s])")["result"][0]["value"][1]
    last = both.ours("/query", query="max(timestamp(up))")["result"][0]["value"][1]
    return float(first) + 0.123, float(last) - 1


@pytest.mark.parametrize(
    "query",
    [
        "orders_total",
        "irate(orders_total[3s])",
        "depth",
        "latency_seconds_bucket",
        "histogram_quantile(0.5, sum by (le) (latency_seconds_bucket))",
        "up",
        'count({__name__=~".+", job="shop"})',
        "sum by (__name__, le) ({job='shop'})",
        'orders_total{note=~"it.s (?s:.*)"} offset 2s',
    ],
)
def test_a_range_query_answers_the_same(both: Both, query: str) -> None:
    start, end = span_of(both)
    asked = {"query": query, "start": start, "end": end, "step": 0.5}
    theirs = both.theirs("/query_range", **asked)
    assert theirs["result"], "Prometheus itself has nothing"
    by_labels = {str(sorted(series["metric"].items())): series["values"] for series in theirs["result"]}
    ours = both.ours("/query_range", **asked)
    assert {str(sorted(series["metric"].items())): series["values"] for series in ours["result"]} == by_labels


def test_a_series_that_went_is_stale(both: Both) -> None:
    """The selector would find it for five minutes more, were there no stale marker."""
    _, end = span_of(both)
    assert both.ours("/query", query="latency_seconds_count", time=end)["result"] == []
    assert both.ours("/query", query="last_over_time(latency_seconds_count[1m])", time=end)["result"] != []


def test_exemplars_came_along(both: Both) -> None:
    start, end = span_of(both)
    asked = {"query": "latency_seconds_bucket", "start": start, "end": end}
    theirs = both.theirs("/query_exemplars", **asked)
    assert theirs
    assert both.ours("/query_exemplars", **asked) == theirs


def test_metadata_came_along(both: Both) -> None:
    found = both.ours("/metadata")
    assert found["latency_seconds"][0]["type"] == "histogram"
    assert found["depth"] == [{"type": "gauge", "help": "Now waiting.", "unit": ""}]


def test_labels_are_the_same(both: Both) -> None:
    start, end = span_of(both)
    for path in ("/labels", "/label/le/values", "/label/note/values"):
        asked = {"start": start, "end": end, "match[]": '{job="shop"}'}
        assert both.ours(path, **asked) == both.theirs(path, **asked)


def test_prometheus_lost_nothing(both: Both) -> None:
    text = httpx.get(f"{both.prometheus.url}/metrics", trust_env=False).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    failed = {
        name: value
        for name, value in values.items()
        if name.startswith(
            ("prometheus_remote_storage_samples_failed", "prometheus_remote_storage_exemplars_failed")
        )
    }
    assert failed
    assert set(failed.values()) == {"0"}
