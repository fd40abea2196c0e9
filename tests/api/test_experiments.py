"""Experiments over the JSON API, whoever recorded them: lists, sums, side by side."""

from collections.abc import Iterator

import pytest
from tests.support.datasets import DatasetApi, open_dataset_api

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.library import NewRunItem
from spanglass_server.web.api import experiment_models as models


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[DatasetApi]:
    with open_dataset_api(embedded_engine, tmp_path_factory.mktemp("metadata"), project_id) as opened:
        yield opened


def test_an_experiment_is_listed_with_what_it_came_to(api: DatasetApi) -> None:
    dataset = api.make("qa", "a", "b", "c")
    outputs = {"i0": "x", "i1": "y", "i2": "z"}
    traces = api.run("one", outputs, dataset_id=dataset["id"], failed="i2", seconds=2)
    for item_id, value in {"i0": 1.0, "i1": 0.5, "i2": 0.0}.items():
        api.score(traces[item_id], value)
        api.score(traces[item_id], "good" if value else "bad", name="verdict")
    api.post("/scores", {"name": "overall", "value": 0.75, "dataset_run_id": "one"})
    api.run("other", {"i0": "x"}, at_s=100)
    listed = api.get("/experiments", dataset="qa")
    models.Experiments.model_validate(listed)
    (one,) = listed["items"]
    assert (one["name"], one["dataset_name"], one["origin"]) == ("the one", "qa", "spans")
    assert (one["item_count"], one["error_count"], one["missing_count"]) == (3, 1, 0)
    assert (one["cost_usd"], one["latency_p50_ms"], one["metadata"]) == (0.75, 2000.0, {"model": "small"})
    correct, verdict = one["scores"]
    assert (correct["scored"], correct["mean"]) == (3, 0.5)
    assert correct["low"] == pytest.approx(-0.742, abs=0.001), "t with two degrees of freedom is 4.303"
    assert verdict["labels"] == {"good": 2, "bad": 1}
    assert one["run_scores"][0]["value"] == 0.75
    assert api.get("/experiments/one") == one
    assert [found["id"] for found in api.get("/experiments")["items"]] == ["other", "one"]
    assert api.get("/experiments", text="OTHER")["total"] == 1
    assert api.get("/experiments", limit=1, offset=1)["items"][0]["id"] == "one"
    api.call("GET", "/experiments/none", 404)


def test_runs_are_compared_with_the_regressions_first(api: DatasetApi) -> None:
    dataset = api.make("qa", "a", "b", "c", "d")
    before = api.run("before", dict.fromkeys(["i0", "i1", "i2", "i3"], "x"), dataset_id=dataset["id"])
    after = api.run("after", {"i0": "x", "i1": "worse", "i2": "better"}, dataset_id=dataset["id"], at_s=100)
    scores = {"i0": (1.0, 1.0), "i1": (0.9, 0.1), "i2": (0.2, 0.8)}
    for item_id, (first, second) in scores.items():
        api.score(before[item_id], first)
        api.score(after[item_id], second, comment="why")
    told = api.get("/experiments/compare", ids="before,after")
    models.Comparison.model_validate(told)
    assert (told["baseline"], told["score"], told["total"]) == ("before", "correct", 4)
    assert [item["item_id"] for item in told["items"]] == ["i1", "i0", "i2", "i3"]
    worst = told["items"][0]
    assert (worst["input"], worst["is_in_dataset"], worst["is_changed"]) == ("b", True, True)
    assert worst["results"]["after"]["output"] == "worse"
    assert worst["results"]["after"]["trace_id"] == after["i1"]
    assert worst["results"]["after"]["difference"] == pytest.approx(-0.8)
    assert worst["results"]["after"]["scores"]["correct"]["comment"] == "why"
    assert told["items"][3]["results"]["after"] is None
    (paired,) = told["comparisons"][0]["scores"]
    assert (paired["pairs"], paired["wins"], paired["losses"], paired["ties"]) == (3, 1, 1, 1)
    assert paired["difference"] == pytest.approx(-0.2 / 3)
    assert paired["low"] < 0 < paired["high"]
    assert paired["sign_p_value"] == 1.0
    changed = api.get("/experiments/compare", ids="before,after", changed=True, order="dataset")
    assert [item["item_id"] for item in changed["items"]] == ["i1", "i2", "i3"]
    other_way = api.get(
        "/experiments/compare", ids="before,after", baseline="after", order="regressions", limit=1
    )
    assert (other_way["items"][0]["item_id"], other_way["total"]) == ("i2", 4)


