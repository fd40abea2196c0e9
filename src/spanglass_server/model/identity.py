"""People, what they may do, and what they did."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

Role: TypeAlias = Literal["viewer", "editor", "admin"]
"""A viewer reads; an editor also scores and changes what a team works with; an admin also deletes, gives keys
and lets people in."""
ROLES: Final[tuple[Role, ...]] = ("viewer", "editor", "admin")
"""From least to most."""

EVERY_PROJECT: Final = ""
"""In place of a project's id: the whole organization, projects that are made later included."""


class Organization(NamedTuple):
    """One to a server: all its projects and people."""

    name: str
    created_at_ns: int


class User(NamedTuple):
    id: str
    email: str
    """Unique, compared in lower case."""
    name: str
    created_at_ns: int
    last_seen_at_ns: int | None
    is_disabled: bool
    has_password: bool
    """False for who signs in by OpenID Connect alone."""


class Membership(NamedTuple):
    user_id: str
    project_id: str
    """Or EVERY_PROJECT."""
    role: Role


class Invitation(NamedTuple):
    id: str
    email: str
    project_id: str
    """Or EVERY_PROJECT."""
    role: Role
    invited_by: str
    """A user's id; empty for the command line."""
    created_at_ns: int
    expires_at_ns: int


class UserSession(NamedTuple):
    """Somebody signed in on one browser."""

    id: str
    """Not what the cookie carries."""
    user_id: str
    created_at_ns: int
    last_seen_at_ns: int
    expires_at_ns: int
    address: str
    user_agent: str


ActorType: TypeAlias = Literal["user", "key", "cli", "system", "anyone"]
"""`anyone`: a caller of a server that asks for no key."""


class Actor(NamedTuple):
    """Who does something, as the audit log names them."""

    type: ActorType
    id: str = ""
    """A user's id, or a public key."""
    name: str = ""
    """An e-mail address, or a key's note."""
    address: str = ""
    """Of the network; empty where it is not known."""


class AuditEntry(NamedTuple):
    id: str
    time_ns: int
    actor_type: ActorType
    actor_id: str
    """A user's id, or a public key."""
    actor_name: str
    """As it was then: an e-mail address, or a key's note."""
    action: str
    """`resource.verb`, e.g. `key.create`, `member.change`, `project.delete`, `session.start`."""
    project_id: str
    """Or empty: the server's own."""
    target: str
    """Name or id of what was changed."""
    details: Mapping[str, Any]
    """What changed, never a secret."""
    address: str
