"""`/metrics` in both formats, as prometheus_client's own parsers read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from tests.support.prometheus_api import NOW_MS, PrometheusApi

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.model.series import Exemplar, MetricMetadata, stale_marker

OPENMETRICS = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PrometheusApi]:
    api = PrometheusApi(tmp_path)
    api.series.metadata = [
        MetricMetadata("llm_requests_total", "counter", "Model calls.", ""),
        MetricMetadata("llm_latency_seconds", "histogram", "Latency\nof calls.", "seconds"),
    ]
    model = {"model": 'a"b\\c\nd', "service": "한글"}
    api.add("llm_requests_total", model, [(30, 4), (0, 5)])
    api.add("llm_requests_total", {"model": "gone"}, [(30, 4), (0, stale_marker())])
    for bound, count in (("+Inf", 5), ("10", 5), ("2.5", 3)):
        api.add("llm_latency_seconds_bucket", {**model, "le": bound}, [(0, count)])
    api.add("llm_latency_seconds_sum", model, [(0, 14.25)])
    api.add("llm_latency_seconds_count", model, [(0, 5)])
    exemplar = Exemplar((("span_id", "00f067aa0ba902b7"), ("trace_id", TRACE)), 7.25, NOW_MS - 1_250)
    api.series.add_exemplar(api.project_id, "llm_latency_seconds_bucket", {**model, "le": "10"}, exemplar)
    long = Exemplar((("trace_id", "x" * 200),), 1.5, NOW_MS)
    api.series.add_exemplar(api.project_id, "llm_latency_seconds_bucket", {**model, "le": "2.5"}, long)
    yield api
    api.close()


def test_the_text_format_is_the_default(api: PrometheusApi) -> None:
    answer = api.scrape().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in parse_text(answer.text)}
    requests = families["llm_requests"]
    assert (requests.type, requests.documentation) == ("counter", "Model calls.")
    (sample,) = requests.samples
    assert (sample.name, sample.value) == ("llm_requests_total", 5)
    assert sample.labels == {"model": 'a"b\\c\nd', "service": "한글"}
    bounds = [
        sample.labels["le"] for sample in families["llm_latency_seconds"].samples if "le" in sample.labels
    ]
    assert bounds == ["2.5", "10", "+Inf"]
    assert families["llm_latency_seconds"].type == "histogram"


def test_openmetrics_has_exemplars_that_name_traces(api: PrometheusApi) -> None:
    answer = api.scrape().get("/metrics", headers=OPENMETRICS)
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
    families = {family.name: family for family in parse_openmetrics(answer.text)}
    latency = families["llm_latency_seconds"]
    assert latency.unit == "seconds"
    (found,) = [sample for sample in latency.samples if sample.exemplar]
    assert found.labels["le"] == "10"
    assert found.exemplar.labels == {"span_id": "00f067aa0ba902b7", "trace_id": TRACE}
    assert (found.exemplar.value, float(found.exemplar.timestamp)) == (7.25, (NOW_MS - 1_250) / 1_000)


def test_the_server_s_own_metrics_are_those_of_the_default_project(api: PrometheusApi) -> None:
    api.ingest.values = {"accepted_spans": 7, "queue_bytes": 3}
    families = {f.name: f for f in parse_openmetrics(api.scrape().get("/metrics", headers=OPENMETRICS).text)}
    assert families["spanglass_accepted_spans"].type == "counter"
    assert families["spanglass_accepted_spans"].samples[0].value == 7
    assert families["spanglass_queue_bytes"].type == "gauge"
    other = api.directory.create_project("other")
    key = api.directory.create_key(other.id, scopes=frozenset({"read"}))
    answer = api.scrape().get("/metrics", headers={"authorization": f"Bearer {key.secret_key}"})
    assert answer.text == ""


def test_scrapes_within_a_second_are_answered_from_memory(api: PrometheusApi) -> None:
    scraper = api.scrape()
    bodies = {scraper.get("/metrics").text for _ in range(5)}
    assert len(bodies) == 1
    assert api.series.read_count <= 6


def test_who_may_not_read_is_refused(api: PrometheusApi) -> None:
    blind = api.directory.create_key(api.project_id, scopes=frozenset({"ingest"}))
    api.require_keys()
    assert api.scrape().get("/metrics").status_code == 401
    headers = {"authorization": f"Bearer {blind.secret_key}"}
    assert api.scrape().get("/metrics", headers=headers).status_code == 403
    assert api.scrape().post("/metrics").status_code == 405


def test_storage_that_is_down_is_503(api: PrometheusApi) -> None:
    api.series.failure = StorageUnavailable("storage does not answer")
    answer = api.scrape().get("/metrics")
    assert answer.status_code == 503
    assert "storage does not answer" in answer.text
