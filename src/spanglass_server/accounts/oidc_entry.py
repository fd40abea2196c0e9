"""Whom OpenID Connect lets in, and as whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from spanglass_server.accounts.emails import checked_email, domain_of
from spanglass_server.accounts.oidc import Claims, OidcProvider, OidcRefusal, Ticket
from spanglass_server.accounts.people import People
from spanglass_server.accounts.service import Client, SignedIn
from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.identity import EVERY_PROJECT, Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcDoor:
    provider: OidcProvider
    domains: Collection[str]
    """Of e-mail addresses that may come in for the first time; empty is any."""
    default_role: Role | None
    """In every project, of who comes without an invitation; None lets in only who was invited."""

    def enter(self, answer: Mapping[str, str], ticket: Ticket, people: People, client: Client) -> SignedIn:
        """Raises OidcRefusal."""
        claims = self.provider.finish(answer, ticket)
        user = people.accounts.store.find_user_of(claims.identity) or self._first_time(claims, people)
        if user.is_disabled:
            raise OidcRefusal("disabled", f"{user.email} is disabled")
        try:
            return people.accounts.start_session(user, client)
        except NotFound:
            raise OidcRefusal("disabled", f"{user.email} was removed a moment ago") from None

    def _first_time(self, claims: Claims, people: People) -> User:
        """Nobody is linked to this account of the provider yet: the address decides, where the provider
        vouches for it."""
        store = people.accounts.store
        if not claims.is_email_verified:
            raise OidcRefusal("email_unverified", "the provider does not vouch for the address")
        try:
            email = checked_email(claims.email)
        except BadInput as error:
            raise OidcRefusal("email_unverified", error.message) from None
        if self.domains and domain_of(email) not in self.domains:
            raise OidcRefusal("domain_not_allowed", f"{email} is of another domain")
        found = store.find_credentials(email)
        if found is not None:
            if store.is_linked(found.user.id, claims.identity.issuer):
                raise OidcRefusal("identity_conflict", f"{email} belongs to another account of the provider")
            store.link(found.user.id, claims.identity)
            return found.user
        return self._new_person(email, claims, people)

    def _new_person(self, email: str, claims: Claims, people: People) -> User:
        store = people.accounts.store
        if not people.accounts.is_set_up:
            raise OidcRefusal("not_set_up", "there is no admin yet")
        name = "".join(char for char in claims.name if char.isprintable()).strip()[:200]
        person = people.accounts.new_person(email=email, name=name or email, password=None)
        if self.default_role is not None:
            person = person._replace(memberships=[(EVERY_PROJECT, self.default_role)])
        now_ns = people.clock()
        invitations = [one.id for one in store.list_invitations(now_ns=now_ns, email=email)]
        try:
            if not store.accept_as_new(invitations, person, now_ns=now_ns, identity=claims.identity):
                if self.default_role is None:
                    raise OidcRefusal("not_invited", f"nobody invited {email}")
                store.add_person(person, identity=claims.identity)
        except BadInput as error:  # Two browsers at once: the second finds the account made.
            raise OidcRefusal("failed", error.message) from None
        return person.user
