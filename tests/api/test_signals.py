"""The lower half of the overview over the JSON API, from real spans in the embedded engine."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.support.definitions import a_definition
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.model.evaluation import EvaluatorState, EvaluatorStatus
from spanglass_server.model.span import Span
from spanglass_server.quality.recent import NOTHING_RECENT
from spanglass_server.quality.service import EvaluationService, EvaluatorReport, SpendReport
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory

MINUTE_NS = 60 * SECOND_NS
HOUR = {"from": "now-1h", "to": "now"}
NOW, BEFORE = 10.0, 70.0
"""Minutes ago, within the hour and in the one before."""


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    directory = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}")
    yield api
    api.close()
    directory.close()


def call(api: JsonApi, minutes_ago: float = NOW, *, seconds: float = 1, **fields: Any) -> list[Span]:
    """A trace that is one model call."""
    start_ns = NOW_NS - int(minutes_ago * MINUTE_NS)
    end_ns = start_ns + int(seconds * SECOND_NS)
    return [api.factory.call(start_time_ns=start_ns, end_time_ns=end_ns, **{"status": "ok", **fields})]


def failed(api: JsonApi, minutes_ago: float = NOW, **fields: Any) -> list[Span]:
    return call(api, minutes_ago, **{"status": "error", "error_type": "timeout", **fields})


def cells(heat: dict[str, Any], which: str = "counts") -> dict[tuple[float, float], int]:
    """Counts by the column's number and the row's lower bound."""
    return {
        (number, heat["rows"][place]["low_ms"]): count
        for number, column in enumerate(heat["columns"])
        for place, count in enumerate(column[which])
        if count
    }


@pytest.mark.parametrize("of", ["calls", "traces"])
def test_the_heat_map_counts_by_time_and_duration(api: JsonApi, of: str) -> None:
    api.store(
        call(api, 59, seconds=1),
        call(api, 59, seconds=1.2),
        call(api, 1, seconds=40),
        failed(api, 1, seconds=3),
    )
    heat = api.get("/latency-heatmap", **HOUR, of=of, buckets=6)
    assert len(heat["columns"]) == 6
    assert cells(heat) == {(0, 1000): 2, (5, 3000): 1, (5, 30_000): 1}
    assert cells(heat, "error_counts") == {(5, 3000): 1}
    assert [row["low_ms"] for row in heat["rows"]] == [
        1000, 1500, 2000, 3000, 5000, 7000, 10_000, 15_000, 20_000, 30_000,
    ]  # fmt: skip
    assert heat["rows"][-1]["high_ms"] == 50_000


def test_examples_are_of_what_failed_and_what_was_slow(api: JsonApi) -> None:
    slow, wrong = call(api, 30, seconds=40), failed(api, 30, seconds=1)
    api.store(slow, wrong, *[call(api, 30, seconds=1) for _ in range(5)])
    examples = api.get("/latency-heatmap", **HOUR)["examples"]
    assert [(one["trace_id"], one["duration_ms"], one["is_error"]) for one in examples] == [
        (wrong[0].trace_id, 1000, True),
        (slow[0].trace_id, 40_000, False),
    ]
    assert examples[0]["span_id"] == wrong[0].span_id


def test_a_cell_of_calls_leads_to_traces_with_such_a_call(api: JsonApi) -> None:
    slow = call(api, 30, seconds=40)
    api.store(slow, call(api, 30, seconds=1))
    filter_ = "is_call:true span.duration>=30000ms span.duration<50000ms"
    found = api.get("/traces", **HOUR, filter=filter_)["items"]
    assert [trace["trace_id"] for trace in found] == [slow[0].trace_id]


def test_a_filter_narrows_the_heat_map(api: JsonApi) -> None:
    api.store(
        call(api, feature="search"), call(api, feature="chat"), call(api, feature="chat", provider="openai")
    )
    for of in ("calls", "traces"):
        heat = api.get("/latency-heatmap", **HOUR, of=of, filter="feature:chat")
        assert sum(cells(heat).values()) == 2
    heat = api.get("/latency-heatmap", **HOUR, filter="feature:chat provider:openai")
    assert sum(cells(heat).values()) == 1


def test_an_empty_project_has_no_signals(api: JsonApi) -> None:
    heat = api.get("/latency-heatmap", **HOUR)
    assert (heat["rows"], heat["examples"]) == ([], [])
    assert api.get("/errors-by-type", **HOUR)["items"] == []
    assert all(measure["movers"] == [] for measure in api.get("/movers", **HOUR)["measures"])
    assert api.get("/releases", **HOUR)["items"] == []


def test_errors_are_told_by_type_with_the_newest_message(api: JsonApi) -> None:
    newest = failed(api, 5, error_message="deadline exceeded", service="api")
    api.store(
        newest,
        failed(api, 6, error_message="older", service="worker"),
        failed(api, 7, error_type="rate_limit"),
        failed(api, BEFORE),
        failed(api, BEFORE, error_type="gone"),
        call(api),
    )
    found = api.get("/errors-by-type", **HOUR)
    timeout, limited, gone = found["items"]
    assert (found["trace_count"], found["trace_count_before"]) == (3, 2)
    assert (timeout["error_type"], timeout["trace_count"], timeout["trace_count_before"]) == ("timeout", 2, 1)
    assert timeout["share"] == pytest.approx(2 / 3)
    assert timeout["newest"]["message"] == "deadline exceeded"
    assert timeout["newest"]["trace_id"] == newest[0].trace_id
    assert timeout["services"] == [{"name": "api", "count": 1}, {"name": "worker", "count": 1}]
    assert [place["name"] for place in timeout["models"]] == ["claude-haiku-4-5"]
    assert (limited["error_type"], limited["trace_count_before"]) == ("rate_limit", 0)
    assert (gone["error_type"], gone["trace_count"], gone["newest"]) == ("gone", 0, None)


def test_a_failure_counts_where_it_began(api: JsonApi) -> None:
    [inner] = failed(api, error_type="rate_limit")
    outer = api.factory.span(
        trace_id=inner.trace_id, start_time_ns=inner.start_time_ns, status="error", error_type="server"
    )
    api.store([outer, inner._replace(parent_span_id=outer.span_id)])
    found = api.get("/errors-by-type", **HOUR)
    assert [(item["error_type"], item["span_count"]) for item in found["items"]] == [("rate_limit", 1)]


def test_errors_without_a_comparison_tell_none(api: JsonApi) -> None:
    api.store(failed(api), failed(api, BEFORE))
    found = api.get("/errors-by-type", **HOUR, compare="off")
    assert (found["compare_from"], found["trace_count_before"]) == (None, None)
    assert found["items"][0]["trace_count_before"] is None


def measures(api: JsonApi, **params: Any) -> dict[str, Any]:
    return {one["name"]: one for one in api.get("/movers", **{**HOUR, **params})["measures"]}


def movers(measure: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["dimension"], one["value"]) for one in measure["movers"]]


def test_what_moved_the_cost_most_comes_first(api: JsonApi) -> None:
    usual = [call(api, at, feature="chat", cost_usd=0.01) for at in (NOW, BEFORE) for _ in range(40)]
    search = [
        call(api, at, feature="search", cost_usd=usd)
        for at, usd in ((NOW, 0.5), (BEFORE, 0.1))
        for _ in range(40)
    ]
    api.store(*usual, *search)
    cost = measures(api)["cost"]
    assert (cost["now"], cost["before"]) == (pytest.approx(20.4), pytest.approx(4.4))
    assert cost["change_ratio"] == pytest.approx(16 / 4.4)
    [mover] = cost["movers"]
    assert (mover["dimension"], mover["value"], mover["filter"]) == ("feature", "search", "feature:search")
    assert mover["contribution"] == pytest.approx(16)
    assert (mover["calls"], mover["calls_before"]) == (40, 40)


def test_failures_and_slowness_are_led_to_whose_they_are(api: JsonApi) -> None:
    traces = []
    for number in range(60):
        for at in (NOW, BEFORE):
            is_bad = at == NOW and number < 40
            traces.append(call(api, at, response_model="gpt-4o", status="error" if is_bad else "ok"))
            traces.append(call(api, at, response_model="claude", seconds=9 if is_bad else 1))
    api.store(*traces)
    found = measures(api)
    assert ("model", "gpt-4o") in movers(found["errors"])
    assert ("model", "claude") in movers(found["latency"])
    assert ("model", "gpt-4o") not in movers(found["latency"])
    slow = found["latency"]["movers"][0]
    assert (slow["before"], slow["now"]) == (pytest.approx(1), pytest.approx(9, rel=0.05))


def test_noise_moves_nothing(api: JsonApi) -> None:
    api.store(
        *[call(api, at, feature=feature) for at in (NOW, BEFORE) for feature in "abc" for _ in range(30)],
        *[call(api, NOW, feature="d") for _ in range(3)],
    )
    assert all(movers(measure) == [] for measure in measures(api).values())


def test_a_version_of_a_prompt_is_named_with_its_prompt(api: JsonApi) -> None:
    api.store(
        *[call(api, BEFORE, prompt_name="answer", prompt_version="1") for _ in range(40)],
        *[call(api, NOW, prompt_name="answer", prompt_version=v) for v in "12" for _ in range(40)],
    )
    calls = measures(api)["calls"]
    version = next(one for one in calls["movers"] if one["dimension"] == "prompt_version")
    assert (version["value"], version["filter"]) == ("answer 2", "prompt:answer prompt_version:2")


def test_movers_need_something_to_compare_with(api: JsonApi) -> None:
    assert api.problem("/movers", **HOUR, compare="off")["status"] == 400


def test_a_release_that_began_is_told_from_one_that_was_there(api: JsonApi) -> None:
    old = [call(api, at, release="1.0") for at in (BEFORE, 50, 40, 30)]
    new = [call(api, 20, release="1.1"), failed(api, 15, release="1.1")]
    elsewhere = [failed(api, 45, release="0.9", service="worker")]
    api.store(*old, *new, *elsewhere)
    worker, *_ = [one for one in api.get("/releases", **HOUR)["items"] if one["service"] == "worker"]
    newest, before = [one for one in api.get("/releases", **HOUR)["items"] if one["service"] == "rag-api"]
    assert (newest["release"], newest["is_new"], newest["trace_count"]) == ("1.1", True, 2)
    assert (newest["error_rate"], newest["error_rate_before"]) == (0.5, 0.0)
    assert newest["trace_count_before"] == 4
    assert (before["release"], before["is_new"], before["trace_count"]) == ("1.0", False, 3)
    assert (worker["is_new"], worker["trace_count_before"], worker["error_rate_before"]) == (True, 0, None)


class ListedEvaluators:
    """What an evaluation service tells of the project's evaluators."""

    def __init__(self, *reports: EvaluatorReport) -> None:
        self._reports = reports

    def list_evaluators(self, _project_id: str) -> list[EvaluatorReport]:
        return list(self._reports)


