"""Who is asking, for which project, and whether they may.

One rule for every door (JSON API, OTLP/HTTP, OTLP/gRPC): a key decides the project, and a wrong key is
refused even where none is needed, because whoever sends a key means to be told that it does not work.
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from fastapi import Request

from spanglass_server.base.errors import BadInput, NotAllowed, NotFound
from spanglass_server.model.identity import EVERY_PROJECT, ROLES, Actor, Role, User
from spanglass_server.store.directory import (
    DEFAULT_PROJECT,
    JUDGES_SUFFIX,
    Project,
    Scope,
    is_judges_project,
    judges_id_of,
)
from spanglass_server.store.identity import SessionGrant
from spanglass_server.web import cookies
from spanglass_server.web.audit import is_work_of_a_team, note_change
from spanglass_server.web.services import Services

HeaderPairs: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]
"""Lower-case names with values, as ASGI (bytes) and gRPC metadata (text) give them."""

Permission: TypeAlias = Literal["read", "ingest", "edit", "admin"]
"""What an endpoint asks for. `edit`: what a team works with (rules, dashboards, evaluators, datasets);
`admin`: what loses data, costs a secret or lets somebody in."""

ALL_PERMISSIONS: Final = frozenset(cast("tuple[Permission, ...]", get_args(Permission)))
PERMISSIONS_OF_SCOPE: Final[Mapping[Scope, frozenset[Permission]]] = {
    "ingest": frozenset({"ingest"}),
    "read": frozenset({"read"}),
    "admin": frozenset({"edit", "admin"}),
}
PERMISSIONS_OF_ROLE: Final[Mapping[Role, frozenset[Permission]]] = {
    "viewer": frozenset({"read"}),
    "editor": frozenset({"read", "ingest", "edit"}),
    "admin": ALL_PERMISSIONS,
}
ANYONE: Final = Actor("anyone")
NO_PROJECT: Final = Project("", "", None, 0)
"""Of a caller who asks for none."""
_READING: Final[frozenset[Permission]] = frozenset({"read"})
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DOORS_OF_PEOPLE: Final = ("/api/v1/", "/prometheus/")
"""What the web app asks. All other doors are for machines alone, and take no cookie."""
LOCAL_PAGE: Final = "a page of this machine"
"""Stands for the public key of a page of another port, where none is needed."""
_FOREIGN_PREFIX: Final = "pk-lf-"
"""Of keys that Langfuse gave. Its SDKs send nothing without a pair, so where no key is needed a pair of
Langfuse's own is as good as none: one variable, the address, is all that has to change."""
_PUBLIC_PREFIX: Final = "pk-sg-"
_WRONG_KEY: Final = "the API key is not valid"
_WRONG_KEY_HINT: Final = "it may be revoked; make one with: spanglass keys create --project NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    project: Project
    permissions: frozenset[Permission]
    is_key: bool
    """False for a person who signed in, and for anyone at a server that needs no key."""
    public_key: str = ""
    """Of a caller who has nothing else, and may be anyone: only scores are taken from them."""
    actor: Actor = ANYONE
    """What the audit log calls them."""
    grant: SessionGrant | None = None
    """Of a person who signed in."""

    @property
    def user(self) -> User | None:
        return self.grant.user if self.grant is not None else None

    @property
    def session_id(self) -> str:
        return self.grant.session.id if self.grant is not None else ""

    def may_see(self, project: Project) -> bool:
        """Whether the project exists for them at all."""
        if self.grant is not None:
            return role_in(self.grant, project.id) is not None
        return not self.is_key or self.project.id == project.id

    def permissions_in(self, project_id: str) -> frozenset[Permission]:
        """In another project than the one that was asked for."""
        if self.grant is not None:
            return _permissions_of(self.grant, project_id)
        return self.permissions if not self.is_key or self.project.id == project_id else frozenset()

    @property
    def is_organization_admin(self) -> bool:
        """Over all projects and people: an admin of every project, and whoever asks where nobody signs in."""
        if self.grant is not None:
            return self.grant.roles.get(EVERY_PROJECT) == "admin"
        return not self.is_key and not self.public_key


