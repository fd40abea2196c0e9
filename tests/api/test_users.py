"""End users over the JSON API: what they used, and all that is stored of one taken away."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.json_api import NOW_NS, JsonApi
from tests.support.scores import make_score
from tests.support.spans import SECOND_NS

from spanglass_server.model.span import Span
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api import session_models as models
from spanglass_server.web.api import users

MINUTE_NS = 60 * SECOND_NS


@pytest.fixture
def api(
    embedded_engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory, project_id: str
) -> Iterator[JsonApi]:
    directory = open_directory(f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}")
    directory.migrate()
    api = JsonApi(embedded_engine, directory, f"people-{project_id}")
    yield api
    api.close()
    directory.close()


def ask(api: JsonApi, user: str, *, ago_ns: int = MINUTE_NS, **fields: Any) -> list[Span]:
    spans = api.factory.rag_trace(start_time_ns=NOW_NS - ago_ns, user_id=user, **fields)
    api.store(spans)
    return spans


def forget(api: JsonApi, user: str, confirm: str, status: int = 200) -> Any:
    answer = api.client.post(
        f"/api/v1/users/{user}/delete-data", params={"project": api.project.name}, json={"confirm": confirm}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_users_come_with_what_they_used(api: JsonApi) -> None:
    ask(api, "u/1", ago_ns=3 * MINUTE_NS, session_id="s1")
    ask(api, "u/1", ago_ns=2 * MINUTE_NS, session_id="s2", status="error")
    ask(api, "u2", session_id="s3")
    ask(api, "")
    page = api.get("/users", order="-trace_count")
    models.UserPage.model_validate(page)
    first, second = page["items"]
    assert (first["user_id"], first["trace_count"], first["session_count"]) == ("u/1", 2, 2)
    assert (first["error_count"], first["total_tokens"]) == (1, 1500)
    assert second["user_id"] == "u2"
    one = api.get("/users/u/1")
    models.User.model_validate(one)
    assert one == first
    assert api.problem("/users/nobody")["status"] == 404


def test_all_that_is_stored_of_a_user_goes(api: JsonApi) -> None:
    ask(api, "u1", session_id="s1")
    ask(api, "u1", ago_ns=300 * 24 * 60 * MINUTE_NS)
    spans = api.factory.rag_trace(start_time_ns=NOW_NS - MINUTE_NS, user_id="u2")
    api.store([spans[0], *(span._replace(user_id="u1") for span in spans[1:])], user_id="u2")
    kept = ask(api, "u2", session_id="s2")
    scores = [
        make_score(api.project.id, f"{api.project.id}-{s}", trace_id="", session_id=s, time_ns=NOW_NS)
        for s in ("s1", "s2")
    ]
    api._writer.write_batch(spans=[], traces=[], logs=[], scores=scores)
    data = api.get("/users/u1/data")
    models.UserData.model_validate(data)
    assert (data["trace_count"], data["span_count"], data["session_count"]) == (3, 15, 1)

    assert forget(api, "u1", "u2", 400)["hint"]
    told = forget(api, "u1", "u1")
    models.UserDeleted.model_validate(told)
    assert told == {"deleted_trace_count": 3, "deleted_span_count": 15, "remaining_trace_count": 0}
    assert api.get("/users/u1/data")["trace_count"] == 0
    left = [trace["trace_id"] for trace in api.get("/traces", **{"from": "now-365d"})["items"]]
    assert left == [kept[0].trace_id]
    assert [score["session_id"] for score in api.get("/scores", **{"from": "now-30d"})["items"]] == ["s2"]
    forget(api, "u1", "u1", 404)


def test_many_traces_go_some_at_a_time(api: JsonApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "DELETED_AT_ONCE_MAX", 2)
    for number in range(5):
        ask(api, "u1", ago_ns=(number + 1) * MINUTE_NS)
    remaining = [forget(api, "u1", "u1")["remaining_trace_count"] for _ in range(3)]
    assert remaining == [3, 1, 0]
