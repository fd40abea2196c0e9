"""Langfuse's datasets, items and runs over HTTP, as the SDKs send and ask for them."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.langfuse_library import LangfuseLibrary

API = "/api/public"
ITEM_OF_SDK_5 = {
    "expectedOutput": None,
    "metadata": None,
    "sourceTraceId": None,
    "sourceObservationId": None,
    "status": None,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangfuseLibrary]:
    made = LangfuseLibrary(tmp_path_factory.mktemp("library"))
    yield made
    made.close()


@pytest.fixture
def library(server: LangfuseLibrary) -> LangfuseLibrary:
    server.renew()
    return server


def post(library: LangfuseLibrary, path: str, status: int = 200, /, **body: Any) -> Any:
    answer = library.client.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def get(library: LangfuseLibrary, path: str, status: int = 200, /, **query: Any) -> Any:
    answer = library.client.get(f"{API}{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_dataset_is_told_with_all_that_the_sdks_require(library: LangfuseLibrary) -> None:
    made = post(library, "/v2/datasets", name="ds", description=None, metadata=None, inputSchema=None)
    assert made.keys() == {
        *("id", "name", "description", "metadata", "inputSchema", "expectedOutputSchema"),
        *("projectId", "createdAt", "updatedAt"),
    }
    assert made["projectId"] == library.project.id
    assert get(library, "/v2/datasets/ds") == made
    changed = post(library, "/v2/datasets", name="ds", metadata={"a": [1]})
    assert (changed["id"], changed["metadata"]) == (made["id"], {"a": [1]})
    assert get(library, "/v2/datasets/nothing", 404)["error"] == "LangfuseNotFoundError"


def test_datasets_are_listed_newest_first(library: LangfuseLibrary) -> None:
    for number in range(3):
        post(library, "/v2/datasets", name=f"ds{number}")
    page = get(library, "/v2/datasets", page=1, limit=2)
    assert [dataset["name"] for dataset in page["data"]] == ["ds2", "ds1"]
    assert page["meta"] == {"page": 1, "limit": 2, "totalItems": 3, "totalPages": 2}


@pytest.mark.parametrize("sent", ["folder/ds", "folder%2Fds"])
def test_names_in_folders_are_found_raw_and_encoded(library: LangfuseLibrary, sent: str) -> None:
    post(library, "/v2/datasets", name="folder/ds")
    post(library, "/dataset-items", datasetName="folder/ds", id="i1")
    post(library, "/dataset-run-items", runName="run/1", datasetItemId="i1", traceId="t")
    assert get(library, f"/v2/datasets/{sent}")["name"] == "folder/ds"
    assert [run["name"] for run in get(library, f"/datasets/{sent}/runs")["data"]] == ["run/1"]
    run = sent.replace("folder", "run").replace("ds", "1")
    assert get(library, f"/datasets/{sent}/runs/{run}")["name"] == "run/1"


def test_an_item_is_told_with_all_that_the_sdks_require(library: LangfuseLibrary) -> None:
    dataset = post(library, "/v2/datasets", name="ds")
    made = post(library, "/dataset-items", **ITEM_OF_SDK_5 | {"datasetName": "ds", "input": {"q": "한"}})
    stable = {
        "status": "ACTIVE",
        "input": {"q": "한"},
        "expectedOutput": None,
        "metadata": None,
        "sourceTraceId": None,
        "sourceObservationId": None,
        "datasetId": dataset["id"],
        "datasetName": "ds",
        "mediaReferences": [],
    }
    assert made.items() >= stable.items()
    assert get(library, f"/dataset-items/{made['id']}") == made
    assert get(library, "/dataset-items", datasetName="ds")["data"] == [made]


def test_null_keeps_what_an_item_has(library: LangfuseLibrary) -> None:
    post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1", input={"q": 1}, metadata={"m": 1})
    sent_by_an_sdk_that_archives = ITEM_OF_SDK_5 | {"datasetName": "ds", "id": "i1", "status": "ARCHIVED"}
    changed = post(library, "/dataset-items", **sent_by_an_sdk_that_archives)
    assert (changed["status"], changed["input"], changed["metadata"]) == ("ARCHIVED", {"q": 1}, {"m": 1})


def test_archived_items_are_left_out_unless_asked_for(library: LangfuseLibrary) -> None:
    post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1")
    post(library, "/dataset-items", datasetName="ds", id="i2", status="ARCHIVED")

    def ids(**query: str) -> list[str]:
        return [item["id"] for item in get(library, "/dataset-items", datasetName="ds", **query)["data"]]

    assert ids() == ["i1"]
    assert ids(status="ARCHIVED") == ["i2"]
    assert ids(status="ALL") == ["i2", "i1"]
    assert get(library, "/dataset-items/i2")["status"] == "ARCHIVED"


def test_a_version_shows_the_items_as_they_were(library: LangfuseLibrary) -> None:
    post(library, "/v2/datasets", name="ds")
    old = post(library, "/dataset-items", datasetName="ds", id="i1", input=1)
    new = post(library, "/dataset-items", datasetName="ds", id="i1", input=2)
    post(library, "/dataset-items", datasetName="ds", id="i2", input=3)

    def inputs(version: str) -> list[int]:
        items = get(library, "/dataset-items", datasetName="ds", version=version)["data"]
        return [item["input"] for item in items]

    assert inputs(old["version"]) == [1]
    assert inputs(new["version"]) == [2]
    assert inputs("2001-01-01T00:00:00Z") == []
    bad = get(library, "/dataset-items", 400, datasetName="ds", version="yesterday")
    assert "version" in bad["message"]


def test_a_run_is_made_by_its_first_item(library: LangfuseLibrary) -> None:
    dataset = post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1")
    sent_by_sdk_2 = {"runDescription": "why", "metadata": {"k": 1}, "observationId": None}
    made = post(library, "/dataset-run-items", runName="r", datasetItemId="i1", traceId="t1", **sent_by_sdk_2)
    assert made.keys() == {
        *("id", "datasetRunId", "datasetRunName", "datasetItemId", "traceId", "observationId"),
        *("createdAt", "updatedAt"),
    }
    page = get(library, "/dataset-run-items", datasetId=dataset["id"], runName="r")
    assert (page["data"], page["meta"]["totalItems"]) == ([made], 1)
    run = get(library, "/datasets/ds/runs/r")
    assert run["datasetRunItems"] == [made]
    assert (run["id"], run["description"], run["metadata"]) == (made["datasetRunId"], "why", {"k": 1})
    assert (run["datasetId"], run["datasetName"]) == (dataset["id"], "ds")
    old = get(library, "/datasets/ds")
    assert (old["items"], old["runs"]) == (["i1"], ["r"])


def test_a_run_item_without_its_trace_is_refused(library: LangfuseLibrary) -> None:
    post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1")
    answer = post(library, "/dataset-run-items", 400, runName="r", datasetItemId="i1")
    assert "traceId" in answer["message"]
    post(library, "/dataset-run-items", 404, runName="r", datasetItemId="nothing", traceId="t")


def test_runs_and_items_are_deleted(library: LangfuseLibrary) -> None:
    post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1")
    post(library, "/dataset-run-items", runName="r", datasetItemId="i1", traceId="t")
    assert "message" in library.client.delete(f"{API}/datasets/ds/runs/r").json()
    assert get(library, "/datasets/ds/runs")["data"] == []
    assert "message" in library.client.delete(f"{API}/dataset-items/i1").json()
    get(library, "/dataset-items/i1", 404)


def test_projects_do_not_see_each_other(library: LangfuseLibrary) -> None:
    dataset = post(library, "/v2/datasets", name="ds")
    post(library, "/dataset-items", datasetName="ds", id="i1")
    post(library, "/dataset-run-items", runName="r", datasetItemId="i1", traceId="t")
    library.renew()
    for path in ("/v2/datasets/ds", "/dataset-items/i1", "/datasets/ds/runs/r"):
        get(library, path, 404)
        assert library.client.delete(f"{API}{path}").status_code in (404, 405)
    get(library, "/dataset-run-items", 404, datasetId=dataset["id"], runName="r")
    post(library, "/dataset-items", 404, datasetName="ds", id="i1")
    post(library, "/dataset-run-items", 404, runName="r", datasetItemId="i1", traceId="t")
    assert get(library, "/dataset-items")["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/v2/datasets", {}, "name"),
        ("/v2/datasets", {"name": "a\nb"}, "name"),
        ("/dataset-items", {"datasetName": "ds", "status": "GONE"}, "status"),
        ("/dataset-items", {"datasetName": "ds", "id": "x" * 256}, "id"),
        ("/dataset-items", {"datasetName": "ds", "sourceTraceId": "x" * 801}, "sourceTraceId"),
        ("/dataset-run-items", {"datasetItemId": "i1"}, "runName"),
        (
            "/dataset-run-items",
            {"runName": "r", "datasetItemId": "i", "traceId": "t", "createdAt": "x"},
            "createdAt",
        ),
    ],
)
def test_a_bad_body_is_refused_by_the_name_of_its_part(
    library: LangfuseLibrary, path: str, body: dict[str, Any], what: str
) -> None:
    answer = post(library, path, 400, **body)
    assert answer["error"] == "InvalidRequestError"
    assert what in answer["message"]


@pytest.mark.parametrize("query", [{"page": 0}, {"limit": 0}, {"limit": "x"}, {"page": 10**9}])
def test_a_bad_page_is_refused_by_its_name(library: LangfuseLibrary, query: dict[str, Any]) -> None:
    assert next(iter(query)) in get(library, "/v2/datasets", 400, **query)["message"]