def authenticate_headers(headers: HeaderPairs, services: Services, *, project: str = "") -> Caller:
    """The caller of a request. `project` (a name, the query parameter) counts for keyless callers; with a key
    only where it names the project of its own project's judges, which the key may then read.

    Answered from memory, but for one indexed read of the relational store a second and key: event loops that
    share it with other work may want to call it on a thread when that store is remote.

    Raises NotAllowed for a missing, malformed or wrong key, and NotFound for an unknown project.
    """
    given = [_text(value) for name, value in headers if _text(name) == "authorization"]
    if given:
        return _at_its_judges(_authenticate_key(given, services), project, services)
    if services.auth_mode == "required":
        raise NotAllowed(
            "this server asks for an API key, or for people to sign in",
            hint="send 'Authorization: Bearer SECRET_KEY', or Basic with public and secret key",
        )
    return Caller(project=_open_project(project, services), permissions=ALL_PERMISSIONS, is_key=False)


def authenticate_request(request: Request, services: Services) -> Caller:
    """As `authenticate_headers`, and a person by their session's cookie at the doors that the web app uses.

    An Authorization header goes before a cookie. A request that changes something and has a cookie is refused
    unless a page of ours sent it.
    """
    project = request.query_params.get("project", "")
    is_for_people = request.url.path.startswith(_DOORS_OF_PEOPLE)
    if is_for_people and services.auth_mode == "required" and "authorization" not in request.headers:
        token = cookies.read_cookie(request, services, cookies.SESSION)
        if token:
            return authenticate_session(request, services, token, project=project)
    return authenticate_headers(request.headers.raw, services, project=project)


def authenticate_session(request: Request, services: Services, token: str, *, project: str) -> Caller:
    """Raises NotAllowed for a session that is over, and NotFound for a project that this person does not see,
    as for one that does not exist."""
    require_own_page(request, services)
    grant = services.accounts.find_session(token)
    if grant is None:
        raise NotAllowed("your session is over", hint="sign in again")
    found = _project_of(grant, project, services)
    return Caller(
        project=found,
        permissions=_permissions_of(grant, found.id),
        is_key=False,
        actor=Actor("user", grant.user.id, grant.user.email),
        grant=grant,
    )


def require_own_page(request: Request, services: Services) -> None:
    """Refuse what another site's page makes a browser send with our cookies: a change has to come from our
    origin, as the browser says it, and to carry a header that no form can send."""
    if request.method in _SAFE_METHODS:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_own = site == "same-origin"
    else:
        is_own = origin is not None and urlsplit(origin).netloc.lower() in _own_hosts(request, services)
    if not is_own or "x-requested-with" not in request.headers:
        raise NotAllowed(
            "changes from another site's page are refused",
            hint="send the request from the web app, or with an API key",
            is_authenticated=True,
        )


def _own_hosts(request: Request, services: Services) -> frozenset[str]:
    external = urlsplit(services.accounts.options.external_url).netloc
    return frozenset({request.headers.get("host", "").lower(), external.lower()} - {""})


def role_in(grant: SessionGrant, project_id: str) -> Role | None:
    """The higher of the role in every project and the one in this. None: it does not exist for this person.
    What judges were asked belongs to whoever may read what was judged."""
    return higher_role(grant.roles, project_id.removesuffix(JUDGES_SUFFIX))


def higher_role(roles: Mapping[str, Role], project_id: str) -> Role | None:
    given = {roles[place] for place in (EVERY_PROJECT, project_id) if place in roles}
    return max(given, key=ROLES.index, default=None)


def _permissions_of(grant: SessionGrant, project_id: str) -> frozenset[Permission]:
    role = role_in(grant, project_id)
    if role is None:
        return frozenset()
    given = PERMISSIONS_OF_ROLE[role]
    is_only_read = is_judges_project(project_id) and not grant.is_organization_wide
    return given & _READING if is_only_read else given


def _project_of(grant: SessionGrant, name: str, services: Services) -> Project:
    if name:
        project = services.directory.find_project(name)
        if project is None or role_in(grant, project.id) is None:
            raise _no_project(name)
        return project
    if grant.is_organization_wide:
        return _open_project("", services)
    if not grant.projects:
        raise NotAllowed(
            "you are a member of no project yet", hint="ask an admin to add you", is_authenticated=True
        )
    return grant.projects[0]


