"""People in SQLite or PostgreSQL: `store/identity.py`'s promises, kept."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.model.identity import (
    EVERY_PROJECT,
    ROLES,
    Invitation,
    Membership,
    Organization,
    Role,
    User,
    UserSession,
)
from spanglass_server.store.directory import Project
from spanglass_server.store.identity import Credentials, ExternalIdentity, NewPerson, SessionGrant
from spanglass_server.store.metadata.cache import RecentAnswers
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.identity_tables import (
    invitations,
    memberships,
    organizations,
    password_resets,
    user_identities,
    user_sessions,
    users,
)
from spanglass_server.store.metadata.last_used import LastUsed
from spanglass_server.store.metadata.secrets import hash_secret
from spanglass_server.store.metadata.tables import projects

_ORGANIZATION_ID: Final = 1
_ANSWER_AGE_NS_MAX: Final = 1_000_000_000
"""Half of the two seconds that are promised: the other half is for a slow read."""
_ANSWERS_MAX: Final = 10_000
_USER: Final = (
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.created_at_ns,
    users.c.last_seen_at_ns,
    users.c.is_disabled,
    users.c.password_hash.is_not(None),
)
_SESSION: Final = tuple(
    user_sessions.c[name]
    for name in ("id", "user_id", "created_at_ns", "last_seen_at_ns", "ends_at_ns", "address", "user_agent")
)
_INVITATION: Final = tuple(
    invitations.c[name]
    for name in ("id", "email", "project_id", "role", "invited_by", "created_at_ns", "expires_at_ns")
)


def open_identities(
    url: str,
    *,
    session_idle_ns: int,
    now_ns: Callable[[], int] = time.time_ns,
    monotonic_ns: Callable[[], int] = time.monotonic_ns,
) -> "SqlIdentities":
    """People on SQLAlchemy's URL (`Settings.metadata_url`); `SqlDirectory.migrate` makes their tables. A
    session that is not used for `session_idle_ns` is over."""
    return SqlIdentities(
        open_engine(url), session_idle_ns=session_idle_ns, now_ns=now_ns, monotonic_ns=monotonic_ns
    )


class SqlIdentities:
    def __init__(
        self,
        engine: Engine,
        *,
        session_idle_ns: int,
        now_ns: Callable[[], int],
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._idle_ns = session_idle_ns
        self._now_ns = now_ns
        self._grants = RecentAnswers(
            self._load_session,
            age_ns_max=_ANSWER_AGE_NS_MAX,
            entries_max=_ANSWERS_MAX,
            monotonic_ns=monotonic_ns,
        )
        self._last_seen = LastUsed(self._write_last_seen, monotonic_ns=monotonic_ns)

    def find_organization(self) -> Organization | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(select(organizations)).one_or_none()
        return Organization(row.name, row.created_at_ns) if row is not None else None

    def rename_organization(self, name: str) -> Organization:
        with write_transaction(self._engine) as connection:
            row = connection.execute(
                update(organizations).values(name=name).returning(*organizations.c)
            ).one_or_none()
        if row is None:
            raise NotFound("there is no organization yet", hint="set the server up first")
        return Organization(row.name, row.created_at_ns)

    def has_users(self) -> bool:
        with read_transaction(self._engine) as connection:
            return bool(connection.execute(select(exists().where(users.c.id != ""))).scalar())

    def set_up(self, organization: Organization, person: NewPerson) -> bool:
        row = organization._asdict() | {"id": _ORGANIZATION_ID}
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(insert(organizations).values(row))
                _add_person(connection, person)
        except IntegrityError:
            return False
        return True

    def add_person(self, person: NewPerson, *, identity: ExternalIdentity | None = None) -> None:
        try:
            with write_transaction(self._engine) as connection:
                _add_person(connection, person)
                _link(connection, person.user.id, identity, self._now_ns())
        except IntegrityError:
            raise _taken(person.user.email) from None

    def find_user(self, user_id: str) -> User | None:
        return self._find_user(users.c.id == user_id)

    def find_credentials(self, email: str) -> Credentials | None:
        query = select(*_USER, users.c.password_hash).where(users.c.email == email)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return Credentials(_to_user(row[:-1]), row[-1]) if row is not None else None

    def list_users(self) -> Sequence[User]:
        self._last_seen.flush()
        with read_transaction(self._engine) as connection:
            return [_to_user(row) for row in connection.execute(select(*_USER).order_by(users.c.email))]

    def set_password(self, user_id: str, password_hash: str, *, keep_session: str = "") -> None:
        with write_transaction(self._engine) as connection:
            _set_password(connection, user_id, password_hash, keep_session=keep_session)
        self._grants.forget()

    def replace_hash(self, user_id: str, old: str, new: str) -> None:
        change = (
            update(users).where(users.c.id == user_id, users.c.password_hash == old).values(password_hash=new)
        )
        with write_transaction(self._engine) as connection:
            connection.execute(change)

    def set_name(self, user_id: str, name: str) -> User:
        return self._change_user(user_id, name=name)

    def set_disabled(self, user_id: str, *, is_disabled: bool) -> User:
        with write_transaction(self._engine) as connection:
            was_admin = _lock_admins(connection, user_id)
            change = update(users).where(users.c.id == user_id).values(is_disabled=is_disabled)
            row = connection.execute(change.returning(*_USER)).one_or_none()
            if row is None:
                raise _no_user(user_id)
            connection.execute(delete(user_sessions).where(user_sessions.c.user_id == user_id))
            connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))
            _require_an_admin(connection, was_admin=was_admin)
        self._grants.forget()
        return _to_user(row)

    def delete_user(self, user_id: str) -> None:
        with write_transaction(self._engine) as connection:
            was_admin = _lock_admins(connection, user_id)
            if not connection.execute(delete(users).where(users.c.id == user_id)).rowcount:
                raise _no_user(user_id)
            _require_an_admin(connection, was_admin=was_admin)
        self._grants.forget()

    def find_user_of(self, identity: ExternalIdentity) -> User | None:
        query = (
            select(*_USER)
            .join(user_identities, user_identities.c.user_id == users.c.id)
            .where(user_identities.c.issuer == identity.issuer, user_identities.c.subject == identity.subject)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _to_user(row) if row is not None else None

    def is_linked(self, user_id: str, issuer: str) -> bool:
        query = select(
            exists().where(user_identities.c.user_id == user_id, user_identities.c.issuer == issuer)
        )
        with read_transaction(self._engine) as connection:
            return bool(connection.execute(query).scalar())

    def link(self, user_id: str, identity: ExternalIdentity) -> None:
        try:
            with write_transaction(self._engine) as connection:
                _link(connection, user_id, identity, self._now_ns())
        except IntegrityError:
            raise BadInput("that account of the provider belongs to somebody already") from None

    def list_memberships(
        self, *, project_id: str | None = None, user_id: str | None = None
    ) -> Sequence[Membership]:
        query = select(memberships.c.user_id, memberships.c.project_id, memberships.c.role)
        if project_id is not None:
            query = query.where(memberships.c.project_id == project_id)
        if user_id is not None:
            query = query.where(memberships.c.user_id == user_id)
        query = query.order_by(memberships.c.user_id, memberships.c.project_id)
        with read_transaction(self._engine) as connection:
            return [Membership(*row) for row in connection.execute(query)]

    def set_membership(self, membership: Membership) -> None:
        user_id, project_id, _ = membership
        try:
            with write_transaction(self._engine) as connection:
                was_admin = _lock_admins(connection, user_id)
                connection.execute(_membership_of(user_id, project_id))
                connection.execute(insert(memberships).values(_to_row(membership)))
                _require_an_admin(connection, was_admin=was_admin)
        except IntegrityError:
            raise NotFound("there is no such person, or no such project") from None
        self._grants.forget()

    def remove_membership(self, user_id: str, project_id: str) -> None:
        with write_transaction(self._engine) as connection:
            was_admin = _lock_admins(connection, user_id)
            if not connection.execute(_membership_of(user_id, project_id)).rowcount:
                raise NotFound("there is no such member")
            _require_an_admin(connection, was_admin=was_admin)
        self._grants.forget()

    def add_invitation(self, invitation: Invitation, token: str) -> None:
        row = invitation._asdict() | {
            "project_id": invitation.project_id or None,
            "token_hash": hash_secret(token),
        }
        place = invitations.c.project_id
        is_same_place = place == invitation.project_id if invitation.project_id else place.is_(None)
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(
                    delete(invitations).where(invitations.c.email == invitation.email, is_same_place)
                )
                connection.execute(insert(invitations).values(row))
        except IntegrityError:
            raise NotFound("there is no such project") from None

    def list_invitations(self, *, now_ns: int, email: str | None = None) -> Sequence[Invitation]:
        query = select(*_INVITATION).where(invitations.c.expires_at_ns > now_ns)
        if email is not None:
            query = query.where(invitations.c.email == email)
        query = query.order_by(invitations.c.created_at_ns.desc(), invitations.c.id)
        with read_transaction(self._engine) as connection:
            return [_to_invitation(row) for row in connection.execute(query)]

    def find_invitation(self, token: str, *, now_ns: int) -> Invitation | None:
        query = select(*_INVITATION).where(
            invitations.c.token_hash == hash_secret(token), invitations.c.expires_at_ns > now_ns
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _to_invitation(row) if row is not None else None

    def revoke_invitation(self, invitation_id: str) -> None:
        with write_transaction(self._engine) as connection:
            found = connection.execute(delete(invitations).where(invitations.c.id == invitation_id)).rowcount
        if not found:
            raise NotFound("there is no such invitation", hint="it may be accepted or over")

    def accept_as_new(
        self,
        invitation_ids: Sequence[str],
        person: NewPerson,
        *,
        now_ns: int,
        identity: ExternalIdentity | None = None,
    ) -> bool:
        try:
            with write_transaction(self._engine) as connection:
                given = _use_up(connection, invitation_ids, now_ns)
                if not given:
                    return False
                _add_person(connection, person._replace(memberships=[*person.memberships, *given.items()]))
                _link(connection, person.user.id, identity, now_ns)
        except IntegrityError:
            raise _taken(person.user.email) from None
        return True

    def accept_as(self, invitation_ids: Sequence[str], user_id: str, *, now_ns: int) -> bool:
        with write_transaction(self._engine) as connection:
            given = _use_up(connection, invitation_ids, now_ns)
            for project_id, role in given.items():
                _raise_membership(connection, Membership(user_id, project_id, role))
        self._grants.forget()
        return bool(given)

    def add_reset(self, user_id: str, token: str, *, now_ns: int, expires_at_ns: int) -> None:
        row = {
            "token_hash": hash_secret(token),
            "user_id": user_id,
            "created_at_ns": now_ns,
            "expires_at_ns": expires_at_ns,
        }
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))
                connection.execute(insert(password_resets).values(row))
        except IntegrityError:
            raise _no_user(user_id) from None

    def find_reset(self, token: str, *, now_ns: int) -> User | None:
        query = (
            select(*_USER)
            .join(password_resets, password_resets.c.user_id == users.c.id)
            .where(
                password_resets.c.token_hash == hash_secret(token), password_resets.c.expires_at_ns > now_ns
            )
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _to_user(row) if row is not None else None

    def use_reset(self, token: str, password_hash: str, *, now_ns: int) -> User | None:
        with write_transaction(self._engine) as connection:
            used = (
                delete(password_resets)
                .where(
                    password_resets.c.token_hash == hash_secret(token),
                    password_resets.c.expires_at_ns > now_ns,
                )
                .returning(password_resets.c.user_id)
            )
            user_id = connection.execute(used).scalar()
            if user_id is None:
                return None
            _set_password(connection, user_id, password_hash)
            row = connection.execute(select(*_USER).where(users.c.id == user_id)).one()
        self._grants.forget()
        return _to_user(row)

    def start_session(self, session: UserSession, token: str) -> None:
        row = session._asdict() | {"token_hash": hash_secret(token), "ends_at_ns": session.expires_at_ns}
        del row["expires_at_ns"]
        may_enter = select(users.c.id).where(users.c.id == session.user_id, users.c.is_disabled.is_(False))
        with write_transaction(self._engine) as connection:
            if connection.execute(may_enter.with_for_update(key_share=True)).one_or_none() is None:
                raise _no_user(session.user_id)
            connection.execute(insert(user_sessions).values(row))

    def find_session(self, token: str) -> SessionGrant | None:
        # The index is searched with a hash, so how long that takes tells nothing about any stored token.
        grant = self._grants.get(hash_secret(token))
        if grant is not None:
            self._last_seen.note(grant.session.id, self._now_ns())
        return grant

    def list_sessions(self, user_id: str) -> Sequence[UserSession]:
        self._last_seen.flush()
        query = (
            select(*_SESSION)
            .where(user_sessions.c.user_id == user_id, *self._is_live())
            .order_by(user_sessions.c.last_seen_at_ns.desc(), user_sessions.c.id)
        )
        with read_transaction(self._engine) as connection:
            return [self._to_session(row) for row in connection.execute(query)]

    def end_session(self, user_id: str, session_id: str) -> None:
        ended = delete(user_sessions).where(
            user_sessions.c.user_id == user_id, user_sessions.c.id == session_id
        )
        with write_transaction(self._engine) as connection:
            found = connection.execute(ended).rowcount
        self._grants.forget()
        if not found:
            raise NotFound("there is no such session", hint="it may be over already")

    def end_sessions(self, user_id: str, *, keep: str = "") -> int:
        with write_transaction(self._engine) as connection:
            count = connection.execute(_sessions_of(user_id, keep)).rowcount
        self._grants.forget()
        return int(count)

    def forget_expired(self, now_ns: int) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(
                delete(user_sessions).where(
                    or_(
                        user_sessions.c.ends_at_ns <= now_ns,
                        user_sessions.c.last_seen_at_ns <= now_ns - self._idle_ns,
                    )
                )
            )
            connection.execute(delete(invitations).where(invitations.c.expires_at_ns <= now_ns))
            connection.execute(delete(password_resets).where(password_resets.c.expires_at_ns <= now_ns))

    def close(self) -> None:
        self._last_seen.close()
        self._engine.dispose()

    def _find_user(self, condition: Any) -> User | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(select(*_USER).where(condition)).one_or_none()
        return _to_user(row) if row is not None else None

    def _change_user(self, user_id: str, **values: Any) -> User:
        change = update(users).where(users.c.id == user_id).values(**values).returning(*_USER)
        with write_transaction(self._engine) as connection:
            row = connection.execute(change).one_or_none()
        self._grants.forget()
        if row is None:
            raise _no_user(user_id)
        return _to_user(row)

    def _is_live(self) -> tuple[Any, ...]:
        now_ns = self._now_ns()
        return (
            user_sessions.c.ends_at_ns > now_ns,
            user_sessions.c.last_seen_at_ns > now_ns - self._idle_ns,
        )

    def _load_session(self, token_hash: bytes) -> SessionGrant | None:
        query = (
            select(*_SESSION, *_USER)
            .join(users, users.c.id == user_sessions.c.user_id)
            .where(user_sessions.c.token_hash == token_hash, users.c.is_disabled.is_(False), *self._is_live())
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            user = _to_user(row[len(_SESSION) :])
            roles, seen = _load_roles(connection, user.id)
        return SessionGrant(self._to_session(row[: len(_SESSION)]), user, roles, seen)

    def _to_session(self, row: Sequence[Any]) -> UserSession:
        session = UserSession(*row)
        ends_at_ns = min(session.expires_at_ns, session.last_seen_at_ns + self._idle_ns)
        return session._replace(expires_at_ns=ends_at_ns)

    def _write_last_seen(self, seen: dict[str, int]) -> None:
        with write_transaction(self._engine) as connection:
            for session_id, time_ns in sorted(seen.items()):
                user_id = connection.execute(
                    update(user_sessions)
                    .where(user_sessions.c.id == session_id)
                    .values(last_seen_at_ns=time_ns)
                    .returning(user_sessions.c.user_id)
                ).scalar()
                connection.execute(update(users).where(users.c.id == user_id).values(last_seen_at_ns=time_ns))


def _add_person(connection: Connection, person: NewPerson) -> None:
    row = person.user._asdict() | {"password_hash": person.password_hash}
    del row["has_password"]
    connection.execute(insert(users).values(row))
    for project_id, role in person.memberships:
        _raise_membership(connection, Membership(person.user.id, project_id, role))


def _link(connection: Connection, user_id: str, identity: ExternalIdentity | None, now_ns: int) -> None:
    if identity is not None:
        row = {**identity._asdict(), "user_id": user_id, "created_at_ns": now_ns}
        connection.execute(insert(user_identities).values(row))


def _set_password(
    connection: Connection, user_id: str, password_hash: str, *, keep_session: str = ""
) -> None:
    change = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
    if not connection.execute(change).rowcount:
        raise _no_user(user_id)
    connection.execute(_sessions_of(user_id, keep_session))
    connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))


def _sessions_of(user_id: str, keep: str) -> Any:
    return delete(user_sessions).where(user_sessions.c.user_id == user_id, user_sessions.c.id != keep)


def _membership_of(user_id: str, project_id: str) -> Any:
    return delete(memberships).where(memberships.c.user_id == user_id, memberships.c.project_id == project_id)


def _raise_membership(connection: Connection, membership: Membership) -> None:
    """Given, where there is none of at least this role."""
    found = connection.execute(
        select(memberships.c.role).where(
            memberships.c.user_id == membership.user_id, memberships.c.project_id == membership.project_id
        )
    ).scalar()
    if found is None:
        connection.execute(insert(memberships).values(_to_row(membership)))
    elif ROLES.index(found) < ROLES.index(membership.role):
        connection.execute(_membership_of(membership.user_id, membership.project_id))
        connection.execute(insert(memberships).values(_to_row(membership)))


def _use_up(connection: Connection, ids: Sequence[str], now_ns: int) -> Mapping[str, Role]:
    """What they give: the highest role of each place."""
    used = (
        delete(invitations)
        .where(invitations.c.id.in_(ids), invitations.c.expires_at_ns > now_ns)
        .returning(invitations.c.project_id, invitations.c.role)
    )
    given: dict[str, Role] = {}
    for project_id, role in sorted(connection.execute(used), key=lambda row: ROLES.index(row.role)):
        given[project_id or EVERY_PROJECT] = role
    return given


def _load_roles(connection: Connection, user_id: str) -> tuple[Mapping[str, Role], Sequence[Project]]:
    query = (
        select(memberships.c.project_id, memberships.c.role, *projects.c)
        .outerjoin(projects, projects.c.id == memberships.c.of_project)
        .where(memberships.c.user_id == user_id)
        .order_by(projects.c.name)
    )
    rows = connection.execute(query).all()
    roles: Mapping[str, Role] = {row[0]: row[1] for row in rows}
    return roles, [Project(*row[2:]) for row in rows if row[2] is not None]


def _lock_admins(connection: Connection, user_id: str) -> bool:
    """Whether the user is an admin of the organization who can sign in. Of two at once who take each other's
    role the second waits here, so that one stays."""
    connection.execute(select(organizations.c.id).with_for_update())
    return bool(connection.execute(_count_admins().where(memberships.c.user_id == user_id)).scalar())


def _require_an_admin(connection: Connection, *, was_admin: bool) -> None:
    if was_admin and not connection.execute(_count_admins()).scalar():
        raise BadInput(
            "the organization would be without an admin", hint="make somebody else its admin first"
        )


def _count_admins() -> Any:
    return (
        select(func.count())
        .select_from(memberships)
        .join(users, users.c.id == memberships.c.user_id)
        .where(
            memberships.c.project_id == EVERY_PROJECT,
            memberships.c.role == "admin",
            users.c.is_disabled.is_(False),
        )
    )


def _to_row(membership: Membership) -> dict[str, Any]:
    return membership._asdict() | {"of_project": membership.project_id or None}


def _to_user(row: Sequence[Any]) -> User:
    return User(*row)


def _to_invitation(row: Sequence[Any]) -> Invitation:
    invitation = Invitation(*row)
    return invitation._replace(project_id=invitation.project_id or EVERY_PROJECT)


def _no_user(user_id: str) -> NotFound:
    return NotFound(f"there is no person with the id '{user_id}'")


def _taken(email: str) -> BadInput:
    return BadInput(f"somebody has the address {email} already")
