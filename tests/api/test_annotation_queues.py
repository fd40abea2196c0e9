"""Annotation queues over the JSON API, on a real engine."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.spans import SECOND_NS

from spanglass.evaluators.sampling import is_sampled
from spanglass_server.base.errors import StorageUnavailable
from spanglass_server.ingest.batch import Reply
from spanglass_server.ingest.pipeline import IngestRequest
from spanglass_server.model.score import ScoreCategory, ScoreConfig, ScoreType
from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.directory import ALL_SCOPES
from spanglass_server.store.metadata.directory import SqlDirectory, open_directory
from spanglass_server.store.metadata.library import open_library
from spanglass_server.store.metadata.media import MediaLimits
from spanglass_server.store.metadata.review import open_reviews

ALWAYS = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}


class Queues:
    """A project with its queues. Every method gives the answer's body and checks its status."""

    def __init__(self, api: JsonApi) -> None:
        self.api = api
        self.key = ""

    def send(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        answer = self.api.client.request(
            method, f"/api/v1{path}", params={"project": self.api.project.name}, json=body, headers=headers
        )
        assert answer.status_code == status, answer.text
        if not answer.content:
            return None
        is_lines = answer.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) for line in answer.text.splitlines()] if is_lines else answer.json()

    def config(self, name: str, data_type: ScoreType, **fields: Any) -> str:
        config = ScoreConfig(
            id=uuid.uuid4().hex,
            name=name,
            data_type=data_type,
            min_value=fields.pop("min_value", None),
            max_value=fields.pop("max_value", None),
            categories=tuple(ScoreCategory(*one) for one in fields.pop("categories", ())),
            description=None,
            created_at_ns=NOW_NS,
            updated_at_ns=NOW_NS,
            **{"is_archived": False, **fields},
        )
        self.api.services.library.score_configs.put(self.api.project.id, config)
        return config.id

    def create(self, *config_ids: str, **fields: Any) -> str:
        body = {"name": "refunds", "config_ids": config_ids, **fields}
        queue_id: str = self.send("POST", "/queues", body, status=201)["id"]
        return queue_id

    def add(self, queue_id: str, *trace_ids: str) -> Any:
        return self.send(
            "POST", f"/queues/{queue_id}/items", {"items": [{"trace_id": one} for one in trace_ids]}
        )

    def fill(self, queue_id: str, **body: Any) -> Any:
        return self.send("POST", f"/queues/{queue_id}/fill", {**ALWAYS, **body})

    def next(self, queue_id: str, reviewer: str, **body: Any) -> Any:
        return self.send("POST", f"/queues/{queue_id}/next", {"reviewer": reviewer, **body})["work"]

    def review(self, queue_id: str, item_id: str, reviewer: str, *, status: int = 200, **body: Any) -> Any:
        path = f"/queues/{queue_id}/items/{item_id}/review"
        return self.send("POST", path, {"reviewer": reviewer, **body}, status=status)

    def skip(self, queue_id: str, item_id: str, reviewer: str) -> Any:
        return self.send("POST", f"/queues/{queue_id}/items/{item_id}/skip", {"reviewer": reviewer})

    def undo(self, queue_id: str, reviewer: str) -> Any:
        return self.send("POST", f"/queues/{queue_id}/undo", {"reviewer": reviewer})["work"]

    def progress(self, queue_id: str) -> Any:
        return self.send("GET", f"/queues/{queue_id}")["progress"]

    def scores(self, **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.api.get("/scores", **{**ALWAYS, **query})["items"]
        return sorted(items, key=lambda score: score["name"])

    def trace(self, **fields: Any) -> str:
        span: Span = self.api.factory.span(**fields)
        self.api.store([span])
        return span.trace_id


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"


@pytest.fixture(scope="module")
def directory(database_url: str) -> Iterator[SqlDirectory]:
    opened = open_directory(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def queues(
    embedded_engine: EmbeddedEngine, directory: SqlDirectory, database_url: str, project_id: str
) -> Iterator[Queues]:
    limits = MediaLimits(media_bytes_max=1, media_project_bytes_max=1)
    library = open_library(database_url, now_ns=lambda: NOW_NS, limits=limits)
    reviews = open_reviews(database_url)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", library=library, reviews=reviews)
    yield Queues(api)
    api.close()
    reviews.close()
    library.close()


def test_a_queue_tells_what_it_asks_and_how_far_it_is(queues: Queues) -> None:
    grade = queues.config("correctness", "numeric", min_value=1, max_value=5)
    old = queues.config("old", "boolean", is_archived=True)
    queue = queues.send(
        "POST",
        "/queues",
        {"name": " 환불 ", "instructions": "Read.", "config_ids": [old, grade], "reviewers_wanted": 2},
        status=201,
    )
    assert (queue["name"], queue["config_ids"]) == ("환불", [old, grade])
    assert [(one["id"], one["max_value"]) for one in queue["configs"]] == [(grade, 5)]
    assert queue["progress"] == {
        "item_count": 0,
        "done_count": 0,
        "claimed_count": 0,
        "skipped_count": 0,
        "review_count": 0,
        "reviewers": [],
    }
    assert queues.send("GET", "/queues") == {"items": [queue]}
    assert queues.send("GET", f"/queues/{queue['id']}") == queue


def test_a_queue_is_changed_and_deleted(queues: Queues) -> None:
    queue_id = queues.create()
    grade = queues.config("correctness", "numeric")
    changed = queues.send("PATCH", f"/queues/{queue_id}", {"config_ids": [grade], "description": "x"})
    assert (changed["name"], changed["description"], len(changed["configs"])) == ("refunds", "x", 1)
    queues.send("DELETE", f"/queues/{queue_id}", status=204)
    queues.send("GET", f"/queues/{queue_id}", status=404)
    assert queues.send("GET", "/queues") == {"items": []}


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"name": "a", "config_ids": ["nowhere"]},
        {"name": "a", "reviewers_wanted": 0},
        {"name": "a", "reviewers_wanted": 21},
        {"name": "a", "instructions": "nul\0"},
        {"name": "a", "colour": "red"},
    ],
)
def test_what_is_no_queue_is_refused_with_the_reason(queues: Queues, body: dict[str, Any]) -> None:
    problem = queues.send("POST", "/queues", body, status=400)
    assert problem["detail"]


