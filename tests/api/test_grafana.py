"""What Grafana's Prometheus data source asks, replayed against a real server with an hour of traffic.

The requests are those of Grafana's client (its Go package promlib and its package @grafana/prometheus): POST
with a form where it may, label values, metadata, rules and the like by GET, times as float seconds.
"""

import itertools
import math
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.grafana import Target, load_dashboard, step_s, targets_of
from tests.support.llm_traffic import scores_of, trace_id_of, traces_body
from tests.support.real_prometheus import find_tool
from tests.support.spanglass_process import SpanglassProcess

HOUR_S = 3_600
TRACES = 240
"""One every 15 s."""
ALL_SERIES = '{__name__!=""}'
"""What Grafana sends for "no selector"."""
LIMIT = "40000"


class Grafana:
    """Its data source, in proxy mode with POST."""

    def __init__(self, url: str, end_s: float) -> None:
        self.end_s = end_s
        self.url = f"{url}/prometheus"
        self._client = httpx.Client(
            base_url=self.url,
            trust_env=False,
            timeout=60,
            headers={"user-agent": "Grafana/12.1.0", "accept-encoding": "gzip"},
        )

    def form(self, path: str, **form: Any) -> Any:
        return self._data(self._client.post(f"/api/v1/{path}", data=form))

    def resource(self, path: str, **params: Any) -> Any:
        return self._data(self._client.get(f"/api/v1/{path}", params=params))

    def times(self) -> dict[str, str]:
        return {"start": str(int(self.end_s) - HOUR_S), "end": str(int(self.end_s) + 1)}

    def run(self, target: Target, *, range_s: int = HOUR_S) -> list[dict[str, Any]]:
        if target.is_instant:
            data = self.form("query", query=target.expression, time=self.end_s)
        else:
            step = step_s(range_s)
            # Grafana aligns both ends to the step.
            start, end = ((self.end_s - range_s) // step * step, self.end_s // step * step)
            data = self.form("query_range", query=target.expression, start=start, end=end, step=step)
        found: list[dict[str, Any]] = data["result"]
        return found

    def close(self) -> None:
        self._client.close()

    def _data(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        body = answer.json()
        assert body["status"] == "success"
        return body["data"]


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grafana]:
    server = SpanglassProcess(tmp_path_factory.mktemp("grafana") / "data")
    body = traces_body(count=TRACES, end_ns=time.time_ns(), every_ns=HOUR_S * 10**9 // TRACES)
    headers = {"content-type": "application/x-protobuf"}
    assert httpx.post(f"{server.url}/v1/traces", content=body, headers=headers).status_code == 200
    scores = scores_of(count=TRACES)
    assert httpx.post(f"{server.url}/api/v1/scores", json=scores).status_code == 200
    # Scores count at the time they were given: they have to lie before the end of what is asked for, and
    # the last step of a range lies up to a step before that.
    found = Grafana(server.url, time.time() + 16)
    yield found
    found.close()
    server.terminate()


def test_save_and_test_gets_two(grafana: Grafana) -> None:
    assert grafana.form("query", query="1+1", time="4") == {"resultType": "scalar", "result": [4, "2"]}


def test_the_server_passes_for_a_prometheus_whose_features_are_on(grafana: Grafana) -> None:
    info = grafana.resource("status/buildinfo")
    assert tuple(map(int, info["version"].split("."))) >= (2, 50, 1)
    assert "features" not in info, "Grafana would take it for a Mimir"


def test_the_query_builder_lists_metrics_labels_and_values(grafana: Grafana) -> None:
    times = grafana.times()
    metrics = grafana.resource("label/__name__/values", limit=LIMIT, **times)
    assert {"llm_requests_total", "llm_latency_seconds_bucket", "llm_quality_score_sum"} <= set(metrics)
    labels = grafana.form("labels", limit=LIMIT, **times)
    assert {"__name__", "model", "provider", "feature", "team", "service", "environment", "le"} <= set(labels)
    of_metric = grafana.form("labels", limit=LIMIT, **times, **{"match[]": "llm_requests_total"})
    assert "status" in of_metric
    assert "le" not in of_metric
    selector = '{__name__="llm_requests_total",model="gpt-4o"}'
    values = grafana.resource("label/provider/values", limit=LIMIT, **times, **{"match[]": selector})
    assert values == ["openai"]


def test_the_metrics_browser_lists_series(grafana: Grafana) -> None:
    found = grafana.form("series", limit=LIMIT, **grafana.times(), **{"match[]": ALL_SERIES})
    assert {series["__name__"] for series in found} >= {"llm_requests_total", "llm_ttft_seconds_bucket"}
    some = grafana.form(
        "series", limit="2", **grafana.times(), **{"match[]": 'llm_requests_total{status="error"}'}
    )
    assert [series["status"] for series in some] == ["error", "error"]


def test_metrics_are_explained_by_type_and_help(grafana: Grafana) -> None:
    metadata = grafana.resource("metadata", limit_per_metric="1")
    (latency,) = metadata["llm_latency_seconds"]
    assert latency["type"] == "histogram"
    assert latency["help"]
    assert metadata["llm_requests_total"][0]["type"] == "counter"
    assert list(grafana.resource("metadata", metric="llm_requests_total")) == ["llm_requests_total"]


def test_variables_find_their_values(grafana: Grafana) -> None:
    for variable in load_dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = variable["definition"].removeprefix("label_values(").rstrip(")").split(", ")
            found = grafana.resource(f"label/{label}/values", **grafana.times(), **{"match[]": metric})
            assert found, variable["name"]


def test_explore_runs_a_range_and_an_instant_query_side_by_side(grafana: Grafana) -> None:
    expression = "sum by (model) (rate(llm_requests_total[1m]))"
    series = grafana.run(Target("", expression, False, False))
    samples = grafana.run(Target("", expression, True, False))
    assert {s["metric"]["model"] for s in series} == {s["metric"]["model"] for s in samples}
    times = [moment for moment, _ in series[0]["values"]]
    assert all(later - earlier == 15 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize("range_s", [300, HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S])
def test_every_time_range_of_the_picker_stays_within_the_limit_of_steps(
    grafana: Grafana, range_s: int
) -> None:
    expression = f"sum(rate(llm_requests_total[{max(60, step_s(range_s) + 15)}s]))"
    assert grafana.run(Target("", expression, False, False), range_s=range_s)


def test_exemplars_lead_to_traces(grafana: Grafana) -> None:
    found = grafana.form(
        "query_exemplars",
        query="histogram_quantile(0.95, sum by (le) (rate(llm_latency_seconds_bucket[1m])))",
        **grafana.times(),
    )
    assert found
    known = {trace_id_of(number) for number in range(TRACES)}
    for series in found:
        assert series["seriesLabels"]["__name__"] == "llm_latency_seconds_bucket"
        for exemplar in series["exemplars"]:
            assert exemplar["labels"]["trace_id"] in known
            assert float(exemplar["value"]) <= float(series["seriesLabels"]["le"])


def test_alerting_lists_the_data_source_s_rules(grafana: Grafana) -> None:
    assert "groups" in grafana.resource("rules", group_limit="40")
    assert "alerts" in grafana.resource("alerts")


def test_annotations_of_alerts_are_a_range_query(grafana: Grafana) -> None:
    query = load_dashboard()["annotations"]["list"][1]["expr"]
    end = int(grafana.end_s) // 60 * 60
    data = grafana.form("query_range", query=query, start=end - HOUR_S, end=end, step=60)
    assert data["resultType"] == "matrix"


@pytest.mark.parametrize("target", list(targets_of(load_dashboard(), range_s=HOUR_S)), ids=lambda t: t.panel)
def test_every_panel_of_the_dashboard_has_data(grafana: Grafana, target: Target) -> None:
    found = grafana.run(target)
    assert found, target.expression
    points = [point for series in found for point in series.get("values") or [series["value"]]]
    assert any(math.isfinite(float(value)) for _, value in points), target.expression


def test_panels_with_exemplars_have_some(grafana: Grafana) -> None:
    targets = [t for t in targets_of(load_dashboard(), range_s=HOUR_S) if t.has_exemplars]
    assert targets
    for target in targets:
        assert grafana.form("query_exemplars", query=target.expression, **grafana.times()), target.panel


def test_promtool_asks_as_well(grafana: Grafana) -> None:
    promtool = find_tool("promtool")

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run([promtool, "query", *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    expression = 'sum(llm_requests_total{model="gpt-4o"})'
    status, told = run("instant", "--time", str(int(grafana.end_s)), grafana.url, expression)
    assert (status, told.split(" @")[0]) == (0, f"{{}} => {TRACES // 3}")
    assert run("labels", grafana.url, "provider")[1].split() == ["acme", "anthropic", "openai"]
    status, told = run("series", "--match", "llm_unpriced_requests_total", grafana.url)
    assert '__name__="llm_unpriced_requests_total"' in told
    start, end = str(int(grafana.end_s) - 60), str(int(grafana.end_s))
    status, told = run("range", "--start", start, "--end", end, "--step", "30s", grafana.url, expression)
    assert (status, told.count("@[")) == (0, 3)
    status, told = run("instant", grafana.url, "sum(")
    assert status == 1
    assert "bad_data" in told


def test_the_dashboard_is_complete() -> None:
    dashboard = load_dashboard()
    assert dashboard["uid"] == "spanglass-llm"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == "${datasource}"
