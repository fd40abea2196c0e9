"""The HTTP API's answers, failures above all, beside those of Debian's Prometheus: both have no series.

Prometheus 2.42 and 3 differ in a few words; ours are those of 3, and the pairs are listed.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.prometheus_api import PrometheusApi
from tests.support.real_prometheus import RealPrometheus

pytestmark = pytest.mark.slow

_RANGE = {"start": 1, "end": 3, "step": 1}

ASKED: list[tuple[str, Any]] = [
    ("/query", {}),
    ("/query", {"query": "up{"}),
    ("/query", {"query": "sum("}),
    ("/query", {"query": "rate(up)"}),
    ("/query", {"query": "foo bar"}),
    ("/query", {"query": "1 +"}),
    ("/query", {"query": "{}"}),
    ("/query", {"query": '{a=~".*"}'}),
    ("/query", {"query": "nope(up)"}),
    ("/query", {"query": "sum by (1) (up)"}),
    ("/query", {"query": "1+1", "timeout": "abc"}),
    ("/query", {"query": "1+1", "time": "4"}),
    ("/query", {"query": '"x"', "time": "4.5"}),
    ("/query", {"query": "vector(1)", "time": "4.25"}),
    ("/query", {"query": "vector(1)", "time": "2015-06-03T13:21:58.555Z"}),
    ("/query", {"query": "-vector(1e21)", "time": "4"}),
    ("/query", {"query": "vector(1e-7)", "time": "4"}),
    ("/query", {"query": "vector(123456789012345678)", "time": "4"}),
    ("/query", {"query": "1/0", "time": "4"}),
    ("/query", {"query": "-1/0", "time": "4"}),
    ("/query", {"query": "0/0", "time": "4"}),
    ("/query", {"query": "vector(1)[5m:1m]", "time": "570"}),
    ("/query", {"query": "up", "time": "4"}),
    ("/query", {"query": 'label_replace(vector(1), "a", "\\"x\\n", "", "")', "time": "4"}),
    ("/query", {"query": 'label_replace(vector(1), "a", "$1", "b", "(")', "time": "4"}),
    ("/query_range", {"query": "1"}),
    ("/query_range", {"query": "1", "start": 1}),
    ("/query_range", {"query": "1", "start": 2, "end": 1}),
    ("/query_range", {"query": "1", "start": 1, "end": 2}),
    ("/query_range", {"query": "1", "start": 1, "end": 2, "step": "0"}),
    ("/query_range", {"query": "1", "start": 1, "end": 2, "step": "-1"}),
    ("/query_range", {"query": "1", "start": 1, "end": 2, "step": "x"}),
    ("/query_range", {"query": "1", **_RANGE}),
    ("/query_range", {"query": "vector(time())", "start": "0.5", "end": "2.75", "step": "0.25"}),
    ("/query_range", {"query": "vector(1)", **_RANGE, "step": "1m"}),
    ("/query_range", {"query": "up", **_RANGE}),
    ("/series", {}),
    ("/series", {"match[]": "up"}),
    ("/series", {"match[]": "sum(up)"}),
    ("/labels", {}),
    ("/label/a/values", {}),
    ("/metadata", {}),
    ("/metadata", {"limit": "x"}),
    ("/query_exemplars", {"query": "up"}),
    ("/query_exemplars", {"query": "up", "start": 2, "end": 1}),
    ("/query_exemplars", {"query": ""}),
    ("/rules", {}),
    ("/rules", {"type": "x"}),
    ("/rules", {"type": "alert"}),
    ("/alerts", {}),
    ("/targets/metadata", {}),
    ("/alertmanagers", {}),
    ("/format_query", {"query": "sum(rate( up[5m]))   by(job)"}),
    ("/format_query", {"query": "foo{"}),
]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    found = RealPrometheus(
        tmp_path_factory.mktemp("prometheus"),
        "global: {scrape_interval: 15s}\n",
        "--enable-feature=exemplar-storage",
    )
    yield found
    found.close()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    found = PrometheusApi(tmp_path_factory.mktemp("ours"))
    yield found
    found.close()


@pytest.mark.parametrize(("path", "params"), ASKED, ids=str)
def test_the_answer_is_prometheus_answer(
    prometheus: RealPrometheus, ours: PrometheusApi, path: str, params: Any
) -> None:
    status, expected = prometheus.get(path, params)
    assert ours.get(path, params, status=status) == expected


@pytest.mark.parametrize(
    ("path", "params", "theirs", "ours_is"),
    [
        ("/query", {"query": "1", "time": "x"}, "Invalid time value", "invalid time value"),
        (
            "/query_range",
            {"query": "up{", **_RANGE},
            "1:4: parse error",
            'invalid parameter "query": 1:4: parse error',
        ),
    ],
)
def test_words_that_prometheus_3_changed_are_its_newer_ones(
    prometheus: RealPrometheus, ours: PrometheusApi, path: str, params: Any, theirs: str, ours_is: str
) -> None:
    status, body = prometheus.get(path, params)
    assert theirs in body["error"]
    assert ours.get(path, params, status=status)["error"] == body["error"].replace(theirs, ours_is)


def test_the_limit_of_steps_is_prometheus_limit_and_names_its_setting(
    prometheus: RealPrometheus, ours: PrometheusApi
) -> None:
    params = {"query": "1", "start": 1, "end": 20_000, "step": 1}
    status, body = prometheus.get("/query_range", params)
    found = ours.get("/query_range", params, status=status)
    assert found["error"] == body["error"] + " (hint: the limit is query_steps_max)"


def test_status_and_targets_have_prometheus_shape(prometheus: RealPrometheus, ours: PrometheusApi) -> None:
    for path in ("/status/buildinfo", "/status/runtimeinfo", "/status/tsdb", "/status/config", "/targets"):
        _, body = prometheus.get(path)
        assert _shape(body["data"]) <= _shape(ours.data(path)), path


def _shape(value: Any) -> set[tuple[str, str]]:
    """Keys with their values' types."""
    return {(key, type(item).__name__) for key, item in value.items()}
