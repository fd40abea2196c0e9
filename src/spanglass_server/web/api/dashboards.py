"""Dashboards: kept, listed, changed, starred, imported."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.dashboards.grafana import convert_grafana, is_grafana
from spanglass_server.dashboards.shipped import SHIPPED, shipped_documents
from spanglass_server.model.dashboard import Dashboard
from spanglass_server.store.dashboards import DashboardChanged
from spanglass_server.web.api import dashboard_models as models
from spanglass_server.web.api.dashboard_document import Document
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import Editing, Reading, Serving
from spanglass_server.web.documents import body_of, body_schema, validated
from spanglass_server.web.errors import problem
from spanglass_server.web.services import Services

router = APIRouter(tags=["dashboards"])
DashboardId = Annotated[str, Path(max_length=64, description="Or `service`, `models`, `rag`: those shipped.")]


@router.get("/dashboards", response_model=models.Dashboards)
def list_dashboards(caller: Reading, services: Serving) -> Response:
    """The project's own by title, then those that come with the server."""
    project_id = caller.project.id
    marks = _marks(services, project_id, caller.actor.id)
    own = [_summary(kept, marks) for kept in services.dashboards.list(project_id)]
    return json_response({"items": [*own, *(_shipped_summary(name, marks) for name in SHIPPED)]})


@router.post(
    "/dashboards", status_code=201, response_model=models.Dashboard,
    openapi_extra=body_schema(models.DashboardInput),
)  # fmt: skip
def create_dashboard(
    caller: Editing,
    services: Serving,
    given: Annotated[models.DashboardInput, Depends(body_of(models.DashboardInput))],
) -> Response:
    made = _dashboard(given.document, secrets.token_hex(8), services.now_ns(), caller.actor.name)
    services.dashboards.add(caller.project.id, made)
    services.audit.record(caller, action="dashboard.create", target=made.title, project_id=caller.project.id)
    return json_response(_whole(services, caller.project.id, caller.actor.id, made), status=201)


@router.post(
    "/dashboards/import", response_model=models.ImportResult,
    openapi_extra=body_schema(models.DashboardImport),
)  # fmt: skip
def import_dashboard(
    caller: Reading,
    given: Annotated[models.DashboardImport, Depends(body_of(models.DashboardImport))],
) -> Response:
    """Read a document of ours or of Grafana; nothing is kept: `POST /dashboards` does."""
    if not is_grafana(given.dashboard):
        document = validated(Document, given.dashboard, name="dashboard")
        return json_response({"format": "spanglass", "document": document.json_value(), "problems": []})
    converted = convert_grafana(given.dashboard)
    document = validated(Document, converted.document, name="dashboard")
    problems = [told._asdict() for told in converted.problems]
    return json_response({"format": "grafana", "document": document.json_value(), "problems": problems})


@router.get("/dashboards/{dashboard_id}", response_model=models.Dashboard)
def get_dashboard(caller: Reading, services: Serving, dashboard_id: DashboardId) -> Response:
    project_id = caller.project.id
    if dashboard_id in SHIPPED:
        marks = _marks(services, project_id, caller.actor.id)
        document = shipped_documents()[dashboard_id]
        return json_response({**_shipped_summary(dashboard_id, marks), "document": document})
    kept = services.dashboards.get(project_id, dashboard_id)
    return json_response(_whole(services, project_id, caller.actor.id, kept))


@router.put(
    "/dashboards/{dashboard_id}", response_model=models.Dashboard,
    openapi_extra=body_schema(models.DashboardChange),
)  # fmt: skip
def change_dashboard(
    caller: Editing,
    services: Serving,
    dashboard_id: DashboardId,
    given: Annotated[models.DashboardChange, Depends(body_of(models.DashboardChange))],
) -> Response:
    """409 with `current`, the dashboard as it is now, where `version` is not its version."""
    _refuse_shipped(dashboard_id)
    project_id = caller.project.id
    wanted = _dashboard(given.document, dashboard_id, services.now_ns(), caller.actor.name)
    try:
        kept = services.dashboards.replace(project_id, wanted._replace(version=given.version))
    except DashboardChanged as changed:
        current = _whole(services, project_id, caller.actor.id, changed.current)
        return problem(409, "conflict", changed.message, hint=changed.hint, extra={"current": current})
    services.audit.record(caller, action="dashboard.change", target=kept.title, project_id=project_id)
    return json_response(_whole(services, project_id, caller.actor.id, kept))


