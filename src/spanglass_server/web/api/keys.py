"""A project's API keys: made, listed without their secrets, given another note, revoked."""

from typing import Any, Final

from fastapi import APIRouter, Response

from spanglass_server.base.errors import NotAllowed, NotFound
from spanglass_server.store.directory import KeyInfo, Scope
from spanglass_server.web.api import team_models as models
from spanglass_server.web.api.shape import json_response, time_text
from spanglass_server.web.auth import PERMISSIONS_OF_SCOPE, Caller
from spanglass_server.web.callers import Administering, Serving
from spanglass_server.web.services import Services

router = APIRouter(prefix="/keys", tags=["keys"])

_DAY_NS: Final = 86_400_000_000_000


@router.get("", response_model=models.Keys)
def list_keys(caller: Administering, services: Serving) -> Response:
    """The project's keys in the order in which they were made."""
    found = services.directory.list_keys(caller.project.id)
    return json_response({"items": [_key_json(key, services.now_ns()) for key in found]})


@router.post("", response_model=models.MadeKey, status_code=201)
def create_key(caller: Administering, services: Serving, given: models.NewKey) -> Response:
    """Make a key. The answer alone has its secret."""
    scopes: frozenset[Scope] = frozenset(given.scopes)
    _require_own_scopes(caller, scopes)
    now_ns = services.now_ns()
    made = services.directory.create_key(
        caller.project.id,
        scopes=scopes,
        note=given.note.strip(),
        created_by=caller.actor.name or caller.actor.id,
        expires_at_ns=None if given.expires_in_days is None else now_ns + given.expires_in_days * _DAY_NS,
    )
    services.audit.record(
        caller,
        action="key.create",
        target=made.info.public_key,
        project_id=caller.project.id,
        details={
            "note": made.info.note,
            "scopes": sorted(scopes),
            "expires_in_days": given.expires_in_days,
        },
    )
    return json_response({**_key_json(made.info, now_ns), "secret_key": made.secret_key}, status=201)


@router.patch("/{public_key}", response_model=models.Key)
def change_key(caller: Administering, services: Serving, public_key: str, given: models.KeyNote) -> Response:
    """Write another note on it."""
    key = _get_key(caller, services, public_key)
    changed = services.directory.set_note(public_key, given.note.strip())
    services.audit.record(
        caller,
        action="key.change",
        target=public_key,
        project_id=caller.project.id,
        details={"note": changed.note, "was": key.note},
    )
    return json_response(_key_json(changed, services.now_ns()))


@router.delete("/{public_key}", status_code=204)
def revoke_key(caller: Administering, services: Serving, public_key: str) -> Response:
    """Whoever uses it is refused from now on; servers beside this one refuse it within two seconds."""
    key = _get_key(caller, services, public_key)
    services.directory.revoke_key(public_key)
    services.audit.record(
        caller,
        action="key.revoke",
        target=public_key,
        project_id=caller.project.id,
        details={"note": key.note, "scopes": sorted(key.scopes)},
    )
    return Response(status_code=204)


def _require_own_scopes(caller: Caller, scopes: frozenset[Scope]) -> None:
    """A key makes none that may do more than itself."""
    more = sorted(scope for scope in scopes if not PERMISSIONS_OF_SCOPE[scope] <= caller.permissions)
    if more:
        raise NotAllowed(
            f"this key has no scope {' and '.join(more)}, and cannot give it",
            hint="make the key in the web app, or with: spanglass keys create",
            is_authenticated=True,
        )


def _get_key(caller: Caller, services: Services, public_key: str) -> KeyInfo:
    """Of this project: another's keys do not exist here."""
    for key in services.directory.list_keys(caller.project.id):
        if key.public_key == public_key:
            return key
    raise NotFound("there is no such key", hint="it may be revoked already")


def _key_json(key: KeyInfo, now_ns: int) -> dict[str, Any]:
    return {
        "public_key": key.public_key,
        "scopes": sorted(key.scopes),
        "note": key.note,
        "created_at": time_text(key.created_at_ns),
        "created_by": key.created_by,
        "expires_at": None if key.expires_at_ns is None else time_text(key.expires_at_ns),
        "is_expired": key.expires_at_ns is not None and key.expires_at_ns <= now_ns,
        "last_used_at": None if key.last_used_at_ns is None else time_text(key.last_used_at_ns),
    }
