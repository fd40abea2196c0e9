"""Projects. A key sees and changes its own; a keyless caller, where keys are not required, all."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.store.directory import Project, judges_id_of
from spanglass_server.web.api import models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, Reading, Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["projects"])


@router.get("/projects", response_model=models.Projects)
def list_projects(caller: Reading, services: Serving) -> Response:
    """The projects that the caller may see."""
    seen = [caller.project] if caller.is_key else services.directory.list_projects()
    return json_response({"items": [_project_json(project) for project in seen]})


@router.put("/projects/{name}/retention", response_model=models.Project)
def set_retention(
    caller: Administering, services: Serving, name: str, retention: models.Retention
) -> Response:
    """Keep the project's data this many days; null keeps it for ever."""
    project = _get_project(name, caller, services)
    services.administration.set_retention(project.id, retention.days)
    return json_response(_project_json(services.directory.set_retention(project.id, retention.days)))


@router.delete("/projects/{name}", status_code=204)
def delete_project(
    caller: Administering,
    services: Serving,
    name: str,
    confirm: Annotated[str, Query(description="The project's name again.")] = "",
) -> Response:
    """Delete every span, trace, log and key of the project, and the calls of its judges."""
    project = _get_project(name, caller, services)
    if confirm != name:
        raise BadInput(
            f"deleting project `{name}` needs its name twice",
            hint=f"add ?confirm={name} to delete all its data",
        )
    for project_id in (judges_id_of(project.id), project.id):
        services.administration.delete_project(project_id)
    services.directory.delete_project(project.id)
    return Response(status_code=204)


def _get_project(name: str, caller: Caller, services: Services) -> Project:
    project = services.directory.find_project(name)
    if project is None or (caller.is_key and project.id != caller.project.id):
        raise NotFound(f"there is no project `{name}`")
    return project


def _project_json(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "retention_days": project.retention_days,
        "created_at": time_text(project.created_at_ns),
    }
