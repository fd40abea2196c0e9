"""POST /api/public/ingestion, over the embedded engine."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from tests.support.json_api import JsonApi
from tests.support.langfuse_events import RECORDINGS, Event, at, batch_of, event, recording

from spanglass_server.base.limits import INGESTION_BODY_BYTES_MAX
from spanglass_server.model.score import ScoreConfig
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import NewKey, Scope
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.app import build_langfuse

RAG_TRACE = "b20294a2-685d-4cae-b48a-15f6805d9fb7"
ALL_TIME = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}


class Ingestion:
    """A client with a key of the project."""

    def __init__(self, api: JsonApi, *scopes: Scope) -> None:
        self.api = api
        self.key: NewKey = api.directory.create_key(api.project.id, scopes=frozenset(scopes or ("ingest",)))
        self.client = TestClient(build_langfuse(api.services), raise_server_exceptions=False)
        self.client.headers["Authorization"] = self.basic(self.key.secret_key)

    def basic(self, secret_key: str) -> str:
        pair = f"{self.key.info.public_key}:{secret_key}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def post(self, body: bytes, **headers: str) -> Response:
        return self.client.post("/api/public/ingestion", content=body, headers=headers)

    def tell(self, *events: Event) -> Any:
        answer = self.post(batch_of(*events))
        assert answer.status_code == 207, answer.text
        return answer.json()

    def trace(self, trace_id: str) -> Any:
        return self.api.get(f"/traces/{quote(trace_id, safe='')}")


@pytest.fixture
def ingestion(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[Ingestion]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    limits = MediaLimits(media_bytes_max=0, media_project_bytes_max=0)
    library = open_library(url, now_ns=lambda: 0, limits=limits)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", library=library)
    yield Ingestion(api)
    api.close()
    library.close()
    directory.close()


def test_every_event_of_a_batch_is_answered(ingestion: Ingestion) -> None:
    events = recording("v2-001")
    answer = ingestion.post((RECORDINGS / "v2-001.json").read_bytes())
    assert answer.status_code == 207
    assert answer.json() == {"successes": [{"id": e["id"], "status": 201} for e in events], "errors": []}


def test_a_score_event_is_held_to_the_configuration_that_it_names(ingestion: Ingestion) -> None:
    configs = ingestion.api.services.library.score_configs
    stars = ScoreConfig(
        id="c1", name="stars", data_type="numeric", min_value=1, max_value=5, categories=(), description=None,
        is_archived=False, created_at_ns=0, updated_at_ns=0,
    )  # fmt: skip
    configs.put(ingestion.api.project.id, stars)
    body = {"traceId": "t1", "name": "stars", "configId": "c1"}

    answer = ingestion.tell(
        event("score-create", 0, event_id="fits", **body, value=4),
        event("score-create", 0, event_id="too many", **body, value=6),
        event("score-create", 0, event_id="elsewhere", **(body | {"configId": "c9"}), value=6),
    )

    assert [success["id"] for success in answer["successes"]] == ["fits", "elsewhere"]
    (error,) = answer["errors"]
    assert (error["id"], error["status"]) == ("too many", 400)
    assert "1..5" in json.dumps(error)
    stored = ingestion.api.get("/scores", trace_id="t1")["items"]
    assert {score["id"]: score["quality"] for score in stored} == {"fits": 0.75, "elsewhere": None}


def test_a_recorded_program_opens_as_one_trace(ingestion: Ingestion) -> None:
    for name in ("v2-015", "v2-001"):
        ingestion.tell(*recording(name))
    opened = ingestion.trace(RAG_TRACE)
    trace = opened["trace"]
    assert (trace["name"], trace["user_id"], trace["session_id"]) == ("rag_trace", "u1", "s1")
    assert trace["tags"] == ["t1", "t2"]
    assert trace["metadata"]["tenant"] == "acme"
    assert trace["total_tokens"] == 46
    assert trace["scores"] == {"obs_score": 1.0, "trace_score": "good", "quality": 0.9, "bool": True}
    root, *others = opened["spans"]
    assert (root["name"], root["parent_span_id"], root["duration_ms"]) == ("rag_pipeline", None, 147.828)
    assert {span["parent_span_id"] for span in others} == {root["span_id"]}
    assert [span["name"] for span in others] == ["retrieve", "rerank", "generate", "boom"]


def test_events_that_can_never_be_stored_are_refused_alone(ingestion: Ingestion) -> None:
    answer = ingestion.tell(
        event("span-create", 0, event_id="good", id="o", traceId="t", startTime=at(0)),
        event("conversation-create", 0, event_id="unknown", id="o"),
        event("score-create", 0, event_id="no-target", name="quality", value=1),
        event("span-create", 0, event_id="long", id="x" * 801),
        event("sdk-log", 0, event_id="log", log="something went wrong"),
    )
    assert [success["id"] for success in answer["successes"]] == ["good", "log"]
    refused = {error["id"]: error for error in answer["errors"]}
    assert refused.keys() == {"unknown", "no-target", "long"}
    assert {error["status"] for error in refused.values()} == {400}
    assert "`conversation-create` is not known" in refused["unknown"]["message"]
    assert "801 characters" in refused["long"]["message"]
    assert ingestion.trace("t")["trace"]["span_count"] == 1


def test_odd_bodies_are_taken_as_far_as_they_go(ingestion: Ingestion) -> None:
    """A refused event makes a v2 SDK send the whole batch again three times."""
    odd = {
        "id": "o",
        "traceId": "t",
        "startTime": "yesterday",
        "endTime": 17,
        "name": 3,
        "metadata": ["a", "b"],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}},
        "modelParameters": {"temperature": "0.2"},
        "level": None,
        "unheardOf": {"x": 1},
        "promptVersion": "2",
        "parentObservationId": "",
    }
    told = {"id": "e1", "type": "generation-create", "body": {**odd, "model": "gpt-4o"}}
    answer = ingestion.post(json.dumps({"batch": [told]}).encode())
    assert (answer.status_code, answer.json()["errors"]) == (207, [])
    (span,) = ingestion.trace("t")["spans"]
    assert (span["name"], span["input_tokens"], span["cache_read_tokens"]) == ("3", 7, 4)
    assert span["metadata"] == {"metadata": ["a", "b"]}


def test_a_trace_with_a_slash_in_its_id_opens_by_its_address(ingestion: Ingestion) -> None:
    trace_id = "Bestellung 17/ä?#"
    ingestion.tell(
        event("trace-create", 0, id=trace_id, name="order", timestamp=at(0)),
        event("span-create", 0, id="step/1", traceId=trace_id, name="pick needles", startTime=at(0)),
    )
    assert ingestion.trace(trace_id)["trace"]["trace_id"] == trace_id
    address = f"/traces/{quote(trace_id, safe='')}"
    assert ingestion.api.get(f"{address}/spans/{quote('step/1', safe='')}")["name"] == "pick needles"
    assert ingestion.api.get(f"{address}/search", q="needles") == {"span_ids": ["step/1"]}


def test_a_batch_of_five_megabytes_is_taken(ingestion: Ingestion) -> None:
    events = [
        event("span-create", n, id=f"o{n}", traceId="t", startTime=at(n), input="x" * 900_000)
        for n in range(6)
    ]
    assert len(ingestion.tell(*events)["successes"]) == 6


def test_a_body_that_is_too_large_is_told_so(ingestion: Ingestion) -> None:
    answer = ingestion.post(b" " * (INGESTION_BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "PayloadTooLargeError")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"batch": {}}', b'{"events": []}'])
def test_what_is_no_batch_is_refused(ingestion: Ingestion, body: bytes) -> None:
    answer = ingestion.post(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequestError")


def test_an_empty_batch_is_fine(ingestion: Ingestion) -> None:
    assert ingestion.tell() == {"successes": [], "errors": []}


def test_a_wrong_key_is_refused(ingestion: Ingestion) -> None:
    answer = ingestion.post(batch_of(), Authorization=ingestion.basic("wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "UnauthorizedError")


def test_a_public_key_alone_sends_no_events(ingestion: Ingestion) -> None:
    answer = ingestion.post(batch_of(), Authorization=f"Bearer {ingestion.key.info.public_key}")
    assert answer.status_code == 401


def test_a_full_queue_is_told_as_such(ingestion: Ingestion) -> None:
    budget = ingestion.api.services.intake.budget
    reservation = budget.open()
    reservation.grow(budget.bytes_max)
    answer = ingestion.post(batch_of(event("trace-create", 0, id="t")))
    reservation.release()
    assert answer.status_code in (429, 503)
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"] in ("TooManyRequestsError", "ServiceUnavailableError")
