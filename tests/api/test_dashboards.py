"""`/api/v1/dashboards`: kept, changed by one at a time, imported; and the three that come with the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.json_api import JsonApi

from spanglass_server.dashboards.shipped import SHIPPED, shipped_documents
from spanglass_server.store.clickhouse.engine_embedded import EmbeddedEngine
from spanglass_server.store.metadata.dashboards import open_dashboards
from spanglass_server.store.metadata.directory import open_directory
from spanglass_server.web.api.dashboard_document import Document

PANEL = {
    "id": "p1",
    "kind": "line",
    "title": "Calls",
    "place": {"x": 0, "y": 0, "w": 12, "h": 8},
    "queries": [{"kind": "promql", "expr": "sum(rate(llm_requests_total[5m]))"}],
}
DOCUMENT = {"schema": 1, "title": "Mine", "panels": [PANEL]}


@pytest.fixture
def api(embedded_engine: EmbeddedEngine, project_id: str, tmp_path: Path) -> Iterator[JsonApi]:
    url = f"sqlite:///{tmp_path}/metadata.db"
    directory = open_directory(url)
    directory.migrate()
    dashboards = open_dashboards(url)
    api = JsonApi(embedded_engine, directory, f"shop-{project_id}", dashboards=dashboards)
    yield api
    api.close()
    dashboards.close()
    directory.close()


def send(api: JsonApi, method: str, path: str, status: int, body: Any = None) -> Any:
    answer = api.client.request(
        method, f"/api/v1/dashboards{path}", params={"project": api.project.name}, json=body
    )
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def make(api: JsonApi, **fields: Any) -> Any:
    return send(api, "POST", "", 201, {"document": {**DOCUMENT, **fields}})


def test_a_dashboard_comes_back_as_it_was_made(api: JsonApi) -> None:
    made = make(api, tags=["a"])
    found = api.get(f"/dashboards/{made['id']}")

    assert found["document"]["panels"][0]["queries"] == [{**PANEL["queries"][0], "legend": ""}]  # type: ignore[index]
    assert (found["title"], found["version"], found["panel_count"], found["tags"]) == ("Mine", 1, 1, ["a"])
    listed = api.get("/dashboards")["items"]
    assert [item["id"] for item in listed] == [made["id"], *SHIPPED]


def test_whoever_knows_an_older_version_is_given_the_current_one(api: JsonApi) -> None:
    made = make(api)
    path = f"/{made['id']}"
    send(api, "PUT", path, 200, {"document": {**DOCUMENT, "title": "Theirs"}, "version": 1})

    problem = send(api, "PUT", path, 409, {"document": {**DOCUMENT, "title": "Ours"}, "version": 1})
    assert problem["current"]["title"] == "Theirs"
    assert problem["current"]["version"] == 2
    assert send(api, "PUT", path, 200, {"document": DOCUMENT, "version": 2})["version"] == 3


def test_a_deleted_dashboard_is_gone_with_its_marks(api: JsonApi) -> None:
    path = f"/{make(api)['id']}"
    send(api, "PUT", f"{path}/star", 204)
    send(api, "PUT", f"{path}/default", 204)
    send(api, "DELETE", path, 204)

    send(api, "GET", path, 404)
    assert not any(item["is_starred"] or item["is_default"] for item in api.get("/dashboards")["items"])


def test_dashboards_are_starred_and_one_opens_first(api: JsonApi) -> None:
    path = f"/{make(api)['id']}"
    send(api, "PUT", f"{path}/star", 204)
    send(api, "PUT", f"{path}/star", 204)
    send(api, "PUT", "/rag/default", 204)

    items = api.get("/dashboards")["items"]
    assert [item["title"] for item in items if item["is_starred"]] == ["Mine"]
    assert [item["id"] for item in items if item["is_default"]] == ["rag"]
    send(api, "DELETE", f"{path}/star", 204)
    send(api, "DELETE", "/rag/default", 204)
    assert not any(item["is_starred"] or item["is_default"] for item in api.get("/dashboards")["items"])


def test_what_comes_with_the_server_is_copied_and_not_changed(api: JsonApi) -> None:
    shipped = api.get("/dashboards/service")
    assert shipped["is_shipped"]
    send(api, "PUT", "/service", 400, {"document": shipped["document"], "version": 1})
    send(api, "DELETE", "/service", 400)
    assert not make(api, **{**shipped["document"], "title": "Copy"})["is_shipped"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_dashboard_is_a_valid_document(name: str) -> None:
    document = shipped_documents()[name]
    assert Document.model_validate(document).json_value() == document


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"title": ""}, "document.title"),
        ({"schema": 2}, "document.schema"),
        ({"panels": [PANEL, PANEL]}, "two panels share the id `p1`"),
        ({"panels": [{**PANEL, "kind": "spiral"}]}, "document.panels.0.kind"),
        ({"panels": [{**PANEL, "place": {"x": 20, "y": 0, "w": 8, "h": 2}}]}, "reaches beyond"),
        ({"panels": [{**PANEL, "queries": [{"kind": "promql"}]}]}, "document.panels.0.queries.0.promql.expr"),
        ({"panels": [{**PANEL, "links": [{"title": "x", "url": "javascript:alert(1)"}]}]}, "links.0.url"),
        ({"panels": [{**PANEL, "links": [{"title": "x", "url": "//evil.example"}]}]}, "links.0.url"),
        ({"variables": [{"kind": "text", "name": "a b"}]}, "document.variables.0.text.name"),
        ({"colour": "red"}, "document.colour"),
    ],
)
def test_a_mistake_in_a_document_is_told_with_its_place(
    api: JsonApi, document: dict[str, Any], place: str
) -> None:
    assert place in send(api, "POST", "", 400, {"document": {**DOCUMENT, **document}})["detail"]


def test_an_exported_document_is_imported_as_it_is(api: JsonApi) -> None:
    exported = make(api)["document"]
    read = send(api, "POST", "/import", 200, {"dashboard": exported})
    assert (read["format"], read["document"], read["problems"]) == ("spanglass", exported, [])


def test_grafanas_dashboard_is_read_and_what_is_not_understood_is_told(api: JsonApi) -> None:
    board = {
        "schemaVersion": 39,
        "title": "Theirs",
        "panels": [{"type": "geomap", "title": "Where", "gridPos": {"x": 0, "y": 0, "w": 6, "h": 6}}],
    }
    read = send(api, "POST", "/import", 200, {"dashboard": board})
    assert (read["format"], read["document"]["title"]) == ("grafana", "Theirs")
    assert read["problems"] == [
        {"panel": "Where", "field": "type", "reason": "panels of the type `geomap` are not shown"}
    ]
    assert len(api.get("/dashboards")["items"]) == len(SHIPPED)


def test_another_project_has_dashboards_of_its_own(api: JsonApi) -> None:
    made = make(api)
    other = api.directory.create_project("other")
    answer = api.client.get(f"/api/v1/dashboards/{made['id']}", params={"project": other.name})
    assert answer.status_code == 404
