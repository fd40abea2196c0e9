"""Langfuse's experiments, read from spans over the embedded engine."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.json_api import JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.app import build_langfuse

API = "/api/public"
SINCE = {"fromStartTime": "2020-01-01T00:00:00Z"}


class Experiments:
    """Langfuse's API of a server without keys, and spans as SDK 5 sends them."""

    def __init__(self, api: JsonApi, client: TestClient) -> None:
        self.api = api
        self._client = client

    def get(self, path: str, /, status: int = 200, **query: Any) -> Any:
        asked = {"project": self.api.project.name, **query}
        answer = self._client.get(f"{API}{path}", params=asked)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(f"{API}{path}", json=body, params={"project": self.api.project.name})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, name: str, items: list[str], *, at_s: int, dataset_id: str = "d1") -> None:
        """An experiment whose items take a second each: a root, and the task that is the item."""
        for position, item in enumerate(items):
            start_ns = EPOCH_NS + (at_s + position) * SECOND_NS
            self.api.store(self._spans(f"e-{name}", name, item, dataset_id, start_ns))

    def _spans(self, experiment_id: str, name: str, item: str, dataset_id: str, start_ns: int) -> list[Span]:
        factory = self.api.factory
        times = {"start_time_ns": start_ns, "end_time_ns": start_ns + SECOND_NS}
        root = factory.span(name="experiment-item-run", **times)
        task = factory.span(name="experiment-item-task", trace_id=root.trace_id, **times)
        attributes = {
            "langfuse.experiment.id": experiment_id,
            "langfuse.experiment.name": name,
            "langfuse.experiment.dataset.id": dataset_id,
            "langfuse.experiment.item.id": item,
            "langfuse.experiment.item.root_observation_id": task.span_id,
            "langfuse.experiment.metadata": '{"model":"small"}',
        }
        told = {"dialect": "langfuse", "attribute_index": attributes}
        of_item = {
            "langfuse.experiment.item.expected_output": '{"a":1}',
            "langfuse.experiment.item.metadata.kind": "easy",
            "langfuse.experiment.description": "long " * 100,
        }
        return [
            root._replace(**told, attributes=json.dumps(attributes)),
            task._replace(
                **told,
                parent_span_id=root.span_id,
                attributes=json.dumps(attributes | of_item),
                input='{"q":1}',
                output="done",
                input_key="langfuse.observation.input",
                output_key="langfuse.observation.output",
            ),
        ]


@pytest.fixture
def experiments(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[Experiments]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: EPOCH_NS, limits=limits)
    api = JsonApi(embedded_engine, directory, project_id)
    client = TestClient(build_langfuse(replace(api.services, library=library)))
    yield Experiments(api, client)
    client.close()
    api.close()
    library.close()
    directory.close()


def test_experiments_are_listed_with_the_last_one_first(experiments: Experiments) -> None:
    experiments.run("one", ["i1", "i2"], at_s=0)
    experiments.run("two", ["i1"], at_s=10, dataset_id="d2")
    first = experiments.get("/experiments", **SINCE, limit=1, fields="core,metadata,scores")
    (two,) = first["data"]
    assert (two["id"], two["name"], two["datasetId"], two["itemCount"]) == ("e-two", "two", "d2", 1)
    assert two["description"] == "long " * 100, "though no index holds it"
    assert (two["metadata"], two["scores"]) == ({"model": "small"}, [])
    rest = experiments.get("/experiments", **SINCE, limit=1, cursor=first["meta"]["cursor"])
    (one,) = rest["data"]
    assert (one["id"], one["itemCount"]) == ("e-one", 2)
    assert one["startTime"] < one["endTime"]
    assert rest["meta"] == {"limit": 1}
    named = experiments.get("/experiments", **SINCE, name="one,three")
    assert [experiment["id"] for experiment in named["data"]] == ["e-one"]
    assert experiments.get("/experiments", fromStartTime="2030-01-01T00:00:00Z")["data"] == []


def test_items_are_the_spans_that_ran_them(experiments: Experiments) -> None:
    experiments.run("one", ["i1", "i2"], at_s=0)
    experiments.run("two", ["i1"], at_s=10)
    groups = "io,dataset,itemMetadata,experimentMetadata,scores"
    (item,) = experiments.get(
        "/experiment-items", **SINCE, experimentId="e-one", experimentItemId="i2", fields=groups
    )["data"]
    assert (item["experimentId"], item["experimentName"], item["experimentItemId"]) == ("e-one", "one", "i2")
    assert (item["input"], item["output"], item["expectedOutput"]) == ({"q": 1}, "done", {"a": 1})
    assert item["experimentItemMetadata"] == {"kind": "easy"}
    assert item["experimentMetadata"] == {"model": "small"}
    assert (item["level"], item["scores"]) == ("DEFAULT", [])
    listed = experiments.get("/experiment-items", **SINCE)["data"]
    assert [(one["experimentName"], one["experimentItemId"]) for one in listed] == [
        ("two", "i1"),
        ("one", "i2"),
        ("one", "i1"),
    ]
    assert "input" not in listed[0]


def test_experiments_stand_among_the_runs_of_their_dataset(experiments: Experiments) -> None:
    dataset = experiments.post("/v2/datasets", {"name": "ds"})
    experiments.post("/dataset-items", {"datasetName": "ds", "id": "i1"})
    told = {"runName": "told", "datasetItemId": "i1", "traceId": "t"}
    run_id = experiments.post("/dataset-run-items", told)["datasetRunId"]
    experiments.run("seen", ["i1", "i2"], at_s=10, dataset_id=dataset["id"])
    experiments.run("elsewhere", ["i1"], at_s=20, dataset_id="other")
    listed = experiments.get("/datasets/ds/runs")
    assert [(run["name"], run["datasetName"]) for run in listed["data"]] == [("seen", "ds"), ("told", "ds")]
    assert listed["meta"]["totalItems"] == 2
    seen = experiments.get("/datasets/ds/runs/seen")
    assert (seen["id"], seen["metadata"]) == ("e-seen", {"model": "small"})
    assert [item["datasetItemId"] for item in seen["datasetRunItems"]] == ["i2", "i1"]
    assert {item["datasetRunId"] for item in seen["datasetRunItems"]} == {"e-seen"}
    assert experiments.get("/datasets/ds/runs/told")["id"] == run_id
    assert "nothing" in experiments.get("/datasets/ds/runs/nothing", status=404)["message"]


def test_projects_do_not_see_each_other(experiments: Experiments) -> None:
    experiments.run("one", ["i1"], at_s=0)
    experiments.api.directory.create_project("other")
    for path in ("/experiments", "/experiment-items"):
        assert experiments.get(path, **SINCE, project="other")["data"] == []


def test_a_cursor_of_another_list_is_refused(experiments: Experiments) -> None:
    experiments.run("one", ["i1", "i2"], at_s=0)
    cursor = experiments.get("/experiment-items", **SINCE, limit=1)["meta"]["cursor"]
    experiments.get("/experiment-items", status=400, **SINCE, limit=1, experimentId="x", cursor=cursor)
    experiments.get("/experiments", status=400, **SINCE, cursor="no")
