"""Projects and keys in SQLite or PostgreSQL: `store/directory.py`'s promises, kept."""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from spanglass_server.base.errors import BadInput, NotFound
from spanglass_server.base.limits import KEYS_PER_PROJECT_MAX, RETENTION_DAYS_MAX
from spanglass_server.store.directory import (
    DEFAULT_PROJECT,
    JUDGES_SUFFIX,
    Grant,
    KeyInfo,
    NewKey,
    Project,
    Scope,
    is_judges_project,
    judges_id_of,
)
from spanglass_server.store.metadata.cache import RecentAnswers
from spanglass_server.store.metadata.engine import open_engine, read_transaction, write_transaction
from spanglass_server.store.metadata.last_used import LastUsed
from spanglass_server.store.metadata.migrate import migrate
from spanglass_server.store.metadata.secrets import PUBLIC_KEY_PREFIX, hash_secret, is_same, new_key_pair
from spanglass_server.store.metadata.tables import api_keys, projects

_ANSWER_AGE_NS_MAX: Final = 1_000_000_000
"""Half of the two seconds that are promised: the other half is for a slow read."""
_ANSWERS_MAX: Final = 10_000
_NAME_CHARS_MAX: Final = 64
_NAME: Final = re.compile(rf"[a-z0-9_.-]{{1,{_NAME_CHARS_MAX}}}")
_NOTE_CHARS_MAX: Final = 200
_CREATED_BY_CHARS_MAX: Final = 320


def open_directory(
    url: str,
    *,
    now_ns: Callable[[], int] = time.time_ns,
    monotonic_ns: Callable[[], int] = time.monotonic_ns,
    retention_days: int | None = None,
) -> "SqlDirectory":
    """A directory on SQLAlchemy's URL (`Settings.metadata_url`). `retention_days` is what new projects get.

    Call `migrate` before anything else.
    """
    return SqlDirectory(
        open_engine(url), now_ns=now_ns, monotonic_ns=monotonic_ns, retention_days=retention_days
    )