def test_two_queues_do_not_have_one_name(queues: Queues) -> None:
    queues.create()
    assert "already" in queues.send("POST", "/queues", {"name": "refunds"}, status=400)["detail"]


def test_traces_spans_and_sessions_are_added_once(queues: Queues) -> None:
    queue_id = queues.create()
    items = [
        {"trace_id": "AB" * 16},
        {"trace_id": "ab" * 16},
        {"trace_id": "ab" * 16, "span_id": "CD" * 8},
        {"session_id": "Talk-1"},
    ]
    counts = {"found": 3, "added": 3, "already_there": 0, "scanned": 3, "is_complete": True}
    assert queues.send("POST", f"/queues/{queue_id}/items", {"items": items}) == counts
    again = queues.send("POST", f"/queues/{queue_id}/items", {"items": items})
    assert (again["added"], again["already_there"]) == (0, 3)
    listed = queues.send("GET", f"/queues/{queue_id}/items")
    assert listed["total"] == 3
    targets = [(one["trace_id"], one["span_id"], one["session_id"]) for one in listed["items"]]
    assert targets == [("ab" * 16, None, None), ("ab" * 16, "cd" * 8, None), (None, None, "Talk-1")]


@pytest.mark.parametrize(
    "item", [{}, {"span_id": "a"}, {"trace_id": "a", "session_id": "b"}, {"trace_id": "a" * 801}]
)
def test_what_is_no_item_is_refused(queues: Queues, item: dict[str, str]) -> None:
    queue_id = queues.create()
    queues.send("POST", f"/queues/{queue_id}/items", {"items": [item]}, status=400)
    assert queues.progress(queue_id)["item_count"] == 0


