"""What the relational store promises about people: who they are, what they may see, what lets them in.

Synchronous, may block, safe from many threads. Changes made by another process on the same database are seen
within two seconds. Tokens come as they were given to people and are kept as hashes.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from spanglass_server.model.identity import (
    EVERY_PROJECT,
    Invitation,
    Membership,
    Organization,
    Role,
    User,
    UserSession,
)
from spanglass_server.store.directory import Project


class Credentials(NamedTuple):
    user: User
    password_hash: str | None


class SessionGrant(NamedTuple):
    """What a live session allows."""

    session: UserSession
    user: User
    roles: Mapping[str, Role]
    """By the project's id, or EVERY_PROJECT."""
    projects: Sequence[Project]
    """Those of single memberships, by name."""

    @property
    def is_organization_wide(self) -> bool:
        return EVERY_PROJECT in self.roles


class NewPerson(NamedTuple):
    user: User
    password_hash: str | None
    memberships: Sequence[tuple[str, Role]]
    """Project ids, or EVERY_PROJECT."""


class ExternalIdentity(NamedTuple):
    """How a provider of OpenID Connect names somebody, for ever."""

    issuer: str
    subject: str


class IdentityStore(Protocol):
    def find_organization(self) -> Organization | None: ...
    def rename_organization(self, name: str) -> Organization:
        """NotFound before the server is set up."""

    def has_users(self) -> bool: ...
    def set_up(self, organization: Organization, person: NewPerson) -> bool:
        """The organization and its first person, in one go. False where there are people already: of two at
        once, one is too late."""

    def add_person(self, person: NewPerson, *, identity: ExternalIdentity | None = None) -> None:
        """BadInput where somebody has the address already."""

    def find_user(self, user_id: str) -> User | None: ...
    def find_credentials(self, email: str) -> Credentials | None: ...
    def list_users(self) -> Sequence[User]:
        """By address."""

    def set_password(self, user_id: str, password_hash: str, *, keep_session: str = "") -> None:
        """Ends the user's other sessions and takes back links to set a password. NotFound."""

    def replace_hash(self, user_id: str, old: str, new: str) -> None:
        """The same password hashed anew; nothing where it was changed meanwhile."""

    def set_name(self, user_id: str, name: str) -> User: ...
    def set_disabled(self, user_id: str, *, is_disabled: bool) -> User:
        """Ends the user's sessions. NotFound; BadInput for the last admin of the organization."""

    def delete_user(self, user_id: str) -> None:
        """With memberships and sessions. NotFound; BadInput for the last admin of the organization."""

    def find_user_of(self, identity: ExternalIdentity) -> User | None: ...
    def is_linked(self, user_id: str, issuer: str) -> bool:
        """Whether the user has an account of this issuer."""

    def link(self, user_id: str, identity: ExternalIdentity) -> None: ...

    def list_memberships(
        self, *, project_id: str | None = None, user_id: str | None = None
    ) -> Sequence[Membership]:
        """Of everybody, of one project (those of EVERY_PROJECT are not among them), or of one user."""

    def set_membership(self, membership: Membership) -> None:
        """NotFound for an unknown user or project; BadInput for the last admin of the organization."""

    def remove_membership(self, user_id: str, project_id: str) -> None:
        """NotFound where there is none; BadInput for the last admin of the organization."""

    def add_invitation(self, invitation: Invitation, token: str) -> None:
        """In place of one to the same address for the same project. NotFound for an unknown project."""

    def list_invitations(self, *, now_ns: int, email: str | None = None) -> Sequence[Invitation]:
        """Open ones, the newest first."""

    def find_invitation(self, token: str, *, now_ns: int) -> Invitation | None: ...
    def revoke_invitation(self, invitation_id: str) -> None:
        """NotFound."""

    def accept_as_new(
        self,
        invitation_ids: Sequence[str],
        person: NewPerson,
        *,
        now_ns: int,
        identity: ExternalIdentity | None = None,
    ) -> bool:
        """The person, with what the invitations give besides, which are used up. False where none of them is
        open any more; BadInput where somebody has the address already."""

    def accept_as(self, invitation_ids: Sequence[str], user_id: str, *, now_ns: int) -> bool:
        """The same for somebody who is there already; a role that is higher stays."""

    def add_reset(self, user_id: str, token: str, *, now_ns: int, expires_at_ns: int) -> None:
        """A link to set a password; the user's earlier ones open nothing any more. NotFound."""

    def find_reset(self, token: str, *, now_ns: int) -> User | None:
        """Whose password the link would set."""

    def use_reset(self, token: str, password_hash: str, *, now_ns: int) -> User | None:
        """Sets the password and ends all sessions of the user; None for a token that opens nothing."""

    def start_session(self, session: UserSession, token: str) -> None:
        """`expires_at_ns` is the latest; it ends earlier where it is not used. NotFound for a user who is
        gone or disabled."""

    def find_session(self, token: str) -> SessionGrant | None:
        """Hot: answered from memory. A session that ended, or whose user was disabled or removed, is refused
        within two seconds."""

    def list_sessions(self, user_id: str) -> Sequence[UserSession]:
        """Live ones, the last used first."""

    def end_session(self, user_id: str, session_id: str) -> None:
        """NotFound where the user has no such session."""

    def end_sessions(self, user_id: str, *, keep: str = "") -> int:
        """All but one; how many ended."""

    def forget_expired(self, now_ns: int) -> None:
        """Sessions, invitations and links whose time is over."""

    def close(self) -> None: ...
