"""Scores over the JSON API, through the real group commit into the embedded engine."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from tests.api.access_table import TABLE, Door
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import EPOCH_NS, SECOND_NS

from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.web.api import models, score_models
from spanglass_server.web.api.shape import time_text

HOUR_NS = 3600 * SECOND_NS


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


def post(api: JsonApi, body: Any, status: int = 200, **options: Any) -> Any:
    answer = api.client.post("/api/v1/scores", params={"project": api.project.name}, json=body, **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(api: JsonApi, **params: Any) -> list[str]:
    return [score["id"] for score in api.get("/scores", **params)["items"]]


WHOLE = {
    "id": "s1",
    "name": "quality",
    "value": 0.8,
    "data_type": "numeric",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "span_id": "00f067aa0ba902b7",
    "session_id": "session",
    "dataset_run_id": "run",
    "comment": "근거 있음",
    "source": "person",
    "author": "kim",
    "config_id": "c1",
    "queue_id": "q1",
    "environment": "prod",
    "metadata": {"rubric": 3},
    "quality": 0.75,
    "sampling_rate": 0.05,
    "evaluator_id": "e1",
    "evaluator_version": 3,
    "timestamp": "2026-01-31T09:30:00.123456789Z",
}


def test_a_score_is_stored_as_it_was_sent_when_the_answer_comes(api: JsonApi) -> None:
    assert post(api, WHOLE | {"is_public": True}) == {"ids": ["s1"], "rejected": []}

    stored = api.get("/scores/s1")
    made = {"is_public": False, "created_at": time_text(NOW_NS), "updated_at": stored["updated_at"]}
    assert stored == WHOLE | made
    score_models.Score.model_validate(stored)


def test_what_is_absent_is_null_and_an_id_is_made(api: JsonApi) -> None:
    (score_id,) = post(api, {"name": "quality", "value": 1, "session_id": "s"})["ids"]

    stored = api.get(f"/scores/{score_id}")
    assert stored["timestamp"] == time_text(NOW_NS)
    assert stored["source"] == "api"
    assert stored["metadata"] == {}
    absent = ("trace_id", "span_id", "dataset_run_id", "comment", "author", "config_id", "environment")
    assert [stored[name] for name in absent] == [None] * len(absent)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"value": 3}, (3.0, "numeric")),
        ({"value": True}, (True, "boolean")),
        ({"value": 0, "data_type": "boolean"}, (False, "boolean")),
        ({"value": "true", "data_type": "boolean"}, (True, "boolean")),
        ({"value": "good"}, ("good", "categorical")),
        ({"value": 5, "data_type": "categorical"}, ("5", "categorical")),
        ({"value": "0.25", "data_type": "numeric"}, (0.25, "numeric")),
        ({"value": "too long an answer", "data_type": "text"}, ("too long an answer", "text")),
        ({"value": "서울", "data_type": "correction"}, ("서울", "correction")),
    ],
)
def test_values_come_back_with_their_type(api: JsonApi, sent: dict[str, Any], told: tuple[Any, str]) -> None:
    (score_id,) = post(api, {"name": "n", "trace_id": "t", **sent})["ids"]

    stored = api.get(f"/scores/{score_id}")
    assert (stored["value"], stored["data_type"]) == told
    assert type(stored["value"]) is type(told[0])


REFUSED = {
    "no object": "quality",
    "no name": {"value": 1, "trace_id": "t"},
    "an empty name": {"name": " ", "value": 1, "trace_id": "t"},
    "a long name": {"name": "n" * 201, "value": 1, "trace_id": "t"},
    "no value": {"name": "n", "trace_id": "t"},
    "a list for a value": {"name": "n", "value": [1], "trace_id": "t"},
    "nothing judged": {"name": "n", "value": 1},
    "a span without its trace": {"name": "n", "value": 1, "span_id": "b", "session_id": "s"},
    "an unknown type": {"name": "n", "value": 1, "trace_id": "t", "data_type": "star"},
    "a word for a number": {"name": "n", "value": "good", "trace_id": "t", "data_type": "numeric"},
    "seven for a boolean": {"name": "n", "value": 7, "trace_id": "t", "data_type": "boolean"},
    "an unknown source": {"name": "n", "value": 1, "trace_id": "t", "source": "oracle"},
    "no time": {"name": "n", "value": 1, "trace_id": "t", "timestamp": "yesterday"},
    "a number for a time": {"name": "n", "value": 1, "trace_id": "t", "timestamp": 5},
    "a number for a comment": {"name": "n", "value": 1, "trace_id": "t", "comment": 5},
    "a quality above 1": {"name": "n", "value": 1, "trace_id": "t", "quality": 1.5},
    "a boolean for a quality": {"name": "n", "value": 1, "trace_id": "t", "quality": True},
    "a sampling rate of 0": {"name": "n", "value": 1, "trace_id": "t", "sampling_rate": 0},
    "a word for a version": {"name": "n", "value": 1, "trace_id": "t", "evaluator_version": "2"},
    "a long id": {"name": "n", "value": 1, "trace_id": "t" * 801},
    "much metadata": {"name": "n", "value": 1, "trace_id": "t", "metadata": {"a": "x" * 100_001}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_score_is_refused_with_a_reason_and_a_hint_and_the_others_are_stored(
    api: JsonApi, case: str
) -> None:
    good = {"name": "n", "value": 1, "trace_id": "t"}

    answer = post(api, [good | {"id": "a"}, REFUSED[case], good | {"id": "b"}])

    assert answer["ids"] == ["a", None, "b"]
    (rejected,) = answer["rejected"]
    assert rejected["index"] == 1
    assert rejected["reason"]
    assert rejected["hint"]
    assert sorted(ids(api, trace_id="t")) == ["a", "b"]
    score_models.ScoresTaken.model_validate(answer)

    alone = post(api, REFUSED[case], status=400)
    assert (alone["detail"], alone["hint"]) == (rejected["reason"], rejected["hint"])


def test_more_scores_than_a_request_may_hold_are_refused_and_the_rest_is_stored(api: JsonApi) -> None:
    answer = post(api, [{"name": "n", "value": n, "trace_id": "t"} for n in range(1002)])

    assert [rejected["index"] for rejected in answer["rejected"]] == [1000, 1001]
    assert len(answer["ids"]) == 1002
    assert len(ids(api, trace_id="t", limit=1000)) == 1000


def test_an_empty_array_is_fine(api: JsonApi) -> None:
    assert post(api, []) == {"ids": [], "rejected": []}


def test_a_body_may_be_compressed(api: JsonApi) -> None:
    body = gzip.compress(b'{"id": "s1", "name": "n", "value": 1, "trace_id": "t"}')
    answer = api.client.post(
        "/api/v1/scores",
        params={"project": api.project.name},
        content=body,
        headers={"content-encoding": "gzip"},
    )
    assert answer.json()["ids"] == ["s1"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"", 400), (b"[" + b" " * (5 << 20) + b"]", 413)])
def test_a_body_that_cannot_be_read_is_refused(api: JsonApi, body: bytes, status: int) -> None:
    answer = api.client.post("/api/v1/scores", params={"project": api.project.name}, content=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_a_score_that_is_no_json_by_itself_does_not_harm_its_neighbours(api: JsonApi) -> None:
    body = (
        b'[{"id": "a", "name": "n", "value": NaN, "trace_id": "t"},'
        b' {"id": "b", "name": "n", "value": 1, "trace_id": "t", "comment": "\\ud800"},'
        b' {"id": "c", "name": "n", "value": 1, "trace_id": "t"}]'
    )
    answer = api.client.post("/api/v1/scores", params={"project": api.project.name}, content=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["ids"] == [None, None, "c"]
    assert ids(api, trace_id="t") == ["c"]


def test_a_second_score_with_the_same_id_replaces_the_first(api: JsonApi) -> None:
    post(api, WHOLE)
    post(api, {"id": "s1", "name": "quality", "value": 0.1, "trace_id": "other"})

    stored = api.get("/scores/s1")
    assert (stored["value"], stored["trace_id"], stored["comment"]) == (0.1, "other", None)
    assert ids(api) == ["s1"]


def test_hex_ids_are_found_in_either_case(api: JsonApi) -> None:
    post(api, {"id": "s1", "name": "n", "value": 1, "trace_id": "4BF92F3577B34DA6A3CE929D0E0E4736"})

    assert api.get("/scores/s1")["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_score_is_taken_back(api: JsonApi) -> None:
    post(api, [WHOLE, WHOLE | {"id": "folder/s 2"}])

    for path in ("/scores/s1", "/scores/folder%2Fs%202"):
        answer = api.client.delete(f"/api/v1{path}", params={"project": api.project.name})
        assert answer.status_code == 204
        assert api.problem(path)["status"] == 404
        again = api.client.delete(f"/api/v1{path}", params={"project": api.project.name})
        assert again.status_code == 404
    assert ids(api, trace_id=WHOLE["trace_id"]) == []


def at(age_ns: int) -> str:
    return time_text(NOW_NS - age_ns)


def test_lists_show_the_last_day_unless_a_time_or_something_judged_is_named(api: JsonApi) -> None:
    score = {"name": "n", "value": 1, "trace_id": "t"}
    post(
        api,
        [
            score | {"id": "new", "timestamp": at(HOUR_NS)},
            score | {"id": "old", "timestamp": at(30 * HOUR_NS)},
        ],
    )

    assert ids(api) == ["new"]
    assert ids(api, **{"from": "now-48h"}) == ["new", "old"]
    assert ids(api, **{"from": "now-48h", "to": "now-24h"}) == ["old"]
    assert ids(api, trace_id="t") == ["new", "old"]


def test_lists_are_narrowed_by_what_the_parameters_say(api: JsonApi) -> None:
    score = {"name": "n", "value": 0.5, "trace_id": "t"}
    post(
        api,
        [
            score | {"id": "a", "timestamp": at(4), "environment": "prod"},
            score | {"id": "b", "timestamp": at(3), "name": "m", "value": 0.9, "span_id": "b1"},
            score | {"id": "c", "timestamp": at(2), "value": "good", "source": "person", "author": "kim"},
            {"id": "d", "timestamp": at(1), "name": "n", "value": True, "session_id": "s"},
        ],
    )

    assert ids(api) == ["d", "c", "b", "a"]
    assert ids(api, name="n", data_type="numeric") == ["a"]
    assert ids(api, name=["n", "m"], trace_id="t") == ["c", "b", "a"]
    assert ids(api, span_id="b1") == ["b"]
    assert ids(api, session_id="s") == ["d"]
    assert ids(api, source="person", author="kim") == ["c"]
    assert ids(api, environment="prod") == ["a"]
    assert ids(api, value_min=0.6, value_max=0.9) == ["b"]
    assert api.problem("/scores", data_type="star")["status"] == 400


def test_pages_show_every_score_once_though_more_arrive(api: JsonApi) -> None:
    made = [f"s{number}" for number in range(7)]
    post(api, [{"id": i, "name": "n", "value": 1, "trace_id": "t", "timestamp": at(5)} for i in made])

    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        page = api.get("/scores", limit=3, cursor=cursor, name="n")
        score_models.ScorePage.model_validate(page)
        seen += [score["id"] for score in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
        post(api, {"name": "n", "value": 1, "trace_id": "t"})
    assert sorted(seen) == made
    first = api.get("/scores", limit=3, name="n")["next_cursor"]
    assert api.problem("/scores", limit=3, cursor=first, name="m")["status"] == 400


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_public_key_alone_sends_scores_and_does_nothing_else(api: JsonApi) -> None:
    api.require_keys()
    scopes = frozenset({"ingest", "read", "admin"})
    key = api.directory.create_key(api.project.id, scopes=scopes)
    public, secret = bearer(key.info.public_key), bearer(key.secret_key)
    score = {"id": "s1", "name": "helpful", "value": True, "trace_id": "t"}

    assert api.client.post("/api/v1/scores", json=score, headers=public).json()["ids"] == ["s1"]

    assert api.client.get("/api/v1/scores/s1", headers=secret).json()["name"] == "helpful"
    checked = 0
    # As OpenAPI spells paths: without the type of a parameter.
    needs = {Door(door.method, door.path.replace(":path}", "}")): need for door, need in TABLE.items()}
    for path, methods in api.client.get("/openapi.json").json()["paths"].items():
        for method in map(str.upper, methods):
            if needs.get(Door(method, path)) not in ("score", "anyone"):
                answer = api.client.request(method, path, headers=public, json={})
                assert answer.status_code == 401, f"{method} {path}"
                checked += 1
    assert checked > 100


def test_the_public_key_of_a_key_that_may_not_ingest_sends_nothing(api: JsonApi) -> None:
    api.require_keys()
    key = api.directory.create_key(api.project.id, scopes=frozenset({"read"}))
    for headers in (bearer(key.info.public_key), bearer("pk-sg-" + "0" * 32), {}):
        answer = api.client.post("/api/v1/scores", json=WHOLE, headers=headers)
        assert answer.status_code == 401
    assert api.client.post("/api/v1/scores", json=WHOLE, headers=bearer(key.secret_key)).status_code == 403


def test_a_key_reads_only_scores_of_its_own_project(api: JsonApi) -> None:
    post(api, WHOLE)
    other = api.directory.create_project("other")
    key = api.directory.create_key(other.id, scopes=frozenset({"ingest", "read", "admin"}))

    assert api.client.get("/api/v1/scores/s1", headers=bearer(key.secret_key)).status_code == 404
    assert api.client.delete("/api/v1/scores/s1", headers=bearer(key.secret_key)).status_code == 404
    listed = api.client.get("/api/v1/scores", headers=bearer(key.secret_key), params={"from": "now-9999d"})
    assert listed.json()["items"] == []
    assert api.get("/scores/s1")["value"] == 0.8


def test_stored_times_outlive_the_clock_of_the_server(api: JsonApi) -> None:
    post(api, {"id": "s1", "name": "n", "value": 1, "trace_id": "t", "timestamp": time_text(EPOCH_NS)})

    assert ids(api, trace_id="t", **{"from": "now-99d"}) == ["s1"]


def scored_trace(api: JsonApi) -> tuple[str, str]:
    """A trace and a span of it with scores, and another without. Ids of the first trace and the span."""
    spans, others = api.factory.rag_trace(), api.factory.rag_trace()
    api.store(spans, others)
    trace_id, span_id = spans[0].trace_id, spans[1].span_id
    score = {"trace_id": trace_id}
    post(
        api,
        [
            score | {"id": "t1", "name": "quality", "value": 0.6, "timestamp": at(9)},
            score | {"id": "t2", "name": "quality", "value": 1, "timestamp": at(8)},
            score | {"id": "t3", "name": "tone", "value": "kind", "timestamp": at(7)},
            score | {"id": "t4", "name": "tone", "value": "rude", "timestamp": at(6)},
            score | {"id": "b1", "name": "quality", "value": 0.1, "span_id": span_id, "timestamp": at(5)},
            score | {"id": "b2", "name": "grounded", "value": True, "span_id": span_id, "timestamp": at(4)},
        ],
    )
    return trace_id, span_id


def test_a_list_of_traces_tells_one_value_a_score(api: JsonApi) -> None:
    trace_id, _ = scored_trace(api)

    page = api.get("/traces", **{"from": time_text(EPOCH_NS - HOUR_NS)})
    models.TracePage.model_validate(page)
    scores = {trace["trace_id"]: trace["scores"] for trace in page["items"]}
    # The mean of the trace's own numbers, the newest of its words, its spans' where it has none itself.
    assert scores.pop(trace_id) == {"grounded": True, "quality": 0.8, "tone": "rude"}
    assert list(scores.values()) == [{}]


@pytest.mark.parametrize("payloads", [True, False])
def test_an_opened_trace_tells_every_score_where_it_belongs(api: JsonApi, payloads: bool) -> None:
    trace_id, span_id = scored_trace(api)

    opened = api.get(f"/traces/{trace_id}", payloads=payloads)
    models.TraceDetail.model_validate(opened)
    assert opened["trace"]["scores"]["quality"] == 0.8
    assert [score["id"] for score in opened["scores"]] == ["t1", "t2", "t3", "t4"]
    by_span = {span["span_id"]: [score["id"] for score in span["scores"]] for span in opened["spans"]}
    assert by_span.pop(span_id) == ["b1", "b2"]
    assert not any(by_span.values())


def test_a_span_tells_its_scores_alone_and_in_lists(api: JsonApi) -> None:
    trace_id, span_id = scored_trace(api)

    span = api.get(f"/traces/{trace_id}/spans/{span_id}")
    assert [score["id"] for score in span["scores"]] == ["b1", "b2"]
    assert span["scores"][1] == api.get("/scores/b2")
    for payloads in (True, False):
        page = api.get("/spans", payloads=payloads, **{"from": time_text(EPOCH_NS - HOUR_NS)})
        scored = {span["span_id"]: len(span["scores"]) for span in page["items"] if span["scores"]}
        assert scored == {span_id: 2}


def test_traces_and_spans_are_filtered_by_their_scores(api: JsonApi) -> None:
    trace_id, span_id = scored_trace(api)
    since = {"from": time_text(EPOCH_NS - HOUR_NS)}

    found = api.get("/traces", filter="scores.tone:rude", **since)["items"]
    assert [trace["trace_id"] for trace in found] == [trace_id]
    assert api.get("/traces", filter="scores.quality>1", **since)["items"] == []
    found = api.get("/spans", filter="scores.quality<0.5", **since)["items"]
    assert [span["span_id"] for span in found] == [span_id]
    assert api.get("/histogram", filter="has:scores", **since)["buckets"]
    values = api.get("/facets", field="kind", filter="has:scores", target="spans", **since)["values"]
    assert sum(value["count"] for value in values) == 1
    assert api.problem("/facets", field="scores.quality", **since)["status"] == 400


def test_a_deleted_trace_leaves_no_score(api: JsonApi) -> None:
    trace_id, _ = scored_trace(api)

    api.client.delete(f"/api/v1/traces/{trace_id}", params={"project": api.project.name})

    assert ids(api, trace_id=trace_id) == []
