"""Projects. A key sees and changes its own; a person those that they are a member of; a keyless caller, where
keys are not required, all."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from spanglass_server.base.errors import BadInput, NotAllowed, NotFound
from spanglass_server.query.fields import Target
from spanglass_server.store.aggregates import AggregateQuery, Measure
from spanglass_server.store.directory import Project, judges_id_of
from spanglass_server.store.ports import TimeRange
from spanglass_server.web.api import models, team_models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Administering, OrganizationAdministering, Reading, Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["projects"])

_END_NS: Final = 1 << 62
"""After every time that is stored."""


@router.get("/projects", response_model=models.Projects)
def list_projects(caller: Reading, services: Serving) -> Response:
    """The projects that the caller may see."""
    seen = [project for project in services.directory.list_projects() if caller.may_see(project)]
    return json_response({"items": [_project_json(project) for project in seen]})


@router.post("/projects", response_model=models.Project, status_code=201)
def create_project(
    caller: OrganizationAdministering, services: Serving, given: team_models.NewProject
) -> Response:
    """Make a project. For an admin of the organization."""
    made = services.directory.create_project(given.name)
    if given.retention_days is not None:
        made = services.directory.set_retention(made.id, given.retention_days)
        services.administration.set_retention(made.id, given.retention_days)
    services.audit.record(
        caller,
        action="project.create",
        target=made.name,
        project_id=made.id,
        details={"retention_days": made.retention_days},
    )
    return json_response(_project_json(made), status=201)


@router.patch("/projects/{name}", response_model=models.Project)
def rename_project(
    caller: Administering, services: Serving, name: str, given: team_models.ProjectName
) -> Response:
    """Give it another name. Its keys, data and settings stay; links with the old name end."""
    project = _get_project(name, caller, services)
    renamed = services.directory.rename_project(project.id, given.name)
    services.audit.record(
        caller,
        action="project.rename",
        target=renamed.name,
        project_id=project.id,
        details={"was": project.name},
    )
    return json_response(_project_json(renamed))


@router.put("/projects/{name}/retention", response_model=models.Project)
def set_retention(
    caller: Administering, services: Serving, name: str, retention: models.Retention
) -> Response:
    """Keep the project's data this many days; null keeps it for ever."""
    project = _get_project(name, caller, services)
    services.administration.set_retention(project.id, retention.days)
    changed = services.directory.set_retention(project.id, retention.days)
    services.audit.record(
        caller,
        action="project.retention",
        target=project.name,
        project_id=project.id,
        details={"days": retention.days, "was": project.retention_days},
    )
    return json_response(_project_json(changed))


@router.get("/projects/{name}/contents", response_model=team_models.ProjectContents)
def count_contents(caller: Administering, services: Serving, name: str) -> Response:
    """What deleting the project would lose."""
    project = _get_project(name, caller, services)
    judges = services.directory.find_judges(project.id)
    return json_response(
        {
            "traces": _count(services, project, "traces"),
            "spans": _count(services, project, "spans"),
            "logs": _count(services, project, "logs"),
            "keys": len(services.directory.list_keys(project.id)),
            "judges_project": judges.name if judges is not None else None,
        }
    )


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
    services.audit.record(caller, action="project.delete", target=project.name, project_id=project.id)
    return Response(status_code=204)


def _get_project(name: str, caller: Caller, services: Services) -> Project:
    """One that the caller may administer, whichever the request is for besides."""
    project = services.directory.find_project(name)
    if project is None or not caller.may_see(project):
        raise NotFound(f"there is no project `{name}`")
    if "admin" not in caller.permissions_in(project.id):
        raise NotAllowed(
            f"you are no admin of the project `{name}`", hint="ask one of them", is_authenticated=True
        )
    return project


def _count(services: Services, project: Project, target: Target) -> int:
    query = AggregateQuery(
        target=target, during=TimeRange(0, _END_NS), where=None, measures=[Measure("count")]
    )
    rows = services.aggregates.aggregate(project.id, query).rows
    return int(rows[0].values[0] or 0) if rows else 0


def _project_json(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "retention_days": project.retention_days,
        "created_at": time_text(project.created_at_ns),
    }
