"""Invitations: made by an admin, accepted by whoever has the link."""

from typing import Any

from fastapi import APIRouter, Request, Response

from spanglass_server.base.errors import NotFound
from spanglass_server.model.identity import EVERY_PROJECT, Actor, Invitation
from spanglass_server.web import cookies
from spanglass_server.web.api import account_models as models
from spanglass_server.web.api.account_shape import person_json
from spanglass_server.web.api.members import place_of, project_names
from spanglass_server.web.api.session import client_of, enter, require_people
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import PeopleAdministering, Serving
from spanglass_server.web.services import Services

router = APIRouter(prefix="/invitations", tags=["people"])


@router.get("", response_model=models.Invitations)
def list_invitations(caller: PeopleAdministering, services: Serving) -> Response:
    """Open ones to the asked project, the newest first. An admin of the organization is told all."""
    found = services.accounts.store.list_invitations(now_ns=services.now_ns())
    return json_response(
        {"items": [_invitation_json(one, services) for one in found if _may_see(caller, one)]}
    )


@router.post("", response_model=models.NewInvitation, status_code=201)
def create_invitation(
    caller: PeopleAdministering, services: Serving, given: models.InvitationInput
) -> Response:
    """Invite somebody to a project, or to all: the answer has the link to give them. It is good for 7 days,
    in place of an earlier one to the same address and project."""
    assert caller.user is not None
    invitation, link = services.people.invite(
        email=given.email,
        project_id=place_of(given.project, caller, services),
        role=given.role,
        invited_by=caller.user.id,
    )
    services.audit.record(
        caller,
        action="invitation.create",
        target=invitation.email,
        project_id=invitation.project_id,
        details={"role": invitation.role},
    )
    return json_response({**_invitation_json(invitation, services), "link": link}, status=201)


@router.delete("/{invitation_id}", status_code=204)
def revoke_invitation(caller: PeopleAdministering, services: Serving, invitation_id: str) -> Response:
    """Take an invitation back."""
    found = services.accounts.store.list_invitations(now_ns=services.now_ns())
    one = next((one for one in found if one.id == invitation_id and _may_see(caller, one)), None)
    if one is None:
        raise NotFound("there is no such invitation", hint="it may be accepted or over")
    services.accounts.store.revoke_invitation(invitation_id)
    services.audit.record(caller, action="invitation.revoke", target=one.email, project_id=one.project_id)
    return Response(status_code=204)


@router.post("/look", response_model=models.OpenedInvitation)
def look_at_invitation(request: Request, services: Serving, given: models.InvitationToken) -> Response:
    """What somebody is invited to: for the page that the link opens."""
    require_people(request, services)
    people = services.people
    invitation = people.get_invitation(given.token)
    organization = services.accounts.store.find_organization()
    return json_response(
        {
            "email": invitation.email,
            "organization": organization.name if organization is not None else "",
            "project": project_names(services).get(invitation.project_id),
            "role": invitation.role,
            "expires_at": time_text(invitation.expires_at_ns),
            "has_account": people.has_account(invitation),
        }
    )


@router.post("/accept", response_model=models.Person)
def accept_invitation(request: Request, services: Serving, given: models.Acceptance) -> Response:
    """Accept: with a name and a password for a new account, which is signed in; or, where the address has an
    account, while signed in with it."""
    require_people(request, services)
    people = services.people
    token = cookies.read_cookie(request, services, cookies.SESSION)
    grant = services.accounts.find_session(token) if token else None
    if grant is not None and people.has_account(people.get_invitation(given.token)):
        invitation = people.accept_as(given.token, grant.user)
        _record_acceptance(request, services, invitation)
        return json_response(person_json(grant.user))
    invitation = people.get_invitation(given.token)
    signed_in = people.accept_as_new(
        given.token, name=given.name, password=given.password, client=client_of(request)
    )
    _record_acceptance(request, services, invitation)
    return enter(request, services, signed_in, how="invitation")


def _record_acceptance(request: Request, services: Services, invitation: Invitation) -> None:
    services.audit.record(
        Actor("user", name=invitation.email, address=client_of(request).address),
        action="invitation.accept",
        target=invitation.email,
        project_id=invitation.project_id,
        details={"role": invitation.role},
    )


def _may_see(caller: Caller, invitation: Invitation) -> bool:
    return caller.is_organization_admin or invitation.project_id == caller.project.id


def _invitation_json(invitation: Invitation, services: Services) -> dict[str, Any]:
    inviter = services.accounts.store.find_user(invitation.invited_by)
    place = invitation.project_id
    return {
        "id": invitation.id,
        "email": invitation.email,
        "project": None if place == EVERY_PROJECT else project_names(services).get(place),
        "role": invitation.role,
        "invited_by": inviter.email if inviter is not None else "",
        "created_at": time_text(invitation.created_at_ns),
        "expires_at": time_text(invitation.expires_at_ns),
    }
