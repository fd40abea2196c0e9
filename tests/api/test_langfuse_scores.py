"""Scores in Langfuse's forms, over the embedded engine."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import NewKey
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.api.shape import time_text
from spanglass_server.web.app import build_langfuse

SENT_BY_SDK_5 = [
    {
        "id": "4e7a48b4159167d2",
        "traceId": "68ce771cedc1a5e800e6d56566276719",
        "observationId": "3a3589c4dd0221a3",
        "name": "obs_score",
        "value": 1.0,
        "environment": "staging",
        "timestamp": "2026-01-14T10:41:44.120066Z",
    },
    {
        "id": "505771e4916d4ab0",
        "traceId": "68ce771cedc1a5e800e6d56566276719",
        "name": "trace_score",
        "value": "good",
        "environment": "staging",
        "dataType": "CATEGORICAL",
        "timestamp": "2026-01-14T10:41:44.120652Z",
    },
]


class Langfuse:
    """A client of Langfuse's API with a key of the project."""

    def __init__(self, api: JsonApi) -> None:
        self.api = api
        scopes = frozenset({"ingest", "read", "admin"})
        self.key: NewKey = api.directory.create_key(api.project.id, scopes=scopes)  # type: ignore[arg-type]
        self.client = TestClient(build_langfuse(api.services), raise_server_exceptions=False)
        pair = f"{self.key.info.public_key}:{self.key.secret_key}".encode()
        self.client.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        answer = self.client.get(f"/api/public{path}", params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, body: Any, **options: Any) -> Response:
        return self.client.post("/api/public/scores", json=body, **options)

    def ids(self, path: str, **params: Any) -> list[str]:
        return [score["id"] for score in self.get(path, **params)["data"]]


@pytest.fixture
def langfuse(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[Langfuse]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: NOW_NS, limits=limits)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", library=library)
    yield Langfuse(api)
    api.close()
    library.close()
    directory.close()


def test_an_array_is_accepted_as_the_sdk_expects_and_stored(langfuse: Langfuse) -> None:
    answer = langfuse.post(SENT_BY_SDK_5)

    assert (answer.status_code, answer.json()) == (202, {"message": "Accepted"})
    listed = langfuse.get("/v3/scores", fields="subject,details")
    assert listed["meta"] == {"limit": 50}
    by_name = {score["name"]: score for score in listed["data"]}
    assert by_name["obs_score"] == {
        "id": "4e7a48b4159167d2",
        "projectId": langfuse.api.project.id,
        "name": "obs_score",
        "value": 1.0,
        "dataType": "NUMERIC",
        "source": "API",
        "timestamp": "2026-01-14T10:41:44.120066Z",
        "environment": "staging",
        "createdAt": by_name["obs_score"]["createdAt"],
        "updatedAt": by_name["obs_score"]["updatedAt"],
        "comment": None,
        "configId": None,
        "metadata": {},
        "subject": {
            "kind": "observation",
            "id": "3a3589c4dd0221a3",
            "traceId": "68ce771cedc1a5e800e6d56566276719",
        },
    }
    assert (by_name["trace_score"]["value"], by_name["trace_score"]["dataType"]) == ("good", "CATEGORICAL")


def test_an_array_in_part_bad_is_answered_207_and_the_good_are_stored(langfuse: Langfuse) -> None:
    answer = langfuse.post([SENT_BY_SDK_5[0], {"name": "quality", "value": 1}])

    assert answer.status_code == 207
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (1, 1)
    assert "[1]" in body["errors"][0]["message"]
    assert "traceId" in body["errors"][0]["message"]
    assert langfuse.ids("/v3/scores") == ["4e7a48b4159167d2"]


def test_an_object_is_answered_with_its_id(langfuse: Langfuse) -> None:
    assert langfuse.post(SENT_BY_SDK_5[0]).json() == {"id": "4e7a48b4159167d2"}

    made = langfuse.post({"traceId": "t", "name": "n", "value": True}).json()["id"]
    assert langfuse.get(f"/scores/{made}")["stringValue"] == "True"

    bad = langfuse.post({"traceId": "t", "value": 1})
    assert bad.status_code == 400
    assert bad.json()["error"] == "InvalidRequestError"


