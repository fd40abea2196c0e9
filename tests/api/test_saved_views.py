"""Saved views over the JSON API: kept to oneself, shared, changed and taken away."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.json_api import JsonApi

from spanglass_server.model.saved_view import SavedView
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.store.metadata.saved_views import SqlSavedViews, open_saved_views
from spanglass_server.web.api import saved_views as models


@pytest.fixture
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlSavedViews]:
    url = f"sqlite:///{tmp_path_factory.mktemp('metadata') / 'metadata.db'}"
    directory = open_directory(url)
    directory.migrate()
    opened = open_saved_views(url)
    yield opened
    opened.close()
    directory.close()


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, views: SqlSavedViews, project_id: str) -> Iterator[JsonApi]:
    directory = open_directory(views._engine.url.render_as_string(hide_password=False))
    api = JsonApi(embedded_engine, directory, f"views-{project_id}", saved_views=views)
    yield api
    api.close()
    directory.close()


def call(api: JsonApi, method: str, path: str = "", status: int = 200, **body: Any) -> Any:
    answer = api.client.request(
        method,
        f"/api/v1/saved-views{path}",
        params={"project": api.project.name},
        json=body if method != "DELETE" else None,
    )
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def save(api: JsonApi, **body: Any) -> Any:
    return call(api, "POST", status=201, **{"kind": "traces", "name": "Slow", **body})


def test_a_view_is_saved_listed_changed_and_taken_away(api: JsonApi) -> None:
    view = save(api, search="?filter=latency:>5s&from=now-6h", is_shared=True)
    models.SavedViewShape.model_validate(view)
    assert view["search"] == "filter=latency:>5s&from=now-6h"
    changed = call(api, "PATCH", f"/{view['id']}", name=" Slower ", is_pinned=True)
    assert (changed["name"], changed["is_pinned"], changed["search"]) == ("Slower", True, view["search"])
    assert api.get("/saved-views")["items"] == [changed]
    call(api, "DELETE", f"/{view['id']}", 204)
    assert api.get("/saved-views")["items"] == []
    call(api, "DELETE", f"/{view['id']}", 404)


def test_views_are_listed_by_page_and_name(api: JsonApi) -> None:
    for kind, name in (("traces", "b"), ("traces", "A"), ("sql", "c")):
        save(api, kind=kind, name=name)
    assert [view["name"] for view in api.get("/saved-views", kind="traces")["items"]] == ["A", "b"]
    assert [view["name"] for view in api.get("/saved-views")["items"]] == ["A", "b", "c"]
    assert api.client.get("/api/v1/saved-views", params={"kind": "kitchen"}).status_code == 400


@pytest.mark.parametrize("wrong", [{"name": " "}, {"kind": "kitchen"}, {"search": "x" * 20_001}])
def test_a_view_that_is_none_is_refused(api: JsonApi, wrong: dict[str, Any]) -> None:
    call(api, "POST", status=400, **{"kind": "traces", "name": "Slow", **wrong})


def test_what_somebody_keeps_to_himself_is_seen_by_nobody_else(api: JsonApi, views: SqlSavedViews) -> None:
    view = SavedView("v1", "traces", "Mine", "", False, False, "somebody", 1, 1)
    views.put(api.project.id, view)
    assert api.get("/saved-views")["items"] == []
    call(api, "PATCH", "/v1", 404, name="Yours")
    call(api, "DELETE", "/v1", 404)
    assert views.get(api.project.id, "v1", owner="somebody") == view


def test_a_key_that_reads_saves_nothing(api: JsonApi) -> None:
    key = api.directory.create_key(api.project.id, scopes=frozenset({"read"}))
    headers = {"authorization": f"Bearer {key.secret_key}"}
    body = {"kind": "traces", "name": "Slow", "is_shared": True}
    for shared in (True, False):
        answer = api.client.post("/api/v1/saved-views", headers=headers, json={**body, "is_shared": shared})
        assert answer.status_code == 403
    assert api.client.get("/api/v1/saved-views", headers=headers).status_code == 200