@router.delete("/dashboards/{dashboard_id}", status_code=204)
def delete_dashboard(caller: Editing, services: Serving, dashboard_id: DashboardId) -> Response:
    _refuse_shipped(dashboard_id)
    project_id = caller.project.id
    title = services.dashboards.get(project_id, dashboard_id).title
    services.dashboards.delete(project_id, dashboard_id)
    services.audit.record(caller, action="dashboard.delete", target=title, project_id=project_id)
    return Response(status_code=204)


@router.put("/dashboards/{dashboard_id}/star", status_code=204)
def star_dashboard(caller: Reading, services: Serving, dashboard_id: DashboardId) -> Response:
    """For the person who asks; where nobody signs in, for all."""
    _check_known(services, caller.project.id, dashboard_id)
    services.dashboards.star(caller.project.id, caller.actor.id, dashboard_id, is_starred=True)
    return Response(status_code=204)


@router.delete("/dashboards/{dashboard_id}/star", status_code=204)
def unstar_dashboard(caller: Reading, services: Serving, dashboard_id: DashboardId) -> Response:
    services.dashboards.star(caller.project.id, caller.actor.id, dashboard_id, is_starred=False)
    return Response(status_code=204)


@router.put("/dashboards/{dashboard_id}/default", status_code=204)
def set_default_dashboard(caller: Editing, services: Serving, dashboard_id: DashboardId) -> Response:
    """The one that opens first, for the whole project."""
    _check_known(services, caller.project.id, dashboard_id)
    services.dashboards.set_default(caller.project.id, dashboard_id)
    return Response(status_code=204)


@router.delete("/dashboards/{dashboard_id}/default", status_code=204)
def unset_default_dashboard(caller: Editing, services: Serving, dashboard_id: DashboardId) -> Response:
    if services.dashboards.find_default(caller.project.id) == dashboard_id:
        services.dashboards.set_default(caller.project.id, None)
    return Response(status_code=204)


def _dashboard(document: Document, dashboard_id: str, now_ns: int, author: str) -> Dashboard:
    return Dashboard(
        id=dashboard_id,
        title=document.title,
        document=document.json_text(),
        version=1,
        created_at_ns=now_ns,
        updated_at_ns=now_ns,
        updated_by=author,
    )


def _check_known(services: Services, project_id: str, dashboard_id: str) -> None:
    if dashboard_id not in SHIPPED:
        services.dashboards.get(project_id, dashboard_id)


def _refuse_shipped(dashboard_id: str) -> None:
    if dashboard_id in SHIPPED:
        raise BadInput(
            f"`{dashboard_id}` comes with the server and stays as it is", hint="change a copy of it"
        )


_Marks = tuple[frozenset[str], str | None]
"""Ids that the caller starred, and the project's default."""


def _marks(services: Services, project_id: str, owner: str) -> _Marks:
    starred = services.dashboards.list_starred(project_id, owner)
    return frozenset(starred), services.dashboards.find_default(project_id)


def _whole(services: Services, project_id: str, owner: str, kept: Dashboard) -> dict[str, Any]:
    summary = _summary(kept, _marks(services, project_id, owner))
    return {**summary, "document": orjson.loads(kept.document)}


def _summary(kept: Dashboard, marks: _Marks) -> dict[str, Any]:
    return {
        **_told(kept.id, orjson.loads(kept.document), marks),
        "version": kept.version,
        "is_shipped": False,
        "created_at": time_text(kept.created_at_ns),
        "updated_at": time_text(kept.updated_at_ns),
        "updated_by": kept.updated_by or None,
    }


def _shipped_summary(name: str, marks: _Marks) -> dict[str, Any]:
    return {
        **_told(name, shipped_documents()[name], marks),
        "version": 1,
        "is_shipped": True,
        "created_at": None,
        "updated_at": None,
        "updated_by": None,
    }


def _told(dashboard_id: str, document: Mapping[str, Any], marks: _Marks) -> dict[str, Any]:
    starred, default = marks
    return {
        "id": dashboard_id,
        "title": document["title"],
        "description": document["description"],
        "tags": document["tags"],
        "panel_count": sum(panel["kind"] != "row" for panel in document["panels"]),
        "is_starred": dashboard_id in starred,
        "is_default": dashboard_id == default,
    }
