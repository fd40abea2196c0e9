"""One's own account: name, password, sessions."""

from fastapi import APIRouter, Request, Response

from spanglass_server.accounts.emails import checked_name
from spanglass_server.model.identity import User
from spanglass_server.web.api import account_models as models
from spanglass_server.web.api.account_shape import person_json, session_json
from spanglass_server.web.api.session import client_of, enter, require_people
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import Caller
from spanglass_server.web.callers import Person, Serving

router = APIRouter(prefix="/account", tags=["account"])


@router.put("", response_model=models.Person)
def change_account(caller: Person, services: Serving, given: models.AccountChange) -> Response:
    """Change your name."""
    return json_response(
        person_json(services.accounts.store.set_name(_user(caller).id, checked_name(given.name)))
    )


@router.post("/password", status_code=204)
def change_password(
    request: Request, caller: Person, services: Serving, given: models.PasswordChange
) -> Response:
    """Change your password, with the old one. Ends all your other sessions. 400 for a wrong old one, 429
    after too many."""
    services.accounts.change_password(
        _user(caller),
        old=given.old_password,
        new=given.new_password,
        client=client_of(request),
        session_id=caller.session_id,
    )
    services.audit.record(caller, action="password.change", target=_user(caller).email)
    return Response(status_code=204)


@router.post("/reset", response_model=models.Person)
def reset_password(request: Request, services: Serving, given: models.PasswordReset) -> Response:
    """Set a password with an admin's one-time link. Ends all sessions, and signs in."""
    require_people(request, services)
    signed_in = services.accounts.reset_password(given.token, given.password, client=client_of(request))
    return enter(request, services, signed_in, how="reset")


@router.get("/sessions", response_model=models.Sessions)
def list_my_sessions(caller: Person, services: Serving) -> Response:
    """Where you are signed in, the last used first."""
    found = services.accounts.store.list_sessions(_user(caller).id)
    return json_response({"items": [session_json(one, current_id=caller.session_id) for one in found]})


@router.delete("/sessions", response_model=models.Ended)
def end_my_other_sessions(caller: Person, services: Serving) -> Response:
    """Sign out everywhere else."""
    ended = services.accounts.store.end_sessions(_user(caller).id, keep=caller.session_id)
    services.audit.record(
        caller, action="session.end", target=_user(caller).email, details={"sessions": ended}
    )
    return json_response({"ended": ended})


@router.delete("/sessions/{session_id}", status_code=204)
def end_my_session(caller: Person, services: Serving, session_id: str) -> Response:
    """Sign out there."""
    services.accounts.store.end_session(_user(caller).id, session_id)
    services.audit.record(caller, action="session.end", target=_user(caller).email)
    return Response(status_code=204)


def _user(caller: Caller) -> User:
    assert caller.user is not None
    return caller.user