def test_a_filter_fills_a_queue_and_tells_what_was_there(queues: Queues) -> None:
    queue_id = queues.create()
    bad = [queues.trace(feature="search", status="error", start_time_ns=NOW_NS - n * SECOND_NS)
           for n in range(1, 4)]  # fmt: skip
    queues.trace(feature="search")
    queues.add(queue_id, bad[1])
    counts = {"found": 3, "added": 2, "already_there": 1, "scanned": 3, "is_complete": True}
    assert queues.fill(queue_id, filter="status:error", dry_run=True) == counts
    assert queues.progress(queue_id)["item_count"] == 1
    assert queues.fill(queue_id, filter="status:error") == counts
    listed = queues.send("GET", f"/queues/{queue_id}/items")["items"]
    assert [one["trace_id"] for one in listed] == [bad[1], bad[0], bad[2]]
    assert listed[0]["trace"]["status"] == "error"


def test_low_scored_traces_are_found_by_their_score(queues: Queues) -> None:
    queue_id = queues.create()
    low, high = queues.trace(), queues.trace()
    queues.send(
        "POST",
        "/scores",
        [
            {"name": "correctness", "value": 0.2, "trace_id": low},
            {"name": "correctness", "value": 0.9, "trace_id": high},
        ],
    )
    assert queues.fill(queue_id, filter="scores.correctness<0.5")["added"] == 1
    assert queues.next(queue_id, "ann")["item"]["trace_id"] == low


def test_filling_again_adds_those_that_come_next(queues: Queues) -> None:
    queue_id = queues.create()
    traces = [queues.trace(start_time_ns=NOW_NS - n * SECOND_NS) for n in range(1, 6)]
    first = queues.fill(queue_id, limit=2)
    assert (first["added"], first["is_complete"]) == (2, False)
    second = queues.fill(queue_id, limit=2)
    assert (second["added"], second["already_there"], second["is_complete"]) == (2, 2, False)
    third = queues.fill(queue_id, limit=2, order="start_time")
    assert (third["added"], third["is_complete"]) == (1, True)
    listed = queues.send("GET", f"/queues/{queue_id}/items")["items"]
    assert [one["trace_id"] for one in listed] == traces


def test_a_sample_is_the_one_that_evaluators_take(queues: Queues) -> None:
    queue_id = queues.create()
    traces = [queues.trace() for _ in range(40)]
    answer = queues.fill(queue_id, sampling_rate=0.25)
    wanted = {one for one in traces if is_sampled(one, 0.25)}
    listed = queues.send("GET", f"/queues/{queue_id}/items", None)["items"]
    assert {one["trace_id"] for one in listed} == wanted
    assert {one["sampling_rate"] for one in listed} <= {0.25}
    assert (answer["added"], answer["scanned"]) == (len(wanted), 40)


def test_spans_fill_a_queue_too(queues: Queues) -> None:
    queue_id = queues.create()
    span = queues.api.factory.span(kind="retriever", name="find")
    queues.api.store([span, queues.api.factory.span(trace_id=span.trace_id)])
    assert queues.fill(queue_id, target="span", filter="kind:retriever")["added"] == 1
    (item,) = queues.send("GET", f"/queues/{queue_id}/items")["items"]
    assert (item["trace_id"], item["span_id"]) == (span.trace_id, span.span_id)


@pytest.mark.parametrize(
    "body", [{"filter": "nothing:1"}, {"order": "colour"}, {"from": "now", "to": "now"}, {"limit": 0}]
)
def test_a_search_that_cannot_be_made_is_refused(queues: Queues, body: dict[str, Any]) -> None:
    queue_id = queues.create()
    queues.send("POST", f"/queues/{queue_id}/fill", body, status=400)


