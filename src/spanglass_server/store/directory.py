"""What the relational store promises: projects and their keys.

Synchronous, may block, safe from many threads.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, cast, get_args

Scope: TypeAlias = Literal["ingest", "read", "admin"]
"""What a key may do. `admin` changes and deletes, and does not read by itself."""
ALL_SCOPES: Final = frozenset(cast("tuple[Scope, ...]", get_args(Scope)))

DEFAULT_PROJECT = "default"
"""Name and id of the project that exists from the start and takes keyless requests."""


JUDGES_SUFFIX = ".judges"
"""Of the project beside another in which the calls of its judges are traced: ends its id, which nobody can
choose, and its name."""


def judges_id_of(project_id: str) -> str:
    return project_id + JUDGES_SUFFIX


def is_judges_project(project_id: str) -> bool:
    return project_id.endswith(JUDGES_SUFFIX)


class Project(NamedTuple):
    id: str
    """Immutable; what rows of the span store carry."""
    name: str
    """Unique; what people type. 1 to 64 of `a-z 0-9 - _ .`, compared in lower case."""
    retention_days: int | None
    """None keeps for ever."""
    created_at_ns: int


class KeyInfo(NamedTuple):
    public_key: str
    """`pk-sg-` and 32 hex digits."""
    project_id: str
    scopes: frozenset[Scope]
    created_at_ns: int
    last_used_at_ns: int | None
    note: str
    created_by: str = ""
    """As the audit log names them: an e-mail address; empty where nobody had signed in."""
    expires_at_ns: int | None = None
    """None opens for ever."""


class NewKey(NamedTuple):
    info: KeyInfo
    secret_key: str
    """`sk-sg-` and 48 hex digits; told once, stored as a hash."""


class Grant(NamedTuple):
    """What a valid key allows."""

    project: Project
    scopes: frozenset[Scope]
    public_key: str
    note: str = ""
    expires_at_ns: int | None = None


class Directory(Protocol):
    """Changes made by another process on the same database are seen within two seconds."""

    def migrate(self) -> None: ...
    def create_project(self, name: str) -> Project:
        """BadInput for a bad or taken name."""

    def find_project(self, name: str) -> Project | None: ...
    def list_projects(self) -> Sequence[Project]: ...
    def find_judges(self, project_id: str) -> Project | None:
        """The project of its judges' calls, where there is one."""

    def ensure_judges(self, project: Project) -> Project:
        """The same, made where it is missing; it begins with the project's own retention. NotFound for a
        project that is gone."""

    def rename_project(self, project_id: str, name: str) -> Project:
        """Its judges' project too, where that has its usual name. BadInput for a bad or taken name, and for
        the default project, which takes keyless requests by its name."""

    def set_retention(self, project_id: str, days: int | None) -> Project: ...
    def delete_project(self, project_id: str) -> None:
        """The project, its judges' one, and their keys. The default project's row is made again empty. Spans
        are not its business."""

    def create_key(
        self,
        project_id: str,
        *,
        scopes: frozenset[Scope],
        note: str = "",
        created_by: str = "",
        expires_at_ns: int | None = None,
    ) -> NewKey:
        """NotFound for an unknown project; BadInput without scopes, or where the project has too many."""

    def list_keys(self, project_id: str) -> Sequence[KeyInfo]: ...
    def set_note(self, public_key: str, note: str) -> KeyInfo:
        """NotFound where there is no such key."""

    def revoke_key(self, public_key: str) -> KeyInfo:
        """The key that was. NotFound where there is no such key."""

    def find_grant(self, public_key: str | None, secret_key: str) -> Grant | None:
        """By the pair (Basic) or by the secret alone (Bearer). Hot: answered from memory, compared in
        constant time; a revoked key is refused within two seconds, one whose time is over at once."""

    def find_scored(self, public_key: str) -> Project | None:
        """The project that this public key, alone, may send scores to; None where its key may not ingest. As
        hot as `find_grant`."""

    def close(self) -> None: ...
