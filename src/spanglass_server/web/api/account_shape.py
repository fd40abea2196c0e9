"""People as the API gives them."""

from typing import Any, Final

from spanglass_server.model.identity import EVERY_PROJECT, User, UserSession
from spanglass_server.web.api.shape import time_text
from spanglass_server.web.auth import ALL_PERMISSIONS, Caller, role_in
from spanglass_server.web.services import Services

OIDC_START: Final = "/auth/oidc/start"


def person_json(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "name": user.name, "has_password": user.has_password}


def session_json(session: UserSession, *, current_id: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": time_text(session.created_at_ns),
        "last_seen_at": time_text(session.last_seen_at_ns),
        "expires_at": time_text(session.expires_at_ns),
        "address": session.address,
        "user_agent": session.user_agent,
        "is_current": session.id == current_id,
    }


def stranger_json(services: Services) -> dict[str, Any]:
    """What somebody who did not sign in is told: what the page to sign in needs, and no name."""
    label = services.accounts.options.oidc_label
    return {
        "auth": services.auth_mode,
        "user": None,
        "organization": None,
        "project": None,
        "role": None,
        "organization_role": None,
        "permissions": [],
        "is_organization_admin": False,
        "is_set_up": services.accounts.is_set_up,
        "session_id": None,
        "oidc": {"label": label, "url": OIDC_START} if label else None,
    }


def caller_json(caller: Caller, services: Services) -> dict[str, Any]:
    grant = caller.grant
    organization = services.accounts.store.find_organization()
    is_open = services.auth_mode == "off" and not caller.is_key
    return {
        **stranger_json(services),
        "user": person_json(grant.user) if grant is not None else None,
        "organization": {"name": organization.name} if organization is not None else None,
        "project": {"id": caller.project.id, "name": caller.project.name},
        "role": role_in(grant, caller.project.id) if grant is not None else "admin" if is_open else None,
        "organization_role": grant.roles.get(EVERY_PROJECT) if grant is not None else None,
        "permissions": [name for name in _IN_ORDER if name in caller.permissions],
        "is_organization_admin": caller.is_organization_admin,
        "session_id": grant.session.id if grant is not None else None,
    }


_IN_ORDER = sorted(ALL_PERMISSIONS, key=["read", "ingest", "edit", "admin"].index)