def test_a_review_becomes_scores_of_a_person(queues: Queues) -> None:
    trace_id = queues.trace(environment="prod")
    grade = queues.config("correctness", "numeric", min_value=1, max_value=5)
    tone = queues.config("tone", "categorical", categories=[("good", 1.0), ("bad", 0.0)])
    safe = queues.config("safe", "boolean", categories=[("True", 1), ("False", 0)])
    queue_id = queues.create(grade, tone, safe)
    queues.fill(queue_id, sampling_rate=1.0)
    work = queues.next(queue_id, "ann")
    answer = queues.review(
        queue_id,
        work["item"]["id"],
        "ann",
        answers={grade: 4, tone: "good", safe: True},
        comment=" <b>근거</b> ",
        correction="Within 14 days.",
    )
    assert answer["work"]["review"]["status"] == "done"
    assert answer["progress"]["done_count"] == 1
    scores = queues.scores(trace_id=trace_id)
    assert [(one["name"], one["value"], one["data_type"]) for one in scores] == [
        ("correctness", 4.0, "numeric"),
        ("output", "Within 14 days.", "correction"),
        ("safe", True, "boolean"),
        ("tone", "good", "categorical"),
    ]
    for score in scores:
        assert (score["source"], score["author"], score["queue_id"]) == ("person", "ann", queue_id)
        assert (score["comment"], score["environment"]) == ("<b>근거</b>", "prod")
        assert score["sampling_rate"] == 1.0
    assert (scores[0]["config_id"], scores[0]["quality"]) == (grade, 0.75)