def require_permission(caller: Caller, permission: Permission) -> Caller:
    """The caller again, or NotAllowed (403) where its role or key does not allow it."""
    if permission in caller.permissions:
        return caller
    if caller.grant is not None:
        role = role_in(caller.grant, caller.project.id) or "nobody"
        needed = next(name for name in ROLES if permission in PERMISSIONS_OF_ROLE[name])
        raise NotAllowed(
            f"a {role} of this project may not {_VERBS[permission]}",
            hint=f"it needs the role '{needed}': ask an admin of the project",
            is_authenticated=True,
        )
    scope = "admin" if permission == "edit" else permission
    scopes = [name for name, gives in PERMISSIONS_OF_SCOPE.items() if gives <= caller.permissions]
    raise NotAllowed(
        f"this key may not {_VERBS[permission]}",
        hint=f"it needs the scope '{scope}'; it has {', '.join(sorted(scopes)) or 'none'}",
        is_authenticated=True,
    )


_VERBS: Final[Mapping[Permission, str]] = {
    "ingest": "send data",
    "read": "read",
    "edit": "change or delete",
    "admin": "change or delete",
}


def caller_with(permission: Permission) -> Callable[[Request], Caller]:
    """A FastAPI dependency: the caller, who may do this. Finds the services at `app.state.services`."""

    def find_caller(request: Request) -> Caller:
        services: Services = request.app.state.services
        caller = authenticate_request(request, services)
        if not caller.is_key and caller.grant is None:
            refuse_cross_site(request.method, request.headers.raw)
        require_permission(caller, permission)
        if request.client:
            caller = replace(caller, actor=caller.actor._replace(address=request.client.host))
        if permission in ("edit", "admin") or (permission == "ingest" and is_work_of_a_team(request)):
            note_change(request, caller.actor, caller.project.id)
        return caller

    return find_caller


def find_person(request: Request) -> Caller:
    """A FastAPI dependency: somebody who signed in, of whatever role, also one who is a member of nothing."""
    services: Services = request.app.state.services
    if services.auth_mode == "off":
        raise BadInput(
            "nobody signs in here: this server lets everybody on this machine in",
            hint="start it with SPANGLASS_AUTH=required",
        )
    if "authorization" in request.headers:
        caller = authenticate_headers(request.headers.raw, services)
        raise NotAllowed(
            "a key cannot do this: it is about people", hint="sign in", is_authenticated=caller.is_key
        )
    token = cookies.read_cookie(request, services, cookies.SESSION)
    grant = services.accounts.find_session(token) if token else None
    if grant is None:
        raise NotAllowed("you are not signed in", hint="sign in")
    require_own_page(request, services)
    actor = Actor("user", grant.user.id, grant.user.email, request.client.host if request.client else "")
    note_change(request, actor, "")
    return Caller(project=NO_PROJECT, permissions=frozenset(), is_key=False, actor=actor, grant=grant)


def find_people_admin(request: Request) -> Caller:
    """A FastAPI dependency: an admin of the asked project who signed in."""
    find_person(request)
    return caller_with("admin")(request)


def find_organization_admin(request: Request) -> Caller:
    """A FastAPI dependency: an admin of every project; where nobody signs in, anybody."""
    services: Services = request.app.state.services
    if services.auth_mode == "required":
        find_person(request)
    caller = caller_with("admin")(request)
    if not caller.is_organization_admin:
        raise NotAllowed(
            "only an admin of the whole organization may do this",
            hint="ask one; they are in the list of members",
            is_authenticated=True,
        )
    return caller


def find_people_owner(request: Request) -> Caller:
    """A FastAPI dependency: an admin of every project who signed in."""
    find_person(request)
    return find_organization_admin(request)


def find_scorer(request: Request) -> Caller:
    """A FastAPI dependency for the doors that take scores, and for no others: a caller who may ingest, or
    whoever sends `Bearer PUBLIC_KEY`. A public key stands in web pages: it lets their users score, and opens
    nothing else. So does a page of another port of this machine, where no key is needed."""
    services: Services = request.app.state.services
    given = request.headers.getlist("authorization")
    if len(given) == 1:
        scheme, _, credentials = given[0].strip().partition(" ")
        if scheme.lower() == "bearer" and (project := services.directory.find_scored(credentials.strip())):
            return Caller(
                project=project, permissions=frozenset(), is_key=True, public_key=credentials.strip()
            )
    elif not given and services.auth_mode == "off" and _is_of_local_page(request.headers.raw):
        project = _open_project(request.query_params.get("project", ""), services)
        return Caller(project=project, permissions=frozenset(), is_key=False, public_key=LOCAL_PAGE)
    return caller_with("ingest")(request)


