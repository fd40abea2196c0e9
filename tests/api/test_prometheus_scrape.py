"""A real Prometheus scrapes a real server: its series and exemplars are ours, and its exemplars open here."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from tests.support.llm_traffic import traces_body
from tests.support.real_prometheus import RealPrometheus
from tests.support.spanglass_process import SpanglassProcess

from spanglass_server.store.directory import NewKey

pytestmark = pytest.mark.slow

T = TypeVar("T")
TRACES = 60
_PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def key_and_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NewKey, SpanglassProcess]]:
    """With keys required, and traffic of the last ten minutes."""
    server = SpanglassProcess(tmp_path_factory.mktemp("scraped") / "data", AUTH="required")
    directory = server.open_directory()
    project = directory.find_project("default")
    assert project is not None
    key = directory.create_key(project.id, scopes=frozenset({"ingest", "read"}))
    directory.close()
    body = traces_body(count=TRACES, end_ns=time.time_ns(), every_ns=10 * 10**9)
    answer = httpx.post(f"{server.url}/v1/traces", content=body, headers={**_PROTOBUF, **_bearer(key)})
    assert answer.status_code == 200
    yield key, server
    server.terminate()


@pytest.fixture(scope="module")
def prometheus(
    key_and_server: tuple[NewKey, SpanglassProcess], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPrometheus]:
    key, server = key_and_server
    config = f"""
global: {{scrape_interval: 3s, scrape_timeout: 3s}}
scrape_configs:
  - job_name: spanglass
    static_configs: [{{targets: ["{server.url.removeprefix("http://")}"]}}]
    basic_auth: {{username: "{key.info.public_key}", password: "{key.secret_key}"}}
"""
    directory: Path = tmp_path_factory.mktemp("prometheus")
    found = RealPrometheus(directory, config, "--enable-feature=exemplar-storage")
    yield found
    found.close()


def _bearer(key: NewKey) -> dict[str, str]:
    return {"authorization": f"Bearer {key.secret_key}"}


def _eventually(look: Callable[[], T], *, seconds: float = 30) -> T:
    """What `look` finds as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.2)
    return found


def test_the_target_is_up_and_every_line_is_taken(prometheus: RealPrometheus) -> None:
    def is_up() -> bool:
        targets = prometheus.get("/targets")[1]["data"]["activeTargets"]
        return bool(targets) and (targets[0]["health"], targets[0]["lastError"]) == ("up", "")

    assert _eventually(is_up)


def test_its_series_say_what_ours_say(
    prometheus: RealPrometheus, key_and_server: tuple[NewKey, SpanglassProcess]
) -> None:
    key, server = key_and_server
    expressions = (
        "sum by (model, status) (llm_requests_total)",
        "sum by (le, feature) (llm_latency_seconds_bucket)",
        "sum by (type, team) (llm_tokens_total)",
        "sum by (model) (llm_cost_usd_total)",
        "sum by (cache, result) (llm_cache_lookups_total)",
        "llm_unpriced_requests_total",
    )
    _eventually(lambda: prometheus.query("llm_requests_total"))
    for expression in expressions:
        answer = httpx.get(
            f"{server.url}/prometheus/api/v1/query", params={"query": expression}, headers=_bearer(key)
        )
        theirs, ours = prometheus.query(expression), answer.json()["data"]["result"]
        assert ours
        assert _values(theirs) == pytest.approx(_values(ours)), expression


def test_metadata_and_the_server_s_own_metrics_arrive(prometheus: RealPrometheus) -> None:
    assert _eventually(lambda: prometheus.query("spanglass_accepted_spans_total"))[0]["value"][1] == str(
        3 * TRACES
    )
    _, body = prometheus.get("/metadata", {"metric": "llm_latency_seconds"})
    (metadata,) = body["data"]["llm_latency_seconds"]
    assert (metadata["type"], metadata["unit"]) == ("histogram", "seconds")


def test_its_exemplars_open_as_traces_here(
    prometheus: RealPrometheus, key_and_server: tuple[NewKey, SpanglassProcess]
) -> None:
    key, server = key_and_server

    def exemplars() -> Any:
        window = {"start": time.time() - 3_600, "end": time.time() + 60}
        return prometheus.get("/query_exemplars", {"query": "llm_latency_seconds_bucket", **window})[1][
            "data"
        ]

    found = _eventually(exemplars)
    for series in found:
        for exemplar in series["exemplars"]:
            trace_id, span_id = exemplar["labels"]["trace_id"], exemplar["labels"]["span_id"]
            answer = httpx.get(f"{server.url}/api/v1/traces/{trace_id}", headers=_bearer(key))
            assert answer.status_code == 200
            (span,) = [span for span in answer.json()["spans"] if span["span_id"] == span_id]
            assert span["duration_ms"] / 1_000 == pytest.approx(float(exemplar["value"]))
            assert span["request_model"] == series["seriesLabels"]["model"]


def _values(found: list[dict[str, Any]]) -> dict[tuple[tuple[str, str], ...], float]:
    """By labels without those of the scrape."""
    kept = ((row["metric"], float(row["value"][1])) for row in found)
    scraped = ("__name__", "job", "instance")
    return {
        tuple(sorted((k, v) for k, v in metric.items() if k not in scraped)): value for metric, value in kept
    }
