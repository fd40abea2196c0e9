"""The organization: its name."""

from fastapi import APIRouter, Response

from spanglass_server.base.errors import BadInput
from spanglass_server.web.api import team_models as models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.callers import OrganizationAdministering, Serving

router = APIRouter(tags=["organization"])


@router.put("/organization", response_model=models.Organization)
def rename_organization(
    caller: OrganizationAdministering, services: Serving, given: models.OrganizationName
) -> Response:
    """Give it another name."""
    name = given.name.strip()
    if not name:
        raise BadInput("an organization needs a name")
    changed = services.accounts.store.rename_organization(name)
    services.audit.record(caller, action="organization.rename", target=name)
    return json_response({"name": changed.name, "created_at": time_text(changed.created_at_ns)})
