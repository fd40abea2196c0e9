"""Score configurations over the JSON API, and what they make of the scores that come."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.json_api import NOW_NS, JsonApi

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.api import score_config_models as models
from spanglass_server.web.app import build_langfuse

STARS = {"name": "stars", "data_type": "numeric", "min_value": 1, "max_value": 5, "description": "별점"}
TONE = {
    "name": "tone",
    "data_type": "categorical",
    "categories": [
        {"label": "rude", "value": 0},
        {"label": "plain", "value": 1},
        {"label": "kind", "value": 4},
    ],
}


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: NOW_NS, limits=limits)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", library=library)
    yield api
    api.close()
    library.close()
    directory.close()


def send(api: JsonApi, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = api.client.request(method, f"/api/v1{path}", params={"project": api.project.name}, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def make(api: JsonApi, body: dict[str, Any]) -> str:
    made = send(api, "POST", "/score-configs", body, 201)
    models.ScoreConfig.model_validate(made)
    return str(made["id"])


def quality(api: JsonApi, **score: Any) -> float | None:
    (score_id,) = send(api, "POST", "/scores", {"trace_id": "t", **score})["ids"]
    found: float | None = api.get(f"/scores/{score_id}")["quality"]
    return found


def test_a_configuration_is_made_listed_changed_and_archived(api: JsonApi) -> None:
    stars, tone = make(api, STARS), make(api, TONE)
    helpful = make(api, {"name": "helpful", "data_type": "boolean", "better": "lower"})

    listed = api.get("/score-configs")
    models.ScoreConfigs.model_validate(listed)
    assert {item["id"] for item in listed["items"]} == {stars, tone, helpful}
    told = api.get(f"/score-configs/{stars}")
    assert told.items() >= {**STARS, "better": "higher", "is_archived": False, "categories": []}.items()
    assert api.get(f"/score-configs/{tone}")["categories"] == TONE["categories"]

    path = f"/score-configs/{stars}"
    changed = send(api, "PATCH", path, {"max_value": None, "better": "none", "name": "points"})
    assert (changed["max_value"], changed["min_value"], changed["better"]) == (None, 1, "none")
    send(api, "DELETE", path, status=204)
    assert [item["id"] for item in api.get("/score-configs", is_archived=True)["items"]] == [stars]
    assert send(api, "PATCH", path, {"is_archived": False})["is_archived"] is False


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "", "data_type": "numeric"},
        {"name": "n", "data_type": "correction"},
        {"name": "n", "data_type": "numeric", "min_value": 2, "max_value": 1},
        {"name": "n", "data_type": "categorical"},
        {"name": "n", "data_type": "boolean", "max_value": 1},
        {"name": "n", "data_type": "numeric", "better": "bigger"},
        {"name": "n", "data_type": "numeric", "size": 1},
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(api: JsonApi, bad: dict[str, Any]) -> None:
    assert send(api, "POST", "/score-configs", bad, 400)["detail"]
    assert api.get("/score-configs")["items"] == []


def test_what_is_not_there_is_not_found(api: JsonApi) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        assert send(api, method, "/score-configs/none", {}, 404)["hint"]


def test_scores_get_their_quality_from_their_configuration_at_once(api: JsonApi) -> None:
    assert quality(api, name="stars", value=4) is None
    stars = make(api, STARS)
    make(api, TONE)
    make(api, {"name": "latency", "data_type": "numeric", "min_value": 0, "max_value": 10, "better": "lower"})

    assert quality(api, name="stars", value=4) == 0.75
    assert quality(api, name="stars", value=4, config_id=stars) == 0.75
    assert quality(api, name="tone", value="plain") == 0.25
    assert quality(api, name="latency", value=2) == 0.8
    assert quality(api, name="stars", value=4, quality=0.5) == 0.5
    assert quality(api, name="grounded", value=True) == 1
    refused = send(
        api, "POST", "/scores", {"trace_id": "t", "name": "stars", "value": 9, "config_id": stars}, 400
    )
    assert "1..5" in refused["hint"]

    send(api, "PATCH", f"/score-configs/{stars}", {"better": "none"})
    assert quality(api, name="stars", value=4) is None


def test_both_apis_keep_the_same_configurations(api: JsonApi) -> None:
    stars = make(api, STARS | {"better": "lower"})
    langfuse = TestClient(build_langfuse(api.services))
    params = {"project": api.project.name}
    path = f"/api/public/score-configs/{stars}"

    assert langfuse.get(path, params=params).json()["maxValue"] == 5
    changed = langfuse.patch(path, params=params, json={"description": "one is best"})
    assert changed.status_code == 200
    told = api.get(f"/score-configs/{stars}")
    assert (told["description"], told["better"]) == ("one is best", "lower")
    made = langfuse.post(
        "/api/public/score-configs", params=params, json={"name": "n", "dataType": "BOOLEAN"}
    )
    assert api.get(f"/score-configs/{made.json()['id']}")["better"] == "higher"


def test_configurations_stay_in_their_project(api: JsonApi) -> None:
    stars = make(api, STARS)
    other = api.directory.create_project("other")
    key = api.directory.create_key(other.id, scopes=frozenset({"ingest", "read", "admin"}))
    headers = {"Authorization": f"Bearer {key.secret_key}"}

    assert api.client.get("/api/v1/score-configs", headers=headers).json()["items"] == []
    for method in ("GET", "PATCH", "DELETE"):
        answer = api.client.request(method, f"/api/v1/score-configs/{stars}", headers=headers, json={})
        assert answer.status_code == 404
    sent = {"name": "stars", "value": 9, "trace_id": "t", "config_id": stars}
    assert api.client.post("/api/v1/scores", headers=headers, json=sent).status_code == 200


def test_a_body_that_is_not_said_to_be_json_is_told_which_header_it_lacks(api: JsonApi) -> None:
    params = {"project": api.project.name}
    for headers in ({"Content-Type": "application/x-www-form-urlencoded"}, {}):
        content = b'{"name": "stars", "data_type": "numeric"}'
        answer = api.client.post("/api/v1/score-configs", params=params, content=content, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["detail"] == "the body is not a JSON object"
        assert "Content-Type: application/json" in answer.json()["hint"]