def _is_of_local_page(headers: HeaderPairs) -> bool:
    """Whether another port of this machine served the page that asks: what somebody works on. No page of the
    internet has such an origin, whatever its name is made to point to."""
    named = {_text(name): _text(value) for name, value in headers}
    origin = urlsplit(named.get("origin", ""))
    if not origin.hostname or origin.netloc == named.get("host"):
        return False
    if origin.hostname == "localhost" or origin.hostname.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(origin.hostname).is_loopback
    except ValueError:
        return False


def refuse_cross_site(method: str, headers: HeaderPairs) -> None:
    """Stop another site's page from changing things through the browser of whoever runs a keyless server.

    Browsers say where a request comes from (Fetch Metadata, else Origin); other clients send neither, and
    pass.
    """
    if method in _SAFE_METHODS:
        return
    named = {_text(name): _text(value) for name, value in headers}
    site = named.get("sec-fetch-site")
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        origin = named.get("origin")
        is_own = origin is None or urlsplit(origin).netloc == named.get("host")
    if not is_own:
        raise NotAllowed(
            "changes from another site's page are refused",
            hint="send the request from the web app, or with an API key",
            is_authenticated=True,
        )


def _authenticate_key(given: list[str], services: Services) -> Caller:
    public_key, secret_key = _parse_authorization(given)
    grant = services.directory.find_grant(public_key, secret_key)
    if grant is not None:
        granted = frozenset[Permission]().union(*(PERMISSIONS_OF_SCOPE[scope] for scope in grant.scopes))
        actor = Actor("key", grant.public_key, grant.note)
        return Caller(project=grant.project, permissions=granted, is_key=True, actor=actor)
    if services.auth_mode == "off" and public_key is not None and public_key.startswith(_FOREIGN_PREFIX):
        return Caller(project=_open_project("", services), permissions=ALL_PERMISSIONS, is_key=False)
    if public_key is None and secret_key.startswith(_PUBLIC_PREFIX):
        raise NotAllowed("a public key by itself sends scores and nothing else", hint="send the secret key")
    raise NotAllowed(_WRONG_KEY, hint=_WRONG_KEY_HINT)


def _at_its_judges(caller: Caller, project: str, services: Services) -> Caller:
    """What judges were asked belongs to whoever may read what was judged. Whose judges' project it is stands
    in its id, which nobody can choose."""
    if not project.endswith(JUDGES_SUFFIX) or not caller.is_key:
        return caller
    found = services.directory.find_project(project)
    if found is None or found.id != judges_id_of(caller.project.id):
        return caller
    return replace(caller, project=found, permissions=caller.permissions & _READING)


def _parse_authorization(given: list[str]) -> tuple[str | None, str]:
    if len(given) > 1:
        raise NotAllowed("the request has several Authorization headers", hint="send one")
    scheme, _, credentials = given[0].strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer" and credentials:
        return None, credentials
    if scheme.lower() == "basic" and credentials:
        return _parse_basic(credentials)
    raise NotAllowed(
        "the Authorization header is neither Basic nor Bearer",
        hint="send 'Bearer SECRET_KEY', or Basic with public and secret key",
    )


def _parse_basic(credentials: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        raise NotAllowed(
            "the Basic credentials are not base64", hint="encode 'PUBLIC_KEY:SECRET_KEY' in base64"
        ) from None
    public_key, _, secret_key = decoded.partition(":")
    if not public_key or not secret_key:
        raise NotAllowed("the Basic credentials lack a part", hint="encode 'PUBLIC_KEY:SECRET_KEY' in base64")
    return public_key, secret_key


def _open_project(name: str, services: Services) -> Project:
    wanted = name or DEFAULT_PROJECT
    project = services.directory.find_project(wanted)
    if project is None:
        raise _no_project(wanted)
    return project


def _no_project(name: str) -> NotFound:
    return NotFound(f"there is no project '{name}'", hint="list them with: spanglass projects list")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
