"""Members of the organization and its projects. For admins who signed in, not for keys."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from spanglass_server.accounts.people import Member
from spanglass_server.base.errors import NotAllowed, NotFound
from spanglass_server.model.identity import EVERY_PROJECT, Role
from spanglass_server.web.api import account_models as models
from spanglass_server.web.api.account_shape import person_json
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import Caller, higher_role
from spanglass_server.web.callers import PeopleAdministering, PeopleOwning, Serving
from spanglass_server.web.services import Services

router = APIRouter(prefix="/members", tags=["people"])


@router.get("", response_model=models.Members)
def list_members(caller: PeopleAdministering, services: Serving) -> Response:
    """Who may see the asked project. An admin of the organization is told everybody."""
    seen = None if caller.is_organization_admin else caller.project.id
    names = project_names(services)
    members = services.people.list_members(seen)
    return json_response({"items": [_member_json(member, caller, names) for member in members]})


@router.put("/{user_id}", response_model=models.Member)
def set_role(
    caller: PeopleAdministering, services: Serving, user_id: str, given: models.RoleChange
) -> Response:
    """Give somebody a role in a project, or in all. An admin of one project changes the roles of its members
    in it; an admin of the organization everybody's."""
    people = services.people
    place = place_of(given.project, caller, services)
    member = people.get_member(user_id, None if caller.is_organization_admin else place)
    people.set_role(user_id, place, given.role)
    services.audit.record(
        caller,
        action="member.change",
        target=member.user.email,
        project_id=place,
        details={"role": given.role, "was": member.roles.get(place)},
    )
    seen = None if caller.is_organization_admin else caller.project.id
    return json_response(_member_json(people.get_member(user_id, seen), caller, project_names(services)))


@router.delete("/{user_id}", status_code=204)
def remove_member(
    caller: PeopleAdministering,
    services: Serving,
    user_id: str,
    place: Annotated[
        Literal["project", "organization", "everywhere"],
        Query(
            description="`project`: out of the asked project; `organization`: takes their role in every "
            "project; `everywhere`: deletes their account. The last two are for admins of the organization."
        ),
    ] = "project",
) -> Response:
    """Somebody loses access at once, their sessions with their account."""
    people = services.people
    if place != "project":
        require_organization_admin(caller)
    member = people.get_member(user_id, caller.project.id if place == "project" else None)
    if place == "everywhere":
        services.accounts.store.delete_user(user_id)
    else:
        people.remove_from(member, caller.project.id if place == "project" else EVERY_PROJECT)
    services.audit.record(
        caller,
        action="member.remove",
        target=member.user.email,
        project_id=caller.project.id if place == "project" else "",
        details={"from": place},
    )
    return Response(status_code=204)


@router.put("/{user_id}/disabled", response_model=models.Member)
def set_disabled(
    caller: PeopleOwning, services: Serving, user_id: str, given: models.DisabledChange
) -> Response:
    """Lock somebody out without forgetting them, or let them in again. Ends their sessions. For an admin of
    the organization."""
    services.accounts.store.set_disabled(user_id, is_disabled=given.is_disabled)
    member = services.people.get_member(user_id, None)
    services.audit.record(
        caller, action="member.disable" if given.is_disabled else "member.enable", target=member.user.email
    )
    return json_response(_member_json(member, caller, project_names(services)))


@router.post("/{user_id}/reset", response_model=models.Link)
def create_reset_link(caller: PeopleOwning, services: Serving, user_id: str) -> Response:
    """A link with which they set a new password: once, within a day. Earlier ones open nothing any more.
    For an admin of the organization."""
    link = services.accounts.new_reset_link(user_id)
    member = services.people.get_member(user_id, None)
    services.audit.record(caller, action="password.reset", target=member.user.email)
    return json_response({"link": link})


@router.delete("/{user_id}/sessions", response_model=models.Ended)
def end_sessions_of_member(caller: PeopleOwning, services: Serving, user_id: str) -> Response:
    """Sign somebody out everywhere. For an admin of the organization."""
    member = services.people.get_member(user_id, None)
    ended = services.accounts.store.end_sessions(user_id)
    services.audit.record(caller, action="session.end", target=member.user.email, details={"sessions": ended})
    return json_response({"ended": ended})


def place_of(project: str | None, caller: Caller, services: Services) -> str:
    """A project's id, or EVERY_PROJECT. NotFound for a project that the caller does not see, NotAllowed for a
    place that they are no admin of."""
    if project is None:
        require_organization_admin(caller)
        return EVERY_PROJECT
    found = services.directory.find_project(project)
    if found is None or not caller.may_see(found):
        raise NotFound(f"there is no project '{project}'")
    if "admin" not in caller.permissions_in(found.id):
        raise NotAllowed(
            f"you are no admin of the project '{found.name}'", hint="ask one of them", is_authenticated=True
        )
    return found.id


def require_organization_admin(caller: Caller) -> None:
    if not caller.is_organization_admin:
        raise NotAllowed(
            "only an admin of the whole organization may do this",
            hint="ask one; they are in the list of members",
            is_authenticated=True,
        )


def project_names(services: Services) -> dict[str, str]:
    return {project.id: project.name for project in services.directory.list_projects()}


def _member_json(member: Member, caller: Caller, names: dict[str, str]) -> dict[str, Any]:
    user = member.user
    return {
        **person_json(user),
        "is_disabled": user.is_disabled,
        "created_at": time_text(user.created_at_ns),
        "last_seen_at": None if user.last_seen_at_ns is None else time_text(user.last_seen_at_ns),
        "role": higher_role(member.roles, caller.project.id),
        "memberships": [
            {"project": names.get(place), "role": role}
            for place, role in sorted(member.roles.items(), key=_by_name(names))
            if place == EVERY_PROJECT or place in names
        ],
    }


def _by_name(names: dict[str, str]) -> Any:
    def key(item: tuple[str, Role]) -> str:
        return names.get(item[0], "")

    return key
