"""Prompts, datasets with runs on them, and media, kept for the real SDKs."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from tests.langfuse_sdks.harness import Json, Project

pytestmark = pytest.mark.slow

PROGRAM_OF_SDK = {"v2": "v2_library.py", "v3": "library.py", "v4": "library.py", "v5": "library.py"}


class Told(NamedTuple):
    sdk: str
    report: Json
    project: Project


@pytest.fixture(scope="module", params=PROGRAM_OF_SDK)
def told(request: pytest.FixtureRequest, make_project: Callable[[str], Project]) -> Told:
    sdk = request.param
    project = make_project(f"library-{sdk}")
    return Told(sdk, project.run(sdk, PROGRAM_OF_SDK[sdk]), project)


def test_prompts_have_versions_and_labels(told: Told) -> None:
    prompts = told.report["prompts"]
    assert prompts["versions"] == [1, 2, 2]
    polite = "Answer why, politely."
    assert prompts["compiled"] == ["Answer why at once.", polite, polite]
    assert set(prompts["labels"]) == {"production", "tested", "latest"}
    assert prompts["first"] == {
        "config": {"temperature": 0.3},
        "tags": ["support"],
        "commit_message": "first",
    }
    assert prompts["missing"] == "Say hi"


def test_a_generation_names_its_prompt(told: Told) -> None:
    answer = told.project.trace(told.report["prompts"]["trace_id"]).whole("answer")
    assert (answer["prompt_name"], str(answer["prompt_version"])) == ("support/answer", "1")


def test_chat_prompts_keep_their_messages(told: Told) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    assert told.report["chat"] == [
        {"role": "system", "content": "Be brief."},
        *([] if told.sdk == "v2" else history),
        {"role": "user", "content": "Why?"},
    ]


def test_datasets_keep_their_items(told: Told) -> None:
    dataset = told.report["dataset"]
    assert (dataset["description"], dataset["metadata"]) == ("small ones", {"level": 1})
    assert dataset["items"] == [
        ["sum-1", {"a": 1, "b": 1}, "2", {"number": 1}],
        ["sum-2", {"a": 2, "b": 1}, "3", {"number": 2}],
    ]


def test_a_run_on_a_dataset_is_remembered_with_its_traces(told: Told) -> None:
    dataset = told.report["dataset"]
    run = told.project.get("/api/public/datasets/sums/runs/adding-1")
    assert (run["name"], run["description"]) == ("adding-1", "by hand")
    assert sorted(item["datasetItemId"] for item in run["datasetRunItems"]) == ["sum-1", "sum-2"]
    assert sorted(item["traceId"] for item in run["datasetRunItems"]) == sorted(dataset["trace_ids"])


def test_a_run_stands_among_the_experiments_with_its_scores_and_outputs(told: Told) -> None:
    (found,) = told.project.get("/api/v1/experiments", dataset="sums")["items"]
    assert (found["name"], found["description"], found["item_count"]) == ("adding-1", "by hand", 2)
    assert (found["error_count"], found["missing_count"]) == (0, 0)
    assert [(score["name"], score["mean"]) for score in found["scores"]] == [("is_exact", 1.0)]
    items = told.project.get("/api/v1/experiments/compare", ids=found["id"], order="dataset")["items"]
    outputs = {item["item_id"]: item["results"][found["id"]]["output"] for item in items}
    assert {key: str(output) for key, output in outputs.items()} == {"sum-1": "2", "sum-2": "3"}
    assert {item["item_id"]: item["input"] for item in items}["sum-1"] == {"a": 1, "b": 1}


@pytest.mark.parametrize("told", ["v2"], indirect=True)
def test_the_sdk_2_reads_its_run(told: Told) -> None:
    dataset = told.report["dataset"]
    assert sorted(dataset["run_trace_ids"]) == sorted(dataset["trace_ids"])
    assert dataset["runs"] == ["adding-1"]


@pytest.mark.parametrize("told", ["v3", "v4", "v5"], indirect=True)
def test_spans_of_a_run_are_found_by_its_name(told: Told) -> None:
    found = told.project.get("/api/v1/spans", filter="metadata.experiment_run_name:adding-1")["items"]
    assert {span["trace_id"] for span in found} == set(told.report["dataset"]["trace_ids"])
    assert {span["environment"] for span in found} == {"sdk-experiment"}


def test_scores_of_a_run_are_on_its_traces(told: Told) -> None:
    for trace_id in told.report["dataset"]["trace_ids"]:
        (score,) = told.project.get("/api/v1/scores", trace_id=trace_id)["items"]
        assert (score["name"], score["value"]) == ("is_exact", 1)


def test_a_picture_is_kept_and_referred_to(told: Told) -> None:
    picture = told.report["picture"]
    assert (picture["type"], picture["length"], picture["is_same"]) == ("image/png", 70, True)
    trace = told.project.trace(picture["trace_id"])
    (span,) = trace.spans
    reference = f"@@@langfuseMedia:type=image/png|id={picture['id']}|source=bytes@@@"
    assert trace.whole(span["name"])["input"] == {"image": reference}
