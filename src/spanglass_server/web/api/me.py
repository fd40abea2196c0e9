"""Who is asking, and what they may do: the first thing the web app wants to know."""

from fastapi import APIRouter, Request, Response

from spanglass_server.base.errors import NotAllowed
from spanglass_server.web import cookies
from spanglass_server.web.api import account_models as models
from spanglass_server.web.api.account_shape import caller_json, person_json, stranger_json
from spanglass_server.web.api.shape import json_response
from spanglass_server.web.auth import authenticate_request
from spanglass_server.web.callers import Serving
from spanglass_server.web.services import Services

router = APIRouter(tags=["account"])


@router.get("/me", response_model=models.Me)
def get_me(request: Request, services: Serving, project: str = "") -> Response:
    """The caller, and what they may do in a project. Answers those who did not sign in, too; 404 for a
    project that the caller does not see."""
    del project  # Read from the request, as everywhere.
    response = json_response(_me(request, services))
    response.headers["cache-control"] = "no-store"
    return response


def _me(request: Request, services: Services) -> dict[str, object]:
    try:
        return caller_json(authenticate_request(request, services), services)
    except NotAllowed as refusal:
        if "authorization" in request.headers:
            raise
        if not refusal.is_authenticated:
            return stranger_json(services)
    # Signed in, and a member of no project.
    grant = services.accounts.find_session(cookies.read_cookie(request, services, cookies.SESSION))
    user = person_json(grant.user) if grant is not None else None
    return stranger_json(services) | {"user": user}
