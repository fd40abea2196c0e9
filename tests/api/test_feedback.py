"""Scores from pages of other sites, by a public key: what is let in, and what stays closed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.support.json_api import NOW_NS, JsonApi

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.api.shape import time_text
from spanglass_server.web.app import build_api, build_langfuse
from spanglass_server.web.feedback import FeedbackDoor

PAGE = "https://shop.example.com"
DOORS = {"/api/v1/scores": {"trace_id": "t1"}, "/api/public/scores": {"traceId": "t1"}}


class Browser:
    """Requests as pages of other sites send them, to a server that asks for keys."""

    def __init__(self, api: JsonApi, feedback: FeedbackDoor, *, auth_mode: str = "required") -> None:
        services = replace(api.services, feedback=feedback, auth_mode=auth_mode)  # type: ignore[arg-type]
        self.api = api
        self._own = TestClient(build_api(services), base_url="http://localhost:4318")
        self._langfuse = TestClient(build_langfuse(services), base_url="http://localhost:4318")
        key = api.directory.create_key(api.project.id, scopes=frozenset({"ingest", "read", "admin"}))
        self.public = f"Bearer {key.info.public_key}"
        self.secret = f"Bearer {key.secret_key}"

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        client = self._langfuse if path.startswith("/api/public") else self._own
        return client.request(method, path, **options)

    def preflight(self, path: str, *, origin: str = PAGE, method: str = "POST") -> httpx.Response:
        headers = {
            "origin": origin,
            "access-control-request-method": method,
            "access-control-request-headers": "authorization,content-type",
        }
        return self.send("OPTIONS", path, headers=headers)

    def score(
        self, path: str = "/api/v1/scores", *, key: str = "", origin: str = PAGE, **score: Any
    ) -> httpx.Response:
        headers = {"origin": origin, "authorization": key or self.public, "sec-fetch-site": "cross-site"}
        body = {"name": "helpful", "value": True, **DOORS[path], **score}
        return self.send("POST", path, headers=headers, json=body)

    def stored(self, score_id: str) -> dict[str, Any]:
        answer = self.send("GET", f"/api/v1/scores/{score_id}", headers={"authorization": self.secret})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


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


@pytest.fixture
def browser(api: JsonApi) -> Browser:
    return Browser(api, FeedbackDoor())


@pytest.mark.parametrize("path", DOORS)
def test_a_page_of_another_site_may_ask_and_read_the_answer(browser: Browser, path: str) -> None:
    asked = browser.preflight(path)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert "authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers

    for score, status in (({}, 200), ({"value": None}, 400)):
        answer = browser.score(path, **score)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "origin" in answer.headers["vary"]
    assert browser.score(path, key="Bearer pk-sg-wrong").status_code == 401


def test_only_the_doors_that_take_scores_are_open_to_pages(browser: Browser) -> None:
    for path in ("/api/v1/traces", "/api/v1/scores/s1", "/api/public/traces", "/api/public/ingestion"):
        answer = browser.preflight(path)
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]
    listed = browser.send("GET", "/api/v1/scores", headers={"origin": PAGE, "authorization": browser.secret})
    assert listed.status_code == 200
    assert "access-control-allow-origin" not in listed.headers


def test_origins_that_are_not_named_stay_out(api: JsonApi) -> None:
    browser = Browser(api, FeedbackDoor(origins=(PAGE,)))

    assert browser.preflight("/api/v1/scores").headers["access-control-allow-origin"] == PAGE
    refused = browser.preflight("/api/v1/scores", origin="https://evil.example")
    assert "access-control-allow-origin" not in refused.headers
    assert refused.status_code == 405
    answer = browser.score(origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


def test_a_public_key_says_nothing_but_its_own_judgement(browser: Browser) -> None:
    answer = browser.score(
        id="s1", source="evaluator", author="kim", queue_id="q", evaluator_id="e", evaluator_version=2,
        sampling_rate=0.01, quality=0.1, dataset_run_id="r", timestamp="2020-01-01T00:00:00Z",
        comment="nice", metadata={"page": "/help"}, session_id="session", span_id="b1",
    )  # fmt: skip
    assert answer.json()["ids"] == ["s1"]

    stored = browser.stored("s1")
    assert stored["source"] == "api"
    absent = ("author", "queue_id", "evaluator_id", "dataset_run_id")
    assert [stored[name] for name in absent] == [None] * len(absent)
    assert (stored["evaluator_version"], stored["sampling_rate"], stored["quality"]) == (0, 1, 1)
    assert stored["timestamp"] == time_text(NOW_NS)
    assert (stored["comment"], stored["metadata"]) == ("nice", {"page": "/help"})
    assert (stored["session_id"], stored["span_id"], stored["is_public"]) == ("session", "b1", True)
    assert browser.score(trace_id=None, dataset_run_id="r").status_code == 400


@pytest.mark.parametrize("path", DOORS)
def test_a_public_key_replaces_its_own_scores_and_no_others(browser: Browser, path: str) -> None:
    for value in (True, False):
        assert browser.score(path, id="own", value=value).status_code == 200
    assert browser.stored("own")["value"] is False

    assert browser.score(path, key=browser.secret, id="theirs", value=True).status_code == 200
    refused = browser.score(path, id="theirs", value=False)
    assert refused.status_code == 400
    assert browser.stored("theirs")["value"] is True
    # Who took a public one over keeps it.
    assert browser.score(path, key=browser.secret, id="own", value=True).status_code == 200
    assert browser.score(path, id="own", value=False).status_code == 400


def test_what_comes_by_a_public_key_is_small(browser: Browser) -> None:
    headers = {"origin": PAGE, "authorization": browser.public}
    one = {"name": "n", "value": 1, "trace_id": "t"}

    taken = browser.send("POST", "/api/v1/scores", headers=headers, json=[one] * 22).json()
    assert [rejected["index"] for rejected in taken["rejected"]] == [20, 21]
    large = browser.score(comment="x" * 70_000)
    assert large.status_code == 413
    assert large.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", DOORS)
def test_a_flood_is_told_to_come_again_and_secret_keys_are_not_held_up(api: JsonApi, path: str) -> None:
    browser = Browser(api, FeedbackDoor(per_address=3, clock=lambda: 0.0))

    answers = [browser.score(path) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "retry-after" in answers[-1].headers["access-control-expose-headers"]
    assert browser.score(path, key=browser.secret).status_code == 200


def test_a_keyless_server_takes_scores_of_pages_of_its_own_machine(api: JsonApi) -> None:
    browser = Browser(api, FeedbackDoor(), auth_mode="off")
    body = {"id": "s1", "name": "n", "value": 1, "trace_id": "t", "author": "kim"}

    def post(origin: str, site: str) -> httpx.Response:
        headers = {"origin": origin, "sec-fetch-site": site}
        params = {"project": api.project.name}
        return browser.send("POST", "/api/v1/scores", headers=headers, params=params, json=body)

    assert post("http://localhost:3000", "same-site").status_code == 200
    assert browser.stored("s1")["is_public"] is True
    assert browser.stored("s1")["author"] is None
    assert post("http://127.0.0.1:5173", "cross-site").status_code == 200
    for evil in ("https://evil.example", "http://localhost.evil.example", "null", "http://192.168.0.5"):
        assert post(evil, "cross-site").status_code == 403
    # The web app itself is no stranger.
    assert post("http://localhost:4318", "same-origin").status_code == 200
    assert browser.stored("s1")["author"] == "kim"
    for method, path in (("DELETE", "/api/v1/scores/s1"), ("POST", "/api/v1/score-configs")):
        headers = {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"}
        assert browser.send(method, path, headers=headers, json={}).status_code == 403
