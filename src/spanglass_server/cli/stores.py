"""The relational store as commands open it: beside a running server, or without one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from spanglass_server.base.errors import BadInput, NotFound

if TYPE_CHECKING:
    from spanglass_server.app.settings import Settings
    from spanglass_server.store.directory import Directory, Project, Scope


@contextmanager
def opened_directory(settings: "Settings") -> Iterator["Directory"]:
    from spanglass_server.store.metadata.directory import open_directory

    directory = open_directory(settings.metadata_url, retention_days=settings.retention_days)
    try:
        directory.migrate()
        yield directory
    finally:
        directory.close()


def note_change(
    settings: "Settings", action: str, target: str, *, project_id: str, **details: object
) -> None:
    """Into the audit log, as done on the command line."""
    from spanglass_server.base.clock import now_ns
    from spanglass_server.model.identity import Actor
    from spanglass_server.store.metadata.audit import open_audit_log
    from spanglass_server.web.audit import AuditTrail

    log = open_audit_log(settings.metadata_url)
    try:
        AuditTrail(log, now_ns).record(
            Actor("cli"), action=action, target=target, project_id=project_id, details=details
        )
    finally:
        log.close()


@contextmanager
def temporary_admin_key(
    directory: "Directory", project: "Project", *, note: str, may_read: bool = False
) -> Iterator[str]:
    """The secret of a key made for one call and revoked after it.

    It opens the server whether it asks for keys or not, and a server that does not know it keeps other data
    than these settings say.
    """
    scopes: frozenset[Scope] = frozenset({"admin", "read"} if may_read else {"admin"})
    key = directory.create_key(project.id, scopes=scopes, note=note)
    try:
        yield key.secret_key
    finally:
        # Gone with its project, where the call was to delete that.
        with suppress(NotFound):
            directory.revoke_key(key.info.public_key)


def get_project(directory: "Directory", name: str) -> "Project":
    project = directory.find_project(name)
    if project is None:
        known = ", ".join(project.name for project in directory.list_projects())
        raise NotFound(f"there is no project '{name}'", hint=f"there are: {known}")
    return project


def find_or_create_project(directory: "Directory", name: str) -> "Project":
    found = directory.find_project(name)
    if found is not None:
        return found
    try:
        return directory.create_project(name)
    except BadInput:
        # Taken: by another process, a moment ago. Or no name for a project at all.
        found = directory.find_project(name)
        if found is None:
            raise
        return found