def test_a_stray_field_and_what_an_sdk_leaves_null_do_no_harm(langfuse: Langfuse) -> None:
    body = {
        "id": "s",
        "traceId": "my/own trace",
        "name": "n",
        "value": 1,
        "parent_observation_id": "x",
        "observationId": None,
        "comment": None,
        "dataType": None,
        "metadata": None,
        "configId": None,
        "timestamp": None,
    }
    assert langfuse.post(body).status_code == 200
    assert langfuse.get("/v2/scores/s")["traceId"] == "my/own trace"


def store_all_types(langfuse: Langfuse) -> None:
    score = {"traceId": "t", "name": "n"}
    answer = langfuse.post(
        [
            score | {"id": "numeric", "value": 0.5},
            score | {"id": "boolean", "value": 1, "dataType": "BOOLEAN"},
            score | {"id": "categorical", "value": "good"},
            score | {"id": "text", "value": "well written", "dataType": "TEXT"},
            score | {"id": "correction", "value": "서울", "dataType": "CORRECTION"},
        ]
    )
    assert answer.status_code == 202


def test_values_have_the_type_that_each_form_asks_for(langfuse: Langfuse) -> None:
    store_all_types(langfuse)

    third = {score["id"]: (score["dataType"], score["value"]) for score in langfuse.get("/v3/scores")["data"]}
    assert third == {
        "numeric": ("NUMERIC", 0.5),
        "boolean": ("BOOLEAN", True),
        "categorical": ("CATEGORICAL", "good"),
        "text": ("TEXT", "well written"),
        "correction": ("CORRECTION", "서울"),
    }
    second = {
        score["id"]: (score["dataType"], score["value"], score.get("stringValue"))
        for score in langfuse.get("/v2/scores")["data"]
    }
    assert second == {
        "numeric": ("NUMERIC", 0.5, None),
        "boolean": ("BOOLEAN", 1, "True"),
        "categorical": ("CATEGORICAL", 0, "good"),
        "text": ("TEXT", 0, "well written"),
        "correction": ("CORRECTION", 0, "서울"),
    }
    first = {score["id"]: score["dataType"] for score in langfuse.get("/scores")["data"]}
    assert first == {
        "numeric": "NUMERIC",
        "boolean": "BOOLEAN",
        "categorical": "CATEGORICAL",
        "text": "CATEGORICAL",
        "correction": "CATEGORICAL",
    }


def test_the_first_form_tells_scores_of_traces_only(langfuse: Langfuse) -> None:
    langfuse.post([SENT_BY_SDK_5[0], {"id": "s", "sessionId": "session", "name": "n", "value": 1}])

    assert langfuse.ids("/scores") == ["4e7a48b4159167d2"]
    assert sorted(langfuse.ids("/v2/scores")) == ["4e7a48b4159167d2", "s"]
    (subject,) = (score["subject"] for score in langfuse.get("/v3/scores", fields="subject", id="s")["data"])
    assert subject == {"kind": "session", "id": "session"}