class SqlDirectory:
    def __init__(
        self,
        engine: Engine,
        *,
        now_ns: Callable[[], int],
        monotonic_ns: Callable[[], int],
        retention_days: int | None,
    ) -> None:
        self._engine = engine
        self._now_ns = now_ns
        self._retention_days = retention_days
        self._projects = RecentAnswers(
            self._load_project,
            age_ns_max=_ANSWER_AGE_NS_MAX,
            entries_max=_ANSWERS_MAX,
            monotonic_ns=monotonic_ns,
        )
        self._judges = RecentAnswers(
            self._load_judges,
            age_ns_max=_ANSWER_AGE_NS_MAX,
            entries_max=_ANSWERS_MAX,
            monotonic_ns=monotonic_ns,
        )
        self._grants = RecentAnswers(
            self._load_grant,
            age_ns_max=_ANSWER_AGE_NS_MAX,
            entries_max=_ANSWERS_MAX,
            monotonic_ns=monotonic_ns,
        )
        self._scored = RecentAnswers(
            self._load_scored,
            age_ns_max=_ANSWER_AGE_NS_MAX,
            entries_max=_ANSWERS_MAX,
            monotonic_ns=monotonic_ns,
        )
        self._last_used = LastUsed(self._write_last_used, monotonic_ns=monotonic_ns)

    def migrate(self) -> None:
        with read_transaction(self._engine):
            pass  # A database that cannot be reached is told as StorageUnavailable.
        migrate(self._engine)
        if self._load_project(DEFAULT_PROJECT) is None:
            self._insert_default_project()

    def create_project(self, name: str) -> Project:
        project = Project(
            f"p{secrets.token_hex(8)}", _checked_name(name), self._retention_days, self._now_ns()
        )
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(insert(projects).values(project._asdict()))
        except IntegrityError:
            self._forget()
            raise BadInput(
                f"there is already a project '{project.name}'", hint="choose another name"
            ) from None
        self._forget()
        return project

    def find_project(self, name: str) -> Project | None:
        return self._projects.get(name.lower())

    def list_projects(self) -> Sequence[Project]:
        with read_transaction(self._engine) as connection:
            rows = connection.execute(select(projects).order_by(projects.c.name)).all()
        return [Project(*row) for row in rows]

    def find_judges(self, project_id: str) -> Project | None:
        return self._judges.get(project_id)

    def ensure_judges(self, project: Project) -> Project:
        found = self.find_judges(project.id)
        if found is None:
            self._insert_judges(project)
            found = self._load_judges(project.id)
        if found is None:
            raise NotFound(f"there is no project with the id '{project.id}'")
        return found

    def _insert_judges(self, parent: Project) -> None:
        """Under its usual name, else, where somebody has that, one with its id."""
        judges_id = judges_id_of(parent.id)
        usual, other = _judges_name(parent.name, ""), _judges_name(parent.name, f"-{parent.id[:8]}")
        for name in (usual, other):
            row = Project(judges_id, name, parent.retention_days, self._now_ns())._asdict()
            try:
                with write_transaction(self._engine) as connection:
                    still = select(projects.c.id).where(projects.c.id == parent.id).with_for_update()
                    if connection.execute(still).one_or_none() is not None:
                        connection.execute(insert(projects).values(row))
            except IntegrityError:
                if self._load_judges(parent.id) is not None:
                    break  # Another process was first.
            else:
                break
        self._forget()

    def rename_project(self, project_id: str, name: str) -> Project:
        checked = _checked_name(name)
        if project_id == DEFAULT_PROJECT:
            raise BadInput(
                f"the project '{DEFAULT_PROJECT}' keeps its name",
                hint="requests without a key go to it by that name; make another project",
            )
        try:
            with write_transaction(self._engine) as connection:
                renamed = _rename(connection, project_id, checked)
        except IntegrityError:
            raise BadInput(f"there is already a project '{checked}'", hint="choose another name") from None
        finally:
            self._forget()
        return renamed

    def set_retention(self, project_id: str, days: int | None) -> Project:
        if days is not None and days < 1:
            raise BadInput(f"a retention of {days} days keeps nothing", hint="give 1 day or more, or none")
        if days is not None and days > RETENTION_DAYS_MAX:
            raise BadInput(
                f"a retention of {days} days is longer than {RETENTION_DAYS_MAX}",
                hint="to keep traces for ever, set none ('forever' on the command line)",
            )
        change = (
            update(projects)
            .where(projects.c.id == project_id)
            .values(retention_days=days)
            .returning(*projects.c)
        )
        with write_transaction(self._engine) as connection:
            row = connection.execute(change).one_or_none()
        self._forget()
        if row is None:
            raise NotFound(f"there is no project with the id '{project_id}'")
        return Project(*row)

    def delete_project(self, project_id: str) -> None:
        with write_transaction(self._engine) as connection:
            found = connection.execute(delete(projects).where(projects.c.id == project_id)).rowcount
            connection.execute(delete(projects).where(projects.c.id == judges_id_of(project_id)))
        self._forget()
        if not found:
            raise NotFound(f"there is no project with the id '{project_id}'")
        if project_id == DEFAULT_PROJECT:
            self._insert_default_project()

    def create_key(
        self,
        project_id: str,
        *,
        scopes: frozenset[Scope],
        note: str = "",
        created_by: str = "",
        expires_at_ns: int | None = None,
    ) -> NewKey:
        if not scopes:
            raise BadInput("a key without a scope opens nothing", hint="give ingest, read or admin")
        public_key, secret_key = new_key_pair()
        info = KeyInfo(
            public_key,
            project_id,
            scopes,
            self._now_ns(),
            None,
            note[:_NOTE_CHARS_MAX],
            created_by[:_CREATED_BY_CHARS_MAX],
            expires_at_ns,
        )
        row = info._asdict() | {"scopes": _scopes_to_row(scopes), "secret_hash": hash_secret(secret_key)}
        try:
            with write_transaction(self._engine) as connection:
                _check_room(connection, project_id)
                connection.execute(insert(api_keys).values(row))
        except IntegrityError:
            raise NotFound(f"there is no project with the id '{project_id}'") from None
        self._forget()
        return NewKey(info, secret_key)

    def list_keys(self, project_id: str) -> Sequence[KeyInfo]:
        self._last_used.flush()
        query = (
            select(api_keys)
            .where(api_keys.c.project_id == project_id)
            .order_by(api_keys.c.created_at_ns, api_keys.c.public_key)
        )
        with read_transaction(self._engine) as connection:
            return [_to_key_info(row) for row in connection.execute(query)]

    def set_note(self, public_key: str, note: str) -> KeyInfo:
        change = (
            update(api_keys)
            .where(api_keys.c.public_key == public_key)
            .values(note=note[:_NOTE_CHARS_MAX])
            .returning(*api_keys.c)
        )
        with write_transaction(self._engine) as connection:
            row = connection.execute(change).one_or_none()
        self._forget()
        if row is None:
            raise _no_key(public_key)
        return _to_key_info(row)

    def revoke_key(self, public_key: str) -> KeyInfo:
        removal = delete(api_keys).where(api_keys.c.public_key == public_key).returning(*api_keys.c)
        with write_transaction(self._engine) as connection:
            row = connection.execute(removal).one_or_none()
        self._forget()
        if row is None:
            raise _no_key(public_key)
        return _to_key_info(row)

    def find_grant(self, public_key: str | None, secret_key: str) -> Grant | None:
        # The index is searched with a hash, so how long that takes tells nothing about any stored secret.
        grant = self._grants.get(hash_secret(secret_key))
        if grant is None or (public_key is not None and not is_same(public_key, grant.public_key)):
            return None
        now_ns = self._now_ns()
        if grant.expires_at_ns is not None and grant.expires_at_ns <= now_ns:
            return None
        self._last_used.note(grant.public_key, now_ns)
        return grant

    def find_scored(self, public_key: str) -> Project | None:
        if not public_key.startswith(PUBLIC_KEY_PREFIX):
            return None
        project, expires_at_ns = self._scored.get(public_key)
        now_ns = self._now_ns()
        if project is None or (expires_at_ns is not None and expires_at_ns <= now_ns):
            return None
        self._last_used.note(public_key, now_ns)
        return project

    def close(self) -> None:
        self._last_used.close()
        self._engine.dispose()

    def _forget(self) -> None:
        self._projects.forget()
        self._judges.forget()
        self._grants.forget()
        self._scored.forget()

    def _load_project(self, name: str) -> Project | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(select(projects).where(projects.c.name == name)).one_or_none()
        return Project(*row) if row is not None else None

    def _load_judges(self, parent_id: str) -> Project | None:
        query = select(projects).where(projects.c.id == judges_id_of(parent_id))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return Project(*row) if row is not None else None

    def _load_grant(self, secret_hash: bytes) -> Grant | None:
        query = (
            select(
                api_keys.c.scopes,
                api_keys.c.public_key,
                api_keys.c.note,
                api_keys.c.expires_at_ns,
                *projects.c,
            )
            .join(projects, projects.c.id == api_keys.c.project_id)
            .where(api_keys.c.secret_hash == secret_hash)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        scopes, public_key, note, expires_at_ns, *project = row
        return Grant(Project(*project), _scopes_from_row(scopes), public_key, note, expires_at_ns)

    def _load_scored(self, public_key: str) -> tuple[Project | None, int | None]:
        """With the end of the key's time."""
        query = (
            select(api_keys.c.scopes, api_keys.c.expires_at_ns, *projects.c)
            .join(projects, projects.c.id == api_keys.c.project_id)
            .where(api_keys.c.public_key == public_key)
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None, None
        scopes, expires_at_ns, *project = row
        return Project(*project) if "ingest" in _scopes_from_row(scopes) else None, expires_at_ns

    def _insert_default_project(self) -> None:
        row = Project(DEFAULT_PROJECT, DEFAULT_PROJECT, self._retention_days, self._now_ns())._asdict()
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(insert(projects).values(row))
        except IntegrityError:
            return  # Another process was first.
        finally:
            self._forget()

    def _write_last_used(self, used: dict[str, int]) -> None:
        with write_transaction(self._engine) as connection:
            for public_key, time_ns in sorted(used.items()):
                connection.execute(
                    update(api_keys)
                    .where(api_keys.c.public_key == public_key)
                    .values(last_used_at_ns=time_ns)
                )


def _checked_name(name: str) -> str:
    lowered = name.lower()
    if not _NAME.fullmatch(lowered):
        raise BadInput(
            f"'{name}' cannot be a project's name",
            hint="use 1 to 64 of the letters a-z, digits, '-', '_', '.'",
        )
    return lowered


def _rename(connection: Connection, project_id: str, name: str) -> Project:
    where = projects.c.id == project_id
    earlier = connection.execute(select(projects.c.name).where(where)).scalar_one_or_none()
    if earlier is None:
        raise NotFound(f"there is no project with the id '{project_id}'")
    if is_judges_project(project_id):
        raise BadInput(
            f"'{earlier}' is named after the project whose judges' calls it has", hint="rename that one"
        )
    row = connection.execute(update(projects).where(where).values(name=name).returning(*projects.c)).one()
    judges = (projects.c.id == judges_id_of(project_id)) & (projects.c.name == _judges_name(earlier, ""))
    connection.execute(update(projects).where(judges).values(name=_judges_name(name, "")))
    return Project(*row)


def _check_room(connection: Connection, project_id: str) -> None:
    query = select(func.count()).select_from(api_keys).where(api_keys.c.project_id == project_id)
    if connection.execute(query).scalar_one() >= KEYS_PER_PROJECT_MAX:
        raise BadInput(
            f"the project has {KEYS_PER_PROJECT_MAX} keys, which is the most that one may have",
            hint="revoke those that nobody uses",
        )


def _no_key(public_key: str) -> NotFound:
    return NotFound(
        f"there is no key '{public_key}'", hint="list them with: spanglass keys list --project NAME"
    )


def _judges_name(parent: str, mark: str) -> str:
    end = f"{mark}{JUDGES_SUFFIX}"
    return parent[: _NAME_CHARS_MAX - len(end)] + end


def _to_key_info(row: Row[*tuple[Any, ...]]) -> KeyInfo:
    return KeyInfo(
        row.public_key,
        row.project_id,
        _scopes_from_row(row.scopes),
        row.created_at_ns,
        row.last_used_at_ns,
        row.note,
        row.created_by,
        row.expires_at_ns,
    )


def _scopes_to_row(scopes: frozenset[Scope]) -> str:
    return ",".join(sorted(scopes))


def _scopes_from_row(scopes: str) -> frozenset[Scope]:
    return frozenset(cast("list[Scope]", scopes.split(",")))
