"""Signing in and out, the first set-up, passwords, and the sessions of one person."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from spanglass_server.accounts.attempts import Attempts, parties_of
from spanglass_server.accounts.emails import checked_email, checked_name, normal_email
from spanglass_server.accounts.passwords import Passwords, check_password
from spanglass_server.base.clock import Clock
from spanglass_server.base.errors import BadInput, NotAllowed, NotFound
from spanglass_server.model.identity import EVERY_PROJECT, Organization, User, UserSession
from spanglass_server.store.identity import Credentials, IdentityStore, NewPerson, SessionGrant

RESET_NS: Final = 24 * 3600 * 1_000_000_000
"""How long a link to set a password is good."""
_ADDRESS_CHARS_MAX: Final = 64
_USER_AGENT_CHARS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    session_ns_max: int
    """From signing in, however often it is used."""
    external_url: str
    """Where people reach the server: links begin with it."""
    oidc_label: str = ""
    """What the button of OpenID Connect says; empty where it is not set up."""


class Client(NamedTuple):
    """From where somebody signs in."""

    address: str
    user_agent: str


class SignedIn(NamedTuple):
    user: User
    token: str
    """What the cookie carries."""
    session: UserSession
    device: str
    """Proves at the next time that this browser is known; empty where no password was used."""


class Accounts:
    def __init__(
        self,
        store: IdentityStore,
        *,
        options: AccountOptions,
        passwords: Passwords,
        attempts: Attempts,
        clock: Clock,
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self.store = store
        self.options = options
        self.passwords = passwords
        self._attempts = attempts
        self._clock = clock
        self._new_token = new_token
        self._setup_token = ""
        self._is_set_up = False

    @property
    def is_set_up(self) -> bool:
        """Whether there is anybody who could sign in. Once true, for ever."""
        self._is_set_up = self._is_set_up or self.store.has_users()
        return self._is_set_up

    def open_setup(self) -> str:
        """A link for the first person, good until it is used or the server stops; empty where somebody is."""
        if self.is_set_up:
            return ""
        self._setup_token = self._new_token()
        return self.link("setup", self._setup_token)

    def link(self, page: str, token: str) -> str:
        """With the token behind `#`, which browsers send nowhere: it comes into no log."""
        return f"{self.options.external_url}/{page}#token={token}"

    def set_up(
        self, token: str, *, organization: str, email: str, name: str, password: str, client: Client
    ) -> SignedIn:
        """NotAllowed for a wrong or used link."""
        if not self._setup_token or not _is_same(token, self._setup_token):
            raise NotAllowed(
                "this link opens nothing (any more)",
                hint="the server prints a new one when it starts, until somebody has set it up",
                is_authenticated=True,
            )
        called = checked_name(organization, what="organization's name")
        person = self.new_person(email=email, name=name, password=password)
        person = person._replace(memberships=[(EVERY_PROJECT, "admin")])
        if not self.store.set_up(Organization(called, self._clock()), person):
            raise NotAllowed("somebody has set this server up already", hint="sign in", is_authenticated=True)
        self._setup_token = ""
        return self.start_session(person.user, client, password_hash=person.password_hash)

    def new_person(self, *, email: str, name: str, password: str | None) -> NewPerson:
        """BadInput for what cannot be."""
        address, called = checked_email(email), checked_name(name)
        if password is not None:
            check_password(password, email=address, name=called)
        user = User(
            id=f"u{secrets.token_hex(8)}",
            email=address,
            name=called,
            created_at_ns=self._clock(),
            last_seen_at_ns=None,
            is_disabled=False,
            has_password=password is not None,
        )
        return NewPerson(user, self.passwords.hash(password) if password is not None else None, [])

    def sign_in(self, email: str, password: str, *, client: Client, device: str = "") -> SignedIn:
        """NotAllowed, with the same words after the same time, for an unknown address, a wrong password, and
        somebody who is disabled or has no password; Busy after too many of them."""
        address = normal_email(email)
        found = self.store.find_credentials(address)
        parties = parties_of(
            address=client.address, email=_digest(address), device=_known_device(device, found)
        )
        self._attempts.begin(parties)
        stored = found.password_hash if found is not None and not found.user.is_disabled else None
        if not self.passwords.is_right(password, stored) or found is None or stored is None:
            raise NotAllowed("the e-mail address or the password is wrong")
        self._attempts.clear(parties)
        if self.passwords.is_outdated(stored):
            renewed = self.passwords.hash(password)
            self.store.replace_hash(found.user.id, stored, renewed)
            stored = renewed
        return self.start_session(found.user, client, password_hash=stored)

    def start_session(self, user: User, client: Client, *, password_hash: str | None = None) -> SignedIn:
        """NotFound for somebody who was disabled or removed meanwhile."""
        now_ns = self._clock()
        self.store.forget_expired(now_ns)
        session = UserSession(
            id=f"s{secrets.token_hex(8)}",
            user_id=user.id,
            created_at_ns=now_ns,
            last_seen_at_ns=now_ns,
            expires_at_ns=now_ns + self.options.session_ns_max,
            address=client.address[:_ADDRESS_CHARS_MAX],
            user_agent=client.user_agent[:_USER_AGENT_CHARS_MAX],
        )
        token = self._new_token()
        self.store.start_session(session, token)
        return SignedIn(user, token, session, _new_device(password_hash) if password_hash else "")

    def find_session(self, token: str) -> SessionGrant | None:
        return self.store.find_session(token)

    def sign_out(self, token: str) -> SessionGrant | None:
        """Whose session it was; None where it was over."""
        grant = self.store.find_session(token)
        if grant is not None:
            self.store.end_session(grant.user.id, grant.session.id)
        return grant

    def change_password(self, user: User, *, old: str, new: str, client: Client, session_id: str) -> None:
        """Ends the person's other sessions. BadInput for a wrong old password, Busy after too many."""
        found = self.store.find_credentials(user.email)
        if found is None or found.password_hash is None:
            raise BadInput(
                "there is no password to change",
                hint="you sign in by your organization's account; an admin can give you a link to set one",
            )
        parties = parties_of(address=client.address, email=_digest(user.email), device=session_id)
        self._attempts.begin(parties)
        if not self.passwords.is_right(old, found.password_hash):
            raise BadInput("the old password is wrong")
        self._attempts.clear(parties)
        check_password(new, email=user.email, name=user.name)
        self.store.set_password(user.id, self.passwords.hash(new), keep_session=session_id)

    def new_reset_link(self, user_id: str) -> str:
        """To set a password without the old one: once, for a day."""
        user = self.store.find_user(user_id)
        if user is None:
            raise NotFound(f"there is no person with the id '{user_id}'")
        token, now_ns = self._new_token(), self._clock()
        self.store.add_reset(user_id, token, now_ns=now_ns, expires_at_ns=now_ns + RESET_NS)
        return self.link("reset", token)

    def reset_password(self, token: str, password: str, *, client: Client) -> SignedIn:
        """Ends all sessions of the person and starts one here. NotFound for a link that is used or over."""
        user = self.store.find_reset(token, now_ns=self._clock())
        if user is None:
            raise _no_reset()
        check_password(password, email=user.email, name=user.name)
        hashed = self.passwords.hash(password)
        if self.store.use_reset(token, hashed, now_ns=self._clock()) is None:
            raise _no_reset()
        return self.start_session(user, client, password_hash=hashed)


def _no_reset() -> NotFound:
    return NotFound("this link opens nothing (any more)", hint="ask an admin for a new one")


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def _digest(text: str) -> str:
    """So that what is remembered of attempts is short, whatever was typed in."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _new_device(password_hash: str) -> str:
    """A mark that only who knows the password's hash could make: it needs no store, and is worth nothing
    after the password was changed."""
    nonce = secrets.token_hex(16)
    return f"{nonce}.{_device_proof(nonce, password_hash)}"


def _known_device(device: str, found: Credentials | None) -> str:
    nonce, _, proof = device.partition(".")
    expected = _device_proof(nonce, (found.password_hash if found else None) or "nobody's")
    is_known = _is_same(proof, expected) and found is not None and found.password_hash is not None
    return nonce if is_known else ""


def _device_proof(nonce: str, password_hash: str) -> str:
    told = b"device:" + nonce.encode("utf-8", "surrogatepass")
    return hmac.new(password_hash.encode(), told, "sha256").hexdigest()