def report(
    name: str, *, status: EvaluatorStatus = "running", failed: int = 0, lag_s: float = 1
) -> EvaluatorReport:
    state = EvaluatorState(name, status, "", 0, "", None, "", None, 10, failed, 0, NOW_NS)
    definition = a_definition(id=name, name=name)
    spend = SpendReport(0, 0, 0, 0, 0)
    return EvaluatorReport(definition, (), False, status, "", lag_s, state, spend, NOTHING_RECENT)


def honesty(api: JsonApi, *reports: EvaluatorReport, **params: Any) -> dict[str, Any]:
    services = replace(api.services, evaluations=cast("EvaluationService", ListedEvaluators(*reports)))
    api.app.state.services = services
    found: dict[str, Any] = api.get("/honesty", **HOUR, **params)
    return {**found, "by_name": {item["name"]: item for item in found["items"]}}


def test_what_the_telemetry_lacks_is_counted_and_found(api: JsonApi) -> None:
    unpriced = call(api, cost_usd=None, cost_source="unpriced", feature="chat")
    skewed = call(api, warnings=("end_before_start", "dropped_by_sender"))
    orphan = call(api, parent_span_id="00000000000000ff")
    [parent] = call(api)
    child = api.factory.span(
        trace_id=parent.trace_id, parent_span_id=parent.span_id, start_time_ns=parent.start_time_ns
    )
    api.store(unpriced, unpriced_count=1, llm_call_count=1)
    api.store(skewed, orphan, [parent, child], llm_call_count=1)
    found = honesty(api)["by_name"]
    counts = {name: (item["count"], item["of"]) for name, item in found.items() if item["scope"] == "project"}
    assert counts == {
        "unpriced": (1, 4),
        "unscored": (4, 4),
        "orphaned": (1, 5),
        "dropped": (1, 5),
        "clock_skewed": (1, 5),
        "miscounted": (0, 5),
        "unreadable": (0, 5),
        "redacted": (0, 5),
    }
    for name, traces in (("unpriced", unpriced), ("clock_skewed", skewed), ("dropped", skewed)):
        items = api.get("/traces", **HOUR, filter=found[name]["filter"])["items"]
        assert [trace["trace_id"] for trace in items] == [traces[0].trace_id]
    assert len(api.get("/traces", **HOUR, filter=found["unscored"]["filter"])["items"]) == 4
    assert honesty(api, filter="feature:chat")["by_name"]["orphaned"]["of"] == 1


def test_the_servers_own_counts_say_that_they_are_of_all_projects(api: JsonApi) -> None:
    found = honesty(api)["by_name"]
    assert {name for name, item in found.items() if item["scope"] == "server"} == {
        "truncated", "rejected", "refused", "not_stored",
    }  # fmt: skip
    assert (found["rejected"]["count"], found["rejected"]["of"]) == (0, 7)


def test_evaluators_in_trouble_are_named(api: JsonApi) -> None:
    found = honesty(
        api,
        report("fine"),
        report("fails", failed=3),
        report("late", lag_s=900),
        report("broke", status="over_budget"),
    )
    assert [one["name"] for one in found["evaluators"]] == ["fails", "late", "broke"]
    assert found["evaluators"][0]["failed_count"] == 3
