"""Prometheus' HTTP API: its JSON, status codes and words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.prometheus_api import NOW_MS, NOW_S, PrometheusApi

from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.metrics.runner import QueryLimits
from spanglass_server.model.series import Exemplar, MetricMetadata


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PrometheusApi]:
    api = PrometheusApi(tmp_path)
    for model, rate in (("gpt-5", 1.0), ("claude", 2.5)):
        api.add(
            "llm_requests_total", {"model": model}, [(ago, (600 - ago) * rate) for ago in range(0, 600, 15)]
        )
    yield api
    api.close()


def at(query: str, **more: Any) -> dict[str, Any]:
    return {"query": query, "time": NOW_S, **more}


def error_of(api: PrometheusApi, path: str, params: Any = None, *, status: int = 400) -> tuple[str, str]:
    body = api.get(path, params, status=status)
    assert body["status"] == "error"
    return body["errorType"], body["error"]


def test_an_instant_vector_has_metric_and_value(api: PrometheusApi) -> None:
    assert api.get("/query", at('llm_requests_total{model="gpt-5"}')) == {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [
                {"metric": {"__name__": "llm_requests_total", "model": "gpt-5"}, "value": [NOW_S, "600"]}
            ],
        },
    }


def test_a_range_gives_a_matrix(api: PrometheusApi) -> None:
    range_ = {"query": "sum(llm_requests_total)", "start": NOW_S - 30, "end": NOW_S, "step": "15s"}
    assert api.data("/query_range", range_) == {
        "resultType": "matrix",
        "result": [
            {"metric": {}, "values": [[NOW_S - 30, "1995"], [NOW_S - 15, "2047.5"], [NOW_S, "2100"]]},
        ],
    }


def test_an_answer_of_megabytes_is_whole(api: PrometheusApi) -> None:
    names = [f"{number:02d}" for number in range(20)]
    parts = [f'label_replace(vector(time()), "n", "{name}", "", "")' for name in names]
    range_ = {"query": " or ".join(parts), "start": NOW_S - 10_999, "end": NOW_S, "step": 1, "limit": 19}
    body = api.get("/query_range", range_)
    assert [series["metric"]["n"] for series in body["data"]["result"]] == names[:19]
    expected = [[second, str(second)] for second in range(NOW_S - 10_999, NOW_S + 1)]
    assert all(series["values"] == expected for series in body["data"]["result"])
    assert body["warnings"] == ["results truncated due to limit"]


def test_scalars_strings_and_range_vectors_have_their_own_shapes(api: PrometheusApi) -> None:
    assert api.data("/query", {"query": "1/0", "time": "4.5"}) == {
        "resultType": "scalar",
        "result": [4.5, "+Inf"],
    }
    assert api.data("/query", {"query": '"x\\n\\""', "time": 4}) == {
        "resultType": "string",
        "result": [4, 'x\n"'],
    }
    matrix = api.data("/query", at('llm_requests_total{model="gpt-5"}[30s]'))
    assert matrix["resultType"] == "matrix"
    assert matrix["result"][0]["values"] == [[NOW_S - 15, "585"], [NOW_S, "600"]]


def test_a_form_counts_before_the_url(api: PrometheusApi) -> None:
    assert api.post("/query?query=2&time=7", {"query": "1", "time": "3"})["data"]["result"] == [3, "1"]
    assert api.post("/query?query=2&time=7")["data"]["result"] == [7, "2"]
    form = {"query": "1", "start": "0", "end": "2", "step": "1"}
    assert api.post("/query_range", form)["data"]["result"][0]["values"] == [[0, "1"], [1, "1"], [2, "1"]]


def test_without_a_time_it_is_now(api: PrometheusApi) -> None:
    assert api.data("/query", {"query": "time()"})["result"] == [NOW_S, str(NOW_S)]


def test_times_may_be_rfc_3339(api: PrometheusApi) -> None:
    found = api.data("/query", {"query": "time()", "time": "2015-06-03T13:21:58.5Z"})
    assert found["result"] == [1433337718.5, "1433337718.5"]


def test_a_limit_cuts_with_a_warning(api: PrometheusApi) -> None:
    body = api.get("/query", at("llm_requests_total", limit=1))
    assert len(body["data"]["result"]) == 1
    assert body["warnings"] == ["results truncated due to limit"]
    assert "warnings" not in api.get("/query", at("llm_requests_total", limit=2))
    assert "warnings" not in api.get("/query", at("llm_requests_total", limit=0))


def test_annotations_stand_beside_the_data(api: PrometheusApi) -> None:
    api.add("queue_size", {}, [(0, 3), (30, 1)])
    body = api.get("/query", at("rate(queue_size[1m])"))
    assert len(body["data"]["result"]) == 1
    assert "metric might not be a counter" in body["infos"][0]
    warned = api.get("/query", at("quantile(7, llm_requests_total)"))
    assert "quantile value should be between 0 and 1" in warned["warnings"][0]


def test_stats_and_unknown_parameters_do_no_harm(api: PrometheusApi) -> None:
    assert api.data("/query", at("1", stats="all", timeout="5s", foo="bar"))["resultType"] == "scalar"


def test_lookback_delta_says_how_old_a_sample_may_be(api: PrometheusApi) -> None:
    api.add("slow", {}, [(400, 1)])
    assert api.data("/query", at("slow"))["result"] == []
    assert len(api.data("/query", at("slow", lookback_delta="10m"))["result"]) == 1
    assert error_of(api, "/query", at("slow", lookback_delta="x")) == (
        "bad_data",
        'error parsing lookback delta duration: cannot parse "x" to a valid duration',
    )


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("/query", {}, 'invalid parameter "query": 1:1: parse error: no expression found in input'),
        (
            "/query",
            {"query": "1", "time": "abc"},
            "invalid parameter \"time\": invalid time value for 'time': "
            'cannot parse "abc" to a valid timestamp',
        ),
        (
            "/query",
            {"query": "1", "timeout": "abc"},
            'invalid parameter "timeout": cannot parse "abc" to a valid duration',
        ),
        (
            "/query",
            {"query": "1", "limit": "abc"},
            'invalid parameter "limit": strconv.Atoi: parsing "abc": invalid syntax',
        ),
        ("/query", {"query": "1", "limit": "-1"}, 'invalid parameter "limit": limit must be non-negative'),
        ("/query_range", {"query": "1"}, 'invalid parameter "start": cannot parse "" to a valid timestamp'),
        (
            "/query_range",
            {"query": "1", "start": 2, "end": 1},
            'invalid parameter "end": end timestamp must not be before start time',
        ),
        (
            "/query_range",
            {"query": "1", "start": 1, "end": 2},
            'invalid parameter "step": cannot parse "" to a valid duration',
        ),
        (
            "/query_range",
            {"query": "1", "start": 1, "end": 2, "step": 0},
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer",
        ),
        ("/series", {}, "no match[] parameter provided"),
        ("/metadata", {"limit": "x"}, "limit must be a number"),
        ("/metadata", {"limit_per_metric": "x"}, "limit_per_metric must be a number"),
        (
            "/query_exemplars",
            {"query": "up", "start": 2, "end": 1},
            "end timestamp must not be before start timestamp",
        ),
        ("/query_exemplars", {"query": ""}, "1:1: parse error: no expression found in input"),
        ("/rules", {"type": "x"}, 'invalid parameter "type": not supported value "x"'),
    ],
)
def test_bad_parameters_are_refused_in_prometheus_words(
    api: PrometheusApi, path: str, params: dict[str, Any], message: str
) -> None:
    assert error_of(api, path, params) == ("bad_data", message)


def test_an_expression_that_does_not_parse_is_bad_data(api: PrometheusApi) -> None:
    kind, message = error_of(api, "/query", at("sum("))
    assert kind == "bad_data"
    assert message.startswith('invalid parameter "query": 1:5: parse error:')
    kind, message = error_of(
        api, "/query_range", {"query": "llm_requests_total[5m]", "start": 1, "end": 2, "step": 1}
    )
    assert 'invalid expression type "range vector" for range query' in message


def test_an_expression_that_cannot_be_evaluated_is_an_execution_error(api: PrometheusApi) -> None:
    kind, message = error_of(api, "/query", at("llm_requests_total + on() llm_requests_total"), status=422)
    assert kind == "execution"
    assert "many-to-many matching not allowed" in message or "found duplicate series" in message


def test_more_points_than_allowed_are_refused_in_prometheus_words(api: PrometheusApi) -> None:
    range_ = {"query": "1", "start": 0, "end": 11_001, "step": 1}
    kind, message = error_of(api, "/query_range", range_)
    assert kind == "bad_data"
    assert message.startswith(
        "exceeded maximum resolution of 11,000 points per timeseries. "
        "Try decreasing the query resolution (?step=XX)"
    )
    assert "query_steps_max" in message
    assert len(api.data("/query_range", {**range_, "end": 11_000})["result"][0]["values"]) == 11_001


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        (QueryLimits(series_max=1), "series_per_query_max"),
        (QueryLimits(samples_max=10), "samples_per_query_max"),
    ],
)
def test_what_reads_too_much_is_told_the_setting(tmp_path: Path, limits: QueryLimits, setting: str) -> None:
    api = PrometheusApi(tmp_path, limits=limits)
    for model in ("a", "b"):
        api.add("llm_requests_total", {"model": model}, [(ago, 1) for ago in range(0, 300, 15)])
    kind, message = error_of(api, "/query", at("llm_requests_total[5m]"), status=422)
    assert kind == "execution"
    assert setting in message
    api.close()


def test_an_evaluation_that_takes_too_long_times_out(tmp_path: Path) -> None:
    api = PrometheusApi(tmp_path, limits=QueryLimits(timeout_s=0.000_001))
    assert error_of(api, "/query", at("1"), status=503)[0] == "timeout"
    api.close()


def test_a_shorter_timeout_may_be_asked_for(api: PrometheusApi) -> None:
    kind, message = error_of(api, "/query", at("1", timeout="0.000001"), status=503)
    assert kind == "timeout"
    assert "query_timeout_s" in message


def test_storage_that_is_down_is_unavailable(api: PrometheusApi) -> None:
    api.series.failure = StorageUnavailable("storage does not answer")
    answer = api.client.get("/prometheus/api/v1/query", params=at("llm_requests_total"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["errorType"] == "unavailable"


def test_a_crash_is_told_without_its_reason(api: PrometheusApi) -> None:
    api.series.failure = ValueError("the secret reason")
    answer = api.client.get("/prometheus/api/v1/query", params=at("llm_requests_total"))
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_series_are_listed_by_any_of_the_selectors(api: PrometheusApi) -> None:
    api.add("queue_size", {"shop": "a"}, [(0, 3)])
    found = api.data("/series", {"match[]": ['llm_requests_total{model=~"gp.+"}', "queue_size"]})
    assert found == [
        {"__name__": "llm_requests_total", "model": "gpt-5"},
        {"__name__": "queue_size", "shop": "a"},
    ]
    assert api.post("/series", {"match[]": "queue_size"})["data"] == [{"__name__": "queue_size", "shop": "a"}]
    assert api.data("/series", {"match[]": "queue_size", "end": NOW_S - 60}) == []
    cut = api.get("/series", {"match[]": "llm_requests_total", "limit": 1})
    assert (len(cut["data"]), cut["warnings"]) == (1, ["results truncated due to limit"])


def test_selectors_that_are_none_are_refused(api: PrometheusApi) -> None:
    for text in ("sum(up)", "up offset 5m", "up[5m]", "{}", '{a=~".*"}'):
        kind, message = error_of(api, "/series", {"match[]": text})
        assert kind == "bad_data"
        assert message.startswith('invalid parameter "match[]": ')


def test_labels_and_their_values_are_listed(api: PrometheusApi) -> None:
    api.add("queue_size", {"shop": "a", "service.name": "b"}, [(0, 3)])
    assert api.data("/labels") == ["__name__", "model", "service.name", "shop"]
    assert api.data("/labels", {"match[]": "queue_size"}) == ["__name__", "service.name", "shop"]
    assert api.post("/labels", {"match[]": "queue_size", "limit": "1"})["data"] == ["__name__"]
    assert api.data("/label/__name__/values") == ["llm_requests_total", "queue_size"]
    assert api.data("/label/model/values", {"match[]": '{model!="claude",model!=""}'}) == ["gpt-5"]
    assert api.data("/label/service.name/values") == ["b"]
    assert api.data("/label/U__service_2e_name/values") == ["b"]
    assert api.data("/label/nothing/values") == []


def test_metadata_is_listed_by_family(api: PrometheusApi) -> None:
    api.series.metadata = [
        MetricMetadata("llm_latency_seconds", "histogram", "Latency.", "seconds"),
        MetricMetadata("llm_requests_total", "counter", "Calls.", ""),
    ]
    assert api.data("/metadata") == {
        "llm_latency_seconds": [{"type": "histogram", "help": "Latency.", "unit": "seconds"}],
        "llm_requests_total": [{"type": "counter", "help": "Calls.", "unit": ""}],
    }
    assert list(api.data("/metadata", {"limit": 1})) == ["llm_latency_seconds"]
    assert list(api.data("/metadata", {"metric": "llm_requests_total"})) == ["llm_requests_total"]
    assert api.data("/metadata", {"limit": 0}) == {}


def test_exemplars_of_every_selector_in_an_expression_are_listed(api: PrometheusApi) -> None:
    labels = {"le": "1", "model": "gpt-5"}
    exemplar = Exemplar((("trace_id", "4bf92f"),), 0.7, NOW_MS - 1_500)
    api.series.add_exemplar(api.project_id, "llm_latency_seconds_bucket", labels, exemplar)
    query = "histogram_quantile(0.9, sum by (le) (rate(llm_latency_seconds_bucket[5m])))"
    found = api.data("/query_exemplars", {"query": query, "start": NOW_S - 60, "end": NOW_S})
    assert found == [
        {
            "seriesLabels": {"__name__": "llm_latency_seconds_bucket", **labels},
            "exemplars": [{"labels": {"trace_id": "4bf92f"}, "value": "0.7", "timestamp": NOW_S - 1.5}],
        }
    ]
    assert api.data("/query_exemplars", {"query": "up", "start": 1, "end": NOW_S}) == []
    assert api.data("/query_exemplars", {"query": "1", "start": 1, "end": NOW_S}) == []


def test_an_expression_is_formatted(api: PrometheusApi) -> None:
    found = api.data("/format_query", {"query": "sum(rate( up[5m]))   by(job)"})
    assert found == "sum by (job) (rate(up[5m]))"


def test_another_project_is_another_world(api: PrometheusApi) -> None:
    other = api.directory.create_project("other")
    key = api.directory.create_key(other.id, scopes=frozenset({"read"}))
    headers = {"authorization": f"Bearer {key.secret_key}"}
    assert api.get("/label/__name__/values", headers=headers)["data"] == []
    assert api.get("/label/__name__/values", {"project": "other"})["data"] == []
    assert api.get("/query", at("1", project="none"), status=404)["errorType"] == "not_found"


def test_keys_are_asked_for_where_they_are_required(api: PrometheusApi) -> None:
    key = api.directory.create_key(api.project_id, scopes=frozenset({"read"}))
    blind = api.directory.create_key(api.project_id, scopes=frozenset({"ingest"}))
    api.require_keys()
    answer = api.client.get("/prometheus/api/v1/query", params=at("1"))
    assert (answer.status_code, answer.json()["errorType"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Basic")
    pair = (key.info.public_key, key.secret_key)
    assert api.get("/query", at("1"), auth=pair)["status"] == "success"
    api.get("/query", at("1"), status=403, headers={"authorization": f"Bearer {blind.secret_key}"})


def test_unknown_paths_and_methods_are_told_apart(api: PrometheusApi) -> None:
    assert api.get("/nope", status=404)["errorType"] == "not_found"
    assert api.post("/label/a/values", status=405)["status"] == "error"
    assert api.post("/metadata", status=405)["status"] == "error"


def test_a_form_that_is_too_large_is_refused(api: PrometheusApi) -> None:
    body = api.post("/query", {"query": "1 + " * 400_000 + "1"}, status=400)
    assert "larger than" in body["error"]


def test_health_and_readiness_are_answered(api: PrometheusApi) -> None:
    assert api.client.get("/prometheus/-/healthy").status_code == 200
    assert api.client.get("/prometheus/-/ready").status_code == 200
    api.storage_failure = StorageUnavailable("gone")
    assert api.client.get("/prometheus/-/ready").status_code == 503


def test_the_server_tells_what_clients_ask_a_prometheus(api: PrometheusApi) -> None:
    info = api.data("/status/buildinfo")
    assert set(info) == {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}
    assert info["version"].startswith("3.")
    assert api.data("/status/runtimeinfo")["startTime"] == "2026-09-21T14:13:20Z"
    assert api.data("/status/flags")["query.timeout"] == "30s"
    assert "yaml" in api.data("/status/config")
    assert "headStats" in api.data("/status/tsdb")
    assert api.data("/targets")["activeTargets"] == []
    assert api.data("/targets/metadata") == []
    assert api.data("/alertmanagers")["activeAlertmanagers"] == []


@pytest.mark.parametrize(
    ("page", "target"),
    [
        ("", "/explore"),
        ("/", "/explore"),
        ("/graph?g0.expr=sum(up)&g0.tab=0", "/explore?expr=sum%28up%29"),
        ("/graph?g0.expr=up&g0.tab=1&g0.range_input=1h", "/explore?expr=up&from=now-3600s&to=now&view=table"),
        (
            "/graph?g0.expr=up&g0.range_input=90m&g0.end_input=2026-01-31 09:30&project=shop",
            "/explore?expr=up&from=2026-01-31T08%3A00%3A00Z&to=2026-01-31T09%3A30%3A00Z&project=shop",
        ),
        ("/graph?g0.expr=up&g0.range_input=x&g0.end_input=y", "/explore?expr=up"),
        ("/alerts", "/alerts"),
    ],
)
def test_links_to_prometheus_pages_lead_to_the_web_app(api: PrometheusApi, page: str, target: str) -> None:
    answer = api.client.get(f"/prometheus{page}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, target)