def test_a_review_of_a_span_or_session_scores_just_that(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    items = [{"trace_id": "t1", "span_id": "s1"}, {"session_id": "talk"}]
    queues.send("POST", f"/queues/{queue_id}/items", {"items": items})
    for _ in items:
        queues.review(queue_id, queues.next(queue_id, "ann")["item"]["id"], "ann", answers={safe: False})
    (span,) = queues.scores(trace_id="t1")
    assert (span["span_id"], span["value"]) == ("s1", False)
    (session,) = queues.scores(session_id="talk")
    assert session["trace_id"] is None


def test_correcting_oneself_replaces_the_scores(queues: Queues) -> None:
    safe, good = queues.config("safe", "boolean"), queues.config("good", "boolean")
    queue_id = queues.create(safe, good)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    queues.review(queue_id, item_id, "ann", answers={safe: True, good: True}, correction="So.")
    queues.review(queue_id, item_id, "ann", answers={safe: False})
    assert [(one["name"], one["value"]) for one in queues.scores(trace_id="t1")] == [("safe", False)]
    queues.review(queue_id, item_id, "bob", answers={safe: True})
    assert len(queues.scores(trace_id="t1")) == 2


def test_the_same_review_sent_twice_is_one(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    for _ in range(2):
        answer = queues.review(queue_id, item_id, "ann", answers={safe: True})
    assert answer["progress"]["review_count"] == 1
    assert len(queues.scores(trace_id="t1")) == 1


def test_a_refused_answer_leaves_the_item_to_be_done(queues: Queues) -> None:
    grade = queues.config("correctness", "numeric", min_value=1, max_value=5)
    other = queues.config("other", "boolean")
    queue_id = queues.create(grade)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    for answers, word in (({grade: 6}, "1..5"), ({grade: "x"}, "number"), ({other: True}, "does not ask"), ({}, "nothing")):  # noqa: E501  # fmt: skip
        problem = queues.review(queue_id, item_id, "ann", answers=answers, status=400)
        assert word in problem["detail"] + (problem["hint"] or "")
    assert queues.scores(trace_id="t1") == []
    assert queues.next(queue_id, "ann")["item"]["id"] == item_id


class _Away:
    """Storage that takes nothing."""

    def submit(self, request: IngestRequest) -> Reply:
        raise StorageUnavailable("storage is away")


def test_storage_that_does_not_answer_leaves_the_item_to_be_done(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    services = queues.api.services
    away = replace(services, intake=replace(services.intake, ingest=_Away()))
    queues.api.app.state.services = away
    queues.review(queue_id, item_id, "ann", answers={safe: True}, status=503)
    queues.api.app.state.services = services
    assert queues.next(queue_id, "ann")["review"]["status"] == "claimed"
    queues.review(queue_id, item_id, "ann", answers={safe: True})
    assert len(queues.scores(trace_id="t1")) == 1


def test_undo_takes_the_scores_back_and_keeps_what_was_said(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1", "t2")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    queues.review(queue_id, item_id, "ann", answers={safe: True}, comment="fine", correction="So.")
    second = queues.next(queue_id, "ann")
    work = queues.undo(queue_id, "ann")
    assert work["item"]["id"] == item_id
    assert (work["review"]["answers"], work["review"]["comment"]) == ({safe: True}, "fine")
    assert queues.scores(trace_id="t1") == []
    assert queues.progress(queue_id)["done_count"] == 0
    queues.review(queue_id, item_id, "ann", answers={safe: False})
    (score,) = queues.scores(trace_id="t1")
    assert (score["name"], score["value"]) == ("safe", False)
    assert queues.next(queue_id, "ann")["item"]["id"] == second["item"]["id"]
    assert queues.undo(queue_id, "bob") is None


def test_skipping_goes_on_and_can_be_made_up_for(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    queues.review(queue_id, item_id, "ann", answers={safe: True})
    queues.skip(queue_id, item_id, "ann")
    assert queues.scores(trace_id="t1") == []
    assert queues.next(queue_id, "ann") is None
    assert queues.progress(queue_id)["skipped_count"] == 1
    assert queues.next(queue_id, "ann", with_skipped=True)["item"]["id"] == item_id


def test_a_lease_keeps_an_item_until_it_is_released(queues: Queues) -> None:
    queue_id = queues.create()
    queues.add(queue_id, "t1", "t2")
    held = queues.next(queue_id, "ann")
    assert held["review"]["lease_until"] is not None
    ahead = queues.next(queue_id, "ann", without=[held["item"]["id"]])
    assert ahead["item"]["trace_id"] == "t2"
    assert queues.next(queue_id, "bob") is None
    queues.send(
        "POST", f"/queues/{queue_id}/items/{ahead['item']['id']}/release", {"reviewer": "ann"}, status=204
    )
    assert queues.next(queue_id, "bob")["item"]["trace_id"] == "t2"


def test_removing_items_and_queues_keeps_the_scores(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    queues.review(queue_id, item_id, "ann", answers={safe: True})
    queues.send("DELETE", f"/queues/{queue_id}/items/{item_id}", status=204)
    queues.review(queue_id, item_id, "ann", answers={safe: True}, status=404)
    queues.send("DELETE", f"/queues/{queue_id}", status=204)
    assert len(queues.scores(trace_id="t1")) == 1


def test_agreement_between_two_reviewers_and_with_a_judge(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe, reviewers_wanted=2)
    # Cohen's kappa of 20, 5, 10, 15 is 0.4.
    said = [(True, True)] * 4 + [(True, False)] + [(False, True)] * 2 + [(False, False)] * 3
    traces = [f"t{n}" for n in range(len(said))]
    queues.add(queue_id, *traces)
    for reviewer in (0, 1):
        name = "ann" if reviewer == 0 else "bob"
        for values in said:
            item = queues.next(queue_id, name)["item"]
            queues.review(queue_id, item["id"], name, answers={safe: values[reviewer]})
    judged = [
        {"name": "safe", "value": one, "trace_id": trace_id, "source": "evaluator", "author": "judge"}
        for trace_id, (one, _) in zip(traces, said, strict=True)
    ]
    queues.send("POST", "/scores", judged)
    (found,) = queues.send("GET", f"/queues/{queue_id}/agreement")["items"]
    (pair,) = found["pairs"]
    assert (found["name"], found["item_count"]) == ("safe", 10)
    assert (pair["first"], pair["second"], pair["item_count"]) == ("ann", "bob", 10)
    assert pair["kappa"]["value"] == pytest.approx(0.4)
    assert pair["raw"]["value"] == pytest.approx(0.7)
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["alpha"]["high"]
    (judge,) = found["evaluators"]
    assert (judge["first"], judge["second"]) == ("people", "judge")
    # Of three items the reviewers say nothing together.
    assert (judge["item_count"], judge["kappa"]["value"]) == (7, 1.0)


def test_a_judge_that_tells_0_to_1_is_compared_on_the_scale_of_the_people(queues: Queues) -> None:
    grade = queues.config("correctness", "numeric", min_value=1, max_value=5)
    queue_id = queues.create(grade)
    grades = {"t1": 1, "t2": 3, "t3": 4, "t4": 5}
    queues.add(queue_id, *grades)
    for value in grades.values():
        queues.review(queue_id, queues.next(queue_id, "ann")["item"]["id"], "ann", answers={grade: value})
    judged = [
        {
            **{"name": "correctness", "value": value, "quality": value, "trace_id": trace_id},
            **{"source": "evaluator", "author": "judge"},
        }
        for trace_id, value in zip(grades, (0.0, 0.5, 0.75, 0.75), strict=True)
    ]
    queues.send("POST", "/scores", judged)
    (found,) = queues.send("GET", f"/queues/{queue_id}/agreement")["items"]
    (judge,) = found["evaluators"]
    assert judge["raw"]["value"] == 0.75
    assert judge["mean_difference"]["value"] == pytest.approx(-0.25)
    assert judge["kappa"]["value"] > 0.9
    assert (found["item_count"], found["pairs"]) == (0, [])


def test_reviews_are_exported_as_lines_of_json(queues: Queues) -> None:
    safe = queues.config("safe", "boolean")
    queue_id = queues.create(safe)
    queues.add(queue_id, "t1", "t2", "t3")
    queues.review(
        queue_id, queues.next(queue_id, "ann")["item"]["id"], "ann", answers={safe: True}, comment="줄\n바꿈"
    )
    queues.skip(queue_id, queues.next(queue_id, "ann")["item"]["id"], "ann")
    queues.next(queue_id, "ann")
    done, skipped = queues.send("GET", f"/queues/{queue_id}/export")
    assert (done["trace_id"], done["scores"], done["comment"]) == ("t1", {"safe": True}, "줄\n바꿈")
    assert (skipped["trace_id"], skipped["status"], skipped["scores"]) == ("t2", "skipped", {})


def test_a_queue_is_there_for_its_project_alone(queues: Queues, directory: SqlDirectory) -> None:
    queue_id = queues.create()
    queues.add(queue_id, "t1")
    item_id = queues.next(queue_id, "ann")["item"]["id"]
    other = directory.create_project(f"other-{queue_id}")
    queues.key = directory.create_key(other.id, scopes=ALL_SCOPES, note="").secret_key
    assert queues.send("GET", "/queues") == {"items": []}
    reviewer = {"reviewer": "eve"}
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "mine"}),
        ("DELETE", "", None),
        ("GET", "/items", None),
        ("POST", "/items", {"items": [{"trace_id": "t2"}]}),
        ("POST", "/fill", {}),
        ("POST", "/next", reviewer),
        ("POST", "/undo", reviewer),
        ("GET", "/agreement", None),
        ("GET", "/export", None),
        ("DELETE", f"/items/{item_id}", None),
        *[("POST", f"/items/{item_id}/{what}", reviewer) for what in ("claim", "release", "skip", "review")],
    ):
        queues.send(method, f"/queues/{queue_id}{path}", body, status=404)


def test_a_key_that_may_only_read_reviews_nothing(queues: Queues, directory: SqlDirectory) -> None:
    queue_id = queues.create()
    queues.add(queue_id, "t1")
    queues.key = directory.create_key(queues.api.project.id, scopes=frozenset({"read"}), note="").secret_key
    assert queues.progress(queue_id)["item_count"] == 1
    queues.send("POST", f"/queues/{queue_id}/next", {"reviewer": "ann"}, status=403)
    queues.send("POST", f"/queues/{queue_id}/items", {"items": [{"trace_id": "t2"}]}, status=403)
    queues.key = directory.create_key(queues.api.project.id, scopes=frozenset({"ingest"}), note="").secret_key
    assert queues.next(queue_id, "ann")["item"]["trace_id"] == "t1"
    queues.send("DELETE", f"/queues/{queue_id}", status=403)