def test_a_page_says_how_many_there_are(langfuse: Langfuse) -> None:
    langfuse.post([{"id": f"s{n}", "traceId": "t", "name": "n", "value": n} for n in range(5)])

    pages = [langfuse.get("/v2/scores", page=page, limit=2) for page in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [2, 2, 1, 0]
    assert len({score["id"] for page in pages for score in page["data"]}) == 5
    assert pages[1]["meta"] == {"page": 2, "limit": 2, "totalItems": 5, "totalPages": 3}


def test_a_cursor_leads_through_the_third_form(langfuse: Langfuse) -> None:
    langfuse.post([{"id": f"s{n}", "traceId": "t", "name": "n", "value": n} for n in range(5)])

    seen: list[str] = []
    cursor = ""
    while True:
        page = langfuse.get("/v3/scores", limit=2, cursor=cursor)
        seen += [score["id"] for score in page["data"]]
        if "cursor" not in page["meta"]:
            break
        cursor = page["meta"]["cursor"]
    assert sorted(seen) == [f"s{n}" for n in range(5)]


def at(age_ns: int) -> str:
    return time_text(NOW_NS - age_ns)


def test_lists_are_narrowed_by_their_parameters(langfuse: Langfuse) -> None:
    score = {"traceId": "t", "name": "n", "value": 0.5}
    langfuse.post(
        [
            score | {"id": "a", "timestamp": at(4 * SECOND_NS), "environment": "prod", "configId": "c"},
            score | {"id": "b", "timestamp": at(3 * SECOND_NS), "observationId": "o", "value": 0.9},
            score | {"id": "c", "timestamp": at(2 * SECOND_NS), "source": "ANNOTATION", "value": "good"},
            {"id": "d", "timestamp": at(SECOND_NS), "name": "m", "value": 1, "datasetRunId": "run"},
        ]
    )

    for path in ("/v2/scores", "/v3/scores"):
        assert langfuse.ids(path) == ["d", "c", "b", "a"]
        assert langfuse.ids(path, traceId="t", name="n") == ["c", "b", "a"]
        assert langfuse.ids(path, observationId="o,p") == ["b"]
        assert langfuse.ids(path, source="ANNOTATION") == ["c"]
        assert langfuse.ids(path, dataType="CATEGORICAL") == ["c"]
        assert langfuse.ids(path, configId="c") == ["a"]
        assert langfuse.ids(path, environment="prod") == ["a"]
        assert langfuse.ids(path, environment="default") == ["d", "c", "b"]
        assert langfuse.ids(path, fromTimestamp=at(3 * SECOND_NS), toTimestamp=at(SECOND_NS)) == ["c", "b"]
        assert langfuse.get(path, 400, source="ORACLE")["error"] == "InvalidRequestError"
        assert "fromTimestamp" in langfuse.get(path, 400, fromTimestamp="soon")["message"]
    assert langfuse.ids("/v2/scores", operator=">", value=0.5) == ["d", "b"]
    assert langfuse.ids("/v2/scores", scoreIds="a,d") == ["d", "a"]
    assert langfuse.ids("/v2/scores", datasetRunId="run") == ["d"]
    assert langfuse.ids("/v3/scores", dataType="numeric", valueMin=0.6) == ["d", "b"]
    assert langfuse.ids("/v3/scores", dataType="NUMERIC", value="0.5,1") == ["d", "a"]
    assert langfuse.ids("/v3/scores", dataType="CATEGORICAL", value="good") == ["c"]
    assert langfuse.ids("/v3/scores", experimentId="run", id="a,d") == ["d"]
    langfuse.get("/v3/scores", 400, value="0.5")
    langfuse.get("/v3/scores", 400, fields="everything")
    langfuse.get("/v2/scores", 400, operator="like", value=1)


def test_scores_tell_of_their_trace_and_are_found_by_it(langfuse: Langfuse) -> None:
    spans = langfuse.api.factory.rag_trace(user_id="u1", tags=("rag", "beta"))
    langfuse.api.store(spans)
    score = {"name": "n", "value": 1}
    langfuse.post([score | {"id": "a", "traceId": spans[0].trace_id}, score | {"id": "b", "traceId": "t"}])

    for path in ("/scores", "/v2/scores"):
        told = {item["id"]: item["trace"] for item in langfuse.get(path)["data"]}
        assert (told["a"]["userId"], sorted(told["a"]["tags"])) == ("u1", ["beta", "rag"])
        assert told["b"]["userId"] is None
        assert langfuse.ids(path, userId="u1") == ["a"]
        assert langfuse.ids(path, traceTags=["rag", "beta"]) == ["a"]
        assert langfuse.ids(path, userId="nobody") == []
    assert "trace" not in langfuse.get("/v2/scores", fields="score")["data"][0]


def test_a_score_is_deleted_by_its_id(langfuse: Langfuse) -> None:
    langfuse.post(SENT_BY_SDK_5)

    assert langfuse.client.delete("/api/public/scores/505771e4916d4ab0").status_code == 200
    assert langfuse.ids("/v3/scores") == ["4e7a48b4159167d2"]
    for path in ("/scores/505771e4916d4ab0", "/v2/scores/505771e4916d4ab0"):
        assert langfuse.get(path, 404)["error"] == "LangfuseNotFoundError"
    assert langfuse.client.delete("/api/public/scores/505771e4916d4ab0").status_code == 404


def test_a_public_key_alone_sends_scores_and_reads_none(langfuse: Langfuse) -> None:
    headers = {"Authorization": f"Bearer {langfuse.key.info.public_key}"}

    assert langfuse.post(SENT_BY_SDK_5, headers=headers).status_code == 202
    for path in ("/scores", "/v2/scores", "/v3/scores", "/scores/4e7a48b4159167d2"):
        assert langfuse.client.get(f"/api/public{path}", headers=headers).status_code == 401
    deleted = langfuse.client.delete("/api/public/scores/4e7a48b4159167d2", headers=headers)
    assert deleted.status_code == 401
    assert deleted.json()["error"] == "UnauthorizedError"


QUALITY = {"name": "quality", "dataType": "NUMERIC", "minValue": 0, "maxValue": 1, "description": "0 to 1"}
TONE = {
    "name": "tone",
    "dataType": "CATEGORICAL",
    "categories": [{"label": "kind", "value": 1}, {"label": "rude", "value": 0}],
}


def create_config(langfuse: Langfuse, body: dict[str, Any], status: int = 200) -> Any:
    answer = langfuse.client.post("/api/public/score-configs", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_score_configuration_is_told_with_all_that_the_sdks_require(langfuse: Langfuse) -> None:
    made = create_config(langfuse, QUALITY)

    assert made | QUALITY == made
    assert made["projectId"] == langfuse.api.project.id
    assert made["isArchived"] is False
    assert made["createdAt"] == made["updatedAt"]
    assert langfuse.get(f"/score-configs/{made['id']}") == made
    tone = create_config(langfuse, TONE)
    flag = create_config(langfuse, {"name": "flag", "dataType": "BOOLEAN"})
    assert [category["label"] for category in flag["categories"]] == ["True", "False"]
    page = langfuse.get("/score-configs", limit=2)
    assert page["meta"] == {"page": 1, "limit": 2, "totalItems": 3, "totalPages": 2}
    assert {config["id"] for config in page["data"]} < {made["id"], tone["id"], flag["id"]}
    langfuse.get("/score-configs/nothing", 404)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n"},
        {"name": "n", "dataType": "STAR"},
        {"name": "a/b", "dataType": "NUMERIC"},
        {"name": "n" * 36, "dataType": "NUMERIC"},
        {"name": "n", "dataType": "NUMERIC", "minValue": 1, "maxValue": 1},
        {"name": "n", "dataType": "CATEGORICAL"},
        {"name": "n", "dataType": "CATEGORICAL", "minValue": 1, "categories": TONE["categories"]},
        {"name": "n", "dataType": "CATEGORICAL", "categories": [{"label": "a", "value": 1}] * 2},
        {"name": "n", "dataType": "BOOLEAN", "categories": TONE["categories"]},
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(langfuse: Langfuse, body: dict[str, Any]) -> None:
    assert create_config(langfuse, body, 400)["error"] == "InvalidRequestError"
    assert langfuse.get("/score-configs")["data"] == []


def test_a_configuration_is_changed_and_archived(langfuse: Langfuse) -> None:
    made = create_config(langfuse, QUALITY)
    path = f"/api/public/score-configs/{made['id']}"

    changed = langfuse.client.patch(path, json={"maxValue": 5, "isArchived": True, "name": None}).json()
    assert changed == made | {"maxValue": 5, "isArchived": True}
    assert langfuse.client.patch(path, json={"minValue": 9}).status_code == 400
    assert langfuse.get(f"/score-configs/{made['id']}") == changed


def test_a_score_that_names_a_configuration_fits_it(langfuse: Langfuse) -> None:
    quality, tone = create_config(langfuse, QUALITY)["id"], create_config(langfuse, TONE)["id"]
    score = {"traceId": "t", "name": "quality", "configId": quality}

    answer = langfuse.post(
        [
            score | {"id": "fits", "value": 1},
            score | {"id": "high", "value": 1.1},
            score | {"id": "low", "value": -1},
            score | {"id": "word", "value": "good"},
            score | {"id": "name", "name": "other", "value": 1},
            score | {"id": "type", "value": 1, "dataType": "BOOLEAN"},
            score | {"id": "kind", "name": "tone", "configId": tone, "value": "kind"},
            score | {"id": "cold", "name": "tone", "configId": tone, "value": "cold"},
            score | {"id": "elsewhere", "configId": "of another server", "value": 7},
        ]
    )

    assert answer.status_code == 207
    assert answer.json()["rejected"] == 6
    assert sorted(langfuse.ids("/v3/scores")) == ["elsewhere", "fits", "kind"]
    assert langfuse.ids("/v3/scores", configId=tone) == ["kind"]
    langfuse.client.patch(f"/api/public/score-configs/{quality}", json={"isArchived": True})
    assert langfuse.post(score | {"value": 1}).status_code == 400
