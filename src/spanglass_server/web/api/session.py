"""Signing in and out, and the first set-up of a server."""

from fastapi import APIRouter, Request, Response

from spanglass_server.accounts.service import Client, SignedIn
from spanglass_server.base.errors import BadInput, NotAllowed
from spanglass_server.model.identity import Actor
from spanglass_server.web import cookies
from spanglass_server.web.api import account_models as models
from spanglass_server.web.api.account_shape import person_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import require_own_page
from spanglass_server.web.callers import Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["account"])


@router.post("/session", response_model=models.Person)
def sign_in(request: Request, services: Serving, given: models.SignIn) -> Response:
    """Sign in with e-mail address and password: the answer sets the session's cookie. 401 with the same words
    whatever is wrong; 429 with `Retry-After` after too many wrong ones."""
    require_people(request, services)
    client = client_of(request)
    try:
        signed_in = services.accounts.sign_in(
            given.email,
            given.password,
            client=client,
            device=cookies.read_cookie(request, services, cookies.DEVICE),
        )
    except NotAllowed:
        actor = Actor("anyone", address=client.address)
        services.audit.record(actor, action="session.refuse", details={"user_agent": client.user_agent})
        raise
    return enter(request, services, signed_in, how="password")


@router.delete("/session", status_code=204)
def sign_out(request: Request, services: Serving) -> Response:
    """End this browser's session. 204 also where it was over."""
    require_own_page(request, services)
    leave(request, services)
    response = Response(status_code=204)
    cookies.end_session(response, request, services)
    return response


@router.post("/setup", response_model=models.Person)
def set_up(request: Request, services: Serving, given: models.SetUp) -> Response:
    """Make the organization and its first admin, with the link that `serve` prints until somebody did. Signs
    in."""
    require_people(request, services)
    signed_in = services.accounts.set_up(
        given.token,
        organization=given.organization,
        email=given.email,
        name=given.name,
        password=given.password,
        client=client_of(request),
    )
    return enter(request, services, signed_in, how="setup")


def require_people(request: Request, services: Services) -> None:
    """BadInput where nobody signs in; NotAllowed for another site's page."""
    if services.auth_mode == "off":
        raise BadInput(
            "nobody signs in here: this server lets everybody on this machine in",
            hint="start it with SPANGLASS_AUTH=required",
        )
    require_own_page(request, services)


def client_of(request: Request) -> Client:
    return Client(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def enter(request: Request, services: Services, signed_in: SignedIn, *, how: str) -> Response:
    """The answer to who has signed in: with a new session, whatever one the browser had before."""
    note_entry(request, services, signed_in, how=how)
    response = json_response(person_json(signed_in.user))
    response.headers["cache-control"] = "no-store"
    cookies.set_session(response, request, services, signed_in)
    return response


def note_entry(request: Request, services: Services, signed_in: SignedIn, *, how: str) -> None:
    """End the session that the browser had, and write the new one down."""
    leave(request, services)
    user, client = signed_in.user, client_of(request)
    services.audit.record(
        Actor("user", user.id, user.email, client.address),
        action="session.start",
        target=user.email,
        details={"how": how, "user_agent": client.user_agent},
    )


def leave(request: Request, services: Services) -> None:
    """End the session that the browser has, where there is one."""
    token = cookies.read_cookie(request, services, cookies.SESSION)
    grant = services.accounts.sign_out(token) if token else None
    if grant is not None:
        services.audit.record(
            Actor("user", grant.user.id, grant.user.email, client_of(request).address),
            action="session.end",
            target=grant.user.email,
        )