def test_an_item_that_fails_now_comes_before_all_other_regressions(api: DatasetApi) -> None:
    before = api.run("before", dict.fromkeys(["i0", "i1", "i2"], "x"))
    after = api.run("after", dict.fromkeys(["i0", "i1", "i2"], "x"), failed="i2", at_s=100)
    for item_id in ("i0", "i1"):
        api.score(before[item_id], 1.0)
        api.score(after[item_id], 0.0 if item_id == "i1" else 1.0)
    api.score(before["i2"], 1.0)

    def order(**query: str) -> list[str]:
        told = api.get("/experiments/compare", ids="before,after", **query)
        return [item["item_id"] for item in told["items"]]

    assert order() == ["i2", "i1", "i0"]
    assert order(order="improvements")[-1] == "i2"
    assert order(order="improvements", baseline="after")[0] == "i2"


def test_a_score_where_less_is_better_counts_by_its_quality(api: DatasetApi) -> None:
    api.post(
        "/score-configs",
        {"name": "toxicity", "data_type": "numeric", "min_value": 0, "max_value": 10, "better": "lower"},
        status=201,
    )
    before, after = api.run("before", {"i0": "x"}), api.run("after", {"i0": "x"}, at_s=10)
    api.score(before["i0"], 8, name="toxicity")
    api.score(after["i0"], 2, name="toxicity")
    told = api.get("/experiments/compare", ids="before,after")
    (paired,) = told["comparisons"][0]["scores"]
    assert (paired["scale"], paired["wins"]) == ("quality", 1)
    assert paired["difference"] == pytest.approx(0.6)


def test_items_that_no_dataset_has_are_told_by_their_spans(api: DatasetApi) -> None:
    api.run("one", {"loose": "an answer"})
    (item,) = api.get("/experiments/compare", ids="one")["items"]
    assert (item["is_in_dataset"], item["input"]) == (False, "question loose")
    assert item["expected_output"] == {"a": 1}


def test_the_items_are_those_of_the_version_that_was_run(api: DatasetApi) -> None:
    dataset = api.make("qa", "as it was")
    state = api.get("/datasets/qa/items")["as_of"]
    api.run("one", {"i0": "x"}, dataset_id=dataset["id"], **{"langfuse.experiment.item.version": state})
    api.call("PATCH", "/datasets/qa/items/i0", body={"input": "as it is"})
    told = api.get("/experiments/compare", ids="one")
    assert told["experiments"][0]["dataset_version"] == state
    assert told["items"][0]["input"] == "as it was"
    api.call("DELETE", "/datasets/qa", 204)
    assert api.get("/experiments/one")["dataset_name"] is None, "its traces stay"


def test_runs_that_were_told_as_such_stand_beside_those_of_spans(api: DatasetApi) -> None:
    dataset = api.make("qa", "a", "b")
    api.run("spans", {"i0": "x"}, dataset_id=dataset["id"], at_s=-1_000)
    trace = api.api.factory.rag_trace()
    api.api.store(trace)
    datasets = api.api.services.library.datasets
    project_id = api.api.project.id
    run = datasets.add_run_item(project_id, NewRunItem("release", "i0", trace[0].trace_id))
    datasets.add_run_item(project_id, NewRunItem("release", "i1", "gone", run_metadata='{"k":1}'))
    datasets.add_run_item(project_id, NewRunItem("release", "i0", trace[0].trace_id, trace[3].span_id))
    told, spans = api.get("/experiments", dataset="qa")["items"]
    assert (told["name"], told["origin"], spans["origin"]) == ("release", "run", "spans")
    assert (told["item_count"], told["missing_count"], told["metadata"]) == (2, 1, {"k": 1})
    compared = api.get("/experiments/compare", ids=[run.run_id, "spans"])
    by_id = {item["item_id"]: item["results"][run.run_id] for item in compared["items"]}
    assert "Within 30 days." in str(by_id["i0"]["output"])
    assert (by_id["i1"]["is_stored"], by_id["i1"]["output"]) == (False, None)
    api.call("DELETE", "/experiments/spans", 400)
    api.call("DELETE", f"/experiments/{run.run_id}", 204)
    assert api.get("/experiments")["total"] == 1


def test_questions_that_make_no_sense_are_refused(api: DatasetApi) -> None:
    api.run("one", {"i0": "x"})
    for query in ({"ids": ""}, {"ids": "1,2,3,4,5,6"}, {"ids": "one", "baseline": "two"}):
        api.call("GET", "/experiments/compare", 400, **query)
    api.call("GET", "/experiments/compare", 400, ids="one", score="none")
    api.call("GET", "/experiments/compare", 404, ids="one,two")
    api.call("GET", "/experiments", 404, dataset="none")
