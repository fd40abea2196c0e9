"""Who belongs to the organization and its projects: invitations, roles, and leaving."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from spanglass_server.accounts.emails import checked_email
from spanglass_server.accounts.service import Accounts, Client, SignedIn
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import BadInput, NotAllowed, NotFound
from spanglass_server.model.identity import EVERY_PROJECT, Invitation, Membership, Role, User

INVITATION_NS: Final = 7 * 24 * 3600 * 1_000_000_000


class Member(NamedTuple):
    user: User
    roles: Mapping[str, Role]
    """By the project's id, or EVERY_PROJECT."""


@dataclass(frozen=True, slots=True)
class People:
    accounts: Accounts
    clock: Clock

    def list_members(self, project_id: str | None) -> Sequence[Member]:
        """Who may see the project, with their roles in it; None is everybody, with all their roles."""
        roles: dict[str, dict[str, Role]] = {}
        for user_id, place, role in self.accounts.store.list_memberships():
            if project_id is None or place in (EVERY_PROJECT, project_id):
                roles.setdefault(user_id, {})[place] = role
        return [
            Member(user, roles.get(user.id, {}))
            for user in self.accounts.store.list_users()
            if project_id is None or user.id in roles
        ]

    def get_member(self, user_id: str, project_id: str | None) -> Member:
        """NotFound also for somebody who may not see the project."""
        found = next((one for one in self.list_members(project_id) if one.user.id == user_id), None)
        if found is None:
            raise NotFound(f"there is no member with the id '{user_id}'")
        return found

    def invite(self, *, email: str, project_id: str, role: Role, invited_by: str) -> tuple[Invitation, str]:
        """The invitation, and the link that whoever has it can accept it with: told once, kept as a hash."""
        now_ns = self.clock()
        invitation = Invitation(
            id=f"i{secrets.token_hex(8)}",
            email=checked_email(email),
            project_id=project_id,
            role=role,
            invited_by=invited_by,
            created_at_ns=now_ns,
            expires_at_ns=now_ns + INVITATION_NS,
        )
        token = secrets.token_urlsafe(32)
        self.accounts.store.add_invitation(invitation, token)
        return invitation, self.accounts.link("invitation", token)

    def get_invitation(self, token: str) -> Invitation:
        found = self.accounts.store.find_invitation(token, now_ns=self.clock())
        if found is None:
            raise NotFound(
                "this invitation opens nothing (any more)",
                hint="it may be accepted, taken back, or older than 7 days: ask for a new one",
            )
        return found

    def has_account(self, invitation: Invitation) -> bool:
        return self.accounts.store.find_credentials(invitation.email) is not None

    def accept_as_new(self, token: str, *, name: str, password: str, client: Client) -> SignedIn:
        """Make the account that was invited, and sign in. NotAllowed where the address has one already:
        whoever has a link must not set the password of somebody else."""
        invitation = self.get_invitation(token)
        if self.has_account(invitation):
            raise NotAllowed(
                f"there is an account with the address {invitation.email} already",
                hint="sign in with it, then open the invitation again",
                is_authenticated=True,
            )
        person = self.accounts.new_person(email=invitation.email, name=name, password=password)
        if not self.accounts.store.accept_as_new([invitation.id], person, now_ns=self.clock()):
            raise NotFound("this invitation was accepted or taken back a moment ago")
        return self.accounts.start_session(person.user, client, password_hash=person.password_hash)

    def accept_as(self, token: str, user: User) -> Invitation:
        """By somebody who is signed in, whom the invitation has to be for."""
        invitation = self.get_invitation(token)
        if invitation.email != user.email:
            raise NotAllowed(
                f"the invitation is for {invitation.email}, you are signed in as {user.email}",
                hint="sign out, or ask for an invitation to your address",
                is_authenticated=True,
            )
        if not self.accounts.store.accept_as([invitation.id], user.id, now_ns=self.clock()):
            raise NotFound("this invitation was accepted or taken back a moment ago")
        return invitation

    def set_role(self, user_id: str, place: str, role: Role) -> None:
        """BadInput where the organization would be without an admin."""
        self.accounts.store.set_membership(Membership(user_id, place, role))

    def remove_from(self, member: Member, place: str) -> None:
        if place not in member.roles and EVERY_PROJECT in member.roles:
            raise BadInput(
                "they see this project as they see all of the organization",
                hint="change their role in the organization",
            )
        self.accounts.store.remove_membership(member.user.id, place)
