"""The two addresses of OpenID Connect: where it begins, and where the provider sends people back to.

Whatever goes wrong leads to the page to sign in, which says what: `/login?error=WORD`.
"""

import re
from typing import Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from spanglass_server.accounts.oidc import OidcRefusal, Ticket
from spanglass_server.base.errors import NotFound
from spanglass_server.model.identity import Actor
from spanglass_server.web import cookies
from spanglass_server.web.api.session import client_of, note_entry
from spanglass_server.web.callers import Serving
from spanglass_server.web.services import Services

router = APIRouter(prefix="/auth/oidc", include_in_schema=False)
log = structlog.get_logger(__name__)

_TICKET: Final = "spanglass_oidc"
_TICKET_S: Final = 600
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,2000}\Z")
"""Browsers take `//host` and `/\\host` for another host."""


@router.get("/start")
def start(request: Request, services: Serving, next: str = "/") -> RedirectResponse:
    door = services.oidc
    if door is None or services.auth_mode == "off":
        raise NotFound("OpenID Connect is not set up here", hint="docs/sign-in.md tells how")
    try:
        url, ticket = door.provider.begin(own_path(next))
    except OidcRefusal as refusal:
        return _refused(services, request, refusal)
    response = RedirectResponse(url, 303, {"cache-control": "no-store"})
    cookies.set_cookie(response, request, services, _TICKET, ticket.encode(), seconds=_TICKET_S)
    return response


@router.get("/callback")
def callback(request: Request, services: Serving) -> RedirectResponse:
    door = services.oidc
    if door is None or services.auth_mode == "off":
        raise NotFound("OpenID Connect is not set up here", hint="docs/sign-in.md tells how")
    ticket = Ticket.decode(cookies.read_cookie(request, services, _TICKET))
    try:
        if ticket is None:
            raise OidcRefusal("state_lost", "the browser has no ticket, or an old one")
        signed_in = door.enter(dict(request.query_params), ticket, services.people, client_of(request))
    except OidcRefusal as refusal:
        return _refused(services, request, refusal)
    response = RedirectResponse(own_path(ticket.next), 303, {"cache-control": "no-store"})
    note_entry(request, services, signed_in, how="oidc")
    cookies.set_session(response, request, services, signed_in)
    cookies.set_cookie(response, request, services, _TICKET, "", seconds=0)
    return response


def own_path(path: str) -> str:
    """The path, if it is one of this server; else the start page."""
    return path if _OWN_PATH.match(path) else "/"


def _refused(services: Services, request: Request, refusal: OidcRefusal) -> RedirectResponse:
    log.warning("oidc_refused", word=refusal.word, reason=str(refusal))
    services.audit.record(
        Actor("anyone", address=client_of(request).address),
        action="session.refuse",
        details={"how": "oidc", "why": refusal.word},
    )
    response = RedirectResponse(f"/login?error={quote(refusal.word)}", 303, {"cache-control": "no-store"})
    cookies.set_cookie(response, request, services, _TICKET, "", seconds=0)
    return response
